// Attacked: every node at once, by right blocks on a branch that has lost its race. The contract takes them as long as they are higher than the
// final block, and the state below them is one that no node keeps forever.
// What must hold: they are displaced without replay, or passed over, and everything else is read and judged as ever: now, after a restart, and by
// a node that begins from nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeFollower } from '../../node/bridge/follower.ts'
import { preferredBranch } from '../../node/bridge/fork-choice.ts'
import { blockTorrent } from '../../node/protocol/block-torrent.ts'
import { encodeSealed } from '../../node/protocol/header.ts'
import { type Hash, keyOf } from '../../node/protocol/ids.ts'
import type { MadeBlock } from '../support/bridge/scenario.ts'
import { LiveBridge } from '../support/chain/live-bridge.ts'

const HOUR = 3_600n
const finalityDepth = 2n

/** `past`: blocks before the fork. `sparse`: on the branch that loses, one in this many hours is left out. */
const CASES = [
  { begun: 'genesis', past: 12, sparse: 4n, seed: 76 },
  { begun: 'genesis', past: 180, sparse: 3n, seed: 77 },
  { begun: 'snapshot', past: 24, sparse: 3n, seed: 78 },
] as const

for (const { begun, past, sparse, seed } of CASES) {
  test(`a node that began at ${begun} goes on when blocks come on a branch that lost ${past} blocks after genesis`, async (t) => {
    await using live = await LiveBridge.start(seed)
    const { anvil, forge } = live
    await using first = await live.follow({ finalityDepth })
    let final: MadeBlock = forge.genesis
    for (let i = 0; i < past; i++) {
      await anvil.warp((await live.now()) + HOUR)
      final = await live.publish(final, {})
      await anvil.warp((await live.now()) + 24n * HOUR)
      await live.finalize(final)
      if (i % 10 === 9) await isLive(first.follower)
    }
    await anvil.client.mine({ blocks: 3 })
    await isLive(first.follower)

    const content = await first.follower.contentOf(final.id)
    assert.ok(content)
    const snapshot = { sealed: encodeSealed(final.sealed), files: blockTorrent(content).files }
    await using late = await live.follow({ finalityDepth, snapshot })
    const { follower, folder } = begun === 'genesis' ? first : late
    await isLive(follower)

    const { main, dead, onMain } = await race(live, follower, final, sparse)
    for (const block of onMain) {
      const { publishedAt } = await live.record(block.id)
      if (BigInt(publishedAt) + 24n * HOUR > (await live.now())) break
      await live.finalize(block)
      final = block
    }
    await anvil.client.mine({ blocks: 3 })
    await isLive(follower)
    await anvil.client.mine({ blocks: 3 })
    await isLive(follower)
    assert.equal(follower.view.final, final.id)
    assert.ok(
      dead.sealed.header.height > final.sealed.header.height,
      'the contract takes what is higher than the final block',
    )

    // Right ones, a whole branch of them, and a wrong one among them: nobody has to know which.
    const on: MadeBlock[] = []
    for (const isWrong of [false, false, true, false]) {
      on.push(await live.publish(on.at(-1) ?? dead, { isWrong, transactions: 1 }))
      await isLive(follower)
    }
    for (const { id } of on) assertOut(follower, id)

    // And what matters is judged.
    const wrong = await live.publish(main, { packed: [live.request(main, anvil.account, 1_000n)], isWrong: true })
    await isLive(follower)
    assert.equal(verdictOf(follower, wrong.id), 'invalid')
    assert.equal(preferredBranch(follower.view).at(-1)?.id, main.id)
    assert.ok(follower.parentBlock(main.id), 'there is a state to build on')
    await live.publish(on.at(-1) ?? dead, {})
    await isLive(follower)

    // A restart, and a beginning from nothing.
    await (begun === 'genesis' ? first : late).close()
    await using again = await live.follow({ finalityDepth }, undefined, folder)
    await using fresh = await live.follow({ finalityDepth })
    for (const each of [again.follower, fresh.follower]) {
      await isLive(each)
      assert.equal(verdictOf(each, wrong.id), 'invalid')
      if (on[0]) assertOut(each, on[0].id)
      assert.ok(each.parentBlock(main.id))
      assert.equal(preferredBranch(each.view).at(-1)?.id, main.id)
    }
    await live.publish(on.at(-1) ?? dead, { transactions: 1 })
    await isLive(again.follower)
    await isLive(fresh.follower)
    t.diagnostic(`final height ${final.sealed.header.height}, ${on.length} blocks on the dead branch`)
  })
}

/** Both sides of a fork are mined on for 60 hours; the one with fewer blocks loses. */
async function race(live: LiveBridge, follower: BridgeFollower, fork: MadeBlock, sparse: bigint) {
  const { anvil } = live
  await anvil.warp((await live.now()) + HOUR)
  let main = await live.publish(fork, {})
  const start = await live.now()
  const onMain = [main]
  await anvil.warp(start + 60n)
  let dead = await live.publish(fork, {})
  for (let hour = 1n; hour <= 60n; hour++) {
    await anvil.warp(start + hour * HOUR)
    main = await live.publish(main, {})
    onMain.push(main)
    if (hour % sparse !== 0n) dead = await live.publish(dead, {})
    if (hour !== 23n) continue
    await isLive(follower)
    const heaviest = preferredBranch(follower.view).findLast(({ publishedAt }) => publishedAt <= start + 22n * HOUR)
    assert.ok(heaviest)
    await live.call('nominate', [keyOf(fork.id), keyOf(heaviest.id)])
  }
  await isLive(follower)
  return { main, dead, onMain }
}

async function isLive(follower: BridgeFollower): Promise<void> {
  const status = await follower.poll()
  assert.equal(status.state, 'live', status.state === 'unknown' ? status.problem : '')
}

/** Displaced; or not even that, where the view begins above the fork by now: nothing of it is kept. */
function assertOut(follower: BridgeFollower, id: Hash): void {
  const verdict = verdictOf(follower, id)
  assert.ok(verdict === undefined || verdict === 'displaced', `it is ${verdict}`)
}

function verdictOf({ view }: BridgeFollower, id: Hash | undefined): string | undefined {
  return id && view.blocks.get(id)?.verdict.verdict
}
