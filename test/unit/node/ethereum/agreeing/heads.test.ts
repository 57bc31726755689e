// What an endpoint says its newest block is, of several machines behind one address and of one whose chain is reorganised.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Heads } from '../../../../../node/ethereum/agreeing/heads.ts'
import { LAG_BLOCKS } from '../../../../../node/ethereum/chain.ts'
import { parseHash } from '../../../../../node/protocol/ids.ts'
import { toTime } from '../../../../../node/protocol/units.ts'

/** Block `number` of a chain of its own. */
function block(number: number, chain = 0) {
  const hash = parseHash(`0x${number.toString(16).padStart(32, '0')}${chain.toString(16).padStart(32, '0')}`)
  return { number: BigInt(number), hash, parent: hash, time: toTime(BigInt(number) * 12n) }
}

function seen(...numbers: readonly number[]): Heads {
  const heads = new Heads()
  for (const number of numbers) heads.saw(block(number))
  return heads
}

test('a machine that is behind now and then is remembered with the most that it was behind', () => {
  assert.equal(seen(100, 101, 102).lag, 0n)
  assert.equal(seen(100, 98).lag, 0n) // may be a reorganisation
  assert.equal(seen(100, 98, 100).lag, 2n)
  assert.equal(seen(100, 97, 99, 100).lag, 3n)
  assert.equal(seen(100, 97, 100, 99, 100).lag, 3n)
})

test('a reorganisation, and a fall too deep for machines of one provider, are no lag', () => {
  const heads = seen(100, 98)
  heads.saw(block(100, 1))
  assert.equal(heads.lag, 0n)
  assert.equal(seen(100, 100 - Number(LAG_BLOCKS) - 1, 100).lag, 0n)
  assert.equal(seen(100, 100 - Number(LAG_BLOCKS), 100).lag, LAG_BLOCKS)
})

test('a difference that does not show again is forgotten after a hundred statements, and one that does is not', () => {
  const steady = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)
  assert.equal(seen(100, 98, 100, ...steady(101, 99)).lag, 2n)
  assert.equal(seen(100, 98, 100, ...steady(101, 100)).lag, 0n)
  const again = seen(100, 98, 100, ...steady(101, 97), 196, 197)
  assert.equal(again.lag, 2n)
  for (const number of steady(198, 99)) again.saw(block(number))
  assert.equal(again.lag, 2n)
  again.saw(block(297))
  assert.equal(again.lag, 0n)
  // What was forgotten may be found again, smaller.
  again.saw(block(296))
  again.saw(block(297))
  assert.equal(again.lag, 1n)
})

test('what one machine has and another has not is a lag at once, of five blocks at most', () => {
  const heads = seen(100)
  heads.fellBehind(3n)
  assert.equal(heads.lag, 3n)
  heads.fellBehind(1n)
  assert.equal(heads.lag, 3n)
  heads.fellBehind(50n)
  assert.equal(heads.lag, LAG_BLOCKS)
})
