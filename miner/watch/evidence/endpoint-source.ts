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
/** Entries of the queue that are looked for at the same time. */
const AT_ONCE = 8

type Tell = Parameters<Source['forced']>[2]

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

  async #block(id: Hash, signal: AbortSignal): Promise<PublishedBlock | undefined> {
    const record = await this.#record(id)
    if (record === undefined || record.publishedAt === 0n) return undefined
    for await (const event of this.#eventsAt(record.publishedAt, signal)) {
      if (event.kind !== 'published' || !isSameBlock(event.id, id)) continue
      return { sealed: decodeSealed(event.sealed), steps: event.steps, states: event.states }
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
