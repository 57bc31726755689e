// What the coins of a node's user hang on, and what descends from a payment: of a real ledger.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeProof } from '../../../node/network/proof.ts'
import { OwnPayments } from '../../../node/own-payments.ts'
import { takeProof } from '../../../node/proof-intake.ts'
import { pay } from '../../../scripts/assure/models/world.ts'
import { alice, bob, chainOf, first, lonely } from './proofs.ts'

test('a payment is the user`s own with all that it builds on, and nothing besides', async (t) => {
  const { ledger } = await lonely(t)
  const chain = chainOf(10)
  for (const { file } of chain) await ledger.submit(file, 'peer')
  const own = new OwnPayments(ledger)
  const ids = chain.map(({ infohash }) => infohash)
  own.add(ids[6] ?? first)
  assert.deepEqual(
    ids.map((each) => own.has(each)),
    ids.map((_, i) => i <= 6),
  )
  // Genesis is final: every node has it.
  assert(!own.has(first))
})

test('what came by a proof is own, with ancestors that come only later', async (t) => {
  const [one, two, three, four] = chainOf(4)
  assert(one && two && three && four)
  const parts = await lonely(t)
  const { own, ledger } = parts
  const take = (file: Uint8Array) => takeProof(parts, { torrent: encodeProof(file), files: [], source: 'test' })
  await take(four.file)
  assert.deepEqual(
    [one, two, three, four].map(({ infohash }) => own.has(infohash)),
    [false, false, false, true],
  )
  for (const { file } of [three, two, one]) await ledger.submit(file, 'peer')
  await take(four.file)
  assert([one, two, three, four].every(({ infohash }) => own.has(infohash)))
})

test('of more than it remembers the oldest are forgotten, ancestors before their heirs', async (t) => {
  const { ledger } = await lonely(t)
  const chain = chainOf(10)
  for (const { file } of chain) await ledger.submit(file, 'peer')
  const own = new OwnPayments(ledger, 3)
  const ids = chain.map(({ infohash }) => infohash)
  own.add(ids[9] ?? first)
  assert.deepEqual(
    ids.filter((each) => own.has(each)),
    ids.slice(7),
  )
})

test('all that counts and descends from a payment is counted once, and no further than asked', async (t) => {
  const { ledger } = await lonely(t)
  const chain = chainOf(12)
  for (const { file } of chain) await ledger.submit(file, 'peer')
  const ids = chain.map(({ infohash }) => infohash)
  const [root, last] = [ids[0] ?? first, ids[11] ?? first]
  // A web: two coins of bob, one from each end of the chain, in one payment.
  const joined = pay(bob, { to: alice.address, tokens: 2n, time: 50, prev: [root, last].sort() })
  await ledger.submit(joined.file, 'peer')
  assert.deepEqual(
    [root, last, joined.infohash].map((each) => ledger.descendants(each)),
    [12, 1, 0],
  )
  assert.equal(ledger.descendants(first), 13)
  assert.equal(ledger.descendants(root, 5), 5)
  const rival = pay(bob, { to: bob.address, tokens: 2n, time: 51, prev: [root, last].sort() })
  assert.equal((await ledger.submit(rival.file, 'peer')).status, 'conflicting')
  assert.deepEqual(
    [root, rival.infohash].map((each) => ledger.descendants(each)),
    [12, 0],
  )
})
