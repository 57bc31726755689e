// Methods about the bridge: blocks, what a miner builds on, calls that are due, payments that are.

import type { BridgeFollower } from '../../bridge/follower.ts'
import { type QueuedEntry, queuedEntryAt, queueLength } from '../../bridge/queue-view.ts'
import { dueCalls, preferredBranch, preferredTip } from '../../bridge/race.ts'
import { type BridgeBlock, blockOf, descent } from '../../bridge/view.ts'
import { OperationError } from '../../errors.ts'
import { blockFiles } from '../../protocol/block-torrent.ts'
import { encodeSealed } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import { QUEUE_SHARE } from '../../protocol/rules.ts'
import type { Result } from '../api.ts'
import type { Handlers } from '../server.ts'
import { ethereumTime, finalTimeAnswer, followerOf, type NodeParts, problemOf } from './parts.ts'

type BridgeStatus = Result<'bridge_blocks'>['status']
type BlockSummary = Result<'bridge_blocks'>['blocks'][number]

export function bridgeHandlers(parts: NodeParts) {
  const { ledger, store } = parts
  return {
    bridge_blocks: async () => {
      const follower = followerOf(parts)
      const { view } = follower
      const preferred = new Set(preferredBranch(view).map(({ id }) => id))
      const blocks = [...descent(view, view.final)].map((block) => summaryOf(follower, block, preferred))
      return { status: bridgeStatusOf(parts), blocks }
    },
    bridge_children: async ({ parent }) => {
      const follower = followerOf(parts)
      const preferred = new Set(preferredBranch(follower.view).map(({ id }) => id))
      const children = knownBlock(follower, parent).children.map((id) => blockOf(follower.view, id))
      return { blocks: children.map((block) => summaryOf(follower, block, preferred)) }
    },
    bridge_block: async ({ id }) => {
      const follower = followerOf(parts)
      const block = knownBlock(follower, id)
      const preferred = new Set(preferredBranch(follower.view).map((one) => one.id))
      const body = (await follower.body(id)) ?? { steps: new Uint8Array(), states: new Uint8Array() }
      const sealed = encodeSealed(block.sealed)
      return { ...summaryOf(follower, block, preferred), sealed, packedSteps: body.steps, states: body.states }
    },
    bridge_files: async ({ id }) => {
      const follower = followerOf(parts)
      knownBlock(follower, id)
      const content = follower.parentBlock(id) && (await follower.contentOf(id))
      if (content !== undefined) return { files: blockFiles(content) }
      // After a restart the states are replayed first.
      const { state } = bridgeStatusOf(parts)
      const retry = state !== 'live' && state !== 'dead'
      const why = retry
        ? `as it says ${state}; ask again once it is live`
        : 'as they are too old or the block is wrong; ask for a newer one'
      throw new OperationError('files-unknown', `expected the files of block ${id} on this node, got none, ${why}`, {
        facts: { block: id, state },
        retry,
      })
    },
    bridge_template: async () => {
      const follower = followerOf(parts)
      await parts.settle()
      const { view } = follower
      const tip = preferredTip(view)
      const ordered = ledger.branch()
      if ((ordered.blocks.at(-1) ?? ordered.final).height !== tip.sealed.header.height) {
        throw new OperationError('branch-changing', 'the ledger is about to follow another branch: ask again', {
          retry: true,
        })
      }
      const queue = follower.pending().slice(0, QUEUE_SHARE + 1)
      return {
        status: bridgeStatusOf(parts),
        parent: { id: tip.id, sealed: encodeSealed(tip.sealed), publishedAt: Number(tip.publishedAt) },
        queueLength: queueLength(view.queue),
        queue: queue.map(entryOf),
        candidates: (await ledger.candidates()).map(({ infohash, packed, after, request, coinAge, firstSeenMs }) => ({
          infohash,
          packed,
          after: [...after],
          coinAge,
          firstSeen: firstSeenMs,
          ...(request === undefined ? {} : { request }),
        })),
      }
    },
    bridge_queue: async ({ from, count }) => {
      const { queue } = followerOf(parts).view
      const known = Array.from({ length: count }, (_, i) => queuedEntryAt(queue, from + BigInt(i)))
      const entries = known.flatMap((queued) => (queued === undefined ? [] : [entryOf(queued)]))
      return { entries, queueLength: queueLength(queue) }
    },
    bridge_submit: async ({ sealed, steps, states }) => {
      followerOf(parts)
      const { id, torrent } = store.addBlock(sealed, steps, states, 'own')
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
    bridge_claims: async ({ infohash, recipient }) => {
      const follower = followerOf(parts)
      const claims: Result<'bridge_claims'>['claims'] = []
      for (const claim of await follower.claims()) {
        if (recipient !== undefined && claim.to !== recipient) continue
        if (infohash !== undefined && claim.infohash !== infohash) continue
        const { block, sealed, step: index, packed: step, state, net, to } = claim
        const siblings = [...claim.siblings]
        claims.push({ block, sealed, index, step, state, siblings, infohash: claim.infohash, recipient: to, net })
      }
      return { claims }
    },
  } satisfies Partial<Handlers>
}

/** What the node can say of its view of Ethereum. */
export function bridgeStatusOf({ follower }: NodeParts): BridgeStatus {
  if (follower === undefined) return { state: 'off' }
  const { status, view } = follower
  return {
    state: status.state,
    ...(status.state === 'unknown' ? { problem: status.problem } : {}),
    ...(status.at ? { ethereumBlock: status.at.number, ethereumTime: Number(status.at.time) } : {}),
    final: refOf(blockOf(view, view.final)),
    tip: refOf(preferredTip(view)),
  }
}

function entryOf({ index, entry, time }: QueuedEntry): Result<'bridge_queue'>['entries'][number] {
  const what =
    entry.kind === 'deposit' ? { gross: entry.gross, to: entry.to } : { fee: entry.fee, packed: entry.packed }
  return { index, kind: entry.kind, time: Number(time), ...what }
}

function refOf(block: BridgeBlock) {
  return { id: block.id, height: block.sealed.header.height }
}

function knownBlock(follower: BridgeFollower, id: Hash): BridgeBlock {
  const block = follower.view.blocks.get(id)
  if (block !== undefined) return block
  throw new OperationError(
    'unknown-block',
    `expected a block that this node has seen on Ethereum, got ${id}; bridge_blocks ("ttx block list") names those above the final one`,
    {
      facts: { block: id },
    },
  )
}

function summaryOf(follower: BridgeFollower, block: BridgeBlock, preferred: ReadonlySet<Hash>): BlockSummary {
  const { id, sealed, publishedAt, work, verdict, refuted, finality, requests } = block
  const { parent, height, target, state, stepCount, queueCount, torrent } = sealed.header
  const finalTime = finalTimeAnswer(follower, id)
  const problem = problemOf(verdict)
  return {
    id,
    parent,
    height,
    miner: sealed.seal.miner,
    target,
    work,
    state,
    steps: stepCount,
    requests: requests.length,
    queueCount,
    torrent,
    publishedAt: Number(publishedAt),
    verdict: verdict.verdict === 'valid' ? 'valid' : 'invalid',
    ...(problem === undefined ? {} : { problem }),
    refuted,
    final: finality !== undefined || id === follower.view.root,
    preferred: preferred.has(id),
    ...(finalTime ? { finalizableAt: finalTime.earliest, finalizableAtLatest: finalTime.latest, finalTime } : {}),
  }
}
