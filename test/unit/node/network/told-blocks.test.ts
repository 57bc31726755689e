// What peers say of blocks, for a node that waits to begin: the newest is what it needs, however long it waits, and no peer takes another's place.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RemotePeer } from '../../../../node/network/gossip/peer.ts'
import { ToldBlocks } from '../../../../node/network/gossip/told-blocks.ts'
import { MAX_HEADERS } from '../../../../node/network/limits.ts'
import { encodeUint } from '../../../../node/protocol/bytes.ts'
import { blockId, encodeSealed, type SealedHeader } from '../../../../node/protocol/header.ts'
import { type Infohash, toHash } from '../../../../node/protocol/ids.ts'
import { PastScene } from '../bridge/retrace/past-scene.ts'

const TORRENTS = ['11', '22'].map((byte) => byte.repeat(20) as Infohash)
const [torrent, other] = TORRENTS as [Infohash, Infohash]
const { sealed } = new PastScene(1, 0).forge.genesis

function block(i: number): SealedHeader {
  return { ...sealed, seal: { ...sealed.seal, nonce: toHash(encodeUint(i, 32)) } }
}

/** Whether it is connected is all that is asked of it. */
function peer(): RemotePeer {
  return { closed: new AbortController().signal } as unknown as RemotePeer
}

test('of each peer the last blocks are kept, and the last word on each of them', () => {
  const told = new ToldBlocks()
  const [old, flood] = [peer(), peer()]
  told.add(old, [{ sealed: encodeSealed(block(0)), torrent }])
  assert.deepEqual(told.of(blockId(block(0))), [], 'nothing is kept that nobody waits for')
  told.keep()
  for (let i = 0; i <= MAX_HEADERS; i++) told.add(old, [{ sealed: encodeSealed(block(i)), torrent }])
  for (let i = 1_000; i < 2_000; i++) told.add(flood, [{ sealed: encodeSealed(block(i)), torrent: other }])
  const torrentsOf = (i: number) => told.of(blockId(block(i))).map((telling) => telling.torrent)
  assert.deepEqual([torrentsOf(0), torrentsOf(1), torrentsOf(MAX_HEADERS)], [[], [torrent], [torrent]])
  told.add(old, [{ sealed: encodeSealed(block(1)), torrent: other }])
  told.add(old, [{ sealed: encodeSealed(block(3_000)), torrent }])
  assert.deepEqual([torrentsOf(1), torrentsOf(2), torrentsOf(3_000)], [[other], [], [torrent]])
  told.forget()
  assert.deepEqual(torrentsOf(1), [])
})
