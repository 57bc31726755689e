// ttx tracker: a public directory of infohashes until Ctrl-C.

import type { Command } from 'commander'
import type { Figure } from '../../../../node/metrics/figures.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import type { Tracker } from '../../../../node/tracker/tracker.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatJson, formatTable } from '../../context.ts'
import { openNode } from '../../link.ts'
import { openMetrics } from '../../metrics.ts'
import { addSettings } from '../../setting-flags.ts'
import { untilAborted } from '../../until.ts'

/** A node that takes longer to say whether it has a transaction is asked again later. */
const ASK_MS = 5_000

const TRACKER_FIGURES: readonly Figure<Tracker['directory']['size']>[] = [
  {
    name: 'ttx_tracker_addresses',
    help: 'Addresses that the tracker knows, number of them',
    of: ({ entries }) => entries,
  },
  { name: 'ttx_tracker_swarms', help: 'Infohashes that it knows, number of them', of: ({ swarms }) => swarms },
]

export function registerTracker(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('tracker')
        .helpGroup(AUDIENCE.network)
        .summary('run a public directory of infohashes')
        .description(
          'Run a BitTorrent tracker until Ctrl-C, over HTTP and UDP on one port: nodes find each other there, and any client finds who seeds a payment. It takes the meeting point of the network, and transactions that the node of --node has, for which it also tells nodes that meet there, since those have them; with --any-infohash anything, without a node. What it knows is a page (/) and /stats.json; it is kept in memory, and clients announce themselves again after a restart. It knows of others only what they claim.',
        )
        .action(act(run)),
      ['node', 'deployment', 'trackerHost', 'trackerPort', 'anyInfohash', 'metrics'],
    ),
    'ttx tracker',
    'ttx tracker --tracker-host 0.0.0.0 --tracker-port 6969',
    'ttx tracker --any-infohash --json',
  )
}

async function run(context: CliContext): Promise<undefined> {
  const { settings, shell, signal } = context
  const { trackerHost: host, trackerPort: port, anyInfohash: isOpen = false } = settings
  // Loaded only here, as the node's network is.
  const { Tracker } = await import('../../../../node/tracker/tracker.ts')
  const known = isOpen ? undefined : await knownTo(context)
  await using stack = new AsyncDisposableStack()
  const metrics = stack.use(await openMetrics(context, 'tracker'))
  await using tracker = new Tracker({ clock: Date.now, ...known?.deps }, { host, port })
  await tracker.start()
  metrics?.started(() => [])
  metrics?.add(() => tracker.directory.size, TRACKER_FIGURES)
  const { urls } = tracker
  const takes = known === undefined ? 'any infohash' : `the meeting point, and what the node at ${known.url} has`
  if (context.json) shell.stdout.write(formatJson({ ...urls, takes: known === undefined ? 'any' : 'known' }))
  context.say(
    formatTable([
      ['page', urls.page],
      ['HTTP', urls.http],
      ['UDP', urls.udp],
      ['takes', takes],
    ]),
  )
  await untilAborted(signal)
  return undefined
}

/** Throws as `openNode`. */
async function knownTo(context: CliContext) {
  const node = await openNode(context)
  const { meetingPoint } = await import('../../../../node/network/meeting-point.ts')
  const { infohashOfInfo } = await import('../../../../node/network/torrent/metainfo.ts')
  const meeting = infohashOfInfo(meetingPoint(node.info.network.genesis).info)
  const isKnown = async (infohash: Infohash) => {
    if (infohash === meeting) return true
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(ASK_MS)])
    return (await node.call('tx_get', { infohash }, signal)).status !== 'unknown'
  }
  return { url: node.url, deps: { isKnown, meeting } }
}
