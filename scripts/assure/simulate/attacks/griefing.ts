// Getting in front of others: publishing their blocks for them, and paying their claims before their relayer does.

import type { Request } from '../world/draft.ts'
import { GAS } from '../world/gas.ts'
import type { Pending, Strategy, World } from '../world/world.ts'

/** Copies each publication from the mempool and is first: the bond that it pays goes to the block's miner. A rival it could not publish. */
export class Copycat implements Strategy {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  onPending({ kind, draft, rival, at }: Pending): void {
    const { attacker } = this.#world
    if (kind === 'publish' && !rival && this.#world.canBond(attacker))
      this.#world.publish(draft, rival, attacker, { at, ahead: true })
  }
}

/** Claims each request on its own, in front of the relayer's batch, whose gas is then wasted. */
export class Claimer implements Strategy {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  onFinal(requests: readonly Request[]): void {
    const { attacker, gasPrice } = this.#world
    const gas = GAS.claim * BigInt(requests.length)
    if (attacker.wei > gas * gasPrice) this.#world.spend(attacker, gas)
  }
}
