// Our own blocks on disk, one file each, from the found nonce until the bond is back: what a crash must not forget.

import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '../node/durable.ts'
import { OperationError } from '../node/errors.ts'
import { attemptRecord, baseUnitsText, hashText, hexText, weiText } from '../node/ethereum/sending/attempt.ts'
import { formatHex, parseHex } from '../node/protocol/bytes.ts'
import { blockId, decodeSealed } from '../node/protocol/header.ts'
import type { Hash } from '../node/protocol/ids.ts'
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
  version: z.literal(1),
  stage: z.enum(stages),
  /** Unix milliseconds. */
  foundMs: z.number(),
  /** Since when the oldest request or queue entry in it waited. */
  sinceMs: z.number(),
  /** Sealed headers of the parent and of the block. */
  parent: bytes,
  sealed: bytes,
  /** Packed steps and states; empty once they cannot be needed any more. */
  steps: bytes,
  states: bytes,
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
  /** Unix seconds on Ethereum. */
  publishedAt: z.number().optional(),
  problem: z.string().optional(),
})

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
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name)
      if (name.endsWith('.tmp')) await rm(file)
      else if (name.endsWith('.json')) this.#take(name, file, await readFile(file, 'utf8'))
    }
  }

  /** All our own blocks, oldest first. */
  entries(): readonly Publication[] {
    return [...this.#entries.values()].toSorted((a, b) => a.foundMs - b.foundMs)
  }

  get(id: Hash): Publication | undefined {
    return this.#entries.get(id)
  }

  /** Replaces what is known of a block. Throws `OperationError('write-failed')` if the disk refuses. */
  async put(entry: Publication): Promise<Publication> {
    const id = publicationId(entry)
    await writeDurably(join(this.#folder, `${id.slice(2)}.json`), `${JSON.stringify(publication.encode(entry))}\n`)
    this.#entries.set(id, entry)
    return entry
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

/** The block's id. */
export function publicationId(entry: Pick<Publication, 'sealed'>): Hash {
  return blockId(decodeSealed(entry.sealed))
}

/** The id of the block's parent. */
export function parentOf(entry: Pick<Publication, 'sealed'>): Hash {
  return decodeSealed(entry.sealed).header.parent
}

function damaged(file: string, cause: unknown): OperationError {
  return new OperationError(
    'journal-damaged',
    `expected ${file} to hold one of our blocks as this program writes it, got ${cause}; move the file away to go on without that block`,
    { facts: { file }, cause },
  )
}
