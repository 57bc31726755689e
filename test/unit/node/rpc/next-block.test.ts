// What a node says of the next block: its target eases with Ethereum's clock, and what calls for a block is told apart from payments.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { toGwei, toTime } from '../../../../node/protocol/units.ts'
import { type Lead, nextBlock } from '../../../../node/rpc/handlers/next-block.ts'

const target = 2n ** 220n
const easiestTarget = 2n ** 222n
const at = 1_800_000_000
const lead: Lead = {
  status: { state: 'live' },
  tip: { id: ZERO_HASH, height: 19n, target, publishedAt: toTime(at) },
  now: toTime(at + 60),
  easiestTarget,
  queue: [],
  candidates: [],
}

test('the next block takes twice the work of the last one at first, and gets easier until it is as easy as it may be', () => {
  const after = (seconds: number) => nextBlock({ ...lead, now: toTime(at + seconds) })
  assert.deepEqual([after(60).height, after(60).target, after(60).hashes], [20n, target / 2n, 2n ** 37n - 1n])
  assert.deepEqual([after(60).easesAt, after(60).easesBy], [at + 2_700, 900])
  assert.equal(after(3_600).target, target)
  assert.equal(after(3_600 + 900).target, 2n * target)
  const easiest = after(10 * 3_600)
  assert.deepEqual([easiest.target, easiest.easesAt], [easiestTarget, undefined])
})

test('requests of TTX and the queue call for a block, and payments and requests of other assets only wait for one', () => {
  const seen = [400, 100, 300, 200].map((firstSeenMs) => ({ firstSeenMs }))
  const [paid = { firstSeenMs: 0 }, asked = paid, issued = paid, foreign = paid] = seen
  const deposit = { kind: 'deposit', gross: 2_000n, to: ZERO_ADDRESS } as const
  const forced = { kind: 'forced', fee: toGwei(5n), packed: new Uint8Array(1) } as const
  const { waiting } = nextBlock({
    ...lead,
    queue: [
      { entry: deposit, time: toTime(at - 50) },
      { entry: forced, time: toTime(at - 70) },
    ],
    candidates: [paid, { ...asked, request: 1_000n }, issued, { ...foreign, request: 700n, asset: ZERO_ADDRESS }],
  })
  assert.deepEqual(waiting, {
    ...{ requests: 1, fee: 30n, entries: 2, dueAt: at - 70 + 3_600 },
    ...{ payments: 3, oldestPayment: 200 },
  })
  assert.deepEqual(nextBlock(lead).waiting, { requests: 0, fee: 0n, entries: 0, payments: 0 })
})
