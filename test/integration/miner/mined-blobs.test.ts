// Nodes without a beacon node: what they have had of a block before it came to Ethereum is what they judge it by.

import { test } from 'node:test'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { holder, Stage, stranger } from '../../support/stage.ts'

test('the blobs of a mined block are at hand where it was mined, and where peers told of it, when it is on Ethereum', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node({ beacon: [] })
  const peer = await stage.node({ beacon: [] })
  await stage.request(node, holder, [genesisInfohash(stage.definition.genesis)], 1_000_000n, stranger('a'))
  const miner = await stage.miner(node, stage.sender(await stage.signer()), { rows: 'blobs' })
  // Proofs of cells and anvil share what processors there are.
  await stage.until('a publication', () => miner.status().blocks.published === 1, 300_000)
  for (const client of [node, peer]) {
    await stage.until(`a verdict by ${client.url}`, async () => {
      const { blocks } = await client.call('bridge_blocks', {})
      return blocks.some(({ blobs, verdict }) => blobs > 0 && verdict === 'valid')
    })
  }
})
