// Blobs from many who may have them, lie, or keep silent: what is found is right, in its order, and liars cost little. Long: each way to fail is a case of its own.

import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../../../../node/errors.ts'
import { BeaconEndpoint } from '../../../../../node/ethereum/blobs/beacon.ts'
import {
  BlobSource,
  type BlobSourceDeps,
  type BlobSupplier,
  MOST_BLOBS,
  type WantedBlobs,
} from '../../../../../node/ethereum/blobs/blob-source.ts'
import { KzgPool } from '../../../../../node/ethereum/blobs/kzg-pool.ts'
import { createLogger } from '../../../../../node/log.ts'
import { BLOB_BYTES } from '../../../../../node/protocol/blob.ts'
import type { Hash } from '../../../../../node/protocol/ids.ts'
import { toTime } from '../../../../../node/protocol/units.ts'
import {
  aboutBlobs,
  BeaconServer,
  GENESIS_TIME,
  respond,
  respondBlobs,
  respondSidecars,
  SECONDS_PER_SLOT,
} from '../../../../support/chain/beacon-server.ts'

const SLOT = 100n
const block = { number: 7n, time: toTime(GENESIS_TIME + SLOT * SECONDS_PER_SLOT) }
const going = new AbortController().signal
const PATIENCE_MS = 100
const FIRST_PAUSE_MS = 30_000

/** A blob of its own for each number. */
const blobOf = (number: number): Uint8Array => new Uint8Array(BLOB_BYTES).fill(number, 1, 32)
const [one, two, three] = [blobOf(1), blobOf(2), blobOf(3)]
const blobs = [one, two, three]

type Line = { readonly level: string; readonly msg: string; readonly source: string; readonly code?: string }

/** Counts what is recomputed: each takes a thread 0.1 to 0.3 s. */
class CountingPool {
  count = 0
  readonly #pool: KzgPool

  constructor(pool: KzgPool) {
    this.#pool = pool
  }

  hashes(each: readonly Uint8Array[], signal?: AbortSignal): Promise<(Hash | undefined)[]> {
    this.count += each.length
    return this.#pool.hashes(each, signal)
  }
}

type Deliver = (wanted: WantedBlobs, signal: AbortSignal) => Promise<readonly Uint8Array[]>

/** A supplier that is a function, and counts how often it is asked. */
function supplier(name: string, deliver: Deliver): BlobSupplier & { readonly asked: number } {
  let asked = 0
  return {
    name,
    get asked() {
      return asked
    },
    deliver(wanted, signal) {
      asked += 1
      return deliver(wanted, signal)
    },
  }
}

const never: Deliver = (_, signal) => delay(2 ** 30, [], { signal })

describe('a source of blobs', () => {
  let kzg: KzgPool
  let hashes: readonly Hash[]
  let sidecars: readonly { readonly blob: Uint8Array; readonly commitment: Uint8Array }[]
  let wanted: WantedBlobs

  before(async () => {
    kzg = new KzgPool()
    const made = await kzg.sidecar(blobs)
    hashes = made.hashes
    sidecars = made.blobs.map((blob, i) => ({ blob, commitment: made.commitments[i] ?? new Uint8Array() }))
    // The same blob may be in a transaction twice.
    const [first, second] = hashes
    assert(first && second)
    wanted = { hashes: [second, first, second], block }
  })
  after(() => kzg.stop())

  function source(suppliers: readonly BlobSupplier[], deps: Partial<BlobSourceDeps> = {}, patienceMs = PATIENCE_MS) {
    const lines: Line[] = []
    const sink = { write: (line: string) => void lines.push(JSON.parse(line)) }
    const log = createLogger({ level: 'info', json: true, colors: false }, sink)
    const pool = new CountingPool(kzg)
    const clock = { ms: 0 }
    const found = new BlobSource({ log, now: () => clock.ms, pool, suppliers, ...deps }, { patienceMs })
    return { find: (signal = going, what = wanted) => found.find(what, signal), lines, pool, clock }
  }

  async function endpoint(
    t: TestContext,
    stored = [0, 1],
  ): Promise<{ beacon: BeaconServer; supplier: BeaconEndpoint }> {
    const beacon = await BeaconServer.start()
    t.after(() => beacon[Symbol.asyncDispose]())
    beacon.blobs.set(
      SLOT,
      stored.map((i) => ({ hash: hashes[i] ?? '', bytes: blobs[i] ?? new Uint8Array() })),
    )
    return {
      beacon,
      supplier: new BeaconEndpoint(beacon.url, { now: () => 1_000 * Number(block.time), timeoutMs: 500 }),
    }
  }

  const right = [two, one, two]

  it('has them from one endpoint, in the order of their hashes', async (t) => {
    const { supplier } = await endpoint(t)
    const { find, pool } = source([supplier])
    assert.deepEqual(await find(), right)
    assert.equal(pool.count, 2)
    assert.deepEqual(await find(), right)
    assert.equal(pool.count, 2, 'what a blob hashes to is remembered')
  })

  it('finds them among all of the block, in whatever order, and is spared what comes behind', async (t) => {
    const { beacon, supplier } = await endpoint(t)
    beacon.lie = aboutBlobs((_, response) => respondBlobs(response, [three, one, three, two, blobOf(4)]))
    const { find, pool } = source([supplier])
    assert.deepEqual(await find(), right)
    assert.equal(pool.count, 3)
  })

  it('has them by the older route too, and no work with what is not said to be theirs', async (t) => {
    const { beacon, supplier } = await endpoint(t, [])
    beacon.lie = ({ pathname }, response) =>
      pathname.startsWith('/eth/v1/beacon/blob_sidecars/')
        ? respondSidecars(response, sidecars.toReversed())
        : undefined
    const { find, pool } = source([supplier])
    assert.deepEqual(await find(), right)
    assert.equal(pool.count, 2)
  })

  it('does not believe what an answer says of its blobs', async (t) => {
    const { beacon, supplier } = await endpoint(t, [])
    // Each under the commitment of the other, and a third one under both.
    const [first, second] = sidecars
    assert(first && second)
    beacon.lie = ({ pathname }, response) => {
      if (!pathname.startsWith('/eth/v1/beacon/blob_sidecars/')) return undefined
      return respondSidecars(response, [
        { blob: two, commitment: first.commitment },
        { blob: three, commitment: second.commitment },
      ])
    }
    await assert.rejects(source([supplier]).find(), { code: 'blobs-missing', retry: true })
  })

  it('adds up what several have, and says of none that it has them', async (t) => {
    const [left, other] = [await endpoint(t, [0]), await endpoint(t, [1])]
    const { find, lines } = source([left.supplier, other.supplier])
    assert.deepEqual(await find(), right)
    assert.deepEqual(lines, [])
  })

  it('says how many were found, and who lacks them', async (t) => {
    const [left, other] = [await endpoint(t, [0]), await endpoint(t, [])]
    const { find } = source([left.supplier, other.supplier])
    await assert.rejects(find(), (error) => {
      assert(error instanceof OperationError)
      assert.deepEqual([error.code, error.retry], ['blobs-missing', true])
      assert.deepEqual(error.facts, {
        ...{ block: '7', found: 1, wanted: 2 },
        sources: [`${left.supplier.name} (blobs-absent)`, `${other.supplier.name} (blobs-absent)`],
      })
      assert.match(error.message, /expected 2 blobs of block 7 of Ethereum, got 1 from http:.* and http:.*--beacon/)
      return true
    })
  })

  it('says that nobody was asked where there is nobody, and that asking again is in vain', async () => {
    await assert.rejects(source([]).find(), {
      code: 'blobs-missing',
      retry: false,
      message: /got 0 from nobody; name a/,
    })
  })

  it('says that asking again is in vain only if that is so for all', async () => {
    const old = () =>
      Promise.reject(new OperationError('blobs-absent', 'they are 19 days old', { facts: {}, retry: false }))
    const bug = () => Promise.reject(new TypeError('undefined is not a function'))
    await assert.rejects(source([supplier('a', old), supplier('b', old)]).find(), { retry: false })
    await assert.rejects(source([supplier('a', old), supplier('b', bug)]).find(), { retry: true })
  })

  it('goes on to the next at once after a failure, also of one that has an error in it', async (t) => {
    const { supplier: good } = await endpoint(t)
    const bug = () => Promise.reject(new TypeError('undefined is not a function'))
    const { find, lines } = source([supplier('a', bug), good])
    assert.deepEqual(await find(), right)
    assert.deepEqual(
      lines.map(({ level, source, msg }) => [level, source, msg]),
      [['warn', 'a', 'a source of blobs fails']],
    )
  })

  it('asks the next beside one that says nothing, and from then on before it', async (t) => {
    const { supplier: good } = await endpoint(t)
    const silent = supplier('silent', never)
    const { find } = source([silent, good])
    assert.deepEqual(await find(), right)
    assert.deepEqual(await find(), right)
    assert.equal(silent.asked, 1)
  })

  it('does not leave one alone that followed a hint to other blobs, and does not ask it for them again in the same search', async () => {
    let delivered = [three]
    const peers = { ...supplier('peers', async () => delivered), followsHint: true } as const
    const { find, lines, pool } = source([peers])
    await assert.rejects(find(), { code: 'blobs-missing', message: /\(blobs-wrong\)/, retry: false })
    await assert.rejects(find(), { code: 'blobs-missing', retry: false })
    assert.equal(pool.count, 1, 'the same lie costs nothing again')
    delivered = [one, two]
    assert.deepEqual(await find(), right)
    assert.deepEqual(lines, [])
  })

  it('asks those that lacked blobs again while another one is still looking for them', async () => {
    const behind = supplier('behind', async () => (behind.asked > 1 ? right : []))
    const old = supplier('old', () => Promise.reject(new OperationError('blobs-absent', 'too old', { retry: false })))
    const liar = supplier('liar', async () => [three])
    assert.deepEqual(await source([behind, old, liar, supplier('slow', never)]).find(), right)
    assert.deepEqual([behind.asked, old.asked, liar.asked], [2, 1, 1])
  })

  it('does not give up one that is slow', async (t) => {
    const slow = supplier('slow', async (_, signal) => {
      await delay(4 * PATIENCE_MS, undefined, { signal })
      return [one, two]
    })
    const { supplier: behind } = await endpoint(t, [])
    assert.deepEqual(await source([slow, behind]).find(), right)
  })

  it('says once that an endpoint begins to fail, and once that it delivers again', async (t) => {
    const { beacon, supplier } = await endpoint(t)
    const { find, lines } = source([supplier])
    for (const status of [503, 401, 503]) {
      beacon.lie = (_, response) => respond(response, {}, status)
      await assert.rejects(find(), { code: 'blobs-missing', retry: true })
    }
    beacon.lie = () => undefined
    await find()
    await find()
    const name = supplier.name
    assert.deepEqual(
      lines.map(({ level, source, code, msg }) => ({ level, source, code, msg })),
      [
        { level: 'warn', source: name, code: 'beacon-silent', msg: 'a source of blobs fails' },
        { level: 'info', source: name, code: undefined, msg: 'a source of blobs delivers again' },
      ],
    )
  })

  it('leaves one alone that delivered wrong blobs, twice as long each time, and forgives it', async (t) => {
    const { beacon, supplier } = await endpoint(t)
    const { find, pool, clock, lines } = source([supplier])
    const lie = aboutBlobs((_, response) => respondBlobs(response, [three]))
    beacon.lie = lie
    for (const pauseMs of [FIRST_PAUSE_MS, 2 * FIRST_PAUSE_MS, 4 * FIRST_PAUSE_MS]) {
      await assert.rejects(find(), { code: 'blobs-missing', message: /\(blobs-wrong\)/, retry: true })
      const before = beacon.asked.length
      clock.ms += pauseMs - 1
      await assert.rejects(find(), { code: 'blobs-missing', message: /\(blobs-wrong\)/, retry: true })
      assert.equal(beacon.asked.length, before, 'it is not asked')
      clock.ms += 1
    }
    assert.equal(pool.count, 1, 'the same lie costs nothing again')
    beacon.lie = () => undefined
    assert.deepEqual(await find(), right)
    assert.deepEqual(
      lines.map(({ code }) => code),
      ['blobs-wrong', undefined],
    )
    beacon.lie = lie
    await assert.rejects(find())
    clock.ms += 4 * FIRST_PAUSE_MS - 1
    const before = beacon.asked.length
    await assert.rejects(find())
    assert.equal(beacon.asked.length, before, 'one good answer makes up for one lie')
    clock.ms += 1
    await assert.rejects(find())
    assert(beacon.asked.length > before)
  })

  it('asks one that delivered wrong blobs last', async (t) => {
    const liar = supplier('liar', async () => [three])
    const { supplier: good } = await endpoint(t)
    // However slow this machine is, the good one is waited for.
    const { find, clock } = source([liar, good], {}, 60_000)
    assert.deepEqual(await find(), right)
    clock.ms += FIRST_PAUSE_MS
    assert.deepEqual(await find(), right)
    assert.equal(liar.asked, 1)
  })

  it('recomputes no more than a block can have, of blobs no others, and each once', async () => {
    const lies = Array.from({ length: MOST_BLOBS }, (_, i) => blobOf(100 + i))
    const broken = new Uint8Array(BLOB_BYTES).fill(0xff)
    // Real commitments, but for one blob each: the others cost nothing here, and are as different.
    const counted = { hashes: 0 }
    const pool: BlobSourceDeps['pool'] = {
      hashes: (each) => {
        counted.hashes += each.length
        return kzg.hashes(each.map((blob) => (lies.includes(blob) ? three : blob)))
      },
    }
    const liar = supplier('liar', async () => [broken, ...lies, one, two])
    await assert.rejects(source([liar], { pool }).find(), {
      code: 'blobs-missing',
      message: /got 0 from liar \(blobs-wrong\)/,
    })
    assert.equal(counted.hashes, MOST_BLOBS)
    counted.hashes = 0
    const repeating = supplier('repeating', async () => [...Array(10).fill(three), one, two])
    assert.deepEqual(await source([repeating], { pool }).find(), right)
    assert.equal(counted.hashes, 3)
  })

  it('does not let good blobs wait for all the wrong ones of another', async () => {
    const order: number[] = []
    // A thread that takes one task after another, as that of the pool does.
    let turn: Promise<unknown> = Promise.resolve()
    const pool: BlobSourceDeps['pool'] = {
      hashes: ([blob = three]) => {
        order.push(blob[1] ?? 0)
        const result = turn.then(() => delay(5)).then(() => kzg.hashes([(blob[1] ?? 0) < 3 ? blob : three]))
        turn = result
        return result
      },
    }
    const liar = supplier('liar', async () => Array.from({ length: MOST_BLOBS }, (_, i) => blobOf(100 + i)))
    const good = supplier('good', async () => [one, two])
    const { find } = source([liar, good], { pool }, 0)
    assert.deepEqual(await find(), right)
    assert(order.length < 10, `recomputed before all were found: ${order}`)
    // It was cut short, so that it is not known whether it lies; but it took work.
    assert.deepEqual(await find(), right)
    assert.deepEqual([liar.asked, good.asked], [1, 2])
  })

  it('counts what lies in many searches at once as one lie, and looks at no more of it', async () => {
    const counted = { hashes: 0 }
    const pool: BlobSourceDeps['pool'] = {
      hashes: (each) => {
        counted.hashes += each.length
        return kzg.hashes(each.map(() => three))
      },
    }
    let asked = 0
    const liar = supplier('liar', async () => {
      asked += 1
      // The first answer is through when the others have hardly begun.
      return Array.from({ length: asked === 1 ? 1 : MOST_BLOBS }, (_, i) => blobOf(30 * asked + i))
    })
    const { find, clock } = source([liar], { pool })
    const searches = await Promise.allSettled([find(), find(), find()])
    for (const each of searches) assert.equal(each.status === 'rejected' && each.reason.code, 'blobs-missing')
    assert(counted.hashes < MOST_BLOBS, `${counted.hashes} recomputed`)
    clock.ms = FIRST_PAUSE_MS
    await assert.rejects(find())
    assert.equal(liar.asked, 4)
  })

  it('asks one that fails before one that lied', async () => {
    const order: string[] = []
    const named = (name: string, deliver: Deliver) =>
      supplier(name, (what, signal) => {
        order.push(name)
        return deliver(what, signal)
      })
    const failing = named('failing', () =>
      Promise.reject(new OperationError('beacon-silent', 'nothing', { retry: true })),
    )
    const { find, clock } = source([named('liar', async () => [three]), failing])
    await assert.rejects(find(), { code: 'blobs-missing' })
    clock.ms = FIRST_PAUSE_MS
    await assert.rejects(find(), { code: 'blobs-missing' })
    assert.deepEqual(order, ['liar', 'failing', 'failing', 'liar'])
  })

  it('asks one that delivers what is not wanted after others, until it delivers what is wanted and no more', async () => {
    const mending = supplier('mending', async () => (mending.asked === 1 ? [three, one, two] : [one, two]))
    const gone = supplier('gone', async () => [])
    const { find } = source([mending, gone], {}, FIRST_PAUSE_MS)
    for (let i = 0; i < 3; i++) await find()
    assert.deepEqual([mending.asked, gone.asked], [3, 1], 'it was doubted once')
  })

  it('computes again what the pool failed to, and what it knew long ago', async () => {
    const counted = { hashes: 0 }
    const broken = { pool: true }
    const pool: BlobSourceDeps['pool'] = {
      hashes: async (each) => {
        counted.hashes += each.length
        if (broken.pool) throw new Error('the thread died')
        return each.map(() => undefined)
      },
    }
    const batch = { of: 0 }
    const liar = supplier('liar', async () =>
      Array.from({ length: MOST_BLOBS }, (_, i) => new Uint8Array(BLOB_BYTES).fill(batch.of, 1, 9).fill(i, 9, 17)),
    )
    const { find, clock } = source([liar], { pool })
    await assert.rejects(find(), /the thread died/)
    broken.pool = false
    counted.hashes = 0
    const look = async (of: number) => {
      batch.of = of
      clock.ms += 2 ** 40
      await assert.rejects(find(), { code: 'blobs-missing' })
      return counted.hashes
    }
    assert.equal(await look(0), MOST_BLOBS)
    assert.equal(await look(0), MOST_BLOBS)
    for (let of = 1; of <= 25; of++) await look(of)
    assert.equal(await look(0), 27 * MOST_BLOBS, 'not everything is remembered for ever')
  })

  it('ends with the reason of the signal at once, whoever does not listen to it', async () => {
    const reason = new Error('enough')
    const stopping = new AbortController()
    const deaf = supplier('deaf', () => {
      queueMicrotask(() => stopping.abort(reason))
      return new Promise(() => undefined)
    })
    const { find, lines } = source([deaf])
    await assert.rejects(find(stopping.signal), reason)
    await assert.rejects(find(stopping.signal), reason)
    assert.equal(deaf.asked, 1)
    assert.deepEqual(lines, [])
  })

  it('ends those that are still under way when all are found', async (t) => {
    const ended = Promise.withResolvers<void>()
    const silent = supplier('silent', (given, signal) => {
      signal.addEventListener('abort', () => ended.resolve())
      return never(given, signal)
    })
    const { supplier: good } = await endpoint(t)
    assert.deepEqual(await source([silent, good]).find(), right)
    await ended.promise
  })

  it('blames nobody for a pool that was stopped', async (t) => {
    const pool = new KzgPool()
    await pool.stop()
    const { supplier } = await endpoint(t)
    const { find, lines } = source([supplier], { pool })
    await assert.rejects(find(), { code: 'stopped' })
    assert.deepEqual(lines, [])
  })
})
