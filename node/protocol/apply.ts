// The step function: one state and one step give the next state, or the reason why not (docs/protocol.md section 4).

import { createdBy, flowsOf } from './flows.ts'
import type { Infohash } from './ids.ts'
import { infohashOf } from './infohash.ts'
import { type DepositEntry, depositTransaction, type EnteredEntry } from './queue.ts'
import { MAX_TOKENS, type Reason, type Rules } from './rules.ts'
import { type EntryName, entryKey, ofAsset, type State } from './state.ts'
import { decodeStep } from './step.ts'
import { encodeTransaction } from './transaction.ts'
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

/** Applies a transaction whose fields, signatures and id were verified. */
export function applyTransaction(state: State, verified: VerifiedTransaction, witness?: Witness): Applied {
  const flows = flowsOf(verified)
  let [next, growth] = [state, 0]
  const sums: bigint[] = []
  for (const { from, prev, asset } of flows) {
    let sum = 0n
    for (const infohash of prev) {
      const taken = take(next, ofAsset({ infohash, owner: from }, asset), witness)
      if (taken === undefined) return refused(state, 'MissingInput')
      next = taken.state
      growth -= 1
      sum += taken.value
    }
    sums.push(sum)
  }
  if (flows.some(({ least }, i) => (sums[i] ?? 0n) < least)) return refused(state, 'Overspend')
  const outputs = flows.flatMap((flow, i) => createdBy(flow, sums[i] ?? 0n))
  if (outputs.some(({ value }) => value > MAX_TOKENS)) return refused(state, 'Overflow')
  for (const { owner, asset, value } of outputs) {
    const name = ofAsset({ infohash: verified.infohash, owner }, asset)
    const key = entryKey(name)
    if (touch(next, key, witness) !== undefined || isTaken(next, key)) return refused(state, 'OutputExists')
    next = insert(next, { key, value, name })
    growth += 1
  }
  for (const { from, asset, spent, paid } of flows) {
    const debited =
      spent === 0n ? { state: next, growth: 0 } : debit(next, ofAsset({ owner: from }, asset), spent, witness)
    if (debited === undefined) return refused(state, 'Overspend')
    next = debited.state
    growth += debited.growth
    if (paid === undefined) continue
    const credited = credit(next, ofAsset({ owner: paid.to }, paid.asset), paid.tokens, witness)
    if (credited.reason !== 'None') return refused(state, credited.reason)
    next = credited.state
    growth += credited.growth
  }
  return { state: next, reason: 'None', growth }
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
