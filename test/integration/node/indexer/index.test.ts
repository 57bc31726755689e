// An index over reorganisations, and kills of its writer and its database: in the end it is as one that was made afresh, in both databases.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { placeIn } from '../../../../node/indexer/apply.ts'
import { type FeedSource, Indexer } from '../../../../node/indexer/indexer.ts'
import { openPglite } from '../../../../node/indexer/pglite.ts'
import { openPostgres } from '../../../../node/indexer/postgres.ts'
import { IndexServer } from '../../../../node/indexer/server.ts'
import type { Sql } from '../../../../node/indexer/sql.ts'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import { feedHandlers } from '../../../../node/rpc/handlers/feed.ts'
import { toWire } from '../../../../node/rpc/json.ts'
import { FEED_METHODS } from '../../../../node/rpc/methods/feed.ts'
import { RpcServer } from '../../../../node/rpc/server.ts'
import { NO_POSTGRES, openPostgresServer, type Postgres } from '../../../support/postgres.ts'
import { doStage, makeScript } from '../../../unit/node/ledger/kill-script.ts'
import { OWNER, openLedger, person, SILENT } from '../../../unit/node/ledger/world.ts'

const CHILD = join(import.meta.dirname, 'writer-child.ts')
const TABLES = ['transactions', 'movements', 'base_outputs', 'balances', 'assets', 'blocks', 'branch']
const LIVE = ['accepted', 'ordered', 'final']

test('PGlite: a writer that is killed again and again counts everything once', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-index-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  await killedWriter(context, join(folder, 'index'), undefined)
})

test('PostgreSQL: a writer and a server that are killed again and again count everything once', {
  skip: NO_POSTGRES,
}, async (context) => {
  await using postgres = await openPostgresServer()
  await killedWriter(context, postgres.url, postgres)
})

test('two servers of one PostgreSQL read the same, and a second writer is refused', { skip: NO_POSTGRES }, async () => {
  await using postgres = await openPostgresServer()
  await using opened = await openLedger({ feed: { keep: 'all' } })
  for (const stage of makeScript().slice(0, 20)) await doStage(opened.ledger, stage)
  await using sql = await openPostgres(postgres.url)
  await follow(sql, opened.ledger)
  await using other = await openPostgres(postgres.url)
  await using a = new IndexServer({ sql, log: SILENT }, { port: 0 })
  await using b = new IndexServer({ sql: other, log: SILENT }, { port: 0 })
  await Promise.all([a.start(), b.start()])
  for (const path of [
    '/payments',
    `/addresses/${OWNER.address}/history`,
    '/assets/ttx/owners',
    '/blocks',
    '/search?q=ab',
    '/status',
  ]) {
    const [one, two] = await Promise.all([a, b].map(async ({ url }) => (await fetch(url + path)).json()))
    assert.deepEqual(one, two)
  }
  // Both read the same place, and both go on from it.
  const wait = Promise.withResolvers<void>()
  let readers = 0
  const both = (feed: FeedSource): FeedSource => ({
    ...feed,
    read: async (params) => {
      const page = await feed.read(params)
      if (++readers === 2) wait.resolve()
      await wait.promise
      return page
    },
  })
  for (const stage of makeScript().slice(20, 24)) await doStage(opened.ledger, stage)
  const feed = both(sourceOf(opened.ledger))
  await using first = new Indexer({ sql, feed, log: SILENT })
  await using second = new Indexer({ sql: other, feed, log: SILENT })
  await Promise.all([first.start(), second.start()])
  const failed = await Promise.race(
    [first, second].map(
      ({ failed }) => new Promise((resolve) => failed.addEventListener('abort', () => resolve(failed.reason))),
    ),
  )
  assert.equal((failed as { code?: string }).code, 'index-moved')
})

test('an index whose node keeps no feed says so, and a newer index is left alone', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-index-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  await using opened = await openLedger({ feed: { keep: 1n } })
  await using sql = await openPglite(join(folder, 'index'))
  {
    const { feed_read: read, feed_snapshot: snapshot } = feedHandlers({ feed: undefined })
    const feed = { read: () => read({ after: 0, limit: 1 }), snapshot: () => snapshot({ limit: 1 }) }
    await using indexer = new Indexer({ sql, feed, log: SILENT })
    await indexer.start()
    await new Promise<void>((resolve) => indexer.failed.addEventListener('abort', () => resolve()))
    assert.equal(indexer.failed.reason.code, 'feed-off')
  }
  await sql.query(`update meta set value = '99' where key = 'schema'`)
  await assert.rejects(new Indexer({ sql, feed: sourceOf(opened.ledger), log: SILENT }).start(), {
    code: 'index-newer',
  })
  await assert.rejects(openPostgres('postgres://ttx@127.0.0.1:1/none'), { code: 'index-failed' })
})

test('pages by cursor show everything once, newest first', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-index-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  await using opened = await openLedger({ feed: { keep: 'all' } })
  for (const stage of makeScript().slice(0, 12)) await doStage(opened.ledger, stage)
  await using sql = await openPglite(join(folder, 'index'))
  await follow(sql, opened.ledger)
  await using server = new IndexServer({ sql, log: SILENT }, { port: 0 })
  await server.start()
  const all = async (path: string, cursor: string) => {
    const items: Record<string, string>[] = []
    for (let next: string | undefined = ''; next !== undefined; ) {
      const url = new URL(server.url + path)
      if (next !== '') url.searchParams.set(cursor, next)
      url.searchParams.set('limit', '7')
      const response = await fetch(url)
      assert.equal(response.status, 200, await response.clone().text())
      const page = (await response.json()) as { items: Record<string, string>[]; next?: string }
      items.push(...page.items)
      next = page.next
    }
    return items
  }
  const payments = await all('/payments', 'before')
  const arrivals = (await opened.ledger.arrivals(0, 10_000)).items.map(({ infohash }) => infohash)
  assert.deepEqual(
    payments.map(({ infohash }) => infohash),
    arrivals.toReversed(),
  )
  for (const status of ['final', 'ordered', 'conflicting'])
    assert.deepEqual(
      await all(`/payments?status=${status}&asset=ttx`, 'before'),
      payments.filter((payment) => payment['status'] === status),
    )
  const history = await all(`/addresses/${OWNER.address}/history?asset=ttx`, 'before')
  const page = await opened.ledger.history(OWNER.address, { limit: 1_000 })
  assert.deepEqual(
    history.map(({ infohash }) => infohash),
    page.items.map(({ infohash }) => infohash),
  )
  const owners = await all('/assets/ttx/owners', 'after')
  assert.deepEqual(
    owners.map(({ owner }) => owner),
    [OWNER.address, person('payee').address],
  )
  assert.equal((await all('/assets', 'after'))[0]?.['supply'], `${10n ** 27n}`)
  const [payment] = payments
  const found = await (await fetch(`${server.url}/search?q=${payment?.['infohash']?.slice(0, 8)}`)).json()
  assert.deepEqual((found as { payments: unknown }).payments, [payment?.['infohash']])
  const wrong = [
    ['/payments?limit=0', 400],
    ['/payments?owner=x', 400],
    ['/nothing', 404],
    [`/blocks/0x${'0'.repeat(64)}`, 404],
  ] as const
  for (const [path, status] of wrong) assert.equal((await fetch(server.url + path)).status, status, path)
  assert.equal((await fetch(server.url, { method: 'POST' })).status, 405)
  for (const headers of [
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { host: 'evil.example' },
    { host: '127.0.0.1.evil.example:80' },
  ])
    assert.equal(await statusOf(`${server.url}/payments`, headers), 403, JSON.stringify(headers))
  const block = payments.find((each) => each['status'] === 'ordered')?.['block']
  const steps = await all(`/blocks/${block}/steps`, 'after')
  assert.deepEqual(
    steps.map(({ step }) => step),
    steps.map((_, i) => i),
  )
})

/** Not by `fetch`, which sets these headers itself. */
async function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const [response] = await once(request(url, { headers }).end(), 'response')
  response.resume()
  return response.statusCode
}

async function killedWriter(context: TestContext, database: string, postgres: Postgres | undefined) {
  await using opened = await openLedger({ feed: { keep: 'all' } })
  const { ledger } = opened
  await using rpc = new RpcServer({ methods: FEED_METHODS, handlers: feedHandlers(ledger), log: SILENT }, { port: 0 })
  await rpc.start()
  // Where this fails, none lives on.
  await using writers = new AsyncDisposableStack()
  const startWriter = () => {
    const started = writerOf(rpc.url, database)
    writers.defer(started.kill)
    return started
  }
  const stages = makeScript()
  let kills = 0
  for (let next = 0; next < stages.length; kills++) {
    const writer = startWriter()
    await writer.reached(1)
    const until = Math.min(stages.length, next + 12)
    for (; next < until; next++) {
      const stage = stages[next]
      if (stage !== undefined) await doStage(ledger, stage)
    }
    if (postgres !== undefined && kills % 2 === 1) {
      await postgres.kill()
      await postgres.start()
      await writer.reached(await newestOf(ledger))
    }
    await writer.kill()
  }
  context.diagnostic(`${kills} kills`)
  const writer = startWriter()
  await writer.reached(await newestOf(ledger))
  await writer.kill()
  await using sql = postgres === undefined ? await openPglite(database) : await openPostgres(database)
  await holdsWhat(sql, ledger)
}

/** As a fresh index of the snapshot, and as the ledger has it. */
async function holdsWhat(sql: Sql, ledger: Ledger): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-fresh-'))
  try {
    await using fresh = await openPglite(join(folder, 'index'))
    await follow(fresh, ledger)
    for (const table of TABLES) {
      const dump = `select row_to_json(t)::text as row from ${table} t order by 1`
      assert.deepEqual(await sql.query(dump), await fresh.query(dump), table)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  for (const { address } of [OWNER, person('payee')]) {
    const [row] = await sql.query(`select amount::text from balances where owner = $1 and asset = ''`, [address])
    const { accepted, ordered, final } = ledger.balance(address)
    assert.equal(row?.['amount'], `${accepted + ordered + final}`)
  }
  const [counted] = await sql.query('select count(*)::int as count from transactions where status = any($1)', [LIVE])
  assert.equal(counted?.['count'], ledger.summary().count)
}

function sourceOf(ledger: Ledger): FeedSource {
  const { feed_read, feed_snapshot } = feedHandlers(ledger)
  const parsed = <T>(schema: { parse: (value: unknown) => T }, value: unknown) => schema.parse(toWire(value))
  return {
    read: async (params) => parsed(FEED_METHODS.feed_read.result, await feed_read({ limit: 1_000, ...params })),
    snapshot: async (params) =>
      parsed(FEED_METHODS.feed_snapshot.result, await feed_snapshot({ limit: 1_000, ...params })),
  }
}

async function newestOf(ledger: Ledger): Promise<number> {
  return (await sourceOf(ledger).snapshot({ limit: 1 })).sequence
}

async function follow(sql: Sql, ledger: Ledger): Promise<void> {
  await using indexer = new Indexer({ sql, feed: sourceOf(ledger), log: SILENT })
  await indexer.start()
  const newest = await newestOf(ledger)
  for (let place = await placeIn(sql); place?.in !== 'feed' || place.sequence < newest; place = await placeIn(sql))
    await delay(20)
}

function writerOf(url: string, database: string) {
  const child = spawn(process.execPath, [CHILD, url, database], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async reached(sequence: number) {
      for (;;) {
        const { value, done } = await lines.next()
        if (done) throw new Error('the writer ended')
        if (Number(value) >= sequence) return
      }
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
