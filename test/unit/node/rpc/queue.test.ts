// What is read of a long queue: by those who ask for a part of it, and by those who mine.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type QueuedEntry, type QueueView, queuedEntryAt } from '../../../../node/bridge/queue-view.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import type { QueuePlace } from '../../../../node/protocol/queue.ts'
import { LANE_SHARE } from '../../../../node/protocol/rules.ts'
import { toGwei, toTime } from '../../../../node/protocol/units.ts'
import { bridgeHandlers } from '../../../../node/rpc/handlers/bridge.ts'
import { plant } from '../../../../scripts/bench/planted-view.ts'

const LENGTH = 100_000

function queueOf(deposits: readonly QueuedEntry[], forced: readonly QueuedEntry[]): QueueView {
  const of = (entries: readonly QueuedEntry[]) => ({ start: 0n, startHash: ZERO_HASH, entries })
  return { deposits: of(deposits), assets: of([]), forced: of(forced) }
}

test('of 100,000 queue entries those are read that are answered, and no more', async () => {
  const place = { number: 1n, hash: ZERO_HASH, logIndex: 0, transaction: ZERO_HASH, time: toTime(0n) }
  const rest = { from: ZERO_ADDRESS, time: toTime(0n), place, queueHash: ZERO_HASH }
  const entries = Array.from({ length: LENGTH }, (_, i): QueuedEntry => {
    return { index: BigInt(i), entry: { kind: 'deposit', gross: 1n, to: ZERO_ADDRESS }, ...rest }
  })
  const forced = Array.from({ length: 3 }, (_, i): QueuedEntry => {
    return {
      index: BigInt(i),
      entry: { kind: 'forced', fee: toGwei(5n), packed: new Uint8Array(127).fill(i) },
      ...rest,
    }
  })
  let reads = 0
  const get = (list: typeof entries, member: string | symbol) => {
    if (/^[0-9]+$/.test(String(member))) reads++
    return Reflect.get(list, member)
  }
  const view = { ...plant([]), queue: queueOf(new Proxy(entries, { get }), forced) }
  const block = { id: view.final, height: 0n, publishedAt: 0 }
  // Of the ledger that follows the same branch, and of the rest of a node, what these methods ask for.
  const handlers = bridgeHandlers({
    follower: { view, status: { state: 'live' }, queued: (at: QueuePlace) => queuedEntryAt(view.queue, at) },
    ledger: { branch: () => ({ final: block, blocks: [] }), candidates: async () => [] },
    settle: async () => undefined,
  } as never)
  const template = await handlers.bridge_template()
  // However long one lane is, the others have their share of the template, from their own beginning on.
  assert.deepEqual(
    template.queue.map(({ kind, index }) => [kind, index]),
    [
      ...Array.from({ length: LANE_SHARE }, (_, i) => ['deposit', BigInt(i)]),
      ...forced.map(({ index }) => ['forced', index]),
    ],
  )
  assert.deepEqual(template.lanes, { deposits: BigInt(LENGTH), assets: 0n, forced: 3n })
  assert.equal(reads, LANE_SHARE)
  reads = 0
  const part = await handlers.bridge_queue({ lane: 'deposits', from: 99_990n, count: 500 })
  assert.deepEqual(
    part.entries.map(({ index }) => index),
    entries.slice(-10).map(({ index }) => index),
  )
  assert.equal(part.length, BigInt(LENGTH))
  assert.equal(reads, 10)
  reads = 0
  const other = await handlers.bridge_queue({ lane: 'forced', from: 1n, count: 500 })
  assert.deepEqual(
    other.entries.map(({ kind, index, packed }) => [kind, index, packed]),
    [1n, 2n].map((index) => ['forced', index, new Uint8Array(127).fill(Number(index))]),
  )
  assert.deepEqual([other.length, reads], [3n, 0])
  const none = await handlers.bridge_queue({ lane: 'assets', from: 0n, count: 500 })
  assert.deepEqual(none, { entries: [], length: 0n })
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
