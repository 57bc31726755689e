// Opening a ledger: a new one, one of this network, or one that a crash cut off in the middle of a long change.

import { OperationError } from '../errors.ts'
import { encodeText } from '../protocol/bytes.ts'
import { genesisInfohash } from '../protocol/genesis.ts'
import type { Infohash } from '../protocol/ids.ts'
import type { Rules } from '../protocol/rules.ts'
import { decodeTransaction, type GenesisTransaction, isPackable, parentsOf } from '../protocol/transaction.ts'
import type { RelayLimits } from './intake/relay-price.ts'
import type { WaitingPool } from './intake/waiting-pool.ts'
import { Agenda, buryAll, type Work } from './standing/judge.ts'
import { LOADING, storeGenesis } from './standing/snapshot.ts'
import type { Database } from './store/database.ts'
import { META, TO_BURY, TO_JUDGE, WAITING } from './store/tables.ts'
import type { Writer } from './store/writer.ts'

const NETWORK = 'network'
// Raised whenever the tables change; another value in a database means: begin again from the network.
const FORMAT = 4

/** Half of a snapshot is nothing: whether there was one, and with it everything is deleted. */
export async function clearHalf(database: Database): Promise<boolean> {
  if (database.committed(META, LOADING) === undefined) return false
  await database.clear(META, LOADING)
  return true
}

/** Writes genesis into a new database; throws `OperationError('other-network')` if an old one is not of this network. */
export async function begin(
  database: Database,
  writer: Writer,
  { rules, genesis }: { readonly rules: Rules; readonly genesis: GenesisTransaction },
): Promise<void> {
  const { chain, bridge, token, minRequest } = rules
  const network = [FORMAT, genesisInfohash(genesis), chain, bridge, token, minRequest].join(' ')
  const found = database.committed(META, NETWORK)
  if (found === undefined) {
    await writer.run((change) => {
      change.put(META, NETWORK, network)
      storeGenesis(change, genesis)
    })
  } else if (found !== network) {
    const message = 'the database belongs to another network: use another data folder'
    throw new OperationError('other-network', message, { facts: { expected: network, found } })
  }
}

/** Completes what a crash cut off between two batches of one long change. */
export async function resume(
  database: Database,
  writer: Writer,
  { keepDead, relay }: { readonly keepDead: number; readonly relay: RelayLimits },
): Promise<void> {
  // Values of the one table and keys of the other are infohashes.
  const toJudge = (await database.range(TO_JUDGE, {})).map(([, infohash]) => infohash as Infohash)
  const toBury = (await database.range(TO_BURY, {})).map(([infohash]) => infohash as Infohash)
  if (toJudge.length === 0 && toBury.length === 0) return
  await writer.runLong(function* (change): Work {
    const agenda = new Agenda(relay)
    agenda.resume(change, toJudge)
    yield* agenda.settle(change)
    for (const infohash of toBury) change.delete(TO_BURY, infohash)
    yield* buryAll(change, toBury, keepDead)
  })
}

/** Reads the index of waiting files; drops what has no room (any more), and deposits, which earlier versions kept. */
export async function loadWaiting(database: Database, writer: Writer, pool: WaitingPool): Promise<void> {
  const rows = await database.range(WAITING, {})
  rows.sort(([, a], [, b]) => a.order - b.order)
  const evicted = rows.flatMap(([key, { file, source, order }]) => {
    const tx = decodeTransaction(encodeText(file))
    const infohash = key as Infohash // the table's keys
    if (!isPackable(tx)) return [{ infohash }]
    return pool.add({ infohash, prev: parentsOf(tx), source, bytes: file.length, order })
  })
  await writer.run((change) => {
    for (const { infohash } of evicted) change.delete(WAITING, infohash)
  })
}
