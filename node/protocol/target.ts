// How hard the next block must be: the target that the contract allows, and the work that a target stands for.

import { type Seconds, toSeconds, toWork, type Work } from './units.ts'

/** The wished time between blocks. */
export const BLOCK_SECONDS = toSeconds(3_600n)
/** Seconds: after `BLOCK_SECONDS`, the target doubles each time this long has passed. */
export const HALF_LIFE_SECONDS = toSeconds(900n)
/** Seconds after a block in which the target of the next one stays at half of its own. */
export const EASES_AFTER = toSeconds(BLOCK_SECONDS - HALF_LIFE_SECONDS)
export const HARDEST_TARGET = 2n ** 176n
/** Exclusive bound of `easiestTarget`, so that no product overflows 256 bits. */
export const EASIEST_BOUND = 2n ** 244n

/** The least target (most work) that a child may state. */
export function targetFloor(parentTarget: bigint): bigint {
  const half = parentTarget >> 1n
  return half > HARDEST_TARGET ? half : HARDEST_TARGET
}

/**
 * The greatest target (least work) that a child may state when published `elapsed` after its parent, docs/protocol.md
 * section 7.2. It only eases with time, in saturating integers.
 */
export function targetCeiling(parentTarget: bigint, elapsed: Seconds, easiestTarget: bigint): bigint {
  const late = elapsed - EASES_AFTER
  const seconds = late > 0n ? late : 0n
  const doublings = seconds / HALF_LIFE_SECONDS
  const base = (parentTarget * (HALF_LIFE_SECONDS + (seconds % HALF_LIFE_SECONDS))) / HALF_LIFE_SECONDS
  const eased = doublings === 0n ? base >> 1n : saturate(base, doublings - 1n, easiestTarget)
  const capped = eased < easiestTarget ? eased : easiestTarget
  return capped > HARDEST_TARGET ? capped : HARDEST_TARGET
}

/** Expected hashes behind a block of this target: 2^256 / (target + 1). */
export function workOf(target: bigint): Work {
  return toWork(2n ** 256n / (target + 1n))
}

function saturate(base: bigint, shift: bigint, limit: bigint): bigint {
  return shift >= 256n || base > limit >> shift ? limit : base << shift
}
