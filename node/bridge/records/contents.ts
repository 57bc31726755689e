// The content of blocks as far as it is here: of one that is being read from its event, of all others from the disk.

import type { Hash } from '../../protocol/ids.ts'
import { isInBlobs, type PostedBody, type WholeBody } from '../../protocol/replay.ts'

export type Contents = {
  /** As it was posted, with the blobs if they have come. */
  readonly posted: (id: Hash) => Promise<PostedBody | WholeBody | undefined>
  /** Whether the blobs of a block are still to come. Reads none. */
  readonly lacksBlobs: (id: Hash) => Promise<boolean>
}

/** `arriving`: what an event that is being read has, which is not on disk yet. */
export function contentsOf(disk: Contents, arriving: (id: Hash) => PostedBody | undefined): Contents {
  return {
    posted: async (id) => arriving(id) ?? (await disk.posted(id)),
    lacksBlobs: async (id) => {
      const body = arriving(id)
      return body === undefined ? await disk.lacksBlobs(id) : isInBlobs(body)
    },
  }
}
