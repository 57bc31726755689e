// Two blocks side by side: the first difference of every kind, and bytes that are nothing at all.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Comparison, compareBlocks } from '../../../../miner/watch/comparison.ts'
import { concat, encodeText } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { type Hash, toBytes, toHash, toInfohash } from '../../../../node/protocol/ids.ts'
import { packTransaction } from '../../../../node/protocol/packed.ts'
import { EMPTY_LANES, type LanePoints } from '../../../../node/protocol/queue.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { encodeStep, type Step } from '../../../../node/protocol/step.ts'
import type { Posted } from '../../../../node/protocol/trace.ts'
import type { TransactionBody } from '../../../../node/protocol/typed-data.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { type Account, accountOf, pay, RULES, randomOf, signBody } from '../../../../scripts/assure/models/world.ts'

const [alice, bob, carol] = [accountOf('alice'), accountOf('bob'), accountOf('carol')]
/** Of deposits and of forced transactions that no block has consumed before. */
const [DEPOSIT, FORCED] = [40n, 7n]
const BEFORE: LanePoints = {
  ...EMPTY_LANES,
  deposits: { count: DEPOSIT, hash: toHash(keccak(encodeText('deposits'))) },
  forced: { count: FORCED, hash: toHash(keccak(encodeText('forced'))) },
}
const coin = (name: string) => toInfohash(keccak(encodeText(name)).subarray(0, 20))

function transfer(from: Account, to: Account, tokens: bigint, prev = coin('one')) {
  return pay(from, { to: to.address, tokens, time: 1, prev: [prev] })
}

const plain = (packed: Uint8Array): Step => ({ kind: 'transaction', packed })
const deposit = (gross: bigint): Step => ({
  kind: 'deposit',
  entry: { kind: 'deposit', gross, to: bob.address },
})

/** The state after a step follows from all steps up to it, as in a right block. */
function posted(...steps: readonly Step[]): Posted {
  const bytes = steps.map(encodeStep)
  const states = bytes.map((_, i) => keccak(concat(...bytes.slice(0, i + 1))))
  return { steps: concat(...bytes), states: concat(...states) }
}

function withState(block: Posted, step: number, state: Hash): Posted {
  const states = block.states.slice()
  states.set(toBytes(state), 32 * step)
  return { ...block, states }
}

/** The same seen from both sides. */
function compare(a: Posted, b: Posted): Comparison {
  const there = compareBlocks(RULES, BEFORE, a, b)
  const back = compareBlocks(RULES, BEFORE, b, a)
  assert.equal(back.common, there.common)
  assert.equal(back.difference.kind, there.difference.kind)
  if (there.difference.kind !== 'none' && back.difference.kind !== 'none') {
    assert.deepEqual([back.difference.a, back.difference.b], [there.difference.b, there.difference.a])
  }
  return there
}

function sides(a: Posted, b: Posted, kind: string) {
  const { common, difference } = compare(a, b)
  assert.equal(difference.kind, kind)
  assert(difference.kind !== 'none')
  return { common, a: difference.a, b: difference.b }
}

const toBob = transfer(alice, bob, 5n)
const toCarol = transfer(alice, carol, 7n)
const other = transfer(bob, carol, 3n, coin('two'))
const third = transfer(carol, alice, 2n, coin('three'))

test('blocks of the same steps and states do not differ, empty ones neither', () => {
  const block = posted(plain(toBob.packed), plain(other.packed))
  assert.deepEqual(compare(block, block), { common: 2, stepsOfA: 2, stepsOfB: 2, difference: { kind: 'none' } })
  assert.equal(compare(posted(), posted()).difference.kind, 'none')
})

test('one step with two results: one of the blocks is wrong', () => {
  const block = posted(plain(other.packed), plain(toBob.packed), plain(third.packed))
  const stated = toHash(keccak(encodeText('money')))
  const { common, a, b } = sides(block, withState(block, 1, stated), 'state')
  assert.equal(common, 1)
  assert.equal(b?.state, stated)
  assert.notEqual(a?.state, stated)
  assert.deepEqual(a?.reading, b?.reading)
  assert(a?.reading.kind === 'transaction')
  const { transaction } = a.reading
  assert(transaction.kind === 'payment')
  assert.deepEqual([transaction.from, transaction.to, transaction.tokens], [alice.address, bob.address, 5n])
})

test('two spendings of one output, beside each other or far apart, are a double spend', () => {
  const near = sides(posted(plain(toBob.packed)), posted(plain(toCarol.packed)), 'double-spend')
  assert.deepEqual(near.a?.fate, { kind: 'rival', step: 0, infohash: toCarol.infohash })
  assert.deepEqual(near.b?.fate, { kind: 'rival', step: 0, infohash: toBob.infohash })
  const far = sides(
    posted(plain(third.packed), plain(toBob.packed)),
    posted(plain(third.packed), plain(other.packed), plain(toCarol.packed)),
    'double-spend',
  )
  assert.equal(far.common, 1)
  assert.deepEqual(far.a?.fate, { kind: 'rival', step: 2, infohash: toCarol.infohash })
  assert.deepEqual(far.b?.fate, { kind: 'absent' })
  // Bob owns an output of the same transaction, but not the same output.
  const innocent = transfer(bob, carol, 1n, coin('one'))
  sides(posted(plain(toBob.packed)), posted(plain(innocent.packed)), 'left-out')
})

test('a forced transaction can be the other spending too', () => {
  const applied: Step = { kind: 'applied', fee: toGwei(9n), packed: toCarol.packed }
  const { a, b } = sides(posted(plain(toBob.packed)), posted(applied), 'queue-later')
  assert.deepEqual(a?.fate, { kind: 'rival', step: 0, infohash: toCarol.infohash })
  assert.equal(b?.fate, undefined)
  assert.deepEqual(b?.reading.kind === 'applied' && [b.reading.index, b.reading.fee], [FORCED, 9n])
})

test('the same transactions in another order', () => {
  const { a, b } = sides(
    posted(plain(toBob.packed), plain(other.packed)),
    posted(plain(other.packed), plain(toBob.packed)),
    'order',
  )
  assert.deepEqual(
    [a?.fate, b?.fate],
    [
      { kind: 'later', step: 1 },
      { kind: 'later', step: 1 },
    ],
  )
})

test('what one block leaves out, at its end or in the middle', () => {
  const end = sides(posted(plain(other.packed), plain(toBob.packed)), posted(plain(other.packed)), 'left-out')
  assert.equal(end.common, 1)
  assert.equal(end.b, undefined)
  assert.deepEqual(end.a?.fate, { kind: 'absent' })
  const empty = sides(posted(plain(toBob.packed)), posted(), 'left-out')
  assert.equal(empty.common, 0)
  const middle = sides(posted(plain(toBob.packed), plain(third.packed)), posted(plain(other.packed)), 'left-out')
  assert.deepEqual([middle.a?.fate, middle.b?.fate], [{ kind: 'absent' }, { kind: 'absent' }])
})

test('a queue entry that one block leaves to a later one', () => {
  const { a, b } = sides(
    posted(deposit(100n), deposit(200n)),
    posted(deposit(100n), plain(toBob.packed)),
    'queue-later',
  )
  assert.deepEqual(a?.reading, { kind: 'deposit', index: DEPOSIT + 1n, gross: 200n, credit: 198n, to: bob.address })
  assert.equal(b?.reading.kind, 'transaction')
  assert.equal(sides(posted(deposit(100n)), posted(), 'queue-later').b, undefined)
})

test('an entry is named by its number in its lane, however many of other lanes are before it', () => {
  const applied: Step = { kind: 'applied', fee: toGwei(9n), packed: toBob.packed }
  const { common, a, b } = sides(
    posted(deposit(100n), deposit(200n), applied),
    posted(deposit(100n), deposit(200n), plain(toCarol.packed)),
    'queue-later',
  )
  assert.equal(common, 2)
  assert(a?.reading.kind === 'applied')
  assert.equal(a.reading.index, FORCED)
  assert.equal(b?.reading.kind, 'transaction')
  // One block goes on with deposits, the other one with what was forced: each leaves the other one's entry to a later block.
  const parted = sides(posted(deposit(100n), deposit(200n)), posted(deposit(100n), applied), 'queue-later')
  assert.deepEqual(
    [parted.a, parted.b].map((side) => side && 'index' in side.reading && side.reading.index),
    [DEPOSIT + 1n, FORCED],
  )
})

test('void or applied, of one forced transaction', () => {
  const fee = 300_000n
  const applied: Step = { kind: 'applied', fee: toGwei(fee), packed: toBob.packed }
  const none: Step = { kind: 'void', fee: toGwei(fee), packedHash: toHash(keccak(toBob.packed)) }
  const { a, b } = sides(posted(applied), posted(none), 'void-or-applied')
  assert.equal(a?.reading.kind, 'applied')
  assert.deepEqual(b?.reading, { ...none, index: FORCED })
  // Another fee, another transaction: no such two blocks can have been published.
  sides(posted(applied), posted({ ...none, fee: toGwei(fee + 1n) }), 'entry')
  sides(posted(applied), posted({ ...none, packedHash: toHash(keccak(toCarol.packed)) }), 'entry')
  sides(posted(deposit(2n)), posted(deposit(1n)), 'entry')
})

test('requests, memos, and transactions that are invalid in themselves are read as far as they go', () => {
  const body: TransactionBody = {
    to: RULES.bridge,
    tokens: 500n,
    time: 1,
    prev: [coin('one')],
    memo: 'rent',
    bridge: { chain: RULES.chain, to: carol.address },
  }
  const request = pay(alice, body)
  const { a } = sides(posted(plain(request.packed)), posted(), 'left-out')
  assert(a?.reading.kind === 'transaction')
  assert.deepEqual(a.reading.transaction, {
    infohash: request.infohash,
    from: alice.address,
    spends: [{ infohash: coin('one'), owner: alice.address }],
    kind: 'request',
    to: carol.address,
    tokens: 500n,
    prev: [coin('one')],
    memo: 'rent',
  })

  const wild = '\u001b[2J\u0000\u007f"'
  const hostile = packTransaction({ ...signBody(alice, body), memo: wild })
  const read = sides(posted(plain(hostile)), posted(), 'left-out')
  assert(read.a?.reading.kind === 'transaction')
  const { transaction } = read.a.reading
  assert.deepEqual([transaction.problem, transaction.from, transaction.memo], ['BadMemo', undefined, undefined])
  assert.deepEqual(
    transaction.badMemo,
    Uint8Array.from(wild, (each) => each.charCodeAt(0)),
  )
})

test('bytes that are no step, no states, and noise of any kind are compared without a fault', () => {
  const block = posted(plain(toBob.packed))
  const { common, b } = sides(
    posted(plain(toBob.packed), plain(other.packed)),
    { steps: concat(block.steps, Uint8Array.of(9, 27, 91)), states: block.states },
    'shapeless',
  )
  assert.equal(common, 1)
  assert.deepEqual(b?.reading, { kind: 'shapeless', bytes: Uint8Array.of(9, 27, 91) })
  // States that the node does not have.
  assert.equal(sides(block, { ...block, states: new Uint8Array() }, 'state').b?.state, undefined)

  const seed = 20
  const random = randomOf(seed)
  const noise = (length: number) => Uint8Array.from({ length }, () => Math.floor(256 * random()))
  for (let i = 0; i < 300; i++) {
    const steps = block.steps.slice()
    const at = Math.floor(random() * steps.length)
    steps[at] = Math.floor(256 * random())
    const changed = { steps: concat(steps, noise(Math.floor(random() * 40))), states: noise(Math.floor(random() * 80)) }
    const { common: same, stepsOfA, stepsOfB, difference } = compare(block, changed)
    assert(same <= Math.min(stepsOfA, stepsOfB), `seed ${seed}, round ${i}`)
    assert.notEqual(difference.kind, 'none', `seed ${seed}, round ${i}`)
  }
})

test('two spendings of one transaction are rivals only where they spend the same asset of it', () => {
  const asset = coin('gold')
  const spend = (tokens: bigint, of?: typeof asset) =>
    pay(alice, ofAsset({ to: bob.address, tokens, time: 1, prev: [asset] }, of))
  const [ttx, gold, otherGold] = [spend(5n), spend(5n, asset), spend(6n, asset)]
  const apart = compare(posted(plain(ttx.packed)), posted(plain(gold.packed))).difference
  assert.equal(apart.kind, 'left-out')
  const twice = compare(posted(plain(gold.packed)), posted(plain(otherGold.packed))).difference
  assert.equal(twice.kind, 'double-spend')
  assert(twice.kind === 'double-spend' && twice.a?.reading.kind === 'transaction')
  const { transaction } = twice.a.reading
  assert(transaction.kind === 'payment')
  assert.deepEqual([transaction.asset, transaction.tokens], [asset, 5n])
  assert.deepEqual(twice.a.fate, { kind: 'rival', step: 0, infohash: otherGold.infohash })
  // An issuance spends TTX.
  const issuance = pay(alice, { to: bob.address, tokens: 9n, issuance: true, time: 1, prev: [asset] })
  assert.equal(compare(posted(plain(issuance.packed)), posted(plain(ttx.packed))).difference.kind, 'double-spend')
  assert.equal(compare(posted(plain(issuance.packed)), posted(plain(gold.packed))).difference.kind, 'left-out')
})

test('two entries of the lane of assets at one place differ, and each says what was entered', () => {
  const entered = (amount: bigint): Step => ({
    kind: 'entered',
    entry: { kind: 'entered', fee: toGwei(3n), amount, to: bob.address, asset: carol.address },
  })
  const { difference } = compare(posted(entered(7n)), posted(entered(8n)))
  assert(difference.kind === 'entry')
  assert.deepEqual(difference.a?.reading, {
    ...{ kind: 'entered', index: 0n, fee: 3n, amount: 7n, to: bob.address, asset: carol.address },
  })
})
