// The fee: the 1% of a request or a deposit that its miner earns.

/** 1% of an amount, rounded down; base units. */
export function feeOf(amount: bigint): bigint {
  return amount / 100n
}

/** What is left of an amount after the fee; base units. */
export function netOf(amount: bigint): bigint {
  return amount - feeOf(amount)
}
