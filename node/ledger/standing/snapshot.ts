// Beginning: at genesis, or at the state of a final block.

import { OperationError } from '../../errors.ts'
import { type Infohash, ZERO_HASH } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import type { Output } from '../../protocol/state.ts'
import { encodeTransaction, type GenesisTransaction } from '../../protocol/transaction.ts'
import { type Purse, purseOf } from '../purse.ts'
import type { Change } from '../store/database.ts'
import { ACCOUNTS, BASE, BLOCKS, ENTRIES, META, numberKey, UNSPENT } from '../store/tables.ts'
import type { LedgerBlock } from '../types.ts'
import { moveOutput, namedEntry, place, store, unspentKey } from './books.ts'
import { newEntry } from './entries.ts'
import { headOf, updateHead } from './head.ts'
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
  // Nothing else is here: so nothing is read, which makes it many times faster. Accounts are added up in memory.
  let genesisIsSpent = true
  let creator: { readonly infohash: Infohash; outputs: (readonly [Purse, bigint])[] } | undefined
  const accounts = new Map<Purse, { value: bigint; outputs: number }>()
  const endCreator = () => {
    if (creator !== undefined) change.put(BASE, creator.infohash, creator.outputs)
    creator = undefined
  }
  for (const { infohash, owner, asset, value } of outputs) {
    if (infohash === genesis) {
      genesisIsSpent = false
      continue
    }
    const purse = purseOf(owner, asset)
    if (creator?.infohash !== infohash) {
      endCreator()
      // Of another asset the outputs of a transaction come apart from its others.
      creator = { infohash, outputs: asset === undefined ? [] : [...(change.get(BASE, infohash) ?? [])] }
    }
    creator.outputs.push([purse, value])
    change.put(UNSPENT, unspentKey(purse, 'f', value, infohash), '')
    const account = accounts.get(purse)
    if (account === undefined) accounts.set(purse, { value, outputs: 1 })
    else {
      account.value += value
      account.outputs += 1
    }
    if (change.isLarge) yield
  }
  endCreator()
  for (const [purse, { value, outputs }] of accounts) {
    // That of genesis' owner is there.
    const known = change.get(ACCOUNTS, purse)
    const [accepted, ordered, final, pending] = known?.sums ?? [0n, 0n, 0n, 0n]
    const sums = [accepted, ordered, final + value, pending] as const
    change.put(ACCOUNTS, purse, { sums, outputs: (known?.outputs ?? 0) + outputs })
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
