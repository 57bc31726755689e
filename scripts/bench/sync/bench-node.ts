// A whole node without Ethereum in a process of its own, for the benches of sync: says where it is in one line of JSON, and ends with its standard input.

import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { TtxNode } from '../../../node/node.ts'
import { BENCH_DEFINITION } from '../payments.ts'

/** What a node that the bench starts says of itself. */
export type Started = {
  readonly rpc: string
  readonly address: string
  /** From the start of the process until it answers, milliseconds. */
  readonly startMs: number
}

/** So that no coin of the benches is crowded. */
const MAX_UNORDERED = 4_000_000
const { values } = parseArgs({ options: { folder: { type: 'string', default: '' }, peers: { type: 'string' } } })
const node = new TtxNode(
  { log: pino({ level: process.env['LOG'] ?? 'warn' }), clock: Date.now, version: 'bench' },
  {
    folder: values.folder,
    definition: BENCH_DEFINITION,
    maxUnordered: MAX_UNORDERED,
    ethereum: [],
    rpc: { host: '127.0.0.1', port: 0 },
    network: { listenPort: 0, peers: values.peers?.split(',') ?? [] },
  },
)
await node.start()
const started: Started = { rpc: node.rpcUrl, address: node.listenAddress, startMs: performance.now() }
console.log(JSON.stringify(started))
process.stdin.resume()
process.stdin.once('end', () => node.stop())
