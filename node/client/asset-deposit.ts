// Which transaction every node makes of units that a contract entered.

import type { Address, Infohash } from '../protocol/ids.ts'
import { infohashOf } from '../protocol/infohash.ts'
import { encodeTransaction } from '../protocol/transaction.ts'

type Entered = {
  /** Of the entry in the lane of assets. */
  readonly index: bigint
  /** The contract. */
  readonly asset: Address
  readonly amount: bigint
  readonly to: Address
}

export function depositInfohash(
  { chain, bridge }: { readonly chain: bigint; readonly bridge: Address },
  { index, asset, amount, to }: Entered,
): Infohash {
  const tx = { kind: 'deposit', deposit: { asset, bridge, chain, index }, to, tokens: amount } as const
  return infohashOf(encodeTransaction(tx))
}
