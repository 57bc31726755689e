// Chances that follow from a seed, for one move at a time: whatever a move did to the world, the next one is the same.

import { randomOf } from '../../../scripts/assure/models/world.ts'

export class Chance {
  readonly #random: () => number

  constructor(seed: number, move: number) {
    this.#random = randomOf(Math.imul(seed, 0x9e3779b1) ^ Math.imul(move + 1, 0x85ebca6b))
  }

  /** At least 0, below 1. */
  number(): number {
    return this.#random()
  }

  isLucky(probability: number): boolean {
    return this.#random() < probability
  }

  /** A whole number, both ends included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1))
  }

  /** A whole number of which each size is as likely as another: as many below ten as from ten to a hundred. Both ends included. */
  size(least: number, most: number): number {
    return Math.min(most, Math.floor(least * ((most + 1) / least) ** this.#random()))
  }

  /** `undefined` if there is nothing to pick from. */
  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)]
  }

  /** Of what always holds something. */
  oneOf<T>(first: T, ...others: readonly T[]): T {
    return this.pick([first, ...others]) ?? first
  }

  weighted<T extends { readonly weight: number }>(items: readonly T[]): T {
    let left = this.#random() * items.reduce((sum, { weight }) => sum + weight, 0)
    for (const item of items) {
      left -= item.weight
      if (left < 0) return item
    }
    throw new RangeError('there is nothing to choose from')
  }
}
