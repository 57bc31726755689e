// ttx devnet: a whole network on this machine, until Ctrl-C; and what can be done to it while it runs.

import { styleText } from 'node:util'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { RowsChoice } from '../../../../miner/rows-choice.ts'
import { toUnits, type WrittenAmount } from '../../../../node/client/amount.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { OperationError } from '../../../../node/errors.ts'
import { parseAddress } from '../../../../node/protocol/ids.ts'
import { type AfterSkip, afterSkip } from '../../../devnet/after-skip.ts'
import { DevChain } from '../../../devnet/dev-chain.ts'
import { Devnet } from '../../../devnet/devnet.ts'
import { EXAMPLE_TOKEN_DECIMALS, mintData } from '../../../devnet/example-token.ts'
import { checkPort } from '../../../devnet/ports.ts'
import { readEndpoints } from '../../../endpoints.ts'
import { parseAmount, parseWritten } from '../../amount.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { rowsOption } from '../../rows-option.ts'
import { addSettings } from '../../setting-flags.ts'
import { clockRows, formatSpan, formatUtc, parseSpan } from '../../time.ts'
import { untilAborted } from '../../until.ts'
import { describeSearch } from '../../waiting/reasons.ts'
import { addressOf, WHOSE } from '../../whose.ts'
import { hints, noDevnet, registerHints } from './hints.ts'

type Options = {
  readonly ethereumPort: number
  readonly basePort: number
  readonly blockSeconds: number
  readonly miner: boolean
  readonly rows: RowsChoice
  readonly watcher: boolean
}

const FUND_ETHER = '10'

export function registerDevnet(program: Command, act: Act): void {
  const devnet = addExamples(
    addSettings(
      program
        .command('devnet')
        .helpGroup(AUDIENCE.network)
        .summary('run a whole network on this machine')
        .description(
          'Start a whole network on this machine and keep it running until Ctrl-C: an embedded Ethereum whose state is kept, the contracts, two nodes that talk BitTorrent over loopback, a miner, a relayer and a watcher, each a process of its own that is restarted when it dies. Started again, it goes on where it was.',
        )
        .option('--ethereum-port <port>', 'port of the embedded Ethereum', parsePort, 8545)
        .option('--base-port <port>', 'first of the five ports of the two nodes', parsePort, 7650)
        .option('--block-seconds <seconds>', 'seconds between empty blocks of Ethereum', parseSeconds, 5)
        .addOption(rowsOption('blobs'))
        .option('--no-miner', 'start none, because you run one yourself')
        .option('--no-watcher', 'start none: wrong blocks live until somebody else kills them')
        .action(act(run)),
      ['pollMs'],
    ),
    'ttx devnet',
    'ttx devnet --data ./try --base-port 9650 --ethereum-port 9545',
  )
  addExamples(
    addSettings(
      devnet
        .command('skip')
        .summary('let time pass on the embedded Ethereum')
        .description(
          'Move the clock of the Ethereum of the running devnet forward, to see finality without waiting a day for it, and say what follows: which blocks the miner can make final now, and what the next one takes.',
        )
        .argument('<span>', 'as in 24h, 90m or 30s', parseSpan)
        .action(act(skip)),
      ['node', 'ethereum'],
    ),
    'ttx devnet skip 24h',
  )
  registerHints(devnet, act)
  addExamples(
    addSettings(
      devnet
        .command('fund')
        .summary('give an address ETH, or example tokens, of the embedded Ethereum')
        .description(
          'Send ETH for gas from an account of the embedded Ethereum to an address of yours, and with --tokens also some of the token that a devnet has to try gateways with.',
        )
        .argument('<to>', `who gets it: ${WHOSE}`)
        .option('--ether <amount>', 'how much', parseEther, FUND_ETHER)
        .option('--tokens <amount>', 'how much of the example token, as in 1.5', parseWritten)
        .action(act(fund)),
      ['ethereum'],
    ),
    'ttx devnet fund 0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
    'ttx devnet fund alice --tokens 1000',
  )
}

async function run(context: CliContext, options: Options): Promise<undefined> {
  const { ethereumPort, basePort, blockSeconds, miner, rows, watcher } = options
  const { settings, folder, log, say, shell, signal } = context
  const ports = {
    ethereum: ethereumPort,
    rpc: basePort,
    listen: basePort + 1,
    peerRpc: basePort + 2,
    peerListen: basePort + 3,
    ethereumRpc: basePort + 4,
  }
  await using devnet = new Devnet(
    {
      log,
      say,
      onLine: (name, line) => {
        shell.stderr.write(settings.logJson ? `${line}\n` : `${name.padEnd(8)} | ${paint(shell, line)}\n`)
      },
    },
    {
      data: folder.root,
      ports,
      miner,
      rows,
      watcher,
      blockSeconds,
      pollMs: settings.pollMs,
      logLevel: settings.logLevel,
      logJson: settings.logJson ?? false,
      beforeStart: async () => {
        await checkPort(ports.ethereum, 'Ethereum', '--ethereum-port')
        for (const port of [ports.rpc, ports.listen, ports.peerRpc, ports.peerListen, ports.ethereumRpc]) {
          await checkPort(port, 'the nodes', '--base-port')
        }
      },
    },
  )
  await devnet.start(signal)
  say(introduction(devnet))
  const clock = clockRows(Number(await devnet.chain.time()), Math.floor(Date.now() / 1_000))
  for (const [, words] of clock) say(`In what commands say, ${words}.`)
  say(hints(devnet))
  await untilAborted(AbortSignal.any([signal, devnet.failed]))
  say('stopping everything')
  if (devnet.failed.aborted && !signal.aborted) throw devnet.failed.reason
  return undefined
}

function introduction({ data, nodeUrl, ethereumUrl }: Devnet): string {
  return `\nIt runs. Look at it in a browser: ${nodeUrl}/\nRPC ${nodeUrl}, Ethereum ${ethereumUrl}, logs in ${data}/logs. Ctrl-C ends it; started again, it goes on where it was.`
}

/** A child writes to a pipe, and does not know that its lines come to a terminal. */
function paint({ stderr, env }: CliContext['shell'], line: string): string {
  const [, level] = /^\S+ (WARN|ERROR|FATAL)\b/.exec(line) ?? []
  if (level === undefined || stderr.isTTY !== true || env['NO_COLOR'] !== undefined) return line
  return styleText(level === 'WARN' ? 'yellow' : 'red', line, { validateStream: false })
}

async function skip(context: CliContext, seconds: number): Promise<Result> {
  const chain = devChain(context)
  const before = await chain.time()
  const time = await chain.skip(seconds)
  const after = await afterSkip(createNodeClient(context.settings.node), time, context.signal)
  return {
    data: {
      before,
      time,
      finalizable: after?.finalizable,
      next: after && { height: after.next.height, hashes: after.next.hashes },
    },
    text: formatTable([
      ['skipped', formatSpan(Number(time - before))],
      ['Ethereum', formatUtc(Number(time))],
      ...clockRows(Number(time), Math.floor(Date.now() / 1_000)),
      ...followRows(after),
    ]),
  }
}

/** What becomes of it without another command, as long as the processes of the devnet run. */
function followRows(after: AfterSkip | undefined): [string, string][] {
  if (after === undefined) return [['then', 'the node will read the new time; it has not within some seconds']]
  const { finalizable, next } = after
  const [first, ...others] = finalizable
  const search: [string, string] = ['next block', `${next.height}: ${describeSearch(next)}`]
  if (first === undefined) return [['then', 'nothing: no block can be final by now'], search]
  const last = others.at(-1) ?? first
  const which = others.length === 0 ? `block ${first.height}` : `blocks ${first.height} to ${last.height}`
  const requests = finalizable.reduce((sum, each) => sum + each.requests, 0)
  const claims =
    requests === 0 ? '' : `, then the relayer has ${requests === 1 ? 'its request' : `their ${requests} requests`} paid`
  return [
    [
      'then',
      `the miner makes ${which} final within seconds${claims}: "ttx wait ID --until paid" ends when that is done`,
    ],
    search,
  ]
}

async function fund(
  context: CliContext,
  to: string,
  { ether, tokens }: { readonly ether: string; readonly tokens?: WrittenAmount },
): Promise<Result> {
  const address = await addressOf(context, to)
  const chain = devChain(context)
  await chain.fund(address, ether)
  if (tokens === undefined) return { data: { address, ether }, text: `${ether} ETH sent to ${address}` }
  const token = readEndpoints(context.settings.data)?.exampleToken
  if (token === undefined) throw noDevnet(context.settings.data)
  const units = toUnits(tokens, EXAMPLE_TOKEN_DECIMALS, 'tokens')
  if (typeof units !== 'bigint')
    throw new OperationError(
      'bad-arguments',
      `expected tokens, ${units.expected}; got ${units.got}; give another amount`,
    )
  await chain.call(parseAddress(token), mintData(address, units))
  return {
    data: { address, ether, token, tokens: units },
    text: formatTable([
      ['sent', `${ether} ETH, and ${tokens.text} of the token ${token}, to ${address}`],
      ['try', `ttx deposit ${tokens.text} --asset ${token}`],
    ]),
  }
}

function devChain({ settings }: CliContext): DevChain {
  const [url] = settings.ethereum ?? []
  if (url !== undefined) return new DevChain(url)
  throw noDevnet(settings.data)
}

function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_532) return port
  throw new InvalidArgumentError(`Expected a port from 1 to 65531; got ${JSON.stringify(text)}.`)
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= 3_600) return seconds
  throw new InvalidArgumentError(`Expected seconds, more than 0 and at most 3600; got ${JSON.stringify(text)}.`)
}

function parseEther(text: string): string {
  parseAmount(text)
  return text
}
