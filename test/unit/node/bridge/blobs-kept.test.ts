// What a node has of a block in blobs: nothing but its head at first, then the blobs, then what they say; by RPC, in the swarm, in a snapshot.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { Level } from 'level'
import { ParentStates } from '../../../../miner/parent-state.ts'
import { BridgeAnswers } from '../../../../node/bridge/answers.ts'
import { BridgeRecords } from '../../../../node/bridge/records/bridge-records.ts'
import { readNext } from '../../../../node/bridge/records/reader.ts'
import type { Snapshot } from '../../../../node/bridge/snapshot.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { KzgPool } from '../../../../node/ethereum/blobs/kzg-pool.ts'
import { BLOB_BYTES } from '../../../../node/protocol/blob.ts'
import { type BlockFile, blockTorrent } from '../../../../node/protocol/block-torrent.ts'
import { concat } from '../../../../node/protocol/bytes.ts'
import { encodeSealed } from '../../../../node/protocol/header.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { describeProblem } from '../../../../node/protocol/problems.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { blockHandlers } from '../../../../node/rpc/handlers/blocks.ts'
import { makeInBlobs, publishedInBlobs } from '../../../support/bridge/blob-scenario.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { finalized, type MadeBlock } from '../../../support/bridge/scenario.ts'
import { serve } from '../../../support/rpc/serve.ts'

const kzg = new KzgPool()
after(() => kzg.stop())
const signal = new AbortController().signal

class Answers extends BridgeAnswers {
  readonly status = { state: 'live' } as const
}

/** The records of a follower, without what looks for blobs. */
async function open(t: TestContext, seed: number) {
  const driver = new Driver(seed)
  const { forge, ethereum } = driver
  const folder = await mkdtemp(join(tmpdir(), 'ttx-blobs-'))
  const database = new Level<string, string>(folder)
  await database.open()
  t.after(async () => {
    await database.close()
    await rm(folder, { recursive: true })
  })
  const records = new BridgeRecords(database, forge.network, { finalityDepth: 4n, workProblem: () => undefined })
  const chain = ethereum.connect()
  const origin = await chain.blockAt(0n)
  assert(origin)
  await records.begin(origin)
  const follower = new Answers(records, forge.network.rules, signal)
  const node = createNodeClient(await serve(t, blockHandlers({ follower })))
  const read = async () => {
    const reading = await readNext(chain, records.checkpoints, { finalityDepth: 4n, stepBlocks: 5_000n })
    if (reading !== undefined) await records.take(reading, chain, signal)
  }
  const { world } = forge
  world.state = forge.genesis.state
  const payment = encodeStep({ kind: 'transaction', packed: world.transaction().packed })
  return { driver, forge, ethereum, records, follower, node, read, payment }
}

test('the head of a block in blobs is told at once, its blobs when they came, its steps and files when they were found right', async (t) => {
  const { forge, ethereum, records, follower, node, read, payment } = await open(t, 91)
  const block = await makeInBlobs(kzg, forge, forge.genesis, [payment])
  ethereum.mine([publishedInBlobs(block, ethereum.head.time)])
  await read()
  const id = { id: block.id }
  const before = await node.call('bridge_block', id)
  const { hashes, entries, requests, blobs } = block.posted
  assert.deepEqual([before.hashes, before.entries, before.requestRecords], [hashes, entries, requests])
  assert.deepEqual([before.blobs, before.packedSteps.length, before.states.length], [1, 0, 0])
  await assert.rejects(node.call('bridge_blobs', id), { code: 'blobs-unknown', retry: true })
  await assert.rejects(node.call('bridge_files', id), { code: 'files-unknown' })
  await records.addBlobs(block.id, blobs)
  const served = await node.call('bridge_blobs', id)
  assert.deepEqual(
    served.blobs,
    blobs.map((blob) => Uint8Array.from(blob)),
  )
  assert(await records.judgeSome(signal))
  const judged = await node.call('bridge_block', id)
  assert.deepEqual([judged.verdict, judged.packedSteps], ['valid', payment])
  const { files } = await node.call('bridge_files', id)
  const content = await follower.contentOf(block.id)
  assert(content)
  assert.deepEqual(
    files.map(({ name }) => name),
    ['balances.bin', 'blobs.bin', 'block.json', 'outputs.bin', 'requests.json'],
  )
  assert.deepEqual(files.find(({ name }) => name === 'blobs.bin')?.bytes, Uint8Array.from(concat(...blobs)))
  // A miner replays it from what the node serves.
  const states = new ParentStates(
    {
      url: node.url,
      call: async (method, params) => {
        if (method === 'bridge_files') throw new Error('the files are not needed')
        return await node.call(method, params)
      },
    },
    forge.network.rules,
  )
  states.put(forge.genesis.id, forge.genesis.state)
  assert.equal(stateRoot((await states.blockOf(block.id, block.sealed)).state), block.sealed.header.state)
})

test('a wrong block in blobs has blobs and no steps, and a block in calldata has no blobs', async (t) => {
  const { forge, ethereum, records, node, read, payment } = await open(t, 92)
  const wrong = await makeInBlobs(kzg, forge, forge.genesis, [payment], { state: forge.genesis.id as Hash })
  ethereum.mine([publishedInBlobs(wrong, ethereum.head.time)])
  await read()
  await records.addBlobs(wrong.id, wrong.posted.blobs)
  await records.judgeSome(signal)
  const { verdict, problem, packedSteps } = await node.call('bridge_block', { id: wrong.id })
  assert.deepEqual([verdict, problem, packedSteps.length], ['invalid', describeProblem(0, 'WrongState'), 0])
  assert.equal((await node.call('bridge_blobs', { id: wrong.id })).blobs.length, 1)
  const states = new ParentStates(node, forge.network.rules)
  states.put(forge.genesis.id, forge.genesis.state)
  await assert.rejects(states.blockOf(wrong.id, wrong.sealed), { code: 'state-unknown', message: /WrongState/ })
  assert.deepEqual(await node.call('bridge_blobs', { id: forge.genesis.id }), { blobs: [] })
})

test('a node begins at a block in blobs with all of it, if its blobs are those of the header', async (t) => {
  const { forge, ethereum, records, follower, read, payment } = await open(t, 93)
  const block = await makeInBlobs(kzg, forge, forge.genesis, [payment])
  ethereum.mine([publishedInBlobs(block, ethereum.head.time)])
  await read()
  await records.addBlobs(block.id, block.posted.blobs)
  await records.judgeSome(signal)
  // Only what the event tells is read of it.
  ethereum.mine([finalized(block as unknown as MadeBlock)])
  await read()
  const content = await follower.contentOf(block.id)
  assert(content)
  const { files } = blockTorrent(content)
  const begin = async (files: readonly BlockFile[], isWithKzg = true) => {
    const snapshot: Snapshot = { sealed: encodeSealed(block.sealed), files }
    const young = await TestFollower.start(
      ethereum.connect(),
      forge.network,
      { finalityDepth: 4n, snapshot },
      undefined,
      undefined,
      isWithKzg ? { kzg } : {},
    )
    t.after(() => young[Symbol.asyncDispose]())
    const status = await young.follower.poll()
    assert.equal(status.state, 'live', status.state === 'unknown' ? status.problem : '')
    return young.follower
  }
  const young = await begin(files)
  assert.deepEqual(await young.posted(block.id), block.posted)
  assert.deepEqual(Uint8Array.from((await young.body(block.id))?.steps ?? []), payment)
  assert.deepEqual(young.view.blocks.get(block.id)?.blobs, block.posted.hashes)
  const again = await young.contentOf(block.id)
  assert.equal(again && blockTorrent(again).infohash, blockTorrent(content).infohash)
  const other = (bytes: Uint8Array) => files.map((file) => (file.name === 'blobs.bin' ? { ...file, bytes } : file))
  const raw = concat(...block.posted.blobs)
  const above = raw.slice()
  above.fill(0xff, BLOB_BYTES - 32)
  const strange = raw.slice()
  strange[BLOB_BYTES - 1] = 1
  for (const bytes of [strange, above, concat(raw, raw), raw.subarray(1), new Uint8Array(6_000_000)]) {
    const bare = await begin(other(bytes))
    assert.equal(await bare.posted(block.id), undefined)
    assert.equal(await bare.contentOf(block.id), undefined)
  }
  assert.equal(await (await begin(files, false)).posted(block.id), undefined)
})
