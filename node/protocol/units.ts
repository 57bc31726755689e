// Units of money, time and work, as branded numbers: what is counted in one is not mistaken for what is counted in another.
//
// Sums and products of branded numbers are plain ones: the place that makes one says again what it counts.

/** 10^-18 of TTX or of wTTX. */
export type BaseUnits = bigint & { readonly brand: 'BaseUnits' }
/** 10^-9 of the chain's coin: fees of forced transactions, bonds and rewards in the contract's storage and events. */
export type Gwei = bigint & { readonly brand: 'Gwei' }
/** 10^-18 of the chain's coin: what goes with a call, what gas costs, what is owed. */
export type Wei = bigint & { readonly brand: 'Wei' }
/** Wei a unit of gas: base fees, tips and what is offered. Amounts of gas are plain numbers; only `costOfGas` turns them into money. */
export type GasPrice = bigint & { readonly brand: 'GasPrice' }

/** A moment on Ethereum's clock: unix seconds. Zero where the contract means none. */
export type Time = bigint & { readonly brand: 'Time' }
/** How long something takes or may take on that clock. */
export type Seconds = bigint & { readonly brand: 'Seconds' }

/** Expected hashes, of a block or of a branch: the more, the lower its targets. */
export type Work = bigint & { readonly brand: 'Work' }

/** Wei in a gwei. */
export const GWEI = 1_000_000_000n

/** For where a plain number is known to count base units; so do the two below it with theirs. */
export function toBaseUnits(amount: bigint): BaseUnits {
  return amount as BaseUnits
}

export function toGwei(amount: bigint): Gwei {
  return amount as Gwei
}

export function toWei(amount: bigint): Wei {
  return amount as Wei
}

export function toGasPrice(amount: bigint): GasPrice {
  return amount as GasPrice
}

/** Also of what is written as a number in JSON. */
export function toTime(moment: bigint | number): Time {
  return BigInt(moment) as Time
}

export function toSeconds(span: bigint | number): Seconds {
  return BigInt(span) as Seconds
}

export function later(moment: Time, span: Seconds): Time {
  return toTime(moment + span)
}

/** Below zero if `to` is the earlier one. */
export function secondsFrom(from: Time, to: Time): Seconds {
  return toSeconds(to - from)
}

export function toWork(hashes: bigint): Work {
  return hashes as Work
}

export function addWork(below: Work, own: Work): Work {
  return toWork(below + own)
}

export function costOfGas(units: bigint, price: GasPrice): Wei {
  return toWei(units * price)
}

export function weiOf(amount: Gwei): Wei {
  return toWei(amount * GWEI)
}

/** In whole gwei, rounded up. */
export function ceilToGwei(amount: Wei): Wei {
  return toWei(((amount + GWEI - 1n) / GWEI) * GWEI)
}

export function addGwei(amounts: Iterable<Gwei>): Gwei {
  return toGwei(sumOf(amounts))
}

export function addWei(amounts: Iterable<Wei>): Wei {
  return toWei(sumOf(amounts))
}

/** The higher one. */
export function maxPrice(a: GasPrice, b: GasPrice): GasPrice {
  return a > b ? a : b
}

export function addPrices(base: GasPrice, tip: GasPrice): GasPrice {
  return toGasPrice(base + tip)
}

function sumOf(amounts: Iterable<bigint>): bigint {
  let sum = 0n
  for (const amount of amounts) sum += amount
  return sum
}
