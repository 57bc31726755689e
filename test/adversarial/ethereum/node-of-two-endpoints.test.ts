// One of a node's two endpoints lies, in every way that we know. Must hold: the node says that it does not know, raises the alarm, adopts
// nothing, and goes on as if nothing had been once the lie ends.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from '../../../node/protocol/ids.ts'
import { LANES } from '../../../node/protocol/queue.ts'
import { comparable } from '../../support/bridge/driver.ts'
import {
  baseFee,
  changeAnswer,
  changeEvent,
  changeLogs,
  flip,
  frozenAt,
  jumpingBack,
  type Lie,
  lagging,
  NO_ANSWERS,
  otherChain,
  otherHashes,
  otherLength,
  recordsLie,
  SENSELESS,
  senseless,
  timesOff,
} from '../../support/chain/lying-endpoint.ts'
import { LiedTo } from './lied-to.ts'

const NOT_UNDERSTOOD = ['ethereum-silent', 'ethereum-refused', 'ethereum-disagreement']
const DIFFERENT = ['ethereum-disagreement']
/** Bytes of an event's data that say something to a node: amounts, times, transactions, headers, steps. */
const WHAT_MATTERS = {
  Claimed: [31],
  Deposited: [31, 63],
  Forced: [31, 95, 140],
  BlockPublished: [127, 200, 500],
  BlockRefuted: [],
  Nominated: [],
  BlockFinalized: [31],
} as const

test('no answer, and answers without sense', async (t) => {
  await using scene = await LiedTo.open(101)
  const victim = await scene.pair()
  for (const [name, lie] of Object.entries(NO_ANSWERS)) {
    await t.test(name, async () => {
      await scene.live.publish(scene.final, { transactions: 1 })
      await scene.assertStandsStill(victim, lie, ['ethereum-silent', 'ethereum-limited', 'ethereum-refused'])
      await scene.assertKnowsTheTruth(victim)
    })
  }
  for (const method of ['eth_getBlockByNumber', 'eth_getLogs', 'eth_call']) {
    await t.test(`${method} gives what is JSON and no answer`, async () => {
      await scene.live.publish(scene.final, { transactions: 1 })
      for (const result of SENSELESS) {
        if (method === 'eth_getLogs' && Array.isArray(result) && result.length === 0) continue // "no logs": told apart below
        await scene.assertStandsStill(victim, senseless(result, method), NOT_UNDERSTOOD)
      }
      await scene.assertKnowsTheTruth(victim)
    })
  }
})

test('another past, another chain, another present', async (t) => {
  await using scene = await LiedTo.open(102)
  const victim = await scene.pair()
  const head = await scene.live.anvil.client.getBlockNumber()
  const lies: readonly (readonly [string, Lie, readonly string[]])[] = [
    ['lags far behind', lagging(12), ['ethereum-lags']],
    ['stands still for ever', frozenAt(head), ['ethereum-lags']],
    ['jumps back and forth', jumpingBack(12), ['ethereum-lags']],
    ['has other hashes', otherHashes, DIFFERENT],
    ['has other times', timesOff(3_600n), DIFFERENT],
    ['has times of the past', timesOff(-3_600n), DIFFERENT],
  ]
  for (const [name, lie, codes] of lies) {
    await t.test(name, async () => {
      await scene.live.publish(scene.final, { transactions: 1 })
      await scene.live.anvil.client.mine({ blocks: 12 })
      await scene.assertStandsStill(victim, lie, codes)
      await scene.assertKnowsTheTruth(victim)
    })
  }
  await t.test('a base fee is no business of the node', async () => {
    scene.liar.tell(baseFee(10n ** 18n))
    await scene.assertKnowsTheTruth(victim)
    scene.liar.tellTheTruth()
  })
  await t.test('another chain from the start', async () => {
    scene.liar.tell(otherChain)
    await assert.rejects(scene.pair(), /ethereum-wrong-chain/)
    scene.liar.tellTheTruth()
    await scene.assertKnowsTheTruth(await scene.pair())
  })
})

test('logs that are left out, altered, told twice and invented', async (t) => {
  await using scene = await LiedTo.open(103)
  const { live } = scene
  const victim = await scene.pair()
  const { follower } = victim
  const [payee] = live.forge.world.accounts
  assert.ok(payee)
  await scene.finalizeOne()
  await scene.claimAll(follower)
  const request = await scene.finalizeOne()
  const acts = {
    Claimed: () => scene.claimAll(follower),
    Deposited: () => live.deposit(100_000n, payee.address),
    Forced: () => scene.force(),
    BlockPublished: async () => void (await live.publish(scene.final, { transactions: 2 })),
    BlockRefuted: async () => {
      const wrong = await live.publish(scene.final, { transactions: 1, isWrong: true })
      await scene.assertKnowsTheTruth(victim)
      await live.call('refute', [wrong.id])
    },
    Nominated: async () => {
      const start = await live.now()
      const rival = await live.publish(scene.final, { transactions: 1 })
      await live.anvil.warp(start + 23n * 3_600n)
      await scene.assertKnowsTheTruth(victim)
      await live.call('nominate', [keyOf(scene.final.id), keyOf(rival.id)])
      scene.final = rival
    },
    BlockFinalized: async () => {
      await live.anvil.warp((await live.now()) + 48n * 3_600n)
      await scene.assertKnowsTheTruth(victim)
      await live.finalize(scene.final)
    },
  } as const
  assert.ok(request.isValid)
  for (const [name, act] of Object.entries(acts) as [keyof typeof acts, () => Promise<void>][]) {
    await t.test(name, async () => {
      await scene.assertKnowsTheTruth(victim)
      await act()
      // A key is in the first half of its topic; the other half is padding.
      const lastByte = name === 'Nominated' ? 15 : 31
      const lies: Lie[] = [
        changeLogs(() => []),
        changeEvent(name, () => []),
        changeEvent(name, (log) => [log, { ...log, logIndex: '0x63' }]),
        changeEvent(name, (log) => [
          { ...log, topics: log.topics.map((topic, i) => (i === 1 ? flip(topic, lastByte) : topic)) },
        ]),
        ...WHAT_MATTERS[name].map((at) => changeEvent(name, (log) => [{ ...log, data: flip(log.data, at) }])),
      ]
      const honest = comparable(follower.view)
      for (const lie of lies) {
        await scene.assertStandsStill(victim, lie, ['ethereum-disagreement', 'ethereum-refused'])
      }
      await scene.assertKnowsTheTruth(victim)
      assert.notDeepEqual(comparable(follower.view), honest)
    })
  }
})

test('another word of the contract than the contract’s', async (t) => {
  await using scene = await LiedTo.open(104)
  const victim = await scene.pair()
  const block = await scene.live.publish(scene.final, { transactions: 1 })
  await scene.assertKnowsTheTruth(victim)
  const lies: readonly (readonly [string, Lie])[] = [
    ['refuted, and not refuted', recordsLie],
    ['another final block', changeAnswer('finalBlock', () => block.id)],
    ...LANES.map((lane) => [`a longer lane of ${lane}`, otherLength(lane)] as const),
  ]
  for (const [name, lie] of lies) {
    await t.test(name, async () => {
      await scene.live.publish(scene.final, { transactions: 1 })
      await scene.assertStandsStill(victim, lie, DIFFERENT)
      await scene.assertKnowsTheTruth(victim)
    })
  }
})
