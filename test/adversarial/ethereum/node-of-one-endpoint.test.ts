// The only endpoint of a node lies. Must hold: what the contract itself contradicts is found out, raises the alarm and is not adopted; what
// remains is what such a node takes on trust, and the last tests here say what that is.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pad, toHex } from 'viem'
import { keyOf } from '../../../node/protocol/ids.ts'
import { LANES } from '../../../node/protocol/queue.ts'
import {
  changeAnswer,
  changeEvent,
  changeLane,
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
  type RawLog,
  recordsLie,
  SENSELESS,
  senseless,
  timesOff,
  topicOf,
} from '../../support/chain/lying-endpoint.ts'
import { assertLive, LiedTo } from './lied-to.ts'

const HOUR = 3_600n
const INCOMPLETE = ['ethereum-logs-incomplete']

test('no answer, answers without sense, another past', async (t) => {
  await using scene = await LiedTo.open(401)
  const { live } = scene
  const victim = await scene.alone()
  for (const [name, lie] of Object.entries(NO_ANSWERS)) {
    await t.test(name, async () => {
      await live.publish(scene.final, { transactions: 1 })
      await scene.assertStandsStill(victim, lie, ['ethereum-silent', 'ethereum-limited', 'ethereum-refused'])
      await scene.assertKnowsTheTruth(victim)
    })
  }
  for (const method of ['eth_getBlockByNumber', 'eth_getLogs', 'eth_call']) {
    await t.test(`${method} gives what is JSON and no answer`, async () => {
      await live.publish(scene.final, { transactions: 1 })
      for (const result of SENSELESS) {
        const codes = ['ethereum-silent', 'ethereum-refused', 'ethereum-moved', ...INCOMPLETE]
        await scene.assertStandsStill(victim, senseless(result, method), codes)
      }
      await scene.assertKnowsTheTruth(victim)
    })
  }
  const lies: readonly (readonly [string, Lie, readonly string[]])[] = [
    ['lags far behind what it had', lagging(12), ['ethereum-lags']],
    ['jumps back and forth', jumpingBack(12), ['ethereum-lags']],
    ['has other hashes', otherHashes, ['ethereum-deep-reorganisation']],
    ['has other times', timesOff(HOUR), INCOMPLETE],
    ['says that blocks are refuted, or not', recordsLie, INCOMPLETE],
    ['says that another block is final', changeAnswer('finalBlock', (answer) => flip(answer, 31)), INCOMPLETE],
    ...LANES.map((lane) => [`says that the lane of ${lane} is longer`, otherLength(lane), INCOMPLETE] as const),
  ]
  for (const [name, lie, codes] of lies) {
    await t.test(name, async () => {
      await live.anvil.client.mine({ blocks: 9 })
      await scene.assertKnowsTheTruth(victim)
      await live.publish(scene.final, { transactions: 1 })
      await scene.assertStandsStill(victim, lie, codes)
      await scene.assertKnowsTheTruth(victim)
    })
  }
  await t.test('has another entry in a lane', async () => {
    await live.call('force', [[`0x${'00'.repeat(7)}${'11'.repeat(120)}`]], 10n ** 15n)
    await scene.assertKnowsTheTruth(victim)
    await live.publish(scene.final, { transactions: 1 })
    const lie = changeLane('laneEntry', 'forced', (answer) => flip(answer, 3))
    await scene.assertStandsStill(victim, lie, INCOMPLETE)
    await scene.assertKnowsTheTruth(victim)
  })
  await t.test('another chain from the start', async () => {
    scene.liar.tell(otherChain)
    await assert.rejects(scene.alone(), /ethereum-wrong-chain/)
    scene.liar.tellTheTruth()
    await scene.assertKnowsTheTruth(await scene.alone())
  })
})

test('logs that are left out, altered, told twice and invented', async (t) => {
  await using scene = await LiedTo.open(402)
  const { live } = scene
  const victim = await scene.alone()
  const { follower } = victim
  const [payee] = live.forge.world.accounts
  assert.ok(payee)
  await scene.finalizeOne()
  await scene.claimAll(follower)
  const acts = {
    Deposited: { act: () => live.deposit(100_000n, payee.address), bytes: [31, 63] },
    Forced: { act: () => scene.force(), bytes: [31, 95, 140] },
    BlockPublished: {
      act: async () => void (await live.publish(scene.final, { transactions: 2 })),
      bytes: [127, 200, 500],
    },
    BlockRefuted: {
      act: async () => {
        const wrong = await live.publish(scene.final, { transactions: 1, isWrong: true })
        await scene.assertKnowsTheTruth(victim)
        await live.call('refute', [wrong.id])
      },
      bytes: [],
    },
    Nominated: {
      act: async () => {
        const start = await live.now()
        const rival = await live.publish(scene.final, { transactions: 1 })
        await live.anvil.warp(start + 23n * HOUR)
        await scene.assertKnowsTheTruth(victim)
        await live.call('nominate', [keyOf(scene.final.id), keyOf(rival.id)])
        scene.final = rival
      },
      bytes: [],
    },
    BlockFinalized: {
      act: async () => {
        await live.anvil.warp((await live.now()) + 48n * HOUR)
        await scene.assertKnowsTheTruth(victim)
        await live.finalize(scene.final)
      },
      bytes: [31],
    },
  } as const
  for (const [name, { act, bytes }] of Object.entries(acts) as [
    keyof typeof acts,
    (typeof acts)[keyof typeof acts],
  ][]) {
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
        ...bytes.map((at) => changeEvent(name, (log) => [{ ...log, data: flip(log.data, at) }])),
      ]
      for (const [i, lie] of lies.entries()) {
        // Told twice, these say nothing new.
        if (i === 2 && ['BlockRefuted', 'Nominated'].includes(name)) continue
        await scene.assertStandsStill(victim, lie, INCOMPLETE)
      }
      await scene.assertKnowsTheTruth(victim)
    })
  }
  await t.test('a refutation that never was', async () => {
    const block = await live.publish(scene.final, { transactions: 1 })
    const refuted = (log: RawLog) => [
      log,
      {
        ...log,
        logIndex: '0x63',
        topics: [topicOf('BlockRefuted'), block.id, log.topics[3] ?? '0x'],
        data: `0x${'0'.repeat(64)}`,
      } as const,
    ]
    await scene.assertStandsStill(victim, changeEvent('BlockPublished', refuted), INCOMPLETE)
    await scene.assertKnowsTheTruth(victim)
  })
})

test('a payment that never was, and one of which nothing is reported', async () => {
  await using scene = await LiedTo.open(404)
  const { live, liar } = scene
  const victim = await scene.alone()
  const { follower } = victim
  await scene.finalizeOne()
  await assertLive(follower)
  const [claim] = await follower.claims()
  assert.ok(claim)
  await scene.force()
  const paid = (log: RawLog): RawLog[] => {
    const topics = [topicOf('Claimed'), claim.block, toHex(claim.step, { size: 32 }), pad(claim.to)]
    return [log, { ...log, logIndex: '0x63', topics, data: toHex(claim.net, { size: 32 }) }]
  }
  await scene.assertStandsStill(victim, changeEvent('Forced', paid), INCOMPLETE)
  await scene.assertKnowsTheTruth(victim)
  assert.equal((await follower.claims()).length, 1)
  // Left out, it does no harm: the contract pays nothing twice, and anyone who wants to claim it is told so.
  await live.claim(claim)
  liar.tell(changeEvent('Claimed', () => []))
  await assertLive(follower)
  assert.equal((await follower.claims()).length, 1)
  await assert.rejects(live.claim(claim), /reverted/)
})

test('on trust: that there is nothing newer, unless the node knows how old the newest block may be', async () => {
  await using scene = await LiedTo.open(403)
  const { live, liar } = scene
  const { client } = live.anvil
  let nowMs = 1_000 * Number(await live.now())
  const clocked = await scene.alone({ freshness: { clock: () => nowMs, maxAgeMs: 600_000 } })
  const trusting = await scene.alone()
  const frozen = frozenAt(await client.getBlockNumber())
  liar.tell(frozen)
  await live.publish(scene.final, { transactions: 1 })
  nowMs += 601_000
  // The one that trusts sees nothing, and says nothing.
  assert.equal((await trusting.follower.poll()).state, 'live')
  assert.equal(trusting.follower.view.blocks.size, 1)
  await scene.assertStandsStill(clocked, frozen, ['ethereum-stale'])
  await live.anvil.warp(BigInt(Math.floor(nowMs / 1_000)))
  await scene.assertKnowsTheTruth(clocked)
  await scene.assertKnowsTheTruth(trusting)
})
