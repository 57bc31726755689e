// How transactions get into the tables: signed ones, deposits, and final ones from before the snapshot.

import { OperationError } from '../../errors.ts'
import { createdBy, type Flow } from '../../protocol/flows.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import { type DepositEntry, depositTransaction, type EnteredEntry } from '../../protocol/queue.ts'
import type { Rules } from '../../protocol/rules.ts'
import { encodeTransaction } from '../../protocol/transaction.ts'
import type { VerifiedTransaction } from '../../protocol/verify.ts'
import { inputsOf, type Purse, purseOf } from '../purse.ts'
import type { Change } from '../store/database.ts'
import { BASE, ENTRIES, type Entry } from '../store/tables.ts'
import { countFinal, entryOf, namedEntry, spendsOf, store } from './books.ts'
import { headOf } from './head.ts'

/** Stores what queue entry `index` turns into; nothing to do if it is known. */
export function storeDeposit(
  change: Change,
  context: { readonly rules: Rules; readonly nowMs: number; readonly onStored: (infohash: Infohash) => void },
  index: bigint,
  deposit: DepositEntry | EnteredEntry,
): Entry {
  const tx = depositTransaction(context.rules, index, deposit)
  const file = encodeTransaction(tx)
  const infohash = infohashOf(file)
  const known = entryOf(change, infohash)
  if (known !== undefined) return known
  const entry = newEntry({ infohash, kind: 'deposit', file, nowMs: context.nowMs })
  const purse = purseOf(tx.to, tx.deposit.asset)
  const outputs: Entry['outputs'] = tx.tokens > 0n ? [[purse, tx.tokens]] : []
  const stored = store(change, { ...entry, outputs }, new TextDecoder().decode(file))
  context.onStored(infohash)
  return isOfBeforeSnapshot(change, infohash, [purse]) ? adopt(change, stored) : stored
}

/** A signed transaction, and what its flows move. */
export type Signed = { readonly verified: Omit<VerifiedTransaction, 'packed'>; readonly flows: readonly Flow[] }

/** Stores a signed transaction; `sums`: what the inputs of each of its flows hold. */
export function storeSigned(
  change: Change,
  { verified, flows }: Signed,
  sums: readonly bigint[],
  nowMs: number,
): Entry {
  const { tx, infohash, file } = verified
  const created = flows.flatMap((flow, i) => createdBy(flow, sums[i] ?? flow.least))
  const outputs = created.map(({ owner, asset, value }) => [purseOf(owner, asset), value] as const)
  const request = tx.kind === 'signed' && tx.bridge && tx.asset === undefined ? tx.tokens : 0n
  const inputs = inputsOf(flows)
  const entry = { ...newEntry({ infohash, kind: 'signed', file, nowMs }), inputs, outputs, request }
  return store(change, entry, new TextDecoder().decode(file))
}

/** What is the same for all entries at first. */
export function newEntry(facts: {
  readonly infohash: Infohash
  readonly kind: Entry['kind']
  readonly file: Uint8Array
  readonly nowMs: number
}): Omit<Entry, 'seq'> & { readonly standing: 'held' } {
  return {
    infohash: facts.infohash,
    kind: facts.kind,
    standing: 'held',
    firstSeenMs: facts.nowMs,
    bytes: facts.file.length,
    inputs: [],
    outputs: [],
    request: 0n,
    rank: '',
    isShown: false,
    isDead: false,
    charge: '',
    bitsAsked: 0,
    ancestorBits: 0,
    isPartial: false,
  }
}

/** An output of it is in the snapshot, or a final transaction spends one. */
export function isOfBeforeSnapshot(change: Change, infohash: Infohash, purses: readonly Purse[]): boolean {
  if (headOf(change).snapshotHeight === 0) return false
  if (change.get(BASE, infohash) !== undefined) return true
  return purses.some((purse) => {
    const { live } = spendsOf(change, infohash, purse)
    return live !== '' && namedEntry(change, live).standing === 'final'
  })
}

/** Makes a stored transaction that is older than the snapshot final. Which outputs it made is read from the snapshot. */
export function adopt(change: Change, stored: Entry): Entry {
  const outputs = change.get(BASE, stored.infohash) ?? []
  const final: Entry = { ...stored, outputs, standing: 'final', isShown: true, isPartial: true }
  change.put(ENTRIES, stored.infohash, final)
  change.delete(BASE, stored.infohash)
  countFinal(change, final)
  return final
}

/** What is answered where a file of a deposit is handed in that no entry is known of. */
export function depositNotQueued(infohash: Infohash): OperationError {
  return new OperationError(
    'deposit-not-queued',
    `expected a deposit that is in the bridge's queue as this node has read it, got ${infohash}, which does not; nothing is kept, and nothing need be handed in: a node makes the file itself once Ethereum shows it the entry`,
    { facts: { infohash }, retry: true },
  )
}
