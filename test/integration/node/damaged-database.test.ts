// A node whose database is damaged says so, and after its folder was deleted it has again what Ethereum and its other database know.

import assert from 'node:assert/strict'
import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNodeClient } from '../../../node/client/rpc.ts'
import { TtxNode } from '../../../node/node.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { log } from '../../support/log.ts'
import { holder, Stage, stranger } from '../../support/stage.ts'

for (const part of ['ledger', 'bridge'] as const) {
  test(`the database of the ${part} is deleted after damage: the node is live again with the same books`, async (t) => {
    const stage = await Stage.open(t)
    const { definition } = stage
    const folder = await stage.folder()
    const start = async () => {
      const settings = { pollMs: 50, finalityDepth: 1n, network: { peers: [] } }
      const rpc = { host: '127.0.0.1', port: 0 }
      const node = new TtxNode(
        { log, clock: Date.now, version: '0.0.0' },
        { folder, definition, ethereum: [stage.anvil.url], rpc, ...settings },
      )
      stage.stack.defer(() => node.stop())
      await node.start()
      return { node, client: createNodeClient(node.rpcUrl) }
    }

    const first = await start()
    const miner = await stage.miner(first.client, stage.sender(await stage.signer()))
    const infohash = await stage.request(
      first.client,
      holder,
      [genesisInfohash(definition.genesis)],
      7_000n,
      stranger('b'),
    )
    const where = async () => (await first.client.call('tx_where', { infohash })).status
    await stage.until('the request to be ordered', async () => (await where()) === 'ordered')
    const { spendable } = await first.client.call('account_balance', { owner: holder.address })
    await miner.stop()
    await first.node.stop()

    await truncate(join(folder, part, 'CURRENT'), 0)
    await assert.rejects(start(), { code: 'database-damaged', message: new RegExp(`${join(folder, part)}.*delete`) })
    await rm(join(folder, part), { recursive: true })

    const again = await start()
    await stage.until('the request to be ordered again', async () => {
      return (await again.client.call('tx_where', { infohash })).status === 'ordered'
    })
    assert.equal((await again.client.call('account_balance', { owner: holder.address })).spendable, spendable)
  })
}
