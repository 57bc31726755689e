// What a miner believes of the queue that its node tells of: the entries after the parent, lane by lane, and nothing else.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePending, readPending, readQueue } from '../../../miner/queue-reader.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { EMPTY_LANES, type Lane, type LanePoints } from '../../../node/protocol/queue.ts'
import { LANE_SHARE } from '../../../node/protocol/rules.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import type { Result } from '../../../node/rpc/api.ts'

type Served = Result<'bridge_queue'>['entries'][number]

const POINTS: LanePoints = {
  ...EMPTY_LANES,
  deposits: { count: 40n, hash: ZERO_HASH },
  forced: { count: 7n, hash: ZERO_HASH },
}
const deposit = (index: bigint): Served => ({ index, kind: 'deposit', time: 1, gross: index, to: ZERO_ADDRESS })
const forced = (index: bigint): Served => {
  return { index, kind: 'forced', time: 1, fee: toGwei(index), packed: new Uint8Array(127).fill(Number(index)) }
}

test('entries that follow the parent are taken, whichever lanes have some', () => {
  for (const served of [
    [],
    [deposit(40n)],
    [forced(7n)],
    [deposit(40n), deposit(41n), forced(7n)],
    [deposit(40n), forced(7n), forced(8n), forced(9n)],
  ]) {
    assert.deepEqual(
      parsePending(POINTS, served),
      served.map(({ index, kind, time, ...entry }) => ({ kind, ...entry })),
    )
  }
})

test('an entry that is not the next of its lane is a bad answer', () => {
  const wrong: readonly (readonly [readonly Served[], RegExp])[] = [
    [[deposit(41n)], /entry 40 of the lane of deposits .* got 41/],
    [[deposit(39n)], /entry 40 of the lane of deposits .* got 39/],
    [[deposit(40n), deposit(40n)], /entry 41 of the lane of deposits .* got 40/],
    [[deposit(40n), deposit(42n)], /entry 41 of the lane of deposits .* got 42/],
    // Each lane counts for itself.
    [[forced(40n)], /entry 7 of the lane of forced .* got 40/],
    [[deposit(7n)], /entry 40 of the lane of deposits .* got 7/],
    [[deposit(40n), forced(41n)], /entry 7 of the lane of forced .* got 41/],
    [[deposit(40n), forced(7n), forced(9n)], /entry 8 of the lane of forced .* got 9/],
  ]
  for (const [served, message] of wrong) {
    assert.throws(() => parsePending(POINTS, served), { code: 'bad-answer', retry: true, message })
  }
})

test('lanes that are not in their order are a bad answer, though each by itself is right', () => {
  for (const served of [
    [forced(7n), deposit(40n)],
    [deposit(40n), forced(7n), deposit(41n)],
  ]) {
    assert.throws(() => parsePending(POINTS, served), { code: 'bad-answer', retry: true })
  }
})

test('an entry that lacks what its kind has is a bad answer', () => {
  const { gross: _, ...less } = deposit(40n)
  const { packed: __, ...lost } = forced(7n)
  for (const served of [[less], [lost], [deposit(40n), lost]]) {
    assert.throws(() => parsePending(POINTS, served), { code: 'bad-answer', message: /all that its kind has/ })
  }
})

test('what waits is asked for lane by lane, from where the parent left each, as much as a block has to be ready for', async () => {
  const { node, asked } = nodeOf({ deposits: [deposit(40n)], assets: [], forced: [forced(7n), forced(8n)] })
  const { entries: pending, lengths } = await readPending(node, POINTS)
  assert.deepEqual(lengths, { deposits: 1n, assets: 0n, forced: 2n })
  assert.deepEqual(pending, [deposit(40n), forced(7n), forced(8n)])
  assert.equal(parsePending(POINTS, pending).length, 3)
  assert.deepEqual(asked, [
    { lane: 'deposits', from: 40n, count: LANE_SHARE },
    { lane: 'assets', from: 0n, count: LANE_SHARE },
    { lane: 'forced', from: 7n, count: LANE_SHARE },
  ])
})

test('what was read of one lane says nothing of another one', async () => {
  const { node } = nodeOf({ deposits: [], assets: [], forced: [forced(7n), forced(8n)] })
  const queue = await readQueue(node, { lane: 'forced', index: 7n }, 2)
  assert.equal(queue({ lane: 'forced', index: 8n })?.kind, 'forced')
  assert.equal(queue({ lane: 'forced', index: 9n }), undefined)
  for (const lane of ['deposits', 'assets'] as const) assert.equal(queue({ lane, index: 7n }), undefined)
})

function nodeOf(entries: { readonly [Each in Lane]: readonly Served[] }) {
  const asked: unknown[] = []
  const node: NodeClient = {
    url: 'none',
    call: async (_method, params) => {
      asked.push(params)
      const { lane } = { lane: 'assets', ...params } as { lane: Lane }
      return { entries: entries[lane], length: BigInt(entries[lane].length) } as never // the one method that is asked for
    },
  }
  return { node, asked }
}
