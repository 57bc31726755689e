// One kind of bad block: what is wrong with it, and what must become of it.

import type { Problem } from '../../../node/protocol/problems.ts'
import type { BlobDraft } from './posting.ts'
import type { Content, Scene, Story } from './scene.ts'

/** It is published, and killed for this problem; or the bridge refuses it with this custom error. */
export type Expectation = { readonly problem: Problem } | { readonly refused: string }

export type Lie = {
  /** For people: what the block does. */
  readonly about: string
  readonly expected: Expectation
  /** The same where its rows are in blobs, if that is something else; `null` if it cannot be told there. */
  readonly inBlobs?: Expectation | null
  /** The rest of the story is told to match, where it can be. Throws `lack` where the scene has nothing of the kind. */
  readonly tell: (scene: Scene) => Story | Content
  /** What is done to a right block in blobs: the lie can be told there alone. */
  readonly alter?: (draft: BlobDraft, scene: Scene) => BlobDraft
}
