// Blocks for those who replay the past: what is not here yet is found when it comes, and who asks for what never was displaces nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PastShelf } from '../../../../../node/bridge/retrace/past-shelf.ts'
import type { BridgeBlock } from '../../../../../node/bridge/view.ts'
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
  await shelf.block(id)
  assert.equal(made, before)
  assert.equal(shelf.headers(id, 9).length, 4)
  assert.equal(shelf.headers(madeUpId('unknown'), 9).length, 0)
})
