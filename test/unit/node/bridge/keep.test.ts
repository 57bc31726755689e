// Which states stay on disk.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Keep, superfluous } from '../../../../node/bridge/records/past/keep.ts'

/** Heights that are left after a state of each 16th block came, up to `newest`. */
function leftAt(newest: bigint, keep: Keep, first = 16n): bigint[] {
  let kept: bigint[] = []
  for (let height = first; height <= newest; height += 16n) {
    const gone = new Set(superfluous(kept, height, keep))
    kept = [...kept.filter((each) => !gone.has(each)), height]
  }
  return kept
}

test('all states stay near the newest block, and one in 256 blocks of what is older', () => {
  const left = leftAt(1_600n, 64n)
  assert.deepEqual(left, [16n, 256n, 512n, 768n, 1_024n, 1_280n, 1_536n, 1_552n, 1_568n, 1_584n, 1_600n])
})

test('with all none is ever dropped, and with nothing the newest and one in 256 blocks are left', () => {
  assert.equal(leftAt(1_600n, 'all').length, 100)
  assert.deepEqual(leftAt(600n, 0n), [16n, 256n, 512n, 592n])
})

test('that with which the node began stays whatever comes', () => {
  assert.equal(leftAt(5_000n, 0n, 1_003n)[0], 1_003n)
})
