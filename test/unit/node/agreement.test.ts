// How a peer stands to a node: each verdict from two confirmations, what was compared, and the blocks that are known here.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Agreement, agreementOf, type Here } from '../../../node/agreement.ts'
import { BranchWatch } from '../../../node/branch-watch.ts'
import type { Difference } from '../../../node/network/gossip/reconcile/comparer.ts'
import type { Summary } from '../../../node/network/store.ts'
import { type Hash, type Infohash, parseHash, parseInfohash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { type Planted, plant, plantedId } from '../../../scripts/bench/planted-view.ts'

const hash = (byte: string): Hash => parseHash(`0x${byte.repeat(32)}`)
const [x, y, z] = ['11', '22', '33'].map((byte) => parseInfohash(byte.repeat(20))) as [Infohash, Infohash, Infohash]
const summary: Summary = {
  ...{ count: 10, weight: 3_000n, fingerprint: hash('aa'), stateRoot: hash('bb') },
  newestBlock: ZERO_HASH,
}
const other = { ...summary, fingerprint: hash('cc') }
/** A branch of five blocks, and one of three that leaves it after the second. */
const BLOCKS: readonly Planted[] = [0, 1, 2, 3, 4, 2, 6, 7].map((on, i) => ({ on, at: i + 1 }))
const view = plant([...BLOCKS])

function here(change: Partial<Here> = {}): Here {
  return { summary, view: undefined, status: () => 'accepted', ...change }
}

function atBlock(number: number): Summary {
  return { ...summary, newestBlock: plantedId(number) }
}

function difference(here: readonly Infohash[], there: readonly Infohash[], more = 0): Difference {
  return { here, there, hereCount: here.length + more, thereCount: there.length, at: 0 }
}

test('the same payments and block are in step; one that has said nothing is not known', () => {
  assert.deepEqual(agreementOf(here(), summary), { verdict: 'in-step', lacks: 0, has: 0 })
  assert.deepEqual(agreementOf(here(), undefined), { verdict: 'unknown' })
})

test('as long as nothing was compared, counts tell who is behind, and equal ones nothing', () => {
  assert.deepEqual(agreementOf(here(), { ...other, count: 7 }), { verdict: 'behind', lacks: 3 })
  assert.deepEqual(agreementOf(here(), { ...other, count: 12 }), { verdict: 'ahead', has: 2 })
  assert.deepEqual(agreementOf(here(), other), { verdict: 'differs' })
})

test('what was compared tells what each lacks, as long as it fits what both say now', () => {
  const isHere: Here['status'] = (infohash) => (infohash === y ? 'unknown' : 'accepted')
  const compared = (theirs: Summary, found: Difference) => agreementOf(here({ status: isHere }), theirs, found)
  assert.deepEqual(compared(other, difference([x], [y])), { verdict: 'differs', lacks: 1, has: 1 })
  assert.deepEqual(compared({ ...other, count: 11 }, difference([], [y])), { verdict: 'ahead', lacks: 0, has: 1 })
  // It got here meanwhile, and something else came there.
  assert.deepEqual(compared({ ...other, count: 11 }, difference([], [x])), { verdict: 'ahead', has: 1 })
  // More than are kept by name.
  const many = compared({ ...other, count: 3 }, difference([x], [y], 7))
  assert.deepEqual(many, { verdict: 'differs', lacks: 8, has: 1 })
})

test('of a double spend that it saw in another order it is named what counts there', () => {
  const status: Here['status'] = (infohash) => (infohash === y ? 'conflicting' : 'accepted')
  assert.deepEqual(agreementOf(here({ status }), other, difference([x], [y])), {
    ...{ verdict: 'first-seen', lacks: 1, has: 1, disputed: [y] },
  })
  // Once a block has decided here, the peer merely has not seen it.
  const decided: Here['status'] = (infohash) => (infohash === y ? 'invalid' : 'ordered')
  assert.equal(agreementOf(here({ status: decided }), other, difference([x, z], [y])).verdict, 'differs')
})

test('blocks that are known here tell by how many it is behind or ahead, or since when it is on another branch', () => {
  const at = (ours: number, theirs: number) => agreementOf(here({ summary: atBlock(ours), view }), atBlock(theirs))
  assert.deepEqual(at(5, 3), { verdict: 'behind', lacks: 0, has: 0, blocksBehind: 2 })
  assert.deepEqual(at(3, 5), { verdict: 'ahead', lacks: 0, has: 0, blocksAhead: 2 })
  const since = { id: plantedId(2), height: 2n }
  assert.deepEqual(at(5, 8), { verdict: 'other-branch', lacks: 0, has: 0, since })
  assert.deepEqual(at(8, 3), { verdict: 'other-branch', lacks: 0, has: 0, since })
  assert.equal(at(5, 99).verdict, 'unknown')
  assert.equal(agreementOf(here({ summary: atBlock(5), view }), summary).verdict, 'in-step')
})

test('a block that is farther down than is walked is behind by its height', () => {
  const long = plant(Array.from({ length: 1_500 }, (_, i) => ({ on: i, at: i + 1 })))
  const old = agreementOf(here({ summary: atBlock(1_500), view: long }), atBlock(10))
  assert.deepEqual(old, { verdict: 'behind', lacks: 0, has: 0, blocksBehind: 1_490 })
})

test('the log tells once of a peer that goes to another branch, and once that it is back', () => {
  const watch = new BranchWatch()
  const at = (address: string, verdict: Agreement['verdict'], height?: bigint) => {
    return { address, agreement: height === undefined ? { verdict } : { verdict, since: { id: ZERO_HASH, height } } }
  }
  assert.equal(watch.look([at('a', 'in-step'), at('b', 'behind')]), undefined)
  const away = [at('a', 'other-branch', 7n), at('b', 'behind')]
  assert.equal(watch.look(away), 'on another branch: a since height 7')
  assert.equal(watch.look(away), undefined)
  assert.equal(watch.look([at('a', 'unknown')]), undefined)
  assert.equal(watch.look([at('a', 'in-step')]), 'back on this branch: a')
  assert.equal(watch.look([]), undefined)
})

test('a crowd that goes to another branch at once is one line of five names', () => {
  const crowd = (verdict: Agreement['verdict']) => {
    return Array.from({ length: 100 }, (_, i) => ({ address: `peer ${i}`, agreement: { verdict } }))
  }
  const watch = new BranchWatch()
  assert.equal(
    watch.look(crowd('other-branch')),
    'on another branch: peer 0, peer 1, peer 2, peer 3, peer 4 and 95 more',
  )
  assert.match(watch.look(crowd('in-step')) ?? '', /^back on this branch: peer 0, .* and 95 more$/)
})
