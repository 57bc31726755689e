// The liar on the real bridge beside a real node: what it publishes is what it says, on any parent, right or wrong.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openJudge } from '../../../../../miner/watch/open-judge.ts'
import { KzgPool } from '../../../../../node/ethereum/blobs/kzg-pool.ts'
import { publishCall } from '../../../../../node/ethereum/calls.ts'
import { isRefusal } from '../../../../../node/ethereum/refusals.ts'
import { genesisInfohash, genesisState } from '../../../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../../../node/protocol/header.ts'
import { type Hash, toInfohash } from '../../../../../node/protocol/ids.ts'
import { signDigest } from '../../../../../node/protocol/signature.ts'
import { targetFloor } from '../../../../../node/protocol/target.ts'
import { toGasPrice, toWei } from '../../../../../node/protocol/units.ts'
import { accountOf, pay } from '../../../../../scripts/assure/models/world.ts'
import { Liar } from '../../../../../scripts/devnet/drill/liar.ts'
import { needOf } from '../../../../../scripts/devnet/drill/scene.ts'
import { log } from '../../../../support/log.ts'
import { forge } from '../../../../support/miner/forge.ts'
import { holder, Stage } from '../../../../support/stage.ts'

const HOUR = 3_600n
const signal = new AbortController().signal

async function open(t: TestContext) {
  const stage = await Stage.open(t)
  await stage.skip(24n * HOUR) // work is cheap
  const node = await stage.node()
  const wallet = { address: holder.address, sign: (digest: Uint8Array) => signDigest(digest, holder.key) }
  const liar = new Liar({ node, sender: stage.sender(await stage.signer()), wallet, now: Date.now })
  const kzg = stage.stack.use(new KzgPool())
  const judge = openJudge({ node, rules: stage.definition.rules, log, kzg })
  const seen = (id: Hash) =>
    stage.until(`the node to see ${id}`, async () => {
      const { blocks } = await node.call('bridge_blocks', {})
      return blocks.some((block) => block.id === id)
    })
  return { stage, node, liar, judge, seen, genesis: genesisInfohash(stage.definition.genesis) }
}

test('without a lie he publishes what an honest miner would, and chooses how much work to do', async (t) => {
  const { stage, node, liar, judge, seen, genesis } = await open(t)
  await stage.request(node, holder, [genesis], 5_000n, accountOf('bob').address)
  const first = await liar.publish()
  assert.equal(first.verdict, 'valid')
  assert.ok(first.gas > 0n && first.publishedAt > 0)
  await seen(first.id)
  assert.deepEqual(await judge.judge(first.id, signal), { verdict: 'valid' })
  const { requests, steps } = await node.call('bridge_block', { id: first.id })
  assert.deepEqual([requests, steps], [1, 1])
  // Two children of the same parent: an empty one and, as its rival, one with a payment of the test's own.
  const { packed } = pay(
    holder,
    { to: accountOf('bob').address, tokens: 1n, prev: [genesis], time: 1 },
    stage.definition.rules,
  )
  const rival = await liar.publish({ parent: first.parent, content: [packed] })
  assert.equal(rival.rival, true)
  assert.equal(rival.target, first.target)
  assert.equal(rival.verdict, 'valid')
  const empty = await liar.publish({ parent: first.id, content: 'empty', work: 'most' })
  assert.equal(empty.target, targetFloor(first.target))
  assert.deepEqual([empty.height, empty.rival], [2n, false])
  await seen(empty.id)
  assert.equal((await node.call('bridge_block', { id: empty.id })).steps, 0)
})

test('a lie is called what it is by liar, node and judge, and he builds on his own bad block', async (t) => {
  const { liar, node, judge, seen } = await open(t)
  const bad = await liar.publish({ lie: 'mint' })
  assert.deepEqual([bad.verdict, bad.step, bad.problem], ['invalid', 0, 'WrongState'])
  let parent = bad.id
  for (const content of ['honest', 'empty', 'honest'] as const) {
    const child = await liar.publish({ parent, content })
    assert.equal(child.parent, parent)
    assert.equal(child.verdict, 'valid', 'on what its parent states, it is right')
    parent = child.id
  }
  await seen(parent)
  const verdict = await judge.judge(bad.id, signal)
  assert.equal(verdict.verdict, 'invalid')
  assert.equal((await judge.judge(parent, signal)).verdict, 'doomed')
  assert.equal((await node.call('node_info', {})).bridge.tip?.height, 0n)
  // Beside it there is room for a rival, a bad one as well.
  const other = await liar.publish({ lie: 'overspend' })
  assert.deepEqual([other.rival, other.problem], [true, 'Overspend'])
})

test('he names whatever torrent he likes, and the block is right all the same', async (t) => {
  const { liar, node, judge, seen } = await open(t)
  const torrent = toInfohash(new Uint8Array(20).fill(7))
  const { id, verdict } = await liar.publish({ torrent })
  assert.equal(verdict, 'valid')
  await seen(id)
  assert.equal((await node.call('bridge_block', { id })).torrent, torrent)
  assert.deepEqual(await judge.judge(id, signal), { verdict: 'valid' })
})

test('what the bridge refuses it refuses, and what cannot be told yet is said', async (t) => {
  const { liar, stage } = await open(t)
  await assert.rejects(liar.publish({ lie: 'deposit-invented' }), (error) => isRefusal(error, 'QueueOverrun'))
  await assert.rejects(liar.publish({ lie: 'deposit-lost' }), (error) => needOf(error) === 'deposit')
  await assert.rejects(liar.publish({ lie: 'spent-in-ancestor' }), (error) => needOf(error) === 'spent-output')
  await assert.rejects(liar.publish({ lie: 'forced-lost' }), { code: 'nothing-to-lie-about' })
  // One that was prepared comes too late if another was faster.
  const prepared = await liar.prepare()
  await liar.publish({ content: 'empty' })
  await assert.rejects(liar.send(prepared), (error) => isRefusal(error, 'SiblingExists'))
  assert.equal(await stage.finalBlock(), stage.genesisId())
})

test('a block that another one beats to its place is not published, and he says so', async (t) => {
  const { liar, stage } = await open(t)
  const { client } = stage.anvil
  const prepared = await liar.prepare({ content: 'empty' })
  const rival = stage.sender(await stage.signer())
  const { definition } = stage
  const ground = {
    id: stage.genesisId(),
    header: definition.genesisBlock.header,
    state: genesisState(definition.genesis),
  }
  const faster = publishCall(
    encodeSealed(definition.genesisBlock),
    forge(definition.rules, ground, [], prepared.sealed.header.target, rival.ethereum.account),
  )
  await client.setAutomine(false)
  const failed = assert.rejects(liar.send(prepared), { code: 'not-published', retry: true })
  await stage.until('it to be in the pool', async () => (await client.getTxpoolStatus()).pending === 1)
  const dear = { maxFeePerGas: toGasPrice(10n ** 12n), maxPriorityFeePerGas: toGasPrice(10n ** 11n) }
  await rival.ethereum.broadcast(
    (await rival.ethereum.sign(faster, 0, dear, toWei(faster.bondGas * dear.maxFeePerGas))).raw,
  )
  await client.mine({ blocks: 1 })
  await failed
})

test('a forced transaction and an output that was spent give him something to lie about', async (t) => {
  const { liar, stage, node, seen, genesis } = await open(t)
  const spending = await stage.pay(node, holder, { to: accountOf('bob').address, tokens: 1n, prev: [genesis] })
  const right = await liar.publish()
  await seen(right.id)
  await stage.until('the node to have it ordered', async () => {
    return (await node.call('tx_get', { infohash: spending })).status === 'ordered'
  })
  const bad = await liar.publish({ lie: 'spent-in-ancestor' })
  assert.equal(bad.problem, 'MissingInput')
  const { packed } = pay(holder, { to: holder.address, tokens: 1n, prev: [spending], time: 7 }, stage.definition.rules)
  await stage.anvil.call(
    stage.definition.rules.bridge,
    'force',
    [[`0x${Buffer.from(packed).toString('hex')}`]],
    10n ** 18n,
  )
  await stage.until('the node to see the queue', async () => {
    return (await node.call('bridge_queue', { lane: 'forced', from: 0n, count: 1 })).length === 1n
  })
  const lost = await liar.publish({ lie: 'forced-lost' })
  assert.equal(lost.problem, 'WrongState')
  const hidden = await liar.publish({ lie: 'forced-void' })
  assert.equal(hidden.problem, 'WrongVoid')
})
