// Blocks for those who replay the past: what is not here yet is found when it comes, and who asks for what never was displaces nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodePastBlock } from '../../../../../node/bridge/retrace/past-block.ts'
import { PastShelf, type PastShelfDeps } from '../../../../../node/bridge/retrace/past-shelf.ts'
import type { BridgeBlock } from '../../../../../node/bridge/view.ts'
import { MAX_PAST_BYTES } from '../../../../../node/network/limits.ts'
import { BLOB_BYTES, MAX_BLOB_STEPS, MAX_BLOBS, writeBlobs } from '../../../../../node/protocol/blob.ts'
import { concat, encodeUint } from '../../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../../node/protocol/hash.ts'
import { blockId } from '../../../../../node/protocol/header.ts'
import { type Hash, toHash, ZERO_HASH } from '../../../../../node/protocol/ids.ts'
import { encodeStep } from '../../../../../node/protocol/step.ts'
import { toGwei } from '../../../../../node/protocol/units.ts'
import { madeUpId } from '../../../../support/miner/made-up-tree.ts'
import { PastScene } from './past-scene.ts'

test('a block whose blobs come later is served from then on, and made once however many unknown ones are asked for', async () => {
  const scene = new PastScene(31, 3)
  const { id, inBlobs } = scene.at(3)
  assert.ok(inBlobs)
  const { blobs: _, ...posted } = inBlobs
  let isWhole = false
  let made = 0
  const shelf = new PastShelf({
    // Header and id are all that a shelf reads of a block.
    blockOf: (each) => scene.forge.blocks.get(each) as unknown as BridgeBlock | undefined,
    posted: async () => {
      made++
      return isWhole ? inBlobs : posted
    },
    queued: ({ lane, index }) => scene.queued(lane, index),
  })
  assert.equal(await shelf.block(id), undefined)
  isWhole = true
  assert.deepEqual(await shelf.block(id), scene.bytes(scene.at(3)))
  const before = made
  for (let i = 0; i < 20; i++) assert.equal(await shelf.block(madeUpId(`unknown ${i}`)), undefined)
  assert.ok(shelf.isAtHand(id) && !shelf.isAtHand(madeUpId('unknown')))
  await shelf.block(id)
  assert.equal(made, before)
  assert.equal(shelf.headers(id, 9).length, 4)
  assert.equal(shelf.headers(madeUpId('unknown'), 9).length, 0)
})

/** Of a node that has all of the scene, but what a test takes from it. */
function shelfOf(scene: PastScene, lacks: Partial<PastShelfDeps> = {}): PastShelf {
  return new PastShelf({
    blockOf: (id) => scene.forge.blocks.get(id) as unknown as BridgeBlock | undefined,
    posted: async (id) => {
      const block = scene.forge.blocks.get(id)
      return block?.inBlobs ?? block
    },
    queued: ({ lane, index }) => scene.queued(lane, index),
    ...lacks,
  })
}

test('a block is served with all that its rows call void, or not at all: without it nobody can replay it', async () => {
  const scene = new PastScene(31, 6)
  let voids = 0
  for (const block of scene.blocks) {
    const isVoid = scene.past(block).voids.length > 0
    if (isVoid) voids++
    assert.deepEqual(await shelfOf(scene).block(block.id), scene.bytes(block))
    const expected = isVoid ? undefined : scene.bytes(block)
    // A node that began with this block knows neither what is below it nor what it took from the queue.
    const blockOf = (id: Hash) => (id === block.id ? (block as unknown as BridgeBlock) : undefined)
    assert.deepEqual(await shelfOf(scene, { blockOf }).block(block.id), expected)
    assert.deepEqual(await shelfOf(scene, { queued: () => undefined }).block(block.id), expected)
  }
  assert.ok(voids > 0 && voids < 6, `${voids} of 6 blocks call something void`)
})

test('the largest block that there can be is served by parts, in turns that leave time for everything else', async () => {
  const { forge } = new PastScene(31, 0)
  const { id: parent, sealed } = forge.genesis
  // No packed transaction is longer.
  const packed = Array.from({ length: MAX_BLOB_STEPS }, (_, i) => concat(encodeUint(i, 2), new Uint8Array(1_022)))
  const steps = packed.map((bytes) => encodeStep({ kind: 'void', fee: toGwei(1n), packedHash: toHash(keccak(bytes)) }))
  const blobs = writeBlobs(steps.map((step) => ({ step, state: ZERO_HASH, requests: 0, growth: 0 })))
  while (blobs.length < MAX_BLOBS) blobs.push(new Uint8Array(BLOB_BYTES).fill(1))
  const forced = { count: BigInt(MAX_BLOB_STEPS), hash: ZERO_HASH }
  const lanes = { ...sealed.header.lanes, forced }
  const large = { ...sealed, header: { ...sealed.header, parent, stepCount: MAX_BLOB_STEPS, lanes } }
  let turns = 0
  const id = blockId(large)
  const shelf = new PastShelf({
    blockOf: (each) => (each === id ? { sealed: large } : forge.blocks.get(each)) as unknown as BridgeBlock | undefined,
    posted: async () => ({
      blobs,
      hashes: blobs.map(() => ZERO_HASH),
      entries: new Uint8Array(),
      requests: new Uint8Array(),
    }),
    queued: ({ index }) => {
      const bytes = packed[Number(index)]
      if (index === 500n) {
        setImmediate(() => turns++)
        // As slow as a disk that has them all to be read.
        for (const end = performance.now() + 60; performance.now() < end; );
      }
      return bytes && { entry: { kind: 'forced', fee: toGwei(1n), packed: bytes } }
    },
  })
  const made = shelf.block(id).finally(() => assert.ok(turns > 0, 'something else had its turn'))
  const bytes = await made
  assert.ok(bytes && bytes.length > 4_000_000 && bytes.length < MAX_PAST_BYTES, `${bytes?.length} bytes`)
  const { voids } = decodePastBlock(bytes)
  assert.deepEqual(voids, packed)
})
