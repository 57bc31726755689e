// What payments that no block has ordered cost those who send many of them, and that they cost nobody else anything.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Signer } from '../../../../node/client/pay.ts'
import { signWithWork } from '../../../../node/client/relay-work.ts'
import { relayPrice } from '../../../../node/ledger/intake/relay-price.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import { signingDigest } from '../../../../node/protocol/typed-data.ts'
import { MOST_RELAY_BITS, relayBitsOf } from '../../../../node/relay-bits.ts'
import { Wallet } from '../../../../node/wallet/wallet.ts'
import { coinsOf, fill, gifts, withWork } from './filling.ts'
import { block, GENESIS_BLOCK, GENESIS_INFOHASH, OWNER, openLedger, pay, person } from './world.ts'

const ALICE = person('alice')
const BOB = person('bob')
const LIMITS = { unordered: 100_000, supply: SUPPLY }

test('the price: nothing at first, more with each doubling, sooner in a fuller store, later on a larger coin', () => {
  const price = (value: bigint, payments: number, stored: number, isFirst = false) =>
    relayPrice({ value, payments, isFirst }, stored, LIMITS)
  assert.equal(price(0n, 127, 0), 0)
  assert.deepEqual(
    [128, 255, 511, 1_023, 131_071].map((payments) => price(0n, payments, 0)),
    [10, 12, 14, 16, 30],
  )
  assert.deepEqual([price(0n, 63, 50_000), price(0n, 64, 50_000)], [0, 10])
  assert.deepEqual([price(0n, 2, 98_000), price(0n, 1, 99_999)], [10, 12])
  assert.equal(price(SUPPLY, 25_127, 0), 0)
  assert.equal(price(SUPPLY / 1_000n, 152, 0), 0)
  assert.equal(price(SUPPLY / 1_000n, 153, 0), 10)
  assert.equal(price(SUPPLY, 0, 100_000), MOST_RELAY_BITS)
  assert.deepEqual([price(0n, 9_999, 49_999, true), price(0n, 9_999, 50_000, true) > 10], [0, true])
  for (let i = 0, last = 0; i < 5_000; i++) {
    const next = price(7n, i, 30_000)
    assert.ok(next >= last)
    last = next
  }
})

test('the zero bits in front of an infohash are counted to its last', () => {
  const bitsOf = (hex: string) => relayBitsOf(hex.padEnd(40, '0') as Infohash) // 40 hex digits
  assert.deepEqual(
    ['80', '7f', '0f', '01', '0080', '0001', '00007'].map((hex) => bitsOf(hex)),
    [0, 1, 4, 7, 8, 15, 17],
  )
  assert.equal(bitsOf(''), 160)
  assert.equal(bitsOf('1'.padStart(40, '0')), 159)
})

test('who pays himself on and on is refused at the price, and taken with the work', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const { ledger } = world
  const [coin = GENESIS_INFOHASH, other = GENESIS_INFOHASH] = await coinsOf(world.ledger, [ALICE, BOB])
  const line = await fill(ledger, ALICE, coin)
  assert.equal(line.length, 127)
  const last = line.at(-1)?.infohash ?? coin
  assert.equal(ledger.relayBits(ALICE.address, [last]), 10)

  const cheap = pay({ from: ALICE, to: ALICE, tokens: 1n, prev: [last], memo: 'without work' })
  await assert.rejects(ledger.submit(cheap.file, 'peer'), { code: 'relay-work', retry: true })
  assert.deepEqual([ledger.has(cheap.infohash), ledger.file(cheap.infohash)], [false, undefined])
  // What hangs on it is refused with it, and does not fill the pool of those who wait.
  const child = pay({ from: ALICE, to: BOB, tokens: 1n, prev: [cheap.infohash] })
  await assert.rejects(ledger.submit(child.file, 'peer'), { code: 'relay-work' })
  assert.equal(ledger.summary().waiting, 0)

  const worked = await withWork(ALICE, last, 10)
  assert.ok(relayBitsOf(worked.infohash) >= 10)
  assert.equal((await ledger.submit(worked.file, 'peer')).status, 'accepted')
  // Others notice nothing, and whoever has a coin of their own beside the crowded one either.
  assert.equal(ledger.relayBits(BOB.address, [other]), 0)
  const paid = pay({ from: ALICE, to: BOB, tokens: 5n, prev: [worked.infohash] })
  assert.equal((await ledger.submit(paid.file, 'rpc')).status, 'accepted')
  const split = await fill(ledger, BOB, paid.infohash)
  const rest = split.at(-1)?.infohash ?? coin
  assert.equal(ledger.relayBits(BOB.address, [rest]), 10)
  const both = pay({ from: BOB, to: ALICE, tokens: 6n, prev: [rest, other] })
  assert.equal((await ledger.submit(both.file, 'peer')).status, 'accepted')
})

test('the owner of the node hands in what others may not, even what was refused to them before', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const { ledger } = world
  const [coin = GENESIS_INFOHASH] = await coinsOf(ledger, [ALICE])
  const line = await fill(ledger, ALICE, coin)
  const next = pay({ from: ALICE, to: BOB, tokens: 1n, prev: [line.at(-1)?.infohash ?? coin] })
  const after = pay({ from: BOB, to: BOB, tokens: 1n, prev: [next.infohash] })
  for (const { file } of [next, after]) await assert.rejects(ledger.submit(file, 'peer'), { code: 'relay-work' })
  assert.equal((await ledger.submit(after.file, 'rpc')).status, 'waiting')
  assert.equal((await ledger.submit(next.file, 'proofs')).status, 'accepted')
  await ledger.idle()
  assert.equal(ledger.status(after.infohash), 'accepted')
  // That others may refuse them is said, over a restart too, until a block orders them.
  const asked = () => [line[0] ?? next, next, after].map(({ infohash }) => world.ledger.record(infohash).bitsAsked)
  assert.deepEqual(asked(), [undefined, 10, 10])
  await world.reopen()
  assert.deepEqual(asked(), [undefined, 10, 10])
  const blocks = [block('a', 1n, gifts([ALICE])), block('b', 2n, [...line, next])]
  await world.ledger.setBranch({ final: GENESIS_BLOCK, blocks })
  assert.deepEqual(asked(), [undefined, undefined, undefined])
})

test('a block makes room, a reorganisation takes it, and a restart forgets nothing of it', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const [coin = GENESIS_INFOHASH] = await coinsOf(world.ledger, [ALICE])
  const line = await fill(world.ledger, ALICE, coin)
  const last = line.at(-1)?.infohash ?? coin
  const next = pay({ from: ALICE, to: BOB, tokens: 1n, prev: [last] })
  const isTaken = async () =>
    await world.ledger.submit(next.file, 'peer').then(
      ({ status }) => status === 'accepted',
      ({ code }) => code !== 'relay-work',
    )
  assert.equal(await isTaken(), false)
  await world.reopen()
  assert.equal(world.ledger.relayBits(ALICE.address, [last]), 10)
  const first = block('a', 1n, gifts([ALICE]))
  const second = block('b', 2n, line.slice(0, 100))
  await world.ledger.setBranch({ final: GENESIS_BLOCK, blocks: [first, second] })
  assert.equal(world.ledger.relayBits(ALICE.address, [last]), 0)
  await world.ledger.setBranch({ final: GENESIS_BLOCK, blocks: [first] })
  assert.equal(world.ledger.relayBits(ALICE.address, [last]), 10)
  assert.equal(await isTaken(), false)
  await world.ledger.setBranch({ final: GENESIS_BLOCK, blocks: [first, second] })
  assert.equal(await isTaken(), true)
  // All of it: the last payment stands on a coin of its own.
  await world.ledger.setBranch({ final: GENESIS_BLOCK, blocks: [first, second, block('c', 3n, line.slice(100))] })
  assert.equal((await fill(world.ledger, BOB, next.infohash)).length, 127)
})

test('where the store is full nobody but the owner comes in, whatever he brings', async () => {
  await using world = await openLedger({ limits: { unordered: 40 } })
  const { ledger } = world
  const [coin = GENESIS_INFOHASH, other = GENESIS_INFOHASH] = await coinsOf(ledger, [ALICE, BOB])
  const line = await fill(ledger, ALICE, coin)
  assert.ok(line.length > 20 && line.length < 40)
  assert.ok(ledger.relayBits(ALICE.address, [line.at(-1)?.infohash ?? coin]) >= 10)
  assert.equal(ledger.relayBits(BOB.address, [other]), 0)
  let at = other
  for (let i = line.length; i < 40; i++) {
    const own = pay({ from: BOB, to: BOB, tokens: 1n, prev: [at], memo: `${i}` })
    assert.equal((await ledger.submit(own.file, 'rpc')).status, 'accepted')
    at = own.infohash
  }
  assert.equal(ledger.relayBits(BOB.address, [at]), MOST_RELAY_BITS)
  const worked = await withWork(BOB, at, 12)
  await assert.rejects(ledger.submit(worked.file, 'peer'), {
    code: 'relay-work',
    facts: { infohash: worked.infohash, bits: 160 },
  })
  assert.equal((await ledger.submit(worked.file, 'rpc')).status, 'accepted')
})

test('work is the same each time for the same payment, ends with its signal, and is not begun where it is too much', async () => {
  const body = { to: BOB.address, tokens: 3n, time: 1_767_226_000, prev: [GENESIS_INFOHASH] }
  using wallet = new Wallet(ALICE.key)
  const digest = signingDigest(body)
  const make = (signature: Uint8Array) => ({ kind: 'signed', from: ALICE.address, signature, ...body }) as const
  const [one, two] = await Promise.all([9, 9].map((bits) => signWithWork(wallet, digest, bits, make)))
  assert.deepEqual(one, two)
  assert.deepEqual(await signWithWork(wallet, digest, 0, make), { ...one, signature: wallet.sign(digest) })
  await assert.rejects(signWithWork(wallet, digest, 20, make, AbortSignal.abort(new Error('enough'))), /enough/)
  await assert.rejects(signWithWork(wallet, digest, 21, make), {
    code: 'relay-work',
    message: /2\^21 signatures; wait until a block/,
  })
  const elsewhere: Signer = { address: ALICE.address, sign: () => assert.fail('it is not asked') }
  await assert.rejects(signWithWork(elsewhere, digest, 1, make), { code: 'relay-work', message: /a signer elsewhere/ })
})

test('a reorganisation that brings payments back leaves their coin as large as it is', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const { ledger } = world
  // A hundredth of all TTX: room for 756 payments.
  const coin = pay({ from: OWNER, to: ALICE, tokens: SUPPLY / 100n, prev: [GENESIS_INFOHASH] })
  const first = block('a', 1n, [coin])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [first] })
  const line = await fill(ledger, ALICE, coin.infohash, 300)
  assert.equal(line.length, 300)
  const all = { final: GENESIS_BLOCK, blocks: [first, block('b', 2n, line)] }
  for (let i = 0; i < 2; i++) {
    await ledger.setBranch(all)
    await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [first] })
    const last = line.at(-1)?.infohash ?? coin.infohash
    assert.equal(ledger.relayBits(ALICE.address, [last]), 0)
  }
  await world.reopen()
  const more = pay({ from: ALICE, to: BOB, tokens: 1n, prev: [line.at(-1)?.infohash ?? coin.infohash] })
  assert.equal((await world.ledger.submit(more.file, 'peer')).status, 'accepted')
})

test('what a stranger brought first, and had to wait, is the owner`s once the owner hands it in', async () => {
  await using world = await openLedger({ limits: { unordered: 100_000 } })
  const [coin = GENESIS_INFOHASH] = await coinsOf(world.ledger, [ALICE])
  const line = await fill(world.ledger, ALICE, coin)
  const parent = pay({ from: ALICE, to: BOB, tokens: 2n, prev: [line.at(-1)?.infohash ?? coin] })
  const child = pay({ from: BOB, to: ALICE, tokens: 1n, prev: [parent.infohash] })
  assert.equal((await world.ledger.submit(child.file, '9.9.9.9')).status, 'waiting')
  assert.equal((await world.ledger.submit(child.file, 'rpc')).status, 'waiting')
  assert.equal((await world.ledger.submit(child.file, '8.8.8.8')).status, 'waiting', 'and stays it')
  await world.reopen()
  const { ledger } = world
  assert.equal((await ledger.submit(parent.file, 'rpc')).status, 'accepted')
  await ledger.idle()
  assert.equal(ledger.status(child.infohash), 'accepted')
})
