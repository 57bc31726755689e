// Whose money of which asset: by purses the ledger keeps what is spent, who spends it, balances and history.

import type { Asset } from '../protocol/asset.ts'
import type { Flow } from '../protocol/flows.ts'
import type { Address, Infohash } from '../protocol/ids.ts'

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

/** An output that is spent, and of whose purse it is. */
export type Input = readonly [Infohash, Purse]

/** In the order in which the step function spends. Of a take both its people's, whose outputs can be of one transaction. */
export function inputsOf(flows: readonly Flow[]): Input[] {
  return flows.flatMap(({ from, prev, asset }) => prev.map((infohash): Input => [infohash, purseOf(from, asset)]))
}

/** Whose outputs a transaction can create: what is left goes back to whoever spent it. */
export function pursesTouched(flows: readonly Flow[]): Purse[] {
  return flows.flatMap(({ from, asset, paid }) => [
    purseOf(from, asset),
    ...(paid === undefined ? [] : [purseOf(paid.to, paid.asset)]),
  ])
}

export function ownerOf(purse: Purse): Address {
  return purse.slice(0, ADDRESS_LENGTH) as Address // as `purseOf` writes it
}

/** Undefined for TTX. */
export function assetOf(purse: Purse): Asset | undefined {
  return purse.length === ADDRESS_LENGTH ? undefined : (purse.slice(ADDRESS_LENGTH + 1) as Asset) // as `purseOf` writes it
}
