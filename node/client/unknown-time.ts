// How long a node may not know a transaction: only what it can know counts, and no pause between two answers gives time back.

import type { Result } from '../rpc/api.ts'

type Bridge = Result<'node_info'>['bridge']

/** A node may read this many blocks of Ethereum late, and call itself live: `LAG_BLOCKS` of node/ethereum/, which is not for browsers. */
const LATE_BLOCKS = 5n
/** This much longer on a chain that stands still, milliseconds: twice what Ethereum needs for these blocks. */
const STILL_MS = 120_000
const NOT_READ = 'what it has not read may have the transaction'

export class UnknownTime {
  readonly #unknownMs: number
  #askedMs: number
  #unknownForMs = 0
  /** The block of Ethereum up to which the node has to read before it can say that there is nothing. */
  #past: bigint | undefined

  /** `unknownMs` is how long a node that has read all of Ethereum may not know it. */
  constructor(unknownMs: number, nowMs: number) {
    this.#unknownMs = unknownMs
    this.#askedMs = nowMs
  }

  /** It knows it. */
  known(nowMs: number): void {
    this.#askedMs = nowMs
    this.#unknownForMs = 0
    this.#past = undefined
  }

  /** It could not be asked: that time does not count. */
  away(nowMs: number): void {
    this.#askedMs = nowMs
  }

  /** It does not know it. What is waited for with that; `undefined` where `what` is not worth waiting for any longer. */
  unknown(nowMs: number, { state, ethereumBlock, problem }: Bridge, what: string): string | undefined {
    const sinceMs = nowMs - this.#askedMs
    this.#askedMs = nowMs
    if (state === 'syncing') return `the node to read Ethereum up to its newest block: ${NOT_READ}`
    if (state === 'unknown') return `the node to follow Ethereum again (${problem}): ${NOT_READ}`
    this.#unknownForMs += sinceMs
    if (state !== 'live' || ethereumBlock === undefined) return this.#unknownForMs > this.#unknownMs ? undefined : what
    this.#past ??= ethereumBlock + LATE_BLOCKS
    const isRead = ethereumBlock >= this.#past || this.#unknownForMs > this.#unknownMs + STILL_MS
    if (isRead) return this.#unknownForMs > this.#unknownMs ? undefined : what
    return `${what}; and for the node to read block ${this.#past} of Ethereum: ${NOT_READ}`
  }
}
