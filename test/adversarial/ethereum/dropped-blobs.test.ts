// Attacked: a miner whose blocks are in blobs, by mempools that drop its publication, by a kill in that moment, and by an Ethereum that takes the block back.
// What must hold: blobs are nowhere but with the miner then, so it hands them over again each time; the block is published, once, and judged each time
// that it comes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hex } from 'viem'
import { UNIT } from '../../../node/protocol/rules.ts'
import { holdBlocks, mineBlock, pendingCalls, releaseBlocks } from '../../support/chain/mempool.ts'
import { Arena, HOUR } from '../../support/processes/arena.ts'
import { holder, stranger } from '../../support/stage.ts'

test('a block in blobs gets to Ethereum through dropped transactions, a kill, and a reorganisation', async (t) => {
  const arena = await Arena.open(t)
  const { anvil } = arena.stage
  const request = arena.signRequest(holder, [arena.genesis], UNIT, stranger('recipient'))
  await arena.submit(request)
  await holdBlocks(arena)
  const miner = await arena.startMiner('miner', ['--rows', 'blobs'])
  const drop = async () => {
    const [call] = await pendingCalls(arena, ['publishBlobs'])
    assert(call)
    await anvil.client.dropTransaction({ hash: call.hash })
    return call.hash
  }

  let hash: Hex = '0x'
  await t.test('dropped, it is handed over again, as it was', async () => {
    const dropped = await drop()
    const [again] = await pendingCalls(arena, ['publishBlobs'])
    assert(again)
    hash = again.hash
    assert.equal(hash, dropped)
  })

  await t.test('killed and dropped, it is handed over by the process that goes on', async () => {
    await miner.running.stop('SIGKILL')
    assert.equal(await drop(), hash)
    arena.restart('miner')
    const [again] = await pendingCalls(arena, ['publishBlobs'])
    assert.equal(again?.hash, hash)
    await mineBlock(arena)
  })

  await t.test('taken back with its block, it comes again, and is judged again', async () => {
    const block = await arena.ordered(request.infohash)
    assert.equal((await arena.node.call('bridge_block', { id: block })).blobs, 1)
    await anvil.reorganise(1)
    assert.equal((await arena.record(block)).publishedAt, 0, 'Ethereum does not have it')
    await pendingCalls(arena, ['publishBlobs'])
    await releaseBlocks(arena)
    await arena.becomes(request, 'ordered', block)
    const { number } = await anvil.client.getBlock({ blockTag: 'latest' })
    assert.equal(await publications(arena, number), 1)
    const watcher = await arena.startWatcher()
    await arena.skipTo(block, 24n * HOUR)
    await arena.until('its finality', () => arena.isFinal(block))
    await watcher.running.stop()
  })
  await arena.countMoney()
})

async function publications({ stage }: Arena, toBlock: bigint): Promise<number> {
  const { abi, address } = stage.bridge
  const filter = { abi, address, eventName: 'BlobsPublished', fromBlock: 0n, toBlock, strict: true } as const
  return (await stage.anvil.client.getContractEvents(filter)).length
}
