// What an entry of a lane costs on top when many came before it: a price with a memory.
//
// docs/protocol.md section 6. A leaky bucket, kept as the time at which it would be empty if nothing more came (as the generic cell
// rate algorithm of ITU-T I.371 keeps it), so that its level is in seconds and the leak is exact.

import { later, type Seconds, secondsFrom, type Time, toSeconds } from './units.ts'

/** An entry fills the bucket by as much as leaks in this time: 36 entries an hour. */
export const ENTRY_SECONDS = toSeconds(100n)
/** Up to this level nothing is asked for: 144 entries. */
export const FREE_SECONDS = toSeconds(14_400n)
/** Above it, the price of an entry doubles with each of these: 450 entries. */
export const DOUBLING_SECONDS = toSeconds(45_000n)

/** What is doubled, in gas. */
const UNIT_GAS = 10_000n
/** Beyond as many doublings the price stays: 10^23 gas, which nobody has. */
const MOST_DOUBLINGS = 64n

/**
 * The surcharge of the next entry, in gas at the floor price: 10,000 · (2^((level - 14,400) / 45,000) - 1), linear between whole
 * doublings and rounded down.
 */
export function surchargeGas(level: Seconds): bigint {
  if (level <= FREE_SECONDS) return 0n
  const above = level - FREE_SECONDS
  const most = MOST_DOUBLINGS * DOUBLING_SECONDS
  const capped = above < most ? above : most
  const [doublings, rest] = [capped / DOUBLING_SECONDS, capped % DOUBLING_SECONDS]
  return ((UNIT_GAS * (DOUBLING_SECONDS + rest)) << doublings) / DOUBLING_SECONDS - UNIT_GAS
}

/** The level of a bucket that will be empty at `emptyAt`. */
export function levelAt(emptyAt: Time, now: Time): Seconds {
  return emptyAt > now ? secondsFrom(now, emptyAt) : toSeconds(0n)
}

/** When the bucket will be empty with as many more entries. */
export function emptyAfter(emptyAt: Time, now: Time, entries: bigint): Time {
  return later(now, levelAfter(levelAt(emptyAt, now), entries))
}

/** The surcharge of as many entries of one call, each at the level that the ones before it leave; gas. */
export function surchargeOf(emptyAt: Time, now: Time, entries: bigint): bigint {
  const level = levelAt(emptyAt, now)
  let gas = 0n
  for (let i = 0n; i < entries; i++) gas += surchargeGas(levelAfter(level, i))
  return gas
}

function levelAfter(level: Seconds, entries: bigint): Seconds {
  return toSeconds(level + entries * ENTRY_SECONDS)
}
