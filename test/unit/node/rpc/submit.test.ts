// bridge_submit over HTTP: a block with steps and states, or with six blobs, and nothing in between.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { BLOB_BYTES } from '../../../../node/protocol/blob.ts'
import type { BlockRows } from '../../../../node/protocol/block-torrent.ts'
import { toHash, toInfohash } from '../../../../node/protocol/ids.ts'
import { bridgeHandlers } from '../../../../node/rpc/handlers/bridge.ts'
import type { NodeParts } from '../../../../node/rpc/handlers/parts.ts'
import { serve } from '../../../support/rpc/serve.ts'

test('a block comes with steps and states or with at most six blobs, whole as they were sent', async (t) => {
  const got: BlockRows[] = []
  const answer = { id: toHash(new Uint8Array(32)), torrent: toInfohash(new Uint8Array(20)) }
  const store = {
    addBlock: async (_: Uint8Array, rows: BlockRows) => {
      got.push(rows)
      return answer
    },
  }
  // Of a node only what this method asks for.
  const parts = { store, follower: {}, ledger: {} } as unknown as NodeParts
  const { bridge_submit } = bridgeHandlers(parts)
  const node = createNodeClient(await serve(t, { bridge_submit }))
  const sealed = new Uint8Array(417)
  const [steps, states] = [Uint8Array.of(4, 5), new Uint8Array(32)]
  const blobs = Array.from({ length: 6 }, (_, i) => new Uint8Array(BLOB_BYTES).fill(i))
  assert.deepEqual(await node.call('bridge_submit', { sealed, steps, states }), answer)
  assert.deepEqual(await node.call('bridge_submit', { sealed, blobs }), answer)
  assert.deepEqual(got, [{ steps, states }, { blobs }])
  for (const rows of [{}, { steps }, { states }, { steps, states, blobs }, { steps, blobs }]) {
    await assert.rejects(node.call('bridge_submit', { sealed, ...rows }), { code: 'bad-steps' })
  }
  await assert.rejects(node.call('bridge_submit', { sealed, blobs: [...blobs, ...blobs] }), /blobs/)
  assert.equal(got.length, 2)
})
