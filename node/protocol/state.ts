// The state of all money: unspent outputs by (infohash, owner), balances by address, and the root over both.

import { ASSET_BYTES, type Asset, encodeAsset } from './asset.ts'
import { formatHex, writeHex } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Address, type Hash, type Infohash, toHash } from './ids.ts'
import { RuleError } from './rule-error.ts'
import { MAX_TOKENS } from './rules.ts'
import { find, type Leaf, leafOf, leavesOf, rootInParts, rootOf, type Tree, treeOf } from './tree.ts'

/** What an entry's key was made of. An account has no infohash, an entry of TTX no asset. */
export type EntryName = { readonly owner: Address; readonly infohash?: Infohash; readonly asset?: Asset }
export type State = Tree<EntryName>

export type Output = EntryName & { readonly infohash: Infohash; readonly value: bigint }
export type Balance = Omit<EntryName, 'infohash'> & { readonly value: bigint }

/** What a key is made of, one at a time: of a million entries each would else be a million pieces for the collector. */
const preimage = new Uint8Array(1 + 20 + 20 + ASSET_BYTES)
/** Entries between two pauses. */
const PART = 1_000

/**
 * keccak(0x00 ‖ infohash ‖ owner) with the first bit 0, or keccak(0x01 ‖ owner) with the first bit 1: no output has the place of an account.
 * Of another asset than TTX with kind and asset behind it.
 */
export function entryKey({ owner, infohash, asset }: EntryName): Uint8Array {
  let end = 1
  if (infohash !== undefined) {
    writeHex(preimage, 1, infohash, 0)
    end += 20
  }
  preimage[0] = infohash === undefined ? 1 : 0
  writeHex(preimage, end, owner, 2)
  end += 20
  if (asset !== undefined) {
    preimage.set(encodeAsset(asset), end)
    end += ASSET_BYTES
  }
  const key = keccak(preimage.subarray(0, end))
  const first = key[0] ?? 0
  key[0] = infohash === undefined ? first | 0x80 : first & 0x7f
  return key
}

export function stateRoot(state: State): Hash {
  return toHash(rootOf(state))
}

/** The same with pauses: of many changed entries it takes long. */
export function* rootOfState(state: State): Generator<undefined, Hash> {
  yield* rootInParts(state)
  return stateRoot(state)
}

/** Base units; 0 if nothing is there. */
export function outputValue(state: State, infohash: Infohash, owner: Address, asset?: Asset): bigint {
  return find(state, entryKey(ofAsset({ infohash, owner }, asset)))?.value ?? 0n
}

/** Base units. */
export function balanceOf(state: State, owner: Address, asset?: Asset): bigint {
  return find(state, entryKey(ofAsset({ owner }, asset)))?.value ?? 0n
}

/** What is of TTX so far, as that of the asset. */
export function ofAsset<T extends object>(ofTtx: T, asset: Asset | undefined): T & { readonly asset?: Asset } {
  return asset === undefined ? ofTtx : { ...ofTtx, asset }
}

/**
 * A state from the outputs of a snapshot; accounts follow from them. Throws `RuleError('bad-snapshot')` if two entries have one place, or an
 * account would be above 2^128 - 1, which no state has.
 */
export function stateOf(outputs: Iterable<Output>): State {
  const work = stateInParts(outputs)
  for (let next = work.next(); ; next = work.next()) if (next.done) return next.value
}

/** The same with pauses. Its root is known at the end. */
export function* stateInParts(outputs: Iterable<Output>): Generator<undefined, State> {
  const leaves: Leaf<EntryName>[] = []
  const balances = new Map<string, { readonly name: EntryName; value: bigint }>()
  const add = (name: EntryName, value: bigint) => leaves.push(leafOf({ key: entryKey(name), value, name }))
  for (const { infohash, owner, asset, value } of outputs) {
    add(ofAsset({ infohash, owner }, asset), value)
    const account = asset === undefined ? owner : `${owner} ${asset}`
    const known = balances.get(account)
    if (known === undefined) balances.set(account, { name: ofAsset({ owner }, asset), value })
    else known.value += value
    if (leaves.length % PART === 0) yield
  }
  for (const { name, value } of balances.values()) {
    if (value > MAX_TOKENS) throw new RuleError('bad-snapshot', 'an account of a state must be below 2^128')
    add(name, value)
    if (leaves.length % PART === 0) yield
  }
  const made = treeOf(leaves)
  if (made === undefined) throw new RuleError('bad-snapshot', 'two entries of a state must not have one place')
  yield* rootInParts(made.tree)
  return made.tree
}

/** TTX first, then ascending by kind and asset; ascending by infohash, then owner. */
export function outputsOf(state: State): Output[] {
  const outputs: Output[] = []
  for (const { name, value } of leavesOf(state)) {
    const { infohash, owner, asset } = name
    if (infohash !== undefined) outputs.push(ofAsset({ infohash, owner, value }, asset))
  }
  return outputs.sort(
    (a, b) => compareAssets(a.asset, b.asset) || compareText(a.infohash, b.infohash) || compareText(a.owner, b.owner),
  )
}

/** TTX first, then ascending by kind and asset; ascending by address. */
export function balancesOf(state: State): Balance[] {
  const balances: Balance[] = []
  for (const { name, value } of leavesOf(state))
    if (name.infohash === undefined) balances.push(ofAsset({ owner: name.owner, value }, name.asset))
  return balances.sort((a, b) => compareAssets(a.asset, b.asset) || compareText(a.owner, b.owner))
}

function compareAssets(a: Asset | undefined, b: Asset | undefined): number {
  return a === b ? 0 : compareText(formatHex(encodeAsset(a)), formatHex(encodeAsset(b)))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
