// What a call offers that is sent on the word of any endpoint: no single one can make it too cheap to get in, or too dear to be paid.

import { GWEI } from '../../../protocol/units.ts'
import { bumpFees, type Fees, suggestFees } from '../fees.ts'
import type { Glance } from './glances.ts'

export type Purse = {
  /** Units that are paid for at the greatest price. */
  readonly units: bigint
  /** The greatest price, wei a unit. */
  readonly cap: bigint
}

/** Tips above the lowest one that is advised are believed up to this: a tip is paid, whatever the base fee is. */
const TIP = 2n * GWEI
/** The first offer leaves this much of cap and balance for its replacements, and for other calls. */
const CAP_SHARE = 4n
const PURSE_SHARE = 16n

/**
 * At first: a base fee that is said to be high costs nothing but the promise to pay it, so the highest one counts, within a share of what may be and
 * can be paid; at least what the lowest one asks for. Undefined where no endpoint knows of enough coins.
 */
export function firstPrice(glances: readonly Glance[], { units, cap }: Purse): Fees | undefined {
  const fees = glances.map(({ head }) => head.baseFee).toSorted((a, b) => (a < b ? -1 : 1))
  const tip = tipOf(glances, TIP)
  const least = atMost(suggestFees(fees[0] ?? 0n, tip), cap)
  const most = suggestFees(fees.at(-1) ?? 0n, tip).maxFeePerGas
  const balances = glances.flatMap(({ balance }) => balance ?? [])
  const able = balances.filter((balance) => balance >= units * least.maxFeePerGas)
  if (balances.length > 0 && able.length === 0) return undefined
  const share = able.reduce((low, balance) => min(low, balance / (PURSE_SHARE * units)), cap)
  const bound = max(least.maxFeePerGas, min(cap / CAP_SHARE, share))
  return atMost({ ...least, maxFeePerGas: min(most, bound) }, cap)
}

/**
 * What is right by the word of one endpoint, whose newest attempt offers `old`, or which has none. Undefined where that cannot be paid,
 * or is no more than mempools ask of a replacement.
 */
export function nextPrice(
  glance: Glance,
  all: readonly Glance[],
  old: Fees | undefined,
  { units, cap }: Purse,
): Fees | undefined {
  const lowest = tipOf(all, 0n)
  const apt = suggestFees(glance.head.baseFee, min(glance.tip ?? lowest, max(lowest, TIP)))
  const payable = glance.balance === undefined ? cap : min(cap, glance.balance / units)
  if (old === undefined) return payable < glance.head.baseFee ? undefined : atMost(apt, payable)
  return payable < dearer(old).maxFeePerGas ? undefined : atMost(bumpFees(old, apt), payable)
}

/** The least that replaces an attempt. */
export function dearer(old: Fees): Fees {
  return bumpFees(old, { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n })
}

/** The highest tip up to `bound`, or the lowest if all are higher. */
function tipOf(glances: readonly Glance[], bound: bigint): bigint {
  const tips = glances.flatMap(({ tip }) => tip ?? []).toSorted((a, b) => (a < b ? -1 : 1))
  const lowest = tips[0] ?? GWEI
  return tips.reduce((high, tip) => max(high, min(tip, max(lowest, bound))), lowest)
}

function atMost({ maxFeePerGas, maxPriorityFeePerGas }: Fees, cap: bigint): Fees {
  const most = min(maxFeePerGas, cap)
  return { maxFeePerGas: most, maxPriorityFeePerGas: min(maxPriorityFeePerGas, most) }
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
