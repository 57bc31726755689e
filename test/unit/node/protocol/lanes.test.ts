// Which entries of which lanes the steps of a block consume: lane by lane, and nothing that comes too late.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assembleBlock, type ParentBlock, replayBlock } from '../../../../node/protocol/block.ts'
import { concat, encodeText } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { blockId, genesisBlock } from '../../../../node/protocol/header.ts'
import { toHash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import {
  countsOf,
  EMPTY_LANES,
  entryHash,
  LANES,
  type Lane,
  type LanePoints,
  laneOf,
  nextQueueHash,
  type QueueEntry,
} from '../../../../node/protocol/queue.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep, laneOfStep, readLanes, type Step } from '../../../../node/protocol/step.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { accountOf, pay, RULES, World } from '../../../../scripts/assure/models/world.ts'
import { entriesOf } from '../../../support/queue.ts'

const alice = accountOf('alice')
const packed = pay(alice, { to: alice.address, tokens: 1n, time: 1, prev: ['11'.repeat(20) as never] }).packed
const BEFORE: LanePoints = {
  deposits: { count: 40n, hash: toHash(keccak(encodeText('deposits'))) },
  assets: { count: 3n, hash: toHash(keccak(encodeText('assets'))) },
  forced: { count: 7n, hash: toHash(keccak(encodeText('forced'))) },
}

const deposit = (gross: bigint): Step => ({ kind: 'deposit', entry: { kind: 'deposit', gross, to: alice.address } })
const applied = (fee: bigint): Step => ({ kind: 'applied', fee: toGwei(fee), packed })
const voided = (fee: bigint): Step => ({ kind: 'void', fee: toGwei(fee), packedHash: toHash(keccak(packed)) })
const plain: Step = { kind: 'transaction', packed }

function read(steps: readonly Step[], before = BEFORE) {
  return readLanes(before, steps.map(encodeStep))
}

/** The entry that a step consumes. */
function entryOf(step: Step): QueueEntry | undefined {
  if (step.kind === 'deposit' || step.kind === 'entered') return step.entry
  return step.kind === 'transaction' ? undefined : { kind: 'forced', fee: step.fee, packed }
}

function after(lane: Lane, ...steps: readonly Step[]) {
  return steps.reduce(({ count, hash }, step) => {
    const entry = entryOf(step)
    assert.ok(entry)
    return { count: count + 1n, hash: nextQueueHash(hash, entryHash(entry)) }
  }, BEFORE[lane])
}

test('deposits are of one lane and forced transactions of another, and a block has the lanes in the order of the contract', () => {
  assert.deepEqual(LANES, ['deposits', 'assets', 'forced'])
  assert.deepEqual([laneOf('deposit'), laneOf('forced')], ['deposits', 'forced'])
  const lanes = [deposit(1n), applied(1n), voided(1n), plain].map(laneOfStep)
  assert.deepEqual(lanes, ['deposits', 'forced', 'forced', undefined])
})

test('each step from the queue consumes the next entry of its lane, and the lanes do not count each other', () => {
  const steps = [deposit(1n), deposit(2n), applied(3n), voided(4n), plain]
  const { lanes, places } = read(steps)
  assert.deepEqual(places, [
    { lane: 'deposits', index: 40n },
    { lane: 'deposits', index: 41n },
    { lane: 'forced', index: 7n },
    { lane: 'forced', index: 8n },
  ])
  assert.deepEqual(lanes, {
    deposits: after('deposits', deposit(1n), deposit(2n)),
    assets: BEFORE.assets,
    forced: after('forced', applied(3n), voided(4n)),
  })
  // Void or applied, it is the same entry.
  assert.deepEqual(read([applied(9n)]), read([voided(9n)]))
  // Neither lane waits for the other one.
  assert.deepEqual(read([deposit(1n), plain]).places, [{ lane: 'deposits', index: 40n }])
  assert.deepEqual(read([applied(1n), plain]).places, [{ lane: 'forced', index: 7n }])
})

test('a block without steps from the queue leaves the lanes where they are', () => {
  for (const steps of [[], [plain], [plain, plain]]) assert.deepEqual(read(steps), { lanes: BEFORE, places: [] })
})

test('what comes after a plain transaction, or after a later lane, is too late and consumes nothing, nor does anything after it', () => {
  for (const late of [
    [deposit(1n), plain, deposit(2n)],
    [deposit(1n), plain, applied(2n), deposit(3n)],
  ]) {
    const { lanes, places } = read(late)
    assert.deepEqual(places, [{ lane: 'deposits', index: 40n }])
    assert.deepEqual(lanes, { ...BEFORE, deposits: after('deposits', deposit(1n)) })
  }
  for (const late of [
    [applied(1n), deposit(2n)],
    [applied(1n), deposit(2n), applied(3n)],
    [voided(1n), deposit(2n), deposit(3n)],
  ]) {
    const { lanes, places } = read(late)
    assert.deepEqual(places, [{ lane: 'forced', index: 7n }])
    assert.deepEqual(lanes, { ...BEFORE, forced: after('forced', applied(1n)) })
  }
})

test('bytes that are no step end what comes from the queue', () => {
  const { lanes, places } = readLanes(BEFORE, [encodeStep(deposit(1n)), Uint8Array.of(9), encodeStep(deposit(2n))])
  assert.equal(places.length, 1)
  assert.deepEqual(lanes, { ...BEFORE, deposits: after('deposits', deposit(1n)) })
})

test('reading changes nothing of what was there before', () => {
  const before = structuredClone(BEFORE)
  read([deposit(1n), applied(2n)])
  assert.deepEqual(BEFORE, before)
  assert.deepEqual(countsOf(EMPTY_LANES), { deposits: 0n, assets: 0n, forced: 0n })
})

test('however steps are put together, the first of them are read lane by lane, and each lane by itself', () => {
  const step = fc.oneof(
    fc.bigInt({ min: 1n, max: 9n }).map(deposit),
    fc.bigInt({ min: 1n, max: 9n }).map(applied),
    fc.bigInt({ min: 1n, max: 9n }).map(voided),
    fc.constant(plain),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const { lanes, places } = read(steps)
      const isLate = (each: Step, i: number) => {
        const rank = laneOfStep(each) === undefined ? LANES.length : LANES.indexOf(laneOfStep(each) ?? 'deposits')
        const before = steps.slice(0, i).map((other) => laneOfStep(other))
        return rank === LANES.length || before.some((lane) => lane === undefined || LANES.indexOf(lane) > rank)
      }
      const end = steps.findIndex(isLate)
      const first = end === -1 ? steps : steps.slice(0, end)
      assert.equal(places.length, first.length)
      for (const lane of LANES) {
        const own = first.filter((each) => laneOfStep(each) === lane)
        assert.deepEqual(lanes[lane], after(lane, ...own))
        assert.deepEqual(
          places.filter((place) => place.lane === lane).map(({ index }) => index),
          own.map((_, i) => BEFORE[lane].count + BigInt(i)),
        )
      }
    }),
    { seed: 5, numRuns: 500 },
  )
})

test('a replay asks for a void by its place in the lane of forced transactions, however many deposits come before it', () => {
  const world = new World(11)
  const root = genesisBlock({ ...RULES, easiestTarget: 2n ** 240n, state: stateRoot(world.state) })
  const parent: ParentBlock = { id: blockId(root), header: { ...root.header, lanes: BEFORE }, state: world.state }
  const steps: { step: Uint8Array; after: typeof world.state }[] = []
  world.queueIndex = 40n
  for (const gross of [1_000n, 2_000n, 3_000n]) {
    world.apply(deposit(gross))
    steps.push({ step: encodeStep(deposit(gross)), after: world.state })
  }
  assert.equal(world.queueIndex, 43n)
  steps.push({ step: encodeStep(voided(5n)), after: world.state })
  const { header, block } = assembleBlock(RULES, parent, 2n ** 240n, steps)
  assert.deepEqual(countsOf(header.lanes), { deposits: 43n, assets: 3n, forced: 8n })
  const asked: unknown[] = []
  const sealed = { header, seal: { miner: alice.address, nonce: ZERO_HASH } }
  const queue: readonly QueueEntry[] = [{ kind: 'forced', fee: toGwei(5n), packed }]
  const verdict = replayBlock(RULES, parent, { sealed, ...block }, (place) => {
    asked.push(place)
    return entriesOf(queue, place.lane)[Number(place.index - 7n)]
  })
  assert.equal(verdict.verdict, 'valid')
  assert.deepEqual(asked, [{ lane: 'forced', index: 7n }])
})

test('a void that is too late for its lane is judged by nobody: there is no entry that it could stand for', () => {
  const world = new World(12)
  const root = genesisBlock({ ...RULES, easiestTarget: 2n ** 240n, state: stateRoot(world.state) })
  const parent: ParentBlock = { id: blockId(root), header: root.header, state: world.state }
  const { packed: payment } = world.transaction()
  world.apply({ kind: 'transaction', packed: payment })
  const steps = [encodeStep({ kind: 'transaction', packed: payment }), encodeStep(voided(5n))]
  const states = steps.map(() => stateRoot(world.state))
  const sealed = { header: root.header, seal: { miner: alice.address, nonce: ZERO_HASH } }
  const bytes = (hash: string) => Uint8Array.from(Buffer.from(hash.slice(2), 'hex'))
  const block = { sealed, steps: concat(...steps), states: concat(...states.map(bytes)) }
  const verdict = replayBlock(RULES, parent, block, () => ({ kind: 'forced', fee: toGwei(5n), packed }))
  assert.partialDeepStrictEqual(verdict, { verdict: 'unknown', step: 1 })
})
