// Seeded chance: one stream for each use, so that what users and Ethereum do is the same under every attack.

import { randomOf } from '../../models/world.ts'

export class Chance {
  readonly #random: () => number

  /** The same seed and name give the same stream. */
  constructor(seed: number, name: string) {
    let mixed = seed >>> 0
    for (const letter of name) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193) >>> 0
    this.#random = randomOf(mixed)
    // Seeds that differ little begin alike.
    for (let i = 0; i < 8; i++) this.#random()
  }

  /** At least 0, below 1. */
  uniform(): number {
    return this.#random()
  }

  exponential(mean: number): number {
    return -Math.log(1 - this.#random()) * mean
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random())
  }

  logNormal(median: number, spread: number): number {
    return median * Math.exp(spread * this.normal())
  }

  /** A hash that nobody searched for. */
  hash(): `0x${string}` {
    let text = '0x' as const as `0x${string}`
    for (let i = 0; i < 8; i++) {
      text = `${text}${Math.floor(this.#random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0')}`
    }
    return text
  }
}
