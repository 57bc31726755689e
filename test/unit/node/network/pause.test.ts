// How often a peer is compared with that has what this node does not keep.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pause } from '../../../../node/network/gossip/pause.ts'

/** The pause after each comparison, of what it found and what is here then. */
function pausesOf(comparisons: readonly (readonly [found: number, count: number])[]): number[] {
  const pause = new Pause()
  return comparisons.map(([found, count]) => {
    pause.after(found, count)
    return pause.ms
  })
}

test('a comparison that brings something is soon followed by the next', () => {
  const pauses = pausesOf([
    [3_000, 500],
    [1_000, 800],
    [900, 1_700],
  ])
  assert.deepEqual(pauses, [2_000, 2_000, 2_000])
})

test('pauses double while nothing is found, or what is found is not kept, up to ten minutes', () => {
  assert.deepEqual(
    pausesOf([
      [0, 7],
      [0, 7],
      [0, 7],
    ]),
    [4_000, 8_000, 16_000],
  )
  const vain = pausesOf(Array.from({ length: 12 }, (_, i) => [40_000, 1_000 + i] as const))
  assert.deepEqual(vain.slice(0, 4), [2_000, 4_000, 8_000, 16_000])
  assert.equal(vain.at(-1), 600_000)
})

test('as soon as what is found stands here, comparisons are frequent again', () => {
  const pauses = pausesOf([
    [30, 10],
    [30, 12],
    [30, 14],
    [30, 17],
    [0, 47],
  ])
  assert.deepEqual(pauses, [2_000, 4_000, 8_000, 2_000, 4_000])
})
