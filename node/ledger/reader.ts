// The ledger's answers: all that can be asked of it, from what is on disk. Long, as each question is short and all read the same tables.

import { OperationError } from '../errors.ts'
import type { Asset } from '../protocol/asset.ts'
import { encodeText, encodeUint } from '../protocol/bytes.ts'
import { type Address, type Hash, type Infohash, toHash } from '../protocol/ids.ts'
import { MAX_INPUTS } from '../protocol/rules.ts'
import { decodeTransaction } from '../protocol/transaction.ts'
import { arrivalsFrom, newestBefore, orderFrom } from './arrivals.ts'
import { selectCandidates } from './candidates.ts'
import { lookAtOutput, selectInputs, spendable } from './coins.ts'
import { type Ancestors, ancestorsOf, countDescendants, rivalsToName } from './intake/graph.ts'
import type { Rejects } from './intake/rejects.ts'
import type { RelayLimits } from './intake/relay-price.ts'
import type { WaitingPool } from './intake/waiting-pool.ts'
import { movementIn } from './movement.ts'
import { assetOf, type Input, ownerOf, type Purse, type PurseName, purseOf, rangeOfAssets, toPurse } from './purse.ts'
import { creatorStanding, entryOf, fileOf, placeOf, spendableValue } from './standing/books.ts'
import { cheapestCoin } from './standing/cheapest-coin.ts'
import { headOf } from './standing/head.ts'
import { bitsLacking } from './standing/lacking.ts'
import type { Database } from './store/database.ts'
import {
  ACCOUNTS,
  type Account,
  BLOCKS,
  CONFLICTS,
  CONTENTS,
  ENTRIES,
  FILES,
  HISTORY,
  isLive,
  isShared,
  numberKey,
  REQUESTS,
  SHARED,
  statusOf,
  WAITING,
} from './store/tables.ts'
import type {
  AssetBalance,
  Candidate,
  HistoryItem,
  LedgerBalance,
  LedgerBlock,
  LedgerOrder,
  LedgerOutput,
  LedgerSummary,
  Newest,
  OutputRecord,
  Page,
  PendingRequest,
  SpentBy,
  Status,
  TransactionRecord,
} from './types.ts'

const WALK = 1_000
/** Where many are asked about at once. */
const SHORT_WALK = 64
const MISSING = 64

/** The reading half of `Ledger`; methods as in `TransactionLedger`. */
export type ReaderParts = {
  readonly genesis: Infohash
  readonly database: Database
  readonly pool: WaitingPool
  readonly rejects: Rejects
  readonly relay: RelayLimits
  /** Unix milliseconds. */
  readonly clock: () => number
}

export class LedgerReader {
  readonly #genesis: Infohash
  readonly #database: Database
  readonly #pool: WaitingPool
  readonly #rejects: Rejects

  readonly #relay: RelayLimits
  readonly #clock: () => number

  constructor({ genesis, database, pool, rejects, relay, clock }: ReaderParts) {
    this.#genesis = genesis
    this.#clock = clock
    this.#relay = relay
    this.#database = database
    this.#pool = pool
    this.#rejects = rejects
  }

  has(infohash: Infohash): boolean {
    return this.status(infohash) !== 'unknown'
  }

  status(infohash: Infohash): Status {
    const entry = entryOf(this.#database.disk, infohash)
    return entry === undefined ? this.#statusOfUnstored(infohash) : statusOf(entry)
  }

  #statusOfUnstored(infohash: Infohash): Status {
    if (this.#pool.get(infohash) !== undefined) return 'waiting'
    const reject = this.#rejects.get(infohash)
    if (reject === undefined || reject.why === 'price') return 'unknown'
    return reject.why === 'invalid' ? 'invalid' : 'conflicting'
  }

  file(infohash: Infohash): Uint8Array | undefined {
    const text = fileOf(this.#database.disk, infohash)
    return text === undefined ? undefined : encodeText(text)
  }

  isShared(infohash: Infohash): boolean {
    const entry = entryOf(this.#database.disk, infohash)
    return entry !== undefined && isShared(entry)
  }

  record(infohash: Infohash): TransactionRecord {
    const disk = this.#database.disk
    const entry = entryOf(disk, infohash)
    // The entry is read once, and first: a write may end between two reads, and half of it would be reported.
    const status = entry === undefined ? this.#statusOfUnstored(infohash) : statusOf(entry)
    const file = status === 'unknown' ? undefined : this.file(infohash)
    const walk = ancestorsOf(disk, this.#pool, infohash, WALK)
    const reject = entry === undefined ? this.#rejects.get(infohash) : undefined
    const firstSeenMs = entry?.firstSeenMs ?? disk.get(WAITING, infohash)?.firstSeenMs
    const block = entry && placeOf(disk, entry)
    const bitsAsked = entry === undefined ? 0 : bitsLacking(disk, entry, this.#relay, WALK)
    return {
      infohash,
      status,
      ...(file ? { file } : {}),
      ...(firstSeenMs === undefined ? {} : { firstSeenMs }),
      ...(block ? { block } : {}),
      rivals: entry ? rivalsToName(disk, entry, WALK) : reject && 'rivals' in reject ? reject.rivals : [],
      missing: status === 'waiting' ? walk.missing.slice(0, MISSING) : [],
      unorderedAncestors: walk.unordered.filter((ancestor) => entryOf(disk, ancestor)?.standing === 'accepted').length,
      ...(bitsAsked > 0 ? { bitsAsked } : {}),
      isDead: entry?.isDead ?? reject?.why === 'dead',
      ...(status === 'invalid' && reject?.why === 'invalid' ? { error: reject.error } : {}),
    }
  }

  bitsLacking(infohash: Infohash): number {
    const entry = entryOf(this.#database.disk, infohash)
    return entry === undefined ? 0 : bitsLacking(this.#database.disk, entry, this.#relay, SHORT_WALK)
  }

  rivals(infohash: Infohash): readonly Infohash[] {
    const entry = entryOf(this.#database.disk, infohash)
    return entry === undefined ? [] : rivalsToName(this.#database.disk, entry, WALK)
  }

  async outputs(name: PurseName, limit = 1_000): Promise<LedgerOutput[]> {
    return spendable(this.#database, toPurse(name), limit)
  }

  output(name: PurseName, infohash: Infohash): OutputRecord {
    return lookAtOutput(this.#database.disk, toPurse(name), { infohash, status: this.status(infohash) })
  }

  balance(name: PurseName): LedgerBalance {
    return balanceIn(this.#database.committed(ACCOUNTS, name))
  }

  async assets(
    owner: Address,
    { after, limit = 100 }: { after?: Asset; limit?: number } = {},
  ): Promise<Page<AssetBalance, Asset>> {
    const [first, end] = rangeOfAssets(owner)
    const lower = after === undefined ? { gte: first } : { gt: purseOf(owner, after) }
    const rows = await this.#database.range(ACCOUNTS, { ...lower, lt: end, limit })
    const items = rows.flatMap(([purse, account]): AssetBalance[] => {
      const asset = assetOf(purse as Purse) // keys of this table are purses
      return asset === undefined ? [] : [{ asset, ...balanceIn(account) }]
    })
    const last = items.at(-1)
    return rows.length < limit || last === undefined ? { items } : { items, next: last.asset }
  }

  relayBits(name: PurseName, creators: readonly Infohash[]): number {
    const inputs = creators.map((creator): Input => [creator, toPurse(name)])
    return cheapestCoin(this.#database.disk, inputs, this.#relay)?.bits ?? 0
  }

  async selectInputs(
    name: PurseName,
    amount: bigint,
    maxInputs = MAX_INPUTS,
    without: readonly Infohash[] = [],
  ): Promise<LedgerOutput[]> {
    const { accepted, ordered, final } = this.balance(name)
    const [purse, left] = [toPurse(name), new Set(without)]
    const disk = this.#database.disk
    const total = [...left].reduce(
      (sum, infohash) => sum - spendableValue(disk, infohash, purse),
      accepted + ordered + final,
    )
    return selectInputs(this.#database, {
      ...{ purse, amount, maxInputs, total },
      without: left,
    })
  }

  async history(
    name: PurseName,
    { cursor, limit = 50 }: { cursor?: number; limit?: number } = {},
  ): Promise<Page<HistoryItem, number>> {
    const purse = toPurse(name)
    const lt = cursor === undefined ? `${purse}~` : purse + numberKey(cursor)
    const range = { gte: purse + numberKey(0), lt, reverse: true, limit: Math.min(limit, 1_000) }
    const rows = await this.#database.range(HISTORY, range)
    const items = rows.flatMap(([, infohash]) => this.#historyItem(purse, infohash as Infohash) ?? []) // as written
    const last = rows.at(-1)
    return rows.length < range.limit || last === undefined
      ? { items }
      : { items, next: Number.parseInt(last[0].slice(purse.length), 16) }
  }

  async arrivals(cursor = 0, limit = 1_000): Promise<Page<{ infohash: Infohash; status: Status }, number>> {
    const { infohashes, next } = await arrivalsFrom(this.#database, cursor, limit)
    const items = infohashes.map((infohash) => ({ infohash, status: this.status(infohash) }))
    return next === undefined ? { items } : { items, next }
  }

  async order(from: number, most: number, unordered = false): Promise<LedgerOrder> {
    return await orderFrom(this.#database, { from, most, unordered })
  }

  async newest(page: Newest): Promise<Page<Infohash, number>> {
    return await newestBefore(this.#database, page)
  }

  room(source: string): number {
    return this.#pool.room(source)
  }

  async *infohashes(prefix = '', after?: Infohash): AsyncIterable<Infohash> {
    const lower = after === undefined || after < prefix ? { gte: prefix } : { gt: after }
    for await (const [key, as] of this.#database.stream(SHARED, { ...lower, lt: `${prefix}~` })) {
      if (as !== undefined) yield key as Infohash // keys of this table
    }
  }

  async *shared(): AsyncIterable<{ readonly infohash: Infohash; readonly isCounted: boolean }> {
    for await (const [key, as] of this.#database.stream(SHARED, { gte: '', lt: '~' })) {
      if (as !== undefined) yield { infohash: key as Infohash, isCounted: as === 'live' } // keys of this table
    }
  }

  summary(): LedgerSummary {
    const head = headOf(this.#database.disk)
    return {
      count: head.count,
      weight: head.weight,
      fingerprint: toFingerprint(head.fingerprint),
      unordered: { count: head.unorderedCount, fingerprint: toFingerprint(head.unorderedFingerprint) },
      conflicting: head.conflicting,
      waiting: this.#pool.size,
    }
  }

  /** How many transactions the blocks have that are on the branch and not final. */
  orderedCount(): number {
    const { finalHeight, tipHeight } = headOf(this.#database.disk)
    let count = 0
    for (let height = finalHeight + 1; height <= tipHeight; height++)
      count += this.#database.committed(CONTENTS, numberKey(height))?.length ?? 0
    return count
  }

  async conflicts(limit = 100): Promise<TransactionRecord[]> {
    const rows = await this.#database.range(CONFLICTS, { limit })
    return rows.map(([, infohash]) => this.record(infohash as Infohash)) // as written
  }

  wanted(limit = 1_000): Infohash[] {
    const inputs = new Map<Infohash, number>()
    for (const { prev } of this.#pool.values()) {
      for (const input of prev) {
        if (this.#pool.get(input) === undefined) inputs.set(input, this.#pool.dependents(input).size)
      }
    }
    const wanted: Infohash[] = []
    for (const [input] of [...inputs].sort(([, a], [, b]) => b - a)) {
      if (wanted.length >= limit) break
      if (creatorStanding(this.#database.disk, input) === undefined && !this.has(input)) wanted.push(input)
    }
    return wanted
  }

  async candidates(limit = 5_000): Promise<Candidate[]> {
    return selectCandidates(this.#database, this.#clock() / 1_000, limit)
  }

  async pendingRequests(limit = 1_000): Promise<PendingRequest[]> {
    const rows = await this.#database.range(REQUESTS, { limit })
    return rows.flatMap(([, text]) => {
      const infohash = text as Infohash // as written
      const entry = entryOf(this.#database.disk, infohash)
      const tx = this.#transaction(infohash)
      if (entry?.standing !== 'accepted' || tx?.kind !== 'signed' || tx.bridge === undefined) return []
      return [{ infohash, from: tx.from, to: tx.bridge.to, tokens: tx.tokens, firstSeenMs: entry.firstSeenMs }]
    })
  }

  pathToFinal(infohash: Infohash, limit = 10_000): Ancestors {
    return ancestorsOf(this.#database.disk, this.#pool, infohash, limit)
  }

  descendants(infohash: Infohash, limit = WALK): number {
    return countDescendants(this.#database.disk, infohash, limit)
  }

  branch(): { final: LedgerBlock; blocks: LedgerBlock[] } {
    const { finalHeight, tipHeight } = headOf(this.#database.disk)
    const blocks = Array.from({ length: tipHeight - finalHeight }, (_, i) => this.#block(finalHeight + 1 + i))
    return { final: this.#block(finalHeight), blocks }
  }

  get begunAt(): bigint {
    return BigInt(headOf(this.#database.disk).snapshotHeight)
  }

  block(height: bigint): LedgerBlock | undefined {
    if (!this.#isReached(height)) return undefined
    const block = this.#database.committed(BLOCKS, numberKey(Number(height)))
    return block && { ...block, height }
  }

  contents(height: bigint): readonly Infohash[] | undefined {
    if (!this.#isReached(height)) return undefined
    return height === 0n ? [this.#genesis] : this.#database.committed(CONTENTS, numberKey(Number(height)))
  }

  look(infohash: Infohash): Pick<TransactionRecord, 'status' | 'file' | 'block'> {
    const entry = entryOf(this.#database.disk, infohash)
    const [file, block] = [this.file(infohash), entry && placeOf(this.#database.disk, entry)]
    return {
      status: entry === undefined ? this.#statusOfUnstored(infohash) : statusOf(entry),
      ...(file ? { file } : {}),
      ...(block ? { block } : {}),
    }
  }

  async files(infohashes: readonly Infohash[]): Promise<(Uint8Array | undefined)[]> {
    const texts = await this.#database.many(FILES, infohashes)
    return texts.map((text) => (text === undefined ? undefined : encodeText(text)))
  }

  async spentBy(owner: Address, most: number): Promise<SpentBy | undefined> {
    const rows = await this.#database.range(HISTORY, { gte: owner, lt: `${owner}~`, limit: most + 1 })
    if (rows.length > most) return undefined
    const entries = await this.#database.many(ENTRIES, [...new Set(rows.map(([, infohash]) => infohash))])
    const transactions = entries.flatMap((entry) => {
      if (entry === undefined || !isLive(entry) || !entry.inputs.some(([, purse]) => ownerOf(purse) === owner))
        return []
      const { height } = entry
      return [{ status: statusOf(entry), ...(height === undefined ? {} : { height: BigInt(height) }) }]
    })
    return { transactions, looked: rows.length }
  }

  #isReached(height: bigint): boolean {
    return height >= 0n && height <= BigInt(headOf(this.#database.disk).tipHeight)
  }

  #block(height: number): LedgerBlock {
    const block = this.block(BigInt(height))
    if (block !== undefined) return block
    const message = `the ledger's database is damaged: it has lost block ${height}; begin again with another data folder`
    throw new OperationError('ledger-damaged', message, { facts: { height } })
  }

  #historyItem(purse: Purse, infohash: Infohash): HistoryItem | undefined {
    const entry = entryOf(this.#database.disk, infohash)
    const tx = this.#transaction(infohash)
    if (entry === undefined || tx === undefined) return undefined
    const block = placeOf(this.#database.disk, entry)
    return {
      infohash,
      status: statusOf(entry),
      firstSeenMs: entry.firstSeenMs,
      ...movementIn(purse, infohash, tx),
      ...(block ? { block } : {}),
    }
  }

  #transaction(infohash: Infohash) {
    const file = this.file(infohash)
    return file && decodeTransaction(file)
  }
}

function balanceIn(account: Account | undefined): LedgerBalance {
  const [accepted, ordered, final, pendingOut] = account?.sums ?? [0n, 0n, 0n, 0n]
  return { accepted, ordered, final, pendingOut, outputs: account?.outputs ?? 0 }
}

function toFingerprint(sum: bigint): Hash {
  return toHash(encodeUint(sum, 32))
}
