// The state of all money: unspent outputs by (infohash, owner), balances by address, and the root over both.

import { concat } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Address, type Hash, type Infohash, toBytes, toHash } from './ids.ts'
import { RuleError } from './rule-error.ts'
import { entries, find, insert, isTaken, rootOf, type Tree } from './tree.ts'

/** What an entry's key was made of. An account has no infohash. */
export type EntryName = { readonly owner: Address; readonly infohash?: Infohash }
export type State = Tree<EntryName>

export type Output = { readonly infohash: Infohash; readonly owner: Address; readonly value: bigint }
export type Balance = { readonly owner: Address; readonly value: bigint }

const EMPTY_STATE: State = undefined

/** keccak(0x00 ‖ infohash ‖ owner) with the first bit 0, or keccak(0x01 ‖ owner) with the first bit 1: no output has the place of an account. */
export function entryKey({ owner, infohash }: EntryName): Uint8Array {
  const preimage = infohash === undefined ? [Uint8Array.of(1)] : [Uint8Array.of(0), toBytes(infohash)]
  const key = keccak(concat(...preimage, toBytes(owner)))
  const first = key[0] ?? 0
  key[0] = infohash === undefined ? first | 0x80 : first & 0x7f
  return key
}

export function stateRoot(state: State): Hash {
  return toHash(rootOf(state))
}

/** Base units; 0 if nothing is there. */
export function outputValue(state: State, infohash: Infohash, owner: Address): bigint {
  return find(state, entryKey({ infohash, owner }))?.value ?? 0n
}

/** Base units. */
export function balanceOf(state: State, owner: Address): bigint {
  return find(state, entryKey({ owner }))?.value ?? 0n
}

/**
 * A state from the outputs of a snapshot; accounts follow from them. All of them together must be below 2^128, as `decodeOutputs` sees to.
 * Throws `RuleError('bad-snapshot')` if two entries have one place, which no state has.
 */
export function stateOf(outputs: Iterable<Output>): State {
  let state = EMPTY_STATE
  const balances = new Map<Address, bigint>()
  for (const { infohash, owner, value } of outputs) {
    state = insertNew(state, { infohash, owner }, value)
    balances.set(owner, (balances.get(owner) ?? 0n) + value)
  }
  for (const [owner, value] of balances) state = insertNew(state, { owner }, value)
  return state
}

function insertNew(state: State, name: EntryName, value: bigint): State {
  const key = entryKey(name)
  if (isTaken(state, key)) throw new RuleError('bad-snapshot', 'two entries of a state must not have one place')
  return insert(state, { key, value, name })
}

/** Ascending by infohash, then owner. */
export function outputsOf(state: State): Output[] {
  const outputs: Output[] = []
  for (const { name, value } of entries(state)) {
    if (name.infohash !== undefined) outputs.push({ infohash: name.infohash, owner: name.owner, value })
  }
  return outputs.sort((a, b) => compareText(a.infohash, b.infohash) || compareText(a.owner, b.owner))
}

/** Ascending by address. */
export function balancesOf(state: State): Balance[] {
  const balances: Balance[] = []
  for (const { name, value } of entries(state))
    if (name.infohash === undefined) balances.push({ owner: name.owner, value })
  return balances.sort((a, b) => compareText(a.owner, b.owner))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
