// The two sides of a coin: that nobody makes the payment of another dear, what one person gets for nothing, and that nodes come to the same price.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { UNIT } from '../../../../node/protocol/rules.ts'
import type { VerifiedTransaction } from '../../../../node/protocol/verify.ts'
import { MOST_RELAY_BITS } from '../../../../node/relay-bits.ts'
import { coinsOf, fill, gifts, withWork } from './filling.ts'
import { recountCharges } from './recount.ts'
import { block, depositOf, GENESIS_BLOCK, GENESIS_INFOHASH, openLedger, type Person, pay, person } from './world.ts'

const ALICE = person('alice')
const BOB = person('bob')
const CAROL = person('carol')

test('who was paid makes nothing dear for the payer, nor the payer for them, nor one of them for another', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const { ledger } = world
  const [coin = GENESIS_INFOHASH] = await coinsOf(ledger, [ALICE])
  const toBob = pay({ from: ALICE, to: BOB, tokens: UNIT, prev: [coin] })
  const toCarol = pay({ from: ALICE, to: CAROL, tokens: UNIT, prev: [toBob.infohash] })
  for (const { file } of [toBob, toCarol]) assert.equal((await ledger.submit(file, 'peer')).status, 'accepted')
  // Bob splits what came, and goes on with work: 600 in all.
  let last = (await fill(ledger, BOB, toBob.infohash)).at(-1)?.infohash ?? coin
  for (let i = 0; i < 300; i++) {
    const next = pay({ from: BOB, to: BOB, tokens: 1n, prev: [last], memo: `more ${i}` })
    assert.equal((await ledger.submit(next.file, 'rpc')).status, 'accepted')
    last = next.infohash
  }
  assert.equal(ledger.relayBits(BOB.address, [last]), 12)
  assert.equal(ledger.relayBits(ALICE.address, [toCarol.infohash]), 0)
  assert.equal(ledger.relayBits(CAROL.address, [toCarol.infohash]), 0)
  const line = await fill(ledger, ALICE, toCarol.infohash)
  assert.equal(line.length, 125, 'all that the owner of the coin has, with the two above')
  // And with her own side full, she makes nothing dear for whom she pays.
  const worked = await withWork(ALICE, line.at(-1)?.infohash ?? coin, 10)
  assert.equal((await ledger.submit(worked.file, 'peer')).status, 'accepted')
  assert.equal(ledger.relayBits(ALICE.address, [worked.infohash]), 10)
  assert.equal(ledger.relayBits(CAROL.address, [toCarol.infohash]), 0)
  const first = pay({ from: CAROL, to: ALICE, tokens: 1n, prev: [toCarol.infohash] })
  assert.equal((await ledger.submit(first.file, 'peer')).status, 'accepted')
  // Only the first: what hangs on it is of the crowd.
  assert.equal(ledger.relayBits(CAROL.address, [first.infohash]), 12)
  assert.equal(ledger.relayBits(ALICE.address, [first.infohash]), 10, 'who is paid back has the own side')
})

test('with any number of keys nobody has more than three times a side of a coin for nothing', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const { ledger } = world
  const [coin = GENESIS_INFOHASH] = await coinsOf(ledger, [ALICE])
  const keys = Array.from({ length: 130 }, (_, i) => person(`key ${i}`))
  const paid: [Person, Infohash][] = []
  let last = coin
  let taken = 0
  const isTaken = async (payment: VerifiedTransaction) => {
    const status = await ledger.submit(payment.file, 'peer').then(
      (submission) => submission.status,
      ({ code }) => code,
    )
    if (status === 'accepted') taken += 1
    else assert.equal(status, 'relay-work')
    return status === 'accepted'
  }
  for (const to of keys) {
    const next = pay({ from: ALICE, to, tokens: 1_000n, prev: [last] })
    if (!(await isTaken(next))) break
    last = next.infohash
    paid.push([to, last])
  }
  assert.equal(taken, 127)
  // Chains of others first, which fill their side; then what each may pass on once.
  const [[mallory, hers] = assert.fail()] = paid
  const chain = await fill(ledger, mallory, hers)
  const third = pay({ from: mallory, to: CAROL, tokens: 5n, prev: [chain.at(-1)?.infohash ?? hers] })
  assert.equal(await isTaken(third), false)
  taken += chain.length
  const passed: [Person, Infohash][] = []
  for (const [who, received] of paid.slice(1)) {
    const next = pay({ from: who, to: CAROL, tokens: 10n, prev: [received] })
    if (await isTaken(next)) passed.push([who, next.infohash])
  }
  assert.equal(passed.length, 126)
  for (const [who, at] of passed) {
    assert.equal(await isTaken(pay({ from: who, to: who, tokens: 1n, prev: [at] })), false)
    assert.equal(await isTaken(pay({ from: CAROL, to: who, tokens: 1n, prev: [at] })), false)
  }
  assert.equal(taken, 127 + 127 + 126)
})

test('the price is the same in whatever order payments come', async () => {
  const given = gifts([ALICE])
  const coin = given[0]?.infohash ?? GENESIS_INFOHASH
  const own: VerifiedTransaction[] = []
  const theirs: VerifiedTransaction[] = []
  for (let i = 0; i < 90; i++)
    own.push(pay({ from: ALICE, to: BOB, tokens: 1_000n, prev: [own.at(-1)?.infohash ?? coin], memo: `${i}` }))
  for (let i = 0; i < 100; i++) {
    const prev = [theirs.at(-1)?.infohash ?? own[0]?.infohash ?? coin]
    theirs.push(pay({ from: BOB, to: BOB, tokens: 1n, prev, memo: `${i}` }))
  }
  const [head = assert.fail(), ...tail] = own
  const mixed = tail.flatMap((payment, i) => [payment, theirs[i] ?? payment]).concat(theirs.slice(89))
  const prices: number[][] = []
  for (const order of [
    [head, ...tail, ...theirs],
    [head, ...theirs, ...tail],
    [head, ...mixed],
  ]) {
    await using world = await openLedger({ limits: { unordered: 100_000 } })
    await world.ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, given)] })
    for (const { file } of order) assert.equal((await world.ledger.submit(file, 'peer')).status, 'accepted')
    await fill(world.ledger, BOB, theirs.at(-1)?.infohash ?? coin, 20)
    const ends = [own.at(-1), theirs.at(-1)].map((payment) => payment?.infohash ?? coin)
    prices.push([ALICE, BOB].flatMap(({ address }) => ends.map((end) => world.ledger.relayBits(address, [end]))))
    await world.ledger.stop()
    assert.equal(await recountCharges(world.folder), 2)
  }
  assert.deepEqual(prices[1], prices[0])
  assert.deepEqual(prices[2], prices[0])
})

test('what only a block brought is charged once a reorganisation takes the block away, and free again with it', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const { ledger } = world
  const given = gifts([ALICE])
  const coin = given[0]?.infohash ?? GENESIS_INFOHASH
  const line: VerifiedTransaction[] = []
  for (let i = 0; i < 200; i++)
    line.push(pay({ from: ALICE, to: ALICE, tokens: 1n, prev: [line.at(-1)?.infohash ?? coin], memo: `${i}` }))
  const last = line.at(-1)?.infohash ?? coin
  const hanging = pay({ from: ALICE, to: BOB, tokens: 7n, prev: [last] })
  const first = block('a', 1n, given)
  const all = { final: GENESIS_BLOCK, blocks: [first, block('b', 2n, line)] }
  await ledger.setBranch(all)
  assert.equal((await ledger.submit(hanging.file, 'peer')).status, 'accepted')
  assert.equal(ledger.relayBits(ALICE.address, [hanging.infohash]), 0)
  for (let i = 0; i < 2; i++) {
    await world.ledger.setBranch({ final: GENESIS_BLOCK, blocks: [first] })
    // 201 on the coin, and no output of them is a coin.
    assert.equal(world.ledger.relayBits(ALICE.address, [hanging.infohash]), 10)
    assert.equal(world.ledger.relayBits(ALICE.address, [line[3]?.infohash ?? coin]), 10)
    const cheap = pay({ from: ALICE, to: ALICE, tokens: 3n, prev: [hanging.infohash], memo: `${i}` })
    await assert.rejects(world.ledger.submit(cheap.file, 'peer'), { code: 'relay-work' })
    await world.reopen()
    await world.ledger.setBranch(all)
    assert.equal(world.ledger.relayBits(ALICE.address, [hanging.infohash]), 0)
  }
  await world.ledger.stop()
  assert.equal(await recountCharges(world.folder), 1)
})

test('what hangs on a deposit that no block has ordered counts in what the store holds', async () => {
  await using world = await openLedger({ limits: { unordered: 60 } })
  const { ledger } = world
  const [own = GENESIS_INFOHASH] = await coinsOf(ledger, [BOB])
  const entry = { kind: 'deposit', gross: 10n * UNIT, to: ALICE.address } as const
  const deposit = depositOf(0n, entry)
  await ledger.depositEntry(0n, entry)
  let at = deposit.infohash
  const hold = async () => {
    const next = pay({ from: ALICE, to: ALICE, tokens: 1n, prev: [at] })
    assert.equal((await ledger.submit(next.file, 'rpc')).status, 'waiting')
    at = next.infohash
  }
  for (let i = 0; i < 59; i++) await hold()
  assert.equal(ledger.summary().unordered.count, 0)
  assert.equal(ledger.relayBits(BOB.address, [own]), 0)
  await hold()
  assert.equal(ledger.relayBits(BOB.address, [own]), MOST_RELAY_BITS)
  const cheap = pay({ from: BOB, to: BOB, tokens: 1n, prev: [own] })
  await assert.rejects(ledger.submit(cheap.file, 'peer'), {
    code: 'relay-work',
    facts: { infohash: cheap.infohash, bits: MOST_RELAY_BITS },
  })
  await world.reopen()
  assert.equal(world.ledger.relayBits(BOB.address, [own]), MOST_RELAY_BITS)
  // They count as long as no block orders them, whatever becomes of the deposit.
  const given = block('a', 1n, gifts([BOB]))
  await world.ledger.setBranch({
    final: GENESIS_BLOCK,
    blocks: [given, block('b', 2n, [{ index: 0n, entry }])],
  })
  assert.equal(world.ledger.summary().unordered.count, 60)
  assert.equal(world.ledger.relayBits(BOB.address, [own]), MOST_RELAY_BITS)
  await world.ledger.stop()
  assert.equal(await recountCharges(world.folder), 1)
})

test('what hangs on a payment that lacks work is shown with it, as long as that lacks it', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const { ledger } = world
  const [coin = GENESIS_INFOHASH, other = GENESIS_INFOHASH] = await coinsOf(ledger, [ALICE, CAROL])
  const line = await fill(ledger, ALICE, coin)
  const lacking = pay({ from: ALICE, to: BOB, tokens: 9n, prev: [line.at(-1)?.infohash ?? coin] })
  assert.equal((await ledger.submit(lacking.file, 'proofs')).status, 'accepted')
  // These bring all that is asked of them, and others have to have what they hang on.
  const chain = await fill(ledger, BOB, lacking.infohash, 40)
  const joined = pay({ from: CAROL, to: BOB, tokens: 2n, prev: [other] })
  assert.equal((await ledger.submit(joined.file, 'peer')).status, 'accepted')
  const last = chain.at(-1)?.infohash ?? coin
  const asked = (infohash: Infohash) => [ledger.record(infohash).bitsAsked ?? 0, ledger.bitsLacking(infohash)]
  assert.deepEqual(asked(lacking.infohash), [10, 10])
  assert.deepEqual(asked(chain[0]?.infohash ?? coin), [10, 10])
  assert.deepEqual(asked(last), [10, 10])
  assert.deepEqual(asked(joined.infohash), [0, 0])
  assert.deepEqual(asked(line[5]?.infohash ?? coin), [0, 0])
  // What comes later on the coin makes it no dearer; a block that orders others makes it cheap at once, and a reorganisation dear again.
  const worked = await withWork(ALICE, lacking.infohash, 10)
  assert.equal((await ledger.submit(worked.file, 'rpc')).status, 'accepted')
  assert.deepEqual(asked(worked.infohash), [10, 10], 'though it has the work itself')
  const given = block('a', 1n, gifts([ALICE, CAROL]))
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [given, block('b', 2n, line.slice(0, 30))] })
  assert.deepEqual([lacking.infohash, last, worked.infohash].map(asked), [
    [0, 0],
    [0, 0],
    [0, 0],
  ])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [given] })
  assert.deepEqual(asked(lacking.infohash), [10, 10])
  await world.reopen()
  assert.equal(world.ledger.record(last).bitsAsked, 10)
  await world.ledger.setBranch({ final: GENESIS_BLOCK, blocks: [given, block('c', 2n, [...line, lacking])] })
  assert.equal(world.ledger.record(last).bitsAsked, undefined)
})

test('no number of payments between hides what lacks work', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const { ledger } = world
  const [coin = GENESIS_INFOHASH] = await coinsOf(ledger, [ALICE])
  const line = await fill(ledger, ALICE, coin)
  const lacking = pay({ from: ALICE, to: BOB, tokens: 9n, prev: [line.at(-1)?.infohash ?? coin] })
  assert.equal((await ledger.submit(lacking.file, 'rpc')).status, 'accepted')
  let at = lacking.infohash
  for (let i = 0; i < 1_100; i++) {
    const next = pay({ from: BOB, to: BOB, tokens: 1n, prev: [at], memo: `${i}` })
    assert.equal((await ledger.submit(next.file, 'rpc')).status, 'accepted')
    at = next.infohash
  }
  assert.ok((ledger.record(at).bitsAsked ?? 0) >= 10)
  assert.ok(ledger.bitsLacking(at) >= 10)
})

test('once a block orders what somebody was paid, all that hangs on it is charged to them, and none of it to the crowd', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const { ledger } = world
  const given = gifts([ALICE])
  const first = block('a', 1n, given)
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [first] })
  const toBob = pay({ from: ALICE, to: BOB, tokens: UNIT, prev: [given[0]?.infohash ?? GENESIS_INFOHASH] })
  const toCarol = pay({ from: ALICE, to: CAROL, tokens: UNIT, prev: [toBob.infohash] })
  for (const { file } of [toBob, toCarol]) await ledger.submit(file, 'peer')
  const chain = await fill(ledger, BOB, toBob.infohash, 30)
  const crowd = await fill(ledger, CAROL, toCarol.infohash)
  assert.equal(crowd.length, 97)
  const last = chain.at(-1)?.infohash ?? toBob.infohash
  assert.equal(ledger.relayBits(BOB.address, [last]), 10)
  const ordered = { final: GENESIS_BLOCK, blocks: [first, block('b', 2n, [toBob])] }
  for (let i = 0; i < 2; i++) {
    await world.ledger.setBranch(ordered)
    assert.equal(world.ledger.relayBits(BOB.address, [last]), 0)
    await world.ledger.setBranch({ final: GENESIS_BLOCK, blocks: [first] })
    assert.equal(world.ledger.relayBits(BOB.address, [last]), 10)
    await world.reopen()
  }
  // Whoever hears of all that only now comes to the same price.
  await world.ledger.setBranch(ordered)
  await using other = await openLedger({ limits: { unordered: 100_000 } })
  await other.ledger.setBranch(ordered)
  for (const { file } of [toCarol, ...crowd, ...chain])
    assert.equal((await other.ledger.submit(file, 'peer')).status, 'accepted')
  assert.equal((await fill(other.ledger, BOB, last)).length, 97)
  assert.equal((await fill(world.ledger, BOB, last)).length, 97)
  for (const { ledger: each, folder } of [world, other]) {
    await each.stop()
    assert.equal(await recountCharges(folder), 3)
  }
})
