// Miners beside each other, and what others do to the tip: they converge, and nobody forks by accident.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFunctionData } from 'viem'
import { tokenAbi } from '../../../deployments/token-abi.ts'
import { openJudge } from '../../../miner/watch/open-judge.ts'
import { tryRefutation } from '../../../miner/watch/refuter.ts'
import { type HashRate, PowPool } from '../../../miner/work/pow-pool.ts'
import { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { publishCall, refuteCall } from '../../../node/ethereum/calls.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../node/protocol/header.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import { NO_LENGTHS } from '../../../node/protocol/queue.ts'
import { SIBLING_SECONDS } from '../../../node/protocol/rules.ts'
import { targetCeiling } from '../../../node/protocol/target.ts'
import { toSeconds } from '../../../node/protocol/units.ts'
import { accountOf, pay } from '../../../scripts/assure/models/world.ts'
import { log } from '../../support/log.ts'
import { forge } from '../../support/miner/forge.ts'
import { EASIEST, holder, Stage, stranger } from '../../support/stage.ts'

const GWEI = 10n ** 9n

/** A miner that does not know its rate searches ahead of time, however long its block will have to wait. */
class UnmeasuredPool extends PowPool {
  override hashRate(): HashRate {
    return { ...super.hashRate(), rates: { tenSeconds: 0 } }
  }
}

test('two miners with a node each build one chain, and every block of it pays its miner', async (t) => {
  const stage = await Stage.open(t)
  const nodes = [await stage.node(), await stage.node()] as const
  const [one, two] = [
    await stage.miner(nodes[0], stage.sender(await stage.signer())),
    await stage.miner(nodes[1], stage.sender(await stage.signer())),
  ]
  let last = genesisInfohash(stage.definition.genesis)
  for (let i = 0; i < 4; i++) {
    last = await stage.request(nodes[i % 2 === 0 ? 0 : 1], holder, [last], 10_000n, stranger(`${i}`))
    await stage.until(`request ${i} in a block`, async () => {
      const where = await Promise.all(nodes.map((node) => node.call('tx_where', { infohash: last })))
      return where.every(({ status }) => status === 'ordered')
    })
    await stage.skip(3_600n)
  }
  const [left, right] = await Promise.all(nodes.map((node) => node.call('bridge_blocks', {})))
  assert.deepEqual(
    left?.blocks.map(({ id }) => id),
    right?.blocks.map(({ id }) => id),
  )
  assert.equal(left?.blocks.length, 5)
  assert.ok(left?.blocks.every(({ preferred, height, final }) => preferred || (height === 0n && final)))
  const published = () => one.status().blocks.published + two.status().blocks.published
  await stage.until('both to know their blocks', () => published() === 4)
  for (let i = 0; i < 4; i++) {
    await stage.skip(86_400n)
    await stage.until(`finality ${i}`, () => one.status().blocks.final + two.status().blocks.final > i)
  }
  assert.equal(one.status().money.earned + two.status().money.earned, 400n)
})

test('a block that comes first makes the miner drop its own, and build on it', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const genesis = genesisInfohash(stage.definition.genesis)
  const other = stage.sender(await stage.signer())
  // The price is so low that the miner finds a block and holds it.
  const options = { weiPerTtx: 1n, longestWaitMs: 12_000 }
  const miner = await stage.miner(node, stage.sender(await stage.signer()), options, UnmeasuredPool)
  await stage.skip(86_400n)
  const first = await stage.request(node, holder, [genesis], 10_000n, stranger('a'))
  await stage.until('a held block', () => miner.status().blocks.found === 1)
  const block = forgeOn(stage, other.ethereum.account)
  await other.send(publishCall(encodeSealed(stage.definition.genesisBlock), block))
  await stage.until('its own block to be given up', () => miner.status().blocks.lost === 1)
  await stage.until('another one on top', () => miner.status().blocks.published === 1)
  await stage.until('the node to see it', async () => {
    const { blocks } = await node.call('bridge_blocks', {})
    return blocks.find(({ steps }) => steps === 1)?.parent === block.next.id
  })
  assert.equal((await node.call('tx_where', { infohash: first })).status, 'ordered')
})

test('beside a block that the node knows to be wrong, the miner publishes a rival', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const other = stage.sender(await stage.signer())
  await stage.skip(86_400n)
  const genesis = genesisInfohash(stage.definition.genesis)
  const wrong = forgeOn(stage, other.ethereum.account, theft(stage))
  await other.send(publishCall(encodeSealed(stage.definition.genesisBlock), wrong))
  const miner = await stage.miner(node, stage.sender(await stage.signer()))
  await stage.request(node, holder, [genesis], 10_000n, stranger('a'))
  await stage.until('the rival', () => miner.status().blocks.published === 1)
  await stage.until('the node to prefer it', async () => {
    const { blocks } = await node.call('bridge_blocks', {})
    const rival = blocks.find(({ verdict, height }) => verdict === 'valid' && height === 1n)
    return rival?.preferred === true && rival.parent === stage.genesisId()
  })
})

test('two miners who answer the same wrong block do not fight each other: one comes beside it, and the other builds on that', async (t) => {
  const stage = await Stage.open(t)
  const nodes = [await stage.node(), await stage.node()] as const
  const other = stage.sender(await stage.signer())
  await stage.skip(86_400n)
  const genesis = genesisInfohash(stage.definition.genesis)
  const wrong = forgeOn(stage, other.ethereum.account, theft(stage))
  await other.send(publishCall(encodeSealed(stage.definition.genesisBlock), wrong))
  // Automatic mining is off: both send before they can see each other.
  await stage.anvil.client.setAutomine(false)
  const signers = [await stage.signer(), await stage.signer()] as const
  const miners = [
    await stage.miner(nodes[0], stage.sender(signers[0])),
    await stage.miner(nodes[1], stage.sender(signers[1])),
  ]
  const first = await stage.request(nodes[0], holder, [genesis], 10_000n, stranger('a'))
  await stage.until('both to have sent', async () => {
    const { pending } = await stage.anvil.client.getTxpoolStatus()
    return pending === 2
  })
  await stage.anvil.client.setAutomine(true)
  await stage.anvil.client.mine({ blocks: 1 })
  await stage.until('one to be published, and the other one to be lost', () => {
    const blocks = miners.map((miner) => miner.status().blocks)
    return blocks.some(({ published }) => published === 1) && blocks.some(({ lost }) => lost === 1)
  })
  await stage.request(nodes[1], holder, [first], 10_000n, stranger('b'))
  await stage.until('another block on top', async () => {
    const { blocks } = await nodes[0].call('bridge_blocks', {})
    return blocks.some(({ height, preferred }) => height === 2n && preferred)
  })
  const { blocks } = await nodes[0].call('bridge_blocks', {})
  const verdicts = blocks.filter(({ height }) => height === 1n).map(({ verdict }) => verdict)
  assert.deepEqual(verdicts.toSorted(), ['invalid', 'valid'])
})

test('a publication that a wrong block overtakes in the mempool is not lost: it comes beside that one', async (t) => {
  const stage = await Stage.open(t)
  const { node, miner } = await overtake(stage)
  await stage.anvil.client.mine({ blocks: 1 })
  await stage.anvil.client.setAutomine(true)
  await stage.until('its block to be published', () => miner.status().blocks.published === 1)
  const { found, lost } = miner.status().blocks
  assert.deepEqual([found, lost], [1, 0])
  await stage.until('the node to judge both', async () => {
    const { blocks } = await node.call('bridge_blocks', {})
    return blocks.filter(({ height, verdict }) => height === 1n && verdict !== 'unknown').length === 2
  })
})

test('a publication is not lost either where the miner is stopped while it takes it back', async (t) => {
  const stage = await Stage.open(t)
  const { node, miner, folder, signer, room } = await overtake(stage)
  const { client } = stage.anvil
  // Only the wrong block fits: the publication stays in the mempool, and is cancelled there.
  await client.setBlockGasLimit({ gasLimit: room })
  await client.mine({ blocks: 1 })
  await stage.until('a cancelling transaction', async () => {
    const { transactions } = await client.getBlock({ blockTag: 'pending', includeTransactions: true })
    return transactions.some(({ from, input }) => from === signer.address.toLowerCase() && input === '0x')
  })
  await miner.stop()
  await client.setBlockGasLimit({ gasLimit: 30_000_000n })
  await client.mine({ blocks: 1 })
  await client.setAutomine(true)
  await stage.signer() // the next search is a random one of its own
  const again = await stage.miner(node, stage.sender(signer), { folder })
  await stage.until('its block to be published', () => again.status().blocks.published === 1)
  const { found, lost } = again.status().blocks
  assert.deepEqual([found, lost], [1, 0])
})

test('when the next block of Ethereum is too late for a rival, the miner waits for the refutation, and asks the bridge for nothing', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const other = stage.sender(await stage.signer())
  await stage.skip(86_400n)
  const wrong = forgeOn(stage, other.ethereum.account, theft(stage))
  await other.send(publishCall(encodeSealed(stage.definition.genesisBlock), wrong))
  const { publishedAt } = await other.ethereum.record(wrong.next.id)
  const genesis = genesisInfohash(stage.definition.genesis)
  await stage.request(node, holder, [genesis], 10_000n, stranger('a'))
  await stage.anvil.warp(publishedAt + SIBLING_SECONDS - 1n)
  const miner = await stage.miner(node, stage.sender(await stage.signer()))
  // For a moment the node may still be behind the time that was skipped.
  await stage.until('it to wait', () => {
    const { reason, problem } = miner.status()
    return problem === undefined && /has to be refuted before another one can come/.test(reason)
  })
  assert.equal(miner.status().blocks.found, 0)
})

test('a block that was found is not given up for a wrong one of other work that came first', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const other = stage.sender(await stage.signer())
  await stage.skip(86_400n)
  // The price is so low that the miner finds a block and holds it.
  const options = { weiPerTtx: 1n, longestWaitMs: 3_600_000 }
  const miner = await stage.miner(node, stage.sender(await stage.signer()), options, UnmeasuredPool)
  const genesis = genesisInfohash(stage.definition.genesis)
  await stage.request(node, holder, [genesis], 10_000n, stranger('a'))
  await stage.until('a held block', () => miner.status().blocks.found === 1)
  const wrong = forgeOn(stage, other.ethereum.account, theft(stage), 2n)
  await other.send(publishCall(encodeSealed(stage.definition.genesisBlock), wrong))
  await stage.until('it to wait for the refutation', () => /came first, but is wrong/.test(miner.status().reason))
  await using kzg = new KzgPool()
  const judge = openJudge({ node, rules: stage.definition.rules, log, kzg })
  assert.equal((await judge.judge(wrong.next.id, t.signal)).verdict, 'invalid')
  const prepared = await tryRefutation([other.ethereum], wrong.next.id, await judge.prove(wrong.next.id, t.signal))
  assert.ok(prepared)
  await other.send(refuteCall(prepared.call.data, prepared.gas))
  await stage.until('it to wait for its price again', () => /a block is found/.test(miner.status().reason))
  const { found, lost } = miner.status().blocks
  assert.deepEqual([found, lost], [1, 0])
})

test('deposits and forced transactions are carried into the next block', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const signer = await stage.signer()
  const sender = stage.sender(signer)
  const miner = await stage.miner(node, sender)
  const genesis = genesisInfohash(stage.definition.genesis)
  const payee = stage.anvil.account
  await stage.request(node, holder, [genesis], 1_000_000n, payee)
  await stage.until('the first block', () => miner.status().blocks.published === 1)
  await stage.skip(86_400n)
  await stage.until('its finality', () => miner.status().blocks.final === 1)
  const { claims } = await node.call('bridge_claims', {})
  const [claim] = claims
  assert.ok(claim !== undefined)
  const { rules } = stage.definition
  await stage.claim(claim)
  const approve = encodeFunctionData({ abi: tokenAbi, functionName: 'approve', args: [rules.bridge, 5_000n] })
  await stage.anvil.send(rules.token, approve)
  const back = accountOf('back')
  await stage.anvil.call(rules.bridge, 'deposit', [5_000n, back.address])
  // Genesis is spent by now: the forced transaction is void.
  const forced = pay(holder, { to: back.address, tokens: 7n, time: 3, prev: [genesis] }, rules)
  await stage.anvil.call(rules.bridge, 'force', [[`0x${Buffer.from(forced.packed).toString('hex')}`]], 10n ** 17n)
  await stage.until('the second block', () => miner.status().blocks.published >= 2)
  await stage.until('the queue to be consumed', async () => {
    const { blocks } = await node.call('bridge_blocks', {})
    const { deposits, forced } = blocks.at(-1)?.lanes ?? NO_LENGTHS
    return deposits === 1n && forced === 1n
  })
  await stage.until('the credit', async () => {
    return (await node.call('account_balance', { owner: back.address })).ordered === 4_950n
  })
  await stage.skip(86_400n)
  await stage.until('their finality', () => miner.status().blocks.final === miner.status().blocks.published)
  assert.equal(miner.status().money.earned, 10_000n + 50n)
})

/**
 * A miner's publication waits in the mempool, and a wrong block of the same target for a higher price. Nothing is mined until the caller
 * does; `room` is the gas limit of a block into which only the wrong one fits.
 */
async function overtake(stage: Stage) {
  const node = await stage.node()
  const { client, account } = stage.anvil
  await stage.skip(86_400n)
  await client.setAutomine(false)
  const [folder, signer] = [await stage.folder(), await stage.signer()]
  const miner = await stage.miner(node, stage.sender(signer), { folder })
  const genesis = genesisInfohash(stage.definition.genesis)
  await stage.request(node, holder, [genesis], 10_000n, stranger('a'))
  await stage.until('it to have sent', async () => (await client.getTxpoolStatus()).pending === 1)
  const wrong = forgeOn(stage, account, theft(stage))
  const { data, gas } = publishCall(encodeSealed(stage.definition.genesisBlock), wrong)
  const price = { maxFeePerGas: 500n * GWEI, maxPriorityFeePerGas: 400n * GWEI }
  const value = 1_000_000_000n * GWEI
  await client.sendTransaction({ account, chain: null, to: stage.bridge.address, data, gas, value, ...price })
  return { node, miner, folder, signer, room: gas + 100_000n }
}

/** Spends what its sender does not own. */
function theft({ definition }: Stage): Uint8Array {
  const thief = accountOf('thief')
  const prev = [genesisInfohash(definition.genesis)]
  return pay(thief, { to: thief.address, tokens: 1n, time: 1, prev }, definition.rules).packed
}

/**
 * A block on genesis, `hardness` times as hard as it has to be; with `packed` one whose only step is that transaction, whether or not it is
 * valid.
 */
function forgeOn(stage: Stage, miner: Address, packed?: Uint8Array, hardness = 1n) {
  const { definition } = stage
  const { header } = definition.genesisBlock
  const parent = { id: stage.genesisId(), header, state: genesisState(definition.genesis) }
  const target = targetCeiling(header.target, toSeconds(86_400n), EASIEST) / hardness
  return forge(definition.rules, parent, [], target, miner, packed)
}
