// ttx devnet hints: commands to try on a devnet that runs, as its start prints them.

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { OperationError } from '../../../../node/errors.ts'
import { readEndpoints } from '../../../endpoints.ts'
import { addExamples } from '../../audience.ts'
import type { Act, CliContext, Result } from '../../context.ts'
import { quoted } from '../../quoted.ts'

/** `exampleToken` is absent on a folder of an older version. */
export type Hinted = { readonly data: string; readonly exampleToken?: string | undefined }

export function registerHints(devnet: Command, act: Act): void {
  addExamples(
    devnet
      .command('hints')
      .summary('what to try on the running devnet')
      .description(
        'Print again what the start of a devnet prints: commands to try, in their order, with the flags that the running devnet of this data folder needs.',
      )
      .action(act(tell)),
    'ttx devnet hints',
    'ttx devnet hints --data ./try',
  )
}

async function tell({ folder }: CliContext): Promise<Result> {
  const endpoints = readEndpoints(folder.root)
  if (endpoints === undefined) throw noDevnet(folder.root)
  const { exampleToken } = endpoints
  const all = partsOf({ data: folder.root, exampleToken })
  return { data: { commands: all.flatMap(({ commands }) => commands) }, text: textOf(all) }
}

/** What a command fails with that needs one. */
export function noDevnet(folder: string): OperationError {
  return new OperationError(
    'no-devnet',
    `expected a devnet that runs on ${folder}, got none; start one with "ttx devnet", or name its folder with --data`,
    { facts: { folder } },
  )
}

export function hints(devnet: Hinted): string {
  return textOf(partsOf(devnet))
}

type Part = { readonly why: string; readonly commands: readonly string[] }

function partsOf({ data, exampleToken }: Hinted): readonly Part[] {
  const isUsual = data === join(homedir(), '.torrenttx', 'devnet')
  const where = isUsual ? '' : ` --data ${quoted(data)}`
  const ttx = (command: string) => `npm run -s ttx -- ${command}${where}`
  const parts: Part[] = [
    {
      why: 'Try next, in another terminal of this folder:',
      commands: [
        ttx('wallet create --wallet alice'),
        ttx('balance --wallet genesis'),
        ttx('send 100 alice --wallet genesis'),
        ttx('bridge 50 --wallet alice'),
        ttx('wait alice --until ordered'),
        ttx('block list'),
        ttx('devnet skip 24h'),
        ttx('wait alice --until paid'),
        ttx('balance --wallet alice'),
      ],
    },
    {
      why: 'Then bring some of it back: give alice ETH for gas, burn wTTX, and see the next block credit it.',
      commands: [
        ttx('devnet fund alice'),
        ttx('deposit 20 alice --wallet alice'),
        ttx('wait alice --until ordered'),
        ttx('balance --wallet alice'),
      ],
    },
  ]
  if (exampleToken !== undefined)
    parts.push({
      why: 'Or bring a token of Ethereum (ERC-20), which becomes an asset here:',
      commands: [
        ttx('devnet fund alice --tokens 1000'),
        ttx(`deposit 250 --asset ${exampleToken} --wallet alice`),
        ttx('asset list --wallet alice'),
      ],
    })
  return parts
}

function textOf(parts: readonly Part[]): string {
  return [
    ...parts.flatMap(({ why, commands }) => ['', why, '', ...commands.map((command) => `  ${command}`)]),
    '',
    '"status ID" says where money is and what it waits for; --help after any command explains it; "devnet hints" says all this again.',
    '',
  ].join('\n')
}
