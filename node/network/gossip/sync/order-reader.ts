// Reads the order of one peer: which infohashes it shares, parents first, from where this node stops knowing them.

import type { Infohash } from '../../../protocol/ids.ts'
import { MAX_INFOHASHES } from '../../limits.ts'
import type { NetworkStore } from '../../store.ts'
import { POSITIONS } from '../messages.ts'
import type { RemotePeer } from '../peer.ts'

/** Positions of one question: the answer has 40 kB. */
const PAGE = 2_000
/** To find the place where to begin: this many positions are looked at, so far before the end at first, each time farther by this factor. */
const PROBE = 32
const FIRST_STEP = 64
const STEP_FACTOR = 8

export class OrderReader {
  readonly #peer: RemotePeer
  readonly #store: Pick<NetworkStore, 'has'>
  readonly #unordered: boolean
  #from: number
  #passed = 0
  #isAtEnd = false

  /** Reads from the first position on. `unordered`: only what no block has ordered. */
  constructor(peer: RemotePeer, store: Pick<NetworkStore, 'has'>, unordered: boolean, from = 0) {
    this.#peer = peer
    this.#store = store
    this.#unordered = unordered
    this.#from = from
  }

  /**
   * What a node lacks that knows the rest is mostly the newest: begins where a look at some positions finds nothing new. Each question is farther from the end,
   * so there are seven of a million. Rejects as `RemotePeer.ask` does.
   */
  async skipKnown(): Promise<void> {
    const { end } = await this.#ask(POSITIONS - 1, 1)
    for (let step = FIRST_STEP; step < end; step *= STEP_FACTOR) {
      const { infohashes } = await this.#ask(end - step, PROBE)
      if (infohashes.length > 0 && infohashes.every((infohash) => this.#store.has(infohash))) {
        this.#from = end - step
        return
      }
    }
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd
  }

  /** Positions in answers of a whole page without anything that is asked for: what blocks have ordered, where only the rest is. */
  get passed(): number {
    return this.#passed
  }

  /** The next part of the order. Rejects as `RemotePeer.ask` does. */
  async next(): Promise<readonly Infohash[]> {
    const { infohashes, next, end } = await this.#ask(this.#from, Math.min(PAGE, MAX_INFOHASHES))
    if (this.#unordered && infohashes.length === 0 && next - this.#from === PAGE) this.#passed += PAGE
    this.#from = next
    this.#isAtEnd = next >= end
    return infohashes
  }

  async #ask(from: number, most: number) {
    return await this.#peer.ask({ type: 'order', from, most, unordered: this.#unordered })
  }
}
