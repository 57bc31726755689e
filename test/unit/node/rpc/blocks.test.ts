// bridge_blocks, bridge_children, bridge_files and bridge_balance over HTTP, of a follower on an Ethereum in memory.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { readAllBlocks, readAllChildren } from '../../../../node/client/all-blocks.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { blockTorrent } from '../../../../node/protocol/block-torrent.ts'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import { encodeSealed } from '../../../../node/protocol/header.ts'
import { type Hash, type Infohash, ZERO_ADDRESS } from '../../../../node/protocol/ids.ts'
import { balanceOf, entryKey, outputsOf } from '../../../../node/protocol/state.ts'
import { encodeOpening } from '../../../../node/protocol/tree.ts'
import { blockHandlers } from '../../../../node/rpc/handlers/blocks.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { finalized, type MadeBlock, published } from '../../../support/bridge/scenario.ts'
import { serve } from '../../../support/rpc/serve.ts'

async function open(t: TestContext, seed: number) {
  const driver = new Driver(seed)
  const { ethereum, forge } = driver
  const following = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 4n })
  t.after(() => following[Symbol.asyncDispose]())
  const { follower } = following
  const node = createNodeClient(await serve(t, blockHandlers({ follower })))
  const publish = (...blocks: readonly MadeBlock[]) =>
    ethereum.mine(blocks.map((block) => published(block, ethereum.head.time)))
  const poll = async () => assert.equal((await follower.poll()).state, 'live')
  return { driver, ethereum, forge, follower, node, publish, poll }
}

const idsOf = (blocks: readonly { readonly id: Hash }[]) => blocks.map(({ id }) => id)

test('pages follow each other in the order of publication, whatever stands on what', async (t) => {
  const { forge, node, publish, poll } = await open(t, 1)
  const made: MadeBlock[] = [forge.genesis]
  // Each on the one before the last, so that a walk through the tree would meet them in another order.
  for (let i = 0; i < 11; i++) {
    const block = forge.make(made[Math.max(0, i - 1)] ?? forge.genesis, [], { transactions: i === 5 ? 1 : 0 })
    made.push(block)
    publish(block)
  }
  await poll()
  const pages: Hash[][] = []
  let after: Hash | undefined
  do {
    const page = await node.call('bridge_blocks', { limit: 5, ...(after ? { after } : {}) })
    pages.push(idsOf(page.blocks))
    after = page.next
    assert.equal(page.status.tip?.id, (await node.call('bridge_blocks', {})).status.tip?.id)
  } while (after !== undefined)
  assert.deepEqual(
    pages.map(({ length }) => length),
    [5, 5, 2],
  )
  assert.deepEqual(pages.flat(), idsOf(made))
  // A page that ends with the last block is the last one.
  assert.deepEqual(Object.keys(await node.call('bridge_blocks', { limit: 12 })), ['status', 'blocks'])
  const children = { parent: forge.genesis.id, limit: (await readAllChildren(node, forge.genesis.id)).length }
  assert.deepEqual(Object.keys(await node.call('bridge_children', children)), ['blocks'])
  assert.deepEqual(idsOf((await readAllBlocks(node)).blocks), idsOf(made))
  for (const limit of [0, 1_001, 1.5]) {
    await assert.rejects(node.call('bridge_blocks', { limit }), /limit/)
  }
})

test('a page after a block that was left behind is gone, and who asks for all begins again', async (t) => {
  const { ethereum, forge, node, publish, poll } = await open(t, 2)
  const first = forge.make(forge.genesis, [])
  const rival = forge.make(forge.genesis, [])
  const second = forge.make(first, [])
  publish(first, rival)
  publish(second)
  await poll()
  const page = await node.call('bridge_blocks', { limit: 3 })
  assert.deepEqual(idsOf(page.blocks), idsOf([forge.genesis, first, rival]))
  assert.equal(page.next, rival.id)
  ethereum.mine([finalized(first)])
  await poll()
  await assert.rejects(node.call('bridge_blocks', { after: rival.id }), { code: 'page-gone', retry: true })
  await assert.rejects(node.call('bridge_blocks', { after: forge.genesis.id }), { code: 'page-gone' })
  assert.deepEqual(idsOf((await node.call('bridge_blocks', { after: first.id })).blocks), [second.id])
  assert.deepEqual(idsOf((await readAllBlocks(node)).blocks), idsOf([first, second]))
})

test('the children of any block are listed, refuted ones and those beside a final block too', async (t) => {
  const { ethereum, forge, node, publish, poll } = await open(t, 3)
  const first = forge.make(forge.genesis, [])
  const wrong = forge.make(forge.genesis, [], { transactions: 1, isWrong: true })
  const third = forge.make(forge.genesis, [])
  for (const block of [first, wrong, third]) publish(block)
  ethereum.mine([{ kind: 'refuted', id: wrong.id, prover: wrong.sealed.seal.miner }])
  ethereum.mine([finalized(first)])
  await poll()
  const { blocks, next } = await node.call('bridge_children', { parent: forge.genesis.id })
  assert.equal(next, undefined)
  assert.deepEqual(
    blocks.map(({ id, verdict, refuted, final }) => [id, verdict, refuted, final]),
    [
      [first.id, 'valid', false, true],
      [wrong.id, 'invalid', true, false],
      [third.id, 'valid', false, false],
    ],
  )
  const page = await node.call('bridge_children', { parent: forge.genesis.id, limit: 2 })
  assert.deepEqual([idsOf(page.blocks), page.next], [idsOf([first, wrong]), wrong.id])
  const rest = await node.call('bridge_children', { parent: forge.genesis.id, after: wrong.id })
  assert.deepEqual(idsOf(rest.blocks), [third.id])
  assert.deepEqual(await readAllChildren(node, forge.genesis.id), blocks)
  assert.deepEqual(await readAllChildren(node, third.id), [])
  const unknown = { parent: forge.genesis.id, after: forge.genesis.id }
  await assert.rejects(node.call('bridge_children', unknown), { code: 'page-gone' })
})

/** The same block, published with another torrent, which is not its own. */
function borrow(block: MadeBlock, torrent: Infohash): MadeBlock {
  return { ...block, torrent }
}

test('the files of a block are its own, by its id, whatever torrent its publication names', async (t) => {
  const { follower, forge, node, publish, poll } = await open(t, 4)
  const old = forge.make(forge.genesis, [], { transactions: 2 })
  const borrowed = borrow(forge.make(old, [], { transactions: 2 }), old.torrent)
  const nowhere = borrow(forge.make(old, [], { transactions: 1 }), '00'.repeat(20) as Infohash)
  publish(old)
  publish(borrowed, nowhere)
  await poll()
  for (const block of [old, borrowed, nowhere]) {
    const content = await follower.contentOf(block.id)
    assert.ok(content)
    const { files } = await node.call('bridge_files', { id: block.id })
    const own = blockTorrent(content).files
    assert.deepEqual(
      files,
      own.map(({ name, bytes }) => ({ name, bytes: Uint8Array.from(bytes) })),
    )
    const bytesOf = (name: string) => files.find((file) => file.name === name)?.bytes
    assert.deepEqual([bytesOf('steps.bin'), bytesOf('states.bin')], [block.steps, block.states])
  }
  assert.notDeepEqual(
    (await node.call('bridge_files', { id: borrowed.id })).files,
    (await node.call('bridge_files', { id: old.id })).files,
  )
})

test('a wrong block has no files, and the answer says why', async (t) => {
  const { forge, node, publish, poll } = await open(t, 5)
  const wrong = forge.make(forge.genesis, [], { transactions: 1, isWrong: true })
  publish(wrong)
  await poll()
  await assert.rejects(node.call('bridge_files', { id: wrong.id }), (error: Error) => {
    assert.match(error.message, /step 0: WrongState.*ask for another one/)
    return 'code' in error && error.code === 'files-unknown' && 'retry' in error && error.retry === false
  })
  await assert.rejects(node.call('bridge_files', { id: forge.genesis.id }), { code: 'files-unknown' })
  await assert.rejects(node.call('bridge_files', { id: `0x${'7'.repeat(64)}` as Hash }), { code: 'unknown-block' })
})

test('what an address had after a final block is told with its proof; after others it is not', async (t) => {
  const { ethereum, forge, node, publish, poll } = await open(t, 5)
  const block = forge.make(forge.genesis, [], { transactions: 3 })
  publish(block)
  await poll()
  await assert.rejects(node.call('bridge_balance', { owner: ZERO_ADDRESS, block: block.id }), {
    code: 'block-not-final',
  })
  ethereum.mine([finalized(block)])
  for (let i = 0; i < 5; i++) ethereum.mine([])
  await poll()
  const owners = [...new Set(outputsOf(block.state).map(({ owner }) => owner))]
  assert(owners.length > 1)
  for (const owner of [...owners, ZERO_ADDRESS]) {
    const { opening, ...told } = await node.call('bridge_balance', { owner })
    const sealed = encodeSealed(block.sealed)
    const expected = { block: block.id, height: 1n, balance: balanceOf(block.state, owner), sealed }
    assert.deepEqual(told, { ...expected, kind: 0, id: new Uint8Array(20) })
    assert.deepEqual(opening, encodeOpening(block.state, entryKey({ owner })))
  }
  const gold = '770998b893d30468ce6d1ce0eecad3eb6073da92' as Infohash
  const { kind, id, balance } = await node.call('bridge_balance', { owner: ZERO_ADDRESS, asset: gold })
  assert.deepEqual([kind, formatHex(id), balance], [3, gold, 0n])
  await assert.rejects(node.call('bridge_balance', { owner: ZERO_ADDRESS, block: `0x${'7'.repeat(64)}` as Hash }), {
    code: 'unknown-block',
  })
})
