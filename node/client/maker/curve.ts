// Prices along x·y = k, as Uniswap v2 has them, in whole base units: the invariant is how a rung is priced, nobody keeps it as state.

import { MAX_TOKENS } from '../../protocol/rules.ts'

/** A millionth: of fees and sizes. */
export const PPM = 1_000_000n

/** What a side of the ladder trades from, base units: of the asset that it gives, and of the one that it gets. */
export type Curve = { readonly give: bigint; readonly want: bigint }
/** What one offer gives and wants, base units. */
export type Rung = { readonly give: bigint; readonly want: bigint }

/**
 * The least that may be wanted for `give`, so that with the fee (millionths of what comes in, below 1,000,000) the product does not fall: rounded up.
 * Undefined if it cannot be given, or no amount is enough (above 2^128 - 1).
 */
export function wantFor(curve: Curve, give: bigint, fee: bigint): bigint | undefined {
  if (give < 1n || give >= curve.give || curve.want < 1n) return undefined
  const want = ceilDiv(curve.want * give * PPM, (curve.give - give) * (PPM - fee))
  return want <= MAX_TOKENS ? want : undefined
}

/** Whether the product of both amounts does not fall by it, and something of both is left. */
export function keepsProduct(curve: Curve, { give, want }: Rung): boolean {
  return give < curve.give && want * (curve.give - give) >= give * curve.want
}

export function after(curve: Curve, { give, want }: Rung): Curve {
  return { give: curve.give - give, want: curve.want + want }
}

/** A share (millionths) of what is there, rounded down, but a unit at least. */
export function shareOf(tokens: bigint, share: bigint): bigint {
  const part = (tokens * share) / PPM
  return part > 0n ? part : 1n
}

/** Cheaper ones first: less is wanted for each unit. */
export function byPrice(a: Rung, b: Rung): number {
  const difference = a.want * b.give - b.want * a.give
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** The fee in what came in, rounded down. */
export function feeIn(want: bigint, fee: bigint): bigint {
  return (want * fee) / PPM
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b
}
