// The pool of mined blocks, whose rows come in blobs: what is right is kept, and blobs of anybody cost no more than their commitments.
// Long, since all its cases share two blocks whose commitments take seconds.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { BlockPool, type PoolView } from '../../../node/block-pool.ts'
import { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { minedBlobs } from '../../../node/mined-blobs.ts'
import { type NetworkStoreDeps, NodeStore } from '../../../node/network-store.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import { BLOB_BYTES, BLOB_ELEMENTS } from '../../../node/protocol/blob.ts'
import { blobTraceRoot } from '../../../node/protocol/blob-hash.ts'
import { blockTorrent } from '../../../node/protocol/block-torrent.ts'
import { concat, encodeUint } from '../../../node/protocol/bytes.ts'
import {
  blockId,
  decodeSealed,
  encodeSealed,
  genesisBlock,
  type Header,
  toGrowth,
} from '../../../node/protocol/header.ts'
import { type Hash, toHash } from '../../../node/protocol/ids.ts'
import { EMPTY_LANES } from '../../../node/protocol/queue.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import { encodeStep } from '../../../node/protocol/step.ts'
import { later, toBaseUnits, toSeconds, toTime } from '../../../node/protocol/units.ts'
import { RULES, World } from '../../../scripts/assure/models/world.ts'
import { assembleInBlobs } from '../../support/in-blobs.ts'
import { hurryClock, roundsUntil } from '../../support/rounds.ts'

/** Of a block that takes that many turns. */
const ROWS = 60

const EASIEST = 2n ** 244n - 1n
const world = new World(78)
const genesis = genesisBlock({ ...RULES, easiestTarget: EASIEST, state: stateRoot(world.state) })
const tip = {
  ...{ id: blockId(genesis), header: genesis.header, state: world.state },
  publishedAt: toTime(1_000_000n),
}
const threads = new KzgPool()
after(() => threads.stop())

/** A pool that counts what it has had committed. */
function poolOf(view: Partial<PoolView> = {}) {
  const counted = { commitments: 0 }
  const kzg: PoolView['kzg'] = {
    hashes: (blobs) => {
      counted.commitments += blobs.length
      return threads.hashes(blobs)
    },
  }
  const pool = new BlockPool({
    ...{ kzg, rules: RULES, easiestTarget: EASIEST, tip: () => tip, queue: () => undefined },
    isPublished: () => false,
    isJudged: () => false,
    isOnQueue: (lanes) => isDeepStrictEqual(lanes, EMPTY_LANES),
    now: () => later(tip.publishedAt, toSeconds(3_600n)),
    ...view,
  })
  return { pool, counted }
}

function seal(header: Header): Uint8Array {
  for (let nonce = 0; ; nonce++) {
    const sealed = { header, seal: { miner: RULES.token, nonce: toHash(encodeUint(nonce, 32)) } }
    if (BigInt(blockId(sealed)) <= header.target) return encodeSealed(sealed)
  }
}

/** Bytes that say something, everywhere but in the first byte of an element. */
function noise(fill: number): Uint8Array {
  return new Uint8Array(BLOB_BYTES).map((_, i) => (i % 32 === 0 ? 0 : (i * fill) % 251))
}

const steps = [encodeStep({ kind: 'transaction', packed: world.transaction().packed })]
const one = await assembleInBlobs(threads, RULES, tip, EASIEST, steps)
const sealedOne = seal(one.header)
/** The same step in the first of six blobs, with noise in the others. */
const six = await assembleInBlobs(threads, RULES, tip, EASIEST, steps, [1, 2, 3, 4, 5].map(noise))
const sealedSix = seal(six.header)

describe('block pool with blobs', () => {
  test('takes a block in blobs that the contract would take, once, and serves them raw in its torrent', async () => {
    const { pool, counted } = poolOf()
    assert(pool.isWanted(sealedSix))
    const block = await pool.add(sealedSix, { blobs: six.posted.blobs }, 'peer')
    assert.equal(counted.commitments, 6)
    assert.deepEqual(
      block.files.map(({ name }) => name),
      ['balances.bin', 'blobs.bin', 'block.json', 'outputs.bin', 'requests.json'],
    )
    const raw = block.files.find(({ name }) => name === 'blobs.bin')?.bytes
    assert.deepEqual(raw, concat(...six.posted.blobs))
    const { blobs } = six.posted
    const content = { sealed: decodeSealed(sealedSix), requests: [], state: six.state, blobs }
    assert.equal(block.torrent, blockTorrent(content).infohash)
    assert.equal(await pool.add(sealedSix, { blobs: [] }, 'peer'), block)
    assert.equal(counted.commitments, 6)
  })

  test('keeps what is on Ethereum until it is judged there, and has its blobs for that', async () => {
    const [published, judged] = [new Set<Hash>(), new Set<Hash>()]
    const { pool } = poolOf({ isPublished: (id) => published.has(id), isJudged: (id) => judged.has(id) })
    const blocks = [
      await pool.add(sealedOne, { blobs: one.posted.blobs }, 'own'),
      await pool.add(sealedSix, { blobs: six.posted.blobs }, 'peer'),
    ]
    const mined = minedBlobs(() => pool.blocks)
    const block = { number: 1n, time: toTime(1_000_000n) }
    for (const [i, { posted }] of [one, six].entries()) {
      const id = blocks[i]?.id ?? assert.fail()
      const deliver = () => mined.deliver({ hashes: posted.hashes, block }, new AbortController().signal)
      published.add(id)
      pool.prune()
      assert.deepEqual(await deliver(), posted.blobs)
      judged.add(id)
      pool.prune()
      assert.deepEqual(await deliver(), [])
    }
    const others = { hashes: [...one.posted.hashes, ...one.posted.hashes], block }
    assert.deepEqual(await mined.deliver(others, new AbortController().signal), [])
  })

  test('refuses other blobs for a header with work, for six commitments at most, and the right ones are still welcome', async () => {
    const { pool, counted } = poolOf()
    const { blobs } = six.posted
    const [first, ...rest] = blobs
    assert(first)
    const lies: [readonly Uint8Array[], number][] = [
      [blobs.with(3, noise(77)), 6],
      [blobs.slice(0, 5), 5],
      [[...rest, first], 6],
      [[first, first, first, first, first, first], 6],
    ]
    for (const [lie, cost] of lies) {
      const before = counted.commitments
      await assert.rejects(pool.add(sealedSix, { blobs: lie }, 'peer'), { code: 'bad-header' })
      assert.equal(counted.commitments - before, cost)
    }
    assert.equal((await pool.add(sealedSix, { blobs }, 'peer')).source, 'peer')
  })

  test('commits to nothing where that is seen at once: too many, none, other lengths, elements above the modulus', async () => {
    const { pool, counted } = poolOf()
    const { blobs } = six.posted
    const above = blobs.map((blob) => blob.slice())
    // All of an element but the first byte may be anything, of the last one of six blobs as of others.
    above[5]?.fill(0xff, 32 * (BLOB_ELEMENTS - 1))
    const forms = [[], [...blobs, noise(9)], blobs.map((blob) => blob.subarray(1)), [new Uint8Array(6_000_000)], above]
    for (const form of forms) {
      await assert.rejects(pool.add(sealedSix, { blobs: form }, 'peer'), { code: 'bad-steps' })
    }
    const many = seal({ ...one.header, stepCount: 3_501 })
    await assert.rejects(pool.add(many, one.posted, 'peer'), { code: 'bad-header' })
    const asking = seal({ ...one.header, requestCount: 501 })
    await assert.rejects(pool.add(asking, one.posted, 'peer'), { code: 'bad-header' })
    const empty = seal({ ...one.header, stepCount: 0 })
    await assert.rejects(pool.add(empty, one.posted, 'peer'), { code: 'bad-header' })
    await assert.rejects(poolOf({ tip: () => undefined }).pool.add(sealedOne, one.posted, 'peer'), {
      code: 'block-not-wanted',
    })
    assert.equal(counted.commitments, 0)
  })

  test('a block of more than 500 steps is none in calldata', async () => {
    const sealed = seal({ ...one.header, stepCount: 501 })
    const { pool } = poolOf()
    assert(pool.isWanted(sealed))
    const rows = { steps: new Uint8Array(), states: new Uint8Array() }
    await assert.rejects(pool.add(sealed, rows, 'peer'), { code: 'bad-header' })
    await assert.rejects(pool.add(sealedOne, rows, 'peer'), { code: 'bad-header' })
  })

  test('checks of the header all that the contract derives, and replays the rows', async () => {
    const { pool } = poolOf()
    const { header } = one
    const changes: readonly Partial<Header>[] = [
      { supply: toBaseUnits(header.supply + 1n) },
      { fee: toBaseUnits(1n) },
      { firstRequest: 1n },
      { requestCount: 1 },
      { requestsRoot: toHash(encodeUint(1, 32)) },
      { height: 2n },
    ]
    for (const change of changes) {
      const name = Object.keys(change).join()
      await assert.rejects(pool.add(seal({ ...header, ...change }), one.posted, 'peer'), { code: 'bad-header' }, name)
    }
    const growing = seal({ ...header, growth: toGrowth(2_049) })
    await assert.rejects(pool.add(growing, one.posted, 'peer'), { code: 'bad-steps' })
    const wrong: readonly [Partial<Header>, string][] = [
      [{ growth: toGrowth(header.growth + 1) }, 'WrongGrowth'],
      [{ state: toHash(encodeUint(1, 32)) }, 'WrongState'],
    ]
    for (const [change, problem] of wrong) {
      const lie = pool.add(seal({ ...header, ...change }), one.posted, 'peer')
      await assert.rejects(
        lie,
        (error: Error) => 'code' in error && error.code === 'invalid-block' && error.message.endsWith(problem),
      )
    }
    // More steps than there are: what is behind the last one has no shape.
    const longer = seal({ ...header, stepCount: 2 })
    await assert.rejects(pool.add(longer, one.posted, 'peer'), { code: 'bad-steps' })
    const nothing = [new Uint8Array(BLOB_BYTES)]
    const hashes = (await threads.hashes(nothing)).flatMap((hash) => hash ?? [])
    const zeros = seal({ ...header, traceRoot: blobTraceRoot(hashes) })
    await assert.rejects(pool.add(zeros, { blobs: nothing }, 'peer'), { code: 'bad-steps' })
    assert.equal(pool.blocks.length, 0)
  })

  test('looks at the blobs of peers one block after another, of our own at once, and keeps what came twice once', async () => {
    const running = { now: 0, most: 0 }
    const gates: (() => void)[] = []
    const kzg: PoolView['kzg'] = {
      hashes: async (blobs) => {
        running.most = Math.max(running.most, ++running.now)
        await new Promise<void>((resolve) => gates.push(resolve))
        running.now--
        return await threads.hashes(blobs)
      },
    }
    const { pool } = poolOf({ kzg })
    const lie = pool.add(sealedOne, { blobs: [noise(3)] }, 'peer').catch((error: unknown) => error)
    const waiting = pool.add(sealedOne, one.posted, 'peer')
    const again = pool.add(sealedOne, one.posted, 'peer')
    const until = async (count: number) => {
      while (gates.length < count) await new Promise(setImmediate)
    }
    await until(1)
    assert.equal(running.now, 1)
    const own = pool.add(sealedOne, one.posted, 'own')
    await until(2)
    assert.equal(running.now, 2)
    for (const open of gates.splice(0)) open()
    const kept = await own
    assert.equal(kept.source, 'own')
    const timer = setInterval(() => {
      for (const open of gates.splice(0)) open()
    }, 1)
    assert.deepEqual(await Promise.all([waiting, again]), [kept, kept])
    clearInterval(timer)
    assert(((await lie) as Error).message.includes('other blobs'))
    assert.equal(pool.blocks.length, 1)
    assert.equal(running.most, 2)
  })

  test('replays in turns with everything else: what comes twice meanwhile is kept once, and what lost its parent is not', async (t) => {
    hurryClock(t)
    const many: Uint8Array[] = []
    let { state } = tip
    while (many.length < ROWS) {
      world.state = state
      const step = encodeStep({ kind: 'transaction', packed: world.transaction().packed })
      many.push(step)
      state = applyStep(RULES, state, 0n, step).state
    }
    const { header, posted } = await assembleInBlobs(threads, RULES, tip, EASIEST, many)
    const sealed = seal(header)
    let known = 0
    const kzg: PoolView['kzg'] = {
      hashes: async () => {
        known += 1
        return [...posted.hashes]
      },
    }
    let now: typeof tip | undefined = tip
    const { pool } = poolOf({ kzg, tip: () => now })
    const own = pool.add(sealed, posted, 'own')
    const peers = pool.add(sealed, posted, 'peer')
    await roundsUntil(() => known === 2)
    const isKept = () => pool.blocks.length > 0
    assert.ok((await roundsUntil(isKept)) > ROWS / 2)
    assert.equal(await own, await peers)
    assert.equal(pool.blocks.length, 1)

    const other = poolOf({ kzg, tip: () => now })
    const late = other.pool.add(sealed, posted, 'own')
    await roundsUntil(() => known === 3)
    await roundsUntil(() => false, ROWS / 4)
    now = undefined
    await assert.rejects(late, { code: 'block-not-wanted', retry: true })
    assert.equal(other.pool.blocks.length, 0)
  })

  test('a peer delivers it as the files of its torrent, the others are told once, and a file of another length is no block', async () => {
    const { pool, counted } = poolOf()
    const ledger = { genesis: '', subscribe: () => () => undefined }
    // Only what is asked of a block.
    const store = new NodeStore({ ledger, pool, follower: undefined } as unknown as NetworkStoreDeps)
    let told = 0
    store.subscribe(({ blocks }) => {
      told += blocks.length
    })
    const files = (bytes: Uint8Array) => [
      { name: 'blobs.bin', bytes },
      // What else is there counts for nothing.
      { name: 'steps.bin', bytes: new Uint8Array(7) },
    ]
    for (const length of [0, BLOB_BYTES - 1, 7 * BLOB_BYTES, 6_000_000]) {
      await assert.rejects(store.onBlock(sealedOne, files(new Uint8Array(length))), { code: 'bad-steps' })
    }
    assert.equal(counted.commitments, 0)
    const good = files(concat(...one.posted.blobs))
    await Promise.all([store.onBlock(sealedOne, good), store.onBlock(sealedOne, good)])
    assert.deepEqual([told, counted.commitments, pool.blocks.length], [1, 1, 1])
  })
})
