// What an attack costs and brings, beside the same hash rate at honest work.

import { HONEST, KINDS, type Kind } from './attacks/kinds.ts'
import type { Measured } from './measure.ts'
import { ttx } from './world/assumptions.ts'
import { weiOf } from './world/content.ts'

/** ETH a day, fees at their assumed price; hours. */
export type Row = {
  readonly kind: Kind
  readonly measured: Measured
  /** Gas, bonds that were burned, and the fees of its own requests. */
  readonly spent: number
  readonly earned: number
  /** What the same hash rate nets without the attack. */
  readonly forgone: number
  readonly profit: number
  /** Standard error of the profit: the luck of finding blocks. */
  readonly noise: number
  /** What honest miners, watchers and relayers net less than without the attack; below zero if they gain. */
  readonly damage: number
  /** Of that, fees, in TTX. */
  readonly feesLost: number
  /** More than the luck of finding blocks explains. */
  readonly profits: boolean
}

/** Throws a `RangeError` where there is nothing to compare with. */
export function compare(all: readonly Measured[]): Row[] {
  return all.map((measured) => rowOf(measured, all))
}

/** Sentences, one for each self-dealing that paid: there must be none. */
export function failuresOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ kind, measured: { share, budget, attacker } }) =>
    kind.isSelfDealing && attacker.dealt > 0
      ? [
          `${kind.name} at ${share} of the hash rate, ${budget} ETH: expected no gain from oneself, got ${attacker.dealt} ETH`,
        ]
      : [],
  )
}

function rowOf(measured: Measured, all: readonly Measured[]): Row {
  const kind = [HONEST, ...KINDS].find(({ name }) => name === measured.name)
  if (kind === undefined) throw new RangeError(`there is no attack ${measured.name}`)
  const { share, gwei } = measured
  const find = (name: string) =>
    all.find((other) => other.name === name && other.share === share && other.gwei === gwei)
  const base = find(kind.instead ?? HONEST.name)
  const honest = find(HONEST.name)
  if (base === undefined || honest === undefined) throw new RangeError(`nothing to compare ${kind.name} with`)
  const { attacker, others, days } = measured
  const spent = (attacker.gas + attacker.burned + priced(attacker.spam)) / days
  const earned = (priced(attacker.fees) + attacker.rewards) / days
  const forgone = base.attacker.net / base.days
  const profit = attacker.net / days - forgone
  const noise = Math.hypot(luckOf(measured), luckOf(base))
  const feesLost = honest.others.fees / honest.days - others.fees / days
  const damage = honest.others.ether / honest.days - others.ether / days + priced(feesLost)
  return {
    kind,
    measured,
    spent,
    earned,
    forgone,
    profit,
    noise,
    damage,
    feesLost,
    profits: profit > 2 * noise && profit > 0.001,
  }
}

/** ETH a day: by how much the fees of this many finds vary. */
function luckOf({ attacker, share, races, days }: Measured): number {
  if (share === 0 || races.final === 0) return 0
  return (priced(attacker.fees) / days) * Math.sqrt((1 - share) / (share * races.final))
}

function priced(tokens: number): number {
  return Number(weiOf(ttx(tokens))) / 1e18
}
