// Whose money of which asset: by purses the ledger keeps what is spent, who spends it, balances and history.

import { movedAsset } from '../protocol/apply.ts'
import type { Asset } from '../protocol/asset.ts'
import type { Address, Infohash } from '../protocol/ids.ts'
import type { SignedTransaction, Transaction } from '../protocol/transaction.ts'

/**
 * The address for an owner's TTX, and `address/asset` for another asset of theirs. It is text since keys of the database begin with it: `/` sorts
 * below all that follows a purse in a key, so no range of one purse holds keys of another.
 */
export type Purse = string & { readonly brand: 'Purse' }

/** An address alone means its TTX. */
export type PurseName = Address | Purse

const ADDRESS_LENGTH = 42

export function purseOf(owner: Address, asset?: Asset): Purse {
  return (asset === undefined ? owner : `${owner}/${asset}`) as Purse
}

export function toPurse(name: PurseName): Purse {
  return name as Purse // an address is the name of its purse of TTX
}

/** Of all purses of other assets that an owner has: the first key, and that behind the last. */
export function rangeOfAssets(owner: Address): readonly [string, string] {
  return [`${owner}/`, `${owner}0`]
}

/** What a transaction spends: of an issuance TTX. */
export function payerOf({ from, asset }: Pick<SignedTransaction, 'from' | 'asset'>): Purse {
  return purseOf(from, asset)
}

/** What a transaction of this id gives its payee; undefined for TTX. */
export function assetMovedBy(tx: Transaction, infohash: Infohash): Asset | undefined {
  if (tx.kind === 'signed') return movedAsset({ tx, infohash })
  return tx.kind === 'deposit' ? tx.deposit.asset : undefined
}

export function ownerOf(purse: Purse): Address {
  return purse.slice(0, ADDRESS_LENGTH) as Address // as `purseOf` writes it
}

/** Undefined for TTX. */
export function assetOf(purse: Purse): Asset | undefined {
  return purse.length === ADDRESS_LENGTH ? undefined : (purse.slice(ADDRESS_LENGTH + 1) as Asset) // as `purseOf` writes it
}
