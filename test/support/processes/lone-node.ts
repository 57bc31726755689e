// A node without Ethereum in a process of its own, which takes orders over IPC as a wallet's user would give them by the RPC, and ends with its parent.

import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { createNodeClient } from '../../../node/client/rpc.ts'
import { TtxNode } from '../../../node/node.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { BENCH_DEFINITION } from '../../../scripts/bench/payments.ts'

/** `submit`: a file in base64. `lacks`: which of these infohashes are not accepted here? */
export type LoneOrder = { readonly id: number } & (
  | { readonly submit: string }
  | { readonly look: true }
  | { readonly lacks: readonly Infohash[] }
)
export type LoneAnswer =
  | { readonly ready: true }
  | { readonly id: number; readonly status: string }
  | { readonly id: number; readonly lacks: readonly Infohash[] }
  | { readonly id: number; readonly count: number; readonly fingerprint: string }
  | { readonly id: number; readonly error: string }

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '' },
    host: { type: 'string', default: '' },
    port: { type: 'string', default: '0' },
    peers: { type: 'string', default: '' },
  },
})
const node = new TtxNode(
  { log: pino({ level: process.env['LOG'] ?? 'error' }), clock: Date.now, version: 'test' },
  {
    folder: values.folder,
    definition: BENCH_DEFINITION,
    ethereum: [],
    rpc: { host: '127.0.0.1', port: 0 },
    network: { host: values.host, listenPort: Number(values.port), peers: values.peers.split(',').filter(Boolean) },
  },
)
await node.start()
const client = createNodeClient(node.rpcUrl)
process.on('message', (order: LoneOrder) => {
  void answer(order)
    .catch((error: unknown) => ({ id: order.id, error: String(error) }))
    .then(say)
})
process.once('disconnect', () => process.exit())
say({ ready: true })

async function answer(order: LoneOrder): Promise<LoneAnswer> {
  const { id } = order
  if ('submit' in order) {
    const { status } = await client.call('tx_submit', { file: new Uint8Array(Buffer.from(order.submit, 'base64')) })
    return { id, status }
  }
  if ('lacks' in order) {
    const lacks: Infohash[] = []
    for (const infohash of order.lacks)
      if ((await client.call('tx_get', { infohash })).status !== 'accepted') lacks.push(infohash)
    return { id, lacks }
  }
  const { count, fingerprint } = (await client.call('node_status', {})).confirmation
  return { id, count, fingerprint }
}

function say(words: LoneAnswer): void {
  if (process.connected) process.send?.(words)
}
