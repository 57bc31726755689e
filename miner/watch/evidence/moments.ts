// Finds the block of Ethereum that was made at a time: the contract keeps the times of what happened, and logs are asked for by number.

import { OperationError } from '../../../node/errors.ts'
import type { Chain, ChainBlock } from '../../../node/ethereum/chain.ts'
import { type Time, toTime } from '../../../node/protocol/units.ts'

type Moment = Pick<ChainBlock, 'number' | 'time'>

/** Remembered, so that the next search begins close by. */
const MOST = 4_096
/** Questions in one search: more than a search among 2^40 blocks needs. */
const MOST_PROBES = 90

export class Moments {
  readonly #chain: Pick<Chain, 'head' | 'blockAt'>
  /** Ascending. */
  #known: Moment[] = []

  constructor(chain: Pick<Chain, 'head' | 'blockAt'>) {
    this.#chain = chain
  }

  /**
   * The number of the first block of this time or later; `undefined` if there is none yet. Throws what the chain throws, and
   * `OperationError('ethereum-refused')` (retry) where its times make no sense.
   */
  async find(time: Time): Promise<bigint | undefined> {
    if ((this.#known.at(-1)?.time ?? -1n) < time) this.#learn(await this.#chain.head())
    const later = this.#known.findIndex((each) => each.time >= time)
    let above = this.#known[later]
    if (above === undefined) return undefined
    let below = this.#known[later - 1] ?? { number: -1n, time: toTime(-1n) }
    for (let probes = 0; above.number - below.number > 1n; probes++) {
      if (probes === MOST_PROBES) throw this.#nonsense(time)
      const found = await this.#chain.blockAt(guess(below, above, time, probes))
      if (found === undefined || found.time < below.time || found.time > above.time) throw this.#nonsense(time)
      this.#learn(found)
      if (found.time >= time) above = found
      else below = found
    }
    return above.number
  }

  /** For when Ethereum turns out to be another one than it was. */
  forget(): void {
    this.#known = []
  }

  #learn({ number, time }: ChainBlock): void {
    const at = this.#known.findIndex((each) => each.number >= number)
    if (at === -1) this.#known.push({ number, time })
    else if (this.#known[at]?.number === number) this.#known[at] = { number, time }
    else this.#known.splice(at, 0, { number, time })
    if (this.#known.length > MOST) this.#known = this.#known.filter((_, i) => i % 2 === 1)
  }

  #nonsense(time: Time): OperationError {
    this.forget()
    return new OperationError(
      'ethereum-refused',
      `expected the times of Ethereum's blocks to rise with their numbers, got others around ${time}; see whether the endpoint is what it seems to be`,
      { facts: { time: `${time}` }, retry: true },
    )
  }
}

/** A number between the two: where the time would be if all blocks took equally long, or every other time the middle, which always ends. */
function guess(below: Moment, above: Moment, time: Time, probes: number): bigint {
  const width = above.number - below.number
  // Found, most likely: hardly anywhere are two blocks of one time.
  if (above.time === time && probes % 2 === 0) return above.number - 1n
  const span = above.time - below.time
  const isEven = below.number >= 0n && probes % 2 === 0 && span > 0n
  const step = isEven ? ((time - below.time) * width) / span : width / 2n
  return below.number + (step < 1n ? 1n : step >= width ? width - 1n : step)
}
