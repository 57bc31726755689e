// The follower and the real contract on a real chain: what one predicts, the other does.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { finalTimeOf } from '../../../../node/bridge/final-time.ts'
import type { BridgeFollower } from '../../../../node/bridge/follower.ts'
import { preferredBranch } from '../../../../node/bridge/fork-choice.ts'
import { dueCalls } from '../../../../node/bridge/race.ts'
import { blockTorrent } from '../../../../node/protocol/block-torrent.ts'
import { keyOf } from '../../../../node/protocol/ids.ts'
import { countsOf } from '../../../../node/protocol/queue.ts'
import { splitSteps } from '../../../../node/protocol/step.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { isDisplaced } from '../../../support/bridge/displaced.ts'
import { comparable } from '../../../support/bridge/driver.ts'
import { LiveBridge } from '../../../support/chain/live-bridge.ts'

const HOUR = 3_600n

test('a payment to Ethereum and back: predicted, finalized, claimed, deposited, consumed', async () => {
  await using live = await LiveBridge.start(21)
  const { anvil, forge } = live
  await using following = await live.follow({ finalityDepth: 2n })
  const { follower } = following
  const poll = async () => {
    await readAll(follower, live)
    return follower.view
  }

  const packed = [live.request(forge.genesis, anvil.account, 1_000_001n)]
  const block = await live.publish(forge.genesis, { packed, transactions: 4 })
  const publishedAt = await live.now()
  let view = await poll()
  assert.equal(view.blocks.get(block.id)?.verdict.verdict, 'valid')
  const time = finalTimeOf(view, block.id, toTime(publishedAt))
  assert.deepEqual([time?.earliest, time?.latest], [publishedAt + 24n * HOUR, publishedAt + 48n * HOUR])
  assert.deepEqual(dueCalls(view, toTime(publishedAt + 24n * HOUR - 1n)), [])
  const [mine] = (await follower.requests(block.id)) ?? []
  assert.deepEqual([mine?.to, mine?.net, mine?.isFinal, mine?.isPaid], [anvil.account, 990_001n, false, false])
  assert.deepEqual(await follower.claims(), [])
  const content = await follower.contentOf(block.id)
  assert.ok(content)
  assert.equal(blockTorrent(content).infohash, block.torrent)
  assert.deepEqual(await follower.filesOf(block.torrent), blockTorrent(content).files)

  await anvil.warp(publishedAt + 12n * HOUR)
  assert.equal(finalTimeOf(view, block.id, toTime(await live.now()))?.latest, publishedAt + 24n * HOUR)
  await anvil.warp(publishedAt + 24n * HOUR - 100n)
  await assert.rejects(live.finalize(block))
  await anvil.warp(publishedAt + 24n * HOUR)
  const due = dueCalls(view, toTime(await live.now()))
  assert.deepEqual(due, [{ call: 'finalize', block: block.id }])
  for (const call of due) await live.perform(call)
  view = await poll()
  assert.equal(view.final, block.id)
  assert.equal(follower.settled.id, forge.genesis.id)
  await anvil.client.mine({ blocks: 2 })
  await poll()
  assert.equal(follower.settled.id, block.id)

  const claims = await follower.claims()
  assert.ok(claims.some(({ to, net }) => to === anvil.account && net === 990_001n))
  for (const claim of claims) await live.claim(claim)
  view = await poll()
  assert.deepEqual(await follower.claims(), [])
  assert.equal(view.claimed.size, claims.length)

  const [payee] = forge.world.accounts
  assert.ok(payee)
  await live.deposit(500_000n, payee.address)
  await live.call('force', [[`0x${'00'.repeat(7)}${'11'.repeat(120)}`]], 10n ** 15n)
  await live.call('enter', [700n, payee.address], 10n ** 15n)
  view = await poll()
  assert.deepEqual(
    follower.pending().map(({ entry }) => entry.kind),
    ['deposit', 'entered', 'forced'],
  )
  const next = await live.publish(block, { transactions: 1 })
  await poll()
  assert.deepEqual(follower.pending(), [])
  assert.deepEqual(countsOf(next.sealed.header.lanes), { deposits: 1n, assets: 1n, forced: 1n })
  const steps = follower.branch(block.id).blocks.flatMap((each) => each.steps)
  assert.deepEqual(
    steps.map(({ kind }) => kind),
    ['deposit', 'deposit', 'transaction'],
  )
})

test('a forced transaction and two deposits of one block of Ethereum are in two lanes, and a block has the deposits first', async () => {
  await using live = await LiveBridge.start(25)
  const { anvil, forge, rules } = live
  await using following = await live.follow({ finalityDepth: 2n })
  const { follower } = following
  const { client } = anvil
  const first = await live.publish(forge.genesis, { packed: [live.request(forge.genesis, anvil.account, 1_000_000n)] })
  await anvil.warp((await live.now()) + 24n * HOUR)
  await live.finalize(first)
  await client.mine({ blocks: 2 })
  assert.equal((await follower.poll()).state, 'live')
  for (const claim of await follower.claims()) await live.claim(claim)
  const [payee] = forge.world.accounts
  assert.ok(payee)
  await anvil.approve(rules.token, rules.bridge, 10_000n)
  await client.setAutomine(false)
  const common = { account: anvil.account, address: rules.bridge, abi: bridgeAbi, chain: null, gas: 1_000_000n }
  const forced = `0x${'00'.repeat(7)}${'11'.repeat(120)}` as const
  await client.writeContract({ ...common, functionName: 'force', args: [[forced]], value: 10n ** 15n })
  for (const amount of [2_000n, 3_000n]) {
    await client.writeContract({ ...common, functionName: 'deposit', args: [amount, payee.address] })
  }
  await client.mine({ blocks: 1 })
  await client.setAutomine(true)
  assert.equal((await follower.poll()).state, 'live')
  const pending = follower.pending()
  assert.deepEqual(
    pending.map(({ index, entry }) => [entry.kind, index, entry.kind === 'deposit' ? entry.gross : 0n]),
    [
      ['deposit', 0n, 2_000n],
      ['deposit', 1n, 3_000n],
      ['forced', 0n, 0n],
    ],
  )
  assert.equal(new Set(pending.map(({ place }) => place.hash)).size, 1)
  const [one, two, three] = pending.map(({ place }) => place.logIndex)
  assert.ok(three !== undefined && one !== undefined && two !== undefined && three < one && one < two)
  const next = await live.publish(first, { transactions: 1 })
  assert.equal((await follower.poll()).state, 'live')
  assert.equal(follower.view.blocks.get(next.id)?.verdict.verdict, 'valid')
  assert.deepEqual(follower.pending(), [])
  assert.deepEqual(countsOf(next.sealed.header.lanes), { deposits: 2n, assets: 0n, forced: 1n })
  assert.deepEqual(
    splitSteps(next.steps).map((step) => step[0]),
    [1, 1, 3, 4],
  )
})

test('a race: the heaviest eligible branch is nominated in time, and wins when predicted', async () => {
  await using live = await LiveBridge.start(22)
  const { anvil, forge } = live
  await using following = await live.follow()
  const { follower } = following
  const first = await live.publish(forge.genesis, { transactions: 1 })
  const start = await live.now()
  await anvil.warp(start + 2n * HOUR)
  const packed = [live.request(forge.genesis, anvil.account, 1_000n)]
  const rival = await live.publish(forge.genesis, { packed })
  const wrong = await live.publish(forge.genesis, { transactions: 2, isWrong: true })
  const above = await live.publish(rival, { transactions: 1 })
  await live.publish(wrong, {})
  await readAll(follower, live)
  let view = follower.view
  assert.equal(follower.status.state, 'live')
  assert.deepEqual(
    preferredBranch(view).map(({ id }) => id),
    [rival.id, above.id],
  )
  assert.deepEqual(dueCalls(view, toTime(start + 22n * HOUR)), [])
  await anvil.warp(start + 22n * HOUR + 1n)
  const predicted = finalTimeOf(view, rival.id, toTime(await live.now()))
  assert.equal(predicted?.earliest, start + 48n * HOUR)
  const nominate = dueCalls(view, toTime(await live.now()))
  assert.deepEqual(nominate, [{ call: 'nominate', parent: forge.genesis.id, block: above.id }])
  for (const call of nominate) await live.perform(call)
  await readAll(follower, live)
  view = follower.view
  assert.deepEqual(dueCalls(view, toTime(start + 48n * HOUR - 1n)), [])
  await anvil.warp(start + 48n * HOUR - 60n)
  await assert.rejects(live.finalize(rival))
  await anvil.warp(start + 48n * HOUR)
  for (const call of dueCalls(view, toTime(await live.now()))) await live.perform(call)
  await readAll(follower, live)
  assert.equal(follower.status.state, 'live')
  assert.equal(follower.view.final, rival.id)
  assert.equal(follower.view.blocks.get(first.id)?.finality, undefined)
  assert.equal(isDisplaced(follower.view, first.id), true)
  assert.equal(isDisplaced(follower.view, above.id), false)
  // It displaced the first live block, so its miner earns nothing, and the request is paid as ever.
  assert.equal(follower.view.blocks.get(rival.id)?.finality?.unpaid, true)
  const [claim] = await follower.claims()
  assert.equal(claim?.net, 990n)
  await live.claim(claim)
  await readAll(follower, live)
  assert.equal(follower.view.claimed.get(claim.number), 990n)
})

/** In the moment of a new block an endpoint may still state the one before, and is believed at the next look. */
async function readAll(follower: BridgeFollower, { anvil }: LiveBridge): Promise<void> {
  const newest = await anvil.client.getBlockNumber()
  for (;;) {
    const status = await follower.poll()
    assert.equal(status.state, 'live', status.state === 'unknown' ? status.problem : '')
    if (status.at !== undefined && status.at.number >= newest) return
  }
}

for (const seed of [31, 32]) {
  test(`under random use and reorganisations of 1 to 20 blocks the view is that of a fresh follower (seed ${seed})`, async () => {
    await using live = await LiveBridge.start(seed)
    const { anvil, forge } = live
    const { random, pick } = { random: forge.world.random, pick: forge.world.pick.bind(forge.world) }
    await using old = await live.follow({ finalityDepth: 30n, stepBlocks: 9n })
    await anvil.client.mine({ blocks: 25 })
    const published = [forge.genesis]
    let done = 0
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 6; i++) {
        const view = old.follower.view
        const known = published.filter(({ id }) => view.blocks.has(id))
        // What the contract refuses after a reorganisation is not part of this test.
        const act = async () => {
          const kind = random()
          const block = pick(known)
          if (kind < 0.6)
            published.push(
              await live.publish(block, { transactions: 1 + Math.floor(random() * 2), isWrong: random() < 0.2 }),
            )
          else if (kind < 0.7) await live.call('refute', [pick(known.filter(({ isValid }) => !isValid)).id])
          else if (kind < 0.8) await live.call('nominate', [keyOf(block.sealed.header.parent), keyOf(block.id)])
          else if (kind < 0.85) await live.call('enter', [2n ** 127n, pick(forge.world.accounts).address], 10n ** 15n)
          else if (kind < 0.9) await live.call('force', [[`0x${'00'.repeat(7)}${'11'.repeat(120)}`]], 10n ** 15n)
          else await anvil.warp((await live.now()) + BigInt(Math.floor(random() * 90_000)))
          for (const call of dueCalls(old.follower.view, toTime(await live.now()))) await live.perform(call)
          for (const claim of await old.follower.claims()) await live.claim(claim)
        }
        await act().then(
          () => done++,
          (error) => assert.match(String(error), /reverted|nothing to pick from/),
        )
      }
      if (random() < 0.7) await anvil.reorganise(1 + Math.floor(random() * 20))
      await readAll(old.follower, live)
      await using fresh = await live.follow({ finalityDepth: 30n })
      await readAll(fresh.follower, live)
      assert.deepEqual(comparable(old.follower.view), comparable(fresh.follower.view))
    }
    assert.ok(done > 20, `only ${done} things were done`)
  })
}
