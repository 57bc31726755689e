// What a call offers that is sent on the word of any endpoint: no single one can make it too cheap to get in, or too dear to be paid.

import { costOfGas, type GasPrice, GWEI, toGasPrice, type Wei } from '../../../protocol/units.ts'
import { bumpFees, type Fees, suggestFees } from '../fees.ts'
import type { Glance } from './glances.ts'

export type Purse = {
  /** Units that are paid for at the greatest price. */
  readonly units: bigint
  /** The greatest price. */
  readonly cap: GasPrice
}

/** Tips above the lowest one that is advised are believed up to this: a tip is paid, whatever the base fee is. */
const TIP = toGasPrice(2n * GWEI)
/** The first offer leaves this much of cap and balance for its replacements, and for other calls. */
const CAP_SHARE = 4n
const PURSE_SHARE = 16n
const NOTHING = toGasPrice(0n)

/**
 * At first: a base fee that an endpoint calls high costs nothing but the promise to pay it, so the highest one counts, within a share of what may be and
 * can be paid; at least what the lowest one asks for. Undefined where no endpoint knows of enough coins.
 */
export function firstPrice(glances: readonly Glance[], { units, cap }: Purse): Fees | undefined {
  const fees = glances.map(({ head }) => head.baseFee).toSorted((a, b) => (a < b ? -1 : 1))
  const tip = tipOf(glances, TIP)
  const least = atMost(suggestFees(fees[0] ?? NOTHING, tip), cap)
  const most = suggestFees(fees.at(-1) ?? NOTHING, tip).maxFeePerGas
  const balances = glances.flatMap(({ balance }) => balance ?? [])
  const able = balances.filter((balance) => balance >= costOfGas(units, least.maxFeePerGas))
  if (balances.length > 0 && able.length === 0) return undefined
  const share = able.reduce((low, balance) => min(low, priceFor(balance, PURSE_SHARE * units)), cap)
  const bound = max(least.maxFeePerGas, min(toGasPrice(cap / CAP_SHARE), share))
  return atMost({ ...least, maxFeePerGas: min(most, bound) }, cap)
}

/**
 * What is right by the answers of one endpoint, whose newest attempt offers `old`, or which has none. Undefined where that cannot be paid,
 * or is no more than mempools ask of a replacement.
 */
export function nextPrice(
  glance: Glance,
  all: readonly Glance[],
  old: Fees | undefined,
  { units, cap }: Purse,
): Fees | undefined {
  const lowest = tipOf(all, NOTHING)
  const apt = suggestFees(glance.head.baseFee, min(glance.tip ?? lowest, max(lowest, TIP)))
  const payable = glance.balance === undefined ? cap : min(cap, priceFor(glance.balance, units))
  if (old === undefined) return payable < glance.head.baseFee ? undefined : atMost(apt, payable)
  return payable < dearer(old).maxFeePerGas ? undefined : atMost(bumpFees(old, apt), payable)
}

/** The least that replaces an attempt. */
export function dearer(old: Fees): Fees {
  return bumpFees(old, { maxFeePerGas: NOTHING, maxPriorityFeePerGas: NOTHING })
}

/** The highest tip up to `bound`, or the lowest if all are higher. */
function tipOf(glances: readonly Glance[], bound: GasPrice): GasPrice {
  const tips = glances.flatMap(({ tip }) => tip ?? []).toSorted((a, b) => (a < b ? -1 : 1))
  const lowest = tips[0] ?? toGasPrice(GWEI)
  return tips.reduce((high, tip) => max(high, min(tip, max(lowest, bound))), lowest)
}

function atMost({ maxFeePerGas, maxPriorityFeePerGas }: Fees, cap: GasPrice): Fees {
  const most = min(maxFeePerGas, cap)
  return { maxFeePerGas: most, maxPriorityFeePerGas: min(maxPriorityFeePerGas, most) }
}

/** The greatest price at which `units` cost no more than `money`. */
function priceFor(money: Wei, units: bigint): GasPrice {
  return toGasPrice(money / units)
}

function min<T extends bigint>(a: T, b: T): T {
  return a < b ? a : b
}

function max<T extends bigint>(a: T, b: T): T {
  return a > b ? a : b
}
