// Facts from one Ethereum endpoint: the contract says when something happened, and the logs of that moment have it whole.

import type { BridgeEvent, Chain, ChainBlock } from '../../../node/ethereum/chain.ts'
import type { PublishedBlock } from '../../../node/protocol/block.ts'
import { decodeSealed } from '../../../node/protocol/header.ts'
import { type Hash, isSameBlock } from '../../../node/protocol/ids.ts'
import { NO_LENGTHS } from '../../../node/protocol/queue.ts'
import type { Time } from '../../../node/protocol/units.ts'
import { within } from '../../../node/within.ts'
import { Moments } from './moments.ts'
import type { Source } from './source.ts'

/** The logs of one Ethereum endpoint. `name` is for messages: no path, no key. */
export type Logs = { readonly name: string; readonly chain: Chain }

/** On some chains several blocks are of one second; of more than this many not all are looked through. */
const MOST_OF_ONE_TIME = 256

export class EndpointSource implements Source {
  readonly name: string
  readonly limitMs: number
  readonly #chain: Chain
  readonly #moments: Moments

  constructor({ name, chain }: Logs, limitMs = 30_000) {
    this.name = name
    this.limitMs = limitMs
    this.#chain = chain
    this.#moments = new Moments(chain)
  }

  block(id: Hash, signal: AbortSignal): Promise<PublishedBlock | undefined> {
    return within(this.#block(id, signal), signal)
  }

  forced(indices: readonly bigint[], signal: AbortSignal): Promise<ReadonlyMap<bigint, Uint8Array>> {
    return within(this.#forced(indices, signal), signal)
  }

  isFinal(id: Hash, signal: AbortSignal): Promise<boolean> {
    return within(
      this.#record(id).then((record) => record?.final ?? false),
      signal,
    )
  }

  async #block(id: Hash, signal: AbortSignal): Promise<PublishedBlock | undefined> {
    const record = await this.#record(id)
    if (record === undefined || record.publishedAt === 0n) return undefined
    for await (const event of this.#eventsAt(record.publishedAt, signal)) {
      if (event.kind !== 'published' || !isSameBlock(event.id, id)) continue
      return { sealed: decodeSealed(event.sealed), steps: event.steps, states: event.states }
    }
    return undefined // as of genesis, which nobody posted
  }

  async #forced(indices: readonly bigint[], signal: AbortSignal): Promise<ReadonlyMap<bigint, Uint8Array>> {
    const found = new Map<bigint, Uint8Array>()
    for (const index of indices) {
      signal.throwIfAborted()
      if (found.has(index)) continue
      // Entries come in batches: one look has all of its moment.
      const time = await this.#chain.queueTime((await this.#chain.head()).hash, { lane: 'forced', index })
      for await (const event of this.#eventsAt(time, signal)) {
        if (event.kind === 'forced') found.set(event.index, event.packed)
      }
      if (!found.has(index)) return found
    }
    return found
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
