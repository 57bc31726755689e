// Methods about published blocks: pages of them, one of them, and the files of its torrent.

import { isFinal } from '../../bridge/claims.ts'
import { finalTimesOf } from '../../bridge/final-time.ts'
import type { BridgeFollower } from '../../bridge/follower.ts'
import { preferredBranch } from '../../bridge/fork-choice.ts'
import type { BridgeBlock, BridgeView } from '../../bridge/view.ts'
import { OperationError } from '../../errors.ts'
import { encodeAsset } from '../../protocol/asset.ts'
import { type BlockContent, blockFiles } from '../../protocol/block-torrent.ts'
import { encodeSealed } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import { countsOf } from '../../protocol/queue.ts'
import { isInBlobs } from '../../protocol/replay.ts'
import { balanceOf, entryKey, ofAsset } from '../../protocol/state.ts'
import { encodeOpening } from '../../protocol/tree.ts'
import type { Time } from '../../protocol/units.ts'
import type { Handlers, Result } from '../api.ts'
import { moneyOf, type Past, pastOf } from './money.ts'
import { pageAboveFinal, pageGone, pageOfChildren } from './pages.ts'
import { ethereumTime, finalTimeAnswer, followerOf, knownBlock, verdictAnswer } from './parts.ts'
import { bridgeStatusOf } from './status.ts'

/** What of a follower these methods ask. */
type Followed = Pick<
  BridgeFollower,
  'view' | 'status' | 'block' | 'blocksFrom' | 'queued' | 'body' | 'posted' | 'contentOf'
>
type BlockSummary = Result<'bridge_blocks'>['blocks'][number]

export function blockHandlers(parts: { readonly follower: Followed | undefined }) {
  return {
    bridge_blocks: async ({ after, limit }) => {
      const follower = followerOf(parts)
      const { blocks, next } = pageAboveFinal(follower.view, after, limit)
      return {
        status: bridgeStatusOf(parts),
        blocks: summariesOf(follower.view, ethereumTime(follower), blocks, follower),
        ...(next === undefined ? {} : { next }),
      }
    },
    bridge_history: async ({ from, after, limit }) => {
      const follower = followerOf(parts)
      const start = after === undefined ? undefined : follower.block(after)
      if (after !== undefined && start === undefined) throw pageGone(after)
      const blocks: BridgeBlock[] = []
      let isMore = false
      for await (const block of follower.blocksFrom(start ?? from)) {
        isMore = blocks.length === limit
        if (isMore) break
        blocks.push(block)
      }
      const last = blocks.at(-1)
      return {
        status: bridgeStatusOf(parts),
        blocks: summariesOf(follower.view, ethereumTime(follower), blocks, follower),
        ...(isMore && last !== undefined ? { next: last.id } : {}),
      }
    },
    bridge_children: async ({ parent, after, limit }) => {
      const follower = followerOf(parts)
      const { blocks, next } = pageOfChildren(follower.view, knownBlock(follower, parent), after, limit)
      const summaries = summariesOf(follower.view, ethereumTime(follower), blocks, follower)
      return { blocks: summaries, ...(next === undefined ? {} : { next }) }
    },
    bridge_block: async ({ id }) => {
      const follower = followerOf(parts)
      const block = knownBlock(follower, id)
      const summary = summaryOf(follower, block)
      const body = (await follower.body(block.id)) ?? { steps: new Uint8Array(), states: new Uint8Array() }
      const posted = await follower.posted(block.id)
      return {
        ...summary,
        ...{ sealed: encodeSealed(block.sealed), packedSteps: body.steps, states: body.states },
        ...(posted !== undefined && isInBlobs(posted)
          ? { hashes: [...posted.hashes], entries: posted.entries, requestRecords: posted.requests }
          : {}),
      }
    },
    bridge_blobs: async ({ id }) => {
      const follower = followerOf(parts)
      const { id: whole, sealed, blobs } = knownBlock(follower, id)
      const posted = await follower.posted(whole)
      if (posted !== undefined && 'blobs' in posted) return { blobs: [...posted.blobs] }
      // Of the block with which it began a node may have no content.
      const isUnknown = blobs !== undefined || (posted === undefined && sealed.header.stepCount > 0)
      if (isUnknown) throw blobsUnknown(whole)
      return { blobs: [] }
    },
    bridge_files: async ({ id }) => {
      const follower = followerOf(parts)
      const block = knownBlock(follower, id)
      const content = await contentOf(follower, block.id)
      if (content === undefined) throw filesUnknown(follower, block.id)
      return { files: [...blockFiles(content)] }
    },
    bridge_balance: async ({ owner, asset, block: wanted }) => {
      const follower = followerOf(parts)
      const block = knownBlock(follower, wanted ?? follower.view.final)
      if (!isFinal(block)) throw notFinal(block.id)
      const content = await contentOf(follower, block.id)
      if (content === undefined) throw filesUnknown(follower, block.id)
      const [kind = 0, ...id] = encodeAsset(asset)
      return {
        block: block.id,
        height: block.sealed.header.height,
        balance: balanceOf(content.state, owner, asset),
        sealed: encodeSealed(block.sealed),
        ...{ kind, id: Uint8Array.from(id) },
        opening: encodeOpening(content.state, entryKey(ofAsset({ owner }, asset))),
      }
    },
  } satisfies Partial<Handlers>
}

/** What `bridge_blocks` says of blocks of one view. `now` is unix seconds; `past` has what is below them. */
export function summariesOf(
  view: BridgeView,
  now: Time,
  blocks: readonly BridgeBlock[],
  past: Past = pastOf(view),
): BlockSummary[] {
  const preferred = new Set(preferredBranch(view).map(({ id }) => id))
  const times = finalTimesOf(view, now)
  return blocks.map((block) => {
    const { id, sealed, publishedAt, work, verdict, refuted, requests } = block
    const { parent, height, target, state, stepCount, lanes } = sealed.header
    const time = times.get(id)
    const finalTime = time && finalTimeAnswer(time)
    return {
      ...{ id, parent, height, miner: sealed.seal.miner, target, work, state },
      ...{ steps: stepCount, blobs: block.blobs?.length ?? 0, requests: requests.length },
      ...moneyOf(block, past),
      publishedAt: Number(publishedAt),
      lanes: countsOf(lanes),
      ...(block.torrent === undefined ? {} : { torrent: block.torrent }),
      ...verdictAnswer(verdict),
      refuted,
      final: isFinal(block),
      preferred: preferred.has(id),
      ...(finalTime ? { finalizableAt: finalTime.earliest, finalizableAtLatest: finalTime.latest, finalTime } : {}),
    }
  })
}

function summaryOf(follower: Followed, block: BridgeBlock): BlockSummary {
  const [summary] = summariesOf(follower.view, ethereumTime(follower), [block], follower)
  if (summary === undefined) throw new RangeError('a block has a summary')
  return summary
}

/** By our own replay, whatever torrent the header names. */
async function contentOf(follower: Followed, id: Hash): Promise<BlockContent | undefined> {
  try {
    return await follower.contentOf(id)
  } catch (error) {
    if (error instanceof OperationError && error.code === 'state-unknown') return undefined
    throw error
  }
}

function filesUnknown(follower: Followed, id: Hash): OperationError {
  const { verdict, problem } = verdictAnswer(knownBlock(follower, id).verdict)
  const { state } = follower.status
  const isBehind = verdict === 'unknown' || (state !== 'live' && state !== 'dead')
  const why = problem ?? 'it is below the one with which this node began, or its content is not here'
  const advice = isBehind ? `the node says ${state}; ask again once it has judged the block` : 'ask for another one'
  return new OperationError(
    'files-unknown',
    `expected the files of block ${id} on this node, got none (${why}): ${advice}`,
    { facts: { block: id, verdict, state }, retry: isBehind },
  )
}

function notFinal(id: Hash): OperationError {
  return new OperationError(
    'block-not-final',
    `expected a final block, got ${id}: the contract proves what is after final ones only; wait until it is, or leave it out for the newest`,
    { facts: { block: id }, retry: true },
  )
}

function blobsUnknown(id: Hash): OperationError {
  return new OperationError(
    'blobs-unknown',
    `expected the blobs of block ${id} on this node, got none: ask again later, since it goes on looking for them, or ask another node`,
    { facts: { block: id }, retry: true },
  )
}
