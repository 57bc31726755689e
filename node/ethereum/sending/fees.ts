// What a transaction offers for its gas (EIP-1559), at first and when it is stuck.

import {
  addPrices,
  ceilToGwei,
  costOfGas,
  type GasPrice,
  GWEI,
  maxPrice,
  secondsFrom,
  type Time,
  toGasPrice,
  toWei,
  type Wei,
} from '../../protocol/units.ts'
import type { BridgeCall } from '../calls.ts'

export type Fees = { readonly maxFeePerGas: GasPrice; readonly maxPriorityFeePerGas: GasPrice }

const HOUR = 3_600n
const URGENT_HOURS = 6n
/** Of Ethereum. */
const SLOT_MS = 12_000

/** Room for the base fee to grow by half: three full blocks. Not more, since a bond is paid at the greatest price too. */
export function suggestFees(baseFee: GasPrice, tip: GasPrice): Fees {
  return { maxFeePerGas: addPrices(toGasPrice((baseFee * 3n) / 2n), tip), maxPriorityFeePerGas: tip }
}

/** What replaces a transaction in all mempools: an eighth more in both parts (they ask for a tenth), or what is apt now. */
export function bumpFees(old: Fees, apt: Fees): Fees {
  return {
    maxFeePerGas: maxPrice(raise(old.maxFeePerGas), apt.maxFeePerGas),
    maxPriorityFeePerGas: maxPrice(raise(old.maxPriorityFeePerGas), apt.maxPriorityFeePerGas),
  }
}

/**
 * What may be offered at most: `cap`, and from six hours before the deadline on twice as much with each hour, since a late
 * transaction would be worth nothing at all.
 */
export function capAt(cap: GasPrice, now: Time, deadline: Time | undefined): GasPrice {
  if (deadline === undefined) return cap
  const left = secondsFrom(now, deadline)
  if (left >= URGENT_HOURS * HOUR) return cap
  return toGasPrice(cap << (URGENT_HOURS - (left > 0n ? left / HOUR : 0n)))
}

/** After how many milliseconds in no block a transaction is replaced: `stuckMs`, and less in the last hour before the deadline, down to a slot. */
export function patienceAt(stuckMs: number, now: Time, deadline: Time | undefined): number {
  if (deadline === undefined) return stuckMs
  const leftMs = 1_000 * Math.max(Number(secondsFrom(now, deadline)), 0)
  return Math.min(stuckMs, Math.max(leftMs / 60, SLOT_MS))
}

/**
 * Wei that go with a call: its bonds at the greatest price, or at the contract's `floor` if that is higher, rounded up to a gwei, and one for each
 * further one, since the contract rounds each of them (it burns what is below a gwei of a bond, and gives back what is too much for an entry).
 */
export function valueWith(call: Pick<BridgeCall, 'bondGas' | 'bonds'>, fees: Fees, floor: GasPrice): Wei {
  const { bondGas, bonds = 1 } = call
  return toWei(ceilToGwei(costOfGas(bondGas, maxPrice(fees.maxFeePerGas, floor))) + BigInt(bonds - 1) * GWEI)
}

function raise(fee: GasPrice): GasPrice {
  return toGasPrice(fee + fee / 8n + 1n)
}
