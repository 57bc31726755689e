// ttx peers: who is connected to a node, and what went over each connection.

import type { Command } from 'commander'
import type { Result as RpcResult } from '../../../../node/rpc/api.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { widthOf } from '../../columns.ts'
import type { Act, CliContext, Result } from '../../context.ts'
import { openNode } from '../../link.ts'
import { printableLine } from '../../printable.ts'
import { addSettings } from '../../setting-flags.ts'
import { formatSpan } from '../../time.ts'
import { agreementWords } from './agreement-words.ts'
import { formatBytes } from './node-words.ts'

type Peer = RpcResult<'node_peers'>['peers'][number]

export function registerPeers(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('peers')
        .helpGroup(AUDIENCE.network)
        .summary('who is connected to a node')
        .description(
          'List the nodes that are connected to the node of the data folder, or to that of --node: address, who dialled, for how long, what came from them and went to them (bytes of messages between nodes, and transactions), how they stand to this node by what they say that they have (in step, behind or ahead, on another branch of the bridge, or merely another first-seen of a double spend), and what they say that they run. With --json also the count, weight, fingerprint, newest block and state root of each, and of this node.',
        )
        .action(act(list)),
      ['node', 'deployment'],
    ),
    'ttx peers',
    'ttx peers --json',
  )
}

async function list(context: CliContext): Promise<Result> {
  const node = await openNode(context)
  const { confirmation, peers } = await node.call('node_peers', {}, context.signal)
  const none = `no node is connected to that at ${node.url}; "ttx node status" says what helps`
  return {
    data: { node: node.url, confirmation, peers },
    text: peers.length === 0 ? none : [formatPeers(peers), ...disputes(peers)].join('\n'),
  }
}

const HEAD = ['address', 'dialled', 'for', 'got', 'gave', 'state', 'runs'] as const

/** A line each, in columns, the longest connected first. */
export function formatPeers(peers: readonly Peer[]): string {
  const rows = [...peers]
    .sort((a, b) => b.connectedSeconds - a.connectedSeconds)
    .map((peer) => [
      peer.address ?? peer.host,
      peer.outgoing ? 'by us' : 'by them',
      formatSpan(peer.connectedSeconds),
      formatFlow(peer.received),
      formatFlow(peer.sent),
      agreementWords(peer.agreement),
      peer.client ?? '-',
    ])
  const lines = [HEAD, ...rows].map((row) => row.map(printableLine))
  const widths = HEAD.map((_, i) => widthOf(lines.map((line) => line[i] ?? '')))
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Which payments of double spends count at other peers, once each. */
function disputes(peers: readonly Peer[]): string[] {
  const found = new Map(peers.flatMap(({ agreement }) => (agreement.rivals ?? []).map((one) => [one.there, one.here])))
  return [...found].map(([there, here]) => `double spend: ${here.join(', ') || 'none'} counts here, ${there} elsewhere`)
}

function formatFlow({ bytes, transactions }: Peer['received']): string {
  return `${formatBytes(bytes)}, ${transactions} tx`
}
