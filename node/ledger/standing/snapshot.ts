// Beginning: at genesis, or at the state of a final block.

import { OperationError } from '../../errors.ts'
import { type Infohash, ZERO_HASH } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import type { Output } from '../../protocol/state.ts'
import { encodeTransaction, type GenesisTransaction } from '../../protocol/transaction.ts'
import { purseOf } from '../purse.ts'
import type { Change } from '../store/database.ts'
import { BASE, BLOCKS, ENTRIES, META, numberKey } from '../store/tables.ts'
import type { LedgerBlock } from '../types.ts'
import { headOf, moveOutput, namedEntry, place, store, updateHead } from './books.ts'
import { newEntry } from './entries.ts'
import type { Work } from './judge.ts'

/** There while a snapshot is being loaded; a ledger that finds it at its start begins again. */
export const LOADING = 'loading'

export function storeGenesis(change: Change, genesis: GenesisTransaction): void {
  const file = encodeTransaction(genesis)
  const infohash = infohashOf(file)
  const entry = newEntry({ infohash, kind: 'genesis', file, nowMs: genesis.time * 1_000 })
  const stored = store(
    change,
    { ...entry, outputs: [[purseOf(genesis.to), genesis.tokens]] },
    new TextDecoder().decode(file),
  )
  place(change, stored, { standing: 'final', height: 0, step: 0 })
  change.put(BLOCKS, numberKey(0), { id: ZERO_HASH, publishedAt: genesis.time })
}

/** See `TransactionLedger.loadSnapshot`. */
export function* loadSnapshot(change: Change, genesis: Infohash, block: LedgerBlock, outputs: Iterable<Output>): Work {
  const { seq, tipHeight } = headOf(change)
  if (seq !== 1 || tipHeight !== 0) {
    const facts = { transactions: seq, tipHeight }
    throw new OperationError(
      'ledger-not-empty',
      'a snapshot can only be loaded into an empty ledger; use another data folder',
      { facts },
    )
  }
  change.put(META, LOADING, 'snapshot')
  let genesisIsSpent = true
  for (const output of outputs) {
    if (output.infohash === genesis) {
      genesisIsSpent = false
      continue
    }
    const { infohash, owner, asset, value } = output
    const known = change.get(BASE, infohash) ?? []
    const purse = purseOf(owner, asset)
    change.put(BASE, infohash, [...known, [purse, value]])
    moveOutput(change, { infohash, purse, value }, undefined, 'f')
    if (change.isLarge) yield
  }
  if (genesisIsSpent) spendGenesis(change, genesis)
  const height = Number(block.height)
  change.put(BLOCKS, numberKey(height), { id: block.id, publishedAt: block.publishedAt })
  updateHead(change, { finalHeight: height, tipHeight: height, snapshotHeight: height })
  change.delete(META, LOADING)
}

/** Who spent it is not known. */
function spendGenesis(change: Change, genesis: Infohash): void {
  const entry = namedEntry(change, genesis)
  for (const [purse, value] of entry.outputs) moveOutput(change, { infohash: genesis, purse, value }, 'f', undefined)
  change.put(ENTRIES, genesis, { ...entry, outputs: [], isPartial: true })
}
