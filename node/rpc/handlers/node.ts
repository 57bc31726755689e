// What a node says of itself.

import type { BridgeFollower } from '../../bridge/follower.ts'
import { fingerprintOf } from '../../bridge/queue-view.ts'
import type { EndpointHealth } from '../../ethereum/agreeing/health.ts'
import { folderBytes } from '../../folder-size.ts'
import type { Handlers, Result } from '../api.ts'
import { agreementsOf, toAgreement, toConfirmation } from './agreements.ts'
import type { NodeParts } from './parts.ts'
import { bridgeStatusOf } from './status.ts'

/** Of the running process. */
export type NodeSelf = {
  /** Unix milliseconds. */
  readonly clock: () => number
  readonly startedAt: number
  readonly folder: string
  readonly endpoints: () => readonly EndpointHealth[]
}

type NodeMethods = Pick<Handlers, 'node_info' | 'node_status' | 'node_peers'>
type Status = Result<'node_status'>

/** Between two walks over the disk, at least. */
const MEASURE_MS = 30_000

export function nodeHandlers(parts: NodeParts, self: NodeSelf): NodeMethods {
  const { definition, follower, ledger, network, version } = parts
  const measured = measure(self)
  return {
    node_info: async () => {
      const { count, fingerprint, waiting } = ledger.summary()
      const peers = network
        .peers()
        .map(({ id, host, summary }) => ({ id, host, agrees: summary?.fingerprint === fingerprint }))
      const { rules, floorPrice, gatewayFactory } = definition
      const gateways = gatewayFactory === undefined ? {} : { gatewayFactory }
      return {
        version,
        network: { ...rules, floorPrice, genesis: ledger.genesis, ...gateways },
        peers,
        listenPort: network.address().port,
        count,
        fingerprint,
        waiting,
        ...syncOf(parts),
        bridge: bridgeStatusOf(parts),
        ...(follower === undefined
          ? {}
          : { blocks: await keptOf(follower), queue: fingerprintOf(follower.view.queue) }),
      }
    },
    node_status: async () => ({ ...statusOf(parts, self), diskBytes: await measured() }),
    node_peers: async () => ({
      confirmation: toConfirmation(parts.store.summary()),
      peers: agreementsOf(parts).map(({ peer, agreement }) => {
        const { id, host, address, outgoing, client, summary, connectedMs, received, sent } = peer
        return {
          ...{ id, host, outgoing, received, sent, agrees: summary?.fingerprint === ledger.summary().fingerprint },
          ...(address === undefined ? {} : { address }),
          ...(client === undefined ? {} : { client }),
          ...(summary === undefined ? {} : { confirmation: toConfirmation(summary) }),
          agreement: toAgreement(parts, agreement),
          connectedSeconds: Math.floor(connectedMs / 1_000),
        }
      }),
    }),
  }
}

async function keptOf(follower: Pick<BridgeFollower, 'history'>) {
  const { keep, ...kept } = await follower.history()
  return keep === 'all' ? kept : { ...kept, keep }
}

/** All but what has to be asked of the disk. */
export function statusOf(parts: NodeParts, { clock, startedAt, endpoints }: NodeSelf): Omit<Status, 'diskBytes'> {
  const { ledger, network } = parts
  const at = clock()
  const { count, fingerprint, unordered, waiting } = ledger.summary()
  const seen = agreementsOf(parts)
  const peers = seen.map(({ peer }) => peer)
  const verdicts = seen.map(({ agreement }) => agreement.verdict)
  const bridge = bridgeStatusOf(parts)
  const health = endpoints()
  const behind = behindOf(bridge, health, at)
  return {
    ...{ at, startedAt, bridge },
    endpoints: health.map(({ name, newest, answeredAt, problem }) => ({
      name,
      ...(newest === undefined ? {} : { block: newest.number, blockTime: Number(newest.time) }),
      ...(answeredAt === undefined ? {} : { answeredAt }),
      ...(problem === undefined ? {} : { problem }),
    })),
    ...(behind === undefined ? {} : { behind }),
    peers: {
      outgoing: peers.filter(({ outgoing }) => outgoing).length,
      incoming: peers.filter(({ outgoing }) => !outgoing).length,
      agreeing: peers.filter(({ summary }) => summary?.fingerprint === fingerprint).length,
      inStep: verdicts.filter((verdict) => verdict === 'in-step').length,
      otherBranch: verdicts.filter((verdict) => verdict === 'other-branch').length,
    },
    confirmation: toConfirmation(parts.store.summary()),
    transactions: { held: count, unordered: unordered.count, waiting, wanted: network.statistics().wanted },
    ...syncOf(parts),
    ...pastOf(parts),
    memoryBytes: process.memoryUsage.rss(),
  }
}

/** How far a sync is, while there is one. */
function syncOf({ network }: NodeParts): Pick<Status, 'sync'> {
  const { sync } = network.statistics()
  return sync === undefined ? {} : { sync }
}

function pastOf({ past }: NodeParts): Pick<Status, 'past'> {
  const status = past?.()
  return status === undefined ? {} : { past: status }
}

/** Undefined as long as nothing was read. Ethereum's clock may be ahead of ours: then it is not behind. */
function behindOf(
  { ethereumBlock, ethereumTime }: Status['bridge'],
  health: readonly EndpointHealth[],
  at: number,
): Status['behind'] {
  if (ethereumBlock === undefined || ethereumTime === undefined) return undefined
  const newest = health.reduce(
    (most, { newest }) => (newest !== undefined && newest.number > most ? newest.number : most),
    ethereumBlock,
  )
  return { blocks: newest - ethereumBlock, seconds: Math.max(0, Math.floor(at / 1_000) - ethereumTime) }
}

/** Callers within `MEASURE_MS` share one walk. */
function measure({ clock, folder }: NodeSelf): () => Promise<number> {
  let last: { readonly at: number; readonly bytes: Promise<number> } | undefined
  return () => {
    const now = clock()
    if (last === undefined || Math.abs(now - last.at) >= MEASURE_MS) last = { at: now, bytes: folderBytes(folder) }
    return last.bytes
  }
}
