// The order in which announced infohashes are fetched, and the bounds of what is remembered.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Wants } from '../../../../node/network/gossip/wants.ts'
import { MAX_ANCESTORS_PER_PEER, MAX_WANTED, MAX_WANTED_PER_PEER } from '../../../../node/network/limits.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'

function infohash(n: number): Infohash {
  return n.toString(16).padStart(40, '0') as Infohash
}

test('what was announced most often comes first', () => {
  const wants = new Wants()
  for (const n of [1, 2, 3, 4]) wants.add(infohash(n), 'a')
  for (const n of [3, 4]) wants.add(infohash(n), 'b')
  wants.add(infohash(4), 'c')
  wants.add(infohash(4), 'c')
  assert.deepEqual(wants.take('a', 3), [4, 3, 1].map(infohash))
  assert.deepEqual(wants.take('b', 3), [], 'what was asked of one is not asked of another')
  assert.deepEqual(wants.take('a', 3), [infohash(2)])
})

test('what one did not deliver is asked of the next, and dropped after the last', () => {
  const wants = new Wants()
  wants.add(infohash(1), 'a')
  wants.add(infohash(1), 'b')
  assert.deepEqual(wants.take('a', 1), [infohash(1)])
  wants.release(infohash(1), 'a')
  assert.deepEqual(wants.take('a', 1), [])
  assert.deepEqual(wants.take('b', 1), [infohash(1)])
  wants.release(infohash(1), 'b')
  assert.equal(wants.size, 0)
})

test('a peer that leaves takes only its own announcements with it', () => {
  const wants = new Wants()
  for (const n of [1, 2, 3]) wants.add(infohash(n), 'a')
  for (const n of [2, 3]) wants.add(infohash(n), 'b')
  assert.deepEqual(wants.take('b', 1), [infohash(2)])
  wants.removePeer('a')
  assert.deepEqual([wants.size, wants.sizeOf('a'), wants.sizeOf('b')], [2, 0, 2])
  assert.deepEqual(wants.take('b', 9), [infohash(3)])
  wants.settle(infohash(2))
  wants.release(infohash(3), 'b')
  assert.deepEqual([wants.size, wants.sizeOf('b')], [0, 0])
})

test('neither one peer nor all together fill the memory', () => {
  const wants = new Wants()
  for (let peer = 0; peer < 12; peer++) {
    for (let n = 0; n <= MAX_WANTED_PER_PEER; n++) wants.add(infohash(peer * 100_000 + n), `peer ${peer}`)
    assert(wants.sizeOf(`peer ${peer}`) <= MAX_WANTED_PER_PEER)
  }
  assert.equal(wants.size, MAX_WANTED)
})

test('what something waits for comes before all else, and finds room where nothing else does', () => {
  const wants = new Wants()
  for (let n = 1; n <= MAX_WANTED_PER_PEER; n++) wants.add(infohash(n), 'a')
  wants.add(infohash(7), 'b')
  assert.equal(wants.add(infohash(20_000), 'a'), false)
  assert.equal(wants.addAncestor(infohash(20_001), 'a'), true)
  assert.equal(wants.addAncestor(infohash(9), 'a'), true, 'it was wanted already')
  assert.deepEqual(wants.take('a', 3), [infohash(20_001), infohash(9), infohash(7)])
  for (let n = 0; n < 2 * MAX_ANCESTORS_PER_PEER; n++) wants.addAncestor(infohash(30_000 + n), 'a')
  assert.equal(wants.sizeOf('a'), MAX_WANTED_PER_PEER + MAX_ANCESTORS_PER_PEER)
})

test('of what takes long others are asked besides, as many as there is room for', () => {
  const wants = new Wants()
  for (const peer of ['a', 'b', 'c']) wants.add(infohash(1), peer)
  assert.deepEqual(wants.take('a', 1), [infohash(1)])
  assert(wants.widen(infohash(1), 1))
  assert.deepEqual(wants.take('a', 1), [], 'nobody is asked twice')
  assert.deepEqual(wants.take('b', 1), [infohash(1)])
  assert.deepEqual(wants.take('c', 1), [])
  assert(wants.widen(infohash(1), 2))
  assert.deepEqual(wants.take('c', 1), [infohash(1)])
  assert(!wants.widen(infohash(1), 4), 'all were asked')
  wants.add(infohash(1), 'd')
  assert.deepEqual(wants.take('d', 1), [infohash(1)], 'one that announces it later is asked at once')
  wants.removePeer('d')
  for (const peer of ['d', 'a', 'b', 'c']) wants.release(infohash(1), peer)
  assert.deepEqual([wants.size, wants.widen(infohash(1), 1)], [0, false])
})

test('a peer that leaves while it is asked does not keep others from being asked', () => {
  const wants = new Wants()
  for (const peer of ['a', 'b', 'c']) wants.add(infohash(1), peer)
  wants.take('a', 1)
  wants.widen(infohash(1), 1)
  wants.removePeer('a')
  assert.deepEqual(wants.take('b', 1), [infohash(1)])
  wants.release(infohash(1), 'a')
  wants.release(infohash(1), 'b')
  assert.deepEqual(wants.take('c', 1), [infohash(1)])
  wants.settle(infohash(1))
  assert.deepEqual([wants.size, wants.sizeOf('c')], [0, 0])
})

test('of many announcers powers of two count, and all of them can be asked one after the other', () => {
  const wants = new Wants()
  const named = [70, 33, 17, 9, 5, 1].map((announcers, i) => {
    const infohash = i.toString(16).padStart(40, '7') as Infohash
    for (let peer = 0; peer < announcers; peer++) assert(wants.add(infohash, `peer ${peer}`))
    return infohash
  })
  // They were announced in the opposite order by one more.
  for (const infohash of named.toReversed()) assert(wants.add(infohash, 'late'))
  assert.deepEqual(wants.take('late', 10), named)
  for (const infohash of named) wants.release(infohash, 'late')
  const [first] = named
  assert(first)
  for (let peer = 69; peer >= 0; peer--) {
    assert(wants.take(`peer ${peer}`, 10).includes(first), `peer ${peer} is asked`)
    for (const infohash of named) wants.release(infohash, `peer ${peer}`)
  }
  assert.equal(wants.has(first), false)
  for (let peer = 0; peer < 70; peer++) assert.equal(wants.sizeOf(`peer ${peer}`), 0)
})

test('a peer that leaves takes its announcements with it, whatever else is wanted, and may come again', () => {
  const wants = new Wants()
  const shared = Array.from({ length: 300 }, (_, i) => `5${i.toString(16).padStart(39, '0')}` as Infohash)
  const own = Array.from({ length: 200 }, (_, i) => `6${i.toString(16).padStart(39, '0')}` as Infohash)
  for (const infohash of [...shared, ...own]) wants.add(infohash, 'leaver')
  for (const infohash of shared) wants.add(infohash, 'stayer')
  wants.removePeer('leaver')
  assert.deepEqual([wants.size, wants.sizeOf('leaver'), wants.sizeOf('stayer')], [300, 0, 300])
  assert.deepEqual(wants.take('leaver', 10), [])
  for (const infohash of own.slice(0, 7)) assert(wants.add(infohash, 'leaver'))
  assert.deepEqual(wants.take('leaver', 10), own.slice(0, 7))
  assert.equal(wants.take('stayer', 1_000).length, 300)
})
