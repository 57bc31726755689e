// The fee: the one percent of a request or a deposit that its miner earns.

/** One percent of an amount, rounded down; base units. */
export function feeOf(amount: bigint): bigint {
  return amount / 100n
}

/** What is left of an amount after the fee; base units. */
export function netOf(amount: bigint): bigint {
  return amount - feeOf(amount)
}
