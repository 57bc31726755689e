// Followers of blocks in blobs: where the blobs come from, and when all that could win is judged.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { BlobFinder } from '../../../node/bridge/blob-collector.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Hash } from '../../../node/protocol/ids.ts'
import { isDisplaced } from './displaced.ts'
import type { Driver, TestFollower } from './driver.ts'

/** Has the blobs of what was made, unless they are withheld. */
export function finderOf(driver: Driver, isHeldBack: (hashes: readonly Hash[]) => boolean = () => false): BlobFinder {
  return {
    find: async ({ hashes }) => {
      if (isHeldBack(hashes)) {
        throw new OperationError('ethereum-refused', 'expected blobs, got none', { retry: true })
      }
      return driver.forge.blobsOf(hashes)
    },
  }
}

/** Polls until nothing is left to judge, as far as this is possible at all. */
export async function settle({ follower }: TestFollower, isDone: () => boolean): Promise<void> {
  const deadline = Date.now() + 120_000
  do {
    await follower.poll()
    if (isDone()) return
    await delay(5)
  } while (Date.now() < deadline)
  assert.fail('blocks stayed without a verdict')
}

/** Whether all that could win is judged; what stands on the wrong or the displaced never is. */
export function isJudged({ follower }: TestFollower): boolean {
  const { view } = follower
  return ![...view.blocks.values()].some(({ id, verdict, sealed }) => {
    const parent = view.blocks.get(sealed.header.parent)
    const isOpen = verdict.verdict === 'unknown' && parent?.verdict.verdict === 'valid'
    return isOpen && !isDisplaced(view, id)
  })
}
