// A call on the word of any endpoint: it gets into a block in spite of what happens to it, once if it can be, and no end is believed that is none.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { toGasPrice, toWei } from '../../../../../../node/protocol/units.ts'
import { randomOf } from '../../../../../../scripts/assure/models/world.ts'
import { LIES } from '../../../../../support/sending/lies.ts'
import { CALL, type MadeUpChain, refused, silence } from '../../../../../support/sending/made-up-chain.ts'
import { Scene } from '../../../../../support/sending/scene.ts'

const GWEI = 1_000_000_000n
const SEED = 20_270_301

test('where all say the truth one transaction is sent, and its receipt is the end', async (t) => {
  const { scene, chain, both } = open(t)
  const { end, nonces } = scene.send(both())
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.ok(end.said?.status === 'over')
  assert.deepEqual(
    chain.included.map(({ hash, nonce }) => [hash, nonce]),
    [[end.said.receipt?.hash, 5]],
  )
  assert.equal(nonces(), 1)
})

test(`killed at any moment, it goes on with the transaction that it had signed (seed ${SEED})`, async (t) => {
  const random = randomOf(SEED)
  for (let round = 0; round < 20; round++) {
    const { scene, chain, both } = open(t)
    for (let kills = 0; kills < 3; kills++) {
      const { kill } = scene.send(both())
      await delay(random() * 40) // a moment is what is tried here, not a condition
      if (random() < 0.3) chain.mine()
      await kill()
    }
    const { end } = scene.send(both())
    await scene.mineUntil('the end', () => end.said !== undefined)
    assert.equal(end.said?.status, 'over')
    assert.equal(chain.included.length, 1)
    assert.deepEqual(noncesOf(scene), [5])
  }
})

test('several at once stand in one line, and a liar’s nonces keep none of the others from their place', async (t) => {
  const { scene, chain } = open(t)
  const endpoints = [chain.endpoint('liar', LIES['has a nonce of 10,000']), chain.endpoint('honest')]
  const sender = scene.sender()
  const calls = [1, 2, 3].map((i) => ({ ...CALL, data: `0x000${i}` as const }))
  const sent = calls.map((call) => scene.send(endpoints, { sender, call }))
  await scene.mineUntil('all to be in a block', () => chain.included.length >= 3)
  assert.deepEqual(
    chain.included.slice(0, 3).map(({ nonce }) => nonce),
    [5, 6, 7],
  )
  await scene.mineUntil('the end of all', () => sent.every(({ end }) => end.said !== undefined))
})

test('what waits for too long is raised by an eighth, and what mempools lost is given to them again', async (t) => {
  const { scene, chain, both } = open(t)
  chain.isFull = true
  const { end } = scene.send(both())
  await scene.until('two replacements', () => attemptsOf(scene).length >= 3)
  const [first, second] = attemptsOf(scene)
  assert.ok(first && second && second.fees.maxFeePerGas * 8n >= first.fees.maxFeePerGas * 9n)
  assert.ok(second.fees.maxPriorityFeePerGas * 8n >= first.fees.maxPriorityFeePerGas * 9n)
  chain.forget()
  await scene.until('it to be there again', () => chain.waiting.length === 1)
  chain.isFull = false
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.deepEqual([end.said?.status, noncesOf(scene)], ['over', [5]])
})

test('a base fee that rises above the offer is followed, up to the cap, and past it when the deadline is near', async (t) => {
  for (const [hours, isPast] of [[7n, false] as const, [2n, true] as const]) {
    const { scene, chain, both } = open(t)
    chain.isFull = true
    const sender = scene.sender({ maxFeePerGas: toGasPrice(30n * GWEI) })
    const { end } = scene.send(both(), { sender, deadline: chain.time + hours * 3_600n })
    await scene.until('the first offer', () => attemptsOf(scene).length > 0)
    chain.baseFee = 40n * GWEI
    const highest = () => Math.max(...attemptsOf(scene).map(({ fees }) => Number(fees.maxFeePerGas / GWEI)))
    await scene.until('it to be as dear as may be', () => sender.problem?.code === 'fee-cap' || highest() > 30)
    assert.equal(highest() > 30, isPast)
    chain.baseFee = 10n * GWEI
    chain.isFull = false
    await scene.mineUntil('the end', () => end.said !== undefined)
    assert.equal(end.said?.status, 'over')
  }
})

test('another program that takes the nonce costs the call a block, and no more', async (t) => {
  const { scene, chain, both } = open(t)
  chain.isFull = true
  const { end } = scene.send(both())
  await scene.until('it to wait', () => chain.waiting.length === 1)
  chain.useNonce()
  chain.isFull = false
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.deepEqual([end.said?.status, noncesOf(scene), chain.included.length], ['over', [5, 6], 1])
})

test('a transaction of another program that is stuck before it is pushed aside', async (t) => {
  const { scene, chain, both } = open(t)
  const cheap = { maxFeePerGas: toGasPrice(1n), maxPriorityFeePerGas: toGasPrice(1n) }
  await both()[0]?.broadcast((await chain.ethereum.sign(undefined, 5, cheap, toWei(0n))).raw)
  const { end } = scene.send(both())
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.equal(end.said?.status, 'over')
  assert.equal(chain.included[0]?.fate, 'killed')
  assert.deepEqual([chain.included[0]?.nonce, noncesOf(scene)], [5, [6, 5]])
})

for (const [what, maxFeePerGas, fates] of [
  ['is given to all of them first', 20n * GWEI, ['nothing', 'killed']],
  ['has to make room, if it is too cheap', 1n, ['killed', 'reverted']],
] as const) {
  test(`what an earlier call of the account waits with at one endpoint ${what}`, async (t) => {
    const { scene, chain } = open(t)
    const endpoints = [chain.endpoint('liar', LIES['takes transactions and forgets them']), chain.endpoint('honest')]
    const fees = { maxFeePerGas: toGasPrice(maxFeePerGas), maxPriorityFeePerGas: toGasPrice(1n) }
    const signed = await chain.ethereum.sign(undefined, 5, fees, toWei(0n))
    const sender = scene.sender()
    const waiting = new AbortController()
    t.after(() => waiting.abort(new Error('enough')))
    // It is under way through an endpoint that does not even answer.
    const attempts = [{ ...signed, nonce: 5, fees, isCancel: true, sentMs: Date.now() }]
    sender.send({ ...CALL, data: '0x99' }, { attempts, signal: waiting.signal }).catch(() => undefined)
    const { end } = scene.send(endpoints, { sender })
    await scene.mineUntil('the end', () => end.said !== undefined)
    await scene.mineUntil('the rest of it', () => chain.included.length === fates.length)
    assert.deepEqual(
      chain.included.map(({ nonce, fate }) => [nonce, fate]),
      fates.map((fate, i) => [5 + i, fate]),
    )
  })
}

test('where somebody else was faster, what waits is replaced by nothing', async (t) => {
  const { scene, chain, both } = open(t)
  chain.isFull = true
  const { end } = scene.send(both())
  await scene.until('it to wait', () => chain.waiting.length === 1)
  chain.isDead = true
  await scene.until('the cancellation', () => attemptsOf(scene).some(({ isCancel }) => isCancel))
  chain.isFull = false
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.deepEqual(end.said, { status: 'over' })
  assert.deepEqual(
    chain.included.map(({ fate }) => fate),
    ['nothing'],
  )
})

test('while one endpoint is silent, what waits is not taken back, whatever the others say', async (t) => {
  const { scene, chain } = open(t)
  const isSilent = { now: false }
  let lies = 0
  const honest = chain.endpoint('honest', ({ head }) => ({
    head: () => (isSilent.now ? Promise.reject(silence()) : head()),
  }))
  const liar = chain.endpoint('liar', ({ record }) => ({
    record: async (id) => {
      const truth = await record(id)
      if (isSilent.now) lies += 1
      return { ...truth, isRefuted: truth.isRefuted || isSilent.now }
    },
  }))
  chain.isFull = true
  const sent = scene.send([liar, honest], { sender: scene.sender({ answerMs: 10_000, stuckMs: 20_000 }) })
  await scene.until('it to wait', () => chain.waiting.length === 1)
  isSilent.now = true
  await scene.until('the liar to be asked again and again', () => lies >= 10)
  assert.deepEqual([Object.keys(sent.end), attemptsOf(scene).some(({ isCancel }) => isCancel)], [[], false])
  isSilent.now = false
  chain.isFull = false
  await scene.mineUntil('the end', () => sent.end.said !== undefined)
  assert.deepEqual([sent.end.said?.status, chain.included[0]?.fate], ['over', 'killed'])
})

test('a transaction in vain is the end of a run; the next one signs another, and only one', async (t) => {
  const { scene, chain, both } = open(t)
  chain.isWrong = false
  const first = scene.send(both())
  await scene.mineUntil('the end', () => first.end.said !== undefined)
  assert.equal(first.end.said?.status, 'failed')
  chain.isWrong = true
  const second = scene.send(both())
  await scene.mineUntil('the end', () => second.end.said !== undefined)
  assert.equal(second.end.said?.status, 'over')
  assert.deepEqual(
    chain.included.map(({ fate }) => fate),
    ['reverted', 'killed'],
  )
})

test('a liar for whom it is never over costs one transaction a run at most', async (t) => {
  const { scene, chain } = open(t)
  const kinds = ['calls the block alive for ever, and knows of no receipts', 'lives in a world of its own'] as const
  const endpoints = [chain.endpoint('honest'), ...kinds.map((kind) => chain.endpoint(kind, LIES[kind]))]
  for (let runs = 1; runs <= 5; runs++) {
    const { end } = scene.send(endpoints)
    await scene.mineUntil('the end', () => end.said !== undefined)
    assert.equal(end.said?.status, 'disputed')
    assert.ok(chain.included.length <= 3 * runs, `${chain.included.length} transactions in ${runs} runs`)
  }
})

test('a liar who names another nonce each time gets two of them in a run, however long it lasts', async (t) => {
  const { scene, chain } = open(t)
  chain.isFull = true
  let named = 0
  const liar = chain.endpoint('liar', ({ nonce }) => ({
    nonce: async (...args) => {
      named += 1
      return (await nonce(...args)) + named
    },
    broadcast: async () => undefined,
    isKnown: async () => false,
  }))
  const { end, nonces } = scene.send([liar, chain.endpoint('honest')])
  await scene.until('it to name many', () => named > 300)
  assert.ok(nonces() >= 2 && nonces() <= 3, `${nonces()} nonces`)
  chain.isFull = false
  await scene.mineUntil('the end', () => end.said !== undefined)
})

test('coins that no endpoint knows of are missing, and nothing is signed; one that knows of some is enough', async (t) => {
  const { scene, chain, both } = open(t)
  chain.balance = 10n ** 12n
  const poor = scene.send(both())
  await scene.until('its end', () => poor.end.error !== undefined)
  assert.equal((poor.end.error as { code?: string }).code, 'unfunded-account')
  assert.deepEqual(attemptsOf(scene), [])
  chain.balance = 10n ** 19n
  const { end } = scene.send([chain.endpoint('liar', LIES['has the account poor']), chain.endpoint('honest')])
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.equal(end.said?.status, 'over')
})

test('an endpoint that refuses the offer as too dear gets one that the account can pay by its word', async (t) => {
  const { scene, chain } = open(t)
  chain.balance = 12n * GWEI * CALL.gas
  const { end } = scene.send([chain.endpoint('liar', LIES['has the account rich']), chain.endpoint('honest')])
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.equal(end.said?.status, 'over')
})

test('while all are silent it says so, and goes on when one of them answers', async (t) => {
  const { scene, chain } = open(t)
  let isSilent = true
  const deaf = ({ head }: { head: MadeUpHead }) => ({ head: () => (isSilent ? Promise.reject(silence()) : head()) })
  const sender = scene.sender()
  const { end } = scene.send([chain.endpoint('one', deaf), chain.endpoint('two', deaf)], { sender })
  await scene.until('the trouble', () => sender.problem?.code === 'ethereum-silent')
  isSilent = false
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.equal(end.said?.status, 'over')
  assert.equal(sender.problem, undefined)
})

test('what all refuse as another’s nonce is signed for the next one at once', async (t) => {
  const { scene, chain } = open(t)
  let refusals = 0
  const once = ({ broadcast }: { broadcast: (raw: `0x${string}`) => Promise<void> }) => ({
    broadcast: (raw: `0x${string}`) => {
      refusals += 1
      return refusals <= 2 ? Promise.reject(refused('replacement transaction underpriced')) : broadcast(raw)
    },
    isKnown: async () => false,
  })
  const { end } = scene.send([chain.endpoint('one', once), chain.endpoint('two', once)])
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.equal(end.said?.status, 'over')
})

type MadeUpHead = ReturnType<MadeUpChain['endpoint']>['head']

function open(t: TestContext) {
  const scene = new Scene(t)
  const { chain } = scene
  return { scene, chain, both: () => [chain.endpoint('one'), chain.endpoint('two')] }
}

function attemptsOf({ outbox }: Scene) {
  return outbox.find(CALL)?.attempts ?? []
}

/** For which it was signed, in their order. */
function noncesOf(scene: Scene): readonly number[] {
  return [...new Set(attemptsOf(scene).map(({ nonce }) => nonce))]
}
