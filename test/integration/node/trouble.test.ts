// What keeps a miner or a relayer from its work is said, waited out, and over as soon as it is over.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Relayer } from '../../../miner/relayer.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { log } from '../../support/log.ts'
import { holder, Stage, stranger } from '../../support/stage.ts'

test('a published block that Ethereum forgets is published again', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const miner = await stage.miner(node, stage.sender(await stage.signer()))
  await stage.request(node, holder, [genesisInfohash(stage.definition.genesis)], 10_000n, stranger('a'))
  await stage.until('a publication', () => miner.status().blocks.published === 1)
  const published = () =>
    stage.anvil.client.getContractEvents({ ...stage.bridge, eventName: 'BlockPublished', fromBlock: 0n })
  const [before] = await published()
  await stage.anvil.reorganise(1)
  assert.deepEqual(await published(), [])
  await stage.until('the second publication', async () => (await published()).length === 1)
  const [after] = await published()
  assert.equal(after?.args.id, before?.args.id)
  assert.notEqual(after?.transactionHash, before?.transactionHash)
  assert.equal(miner.status().blocks.found, 1)
})

test('an account without coins blocks the miner, which says so and goes on when it is paid', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const signer = await stage.signer(0n)
  const miner = await stage.miner(node, stage.sender(signer))
  await stage.request(node, holder, [genesisInfohash(stage.definition.genesis)], 10_000n, stranger('a'))
  await stage.until('the problem', () => miner.status().state === 'blocked')
  assert.match(miner.status().problem ?? '', new RegExp(`${signer.address.toLowerCase()}.*send \\d+ wei`))
  await stage.anvil.client.setBalance({ address: signer.address, value: 10n ** 20n })
  await stage.until('a publication', () => miner.status().blocks.published === 1)
  await stage.until('the end of the problem', () => miner.status().problem === undefined)
  assert.equal(miner.status().blocks.found, 1)
})

test('a node that is away, of another network, or not ready is waited for', async (t) => {
  const stage = await Stage.open(t)
  const real = await stage.node()
  let trouble: Error | 'other network' | 'syncing' | undefined
  const node: NodeClient = {
    url: real.url,
    call: async (method, params, signal) => {
      if (trouble instanceof Error) throw trouble
      const result = await real.call(method, params, signal)
      if (method !== 'node_info' || trouble === undefined) return result
      const info = result as Awaited<ReturnType<typeof real.call<'node_info'>>>
      const changed =
        trouble === 'syncing'
          ? { ...info, bridge: { ...info.bridge, state: 'syncing' } }
          : { ...info, network: { ...info.network, minRequest: 1n } }
      return changed as typeof result
    },
  }
  trouble = 'other network'
  const miner = await stage.miner(node, stage.sender(await stage.signer()), { graceMs: 0 })
  await stage.until('the wrong network', () => /give node and miner the same/.test(miner.status().problem ?? ''))
  trouble = 'syncing'
  await stage.until('a node that is not ready', () => /says syncing/.test(miner.status().problem ?? ''))
  trouble = new OperationError('node-unreachable', 'no node answers', { retry: true })
  await stage.until('a node that is away', () => /no node answers/.test(miner.status().problem ?? ''))
  assert.equal(miner.status().state, 'blocked')
  trouble = undefined
  await stage.request(real, holder, [genesisInfohash(stage.definition.genesis)], 10_000n, stranger('a'))
  await stage.until('a publication', () => miner.status().blocks.published === 1)
})

test('a block that the node takes for wrong is never sent to Ethereum', async (t) => {
  const stage = await Stage.open(t)
  const real = await stage.node()
  let refusals = 0
  const node: NodeClient = {
    url: real.url,
    call: async (method, params, signal) => {
      if (method !== 'bridge_submit' || refusals > 0) return await real.call(method, params, signal)
      refusals += 1
      throw new RuleError('invalid-block', 'step 0 is wrong')
    },
  }
  const miner = await stage.miner(node, stage.sender(await stage.signer()))
  await stage.request(real, holder, [genesisInfohash(stage.definition.genesis)], 10_000n, stranger('a'))
  await stage.until('the next block', () => miner.status().blocks.published === 1)
  assert.deepEqual(miner.status().blocks, { found: 2, published: 1, final: 0, lost: 1 })
})

test('stopping is quick and safe at any moment, also twice, and leaves nothing behind', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const signer = await stage.signer()
  const folder = await stage.folder()
  await stage.request(node, holder, [genesisInfohash(stage.definition.genesis)], 10_000n, stranger('a'))
  await stage.anvil.client.setAutomine(false)
  const first = await stage.miner(node, stage.sender(signer), { folder })
  await stage.until('a transaction under way', () => first.status().state === 'publishing')
  await Promise.all([first.stop(), first.stop()])
  assert.equal(first.status().state, 'stopped')
  assert.equal(first.status().blocks.published, 0)
  await stage.anvil.client.setAutomine(true)
  await stage.anvil.client.mine({ blocks: 1 })
  const second = await stage.miner(node, stage.sender(signer), { folder })
  await stage.until('the publication', () => second.status().blocks.published === 1)
  assert.equal(second.status().blocks.found, 1)
  assert.ok((await stage.anvil.client.getTransactionCount({ address: signer.address })) <= 1)
})

test('a relayer pays in batches, passes over what others paid and whom it does not serve', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const miner = await stage.miner(node, stage.sender(await stage.signer()))
  const payees = Array.from({ length: 5 }, (_, i) => stranger(`payee ${i}`))
  let last = genesisInfohash(stage.definition.genesis)
  for (const payee of payees) last = await stage.request(node, holder, [last], 10_000n, payee)
  last = await stage.request(node, holder, [last], 1_000n, payees[0] ?? stranger('x'))
  await stage.until('all requests in blocks', async () => {
    return (await node.call('tx_where', { infohash: last })).status === 'ordered'
  })
  // Not what the miner has counted so far: its node may know of a block first.
  const { tip } = (await node.call('node_info', {})).bridge
  for (let i = 1; i <= (tip?.height ?? 0n); i++) {
    await stage.skip(86_400n)
    await stage.until('finality', () => miner.status().blocks.final >= i)
  }
  await stage.until('the node to see what is payable', async () => {
    return (await node.call('bridge_claims', {})).claims.length === 6
  })
  const { claims } = await node.call('bridge_claims', {})
  // What this node shows is behind: the first request is paid, but it does not know that yet.
  const paid = claims.find(({ recipient, net }) => recipient === payees[0] && net === 9_900n)
  assert.ok(paid !== undefined)
  await stage.claim(paid)
  const behind: NodeClient = {
    url: node.url,
    call: async (method, params, signal) => {
      const result = await node.call(method, params, signal)
      return method === 'bridge_claims' ? ({ claims } as typeof result) : result
    },
  }
  const sender = stage.sender(await stage.signer())
  const relayer = new Relayer(
    { node: behind, sender, log, now: Date.now, random: randomOf(1) },
    { pollMs: 20, courtesyMs: 0, batch: 2, leastNet: 1_000n, recipients: payees.slice(0, 4) },
  )
  stage.stack.use(relayer)
  relayer.start()
  await stage.until('three payments', () => relayer.status().claimed === 3)
  assert.equal(relayer.status().paid, 29_700n)
  const balances = await Promise.all(payees.map((payee) => stage.balanceOf(payee)))
  assert.deepEqual(balances, [9_900n, 9_900n, 9_900n, 9_900n, 0n])
  assert.equal(relayer.status().problem, undefined)
})
