// What a unit of blob gas costs on Ethereum (EIP-4844, EIP-7918), with the blobs of a block as the fork BPO2 has them (EIP-7892).

import { BLOB_BYTES } from '../../../../node/protocol/blob.ts'
import { type GasPrice, toGasPrice } from '../../../../node/protocol/units.ts'

/** Blobs of a block of Ethereum that the price aims at, and at most. */
export const TARGET_BLOBS = 14
export const MOST_BLOBS = 21
/** BLOB_BASE_FEE_UPDATE_FRACTION. */
const UPDATE_FRACTION = 11_684_671
/** BLOB_BASE_COST: a blob costs at least as much as this much gas. */
export const RESERVE_GAS = 8_192n
const BLOB_GAS = BLOB_BYTES

/** What the price does not stay below. */
export function reservePrice(baseFee: GasPrice): GasPrice {
  const price = (RESERVE_GAS * baseFee) / BigInt(BLOB_GAS)
  return toGasPrice(price > 0n ? price : 1n)
}

/** Wei for a unit, at this excess of blob gas; the real one is rounded down. */
export function blobPriceAt(excess: number): number {
  return Math.exp(excess / UPDATE_FRACTION)
}

/** The excess at this price. */
export function excessAt(price: number): number {
  return UPDATE_FRACTION * Math.log(price)
}

/** Of the next block of Ethereum, after one with as many blobs; base fee in wei. */
export function nextExcess(excess: number, blobs: number, baseFee: number): number {
  const [used, target] = [blobs * BLOB_GAS, TARGET_BLOBS * BLOB_GAS]
  if (excess + used < target) return 0
  const isBelowReserve = Number(RESERVE_GAS) * baseFee > BLOB_GAS * blobPriceAt(excess)
  if (isBelowReserve) return excess + (used * (MOST_BLOBS - TARGET_BLOBS)) / MOST_BLOBS
  return excess + used - target
}
