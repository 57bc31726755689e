// Steps and states of right blocks in blobs: whatever is asked of a right block is asked of them.

import { postedIn } from '../../protocol/blob-block.ts'
import type { Hash } from '../../protocol/ids.ts'
import type { BridgeView } from '../view.ts'
import type { Journal } from './disk/journal.ts'
import type { Finding } from './fold.ts'
import type { BlockBody } from './judging/judge.ts'

/** Of the blocks among these that are in blobs and were found right. */
export async function bodiesOf(
  journal: Journal,
  view: BridgeView,
  found: ReadonlyMap<Hash, Finding>,
): Promise<ReadonlyMap<Hash, BlockBody>> {
  const bodies = new Map<Hash, BlockBody>()
  for (const [id, { verdict }] of found) {
    const block = view.blocks.get(id)
    if (verdict !== 'valid' || block?.blobs === undefined) continue
    const posted = await journal.posted(id)
    if (posted !== undefined && 'blobs' in posted) bodies.set(id, postedIn({ sealed: block.sealed, ...posted }))
  }
  return bodies
}
