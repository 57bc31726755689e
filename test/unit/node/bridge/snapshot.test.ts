// Beginning at a final block: what is checked, and that the node then sees what all others see.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeFollower } from '../../../../node/bridge/follower.ts'
import { preferredBranch } from '../../../../node/bridge/fork-choice.ts'
import type { Snapshot } from '../../../../node/bridge/snapshot.ts'
import { blockTorrent } from '../../../../node/protocol/block-torrent.ts'
import { encodeSealed } from '../../../../node/protocol/header.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { ofLanes } from '../../../../node/protocol/queue.ts'
import { comparableBlocks, Driver, TestFollower } from '../../../support/bridge/driver.ts'

const OPTIONS = { finalityDepth: 4n, stepBlocks: 11n }

async function snapshotOf(follower: BridgeFollower, id: Hash): Promise<Snapshot> {
  const content = await follower.contentOf(id)
  const block = follower.view.blocks.get(id)
  assert.ok(content && block)
  return { sealed: encodeSealed(block.sealed), files: blockTorrent(content).files }
}

/** What a node that began at a final block can know as well as one that began at genesis. */
function above({ view }: BridgeFollower, root: Hash): unknown {
  return {
    final: view.final,
    tip: preferredBranch(view).map(({ id }) => id),
    blocks: comparableBlocks(
      view,
      [...view.blocks.values()].filter(({ id, sealed }) => id !== root && isAbove(view.blocks, sealed.header.parent)),
    ),
    queue: ofLanes((lane) => view.queue[lane].entries.at(-1)),
  }
  function isAbove(blocks: typeof view.blocks, id: Hash): boolean {
    const block = blocks.get(id)
    return id === root || (block !== undefined && isAbove(blocks, block.sealed.header.parent))
  }
}

for (const seed of [61, 62, 63]) {
  test(`a node that begins at a final block agrees with one that began at genesis (seed ${seed})`, async () => {
    const driver = new Driver(seed)
    await using old = await TestFollower.start(driver.ethereum.connect(), driver.forge.network, OPTIONS)
    while (driver.ethereum.contract().final === driver.forge.genesis.id) driver.run(5)
    driver.run(10)
    await old.follower.poll()
    const root = old.follower.view.final
    const snapshot = await snapshotOf(old.follower, root)
    driver.run(20)
    const options = { ...OPTIONS, snapshot }
    await using young = await TestFollower.start(driver.ethereum.connect(), driver.forge.network, options)
    for (let round = 0; round < 4; round++) {
      const statuses = await Promise.all([old.follower.poll(), young.follower.poll()])
      assert.deepEqual(
        statuses.map(({ state }) => state),
        ['live', 'live'],
      )
      assert.equal(young.follower.view.root, root)
      assert.deepEqual(above(young.follower, root), above(old.follower, root))
      assert.deepEqual(
        (await young.follower.claims()).map(({ block, step }) => [block, step]),
        (await old.follower.claims())
          .filter(({ block }) => young.follower.view.blocks.has(block))
          .map(({ block, step }) => [block, step]),
      )
      if (round % 2 === 0) driver.run(6)
      else driver.reorganise(3)
    }
    // And after a restart, without the snapshot at hand.
    await young.close()
    await using again = await TestFollower.start(driver.ethereum.connect(), driver.forge.network, OPTIONS, young.folder)
    await Promise.all([old.follower.poll(), again.follower.poll()])
    assert.deepEqual(above(again.follower, root), above(old.follower, root))
  })
}

test('content that is not the block, and a block that is not final, are refused', async () => {
  const driver = new Driver(64)
  await using old = await TestFollower.start(driver.ethereum.connect(), driver.forge.network, OPTIONS)
  while (driver.ethereum.contract().final === driver.forge.genesis.id) driver.run(5)
  while (preferredBranch(old.follower.view).length < 2) {
    driver.run(5)
    await old.follower.poll()
  }
  const snapshot = await snapshotOf(old.follower, old.follower.view.final)
  const child = preferredBranch(old.follower.view)[0]?.id
  assert.ok(child)
  const files = (name: string, change: (bytes: Uint8Array) => Uint8Array) =>
    snapshot.files.map((file) => (file.name === name ? { name, bytes: change(file.bytes) } : file))
  const refused: [Snapshot, string][] = [
    [{ ...snapshot, files: [] }, 'bad-snapshot'],
    [{ ...snapshot, files: files('outputs.bin', (bytes) => bytes.subarray(1)) }, 'bad-snapshot'],
    [
      { ...snapshot, files: files('outputs.bin', (bytes) => bytes.map((byte, i) => (i === 55 ? byte ^ 1 : byte))) },
      'bad-snapshot',
    ],
    [{ ...snapshot, sealed: snapshot.sealed.subarray(1) }, 'bad-header'],
    [await snapshotOf(old.follower, child), 'snapshot-not-final'],
  ]
  for (const [bad, code] of refused) {
    const options = { ...OPTIONS, snapshot: bad }
    await using young = await TestFollower.start(driver.ethereum.connect(), driver.forge.network, options)
    const status = await young.follower.poll()
    assert.equal(status.state === 'unknown' && status.code, code)
  }
  // Steps that are not the block's are left aside: its requests are then unknown here, and nothing else.
  const options = { ...OPTIONS, snapshot: { ...snapshot, files: files('steps.bin', () => new Uint8Array()) } }
  await using young = await TestFollower.start(driver.ethereum.connect(), driver.forge.network, options)
  const status = await young.follower.poll()
  assert.equal(status.state, 'live', status.state === 'unknown' ? status.problem : '')
  assert.equal(await young.follower.requests(young.follower.view.root), undefined)
})

test('a restart begins at a kept state and replays only what is above it', async () => {
  const driver = new Driver(65)
  const { forge, ethereum } = driver
  await using seen = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 2n })
  let parent = forge.genesis
  for (let i = 0; i < 40; i++) {
    const block = forge.make(parent, [], { transactions: 1 })
    driver.grow(parent, block)
    parent = block
    if (i % 7 === 0) assert.equal((await seen.follower.poll()).state, 'live')
  }
  await seen.follower.poll()
  const before = seen.follower.view
  assert.ok(before.blocks.size < 32, `${before.blocks.size} blocks are in memory`)
  await seen.close()
  await using again = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 2n }, seen.folder)
  assert.equal((await again.follower.poll()).state, 'live')
  assert.deepEqual(again.follower.view, before)
  const tip = again.follower.parentBlock(parent.id)
  assert.deepEqual(tip?.state, parent.state)
  // What is older is on disk, without its state, which is made again when somebody asks for its torrent.
  const [oldest] = again.follower.branch().blocks
  assert.ok(oldest)
  assert.equal(oldest.height, 1n)
  assert.equal(again.follower.branch().blocks.length, 40)
  assert.equal(again.follower.block(oldest.id)?.verdict.verdict, 'valid')
  assert.equal(again.follower.parentBlock(oldest.id), undefined)
  for (const { id, torrent, state } of forge.blocks.values()) {
    if (id === forge.genesis.id) continue
    const files = await again.follower.filesOf(torrent)
    const content = await again.follower.contentOf(id)
    assert.ok(files && content)
    assert.deepEqual(content.state, state)
    assert.deepEqual(blockTorrent(content), { ...blockTorrent(content), files, infohash: torrent })
  }
  assert.ok(await again.follower.requests(oldest.id))
})
