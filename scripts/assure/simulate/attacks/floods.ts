// Too much of what is allowed: forced transactions that are void, and requests of the attacker's own.

import { forceFee } from '../../../../node/ethereum/calls.ts'
import { DEFAULT_PARAMETERS } from '../../../../node/ethereum/deploying/parameters.ts'
import { feeOf } from '../../../../node/protocol/fee.ts'
import { LANE_SHARE, STEP_LIMIT } from '../../../../node/protocol/rules.ts'
import { costOfGas, GWEI, toGasPrice } from '../../../../node/protocol/units.ts'
import { ASSUMED, ttx } from '../world/assumptions.ts'
import { leastShare, weiOf } from '../world/content.ts'
import { GAS } from '../world/gas.ts'
import type { Strategy, World } from '../world/world.ts'

/** Twice what a block consumes, each hour, while the money lasts. */
export class QueueFlood implements Strategy {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  onHour(): void {
    const world = this.#world
    const { attacker, bridge } = world
    const fee = forceFee(ASSUMED.forcedBytes.least, world.bridgePrice)
    const floor = toGasPrice(DEFAULT_PARAMETERS.floorPrice)
    for (let i = 0; i < 2 * LANE_SHARE; i++) {
      const surcharge = costOfGas(bridge.lanes.forced.surcharge(world.slot), floor)
      if (attacker.wei <= GAS.inBatch.forced * world.gasPrice + fee + surcharge + GWEI) return
      world.fill('forced', attacker)
    }
  }
}

export type DustOptions = {
  /** TTX in each; what is left out pays just its gas. */
  readonly amount?: number
  /** How many each hour; what is left out is as many as a block has steps. */
  readonly perHour?: number
}

/** Requests of the attacker's own. Their author pays the fee, and the gas of each claim. */
export class Dust implements Strategy {
  readonly #world: World
  readonly #options: DustOptions
  /** Wei, at what the 1% fees are worth. */
  #spent = 0n

  constructor(world: World, options: DustOptions = {}) {
    this.#world = world
    this.#options = options
  }

  onHour(): void {
    const world = this.#world
    const { attacker, gasPrice } = world
    const least = ttx((1.05 * 100 * Number(leastShare(world.prices))) / Number(weiOf(ttx(1))))
    const amount = this.#options.amount === undefined ? least : ttx(this.#options.amount)
    const each = weiOf(feeOf(amount)) + GAS.claimInBatch * gasPrice
    for (let i = 0; i < (this.#options.perHour ?? STEP_LIMIT) && this.#spent + each < world.budget; i++) {
      this.#spent += each
      world.request(attacker, amount)
    }
  }
}
