// An index that listens to its node: told what happens instead of asking, asking where nothing is told, and made again where the feed does not go on.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { FeedStream } from '../../../../node/feed/stream.ts'
import { isWholeAt, placeIn } from '../../../../node/indexer/apply.ts'
import { type FeedEvent, followFeed } from '../../../../node/indexer/feed-stream.ts'
import { type FeedSource, Indexer } from '../../../../node/indexer/indexer.ts'
import { openPglite } from '../../../../node/indexer/pglite.ts'
import { openPostgres } from '../../../../node/indexer/postgres.ts'
import { IndexServer } from '../../../../node/indexer/server.ts'
import type { Sql } from '../../../../node/indexer/sql.ts'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import { feedHandlers } from '../../../../node/rpc/handlers/feed.ts'
import { FEED_METHODS } from '../../../../node/rpc/methods/feed.ts'
import { RpcServer } from '../../../../node/rpc/server.ts'
import { NO_POSTGRES, openPostgresServer } from '../../../support/postgres.ts'
import { until } from '../../../support/processes/processes.ts'
import { doStage, makeScript } from '../../../unit/node/ledger/kill-script.ts'
import { GENESIS_INFOHASH, hashOf, OWNER, openLedger, SILENT } from '../../../unit/node/ledger/world.ts'

const AT = { sequence: 0, epoch: 1 }

/** The feed of a ledger over HTTP; `asked` counts the readings. */
async function openSource(t: TestContext, ledger: Ledger) {
  assert(ledger.feed)
  const stream = new FeedStream(ledger.feed)
  const page = (...[request, response]: Parameters<RequestListener>) => stream.serve(request, response, {})
  const rpc = new RpcServer({ methods: FEED_METHODS, handlers: feedHandlers(ledger), log: SILENT, page }, { port: 0 })
  await rpc.start()
  t.after(() => rpc.stop())
  const client = createNodeClient(rpc.url)
  const asked = { readings: 0 }
  const source: FeedSource = {
    read: (params) => {
      asked.readings++
      return client.call('feed_read', params)
    },
    snapshot: (params) => client.call('feed_snapshot', params),
    follow: (place, most, signal) => followFeed(rpc.url, place, { most, signal }),
  }
  return { source, asked, stream, url: rpc.url }
}

async function openFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-live-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'index')
}

async function caughtUp(sql: Sql, { feed }: Ledger): Promise<void> {
  await until('the index to be where the feed is', async () => {
    const newest = (await feed?.snapshot(undefined, 1))?.sequence ?? 0
    const place = await placeIn(sql)
    return place !== undefined && isWholeAt(place) && place.sequence === newest ? true : undefined
  })
}

test('what happens is told, without a question; where the stream has ended, it is asked for', async (t) => {
  await using opened = await openLedger({ feed: { keep: 'all' } })
  const { source, asked, stream } = await openSource(t, opened.ledger)
  await using sql = await openPglite(await openFolder(t))
  await using indexer = new Indexer({ sql, feed: source, log: SILENT })
  await indexer.start()
  await caughtUp(sql, opened.ledger)
  const [first, second, ...others] = makeScript()
  assert(first && second)
  await doStage(opened.ledger, first)
  await caughtUp(sql, opened.ledger)
  const before = asked.readings
  for (const stage of others.slice(0, 10)) await doStage(opened.ledger, stage)
  await caughtUp(sql, opened.ledger)
  assert.equal(asked.readings, before)
  stream.stop()
  await doStage(opened.ledger, second)
  await caughtUp(sql, opened.ledger)
  await until('a reading', async () => (asked.readings > before ? true : undefined))
  assert(!indexer.failed.aborted)
})

/** All that a stream of that answer brings. */
async function followed(t: TestContext, answer: RequestListener, most = 100, silenceMs = 60_000) {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}/behind/a/proxy/?key=1` // of TCP
  const batches: (readonly FeedEvent[])[] = []
  const { signal } = new AbortController()
  for await (const batch of followFeed(url, AT, { most, signal, silenceMs })) batches.push(batch)
  return batches
}

const told = (sequence: number) => {
  const block = { id: hashOf('a'), height: '1', parent: hashOf('b'), miner: OWNER.address, publishedAt: 1 }
  const after = { verdict: 'valid', refuted: false, final: false }
  const event = { sequence, epoch: 1, kind: 'block', block, after }
  return `id: ${sequence}-1\ndata: ${JSON.stringify(event)}\n\n`
}

test('a stream is asked for at the place of the node, and read in batches with a bound, in order', async (t) => {
  let asked: unknown[] = []
  const batches = await followed(t, ({ url, headers }, response) => {
    asked = [url, headers.authorization]
    response.writeHead(200).write('retry: 2000\n\n')
    for (let i = 1; i <= 5_000; i++) response.write(told(i))
    response.end()
  })
  assert.deepEqual(asked, ['/behind/a/proxy/feed?key=1&after=0-1', `Basic ${btoa('user:secret')}`])
  const sequences = batches.flat().map(({ sequence }) => sequence)
  assert.deepEqual(
    sequences,
    sequences.map((_, i) => i + 1),
  )
  assert.equal(sequences.length, 5_000)
  assert(batches.every(({ length }) => length >= 1 && length <= 100))
  assert(batches.length < 5_000)
})

test('a stream that is refused, breaks, makes no sense or goes silent ends', async (t) => {
  const answers: Record<string, [RequestListener, number]> = {
    'not found': [(_, response) => response.writeHead(404).end('there is none'), 0],
    elsewhere: [(_, response) => response.writeHead(302, { location: '/' }).end(), 0],
    'refused in the middle': [
      (_, response) => response.end(`${told(1)}event: refused\ndata: {"code":"feed-pruned"}\n\n${told(2)}`),
      1,
    ],
    'no JSON': [(_, response) => response.end(`${told(1)}data: {\n\n${told(2)}`), 1],
    'another form': [(_, response) => response.end(`${told(1)}data: {"sequence":2}\n\n${told(3)}`), 1],
    cut: [(_, response) => response.write(told(1), () => response.destroy()), 1],
    silent: [(_, response) => response.write(told(1)), 1],
    'never answered': [() => undefined, 0],
  }
  for (const [name, [answer, most]] of Object.entries(answers)) {
    const batches = await followed(t, answer, 100, 500)
    assert(batches.flat().length <= most, name)
  }
})

for (const kind of ['PGlite', 'PostgreSQL'] as const) {
  const skip = kind === 'PostgreSQL' ? NO_POSTGRES : undefined
  test(`${kind}: an index whose feed was pruned is made again, and no part of it is taken for the whole`, {
    skip,
  }, async (t) => {
    await using postgres = kind === 'PGlite' ? undefined : await openPostgresServer()
    await using opened = await openLedger({ feed: { keep: 1n } })
    await using sql = postgres ? await openPostgres(postgres.url) : await openPglite(await openFolder(t))
    const stages = makeScript()
    {
      const { source } = await openSource(t, opened.ledger)
      await using indexer = new Indexer({ sql, feed: source, log: SILENT })
      await indexer.start()
      for (const stage of stages.slice(0, 20)) await doStage(opened.ledger, stage)
      await caughtUp(sql, opened.ledger)
    }
    await using server = new IndexServer({ sql, log: SILENT }, { port: 0 })
    await server.start()
    const count = async () => {
      const response = await fetch(`${server.url}/addresses/${OWNER.address}/history?limit=200`)
      if (response.status === 200) return JSON.stringify(await response.json())
      assert.equal(response.status, 503)
      assert.equal(response.headers.get('retry-after'), '5')
      return undefined
    }
    const old = await count()
    assert(old)
    for (const stage of stages.slice(20)) await doStage(opened.ledger, stage)
    await opened.reopen()
    const seen = new Set<string | undefined>()
    const { source } = await openSource(t, opened.ledger)
    // Each page is looked at, and things happen between the pages.
    let isPruned = false
    const watched: FeedSource = {
      read: async (params) => {
        seen.add(await count())
        return await source.read(params).catch((error) => {
          isPruned ||= error.code === 'feed-pruned'
          throw error
        })
      },
      snapshot: async (params) => {
        seen.add(await count())
        return await source.snapshot(params)
      },
    }
    await using indexer = new Indexer({ sql, feed: watched, log: SILENT, page: 25 })
    await indexer.start()
    await caughtUp(sql, opened.ledger)
    assert(isPruned && !indexer.failed.aborted)
    const now = await count()
    assert(now && now !== old)
    assert.deepEqual(seen, new Set([old, undefined, now]))
    const { address } = OWNER
    const [row] = await sql.query(`select amount::text from balances where owner = $1 and asset = ''`, [address])
    const { accepted, ordered, final } = opened.ledger.balance(address)
    assert.equal(row?.['amount'], `${accepted + ordered + final}`)
  })
}

test('what changes while a snapshot is read makes the index whole only once it has come', async (t) => {
  await using opened = await openLedger({ feed: { keep: 'all' } })
  const { source } = await openSource(t, opened.ledger)
  const [first, ...others] = makeScript().slice(0, 12)
  assert(first)
  await doStage(opened.ledger, first)
  await using sql = await openPglite(await openFolder(t))
  const places: boolean[] = []
  const busy: FeedSource = {
    read: async (params) => {
      const place = await placeIn(sql)
      places.push(place !== undefined && isWholeAt(place))
      return await source.read(params)
    },
    snapshot: async (params) => {
      const next = others.shift()
      if (next) await doStage(opened.ledger, next)
      return await source.snapshot(params)
    },
  }
  await using indexer = new Indexer({ sql, feed: busy, log: SILENT, page: 25 })
  await indexer.start()
  await caughtUp(sql, opened.ledger)
  assert.equal(places[0], false)
  const [{ count } = {}] = await sql.query(
    `select count(*)::int as count from transactions where status in ('accepted', 'ordered', 'final')`,
  )
  assert.equal(count, opened.ledger.summary().count)
})

test('an index of another network is left alone', async (t) => {
  await using opened = await openLedger({ feed: { keep: 'all' } })
  const { source: feed } = await openSource(t, opened.ledger)
  await using sql = await openPglite(await openFolder(t))
  {
    await using indexer = new Indexer({ sql, feed, log: SILENT, genesis: GENESIS_INFOHASH })
    await indexer.start()
    await caughtUp(sql, opened.ledger)
  }
  const other = new Indexer({ sql, feed, log: SILENT, genesis: 'ab'.repeat(20) as typeof GENESIS_INFOHASH }) // its form
  await assert.rejects(other.start(), { code: 'index-other-network' })
  assert.equal((await sql.query('select 1 from transactions')).length, 1)
})
