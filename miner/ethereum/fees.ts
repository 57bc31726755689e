// What a transaction offers for its gas (EIP-1559), at first and when it is stuck.

/** Wei a unit of gas. */
export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }

const GWEI = 1_000_000_000n

/** Room for the base fee to grow by half: three full blocks. Not more, since a bond is paid at the greatest price too. */
export function suggestFees(baseFee: bigint, tip: bigint): Fees {
  return { maxFeePerGas: (baseFee * 3n) / 2n + tip, maxPriorityFeePerGas: tip }
}

/** What replaces a transaction in all mempools: an eighth more in both parts (they ask for a tenth), or what is apt now. */
export function bumpFees(old: Fees, apt: Fees): Fees {
  return {
    maxFeePerGas: max(raise(old.maxFeePerGas), apt.maxFeePerGas),
    maxPriorityFeePerGas: max(raise(old.maxPriorityFeePerGas), apt.maxPriorityFeePerGas),
  }
}

/** The price of a call that pays `gas` units at the greatest price, in wei, rounded up to a gwei (the contract burns what is below one). */
export function bondAt(bondGas: bigint, fees: Fees): bigint {
  return ((bondGas * fees.maxFeePerGas + GWEI - 1n) / GWEI) * GWEI
}

function raise(fee: bigint): bigint {
  return fee + fee / 8n + 1n
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
