// ttx watch: watches the bridge until Ctrl-C, and with --defend kills what is wrong.

import type { Command } from 'commander'

import { openDelivery } from '../../../../miner/watch/alarms/delivery.ts'
import { Watcher } from '../../../../miner/watch/watcher.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable } from '../../context.ts'
import { openMetrics } from '../../metrics.ts'
import { openDefender } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'
import { openCourt, requireReaders } from './court.ts'

type Flags = { readonly defend?: boolean; readonly dryRun?: boolean }

export function registerWatch(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('watch')
        .helpGroup(AUDIENCE.watch)
        .summary('watch the bridge, and kill wrong blocks')
        .description(
          'Watch the bridge until Ctrl-C: every block that is alive on any endpoint of --ethereum, or to the node, is replayed here, apart from the replay of the node, and a wrong one raises an alarm. With --defend it is killed by a proof that the wallet pays for (half of the bond of its publisher is the reward), whatever the node or another endpoint says; and right blocks are nominated and finalized, as long as the node and all endpoints see the same. With --deployment and --ethereum it begins and goes on without a node. --on-alarm tells a webhook or a command of what it sees, each alarm once, as one JSON object.',
        )
        .option('--defend', 'kill wrong blocks; needs a wallet with ETH')
        .option('--dry-run', 'try refutations out without a wallet: log calldata, gas and reward, and send nothing')
        .action(act(run)),
      [
        'node',
        'ethereum',
        'beacon',
        'deployment',
        'maxEthereumAge',
        'courtesy',
        'maxGasPrice',
        'confirmations',
        'pollMs',
        'onAlarm',
        'metrics',
      ],
    ),
    'ttx watch',
    'ttx watch --dry-run',
    'ttx watch --defend --wallet watcher',
    'ttx watch --on-alarm https://alarms.example.org/ttx',
    'ttx watch --on-alarm "/usr/local/bin/page-me --urgent"',
    'ttx watch --defend --deployment net.json --ethereum https://eth.example.org,https://eth.example.net',
  )
}

async function run(context: CliContext, { defend = false, dryRun = false }: Flags): Promise<undefined> {
  const { settings, log, signal } = context
  const { courtesy, pollMs, maxEthereumAge, onAlarm } = settings
  await using stack = new AsyncDisposableStack()
  const court = stack.use(await openCourt(context))
  if (dryRun) requireReaders(court)
  const sending = defend && !dryRun ? stack.use(await openDefender(context, court.rules)) : undefined
  const metrics = stack.use(await openMetrics(context, 'watch'))
  const figures = metrics && (await import('../../figures.ts'))
  const { node, readers, logs, beacons, rules, genesis } = court
  const deps = {
    ...{ log, now: Date.now, random: Math.random, node, readers, logs, beacons },
    ...(metrics && figures ? { rounds: metrics.rounds, verdicts: figures.verdictsIn(metrics) } : {}),
    ...(genesis === undefined ? {} : { network: { rules, genesis } }),
    ...(sending === undefined ? {} : { sender: sending.sender }),
    ...(onAlarm === undefined ? {} : { deliver: openDelivery(onAlarm, publicPart(context.shell.env)) }),
  }
  const watcher = stack.use(
    new Watcher(deps, {
      ...{ defend, dryRun, pollMs, courtesyMs: 1_000 * courtesy },
      ...(maxEthereumAge === 0 ? {} : { maxAgeMs: 1_000 * maxEthereumAge }),
    }),
  )
  watcher.start()
  if (metrics && figures) stack.use(figures.showWatcher(metrics, { watcher, sender: sending?.sender, log }))
  context.say(
    formatTable([
      ['node', node.url],
      [
        'Ethereum',
        readers.map(({ name }) => name).join(', ') || 'only as the node sees it: name endpoints with --ethereum',
      ],
      ['does', dryRun ? 'tries refutations out, sends nothing' : defend ? 'kills wrong blocks' : 'raises alarms only'],
      ['alarms', onAlarm === undefined ? 'in the log only: name somebody with --on-alarm' : describeTarget(onAlarm)],
      ...(sending === undefined ? [] : [['account', sending.sender.ethereum.account] as const]),
    ]),
  )
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  await promise
  return undefined
}

/** The environment without our settings, among which are secrets. */
function publicPart(env: CliContext['shell']['env']): CliContext['shell']['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TTX_')))
}

/** Without what may be a key. */
function describeTarget(target: string): string {
  if (URL.canParse(target) && /^https?:/.test(target)) return `POST to ${new URL(target).host}, and in the log`
  return `to the command ${target.split(/\s/)[0]}, and in the log`
}
