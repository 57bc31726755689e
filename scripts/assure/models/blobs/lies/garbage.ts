// Blobs with something else in them than the rows of the head.

import { BLOB_BYTES } from '../../../../../node/protocol/blob.ts'
import { World } from '../../world.ts'
import { rightBlock } from '../right-blocks.ts'
import { below, type Lies } from './change.ts'

export const GARBAGE_LIES: Lies = {
  'blobs of zeros': ({ post }) => ({ ...post, blobs: post.blobs.map(() => new Uint8Array(BLOB_BYTES)) }),
  'blobs of random bytes': ({ post, scene }) => ({ ...post, blobs: post.blobs.map(() => randomBlob(scene.world)) }),
  'blobs of small random bytes': ({ post, scene }) => ({
    ...post,
    // Shapes and small ends are more frequent in these.
    blobs: post.blobs.map(() => randomBlob(scene.world, 6)),
  }),
  'the blobs of another block': ({ post, scene }) => ({
    ...post,
    blobs: rightBlock(new World(below(scene.world, 1_000))).post.blobs,
  }),
  'the first half of the blobs': ({ post }) => ({
    ...post,
    blobs: post.blobs.map((blob) => blob.map((byte, i) => (i < 64 * post.head.stepCount ? byte : 0))),
  }),
  'the second half of the blobs': ({ post }) => ({
    ...post,
    blobs: post.blobs.map((blob) => blob.map((byte, i) => (i < 64 * post.head.stepCount ? 0 : byte))),
  }),
  'random bits changed': ({ post, scene: { world } }) => {
    const [first = new Uint8Array(), ...others] = post.blobs.map((blob) => blob.slice())
    for (let i = 0; i < 3; i++) {
      const at = below(world, 96 * post.head.stepCount)
      if (at % 32 > 0) first[at] = (first[at] ?? 0) ^ (1 << below(world, 8))
    }
    return { ...post, blobs: [first, ...others] }
  },
  'an empty blob before': ({ post }) => ({ ...post, blobs: [new Uint8Array(BLOB_BYTES), ...post.blobs] }),
}

/** Below the modulus in each element. Each byte is below `most`. */
export function randomBlob(world: World, most = 256): Uint8Array {
  return new Uint8Array(BLOB_BYTES).map((_, i) => below(world, i % 32 === 0 ? Math.min(most, 0x73) : most))
}
