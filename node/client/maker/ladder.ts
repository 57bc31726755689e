// The ladder that should stand, against what stands: which rungs stay, which are made, which are withdrawn. Pure.

import type { Infohash } from '../../protocol/ids.ts'
import { after, byPrice, type Curve, keepsProduct, type Rung, shareOf, wantFor } from './curve.ts'

/** `sell` gives the base asset, `buy` gives the quote asset. */
export type Side = 'sell' | 'buy'
export const SIDES = ['sell', 'buy'] as const

/** Base units. */
export type Inventory = { readonly base: bigint; readonly quote: bigint }
/** Units of the quote asset for units of the base asset. */
export type Price = Inventory

export type LadderOptions = {
  /** Of each side. */
  readonly rungs: number
  /** What a rung gives, as a share of what its side has left there, millionths. */
  readonly size: bigint
  /** Of what comes in, millionths. */
  readonly fee: bigint
  /** What is never given away. */
  readonly keep: Inventory
  readonly minPrice?: Price
  readonly maxPrice?: Price
}

/** A rung that somebody may have: as an offer that stands, or by a take that no block has ordered. */
export type Standing = Rung & { readonly id: Infohash; readonly side: Side; readonly isTaken: boolean }
/** An output of the shop that no offer binds. */
export type Free = {
  readonly infohash: Infohash
  readonly side: Side
  readonly value: bigint
  readonly isSettled: boolean
}
/** Out of `from` if there is one of about the size, else cut from the stock. */
export type Wanted = Rung & { readonly side: Side; readonly from?: Infohash }

export type Plan = {
  /** In the order of the ladder, nearest to the price first. */
  readonly kept: readonly Standing[]
  /** The same of those that are made. */
  readonly made: readonly Wanted[]
  readonly withdrawn: readonly Standing[]
  /** What lies in the shop for nothing, and goes back to the stock. */
  readonly swept: readonly Free[]
}

/** A rung stays as long as its fee is 3/4 to 3/2 of the fee, and its size 3/4 to 5/4 of the size: else each trade would have all rungs made again. */
const FEE_BAND = { low: [3n, 4n], high: [3n, 2n] } as const
const SIZE_BAND = { low: [3n, 4n], high: [5n, 4n] } as const
/** A free output becomes a rung if it differs from its size by at most a 16th. */
const REUSED = 16n

/**
 * `inventory` is what blocks have ordered: what a take pays that no block has ordered counts for nothing, and what it takes counts as still there.
 * Whichever rungs of the plan are taken, in any order, and whichever takes under way are ordered, the product of both amounts is at least what it was
 * when the first ladder was planned: each rung is priced as if all that is cheaper on its side were taken, and without these, or after takes of the
 * other side, it wants more than need be.
 */
export function planLadder(
  inventory: Inventory,
  standing: readonly Standing[],
  free: readonly Free[],
  options: LadderOptions,
): Plan {
  const walks = SIDES.map((side) => walk(side, inventory, standing, free, options))
  const kept = walks.flatMap((each) => each.kept)
  const made = walks.flatMap((each) => each.made)
  const [used, stays] = [new Set(made.map(({ from }) => from)), new Set(kept)]
  return {
    ...{ kept, made },
    withdrawn: standing.filter((rung) => !rung.isTaken && !stays.has(rung)),
    swept: free.filter((output) => output.isSettled && !used.has(output.infohash)),
  }
}

/** Along the curve from the price on: at each place what stands there, else what should. */
function walk(
  side: Side,
  inventory: Inventory,
  standing: readonly Standing[],
  free: readonly Free[],
  options: LadderOptions,
) {
  const keep = side === 'sell' ? options.keep.base : options.keep.quote
  const sorted = standing.filter((rung) => rung.side === side).toSorted(byPrice)
  const taken = sorted.filter(({ isTaken }) => isTaken)
  const open = sorted.filter(({ isTaken }) => !isTaken)
  const kept: Standing[] = []
  const made: Wanted[] = []
  let curve: Curve =
    side === 'sell' ? { give: inventory.base, want: inventory.quote } : { give: inventory.quote, want: inventory.base }
  for (let rungs = 0; ; rungs++) {
    // More than are wanted may stay: after a trade the other side has one more than before.
    const stays = rungs < 2 * options.rungs ? open.find((rung) => isGood(side, curve, rung, keep, options)) : undefined
    const unused = free.filter((output) => output.side === side && made.every(({ from }) => from !== output.infohash))
    const next = stays === undefined && rungs < options.rungs ? nextRung(side, curve, unused, keep, options) : undefined
    const here = stays ?? next
    // A take cannot be withdrawn: it goes first where it would give too much behind the other one.
    const first = here === undefined || !areRight(after(curve, here), taken) ? taken.shift() : undefined
    const placed = first ?? here
    if (placed === undefined) return { kept, made }
    if (first !== undefined) kept.push(first)
    else if (stays !== undefined) kept.push(...open.splice(open.indexOf(stays), 1))
    else if (next !== undefined) made.push(next)
    curve = after(curve, placed)
  }
}

/** Whether the product does not fall by any of them, one after another. */
function areRight(curve: Curve, rungs: readonly Rung[]): boolean {
  let there = curve
  return rungs.every((rung) => {
    const isRight = keepsProduct(there, rung)
    there = after(there, rung)
    return isRight
  })
}

function isGood(side: Side, curve: Curve, rung: Rung, keep: bigint, options: LadderOptions): boolean {
  const { give, want } = rung
  const size = shareOf(curve.give, options.size)
  if (give < scaled(size, SIZE_BAND.low) || give > scaled(size, SIZE_BAND.high)) return false
  if (curve.give - give < keep || !keepsProduct(curve, rung) || !isWithin(side, rung, options)) return false
  const least = wantFor(curve, give, scaled(options.fee, FEE_BAND.low))
  const most = wantFor(curve, give, scaled(options.fee, FEE_BAND.high))
  return least !== undefined && want >= least && (most === undefined || want <= most)
}

function nextRung(
  side: Side,
  curve: Curve,
  unused: readonly Free[],
  keep: bigint,
  options: LadderOptions,
): Wanted | undefined {
  const size = shareOf(curve.give, options.size)
  const distance = ({ value }: Free) => (value > size ? value - size : size - value)
  const [nearest] = unused.toSorted((a, b) => (distance(a) < distance(b) ? -1 : distance(a) > distance(b) ? 1 : 0))
  const rungOf = (give: bigint, from?: Infohash): Wanted | undefined => {
    const want = wantFor(curve, give, options.fee)
    if (want === undefined || curve.give - give < keep || !isWithin(side, { give, want }, options)) return undefined
    return { side, give, want, ...(from === undefined ? {} : { from }) }
  }
  const isNear = nearest !== undefined && distance(nearest) * REUSED <= size
  return (isNear ? rungOf(nearest.value, nearest.infohash) : undefined) ?? rungOf(size)
}

/** Whether its price is within the limits. */
function isWithin(side: Side, { give, want }: Rung, { minPrice, maxPrice }: LadderOptions): boolean {
  const [base, quote] = side === 'sell' ? [give, want] : [want, give]
  if (minPrice !== undefined && quote * minPrice.base < minPrice.quote * base) return false
  return maxPrice === undefined || quote * maxPrice.base <= maxPrice.quote * base
}

/** The fee is well below one half, so that three halves of it are below one. */
function scaled(value: bigint, [by, of]: readonly [bigint, bigint]): bigint {
  return (value * by) / of
}
