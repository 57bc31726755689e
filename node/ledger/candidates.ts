// What a block assembler can choose from: unordered transactions, the likely best of them if there are too many.

import { encodeText } from '../protocol/bytes.ts'
import type { Infohash } from '../protocol/ids.ts'
import { packTransaction } from '../protocol/packed.ts'
import { ofAsset } from '../protocol/state.ts'
import { decodeTransaction, isPackable, parentsOf, type TakeTransaction } from '../protocol/transaction.ts'
import { assetOf } from './purse.ts'
import { creatorStanding, entryOf, outputValue } from './standing/books.ts'
import { headOf } from './standing/head.ts'
import type { Database, Reader } from './store/database.ts'
import { BLOCKS, CANDIDATES, type Entry, FILES, isSettled, numberKey, REQUESTS } from './store/tables.ts'
import type { Candidate } from './types.ts'

/** See `TransactionLedger.candidates`. `nowSeconds` is unix time, for the coin age. */
export async function selectCandidates(database: Database, nowSeconds: number, limit: number): Promise<Candidate[]> {
  // Read before anything is looked up, so that the rest sees one moment.
  const requests = await database.range(REQUESTS, { limit })
  const ranked = await database.range(CANDIDATES, { limit })
  const { disk } = database
  const chosen = new Map<Infohash, Entry>()
  const tooDeep = new Set<Infohash>()
  for (const [, infohash] of [...requests, ...ranked]) {
    if (chosen.size >= limit) break
    takeWithAncestors(disk, infohash as Infohash, { chosen, tooDeep, limit }) // as written
  }
  const inOrder = [...chosen.values()].sort((a, b) => a.seq - b.seq) // parents are senior to their children
  return inOrder.flatMap((entry) => candidateOf(disk, entry, nowSeconds) ?? [])
}

function takeWithAncestors(
  reader: Reader,
  infohash: Infohash,
  { chosen, tooDeep, limit }: { chosen: Map<Infohash, Entry>; tooDeep: Set<Infohash>; limit: number },
): void {
  const family = new Map<Infohash, Entry>()
  const toVisit = new Set([infohash])
  for (const next of toVisit) {
    if (chosen.has(next)) continue
    const entry = entryOf(reader, next)
    if (isSettled(entry?.standing ?? creatorStanding(reader, next))) continue
    // Not accepted: it changed since the index was read. Room only shrinks, so what once did not fit never will.
    if (entry?.standing !== 'accepted' || tooDeep.has(next) || chosen.size + family.size >= limit) {
      tooDeep.add(infohash)
      return
    }
    family.set(next, entry)
    for (const [input] of entry.inputs) toVisit.add(input)
  }
  for (const [name, entry] of family) chosen.set(name, entry)
}

function candidateOf(reader: Reader, entry: Entry, nowSeconds: number): Candidate | undefined {
  const file = reader.get(FILES, entry.infohash)
  const tx = file === undefined ? undefined : decodeTransaction(encodeText(file))
  if (tx === undefined || !isPackable(tx)) return undefined
  let coinAge = 0n
  const prev = parentsOf(tx)
  const after = prev.filter((input) => !isSettled(creatorStanding(reader, input)))
  for (const [input, purse] of entry.inputs) {
    if (assetOf(purse) !== undefined || after.includes(input)) continue
    const seconds = Math.max(0, Math.floor(nowSeconds - orderedAt(reader, input)))
    coinAge += (outputValue(reader, input, purse) ?? 0n) * BigInt(seconds)
  }
  return {
    infohash: entry.infohash,
    packed: packTransaction(tx),
    from: tx.from,
    after,
    prev,
    ...(tx.kind === 'take' ? otherThanTtx(tx) : ofAsset(tx.bridge ? { request: tx.tokens } : {}, tx.asset)),
    coinAge,
    firstSeenMs: entry.firstSeenMs,
  }
}

/** A swap of two other assets costs those two no more than a payment of one does. */
function otherThanTtx({ offer: { give, want } }: TakeTransaction): Pick<Candidate, 'asset'> {
  return want.asset === undefined ? {} : ofAsset({}, give.asset)
}

/** Unix seconds at which Ethereum took the block that ordered it; of what is older than the snapshot, the snapshot's block. */
function orderedAt(reader: Reader, infohash: Infohash): number {
  const height = entryOf(reader, infohash)?.height ?? headOf(reader).snapshotHeight
  return reader.get(BLOCKS, numberKey(height))?.publishedAt ?? 0
}
