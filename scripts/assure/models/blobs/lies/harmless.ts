// Changes of what counts for nothing: the block stays right.

import { BLOB_ELEMENTS, elementsOf } from '../../../../../node/protocol/blob.ts'
import type { RightBlobs } from '../right-blocks.ts'
import { below, type Lies, withBytes } from './change.ts'
import { randomBlob } from './garbage.ts'

const ENTRY = 64

export const HARMLESS: Lies = {
  'bytes of elements that do not count': (right) =>
    withBytes(right, (bytes, world) => {
      for (let i = 0; i < 200; i++) bytes[32 * below(world, BLOB_ELEMENTS)] = below(world, 0x73)
      for (let i = 0; i < 3 * right.steps.length; i++) bytes[32 * i] = below(world, 0x73)
    }),
  'spare bytes of an entry': (right) =>
    withBytes(right, (bytes, world, stepCount) => {
      if (stepCount < 2) return false
      bytes[ENTRY * below(world, stepCount - 1) + 40 + below(world, 24)] = 1 + below(world, 255)
      return true
    }),
  'the entry that the last step does not have': (right) =>
    withBytes(right, (bytes, world, stepCount) => {
      for (let i = 0; i < ENTRY; i++) if (i % 32 > 0) bytes[ENTRY * (stepCount - 1) + i] = below(world, 256)
    }),
  'what is behind the last step': (right) =>
    withBytes(right, (bytes, world) => {
      for (let i = 32 * endOf(right); i < bytes.length; i++) if (i % 32 > 0) bytes[i] = below(world, 256)
    }),
  'bytes behind a step in its last element': (right) =>
    withBytes(right, (bytes, world, stepCount) => {
      const at = below(world, stepCount)
      const size = right.steps[at]?.step.length ?? 0
      const over = 31 * elementsOf(size) - size
      if (over === 0) return false
      bytes[32 * endOf(right, at) - 1 - below(world, over)] = 1 + below(world, 255)
      return true
    }),
  'a blob more': ({ post, scene }) => ({ ...post, blobs: [...post.blobs, randomBlob(scene.world)] }),
}

/** The element behind step `at`. */
function endOf({ steps }: RightBlobs, at = steps.length - 1): number {
  return steps.slice(0, at + 1).reduce((sum, { step }) => sum + elementsOf(step.length), 2 * steps.length)
}
