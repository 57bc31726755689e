// Methods about the bridge: what a miner builds on, its queue, and calls that are due.

import type { BridgeFollower } from '../../bridge/follower.ts'
import { preferredTip } from '../../bridge/fork-choice.ts'
import { laneLength, laneLengths, pendingEntries, type QueuedEntry } from '../../bridge/queue-view.ts'
import { dueCalls } from '../../bridge/race.ts'
import { blockOf } from '../../bridge/view.ts'
import { OperationError } from '../../errors.ts'
import type { BlockRows } from '../../protocol/block-torrent.ts'
import { encodeSealed } from '../../protocol/header.ts'
import type { QueuePlace } from '../../protocol/queue.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { LANE_SHARE } from '../../protocol/rules.ts'
import type { Handlers, Params, Result } from '../api.ts'
import { nextBlock } from './next-block.ts'
import { ethereumTime, followerOf, type NodeParts } from './parts.ts'
import { bridgeStatusOf, refOf } from './status.ts'

type QueueAnswer = Result<'bridge_queue'>['entries'][number]

export function bridgeHandlers(parts: NodeParts) {
  const { ledger, store } = parts
  return {
    bridge_template: async () => {
      const { follower, tip } = await leadOf(parts)
      const { view } = follower
      return {
        status: bridgeStatusOf(parts),
        parent: { id: tip.id, sealed: encodeSealed(tip.sealed), publishedAt: Number(tip.publishedAt) },
        lanes: laneLengths(view.queue),
        queue: pendingEntries(view.queue, tip.sealed.header.lanes, LANE_SHARE).map(entryOf),
        candidates: (await ledger.candidates()).map(
          ({ infohash, packed, after, asset, request, coinAge, firstSeenMs }) => ({
            infohash,
            packed,
            after: [...after],
            coinAge,
            firstSeen: firstSeenMs,
            ...(asset === undefined ? {} : { asset }),
            ...(request === undefined ? {} : { request }),
          }),
        ),
      }
    },
    bridge_next: async () => {
      const { follower, tip } = await leadOf(parts)
      return nextBlock({
        status: bridgeStatusOf(parts),
        tip: { ...refOf(tip), target: tip.sealed.header.target, publishedAt: tip.publishedAt },
        now: ethereumTime(follower),
        easiestTarget: parts.definition.easiestTarget,
        queue: pendingEntries(follower.view.queue, tip.sealed.header.lanes, LANE_SHARE),
        candidates: await ledger.candidates(),
      })
    },
    bridge_queue: async ({ lane, from, count }) => {
      const follower = followerOf(parts)
      return {
        entries: entriesOf(follower, { lane, index: from }, count),
        length: laneLength(follower.view.queue[lane]),
      }
    },
    bridge_submit: async ({ sealed, ...rows }) => {
      followerOf(parts)
      const { id, torrent } = await store.addBlock(sealed, rowsOf(rows), 'own')
      return { id, torrent }
    },
    bridge_due: async () => {
      const follower = followerOf(parts)
      if (follower.status.state !== 'live') return { nominate: [], finalize: [] }
      const calls = dueCalls(follower.view, ethereumTime(follower))
      return {
        nominate: calls.flatMap((call) =>
          call.call === 'nominate' ? [{ parent: call.parent, block: call.block }] : [],
        ),
        finalize: calls.flatMap((call) =>
          call.call === 'finalize'
            ? [{ block: call.block, sealed: encodeSealed(blockOf(follower.view, call.block).sealed) }]
            : [],
        ),
      }
    },
  } satisfies Partial<Handlers>
}

/** The tip that the ledger orders by. Throws `OperationError`: 'no-ethereum', 'branch-changing' (retry). */
async function leadOf(parts: NodeParts) {
  const follower = followerOf(parts)
  await parts.settle()
  const tip = preferredTip(follower.view)
  const ordered = parts.ledger.branch()
  if ((ordered.blocks.at(-1) ?? ordered.final).height === tip.sealed.header.height) return { follower, tip }
  throw new OperationError('branch-changing', 'the ledger is about to follow another branch: ask again', {
    retry: true,
  })
}

/** Throws `RuleError('bad-steps')` unless they came in one way. */
function rowsOf({ steps, states, blobs }: Omit<Params<'bridge_submit'>, 'sealed'>): BlockRows {
  if (blobs !== undefined && steps === undefined && states === undefined) return { blobs }
  if (blobs === undefined && steps !== undefined && states !== undefined) return { steps, states }
  const facts = { steps: steps !== undefined, states: states !== undefined, blobs: blobs !== undefined }
  throw new RuleError('bad-steps', 'expected a block with steps and states, or with blobs', facts)
}

/** Of `count` entries from a place on those that are known, however many there are. */
function entriesOf(follower: BridgeFollower, { lane, index }: QueuePlace, count: number): QueueAnswer[] {
  const left = laneLength(follower.view.queue[lane]) - index
  const length = left < 0n ? 0 : left < BigInt(count) ? Number(left) : count
  const known = Array.from({ length }, (_, i) => follower.queued({ lane, index: index + BigInt(i) }))
  return known.flatMap((queued) => (queued === undefined ? [] : [entryOf(queued)]))
}

function entryOf({ index, entry, time }: QueuedEntry): QueueAnswer {
  return { index, time: Number(time), ...entry }
}
