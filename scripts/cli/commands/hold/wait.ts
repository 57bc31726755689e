// ttx wait: until a transaction has got to a stage; on a terminal with a line that says all the time what it waits for.

import { type Command, Option } from 'commander'
import type { AnyId } from '../../../../node/client/any-id.ts'
import { type Look, STAGES, type Stage, wait } from '../../../../node/client/wait.ts'
import { type MinerReport, readRunningMiner } from '../../../miner-report.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { parseIdOf, TRANSACTION_HELP } from '../../ids/id-argument.ts'
import { openNode } from '../../link.ts'
import { showLive } from '../../live-line.ts'
import { addSettings } from '../../setting-flags.ts'
import { relayRows } from '../../status/relay-words.ts'
import { describeLook } from '../../waiting/looks.ts'
import { awaitedBy } from '../../waiting/newest.ts'

type Flags = { readonly until: Stage }

export function registerWait(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('wait')
        .helpGroup(AUDIENCE.bridge)
        .summary('wait until a transaction has got to a stage')
        .description(
          'Wait until a payment, a bridge request or a deposit has got to a stage, through restarts of the node, and say what it waits for, and when that is over at the earliest and at the latest. It fails if that cannot come as things are: the transaction lost against another one, or nobody knows it.',
        )
        .argument(
          '<id>',
          `${TRANSACTION_HELP}; or an address or the name of a wallet or a contact, for its newest transaction of TTX (its newest request until it is paid)`,
          parseIdOf('transaction', 'ethereum', 'account'),
        )
        .addOption(new Option('--until <stage>', 'how far').choices(STAGES).default('final'))
        .action(act(run)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx wait c12fe1c06bba254a9dc9f519b335aa7c1367a88a --until paid',
    'ttx wait alice --until ordered --json',
  )
}

async function run(context: CliContext, id: AnyId, { until }: Flags): Promise<Result> {
  const node = await openNode(context)
  const infohash = await awaitedBy(context, node, id, until)
  const { status, block, step, relayBits } = await waitShown(context, until, (told) =>
    wait(node, infohash, { until, signal: context.signal, ...told }),
  )
  return {
    data: { infohash, until, status, block, step, relayBits },
    text: formatTable([
      ['infohash', infohash],
      ['reached', until === status ? until : `${until} (${status})`],
      ...(block === undefined ? [] : [['block', `${block}, step ${step}`] as const]),
      ...relayRows({ relayBits }),
    ]),
  }
}

type Told = { readonly onLook?: (look: Look) => void; readonly onProgress?: (look: Look) => void }

/** Without a terminal: a line whenever something else is waited for. */
async function waitShown<T>(
  { shell, folder, say }: CliContext,
  until: Stage,
  work: (told: Told) => Promise<T>,
): Promise<T> {
  let miner: MinerReport | undefined
  const readMiner = async () => {
    miner = await readRunningMiner(folder.root, Date.now())
  }
  await readMiner()
  if (shell.stderr.isTTY !== true) return await work({ onProgress: (look) => say(describeLook(look, miner)) })
  let seen: { readonly look: Look; readonly second: number } | undefined
  let second = 0
  using _line = showLive(shell, (seconds) => {
    second = seconds
    const words = seen === undefined ? 'asking the node' : describeLook(seen.look, miner, seconds - seen.second)
    return `${clockOf(seconds)} to be ${until}: ${words}`
  })
  return await work({
    onLook: (look) => {
      seen = { look, second }
      void readMiner()
    },
  })
}

/** `3:05`. */
function clockOf(seconds: number): string {
  const hours = Math.floor(seconds / 3_600)
  const [minutes, rest] = [Math.floor((seconds % 3_600) / 60), `${seconds % 60}`.padStart(2, '0')]
  return hours > 0 ? `${hours}:${`${minutes}`.padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}
