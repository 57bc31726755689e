// What a transaction offers for its gas (EIP-1559) and for its blobs (EIP-4844), at first and when it is stuck.

import {
  addPrices,
  addWei,
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
import { type BridgeCall, countedPrice } from '../calls.ts'
import type { Receipt } from '../reader.ts'

export type Fees = {
  readonly maxFeePerGas: GasPrice
  readonly maxPriorityFeePerGas: GasPrice
  /** For a unit of blob gas: of blob transactions, and only of these. */
  readonly maxFeePerBlobGas?: GasPrice | undefined
}

const HOUR = 3_600n
const URGENT_HOURS = 6n
/** Of Ethereum. */
const SLOT_MS = 12_000
/** A first offer for blobs is this many times their price, which takes 18 full blocks and more to grow so far. */
const BLOB_ROOM = 8n
/** At least this many times. */
const LEAST_BLOB_ROOM = 2n
/** This many replacements, each of twice as much, are possible. */
const BLOB_REPLACEMENTS = 3n
/** A blob transaction that offers enough is left alone for this many times as long as another one. */
const BLOB_PATIENCE = 5

/** Room for the base fee to grow by half: three full blocks. Not more, since a bond is paid at the greatest price too. */
export function suggestFees(baseFee: GasPrice, tip: GasPrice): Fees {
  return { maxFeePerGas: addPrices(toGasPrice((baseFee * 3n) / 2n), tip), maxPriorityFeePerGas: tip }
}

/**
 * What may be paid for a unit of blob gas at first, with much room: whatever is offered, the price of the block is paid, while a replacement
 * pays twice the tip. Less room where the cap would leave none for replacements; above the cap only where twice the price is.
 */
export function suggestBlobFee(price: GasPrice, cap: GasPrice): GasPrice {
  const generous = maxPrice(toGasPrice(BLOB_ROOM * price), toGasPrice(GWEI))
  const least = toGasPrice(LEAST_BLOB_ROOM * price)
  const bound = maxPrice(least, toGasPrice(cap >> BLOB_REPLACEMENTS))
  if (bound < generous) return bound
  return generous
}

/**
 * What replaces a transaction in all mempools: an eighth more in both parts (they ask for a tenth), or what is apt now. Of a blob transaction
 * a bit more than twice as much in all three, since it holds up much more there.
 */
export function bumpFees(old: Fees, apt: Fees): Fees {
  const { maxFeePerBlobGas } = old
  const raised = maxFeePerBlobGas === undefined ? raise : double
  return {
    maxFeePerGas: maxPrice(raised(old.maxFeePerGas), apt.maxFeePerGas),
    maxPriorityFeePerGas: maxPrice(raised(old.maxPriorityFeePerGas), apt.maxPriorityFeePerGas),
    ...(maxFeePerBlobGas !== undefined && {
      maxFeePerBlobGas: maxPrice(double(maxFeePerBlobGas), apt.maxFeePerBlobGas ?? maxFeePerBlobGas),
    }),
  }
}

/** Whether the prices of the next block have outgrown an offer, or leave less for its tip than was meant. */
export function isTooCheap(offer: Fees, baseFee: GasPrice, blobBaseFee: GasPrice): boolean {
  const { maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas = blobBaseFee } = offer
  return maxFeePerGas < addPrices(baseFee, maxPriorityFeePerGas) || maxFeePerBlobGas < blobBaseFee
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

/** The same for a blob transaction that offers enough, of which a replacement would pay twice the tip: others may have been dearer for a while. */
export function blobPatienceAt(stuckMs: number, now: Time, deadline: Time | undefined): number {
  return patienceAt(BLOB_PATIENCE * stuckMs, now, deadline)
}

/** What a transaction did cost, without the value that went with it. */
export function costOf({ gasUsed, gasPrice, blobCost }: Receipt): Wei {
  return addWei([costOfGas(gasUsed, gasPrice), blobCost ?? toWei(0n)])
}

/**
 * Wei that go with a call: its bonds at the greatest price, or at the contract's `floor`, as often as it counts, if that is higher, rounded up to a
 * gwei, and one for each further one, since the contract rounds each of them (it burns what is below a gwei of a bond, and gives back what is too much for an entry).
 */
export function valueWith(call: Pick<BridgeCall, 'bondGas' | 'floors' | 'bonds'>, fees: Fees, floor: GasPrice): Wei {
  const { bondGas, floors, bonds = 1 } = call
  const price = countedPrice({ baseFee: fees.maxFeePerGas, floorPrice: floor }, floors)
  return toWei(ceilToGwei(costOfGas(bondGas, price)) + BigInt(bonds - 1) * GWEI)
}

function double(fee: GasPrice): GasPrice {
  return toGasPrice(2n * fee + 1n)
}

function raise(fee: GasPrice): GasPrice {
  return toGasPrice(fee + fee / 8n + 1n)
}
