// Facts from one Ethereum endpoint: the contract says when something happened, and the logs of that moment have it whole, but for blobs, which
// others have kept by that moment.

import type { BlobSource } from '../../../node/ethereum/blobs/blob-source.ts'
import type { BridgeEvent, Chain, ChainBlock, ChainPlace, PublishedEvent } from '../../../node/ethereum/chain.ts'
import { decodeSealed } from '../../../node/protocol/header.ts'
import { type Hash, isSameBlock } from '../../../node/protocol/ids.ts'
import { NO_LENGTHS } from '../../../node/protocol/queue.ts'
import type { Time } from '../../../node/protocol/units.ts'
import { within } from '../../../node/within.ts'
import { Moments } from './moments.ts'
import type { PostedBlock, Source } from './source.ts'

/** The logs of one Ethereum endpoint. `name` is for messages: no path, no key. */
export type Logs = { readonly name: string; readonly chain: Chain }

/** On some chains several blocks are of one second; of more than this many not all are looked through. */
const MOST_OF_ONE_TIME = 256
/** Entries of the queue that are looked for at the same time. */
const AT_ONCE = 8

/** Finds blobs by their hashes, and by where Ethereum has them. */
export type BlobFinder = Pick<BlobSource, 'find'>

type Tell = Parameters<Source['forced']>[2]

export class EndpointSource implements Source {
  readonly name: string
  readonly limitMs: number
  readonly #chain: Chain
  readonly #finder: BlobFinder
  readonly #moments: Moments

  /** `finder` is this source's own: who tells wrong moments has nobody else's blobs looked for in vain. */
  constructor({ name, chain }: Logs, finder: BlobFinder, limitMs = 30_000) {
    this.name = name
    this.limitMs = limitMs
    this.#chain = chain
    this.#finder = finder
    this.#moments = new Moments(chain)
  }

  block(id: Hash, signal: AbortSignal): Promise<PostedBlock | undefined> {
    return within(this.#block(id, signal), signal)
  }

  blobs(id: Hash, hashes: readonly Hash[], signal: AbortSignal): Promise<readonly Uint8Array[] | undefined> {
    return within(this.#blobs(id, hashes, signal), signal)
  }

  forced(
    indices: readonly bigint[],
    signal: AbortSignal,
    tell: Tell = () => {},
  ): Promise<ReadonlyMap<bigint, Uint8Array>> {
    return within(this.#forced(indices, signal, tell), signal)
  }

  isFinal(id: Hash, signal: AbortSignal): Promise<boolean> {
    return within(
      this.#record(id).then((record) => record?.final ?? false),
      signal,
    )
  }

  async #block(id: Hash, signal: AbortSignal): Promise<PostedBlock | undefined> {
    const event = await this.#publication(id, signal)
    return event && { sealed: decodeSealed(event.sealed), ...event.body }
  }

  async #blobs(id: Hash, hashes: readonly Hash[], signal: AbortSignal): Promise<readonly Uint8Array[] | undefined> {
    // Looked up again: Ethereum may have it in another block by now.
    const place = (await this.#publication(id, signal))?.place
    if (place === undefined) return undefined
    return await this.#finder.find({ hashes, block: { number: place.number, time: place.time } }, signal)
  }

  async #publication(
    id: Hash,
    signal: AbortSignal,
  ): Promise<(PublishedEvent & { readonly place: ChainPlace }) | undefined> {
    const record = await this.#record(id)
    if (record === undefined || record.publishedAt === 0n) return undefined
    for await (const event of this.#eventsAt(record.publishedAt, signal)) {
      if (event.kind === 'published' && isSameBlock(event.id, id)) return event
    }
    return undefined // as of genesis, which nobody posted
  }

  /** Each may be of another moment, which takes a dozen questions: some are looked for at a time. */
  async #forced(indices: readonly bigint[], signal: AbortSignal, tell: Tell): Promise<ReadonlyMap<bigint, Uint8Array>> {
    const found = new Map<bigint, Uint8Array>()
    for (let rest = indices; rest.length > 0; rest = rest.slice(AT_ONCE)) {
      signal.throwIfAborted()
      const sought = rest.slice(0, AT_ONCE).filter((index) => !found.has(index))
      await Promise.all(sought.map((index) => this.#forcedAt(index, signal, found, tell)))
      if (sought.some((index) => !found.has(index))) return found
    }
    return found
  }

  /** One entry, and what came with it: entries come in batches, and one look has all of its moment. */
  async #forcedAt(index: bigint, signal: AbortSignal, found: Map<bigint, Uint8Array>, tell: Tell): Promise<void> {
    const time = await this.#chain.queueTime((await this.#chain.head()).hash, { lane: 'forced', index })
    for await (const event of this.#eventsAt(time, signal)) {
      if (event.kind !== 'forced') continue
      found.set(event.index, event.packed)
      tell(event.index, event.packed)
    }
  }

  async #record(id: Hash) {
    const head = await this.#chain.head()
    return (await this.#chain.read(head.hash, NO_LENGTHS, [id])).records[0]
  }

  /** What happened at this time, unix seconds. */
  async *#eventsAt(time: Time, signal: AbortSignal): AsyncGenerator<BridgeEvent> {
    const first = await this.#moments.find(time)
    if (first === undefined) return
    for (let number = first; number < first + BigInt(MOST_OF_ONE_TIME); number++) {
      signal.throwIfAborted()
      const block: ChainBlock | undefined = await this.#chain.blockAt(number)
      if (block?.time !== time) {
        // What was known of Ethereum's times is from before a reorganisation.
        if (number === first) this.#moments.forget()
        return
      }
      yield* await this.#chain.events(number, number)
    }
  }
}
