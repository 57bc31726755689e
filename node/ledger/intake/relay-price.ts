// What a stranger's payment that no block has ordered must bring before it is stored: payments cost nothing, and a disk does. Policy, and no rule: a
// block may order any of them, and those of a node's own user are stored as they come.
//
// Each is charged to one coin: an output of an ordered transaction that it, or what it hangs on, spends. So nobody gets more room by paying themselves,
// and an output of an own coin makes room for whoever was paid by somebody else's crowded one. A coin has two sides, which are counted apart: what its
// owner signs, and what all others sign whose money comes from it. So nobody who was paid makes the next payment of the payer dear, nor the other way.

import { MOST_RELAY_BITS } from '../../relay-bits.ts'

/** Payments on one side of a coin that are free, whatever it holds. */
const FREE = 128
/** Of the payments that are kept in all, the share that a side of a coin that holds all money could have for nothing: one in this number. */
const SHARE = 4n
/** Zero bits of the first one that is not free: a tenth of a second for a wallet. */
const FIRST_BITS = 10
/** More of them at each doubling: the whole of a doubling so costs eight times that before. */
const DOUBLING_BITS = 2

export type RelayLimits = {
  /** Payments that no block has ordered, in all. */
  readonly unordered: number
  /** Base units of TTX that there are. */
  readonly supply: bigint
}

export type Charge = {
  /** Base units of TTX in the coin. */
  readonly value: bigint
  /** Payments that are charged to this side of it. */
  readonly payments: number
  /** This one is the first that spends what the owner of the coin paid somebody: there are no more such than the owner signed. */
  readonly isFirst: boolean
}

/**
 * Zero bits (`relayBitsOf`) that the next payment on a side of a coin needs, where `stored` payments wait for a block in all. What is free shrinks as
 * the store fills, and nothing comes in where it is full.
 */
export function relayPrice(charge: Charge, stored: number, { unordered, supply }: RelayLimits): number {
  const { value, payments, isFirst } = charge
  if (stored >= unordered) return MOST_RELAY_BITS
  if (isFirst && 2 * stored < unordered) return 0
  const share = supply > 0n ? Number((value * BigInt(unordered)) / (SHARE * supply)) : 0
  const free = Math.floor(((FREE + share) * (unordered - stored)) / unordered)
  if (payments < free) return 0
  const doublings = Math.floor(Math.log2((payments + 1) / Math.max(free, 1)))
  return Math.min(FIRST_BITS + DOUBLING_BITS * doublings, MOST_RELAY_BITS)
}
