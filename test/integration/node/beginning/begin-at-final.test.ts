// A new node begins at the final block: old logs are pruned, and the balances come from a peer. It agrees, pays, bridges, and serves.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNodeClient, type NodeClient } from '../../../../node/client/rpc.ts'
import { type NodeOptions, TtxNode } from '../../../../node/node.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import type { Hash, Infohash } from '../../../../node/protocol/ids.ts'
import { accountOf } from '../../../../scripts/assure/models/world.ts'
import { EthereumProxy } from '../../../support/chain/ethereum-proxy.ts'
import { log } from '../../../support/log.ts'
import { holder, Stage, stranger } from '../../../support/stage.ts'

const DAY = 86_400n
const alice = accountOf('alice')
const bob = accountOf('bob')

/** A network of some final blocks, one that is not, and payments that no block has ordered. */
async function network(t: Parameters<typeof Stage.open>[0], finalBlocks: number) {
  const stage = await Stage.open(t)
  const old = await stage.node()
  const miner = await stage.miner(old, stage.sender(await stage.signer()))
  let last = genesisInfohash(stage.definition.genesis)
  const paid: Infohash[] = []
  for (let i = 1; i <= finalBlocks + 1; i++) {
    last = await stage.pay(old, holder, { to: alice.address, tokens: 1_000_000n, prev: [last] })
    paid.push(last)
    last = await stage.request(old, holder, [last], 10_000n, stranger(`${i}`))
    await stage.until('a publication', () => miner.status().blocks.published === i)
    if (i > finalBlocks) break
    await stage.skip(DAY)
    await stage.until('finality', () => miner.status().blocks.final === i)
  }
  await miner.stop()
  const [first] = paid
  assert.ok(first)
  const unordered = await stage.pay(old, alice, { to: bob.address, tokens: 400_000n, prev: [first] })
  await stage.anvil.client.mine({ blocks: 3 })
  await stage.seenBy(old)
  const port = (await old.call('node_info', {})).listenPort
  return { stage, old, peer: `127.0.0.1:${port}`, paid, unordered, last }
}

/** A node of its own folder, which ends with the test. */
async function start(stage: Stage, options: Partial<NodeOptions> & Pick<NodeOptions, 'ethereum' | 'folder'>) {
  const rpc = { host: '127.0.0.1', port: 0 }
  const node = new TtxNode(
    { log, clock: Date.now, version: '0.0.0' },
    { definition: stage.definition, rpc, network: {}, pollMs: 50, finalityDepth: 1n, ...options },
  )
  stage.stack.defer(() => node.stop())
  await node.start()
  return { node, client: createNodeClient(node.rpcUrl) }
}

/** An endpoint that refuses logs of before a block, as one does that prunes them, and those of this block alone: the header comes from a peer. */
async function pruned(stage: Stage, before: bigint): Promise<EthereumProxy> {
  const proxy = await EthereumProxy.start(stage.anvil.url)
  stage.stack.use(proxy)
  proxy.tamper = ({ method, params }) => {
    if (method !== 'eth_getLogs') return undefined
    const [{ fromBlock, toBlock }] = params as readonly [{ readonly fromBlock: string; readonly toBlock: string }]
    return BigInt(fromBlock) < before || (BigInt(fromBlock) === before && fromBlock === toBlock)
      ? { error: { code: 4444, message: 'pruned history unavailable' } }
      : undefined
  }
  return proxy
}

async function finalOf(client: NodeClient): Promise<{ id: Hash; height: bigint }> {
  const { final } = (await client.call('node_info', {})).bridge
  assert.ok(final)
  return final
}

async function isLive(client: NodeClient): Promise<boolean> {
  return (await client.call('node_info', {})).bridge.state === 'live'
}

test('a new node begins at the final block where old logs are pruned, agrees on every balance, pays and bridges', async (t) => {
  const { stage, old, peer, paid, unordered, last } = await network(t, 2)
  const final = await finalOf(old)
  assert.equal(final.height, 2n)
  // All but what follows the publication of the final block is gone.
  const { publishedAt } = await old.call('bridge_block', { id: final.id })
  let number = await stage.anvil.client.getBlockNumber()
  while ((await stage.anvil.client.getBlock({ blockNumber: number })).timestamp >= BigInt(publishedAt)) number--
  const proxy = await pruned(stage, number + 1n)
  const folder = await stage.folder()
  const options = { ethereum: [proxy.url], folder, network: { peers: [peer] }, begin: 'final' } as const
  const young = await start(stage, options)
  assert.equal(young.node.began, 'final')
  await stage.until('it to be live', () => isLive(young.client))
  const info = await young.client.call('node_info', {})
  assert.equal(info.blocks?.from, 2n)
  assert.equal(info.bridge.beginning, undefined)
  await stage.until('the unordered payment to arrive', async () => {
    return (await young.client.call('tx_get', { infohash: unordered })).status === 'accepted'
  })
  for (const { address } of [holder, alice, bob]) {
    const [theirs, ours] = [old, young.client].map((client) => client.call('account_balance', { owner: address }))
    assert.deepEqual(await ours, await theirs)
  }
  // It pays with an output of the snapshot, whose transaction it never had.
  const [, second] = paid
  assert.ok(second)
  const payment = await stage.pay(young.client, alice, { to: bob.address, tokens: 7n, prev: [second] })
  await stage.until('the other node to have it', async () => {
    return (await old.call('tx_get', { infohash: payment })).status === 'accepted'
  })
  // And its miner bridges.
  const miner = await stage.miner(young.client, stage.sender(await stage.signer()))
  await stage.request(young.client, holder, [last], 10_000n, stranger('of the new node'))
  await stage.until('a publication', () => miner.status().blocks.published === 1)
  await miner.stop()
  await stage.seenBy(old)
  await stage.seenBy(young.client)
  const tips = await Promise.all([old, young.client].map((client) => client.call('node_info', {})))
  assert.deepEqual(tips[1]?.bridge.tip, tips[0]?.bridge.tip)
  assert.equal(tips[0]?.bridge.tip?.height, 4n)
  // In the background it replays what led to the block with which it began, which the other node serves.
  const pastOf = async (client: NodeClient) => (await client.call('node_status', {})).past
  await stage.until('the past to be replayed', async () => (await pastOf(young.client))?.state === 'right')
  assert.deepEqual(await pastOf(young.client), { state: 'right', block: final.id, height: 2n, replayed: 2n })
  assert.equal(await pastOf(old), undefined)
  // A restart goes on where it was, whatever the flag says.
  await young.node.stop()
  const again = await start(stage, { ...options, begin: 'genesis' })
  assert.equal(again.node.began, 'continues')
  await stage.until('it to be live again', () => isLive(again.client))
  await stage.until('the verdict on the past', async () => (await pastOf(again.client))?.state === 'right')
  assert.deepEqual(
    await again.client.call('account_balance', { owner: bob.address }),
    await old.call('account_balance', { owner: bob.address }),
  )
})
