// The race between two blocks: every rule by which one is ahead, and where branches fork.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Contender, findFork, type Lead, leadOf, type Place } from '../../../../miner/watch/rivalry.ts'
import { encodeUint } from '../../../../node/protocol/bytes.ts'
import { type Hash, toHash } from '../../../../node/protocol/ids.ts'

const id = (number: number): Hash => toHash(encodeUint(number, 32))
const UNTIL = 1_000
const plain: Contender = { id: id(1), work: 10n, publishedAt: 100, isRight: true, hasWon: false }
const twin: Contender = { ...plain, id: id(2) }

/** Asked in both orders; the answer must be mirrored. */
function lead(a: Contender, b: Contender, isDecided = false): Lead {
  const there = leadOf(a, b, UNTIL, isDecided)
  const back = leadOf(b, a, UNTIL, isDecided)
  const mirrored = { a: 'b', b: 'a', neither: 'neither' }[there.ahead]
  assert.deepEqual({ ...back }, { ...there, ahead: mirrored })
  return there
}

test('more work, then the earlier block, then the smaller id', () => {
  assert.deepEqual(lead(plain, { ...twin, work: 25n }), { ahead: 'b', by: 'work', margin: 15n })
  assert.deepEqual(lead({ ...plain, publishedAt: 107 }, twin), { ahead: 'b', by: 'time', margin: 7n })
  assert.deepEqual(lead(plain, twin), { ahead: 'a', by: 'id' })
})

test('what is wrong, refuted, or not judged has no say, however heavy', () => {
  const wrong = { ...plain, work: 10n ** 30n, isRight: false }
  assert.deepEqual(lead(wrong, twin), { ahead: 'b', by: 'life' })
  assert.deepEqual(lead(wrong, { ...twin, isRight: false }), { ahead: 'neither', by: 'life' })
})

test('what came more than 22 hours after the first block of the race does not count', () => {
  const late = { ...plain, work: 10n ** 30n, publishedAt: UNTIL + 1 }
  assert.deepEqual(lead(late, twin), { ahead: 'b', by: 'window' })
  assert.deepEqual(lead({ ...late, publishedAt: UNTIL }, twin).by, 'work')
  assert.deepEqual(lead(late, { ...twin, publishedAt: UNTIL + 1 }), { ahead: 'neither', by: 'window' })
})

test('a race that is decided is decided, also for a third branch', () => {
  const heavy = { ...twin, work: 10n ** 30n }
  assert.deepEqual(lead({ ...plain, hasWon: true }, heavy, true), { ahead: 'a', by: 'final' })
  assert.deepEqual(lead(plain, heavy, true), { ahead: 'neither', by: 'final' })
})

/** genesis 0, and branches 11, 12, … and 21, 22, … above it; the number is the id, its last digit the height. */
async function placeOf(block: Hash): Promise<Place> {
  const number = Number(BigInt(block))
  const height = number % 10
  return { id: block, parent: height > 1 ? id(number - 1) : id(0), height: BigInt(height) }
}

test('the fork is found whichever branch is longer', async () => {
  const fork = (a: number, b: number, most = 9) => findFork(placeOf, id(a), id(b), most)
  assert.deepEqual(await fork(11, 21), { id: id(0), aboveA: id(11), aboveB: id(21) })
  assert.deepEqual(await fork(19, 22), { id: id(0), aboveA: id(11), aboveB: id(21) })
  assert.deepEqual(await fork(12, 29), { id: id(0), aboveA: id(11), aboveB: id(21) })
  assert.deepEqual(await fork(19, 29), { id: id(0), aboveA: id(11), aboveB: id(21) })
})

test('a block on the other is no rival, and no fork is looked for deeper than asked', async () => {
  assert.deepEqual(await findFork(placeOf, id(13), id(13), 9), { id: id(13) })
  assert.deepEqual(await findFork(placeOf, id(13), id(15), 9), { id: id(13), aboveB: id(14) })
  assert.equal(await findFork(placeOf, id(19), id(29), 8), undefined)
  assert.equal(await findFork(placeOf, id(11), id(29), 8), undefined)
})
