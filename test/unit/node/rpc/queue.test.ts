// What is read of a long queue: by those who ask for a part of it, and by those who mine.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type QueuedEntry, queuedEntryAt } from '../../../../node/bridge/queue-view.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { bridgeHandlers } from '../../../../node/rpc/handlers/bridge.ts'
import { plant } from '../../../../scripts/bench/planted-view.ts'

const LENGTH = 100_000

test('of 100,000 queue entries those are read that are answered, and no more', async () => {
  const place = { number: 1n, hash: ZERO_HASH, logIndex: 0, transaction: ZERO_HASH, time: toTime(0n) }
  const rest = { from: ZERO_ADDRESS, time: toTime(0n), place, queueHash: ZERO_HASH }
  const entries = Array.from({ length: LENGTH }, (_, i): QueuedEntry => {
    return { index: BigInt(i), entry: { kind: 'deposit', gross: 1n, to: ZERO_ADDRESS }, ...rest }
  })
  let reads = 0
  const get = (list: typeof entries, member: string | symbol) => {
    if (member !== 'length') reads++
    return Reflect.get(list, member)
  }
  const view = { ...plant([]), queue: { start: 0n, startHash: ZERO_HASH, entries: new Proxy(entries, { get }) } }
  const block = { id: view.final, height: 0n, publishedAt: 0 }
  // Of the ledger that follows the same branch, and of the rest of a node, what these methods ask for.
  const handlers = bridgeHandlers({
    follower: { view, status: { state: 'live' }, queued: (index: bigint) => queuedEntryAt(view.queue, index) },
    ledger: { branch: () => ({ final: block, blocks: [] }), candidates: async () => [] },
    settle: async () => undefined,
  } as never)
  const template = await handlers.bridge_template()
  assert.deepEqual([template.queue.length, template.queueLength, reads], [126, BigInt(LENGTH), 126])
  reads = 0
  const part = await handlers.bridge_queue({ from: 99_990n, count: 500 })
  assert.deepEqual(
    part.entries.map(({ index }) => index),
    entries.slice(-10).map(({ index }) => index),
  )
  assert(reads <= 500)
})

test('no template is made while the ledger stands on another branch than the bridge', async () => {
  const view = plant([])
  const handlers = bridgeHandlers({
    follower: { view, status: { state: 'live' } },
    ledger: { branch: () => ({ final: { id: view.final, height: 7n, publishedAt: 0 }, blocks: [] }) },
    settle: async () => undefined,
  } as never)
  await assert.rejects(handlers.bridge_template(), { code: 'branch-changing', retry: true })
})
