// What a wallet, a miner and the network ask of the ledger.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OperationError } from '../../../../node/errors.ts'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import type { VerifiedTransaction } from '../../../../node/protocol/verify.ts'
import { at } from './random-world.ts'
import {
  block,
  GENESIS_BLOCK,
  GENESIS_INFOHASH,
  NOW_MS,
  OWNER,
  openLedger,
  pay,
  person,
  RULES,
  request,
  sign,
} from './world.ts'

const SEED = 20_260_728
const ALICE = person('alice')
const BOB = person('bob')

/** Gives Alice outputs of these values, one transaction each. */
async function fund(
  ledger: Ledger,
  values: readonly bigint[],
  from: Infohash = GENESIS_INFOHASH,
): Promise<VerifiedTransaction[]> {
  const made: VerifiedTransaction[] = []
  for (const [i, tokens] of values.entries()) {
    made.push(pay({ from: OWNER, to: ALICE, tokens, prev: [made.at(-1)?.infohash ?? from], time: i }))
  }
  await Promise.all(made.map(({ file }) => ledger.submit(file, 'peer')))
  return made
}

test('inputs for a payment: one that is just big enough, else the largest, settled ones if they suffice', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const settled = await fund(ledger, [10n, 50n, 70n])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, settled)] })
  await fund(ledger, [60n, 500n], at(settled, 2).infohash)
  const values = async (amount: bigint, maxInputs?: number) =>
    (await ledger.selectInputs(ALICE.address, amount, maxInputs)).map(({ value, status }) => `${value} ${status}`)
  assert.deepEqual(await values(1n), ['10 ordered'])
  assert.deepEqual(await values(40n), ['50 ordered'])
  assert.deepEqual(await values(55n), ['70 ordered'])
  assert.deepEqual(await values(71n), ['70 ordered', '50 ordered'])
  assert.deepEqual(await values(130n), ['70 ordered', '50 ordered', '10 ordered'])
  assert.deepEqual(await values(130n, 2), ['500 accepted'])
  assert.deepEqual(await values(131n), ['500 accepted'])
  assert.deepEqual(await values(560n), ['500 accepted', '70 ordered'])
  assert.deepEqual(await values(690n), ['500 accepted', '70 ordered', '60 accepted', '50 ordered', '10 ordered'])
  const statuses = (await ledger.outputs(ALICE.address)).map(({ status, value }) => `${value} ${status}`)
  assert.deepEqual(statuses, ['70 ordered', '50 ordered', '10 ordered', '500 accepted', '60 accepted'])
  assert.equal((await ledger.outputs(ALICE.address, 2)).length, 2)
})

test('a payment out of one output takes the smallest final one along, if it is no larger than what is paid', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const made = await fund(ledger, [5n, 30n, 100n, 400n])
  const chosen = async (amount: bigint, maxInputs?: number) =>
    (await ledger.selectInputs(ALICE.address, amount, maxInputs)).map(({ value }) => value)
  assert.deepEqual(await chosen(90n), [100n])
  await ledger.setBranch({ final: block('a', 1n, made).id, blocks: [block('a', 1n, made)] })
  assert.deepEqual(await chosen(90n), [100n, 5n])
  assert.deepEqual(await chosen(90n, 1), [100n])
  assert.deepEqual(await chosen(5n), [5n])
  assert.deepEqual(await chosen(4n), [5n])
  assert.deepEqual(await chosen(20n), [30n, 5n])
  assert.deepEqual(await chosen(450n), [400n, 100n])
})

test('too little money and money in too many outputs are told apart, with what can be reached', async () => {
  await using world = await openLedger()
  const { ledger } = world
  await fund(
    ledger,
    Array.from({ length: 12 }, () => 10n),
  )
  const failure = async (amount: bigint, maxInputs?: number) => {
    try {
      await ledger.selectInputs(ALICE.address, amount, maxInputs)
    } catch (error) {
      assert(error instanceof OperationError)
      return [error.code, error.facts['spendable'], error.facts['reach']]
    }
    return 'enough'
  }
  assert.equal(await failure(80n), 'enough')
  assert.deepEqual(await failure(81n), ['funds-spread', '120', '80'])
  assert.deepEqual(await failure(120n, 100), ['funds-spread', '120', '80'])
  assert.deepEqual(await failure(21n, 2), ['funds-spread', '120', '20'])
  assert.deepEqual(await failure(121n), ['insufficient-funds', '120', '80'])
})

test('selected inputs always suffice, are few, distinct and spendable', async (context) => {
  context.diagnostic(`seed ${SEED}`)
  const values = fc.array(fc.bigInt(1n, 1_000n), { minLength: 1, maxLength: 14 })
  const property = fc.asyncProperty(values, fc.nat(14), fc.bigInt(1n, 4_000n), async (held, ordered, amount) => {
    await using world = await openLedger()
    const { ledger } = world
    const made = await fund(ledger, held)
    await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, made.slice(0, ordered))] })
    const best = held
      .toSorted((a, b) => Number(b - a))
      .slice(0, 8)
      .reduce((a, b) => a + b, 0n)
    if (best < amount) {
      await assert.rejects(ledger.selectInputs(ALICE.address, amount), OperationError)
      return
    }
    const chosen = await ledger.selectInputs(ALICE.address, amount)
    const sum = chosen.reduce((total, { value }) => total + value, 0n)
    const least = at(
      chosen.map(({ value }) => value).toSorted((a, b) => Number(a - b)),
      0,
    )
    assert(sum >= amount && sum - least < amount, 'none of them is superfluous')
    assert(chosen.length <= 8 && new Set(chosen.map(({ infohash }) => infohash)).size === chosen.length)
    const own = await ledger.outputs(ALICE.address)
    for (const output of chosen)
      assert(own.some(({ infohash, value }) => infohash === output.infohash && value === output.value))
  })
  await fc.assert(property, { seed: SEED, numRuns: 40 })
})

test('history is paged from the newest, and says which way the money went', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const [first] = await fund(ledger, [100n])
  assert(first)
  const toBob = pay({ from: ALICE, to: BOB, tokens: 30n, prev: [first.infohash], memo: 'lunch' })
  const self = pay({ from: ALICE, to: ALICE, tokens: 1n, prev: [toBob.infohash] })
  const leave = sign(ALICE, {
    to: RULES.bridge,
    tokens: 100n,
    time: 5,
    prev: [first.infohash],
    bridge: { chain: 31_337n, to: BOB.address },
  })
  for (const { file } of [toBob, self, leave]) await ledger.submit(file, 'peer')
  const seen = []
  let cursor: number | undefined
  do {
    const page = await ledger.history(ALICE.address, { limit: 2, ...(cursor === undefined ? {} : { cursor }) })
    assert(page.items.length <= 2)
    seen.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined)
  assert.deepEqual(
    seen.map(({ direction, status, tokens, memo, bridgeTo }) => ({ direction, status, tokens, memo, bridgeTo })),
    [
      { direction: 'out', status: 'conflicting', tokens: 100n, memo: undefined, bridgeTo: BOB.address },
      { direction: 'self', status: 'accepted', tokens: 1n, memo: undefined, bridgeTo: undefined },
      { direction: 'out', status: 'accepted', tokens: 30n, memo: 'lunch', bridgeTo: undefined },
      { direction: 'in', status: 'accepted', tokens: 100n, memo: undefined, bridgeTo: undefined },
    ],
  )
  assert.deepEqual(
    (await ledger.history(BOB.address)).items.map(({ direction }) => direction),
    ['in'],
  )
  assert.deepEqual(
    (await ledger.history(OWNER.address)).items.map(({ direction }) => direction),
    ['out', 'in'],
  )
})

test('arrivals continue where a cursor left off, and infohashes by prefix and after one', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const made = await fund(
    ledger,
    Array.from({ length: 40 }, (_, i) => BigInt(i + 1)),
  )
  const first = await ledger.arrivals(0, 25)
  assert.equal(first.items.length, 25)
  const second = await ledger.arrivals(first.next, 25)
  assert.equal(second.next, undefined)
  const all = [...first.items, ...second.items].map(({ infohash }) => infohash)
  assert.deepEqual(all, [GENESIS_INFOHASH, ...made.map(({ infohash }) => infohash)])
  const sorted = all.toSorted()
  const list = async (prefix?: string, after?: Infohash) => {
    const found: Infohash[] = []
    for await (const infohash of ledger.infohashes(prefix, after)) found.push(infohash)
    return found
  }
  assert.deepEqual(await list(), sorted)
  const middle = at(sorted, 20)
  assert.deepEqual(await list('', middle), sorted.slice(21))
  for (const prefix of [middle.slice(0, 1), middle.slice(0, 2), middle.slice(0, 4)]) {
    const own = sorted.filter((infohash) => infohash.startsWith(prefix))
    assert.deepEqual(await list(prefix), own)
    assert.deepEqual(
      await list(prefix, middle),
      own.filter((infohash) => infohash > middle),
    )
    assert.deepEqual(
      await list(prefix, at(sorted, 0)),
      own.filter((infohash) => infohash > at(sorted, 0)),
    )
  }
  assert.equal((await list('zz')).length, 0)
})

test('a record says how much of the way to a block is unordered, and what is missing', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const made = await fund(ledger, [1n, 2n, 3n, 4n])
  assert.equal(ledger.record(at(made, 3).infohash).unorderedAncestors, 3)
  assert.deepEqual(ledger.pathToFinal(at(made, 2).infohash), {
    missing: [],
    unordered: [at(made, 1).infohash, at(made, 0).infohash],
    complete: true,
  })
  assert.equal(ledger.pathToFinal(at(made, 3).infohash, 2).complete, false)
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, made.slice(0, 2))] })
  assert.equal(ledger.record(at(made, 3).infohash).unorderedAncestors, 1)
  const unknown = pay({ from: OWNER, to: BOB, tokens: 1n, prev: [at(made, 3).infohash] })
  const child = pay({ from: BOB, to: ALICE, tokens: 1n, prev: [unknown.infohash] })
  const grandchild = pay({ from: ALICE, to: BOB, tokens: 1n, prev: [child.infohash] })
  for (const { file } of [grandchild, child]) await ledger.submit(file, 'peer')
  assert.deepEqual(ledger.record(grandchild.infohash).missing, [unknown.infohash])
  assert.deepEqual(ledger.pathToFinal(grandchild.infohash).missing, [unknown.infohash])
  assert.deepEqual(ledger.wanted(), [unknown.infohash])
  assert.deepEqual(ledger.record(unknown.infohash), {
    infohash: unknown.infohash,
    status: 'unknown',
    rivals: [],
    missing: [],
    unorderedAncestors: 0,
    isDead: false,
  })
})

test('candidates are closed under ancestors, the worthiest first where there is no room for all', async () => {
  await using world = await openLedger({ clock: () => NOW_MS })
  const { ledger } = world
  const funded = await fund(ledger, [5_000n, 3n, 900n])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, funded)] })
  const [large, dust, medium] = funded.map(({ infohash }) => infohash)
  assert(large && dust && medium)
  const ofDust = pay({ from: ALICE, to: BOB, tokens: 1n, prev: [dust] })
  const ofMedium = pay({ from: ALICE, to: BOB, tokens: 400n, prev: [medium] })
  const child = pay({ from: BOB, to: ALICE, tokens: 350n, prev: [ofMedium.infohash] })
  const leave = request(ALICE, [child.infohash], 300n)
  const ofLarge = pay({ from: ALICE, to: BOB, tokens: 10n, prev: [large] })
  const spam = pay({ from: BOB, to: BOB, tokens: 1n, prev: [ofDust.infohash] })
  for (const { file } of [ofDust, ofMedium, child, leave, ofLarge, spam]) await ledger.submit(file, 'peer')
  const names = async (limit?: number) => (await ledger.candidates(limit)).map(({ infohash }) => infohash)
  const inOrder = [ofDust, ofMedium, child, leave, ofLarge, spam].map(({ infohash }) => infohash)
  assert.deepEqual(await names(), inOrder)
  assert.deepEqual(
    await names(3),
    [ofMedium, child, leave].map(({ infohash }) => infohash),
  )
  assert.deepEqual(
    await names(4),
    [ofMedium, child, leave, ofLarge].map(({ infohash }) => infohash),
  )
  assert.deepEqual(
    await names(5),
    [ofDust, ofMedium, child, leave, ofLarge].map(({ infohash }) => infohash),
  )
  assert.deepEqual(
    await names(2),
    [ofMedium, ofLarge].map(({ infohash }) => infohash),
    'what does not fit whole is left out',
  )
  const byName = new Map((await ledger.candidates()).map((candidate) => [candidate.infohash, candidate]))
  const seconds = BigInt(NOW_MS / 1_000 - block('a', 1n, []).publishedAt)
  assert.equal(byName.get(ofMedium.infohash)?.coinAge, 900n * seconds)
  assert.equal(byName.get(spam.infohash)?.coinAge, 0n)
  assert.deepEqual(byName.get(leave.infohash)?.after, [child.infohash])
  assert.equal(byName.get(leave.infohash)?.request, 300n)
  assert.deepEqual(byName.get(ofLarge.infohash)?.packed, ofLarge.packed)
})
