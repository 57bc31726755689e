// What an errand waits for, and for how long: the words of others, mempools, and in time for the deadline.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { TransactionSender } from '../../../../../../node/ethereum/sending/sender.ts'
import type { SenderOptions } from '../../../../../../node/ethereum/sending/sender-options.ts'
import type { Hash } from '../../../../../../node/protocol/ids.ts'
import { toGasPrice, toTime, toWei } from '../../../../../../node/protocol/units.ts'
import { log } from '../../../../../support/log.ts'
import { LIES } from '../../../../../support/sending/lies.ts'
import { CALL } from '../../../../../support/sending/made-up-chain.ts'
import { FAST, Scene } from '../../../../../support/sending/scene.ts'

const GWEI = 1_000_000_000n
/** How much faster than ours the clock of a hasty sender is. */
const HASTE = 200

test('the first to answer does not decide alone which nonce is signed for', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  const slow = chain.endpoint('honest', ({ head }) => ({
    head: async () => {
      await delay(20)
      return await head()
    },
  }))
  const sender = scene.sender({ stuckMs: 20_000, answerMs: 5_000 })
  const { end } = scene.send([chain.endpoint('liar', LIES['has a nonce of 10,000']), slow], { sender })
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.equal(attemptsOf(scene)[0]?.nonce, 5)
})

test('what nobody keeps is handed over again, and not signed again for the same price', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  let handed = 0
  const forgets = chain.endpoint('forgets', () => ({
    broadcast: async () => {
      handed += 1
    },
    isKnown: async () => false,
  }))
  scene.send([forgets], { sender: hasty(scene, { stuckMs: 1_000 }) })
  await scene.until('it to be handed over again and again', () => handed > 40)
  assert.equal(attemptsOf(scene).length, 1)
})

test('close to the deadline an attempt is replaced soon, however patient the sender is else', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  chain.isFull = true
  const sender = hasty(scene, { stuckMs: 3_600_000 })
  scene.send([chain.endpoint('one')], { sender, deadline: chain.time + 60n })
  await scene.until('a replacement', () => attemptsOf(scene).length >= 2)
})

test('what the base fee has left behind is replaced before it has waited as long as others', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  scene.send([chain.endpoint('one')], { sender: hasty(scene, { stuckMs: 3_600_000 }) })
  await scene.until('the first offer', () => attemptsOf(scene).length === 1)
  chain.baseFee = 100n * GWEI
  await scene.until('a replacement', () => attemptsOf(scene).length >= 2)
  const [first, second] = attemptsOf(scene)
  assert.ok(first && second && first.fees.maxFeePerGas < chain.baseFee && second.fees.maxFeePerGas > chain.baseFee)
})

test('what an endpoint refuses is replaced by what the account can pay there before it has waited as long as others', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  chain.balance = 12n * GWEI * CALL.gas
  const endpoints = [chain.endpoint('liar', LIES['has the account rich']), chain.endpoint('honest')]
  scene.send(endpoints, { sender: hasty(scene, { stuckMs: 3_600_000 }) })
  await scene.mineUntil('the death', () => chain.isDead)
  assert.ok(attemptsOf(scene).length >= 2)
})

test('the cap rises by the clock that is furthest, whatever the time is to another one', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  chain.baseFee = 40n * GWEI
  const slow = chain.endpoint('liar', ({ head }) => ({
    head: async () => ({ ...(await head()), time: toTime(1n), next: toTime(2n) }),
  }))
  const { end } = scene.send([slow, chain.endpoint('honest')], {
    sender: scene.sender({ maxFeePerGas: toGasPrice(30n * GWEI) }),
    deadline: chain.time + 7_200n,
  })
  await scene.mineUntil('the end', () => end.said !== undefined)
  const [first] = attemptsOf(scene)
  assert.ok(first && first.fees.maxFeePerGas > chain.baseFee, 'from the first offer on')
})

test('what was stopped leaves its place in the line to the next call', async (t) => {
  const scene = new Scene(t)
  const { chain } = scene
  chain.isFull = true
  const sender = scene.sender()
  const first = scene.send([chain.endpoint('one')], { sender })
  await scene.until('it to wait', () => chain.waiting.length === 1)
  await first.kill()
  chain.forget()
  chain.isFull = false
  const call = { ...CALL, data: '0x77' } as const
  const { end } = scene.send([chain.endpoint('one')], { sender, call })
  await scene.mineUntil('the end', () => end.said !== undefined)
  assert.deepEqual(
    chain.included.map(({ hash, nonce }) => [hash, nonce]),
    [[scene.outbox.find(call)?.attempts[0]?.hash, 5]],
  )
})

test('of the attempts of earlier runs the newest are looked after, and no more of them than thirty-two', async (t) => {
  const scene = new Scene(t)
  const { chain, outbox } = scene
  const hashes: Hash[] = []
  for (let i = 1n; i <= 40n; i++) {
    const fees = { maxFeePerGas: toGasPrice(i * GWEI), maxPriorityFeePerGas: toGasPrice(i * GWEI) }
    const signed = await chain.ethereum.sign(CALL, 5, fees, toWei(0n))
    await outbox.add(CALL, { ...signed, nonce: 5, fees, isCancel: false, sentMs: Date.now() })
    hashes.push(signed.hash)
  }
  const asked: Hash[] = []
  const forgets = chain.endpoint('forgets', () => ({
    broadcast: async () => undefined,
    isKnown: async (hash) => {
      asked.push(hash)
      return false
    },
  }))
  scene.send([forgets], { sender: scene.sender({ stuckMs: 3_600_000 }) })
  await scene.until('all to be asked about twice', () => asked.length > 80)
  assert.deepEqual(new Set(asked), new Set(hashes.slice(-32)))
})

function hasty(scene: Scene, options: SenderOptions): TransactionSender {
  const started = Date.now()
  const now = () => started + HASTE * (Date.now() - started)
  const { ethereum } = scene.chain
  return new TransactionSender({ ethereum, log, now, outbox: scene.outbox }, { ...FAST, ...options })
}

function attemptsOf({ outbox }: Scene) {
  return outbox.find(CALL)?.attempts ?? []
}
