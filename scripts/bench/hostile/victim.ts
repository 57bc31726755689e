// The process of the node that is attacked: stores the payments, then starts as any node. Its sources are those of the checkout that it is told.

import { join } from 'node:path'
import { definition, makePayments, STORED } from './world.ts'

const [root = '', folder = '', peers = ''] = process.argv.slice(2)
const { TtxNode } = (await import(join(root, 'node/node.ts'))) as typeof import('../../../node/node.ts')
const { Ledger } = (await import(
  join(root, 'node/ledger/ledger.ts')
)) as typeof import('../../../node/ledger/ledger.ts')
const { createLogger } = (await import(join(root, 'node/log.ts'))) as typeof import('../../../node/log.ts')

const level = process.env['LOG'] === 'debug' ? 'debug' : 'silent'
const log = createLogger({ level, json: true, colors: false })
const clock = () => Date.now()
{
  const { rules, genesis } = definition
  await using ledger = new Ledger({ database: join(folder, 'ledger'), rules, genesis, log, clock })
  await ledger.start()
  await Promise.all(makePayments(STORED).map(({ file }) => ledger.submit(file, 'bench')))
  await ledger.idle()
}
const node = new TtxNode(
  { log, clock, version: '0.0.0' },
  {
    folder,
    definition,
    ethereum: [],
    rpc: { host: '127.0.0.1', port: 0 },
    network: { peers: peers === '' ? [] : peers.split(',') },
  },
)
await node.start()
process.on('message', () => process.send?.(process.cpuUsage()))
process.on('disconnect', () => process.exit())
process.send?.({ url: node.rpcUrl, address: node.listenAddress })
