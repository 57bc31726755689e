// A database of an index that is there and does not answer, or cannot write: nobody waits for it forever, and the index goes on once it can.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type FeedSource, Indexer } from '../../../../node/indexer/indexer.ts'
import { openPglite } from '../../../../node/indexer/pglite.ts'
import { openPostgres } from '../../../../node/indexer/postgres.ts'
import { migrate } from '../../../../node/indexer/schema.ts'
import { IndexServer } from '../../../../node/indexer/server.ts'
import type { Sql } from '../../../../node/indexer/sql.ts'
import { takeLock } from '../../../../scripts/lock.ts'
import { NO_POSTGRES, openPostgresServer } from '../../../support/postgres.ts'
import { startTtx, ttx, until } from '../../../support/processes/processes.ts'
import { SILENT } from '../../../unit/node/ledger/world.ts'

const QUICK = { connectMs: 300, queryMs: 300, statementMs: 300 }
const BLOCK = `0x${'ab'.repeat(32)}`

/** A feed of one block more with each reading, as long as it is asked. */
function endlessFeed(): FeedSource {
  const block = { id: BLOCK, height: 1n, parent: BLOCK, miner: `0x${'cd'.repeat(20)}`, publishedAt: 1 } as never // of a block
  const after = { verdict: 'valid', refuted: false, final: false } as const
  return {
    read: async ({ after: sequence }) => ({
      events: [{ sequence: sequence + 1, epoch: 1, kind: 'block', block, after }],
      newest: sequence + 1,
    }),
    snapshot: async () => ({ sequence: 0, epoch: 1, changes: [] }),
  }
}

async function sequenceOf(sql: Sql): Promise<number> {
  const [row] = await sql.query(`select value::json->>'sequence' as at from meta where key = 'place'`)
  return Number(row?.['at'] ?? -1)
}

async function isAbove(sql: Sql, sequence: number): Promise<void> {
  await until(`the index to be behind event ${sequence}`, async () =>
    (await sequenceOf(sql).catch(() => -1)) > sequence ? true : undefined,
  )
}

test('a server that accepts and says nothing is not waited for', async () => {
  const sockets = new Set<Socket>()
  await using server = createServer((socket) => sockets.add(socket.on('error', () => undefined)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `postgres://ttx@127.0.0.1:${(server.address() as AddressInfo).port}/ttx` // of TCP
  await assert.rejects(openPostgres(url, QUICK), { code: 'index-failed' })
  const stop = new AbortController()
  const opening = openPostgres(url, { connectMs: 3_600_000, signal: stop.signal })
  stop.abort()
  await assert.rejects(opening, { code: 'index-failed' })
  for (const socket of sockets) socket.destroy()
})

test('an index goes on when its PostgreSQL does, and its server says so meanwhile', { skip: NO_POSTGRES }, async () => {
  await using postgres = await openPostgresServer()
  await using sql = await openPostgres(postgres.url, QUICK)
  await using indexer = new Indexer({ sql, feed: endlessFeed(), log: SILENT })
  await using server = new IndexServer({ sql, log: SILENT }, { port: 0 })
  await indexer.start()
  await server.start()
  for (let times = 0; times < 3; times++) {
    await isAbove(sql, await sequenceOf(sql))
    postgres.pause()
    // More than there are connections.
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${server.url}/payments`)))
    for (const answer of answers) {
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('retry-after'), '5')
      assert.match(((await answer.json()) as { error: string }).error, /see whether it runs/)
    }
    postgres.resume()
    await until('an answer', async () => ((await fetch(`${server.url}/payments`)).status === 200 ? true : undefined))
    await isAbove(sql, await sequenceOf(sql))
  }
  assert(!indexer.failed.aborted)
})

test('what waits for a PostgreSQL that is silent ends when it is told to', { skip: NO_POSTGRES }, async () => {
  await using postgres = await openPostgresServer()
  const never = { connectMs: 3_600_000, queryMs: 3_600_000, statementMs: 3_600_000 }
  const stop = new AbortController()
  {
    await using sql = await openPostgres(postgres.url, { ...never, signal: stop.signal })
    await using indexer = new Indexer({ sql, feed: endlessFeed(), log: SILENT })
    await indexer.start()
    await isAbove(sql, 1)
    postgres.pause()
    const asked = assert.rejects(sql.query('select 1'))
    stop.abort()
    await indexer.stop()
    await asked
  }
  postgres.resume()
  await using serving = startTtx(['index', '--only-serve', '--serve', '0', '--database', postgres.url])
  await serving.said(/queries/)
  const [, url = ''] = /^queries +(\S+)/m.exec(serving.out) ?? []
  assert.equal((await fetch(`${url}/status`)).status, 200)
  postgres.pause()
  const cut = fetch(`${url}/status`).catch(() => undefined)
  const { exitCode, err } = await serving.stop('SIGTERM')
  await cut
  postgres.resume()
  assert.equal(exitCode, 0, err)
})

test('a commit whose answer was lost, and which comes true late, is not taken for another writer', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-index-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await using database = await openPglite(join(folder, 'index'))
  await migrate(database)
  let late: (() => Promise<unknown>) | undefined
  let lost = 0
  const sql: Sql = {
    ...database,
    async transaction(work) {
      const before = late
      late = undefined
      await before?.()
      if (lost++ % 3 !== 1) return await database.transaction(work)
      late = () => database.transaction(work)
      throw new Error('no answer')
    },
  }
  await using indexer = new Indexer({ sql, feed: endlessFeed(), log: SILENT })
  await indexer.start()
  await isAbove(sql, 5)
  assert(!indexer.failed.aborted)
})

test('PGlite writes nothing where the disk is nearly full, and answers all the same', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-index-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'index')
  let free = 0
  const freeBytes = async () => free
  await assert.rejects(openPglite(path, { freeBytes }), { code: 'write-failed' })
  free = 2 ** 40
  await using sql = await openPglite(path, { freeBytes })
  await using indexer = new Indexer({ sql, feed: endlessFeed(), log: SILENT })
  await indexer.start()
  await isAbove(sql, 1)
  free = 2 ** 20
  await assert.rejects(
    sql.transaction(async (query) => await query('delete from blocks')),
    { code: 'write-failed' },
  )
  const before = await sequenceOf(sql)
  free = 2 ** 40
  await isAbove(sql, before)
})

test('a file of PGlite that may not grow is said, and the index goes on once it may', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-index-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await using sql = await openPglite(join(folder, 'index'))
  const limit = (bytes: string) =>
    promisify(execFile)('prlimit', ['--pid', `${process.pid}`, `--fsize=${bytes}:unlimited`])
  await sql.query('create table grown (text text)')
  await limit('1')
  await assert.rejects(sql.query(`insert into grown values ('x')`), /File too large/)
  await limit('unlimited')
  await sql.query(`insert into grown values ('x')`)
})

test('PGlite that is killed while it is made, or in its first migration, is made whole by the next start', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-index-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  // The first file, in the middle, the last one that PGlite unpacks, and those of tables of ours.
  for (const most of [1, 400, 980, 1_010]) {
    const path = join(folder, `${most}`)
    await mkdir(path)
    const child = spawn(process.execPath, [join(import.meta.dirname, 'writer-child.ts'), 'http://127.0.0.1:1', path])
    const ended = once(child, 'close')
    const files = (at: string) => (existsSync(at) ? readdirSync(at, { recursive: true }).length : 0)
    // It is renamed and cleaned up meanwhile.
    const isThere = () => attempt(() => files(path) >= most || files(`${path}.new`) >= most)
    while (!isThere() && child.exitCode === null) await delay(5)
    child.kill('SIGKILL')
    await ended
    await using sql = await openPglite(path)
    await migrate(sql)
    assert.deepEqual(await sql.query('select * from transactions'), [])
  }
})

test('a folder of PGlite that another process has is left alone', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'ttx-index-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  await using _lock = await takeLock(data, 'index')
  const { exitCode, err } = await ttx(['index', '--data', data])
  assert.equal(exitCode, 1)
  assert.match(err, /expected no other index on .*, got one \(process \d+\); use it, stop it/)
  assert.deepEqual(readdirSync(data), ['index.lock'])
})

function attempt(look: () => boolean): boolean {
  try {
    return look()
  } catch {
    return false
  }
}
