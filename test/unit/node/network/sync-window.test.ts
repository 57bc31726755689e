// What is being fetched of an order: batches, each asked of one peer, handed on in order.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BATCH, MAX_BATCHES, Window } from '../../../../node/network/gossip/sync/window.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'

function infohashes(from: number, count: number): Infohash[] {
  return Array.from({ length: count }, (_, i) => (from + i).toString(16).padStart(40, '0') as Infohash)
}

function filesOf(list: readonly Infohash[]): Map<Infohash, Uint8Array> {
  return new Map(list.map((infohash) => [infohash, Uint8Array.of(1)]))
}

test('batches are asked of different peers, and handed on in order although the second comes first', () => {
  const window = new Window()
  const listed = infohashes(0, 2 * BATCH)
  assert.equal(window.add([...listed, ...listed]), 2 * BATCH, 'what is listed twice counts once')
  const first = window.next('a')
  assert(first)
  first.asked.set('a', 0)
  const second = window.next('b')
  assert(second)
  second.asked.set('b', 0)
  assert.notEqual(first, second)
  assert.equal(window.next('c'), undefined)
  window.deliver(second, 'b', filesOf(second.infohashes))
  assert.deepEqual(window.takeWhole(['a', 'b'], 1_000), { files: [], gone: 0 })
  window.deliver(first, 'a', filesOf(first.infohashes))
  const { files, gone } = window.takeWhole(['a', 'b'], 1_000)
  assert.deepEqual([files.map(({ infohash }) => infohash), gone], [listed, 0])
  assert.deepEqual([files[0]?.from, files.at(-1)?.from], ['a', 'b'])
  assert.equal(window.size, 0)
})

test('what one peer lacks is asked of the next, and given up after the last', () => {
  const window = new Window()
  const listed = infohashes(0, 3)
  window.add(listed)
  const batch = window.next('a')
  assert(batch)
  batch.asked.set('a', 0)
  window.deliver(batch, 'a', filesOf(listed.slice(0, 1)))
  assert.equal(window.next('a'), undefined)
  assert.equal(window.next('b'), batch)
  assert.deepEqual([...batch.wanted], listed.slice(1))
  batch.asked.set('b', 0)
  window.fail(batch, 'b')
  assert.deepEqual(window.takeWhole(['a', 'b', 'c'], 1_000).files, [], 'c may have it')
  const { files, gone } = window.takeWhole(['a', 'b'], 1_000)
  assert.deepEqual([files.map(({ infohash }) => infohash), gone], [listed.slice(0, 1), 2])
  assert.equal(window.add(listed), 3, 'it may be listed again')
})

test('the window is full after some batches', () => {
  const window = new Window()
  for (let i = 0; i < MAX_BATCHES; i++) {
    assert(!window.isFull)
    window.add(infohashes(i * BATCH, BATCH))
  }
  assert(window.isFull)
})
