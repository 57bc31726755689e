// The change feed of a ledger: gap-free, exact in what was before, undone by it, and kept over kills.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import type { LedgerFeed } from '../../../../../node/ledger/feed/feed.ts'
import { Ledger } from '../../../../../node/ledger/ledger.ts'
import { doStage, makeScript } from '../kill-script.ts'
import {
  block,
  GENESIS,
  GENESIS_BLOCK,
  GENESIS_INFOHASH,
  hashOf,
  NOW_MS,
  OWNER,
  openLedger,
  pay,
  person,
  RULES,
  SILENT,
} from '../world.ts'
import { Replay, readAll, snapshotOf } from './replay.ts'

const FEED = { feed: { keep: 'all' } } as const
const CHILD = join(import.meta.dirname, '..', 'kill-child.ts')

function feedOf(ledger: Ledger): LedgerFeed {
  assert(ledger.feed)
  return ledger.feed
}

test('the events of payments, blocks that die and blocks that become final add up to the ledger, and back to nothing', async () => {
  await using opened = await openLedger({ ...FEED, limits: { batchRows: 50, dead: 3 } })
  for (const stage of makeScript()) await doStage(opened.ledger, stage)
  const events = await readAll(feedOf(opened.ledger))
  assert.deepEqual(
    events.map(({ sequence }) => sequence),
    events.map((_, i) => i + 1),
  )
  const replay = new Replay()
  for (const event of events) replay.apply(event)
  const { replay: now, sequence } = await snapshotOf(feedOf(opened.ledger))
  assert.equal(sequence, events.length)
  assert.deepEqual(replay.all, now.all)
  for (const [infohash, { status }] of replay.transactions)
    assert.equal(opened.ledger.status(infohash as typeof GENESIS_INFOHASH), status)
  for (const event of events.toReversed()) replay.undo(event)
  assert.deepEqual(replay.all, new Replay().all)
})

test('a ledger that is killed again and again tells each change once', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-feed-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const stages = makeScript()
  const replay = new Replay()
  let [next, read, kills] = [0, 0, 0]
  while (next < stages.length) {
    const child = spawn(process.execPath, [CHILD, folder, `${next}`, 'feed'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('close', (_, signal) => resolve(signal)))
    let done = next - 1
    for await (const line of createInterface({ input: child.stdout })) {
      done = Number(line)
      if (done - next === 16 + (kills % 5)) child.kill('SIGKILL')
    }
    if ((await ended) === 'SIGKILL') kills++
    next = done + 1
    await using ledger = new Ledger({
      database: folder,
      rules: RULES,
      genesis: GENESIS,
      log: SILENT,
      clock: () => NOW_MS,
      ...FEED,
    })
    await ledger.start()
    await ledger.idle()
    for (const event of await readAll(feedOf(ledger), read)) {
      assert.equal(event.sequence, ++read)
      replay.apply(event)
    }
    assert.deepEqual(replay.all, (await snapshotOf(feedOf(ledger))).replay.all)
  }
  assert(kills >= 2)
})

test('events behind the blocks that are kept are deleted, and who asks for them is told to begin at a snapshot', async () => {
  await using opened = await openLedger({ feed: { keep: 2n } })
  const blocks = Array.from({ length: 6 }, (_, i) => block(`block ${i}`, BigInt(i + 1), []))
  for (let i = 1; i <= blocks.length; i++)
    await opened.ledger.setBranch({ final: blocks[i - 2]?.id ?? GENESIS_BLOCK, blocks: blocks.slice(0, i) })
  await opened.reopen()
  const feed = feedOf(opened.ledger)
  await assert.rejects(feed.read({ after: 0, limit: 10 }), { code: 'feed-pruned' })
  const { replay, sequence } = await snapshotOf(feed)
  assert.equal(replay.branch.size, 7)
  assert.deepEqual(await feed.read({ after: sequence, limit: 10 }), { events: [], newest: sequence })
  await assert.rejects(feed.read({ after: sequence + 1, limit: 10 }), { code: 'feed-pruned' })
  const [last] = (await feed.read({ after: sequence - 1, limit: 1 })).events
  assert.equal((await feed.read({ after: sequence, epoch: last?.epoch, limit: 1 })).newest, sequence)
  await assert.rejects(feed.read({ after: sequence, epoch: 1, limit: 10 }), { code: 'feed-pruned' })
})

test('a feed that was off for a while says that something is missing', async () => {
  const payment = pay({ from: OWNER, to: person('a'), tokens: 1n, prev: [GENESIS_INFOHASH] })
  await using opened = await openLedger(FEED)
  await opened.ledger.submit(payment.file, 'peer')
  const newest = (await readAll(feedOf(opened.ledger))).at(-1)?.sequence ?? 0
  await opened.ledger.stop()
  const open = async (options: object) => {
    const ledger = new Ledger({
      database: opened.folder,
      rules: RULES,
      genesis: GENESIS,
      log: SILENT,
      clock: () => NOW_MS,
      ...options,
    })
    await ledger.start()
    return ledger
  }
  await (await open({})).stop()
  await using ledger = await open(FEED)
  await assert.rejects(feedOf(ledger).read({ after: newest, limit: 10 }), { code: 'feed-pruned' })
  const { replay, sequence } = await snapshotOf(feedOf(ledger))
  assert.equal(replay.transactions.size, 2)
  assert(sequence > newest)
})

test('a snapshot of balances is in the feed, and so are payments of before it that come later', async () => {
  const payee = person('payee')
  const payment = pay({ from: OWNER, to: payee, tokens: 5n, prev: [GENESIS_INFOHASH] })
  await using opened = await openLedger(FEED)
  const at = { id: hashOf('snapshot'), height: 9n, publishedAt: 1_767_240_000 }
  await opened.ledger.loadSnapshot(at, [{ infohash: payment.infohash, owner: payee.address, value: 5n }])
  await opened.ledger.submit(payment.file, 'peer')
  const replay = new Replay()
  for (const event of await readAll(feedOf(opened.ledger))) replay.apply(event)
  assert.equal(replay.base.size, 0)
  const moves = [...replay.transactions.values()].flatMap((state) => state.moves ?? [])
  assert.equal(
    moves.reduce((sum, [, value]) => sum + value, 0n),
    5n,
  )
  assert.deepEqual(replay.all, (await snapshotOf(feedOf(opened.ledger))).replay.all)
})

test('what became of blocks on Ethereum is told once, however often it is said', async () => {
  await using opened = await openLedger(FEED)
  const facts = { id: hashOf('b'), height: 1n, parent: GENESIS_BLOCK, miner: OWNER.address, publishedAt: 1_767_240_000 }
  const state = (verdict: 'unknown' | 'valid') => ({ verdict, refuted: false, final: false })
  const { sequence } = await snapshotOf(feedOf(opened.ledger))
  for (const verdict of ['unknown', 'unknown', 'valid'] as const)
    await feedOf(opened.ledger).tellBlocks([{ block: facts, state: state(verdict) }])
  await opened.reopen()
  await feedOf(opened.ledger).tellBlocks([{ block: facts, state: state('valid') }])
  await feedOf(opened.ledger).tellBlocks([{ block: facts, state: undefined }])
  const events = await readAll(feedOf(opened.ledger), sequence)
  assert.deepEqual(
    events.map((event) => event.kind === 'block' && [event.before?.verdict, event.after?.verdict]),
    [
      [undefined, 'unknown'],
      ['unknown', 'valid'],
      ['valid', undefined],
    ],
  )
})
