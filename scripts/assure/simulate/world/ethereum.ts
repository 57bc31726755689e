// Ethereum around the bridge: what gas costs, and when a transaction is included.

import type { GasPrices } from '../../../../miner/rows.ts'
import { addPrices, type GasPrice, GWEI, toGasPrice } from '../../../../node/protocol/units.ts'
import { ASSUMED, HOUR, SLOT_SECONDS } from './assumptions.ts'
import { reservePrice } from './blob-price.ts'
import { Chance } from './chance.ts'

export class Ethereum {
  readonly #chance: Chance
  readonly #delays: Chance
  readonly #start: number
  readonly #gwei: number | undefined
  /** Logarithms of the base fee over its median, hour by hour. */
  readonly #fees: number[] = []

  /** `gwei`: a base fee that never changes, and no tip. */
  constructor(seed: number, start: number, gwei?: number) {
    this.#chance = new Chance(seed, 'base fee')
    this.#delays = new Chance(seed, 'inclusion')
    this.#start = start
    this.#gwei = gwei
  }

  baseFee(now: number): GasPrice {
    if (this.#gwei !== undefined) return toGasPrice(BigInt(Math.round(this.#gwei * 1e9)))
    const { medianGwei, spread, returnHours } = ASSUMED.baseFee
    const hour = Math.max(0, Math.floor((now - this.#start) / HOUR))
    const keep = Math.exp(-1 / returnHours)
    while (this.#fees.length <= hour) {
      const last = this.#fees.at(-1) ?? this.#chance.normal() * spread
      this.#fees.push(last * keep + this.#chance.normal() * spread * Math.sqrt(1 - keep * keep))
    }
    return toGasPrice(BigInt(Math.round(medianGwei * Math.exp(this.#fees[hour] ?? 0) * 1e9)))
  }

  /** With the tip. */
  gasPrice(now: number): GasPrice {
    const tip = this.#gwei === undefined ? BigInt(ASSUMED.baseFee.tipGwei) * GWEI : 0n
    return addPrices(this.baseFee(now), toGasPrice(tip))
  }

  /** Blobs are at their reserve price: others use less of them than Ethereum aims at. */
  prices(now: number): Required<GasPrices> {
    return { gasPrice: this.gasPrice(now), blobGasPrice: reservePrice(this.baseFee(now)) }
  }

  /** The time of the block of Ethereum that will hold something that is sent now. */
  inclusionOf(now: number): number {
    const { medianSeconds, spread } = ASSUMED.inclusion
    return slotAfter(now + this.#delays.logNormal(medianSeconds, spread))
  }
}

/** The time of the first block of Ethereum after `time`. */
export function slotAfter(time: number): number {
  return (Math.floor(time / SLOT_SECONDS) + 1) * SLOT_SECONDS
}
