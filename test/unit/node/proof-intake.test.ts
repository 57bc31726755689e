// Importing proofs into a ledger: all that is in the file first, then the peers; what liars put into one changes nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeProof } from '../../../node/network/proof.ts'
import { takeProof } from '../../../node/proof-intake.ts'
import { encodeText } from '../../../node/protocol/bytes.ts'
import { SUPPLY } from '../../../node/protocol/rules.ts'
import { pay, randomOf } from '../../../scripts/assure/models/world.ts'
import { alice, bob, chainOf, first, lonely } from './proofs.ts'

const NO_HINTS = { peers: [], trackers: [] }
const source = 'test'
const filesOf = (payments: readonly { readonly file: Uint8Array }[]) => payments.map(({ file }) => file)

test('a payment on 50 unordered ancestors is accepted from one file, without a peer and without being asked for', async (t) => {
  const chain = chainOf(51)
  const [last, ancestors] = [chain.at(-1) ?? chain[0], chain.slice(0, -1)]
  const torrent = encodeProof(last.file, NO_HINTS, filesOf(ancestors))
  const parts = await lonely(t)
  const signals = { fetch: AbortSignal.timeout(60_000) }
  assert.equal(await takeProof(parts, { torrent, files: [], source }, signals), last.infohash)
  assert.equal(parts.ledger.record(last.infohash).status, 'accepted')
  assert.equal(parts.ledger.balance(bob.address).accepted, 51n)
  assert.equal(parts.asked.size, 0)
})

test('ancestors in a wrong order, twice, or given beside the proof are the same', async (t) => {
  const chain = chainOf(40)
  const last = chain.at(-1) ?? chain[0]
  const ancestors = filesOf(chain.slice(0, -1))
  const random = randomOf(7)
  const shuffled = ancestors.toSorted(() => random() - 0.5)
  for (const [inside, beside] of [
    [ancestors.toReversed(), []],
    [[...shuffled, ...shuffled, last.file], []],
    [shuffled.slice(0, 20), shuffled.slice(20)],
    [[], shuffled],
  ] as const) {
    const parts = await lonely(t)
    await takeProof(parts, { torrent: encodeProof(last.file, NO_HINTS, inside), files: beside, source })
    assert.equal(parts.ledger.record(last.infohash).status, 'accepted')
  }
})

test('payments of others, which are no ancestors, are not read from a proof', async (t) => {
  const [parent, child] = chainOf(2)
  assert(parent && child)
  const stranger = pay(alice, { to: alice.address, tokens: 9n, time: 5, prev: [first] })
  const parts = await lonely(t)
  const torrent = encodeProof(child.file, NO_HINTS, [stranger.file, parent.file])
  await takeProof(parts, { torrent, files: [], source })
  assert.equal(parts.ledger.record(child.infohash).status, 'accepted')
  assert.equal(parts.ledger.has(stranger.infohash), false)
})

test('an ancestor that breaks a rule, or is not a transaction, makes its heirs invalid and nothing else', async (t) => {
  const tooMuch = pay(alice, { to: bob.address, tokens: SUPPLY + 1n, time: 0, prev: [first] })
  const heir = pay(bob, { to: alice.address, tokens: 1n, time: 1, prev: [tooMuch.infohash] })
  const parts = await lonely(t)
  const lie = encodeProof(heir.file, NO_HINTS, [tooMuch.file])
  await assert.rejects(takeProof(parts, { torrent: lie, files: [], source }), { code: 'invalid-transaction' })
  const [parent, child] = chainOf(2)
  assert(parent && child)
  const torrent = encodeProof(child.file, NO_HINTS, [encodeText('junk'), tooMuch.file, parent.file])
  await takeProof(parts, { torrent, files: [encodeText('junk'), tooMuch.file], source })
  assert.equal(parts.ledger.record(child.infohash).status, 'accepted')
})

test('what the file lacks is fetched at once, and one that nobody has does not keep the others waiting', async (t) => {
  const sides = [1, 2, 3].map((n) => pay(alice, { to: bob.address, tokens: BigInt(n), time: n, prev: [first] }))
  const [one, two, three] = sides
  assert(one && two && three)
  const prev = [one.infohash, two.infohash, three.infohash].sort()
  const last = pay(bob, { to: alice.address, tokens: 1n, time: 9, prev })
  const parts = await lonely(t, [two, three])
  const stop = new AbortController()
  const torrent = encodeProof(last.file)
  const taken = takeProof(parts, { torrent, files: [], source }, { fetch: stop.signal })
  await assert.rejects(
    (async () => {
      while (parts.asked.size < 3) await new Promise((resolve) => setImmediate(resolve))
      stop.abort()
      await taken
    })(),
    (error: Error & { code: string; facts: object }) => {
      assert.equal(error.code, 'ancestors-not-found')
      assert(error.message.includes(one.infohash))
      assert.match(error.message, /ask the payer for a proof with its ancestors/)
      return true
    },
  )
})

test('a payment whose eight parents nobody has waits, says which ones are missing, and may be tried again', async (t) => {
  const prev: string[] = []
  const parents = Array.from({ length: 8 }, (_, time) => pay(bob, { to: bob.address, tokens: 1n, time, prev: [first] }))
  for (const { infohash } of parents) prev.push(infohash)
  const last = pay(bob, { to: alice.address, tokens: 1n, time: 9, prev: parents.map((each) => each.infohash).sort() })
  const parts = await lonely(t)
  const fetch = AbortSignal.abort()
  await assert.rejects(takeProof(parts, { torrent: encodeProof(last.file), files: [], source }, { fetch }), {
    code: 'ancestors-not-found',
    retry: true,
  })
  const record = parts.ledger.record(last.infohash)
  assert.equal(record.status, 'waiting')
  assert.deepEqual(record.missing.toSorted(), prev.toSorted())
})

test('a node that stops ends an import of ten thousand files between two of them', async (t) => {
  const chain = chainOf(100)
  const last = chain.at(-1) ?? chain[0]
  const parts = await lonely(t)
  const stop = new AbortController()
  const torrent = encodeProof(last.file, NO_HINTS, filesOf(chain.slice(0, -1)))
  const taken = takeProof(parts, { torrent, files: [], source }, { stop: stop.signal })
  stop.abort(new Error('stopped'))
  await assert.rejects(taken, { message: 'stopped' })
  assert.equal(parts.ledger.record(last.infohash).status, 'unknown')
})
