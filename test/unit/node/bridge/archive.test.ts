// What is final for good leaves the memory: the view stays small, and everything that was in it can still be asked for.

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { requestsOf } from '../../../../node/protocol/block.ts'
import { equalBytes } from '../../../../node/protocol/bytes.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { keyOf } from '../../../../node/protocol/ids.ts'
import { LANES, laneOf } from '../../../../node/protocol/queue.ts'
import { pay } from '../../../../scripts/assure/models/world.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { claimed, finalized, type MadeBlock } from '../../../support/bridge/scenario.ts'
import type { FakeEthereum } from '../../../support/chain/fake-ethereum.ts'

const OPTIONS = { finalityDepth: 5n, stepBlocks: 9n }

/** Requests of TTX in final blocks that the contract has not paid. */
function unpaid({ network, blocks }: Driver['forge'], ethereum: FakeEthereum): bigint[] {
  const { records, claimed } = ethereum.contract()
  return [...records].flatMap(([id, { final }]) => {
    const block = final ? blocks.get(id) : undefined
    if (block === undefined) return []
    const requests = requestsOf(network.rules, block.steps)
    const payable = requests.flatMap(({ asset }, i) => (asset === undefined ? [numberOf(block, i)] : []))
    return payable.filter((number) => !claimed.has(number))
  })
}

/** Along the branch, of the request at this place among those of the block. */
function numberOf(block: MadeBlock | undefined, place: number): bigint {
  assert.ok(block)
  return block.sealed.header.firstRequest + BigInt(place)
}

function byNumber(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function finalBlocks({ blocks }: Driver['forge'], ethereum: FakeEthereum): MadeBlock[] {
  return [...ethereum.contract().records].flatMap(([id, { final }]) => {
    const block = final ? blocks.get(id) : undefined
    return block === undefined ? [] : [block]
  })
}

for (const seed of [91, 92, 93]) {
  test(`claims, requests, queue and branch are those of all the past, and the view holds little of it (seed ${seed})`, async () => {
    const driver = new Driver(seed)
    const { forge, ethereum } = driver
    const { random } = forge.world
    let seen = await TestFollower.start(ethereum.connect(), forge.network, OPTIONS)
    const { folder } = seen
    try {
      let largest = 0
      for (let round = 0; round < 60; round++) {
        driver.run(1 + Math.floor(random() * 3))
        // Something becomes final in most rounds, so that there is a past.
        const { final, records } = ethereum.contract()
        const parent = forge.blocks.get(final)
        const next = [...records].find(([, each]) => each.parent === keyOf(final) && !each.refuted)
        const child = next && forge.blocks.get(next[0])
        if (child?.isValid) driver.mine(finalized(child))
        else if (parent) driver.extend(parent)
        if (round % 9 === 8) driver.reorganise(1 + Math.floor(random() * 4))
        if (round % 20 === 19) {
          await seen.close()
          seen = await TestFollower.start(ethereum.connect(), forge.network, OPTIONS, folder)
        }
        const { follower } = seen
        const status = await follower.poll()
        assert.equal(status.state, 'live', status.state === 'unknown' ? status.problem : '')
        largest = Math.max(largest, follower.view.blocks.size)

        const claims = await follower.claims(Number.POSITIVE_INFINITY)
        // A number is that of one request: final blocks are one branch, and go on counting where the one below has stopped.
        const numbers = claims.map(({ number }) => number)
        assert.equal(new Set(numbers).size, numbers.length)
        assert.deepEqual(numbers.toSorted(byNumber), unpaid(forge, ethereum).toSorted(byNumber))
        for (const { block, siblings } of claims) assert.ok(siblings.length > 0 || forge.blocks.get(block)?.steps)
      }
      const { follower } = seen
      const past = finalBlocks(forge, ethereum)
      assert.ok(past.length > 24, `there is a past of ${past.length} blocks`)
      assert.notEqual(follower.view.root, forge.genesis.id)
      assert.ok(follower.view.blocks.size < ethereum.contract().records.size, `${largest} at most`)
      for (const block of past.slice(1)) {
        const { id, sealed, steps } = block
        assert.deepEqual(follower.block(id)?.sealed, sealed)
        assert.ok(equalBytes((await follower.body(id))?.steps ?? new Uint8Array(), steps))
        const paid = (await follower.requests(id))?.map(({ step, isPaid, isFinal }) => [step, isPaid, isFinal])
        const { claimed } = ethereum.contract()
        const expected = requestsOf(forge.network.rules, steps)
        assert.deepEqual(
          paid,
          expected.map(({ step }, i) => [step, claimed.has(numberOf(block, i)), true]),
        )
      }
      const { queue } = ethereum.contract()
      for (const lane of LANES) {
        for (let i = 0; i < queue[lane].length; i++) {
          const queued = follower.queued({ lane, index: BigInt(i) })
          assert.deepEqual([queued?.index, queued?.queueHash], [BigInt(i), queue[lane][i]?.hash])
          assert.equal(queued && laneOf(queued.entry.kind), lane)
        }
        assert.equal(follower.queued({ lane, index: BigInt(queue[lane].length) }), undefined)
      }
      // Some of each lane have left the view for the archive.
      for (const lane of LANES) {
        assert.ok(queue[lane].length > 0 && follower.view.queue[lane].start > 0n, lane)
      }
      const branch = follower.branch().blocks.map(({ id }) => id)
      assert.deepEqual(
        branch.slice(0, past.length - 1),
        past.slice(1).map(({ id }) => id),
      )
    } finally {
      await seen.close()
      await rm(folder, { recursive: true })
    }
  })
}

test('a payment of an old block that Ethereum takes back is to be paid again, and one that is for good is not looked at again', async () => {
  const driver = new Driver(94)
  const { forge, ethereum } = driver
  const { rules, genesis } = forge.network
  const owner = forge.world.accounts.find(({ address }) => address === genesis.to)
  assert.ok(owner)
  await using seen = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 4n })
  const { follower } = seen
  const poll = async () => {
    const status = await follower.poll()
    assert.equal(status.state, 'live', status.state === 'unknown' ? status.problem : '')
  }
  const open = async () => {
    const blocks: string[] = []
    for await (const { id } of follower.unpaid()) blocks.push(id)
    return blocks
  }
  const bridge = { chain: rules.chain, to: owner.address }
  const request = pay(
    owner,
    { to: rules.bridge, tokens: 10_000n, time: 1, prev: [genesisInfohash(genesis)], bridge },
    rules,
  )
  const first = forge.make(forge.genesis, [], { packed: [request.packed] })
  driver.grow(forge.genesis, first)
  let parent = first
  const grow = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const block = forge.make(parent, [])
      driver.grow(parent, block)
      parent = block
      await poll()
    }
  }
  await grow(40)
  assert.equal(follower.view.blocks.has(first.id), false)
  assert.deepEqual(await open(), [first.id])
  assert.equal((await follower.claims()).length, 1)

  // Paid, and taken back before it is for good, again and again while the view moves on.
  for (let i = 0; i < 20; i++) {
    driver.mine(claimed(rules, first, 0))
    await grow(1)
    assert.equal((await follower.claims()).length, 0)
    const gone = ethereum.blocks.slice(-3)
    ethereum.drop(3)
    for (const { events } of gone) driver.mine(...events.filter(({ kind }) => kind !== 'claimed'))
    driver.mine()
    await poll()
    assert.equal((await follower.claims()).length, 1)
    assert.equal((await follower.requests(first.id))?.[0]?.isPaid, false)
  }

  driver.mine(claimed(rules, first, 0))
  await grow(40)
  assert.equal((await follower.claims()).length, 0)
  assert.equal((await follower.requests(first.id))?.[0]?.isPaid, true)
  assert.deepEqual(await open(), [])
})
