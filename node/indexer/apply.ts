// Applies changes of a feed to the tables, in one SQL transaction with the place in the feed: each change counts exactly once.

import { OperationError } from '../errors.ts'
import { assetMovedBy } from '../ledger/movement.ts'
import { encodeText } from '../protocol/bytes.ts'
import type { Infohash } from '../protocol/ids.ts'
import { decodeTransaction } from '../protocol/transaction.ts'
import type { Result } from '../rpc/api.ts'
import type { Query, Sql } from './sql.ts'

export type TellableChange = Result<'feed_snapshot'>['changes'][number]
type Told<K extends TellableChange['kind']> = Extract<TellableChange, { kind: K }>
type Move = { readonly owner: string; readonly asset?: string | undefined; readonly amount: string }

/**
 * How far an index is: in a snapshot (`next` is its next page), or in the feed behind an event. What changed while a snapshot was read is half in it until
 * the event `wholeAt` has come.
 */
export type Place =
  | { readonly in: 'snapshot'; readonly next?: string; readonly sequence: number; readonly epoch: number }
  | { readonly in: 'feed'; readonly sequence: number; readonly epoch: number; readonly wholeAt?: number }

/** All that hold what the feed told. */
const TABLES = ['transactions', 'movements', 'base_outputs', 'balances', 'assets', 'blocks', 'branch']

const LIVE = new Set(['accepted', 'ordered', 'final'])

/** Undefined of a new index. */
export async function placeIn(sql: Pick<Sql, 'query'>): Promise<Place | undefined> {
  const [row] = await sql.query(`select value from meta where key = 'place'`)
  return row === undefined ? undefined : (JSON.parse(String(row['value'])) as Place) // as `apply` wrote it
}

/** `build` tells apart what was made before and after an index was emptied; undefined as long as it is not whole. */
export async function wholeBuild(sql: Pick<Sql, 'query'>): Promise<string | undefined> {
  const rows = await sql.query(`select key, value from meta where key in ('place', 'builds')`)
  const meta = new Map(rows.map(({ key, value }) => [String(key), String(value)]))
  const place = meta.get('place')
  const isWhole = place !== undefined && isWholeAt(JSON.parse(place) as Place) // as `apply` wrote it
  return isWhole ? (meta.get('builds') ?? '0') : undefined
}

export function isWholeAt(place: Place): boolean {
  return place.in === 'feed' && place.wholeAt === undefined
}

/** Empties the index: it begins again. Throws `OperationError('index-moved')` where another writer has gone on from `from`. */
export async function clear(sql: Sql, from: Place): Promise<void> {
  await sql.transaction(async (query) => {
    const left = await query(`delete from meta where key = 'place' and value = $1 returning key`, [
      JSON.stringify(from),
    ])
    if (left.length === 0) throw indexMoved()
    await query(`insert into meta values ('builds', '1')
      on conflict (key) do update set value = (meta.value::int + 1)::text`)
    await query(`truncate ${TABLES.join(', ')}`)
  })
}

/** Throws `OperationError('index-moved')` where another writer has gone on from `from`. */
export async function apply(
  sql: Sql,
  changes: readonly TellableChange[],
  from: Place | undefined,
  to: Place,
): Promise<void> {
  await sql.transaction(async (query) => {
    const moved =
      from === undefined
        ? await query(`insert into meta values ('place', $1) on conflict do nothing returning key`, [
            JSON.stringify(to),
          ])
        : await query(`update meta set value = $1 where key = 'place' and value = $2 returning key`, [
            JSON.stringify(to),
            JSON.stringify(from),
          ])
    if (moved.length === 0) throw indexMoved()
    const balances = new Balances()
    await applyTransactions(query, ofKind(changes, 'transaction'), balances)
    await applyBase(query, ofKind(changes, 'base'), balances)
    await balances.write(query)
    await applyBranch(query, ofKind(changes, 'branch'))
    await applyBlocks(query, ofKind(changes, 'block'))
  })
}

async function applyTransactions(query: Query, changes: readonly Told<'transaction'>[], balances: Balances) {
  // What several changes of one transaction come to.
  const last = new Map<string, Told<'transaction'>>()
  for (const change of changes) {
    const before = last.get(change.infohash)
    const moves = change.after?.moves ?? before?.after?.moves
    const after = change.after && { ...change.after, ...(moves === undefined ? {} : { moves }) }
    const { arrival, firstSeenMs, file } = { ...before, ...withoutUndefined(change) }
    last.set(change.infohash, {
      kind: 'transaction',
      infohash: change.infohash,
      ...withoutUndefined({ after, arrival, firstSeenMs, file }),
    })
  }
  if (last.size === 0) return
  const names = [...last.keys()]
  const rows = await query('select infohash, status, arrival::text from transactions where infohash = any($1)', [names])
  const known = new Map(rows.map((row) => [String(row['infohash']), row]))
  const moves = await movesOf(query, [...known.keys()])
  const [inserted, moved, forgotten]: [object[], object[], string[]] = [[], [], []]
  const [written, rewritten]: [object[], string[]] = [[], []]
  for (const [infohash, { after, arrival, firstSeenMs, file }] of last) {
    const row = known.get(infohash)
    const old = moves.get(infohash) ?? []
    if (row !== undefined && LIVE.has(String(row['status']))) balances.add(old, -1n)
    if (after === undefined) {
      if (row !== undefined) forgotten.push(infohash)
      continue
    }
    const now = after.moves ?? old
    const at = Number(row?.['arrival'] ?? arrival ?? 0)
    // Forgotten since: an event that is still to come says so.
    if (row === undefined && file === undefined) continue
    if (LIVE.has(after.status)) balances.add(now, 1n)
    const place = {
      infohash,
      status: after.status,
      block: after.block?.id,
      height: after.block && `${after.block.height}`,
      step: after.block?.step,
    }
    if (row !== undefined) moved.push(place)
    else
      inserted.push({
        ...place,
        arrival: at,
        first_seen_ms: firstSeenMs ?? 0,
        ...factsOf(infohash as Infohash, file ?? ''),
      }) // of the feed
    if (after.moves === undefined) continue
    if (row !== undefined) rewritten.push(infohash)
    for (const { owner, asset = '', amount } of after.moves)
      written.push({ owner, asset, arrival: at, infohash, amount })
  }
  if (forgotten.length > 0) await query('delete from transactions where infohash = any($1)', [forgotten])
  const outdated = [...forgotten, ...rewritten]
  if (outdated.length > 0) await query('delete from movements where infohash = any($1)', [outdated])
  if (moved.length > 0)
    await query(
      `update transactions t set status = n.status, block = n.block, height = n.height, step = n.step
       from jsonb_to_recordset($1::jsonb) as n(infohash text, status text, block text, height bigint, step int)
       where t.infohash = n.infohash`,
      [JSON.stringify(moved)],
    )
  if (inserted.length > 0)
    await query(
      `insert into transactions select * from jsonb_to_recordset($1::jsonb) as n(infohash text, arrival bigint,
       first_seen_ms bigint, kind text, status text, block text, height bigint, step int, sender text, recipient text,
       asset text, tokens numeric, memo text, bridge_to text)`,
      [JSON.stringify(inserted)],
    )
  if (written.length > 0)
    await query(
      `insert into movements select * from jsonb_to_recordset($1::jsonb)
       as n(owner text, asset text, arrival bigint, infohash text, amount numeric)`,
      [JSON.stringify(written)],
    )
}

async function movesOf(query: Query, infohashes: readonly string[]): Promise<Map<string, Move[]>> {
  const moves = new Map<string, Move[]>()
  if (infohashes.length === 0) return moves
  const rows = await query('select infohash, owner, asset, amount::text from movements where infohash = any($1)', [
    infohashes,
  ])
  for (const { infohash, owner, asset, amount } of rows) {
    const each = moves.get(String(infohash)) ?? []
    each.push({ owner: String(owner), asset: String(asset), amount: String(amount) })
    moves.set(String(infohash), each)
  }
  return moves
}

/** What the views show of a transaction, out of its file. PostgreSQL has no text with a zero byte. */
function factsOf(infohash: Infohash, file: string) {
  const tx = decodeTransaction(encodeText(file))
  const asset = assetMovedBy(tx, infohash) ?? ''
  if (tx.kind === 'take') {
    const { offer, from } = tx
    const given = { sender: offer.from, recipient: from, asset: offer.give.asset ?? '', tokens: `${offer.give.tokens}` }
    return { kind: 'take', ...given, ...memoOf(tx.memo) }
  }
  const paid = { kind: tx.kind, recipient: tx.to, asset, tokens: `${tx.tokens}` }
  if (tx.kind !== 'signed') return paid
  const kind = tx.issuance ? 'issuance' : tx.bridge === undefined ? 'payment' : 'request'
  return { ...paid, kind, sender: tx.from, ...(tx.bridge ? { bridge_to: tx.bridge.to } : {}), ...memoOf(tx.memo) }
}

function memoOf(memo: string | undefined) {
  return memo === undefined ? {} : { memo: memo.replaceAll('\0', '\ufffd') }
}

async function applyBase(query: Query, changes: readonly Told<'base'>[], balances: Balances) {
  for (const { infohash, after } of new Map(changes.map((change) => [change.infohash, change])).values()) {
    const old = await query('delete from base_outputs where infohash = $1 returning owner, asset, amount::text', [
      infohash,
    ])
    balances.add(
      old.map((row) => ({ owner: String(row['owner']), asset: String(row['asset']), amount: String(row['amount']) })),
      -1n,
    )
    if (after === undefined) continue
    balances.add(after, 1n)
    const rows = after.map(({ owner, asset = '', amount }) => ({ infohash, owner, asset, amount }))
    await query(
      'insert into base_outputs select * from jsonb_to_recordset($1::jsonb) as n(infohash text, owner text, asset text, amount numeric)',
      [JSON.stringify(rows)],
    )
  }
}

async function applyBranch(query: Query, changes: readonly Told<'branch'>[]) {
  for (const { removed, added } of changes) {
    for (const { height, id } of removed)
      await query('delete from branch where height = $1 and id = $2', [`${height}`, id])
    const rows = added.map(({ height, id, publishedAt }) => ({ height: `${height}`, id, published_at: publishedAt }))
    await query(
      `insert into branch select * from jsonb_to_recordset($1::jsonb) as n(height bigint, id text, published_at bigint)
       on conflict (height) do update set id = excluded.id, published_at = excluded.published_at`,
      [JSON.stringify(rows)],
    )
  }
}

async function applyBlocks(query: Query, changes: readonly Told<'block'>[]) {
  const last = [...new Map(changes.map((change) => [change.block.id, change])).values()]
  const gone = last.flatMap(({ block, after }) => (after === undefined ? [block.id] : []))
  if (gone.length > 0) await query('delete from blocks where id = any($1)', [gone])
  const rows = last.flatMap(({ block: { publishedAt, height, ...block }, after }) =>
    after === undefined ? [] : [{ ...block, ...after, height: `${height}`, published_at: publishedAt }],
  )
  if (rows.length === 0) return
  await query(
    `insert into blocks select * from jsonb_to_recordset($1::jsonb) as n(id text, height bigint, parent text, miner text,
     published_at bigint, torrent text, verdict text, refuted boolean, final boolean)
     on conflict (id) do update set verdict = excluded.verdict, refuted = excluded.refuted, final = excluded.final`,
    [JSON.stringify(rows)],
  )
}

/** What a batch adds to each balance, written at once. */
class Balances {
  readonly #sums = new Map<string, bigint>()

  add(moves: readonly Move[], sign: bigint): void {
    for (const { owner, asset = '', amount } of moves) {
      const key = `${owner}/${asset}`
      this.#sums.set(key, (this.#sums.get(key) ?? 0n) + sign * BigInt(amount))
    }
  }

  async write(query: Query): Promise<void> {
    const supplies = new Map<string, bigint>()
    const rows = [...this.#sums].flatMap(([key, amount]) => {
      if (amount === 0n) return []
      const end = key.indexOf('/')
      const [owner, asset] = [key.slice(0, end), key.slice(end + 1)]
      supplies.set(asset, (supplies.get(asset) ?? 0n) + amount)
      return [{ owner, asset, amount: `${amount}` }]
    })
    if (rows.length === 0) return
    await query(
      `insert into balances select * from jsonb_to_recordset($1::jsonb) as n(owner text, asset text, amount numeric)
       on conflict (owner, asset) do update set amount = balances.amount + excluded.amount`,
      [JSON.stringify(rows)],
    )
    const assets = [...supplies].map(([asset, supply]) => ({ asset, supply: `${supply}` }))
    await query(
      `insert into assets select * from jsonb_to_recordset($1::jsonb) as n(asset text, supply numeric)
       on conflict (asset) do update set supply = assets.supply + excluded.supply`,
      [JSON.stringify(assets)],
    )
  }
}

function ofKind<K extends TellableChange['kind']>(changes: readonly TellableChange[], kind: K): Told<K>[] {
  return changes.filter((change): change is Told<K> => change.kind === kind)
}

/** `exactOptionalPropertyTypes` tells a member that is undefined from one that is not there. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never // the same members
}

function indexMoved(): OperationError {
  return new OperationError(
    'index-moved',
    'expected to be the only writer of this index, got another one that has gone on; stop one of them',
  )
}
