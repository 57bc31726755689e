// The pool as its users see it: it finds, switches, stops, survives dying threads, and leaves nothing running.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { MessagePort, type Worker } from 'node:worker_threads'
import { pino } from 'pino'
import { keccak256 } from 'viem'
import { kernelsBySpeed, kernelsHere } from '../../../../miner/work/kernels/kernels.ts'
import { KERNELS } from '../../../../miner/work/kernels/names.ts'
import type { Solution, Work } from '../../../../miner/work/nonce.ts'
import { PowPool, type PowPoolOptions } from '../../../../miner/work/pow-pool.ts'
import { concat } from '../../../../node/protocol/bytes.ts'
import { toAddress, toBytes, toHash } from '../../../../node/protocol/ids.ts'

const impossible = 0n
const easy = 2n ** 240n

for (const kernel of kernelsHere()) {
  test(`a pool of ${kernel} threads finds a nonce that meets the target`, async (t) => {
    const { pool } = startPool(t, { threads: 2, kernel })
    const work = workOf(1, easy)
    checkSolution(await pool.search(work), work)
  })
}

test('by default a pool has a thread per available core, and one is the least', async (t) => {
  const { pool } = startPool(t)
  assert.ok(pool.hashRate().threads >= 1)
  for (const threads of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => new PowPool(deps().deps, { threads }), RangeError)
  }
})

test('an update switches a search to other work', async (t) => {
  const { pool } = startPool(t, { threads: 2 })
  const search = pool.search(workOf(1, impossible))
  await until(() => pool.hashRate().total > 0n)
  for (let byte = 2; byte < 20; byte++) assert.equal(pool.update(workOf(byte, impossible)), true)
  const last = workOf(20, easy)
  assert.equal(pool.update(last), true)
  checkSolution(await search, last)
  assert.equal(pool.update(workOf(21, easy)), false)
})

test('the same work twice gives different nonces, and no two pools or threads share a prefix', async (t) => {
  const work = workOf(1, 2n ** 250n)
  const nonces: string[] = []
  for (const { pool } of [startPool(t, { threads: 2 }), startPool(t, { threads: 2 })]) {
    for (let i = 0; i < 20; i++) nonces.push((await pool.search(work)).nonce)
  }
  assert.equal(new Set(nonces).size, nonces.length)
  const sessions = nonces.map((nonce) => nonce.slice(2, 34))
  assert.equal(new Set(sessions).size, 2)
  assert.equal(new Set(sessions.slice(0, 20)).size, 1)
  for (const nonce of nonces) assert.ok(Number.parseInt(nonce.slice(34, 42), 16) < 2)
})

test('an abort rejects with its reason and lets the threads rest until the next search', async (t) => {
  const { pool } = startPool(t, { threads: 2 })
  const controller = new AbortController()
  const search = pool.search(workOf(1, impossible), controller.signal)
  await until(() => pool.hashRate().total > 0n)
  const reason = new Error('enough')
  controller.abort(reason)
  await assert.rejects(search, (error) => error === reason)
  await untilResting(pool)
  await assert.rejects(pool.search(workOf(1, easy), controller.signal), (error) => error === reason)
  const work = workOf(2, easy)
  checkSolution(await pool.search(work, new AbortController().signal), work)
  await untilResting(pool)
})

test('only the time in which it searches counts, and the rates of that stay while it rests', async (t) => {
  const { pool, clock } = startPool(t, { threads: 1 })
  const first = new AbortController()
  const search = pool.search(workOf(1, impossible), first.signal)
  await until(() => pool.hashRate().total > 0n)
  clock.skippedMs += 60_000
  first.abort()
  await assert.rejects(search)
  await untilResting(pool)
  const { searchedMs, rates } = pool.hashRate()
  assert(searchedMs >= 60_000 && rates.tenSeconds > 0)
  clock.skippedMs += 3_600_000
  assert.deepEqual(pool.hashRate().rates, rates)
  assert.equal(pool.hashRate().searchedMs, searchedMs)
  await pool.search(workOf(2, easy))
  const after = pool.hashRate().searchedMs
  assert(after > searchedMs && after < searchedMs + 3_600_000)
})

test('a pool does one search at a time', async (t) => {
  const { pool } = startPool(t, { threads: 1 })
  const search = pool.search(workOf(1, impossible))
  assert.throws(() => pool.search(workOf(2, easy)), assert.AssertionError)
  pool.update(workOf(3, easy))
  await search
})

test('stopping rejects the search, ends every thread, and can be repeated', async (t) => {
  const { pool, workers } = startPool(t, { threads: 2 })
  const search = pool.search(workOf(1, impossible))
  await until(() => pool.hashRate().total > 0n)
  assert.equal(workers.length, 2)
  const exits = workers.map((worker) => once(worker, 'exit'))
  const rejected = assert.rejects(search, { code: 'pow-pool-stopped' })
  await Promise.all([pool.stop(), pool.stop()])
  await rejected
  await Promise.all(exits)
  await pool.stop()
  assert.equal(pool.hashRate().threads, 0)
  await assert.rejects(pool.search(workOf(1, easy)), { code: 'pow-pool-stopped' })
})

test('a pool that was never started, or is stopped at once, stops cleanly', async (t) => {
  await new PowPool(deps().deps).stop()
  const { pool } = startPool(t, { threads: 2 })
  await pool.stop()
})

test('a thread that dies is reported and replaced, and its nonces are not tried again', async (t) => {
  const { pool, workers, lines } = startPool(t, { threads: 1 })
  const search = pool.search(workOf(1, impossible))
  await until(() => pool.hashRate().total > 0n)
  await workers[0]?.terminate()
  await until(() => lines.some((line) => line.includes('a mining thread died')))
  const before = pool.hashRate().total
  await until(() => pool.hashRate().total > before)
  const work = workOf(2, easy)
  pool.update(work)
  const solution = await search
  checkSolution(solution, work)
  assert.equal(solution.nonce.slice(34, 42), '00000001')
  assert.equal(pool.hashRate().threads, 1)
})

test('a pool whose threads die as soon as they start gives up and says so', async (t) => {
  const { pool, lines } = startPool(t, { threads: 2 }, (worker) => void worker.terminate())
  await assert.rejects(pool.search(workOf(1, easy)), { code: 'pow-pool-dead' })
  assert.equal(pool.hashRate().threads, 0)
  assert.equal(lines.filter((line) => line.includes('a mining thread died')).length, 6)
  await assert.rejects(pool.search(workOf(1, easy)), { code: 'pow-pool-dead' })
})

test('a kernel whose find misses the target is given up for the next one, and the search goes on', async (t) => {
  const [first, second] = kernelsBySpeed()
  let spoiled = 0
  spoilFinds(t, () => spoiled++ === 0)
  const { pool, lines } = startPool(t, { threads: 2 })
  assert.equal(pool.hashRate().kernel, first)
  const work = workOf(1, easy)
  checkSolution(await pool.search(work), work)
  assert.equal(pool.hashRate().kernel, second)
  const said = lines.filter((line) => line.includes('a kernel is wrong on this machine'))
  assert.equal(said.length, 1)
  assert.match(said[0] ?? '', new RegExp(`"kernel":"${first}","next":"${second}"`))
  checkSolution(await pool.search(workOf(2, easy)), workOf(2, easy))
  assert.equal(pool.hashRate().threads, 2)
  assert(!lines.some((line) => line.includes('a mining thread died')))
})

test('a nonce that misses the target never leaves the pool, whatever kernel finds it', async (t) => {
  spoilFinds(t, () => true)
  const { pool, lines } = startPool(t, { threads: 1 })
  await assert.rejects(pool.search(workOf(1, easy)), assert.AssertionError)
  assert.equal(pool.hashRate().kernel, 'noble')
  assert.equal(lines.filter((line) => line.includes('a kernel is wrong')).length, kernelsHere().length - 1)
})

test('a kernel that does not run here is refused, with those that do', (t) => {
  const absent = KERNELS.find((name) => !kernelsHere().includes(name))
  if (absent === undefined) return t.skip('all run here')
  assert.throws(() => new PowPool(deps().deps, { kernel: absent }), {
    code: 'kernel-absent',
    message: /here run noble, wasm/,
  })
})

test('an interrupt from the terminal ends a process that mines', async () => {
  const poolUrl = new URL('../../../../miner/work/pow-pool.ts', import.meta.url)
  const program = `
    import { PowPool } from ${JSON.stringify(poolUrl.href)}
    const log = { warn: console.error, error: console.error }
    const pool = new PowPool({ log, random: (n) => new Uint8Array(n), now: () => performance.now() }, { threads: 2 })
    pool.start()
    pool.search({ challenge: '0x${'00'.repeat(32)}', miner: '0x${'00'.repeat(20)}', target: 0n })
    const timer = setInterval(() => {
      if (pool.hashRate().total === 0n) return
      clearInterval(timer)
      console.log('hashing')
    }, 1)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  assert.equal(String((await once(child.stdout, 'data'))[0]).trim(), 'hashing')
  child.kill('SIGINT')
  assert.deepEqual(await exit, [null, 'SIGINT'])
})

type Listener = (value: unknown) => void

/** Stands for a miscompiled kernel: what the threads report is spoiled on its way. */
function spoilFinds(t: TestContext, isSpoiled: () => boolean): void {
  const original = MessagePort.prototype.on
  t.mock.method(MessagePort.prototype, 'on', function (this: MessagePort, event: string, listener: Listener) {
    const spoil = (find: unknown) =>
      listener(isFind(find) && isSpoiled() ? { ...find, nonce: toHash(new Uint8Array(32)) } : find)
    return original.call(this, event, event === 'message' ? spoil : listener)
  })
}

function isFind(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'id' in value && 'nonce' in value
}

function deps() {
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const clock = { skippedMs: 0 }
  const now = () => performance.now() + clock.skippedMs
  return { deps: { log, random: (bytes: number) => randomBytes(bytes), now }, lines, clock }
}

/** Starts a pool that ends with the test, and collects the threads that it starts. */
function startPool(t: TestContext, options: PowPoolOptions = {}, onWorker: (worker: Worker) => void = () => {}) {
  const { deps: poolDeps, lines, clock } = deps()
  const workers: Worker[] = []
  const listener = (message: unknown) => {
    const { worker } = message as { worker: Worker } // The documented message of this channel.
    workers.push(worker)
    onWorker(worker)
  }
  subscribe('worker_threads', listener)
  const pool = new PowPool(poolDeps, options)
  pool.start()
  t.after(async () => {
    await pool.stop()
    unsubscribe('worker_threads', listener)
  })
  return { pool, workers, lines, clock }
}

function workOf(byte: number, target: bigint): Work {
  return { challenge: toHash(new Uint8Array(32).fill(byte)), miner: toAddress(new Uint8Array(20).fill(byte)), target }
}

function checkSolution({ work, nonce, digest }: Solution, expected: Work): void {
  assert.deepEqual(work, expected)
  assert.equal(keccak256(concat(toBytes(work.challenge), toBytes(work.miner), toBytes(nonce))), digest)
  assert.ok(BigInt(digest) <= work.target)
}

async function until(condition: () => boolean, deadlineMs = 60_000): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`expected ${condition} within ${deadlineMs} ms`)
    await delay(2)
  }
}

/** Threads that hash raise the total every few milliseconds. */
async function untilResting(pool: PowPool): Promise<void> {
  let last = -1n
  let equal = 0
  await until(() => {
    const { total } = pool.hashRate()
    equal = total === last ? equal + 1 : 0
    last = total
    return equal === 50
  })
}
