// Blocks whose rows are in blobs, which come late, from elsewhere, or never.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { BlobCollector, type BlobFinder } from '../../../../node/bridge/blob-collector.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Branch } from '../../../../node/ledger/types.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { isInBlobs } from '../../../../node/protocol/replay.ts'
import { comparable, Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { finderOf, isJudged, settle } from '../../../support/bridge/judged-in-blobs.ts'
import { finalized, type MadeBlock, published } from '../../../support/bridge/scenario.ts'
import { FakeChain } from '../../../support/chain/fake-ethereum.ts'
import { hurryClock, roundsUntil } from '../../../support/rounds.ts'

const silent = { info: () => undefined } as never

function start(driver: Driver, finder?: BlobFinder, folder?: string) {
  return TestFollower.start(
    new FakeChain(driver.ethereum),
    driver.forge.network,
    {},
    folder,
    undefined,
    finder ? { blobs: finder } : {},
  )
}

function publish(driver: Driver, parent: MadeBlock, isWrong = false): MadeBlock {
  const block = driver.forge.make(parent, [], { transactions: 3, isInBlobs: true, isWrong })
  driver.mine(published(block, driver.ethereum.head.time))
  return block
}

for (const seed of (process.env['FUZZ_SEEDS'] ?? '501,502,503').split(',').map(Number)) {
  test(`a chain of blocks of both modes leads to what one reads of it at once, whatever happens between two rows (seed ${seed})`, async (t) => {
    hurryClock(t)
    const driver = new Driver(seed, { blobShare: 0.6 })
    const asked = new Set<string>()
    const isFirst = (hashes: readonly Hash[]) => asked.size < asked.add(hashes.join()).size
    const { random } = driver.forge.world
    const isHeldBack = (hashes: readonly Hash[]) => isFirst(hashes) && random() < 0.3
    const first = await start(driver, finderOf(driver, isHeldBack))
    let slow = first
    t.after(async () => {
      await slow.close()
      await first[Symbol.asyncDispose]()
    })
    for (let i = 0; i < 12; i++) {
      driver.run(5)
      const polled = slow.follower.poll()
      await roundsUntil(() => false, Math.floor(50 * random()))
      if (i % 4 === 3) driver.reorganise(3)
      else driver.run(1)
      if (i % 4 === 1) {
        await slow.close()
        slow = await start(driver, finderOf(driver, isHeldBack), first.folder)
      }
      await polled
    }
    await settle(slow, () => isJudged(slow))
    const inBlobs = [...slow.follower.view.blocks.values()].filter(({ blobs }) => blobs !== undefined)
    assert.ok(inBlobs.length > 3)
    for (const { id, verdict } of inBlobs) {
      if (verdict.verdict !== 'valid') continue
      const { steps, states } = driver.forge.blocks.get(id) ?? assert.fail()
      const body = await slow.follower.body(id)
      assert.deepEqual(
        [body?.steps, body?.states].map((bytes) => Uint8Array.from(bytes ?? [])),
        [steps, states],
      )
    }
    await using fresh = await start(driver, finderOf(driver))
    await settle(fresh, () => isJudged(fresh))
    assert.deepEqual(comparable(fresh.follower.view), comparable(slow.follower.view))
  })
}

test('without its blobs a block is neither right nor wrong, and keeps nothing else from being judged', async () => {
  const driver = new Driver(504)
  const dark = publish(driver, driver.forge.genesis)
  const light = driver.forge.make(driver.forge.genesis, [], { transactions: 2 })
  driver.mine(published(light, driver.ethereum.head.time))
  await using node = await start(
    driver,
    finderOf(driver, (hashes) => hashes.includes(dark.inBlobs?.hashes[0] as Hash)),
  )
  await settle(node, () => node.follower.view.blocks.get(light.id)?.verdict.verdict === 'valid')
  const verdict = node.follower.view.blocks.get(dark.id)?.verdict
  assert.equal(verdict?.verdict, 'unknown')
  assert.match(verdict?.verdict === 'unknown' ? verdict.why : '', /blobs/)
  assert.equal(await node.follower.body(dark.id), undefined)
  assert.equal(node.follower.status.state, 'live')
})

test('a wrong block is found wrong when its blobs come, and what stands on it is doomed', async () => {
  const driver = new Driver(505)
  const wrong = publish(driver, driver.forge.genesis, true)
  const above = publish(driver, wrong)
  let isHeldBack = true
  await using node = await start(
    driver,
    finderOf(driver, () => isHeldBack),
  )
  await node.follower.poll()
  assert.equal(node.follower.view.blocks.get(wrong.id)?.verdict.verdict, 'unknown')
  isHeldBack = false
  await settle(node, () => node.follower.view.blocks.get(wrong.id)?.verdict.verdict === 'invalid')
  assert.equal(node.follower.view.blocks.get(above.id)?.verdict.verdict, 'doomed')
})

test('blobs that come after their block is final judge it all the same: right, or the bridge is dead', async () => {
  for (const isWrong of [false, true]) {
    const driver = new Driver(506)
    const first = publish(driver, driver.forge.genesis, isWrong)
    driver.mine(finalized(first))
    const second = publish(driver, first)
    let isHeldBack = true
    await using node = await start(
      driver,
      finderOf(driver, () => isHeldBack),
    )
    const { follower } = node
    const branches: Branch[] = []
    follower.on('branch', (branch) => branches.push(branch))
    await follower.poll()
    assert.equal(follower.view.blocks.get(second.id)?.verdict.verdict, 'unknown')
    assert.deepEqual(
      branches.flatMap(({ blocks }) => blocks),
      [],
      'a ledger is told of no block whose steps are not here',
    )
    isHeldBack = false
    await settle(node, () => follower.view.blocks.get(first.id)?.verdict.verdict !== 'unknown' && isJudged(node))
    assert.equal(follower.view.death?.block, isWrong ? first.id : undefined)
    assert.equal(follower.view.blocks.get(second.id)?.verdict.verdict, isWrong ? 'doomed' : 'valid')
    assert.equal((await follower.poll()).state, isWrong ? 'dead' : 'live')
    const told = branches.flatMap(({ blocks }) => blocks)
    assert.deepEqual(
      told.map(({ id }) => id),
      isWrong ? [] : [first.id, second.id],
    )
    assert.equal(told[0]?.steps.length, isWrong ? undefined : 3)
  }
})

test('what has come is on disk: after a restart nobody is asked for it again', async () => {
  const driver = new Driver(507)
  const block = publish(driver, driver.forge.genesis)
  await using node = await start(driver, finderOf(driver))
  await settle(node, () => node.follower.view.blocks.get(block.id)?.verdict.verdict === 'valid')
  await node.close()
  const above = publish(driver, block)
  const asked: Hash[] = []
  const finder: BlobFinder = {
    find: async ({ hashes }) => {
      asked.push(...hashes)
      return driver.forge.blobsOf(hashes)
    },
  }
  const again = await start(driver, finder, node.folder)
  try {
    await settle(again, () => again.follower.view.blocks.get(above.id)?.verdict.verdict === 'valid')
    assert.deepEqual(asked, above.inBlobs?.hashes)
  } finally {
    await again.close()
  }
})

test('two searches run at a time, failures wait longer each time, and what is missing for a minute is said once', async () => {
  const driver = new Driver(508)
  const blocks = Array.from({ length: 5 }, () => publish(driver, driver.forge.genesis))
  await using node = await start(driver)
  await node.follower.poll()
  let [now, open, most] = [0, 0, 0]
  const asked: Hash[] = []
  const missing: Hash[] = []
  await using collector = new BlobCollector({
    finder: {
      find: async ({ hashes }) => {
        asked.push(...hashes)
        open += 1
        most = Math.max(most, open)
        await delay(1)
        open -= 1
        throw new OperationError('ethereum-refused', 'expected blobs, got none', { retry: true })
      },
    },
    log: silent,
    now: () => now,
    lacksBlobs: async () => true,
    keep: async () => assert.fail(),
    onMissing: (id) => missing.push(id),
  })
  const { view } = node.follower
  for (let i = 0; i < 400; i++) {
    await collector.look(view, view.root)
    await delay(2)
    now += 1_000
  }
  assert.equal(most, 2)
  assert.equal(new Set(asked).size, blocks.length)
  assert.ok(asked.length < 80, `${asked.length} searches in 400 seconds`)
  assert.deepEqual(missing.toSorted(), blocks.map(({ id }) => id).toSorted())
})

test('blobs that are there, and wait for those below them, are not read again with each look', async () => {
  const driver = new Driver(508)
  const [dark, ...others] = Array.from({ length: 5 }, () => publish(driver, driver.forge.genesis))
  await using node = await start(driver)
  await node.follower.poll()
  const onDisk = new Set([others[0]?.id])
  const reads: Hash[] = []
  await using collector = new BlobCollector({
    finder: finderOf(driver, (hashes) => hashes[0] === dark?.inBlobs?.hashes[0]),
    log: silent,
    now: () => performance.now(),
    lacksBlobs: async (id) => {
      reads.push(id)
      return !onDisk.has(id)
    },
    keep: async (id) => void onDisk.add(id),
    onMissing: () => undefined,
  })
  const { view } = node.follower
  const deadline = performance.now() + 60_000
  while (!others.every(({ id }) => onDisk.has(id)) && performance.now() < deadline) {
    await collector.look(view, view.root)
    await delay(1)
  }
  for (let i = 0; i < 20; i++) await collector.look(view, view.root)
  for (const { id } of others) assert.equal(reads.filter((each) => each === id).length, 1)
})

test('the event of a block in blobs is bound by its id, but for its torrent', async () => {
  const driver = new Driver(509)
  const block = publish(driver, driver.forge.genesis)
  const { inBlobs } = block
  assert(inBlobs)
  const chain = new FakeChain(driver.ethereum)
  let change = (body: object): object => body
  const read = chain.events.bind(chain)
  chain.events = async (from, to) => {
    const events = await read(from, to)
    return events.map((event) => {
      const isChanged = event.kind === 'published' && isInBlobs(event.body)
      return isChanged ? ({ ...event, body: change(event.body) } as typeof event) : event
    })
  }
  await using node = await TestFollower.start(chain, driver.forge.network, {}, undefined, undefined, {
    blobs: finderOf(driver),
  })
  const request = new Uint8Array(40).fill(1)
  for (const lie of [
    { hashes: [] },
    { hashes: [block.id] },
    { hashes: [...inBlobs.hashes, ...inBlobs.hashes] },
    { entries: Uint8Array.of(3) },
    { entries: new Uint8Array(37).fill(1) },
    { requests: request },
    { requests: request.slice(1) },
  ]) {
    change = (body) => ({ ...body, ...lie })
    const status = await node.follower.poll()
    assert.equal(status.state === 'unknown' && status.code, 'ethereum-logs-incomplete', JSON.stringify(lie))
  }
  change = (body) => body
  await settle(node, () => node.follower.view.blocks.get(block.id)?.verdict.verdict === 'valid')
})
