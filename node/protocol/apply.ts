// The step function: one state and one step give the next state, or the reason why not (docs/protocol.md section 4).

import type { Asset } from './asset.ts'
import type { Infohash } from './ids.ts'
import { infohashOf } from './infohash.ts'
import { type DepositEntry, depositTransaction, type EnteredEntry } from './queue.ts'
import { MAX_TOKENS, type Reason, type Rules } from './rules.ts'
import { type EntryName, entryKey, ofAsset, type State } from './state.ts'
import { decodeStep } from './step.ts'
import { encodeTransaction, type SignedTransaction } from './transaction.ts'
import { encodeOpening, find, insert, isTaken, remove } from './tree.ts'
import { type VerifiedTransaction, verifyPacked } from './verify.ts'

/** `state` is the old one unless `reason` is `None`. `growth`: how many entries it has more then. */
export type Applied = { readonly state: State; readonly reason: Reason; readonly growth: number }

/** Collects the openings of a witness, in the order in which the step touches the entries. */
export type Witness = Uint8Array[]

/**
 * Applies a packed step. `queueIndex` is the number of the entry that it consumes in its lane (`placeOfStep`). Total on any bytes and any state: where a liar made
 * the state up, outputs can hold more than the account of their owner, and sums can pass 128 bits.
 */
export function applyStep(
  rules: Rules,
  state: State,
  queueIndex: bigint,
  step: Uint8Array,
  witness?: Witness,
): Applied {
  const decoded = decodeStep(step)
  if (decoded === undefined) return refused(state, 'Malformed')
  switch (decoded.kind) {
    case 'deposit':
    case 'entered':
      return applyDeposit(rules, state, queueIndex, decoded.entry, witness)
    case 'void':
      return { state, reason: 'None', growth: 0 }
    case 'applied':
    case 'transaction': {
      const verified = verifyPacked(rules, decoded.packed)
      return typeof verified === 'string' ? refused(state, verified) : applyTransaction(state, verified, witness)
    }
  }
}

/** Applies a transfer, a request or an issuance whose fields, signature and id were verified. */
export function applyTransaction(state: State, verified: VerifiedTransaction, witness?: Witness): Applied {
  const { tx, infohash } = verified
  let next = state
  let growth = 0
  let sum = 0n
  for (const prev of tx.prev) {
    const taken = take(next, ofAsset({ infohash: prev, owner: tx.from }, tx.asset), witness)
    if (taken === undefined) return refused(state, 'MissingInput')
    next = taken.state
    growth -= 1
    sum += taken.value
  }
  if (sum < tx.tokens && !tx.issuance) return refused(state, 'Overspend')
  const outputs = createdOutputs(verified, sum)
  if (outputs.some(({ value }) => value > MAX_TOKENS)) return refused(state, 'Overflow')
  for (const output of outputs) {
    const name = ofAsset({ infohash, owner: output.owner }, output.asset)
    const key = entryKey(name)
    if (touch(next, key, witness) !== undefined || isTaken(next, key)) return refused(state, 'OutputExists')
    next = insert(next, { key, value: output.value, name })
    growth += 1
  }
  if (!tx.issuance) {
    if (keepsAll(tx)) return { state: next, reason: 'None', growth }
    const debited = debit(next, ofAsset({ owner: tx.from }, tx.asset), tx.tokens, witness)
    if (debited === undefined) return refused(state, 'Overspend')
    growth += debited.growth
    next = debited.state
    if (tx.bridge) return { state: next, reason: 'None', growth }
  }
  const credited = credit(next, ofAsset({ owner: tx.to }, movedAsset(verified)), tx.tokens, witness)
  if (credited.reason !== 'None') return refused(state, credited.reason)
  return { ...credited, growth: growth + credited.growth }
}

/** What a transaction gives its payee: of an issuance the asset that it creates. Undefined for TTX. */
export function movedAsset({ tx, infohash }: Identified): Asset | undefined {
  return tx.issuance ? infohash : tx.asset
}

/** The outputs that a transaction with inputs of `sum` creates, in the order of the step function. The last one may be above `MAX_TOKENS`. */
export function createdOutputs(identified: Identified, sum: bigint): CreatedOutput[] {
  const { tx } = identified
  if (keepsAll(tx)) return [ofAsset({ owner: tx.from, value: sum }, tx.asset)]
  const paid = tx.bridge ? [] : [ofAsset({ owner: tx.to, value: tx.tokens }, movedAsset(identified))]
  // The inputs of an issuance come back whole.
  const rest = tx.issuance ? sum : sum - tx.tokens
  return rest > 0n ? [...paid, ofAsset({ owner: tx.from, value: rest }, tx.asset)] : paid
}

type Identified = Pick<VerifiedTransaction, 'tx' | 'infohash'>
type CreatedOutput = Omit<EntryName, 'infohash'> & { readonly value: bigint }

/** A payment to oneself joins its inputs. */
function keepsAll({ bridge, issuance, to, from }: SignedTransaction): boolean {
  return !bridge && !issuance && to === from
}

function applyDeposit(
  rules: Rules,
  state: State,
  index: bigint,
  entry: DepositEntry | EnteredEntry,
  witness?: Witness,
): Applied {
  const tx = depositTransaction(rules, index, entry)
  if (tx.tokens === 0n) return { state, reason: 'None', growth: 0 } // no contract accepts one, but a liar may write one
  const infohash: Infohash = infohashOf(encodeTransaction(tx))
  const { to, tokens } = tx
  const paid = credit(state, ofAsset({ infohash, owner: to }, tx.deposit.asset), tokens, witness)
  const last =
    paid.reason === 'None' ? credit(paid.state, ofAsset({ owner: to }, tx.deposit.asset), tokens, witness) : paid
  // What does not fit changes nothing: since every block must consume it, an invalid deposit would leave no valid block.
  if (last.reason !== 'None') return { state, reason: 'None', growth: 0 }
  return { state: last.state, reason: 'None', growth: paid.growth + last.growth }
}

function refused(state: State, reason: Reason): Applied {
  return { state, reason, growth: 0 }
}

/** Reads an entry, and records its opening. */
function touch(state: State, key: Uint8Array, witness: Witness | undefined): bigint | undefined {
  witness?.push(encodeOpening(state, key))
  return find(state, key)?.value
}

/** Reads an entry and deletes it; `undefined` if it is absent. */
function take(state: State, name: EntryName, witness: Witness | undefined) {
  const key = entryKey(name)
  const value = find(state, key)?.value
  witness?.push(encodeOpening(state, key, value !== undefined))
  return value === undefined ? undefined : { state: remove(state, key), value }
}

/** Adds to an entry, which is created if it is absent; a reason if its place is taken, or it cannot hold that much. */
function credit(state: State, name: EntryName, amount: bigint, witness: Witness | undefined): Applied {
  const key = entryKey(name)
  const before = touch(state, key, witness)
  const value = (before ?? 0n) + amount
  if (isTaken(state, key)) return refused(state, 'OutputExists')
  if (value > MAX_TOKENS) return refused(state, 'Overflow')
  return { state: insert(state, { key, value, name }), reason: 'None', growth: before === undefined ? 1 : 0 }
}

/** Subtracts `amount`, above zero, from an account, which is deleted at zero. Returns undefined if the account holds less. */
function debit(state: State, name: EntryName, amount: bigint, witness: Witness | undefined) {
  const key = entryKey(name)
  const balance = find(state, key)?.value ?? 0n
  witness?.push(encodeOpening(state, key, balance === amount))
  if (balance < amount) return undefined
  const rest = balance - amount
  if (rest === 0n) return { state: remove(state, key), growth: -1 }
  return { state: insert(state, { key, value: rest, name }), growth: 0 }
}
