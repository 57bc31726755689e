// Our own blocks on disk, one file each, and one with its blobs if it has any, from the found nonce until the bond is back: what a crash must not forget.

import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../node/disk.ts'
import { writeDurably } from '../node/durable.ts'
import { OperationError } from '../node/errors.ts'
import { attemptRecord, baseUnitsText, hashText, hexText, weiText } from '../node/ethereum/sending/attempt.ts'
import { BLOB_BYTES } from '../node/protocol/blob.ts'
import { concat, formatHex, parseHex } from '../node/protocol/bytes.ts'
import { blockId, decodeSealed } from '../node/protocol/header.ts'
import type { Hash } from '../node/protocol/ids.ts'
import { isInBlobs } from '../node/protocol/replay.ts'
import { infohash } from '../node/schema.ts'

const bytes = z.codec(
  hexText,
  z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  {
    decode: (text) => parseHex(text),
    encode: (value) => `0x${formatHex(value)}` as const,
  },
)

/**
 * `mined`: a nonce was found. `submitted`: the node serves its torrent. `sent`: signed for Ethereum (see `attempts`). `published`: Ethereum
 * has it. `final`: it is final in the contract. `lost`: it was never published, or died; see `problem`.
 */
const stages = ['mined', 'submitted', 'sent', 'published', 'final', 'lost'] as const

const publication = z.object({
  version: z.literal(2),
  stage: z.enum(stages),
  /** Unix milliseconds. */
  foundMs: z.number(),
  /** Since when the oldest request or queue entry in it waited. */
  sinceMs: z.number(),
  /** Sealed headers of the parent and of the block. */
  parent: bytes,
  sealed: bytes,
  /** What is posted, but blobs, which are in a file of their own; empty once it cannot be needed any more. */
  body: z.union([
    z.strictObject({ steps: bytes, states: bytes }),
    z.strictObject({ hashes: z.array(hashText), entries: bytes, requests: bytes }),
  ]),
  /** Of the block, once the node serves it. */
  torrent: infohash.optional(),
  /** The sibling beside which it was sent on purpose. */
  beside: hashText.optional(),
  /** It is for the sake of our own blocks above this one, the first of a race. */
  defends: hashText.optional(),
  /** What finality is to pay, wTTX; once final, what it did pay. */
  fee: baseUnitsText,
  attempts: z.array(attemptRecord),
  /** In the contract; zero before publication and once it was released, burned or halved by a refutation. */
  bond: weiText,
  /** What the contract kept of it: it was wrong, or the rival of a block that counts. Absent where nothing was lost. */
  bondLost: weiText.optional(),
  /** Final, but the contract pays nothing for it. */
  isUnpaid: z.boolean().optional(),
  /** Unix seconds on Ethereum. */
  publishedAt: z.number().optional(),
  problem: z.string().optional(),
})

const BLOBS_END = '.blobs'

/** One of our own blocks and how far it is. */
export type Publication = Readonly<z.output<typeof publication>>

/** Writes are atomic and on disk when they resolve; what is read is what was last written whole. */
export class Journal {
  readonly #folder: string
  readonly #entries = new Map<Hash, Publication>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Reads all. Throws `OperationError('journal-damaged')` for a file that this program did not write so. */
  async load(): Promise<void> {
    await makeFolder(this.#folder)
    const names = await readdir(this.#folder)
    for (const name of names) {
      const file = join(this.#folder, name)
      if (name.endsWith('.tmp')) await rm(file)
      else if (name.endsWith('.json')) this.#take(name, file, await readFile(file, 'utf8'))
    }
    const wanted = new Set(this.entries().flatMap((entry) => (isInBlobs(entry.body) ? [fileOf(entry)] : [])))
    // Of a block that was to be written down next, or is not in need of them any more.
    for (const name of names) if (name.endsWith(BLOBS_END) && !wanted.has(name)) await rm(join(this.#folder, name))
  }

  /** All our own blocks, oldest first. */
  entries(): readonly Publication[] {
    return [...this.#entries.values()].toSorted((a, b) => a.foundMs - b.foundMs)
  }

  get(id: Hash): Publication | undefined {
    return this.#entries.get(id)
  }

  /** Writes down a block that was found, with its blobs if it has any. Throws as `put`. */
  async add(entry: Publication, blobs: readonly Uint8Array[] = []): Promise<Publication> {
    // The blobs first: without an entry they are only forgotten.
    if (blobs.length > 0) await writeDurably(join(this.#folder, fileOf(entry)), concat(...blobs))
    return await this.put(entry)
  }

  /** Replaces what is known of a block. Throws `OperationError('write-failed')` if the disk refuses. */
  async put(entry: Publication): Promise<Publication> {
    const id = publicationId(entry)
    await writeDurably(join(this.#folder, `${id.slice(2)}.json`), `${JSON.stringify(publication.encode(entry))}\n`)
    const before = this.#entries.get(id)
    this.#entries.set(id, entry)
    const isForgotten = before !== undefined && isInBlobs(before.body) && !isInBlobs(entry.body)
    if (isForgotten) await rm(join(this.#folder, fileOf(entry)), { force: true }).catch(() => undefined)
    return entry
  }

  /** The blobs of a block that has some. Throws `OperationError('journal-damaged')` if they are not there. */
  async blobsOf(entry: Pick<Publication, 'sealed'>): Promise<Uint8Array[]> {
    const file = join(this.#folder, fileOf(entry))
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw damaged(file, cause)
    })
    if (bytes.length % BLOB_BYTES !== 0) throw damaged(file, new Error(`${bytes.length} bytes`))
    return Array.from({ length: bytes.length / BLOB_BYTES }, (_, i) =>
      Uint8Array.from(bytes.subarray(BLOB_BYTES * i, BLOB_BYTES * (i + 1))),
    )
  }

  #take(name: string, file: string, text: string): void {
    try {
      const entry = publication.decode(JSON.parse(text))
      const id = publicationId(entry)
      if (name === `${id.slice(2)}.json`) {
        this.#entries.set(id, entry)
        return
      }
    } catch (cause) {
      throw damaged(file, cause)
    }
    throw damaged(file, new Error('its name is not that of the block in it'))
  }
}

/** The entry of a block that is never to be published (again). */
export function withoutBody(entry: Publication): Publication {
  return { ...entry, body: { steps: new Uint8Array(), states: new Uint8Array() }, attempts: [] }
}

/** The block's id. */
export function publicationId(entry: Pick<Publication, 'sealed'>): Hash {
  return blockId(decodeSealed(entry.sealed))
}

/** The id of the block's parent. */
export function parentOf(entry: Pick<Publication, 'sealed'>): Hash {
  return decodeSealed(entry.sealed).header.parent
}

/** Where its blobs are. */
function fileOf(entry: Pick<Publication, 'sealed'>): string {
  return `${publicationId(entry).slice(2)}${BLOBS_END}`
}

function damaged(file: string, cause: unknown): OperationError {
  return new OperationError(
    'journal-damaged',
    `expected ${file} to hold one of our blocks as this program writes it, got ${cause}; move the file away to go on without that block`,
    { facts: { file }, cause },
  )
}
