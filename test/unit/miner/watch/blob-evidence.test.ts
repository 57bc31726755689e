// Blobs and heads of blocks in blobs, from sources that lie, are late, or have a part: known by their commitments, and by the headers of block and parent.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { BlobHashes } from '../../../../miner/watch/evidence/blob-hashes.ts'
import { Evidence } from '../../../../miner/watch/evidence/evidence.ts'
import type { PostedBlock, Source } from '../../../../miner/watch/evidence/source.ts'
import { BLOB_BYTES } from '../../../../node/protocol/blob.ts'
import { log } from '../../../support/log.ts'
import { FakeKzg } from '../../../support/miner/fake-kzg.ts'
import { BlobChain, noise, root, voidStep } from './blob-chain.ts'

const { signal } = new AbortController()
const world = new BlobChain()
world.queue.push(noise(1))
const block = await world.inBlobs(root, [voidStep(noise(1)), ...world.paying(root, 600, (i) => i < 3)])
const { id } = block.next
const { sealed, hashes, entries, requests, blobs } = block
const posted: PostedBlock = { sealed, hashes, entries, requests }
const others = [new Uint8Array(BLOB_BYTES), Uint8Array.of(1), new Uint8Array(BLOB_BYTES).fill(255)]

function open(...sources: readonly Source[]) {
  const kzg = new FakeKzg()
  return { kzg, evidence: new Evidence({ sources, log, blobs: new BlobHashes(kzg) }, { patienceMs: 10 }) }
}

function source(name: string, chosen: Partial<Source>, limitMs = 1_000): Source {
  return { ...world.source, name, limitMs, blobs: async () => undefined, ...chosen }
}

test('the block of the test has two blobs', () => assert.equal(blobs.length, 2))

const WRONG: Readonly<Record<string, PostedBlock>> = {
  'other hashes': { ...posted, hashes: hashes.toReversed() },
  'a hash less': { ...posted, hashes: hashes.slice(1) },
  'no hashes': { ...posted, hashes: [] },
  'another request': { ...posted, requests: requests.with(5, (requests[5] ?? 0) ^ 1) },
  'a request less': { ...posted, requests: requests.slice(40) },
  'a part of a request': { ...posted, requests: requests.slice(1) },
  'the rows in calldata': { sealed, steps: new Uint8Array(), states: new Uint8Array() },
}
for (const [name, wrong] of Object.entries(WRONG)) {
  test(`${name} under the id of a block in blobs: the next source is asked`, async () => {
    const liar = source('liar', { block: async () => wrong })
    assert.deepEqual(await open(liar, source('honest', {})).evidence.block(id, signal), posted)
    await assert.rejects(open(liar).evidence.block(id, signal), { code: 'no-evidence' })
  })
}

test('other entries of the queue are found out where the header of the parent is known, and asked for anew', async () => {
  for (const wrong of [
    new Uint8Array(),
    entries.with(3, 1),
    Uint8Array.of(9),
    new Uint8Array([...entries, ...entries]),
  ]) {
    const liar = source('liar', { block: async () => ({ ...posted, entries: wrong }) })
    const { evidence } = open(liar, source('honest', { blobs: world.source.blobs ?? assert.fail() }))
    await evidence.block(id, signal).catch(() => undefined)
    assert.deepEqual(await evidence.whole(id, root.header, signal), { ...posted, blobs })
    await assert.rejects(open(liar).evidence.whole(id, root.header, signal), { code: 'no-evidence' })
  }
})

test('blobs count by their commitments alone, from whoever has them, in whatever order, and parts add up', async () => {
  const [first, second] = blobs
  assert.ok(first && second)
  for (const parts of [
    [blobs],
    [blobs.toReversed()],
    [[...others, ...blobs]],
    [[second], [first]],
    [others, [second, ...others], [first]],
  ]) {
    const sources = parts.map((part, i) => source(`${i}`, { blobs: async () => part }))
    const whole = await open(...sources).evidence.whole(id, root.header, signal)
    assert.deepEqual(whole, { ...posted, blobs })
  }
  for (const parts of [[others], [[first]], [[]], [[first], [first, ...others]], [[...others, ...others, ...blobs]]]) {
    const sources = parts.map((part, i) => source(`${i}`, { blobs: async () => part }))
    const asked = open(...sources).evidence.whole(id, root.header, signal)
    await assert.rejects(asked, { code: 'no-evidence', retry: true, message: /all 2 blobs of block/ })
  }
})

test('blobs that come with a block, unasked, are not taken', async () => {
  const liar = source('liar', { block: async () => ({ ...posted, blobs: others }) })
  const { evidence } = open(liar, source('honest', { blobs: world.source.blobs ?? assert.fail() }))
  assert.deepEqual(await evidence.whole(id, root.header, signal), { ...posted, blobs })
  await assert.rejects(open(liar).evidence.whole(id, root.header, signal), { code: 'no-evidence' })
})

test('one that never answers is not waited for', async () => {
  const late = source('late', { blobs: () => delay(60_000, undefined, { ref: false }) }, 3_600_000)
  const { evidence } = open(late, source('honest', { blobs: world.source.blobs ?? assert.fail() }))
  assert.deepEqual(await evidence.whole(id, root.header, signal), { ...posted, blobs })
})

test('what blobs are is found once, whoever sends them however often, and they are kept', async () => {
  const kept = new BlobChain()
  kept.blocks.set(id, block)
  const { evidence, kzg } = open(source('liar', { blobs: async () => others }), kept.source)
  for (let i = 0; i < 3; i++) await evidence.whole(id, root.header, signal)
  assert.deepEqual(kept.blobsAsked, [id])
  assert.equal(kzg.hashed, others.length + blobs.length)
  const again = open(source('liar', { blobs: async () => others }))
  for (let i = 0; i < 3; i++) await assert.rejects(again.evidence.whole(id, root.header, signal))
  assert.equal(again.kzg.hashed, others.length)
})

test('a failure of the pool is forgotten', async () => {
  const kzg = new FakeKzg()
  const hashing = new BlobHashes({ hashes: (all) => (isBroken ? Promise.reject(new Error('dead')) : kzg.hashes(all)) })
  let isBroken = true
  await assert.rejects(hashing.hashes(blobs), { message: 'dead' })
  isBroken = false
  assert.deepEqual(await hashing.hashes(blobs), hashes)
})
