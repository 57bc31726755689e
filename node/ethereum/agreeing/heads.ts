// What an endpoint says its newest block is, over time. Behind one address there may be machines that are some blocks apart and do not say so:
// what all of them have is what may be asked for.

import { type ChainBlock, LAG_BLOCKS } from '../chain.ts'

/** This many statements in a row that show no difference between machines make one forgotten: of three machines each was asked by then. */
const KEPT = 100

export class Heads {
  #highest: ChainBlock | undefined
  /** By how much the newest block has fallen since the highest one was seen: a reorganisation, or another machine. */
  #fall = 0n
  #lag = 0n
  /** Statements for which the lag is remembered. */
  #kept = 0

  /** How many blocks the slowest machine is behind the fastest one, as far as it has shown. */
  get lag(): bigint {
    return this.#kept > 0 ? this.#lag : 0n
  }

  /** The number of the newest block that was ever stated. */
  get highest(): bigint {
    return this.#highest?.number ?? 0n
  }

  /** The endpoint says that this block is its newest one. */
  saw(head: ChainBlock): void {
    if (this.#kept > 0) this.#kept -= 1
    const highest = this.#highest
    if (highest === undefined || head.number > highest.number) {
      this.#highest = head
      this.#fall = 0n
      return
    }
    const fall = highest.number - head.number
    // Further than machines of one provider are apart: the chain is another one.
    if (fall > LAG_BLOCKS) {
      this.#highest = head
      this.#fall = 0n
    } else if (fall > this.#fall) this.#fall = fall
    else if (fall === 0n && this.#fall > 0n) {
      // Back again, and the same block: no reorganisation has made it fall.
      if (head.hash === highest.hash) this.fellBehind(this.#fall)
      else this.#highest = head
      this.#fall = 0n
    }
  }

  /** A machine did not have what another one has, `blocks` below the highest one. */
  fellBehind(blocks: bigint): void {
    const lag = blocks < LAG_BLOCKS ? blocks : LAG_BLOCKS
    if (lag > this.lag) this.#lag = lag
    this.#kept = KEPT
  }
}
