// The liar's arithmetic: for a right transaction its story is the truth, for a wrong one outputs and accounts still fit together.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyTransaction } from '../../../../../node/protocol/apply.ts'
import { balancesOf, outputsOf, type State, stateOf, stateRoot } from '../../../../../node/protocol/state.ts'
import { World } from '../../../../../scripts/assure/models/world.ts'
import { asIf, flip, forge } from '../../../../../scripts/devnet/drill/forge.ts'

const SEED = 20_261_122

/** That every account holds the sum of the outputs of its owner. */
function assertConsistent(state: State): void {
  assert.equal(stateRoot(stateOf(outputsOf(state))), stateRoot(state))
}

test('a right transaction told as if it were right leads to the true state', (t) => {
  t.diagnostic(`seed ${SEED}`)
  const world = new World(SEED)
  for (let i = 0; i < 150; i++) {
    const { tx, infohash, packed } = world.transaction()
    const verified = { tx, infohash, packed, file: new Uint8Array() }
    const { state, reason } = applyTransaction(world.state, verified)
    assert.equal(reason, 'None')
    assert.equal(stateRoot(asIf(world.state, tx, infohash)), stateRoot(state))
    world.apply({ kind: 'transaction', packed })
  }
})

test('a wrong transaction told as if it were right leads to a state in which all sums are right', () => {
  const world = new World(SEED + 1)
  for (let i = 0; i < 40; i++) world.apply({ kind: 'transaction', packed: world.transaction().packed })
  for (let i = 0; i < 100; i++) {
    const { tx, infohash } = world.transaction()
    const [foreign] = outputsOf(world.state).filter(({ owner }) => owner !== tx.from)
    const wrong = [
      { ...tx, tokens: tx.tokens * 1_000_000n },
      { ...tx, prev: [...tx.prev, ...tx.prev] },
      { ...tx, prev: foreign ? [foreign.infohash] : [] },
      { ...tx, from: world.pick(world.accounts).address },
    ]
    for (const lie of wrong) {
      const told = asIf(world.state, lie, infohash)
      assertConsistent(told)
      assert.ok(outputsOf(told).every(({ value }) => value > 0n))
    }
  }
})

test('forging takes away at most what is there, and leaves no empty entry', () => {
  const { state, accounts } = new World(SEED + 2)
  const [{ infohash, owner, value } = assert.fail()] = outputsOf(state)
  const gone = forge(forge(state, { infohash, owner }, -value - 1n), { owner }, -value)
  assert.equal(stateRoot(gone), stateRoot(undefined))
  assert.equal(stateRoot(forge(gone, { owner }, -1n)), stateRoot(undefined))
  const more = forge(state, { owner: accounts[0]?.address ?? owner }, 1n)
  assert.notEqual(stateRoot(more), stateRoot(state))
  assert.equal(
    balancesOf(more).reduce((sum, each) => sum + each.value, 0n),
    value + 1n,
  )
})

test('a bit that is turned over twice is as it was', () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => 37 * i)
  for (const bit of [0, 7, 8, 255]) {
    assert.notDeepEqual(flip(bytes, bit), bytes)
    assert.deepEqual(flip(flip(bytes, bit), bit), bytes)
  }
})
