// The files of a block right after a restart: a node makes them from what is on its disk, no matter whom it can reach.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNodeClient } from '../../../node/client/rpc.ts'
import { TtxNode } from '../../../node/node.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { log } from '../../support/log.ts'
import { holder, Stage, stranger } from '../../support/stage.ts'

test('a node that was restarted has the files of a block by its own replay, also while it reaches nobody', async (t) => {
  const stage = await Stage.open(t)
  const { definition } = stage
  const folder = await stage.folder()
  const start = async (ethereum: string) => {
    const settings = { pollMs: 50, finalityDepth: 1n, network: { peers: [] } }
    const rpc = { host: '127.0.0.1', port: 0 }
    const node = new TtxNode(
      { log, clock: Date.now, version: '0.0.0' },
      { folder, definition, ethereum: [ethereum], rpc, ...settings },
    )
    stage.stack.defer(() => node.stop())
    await node.start()
    return { node, client: createNodeClient(node.rpcUrl) }
  }

  const first = await start(stage.anvil.url)
  const miner = await stage.miner(first.client, stage.sender(await stage.signer()))
  await stage.request(first.client, holder, [genesisInfohash(definition.genesis)], 10_000n, stranger('a'))
  await stage.until('a block', () => miner.status().blocks.published === 1)
  const tip = async () => (await first.client.call('node_info', {})).bridge.tip
  await stage.until('the node to have it', async () => (await tip())?.height === 1n)
  const id = (await tip())?.id
  assert.ok(id)
  const { files } = await first.client.call('bridge_files', { id })
  await miner.stop()
  await first.node.stop()

  // Nobody listens there.
  const deaf = await start('http://127.0.0.1:9')
  assert.deepEqual(await deaf.client.call('bridge_files', { id }), { files })
  await deaf.node.stop()

  const again = await start(stage.anvil.url)
  await stage.until('it to be live', async () => (await again.client.call('node_info', {})).bridge.state === 'live')
  assert.deepEqual(await again.client.call('bridge_files', { id }), { files })
})
