// A miner in a process of its own that kills itself (SIGKILL) at a named moment: `node crashing-miner.ts <JSON of CrashPlan>`.
// What its transactions carry beside blobs it asks of its parent, since each process would load a KZG library for seconds first.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { Miner } from '../../../miner/miner.ts'
import type { Rows } from '../../../miner/rows-choice.ts'
import { PowPool } from '../../../miner/work/pow-pool.ts'
import { createNodeClient, type NodeClient } from '../../../node/client/rpc.ts'
import { EthereumAccount } from '../../../node/ethereum/account.ts'
import { KzgPool, type Sidecar } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { createLogger } from '../../../node/log.ts'
import { type Hash, parseAddress } from '../../../node/protocol/ids.ts'

/** In the order in which a publication passes them. */
export const MOMENTS = [
  'before the node has it',
  'after the node has it',
  'before it is sent',
  'after it is sent',
  'after its receipt',
  'never',
] as const
export type Moment = (typeof MOMENTS)[number]

export type CrashPlan = {
  readonly ethereum: string
  readonly node: string
  readonly chain: string
  readonly bridge: string
  readonly key: Hex
  readonly folder: string
  readonly moment: Moment
  readonly rows: Rows
  /** Ends once this many of its own blocks are published. */
  readonly published: number
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await run(JSON.parse(process.argv[2] ?? '') as CrashPlan)

async function run(plan: CrashPlan): Promise<void> {
  const die = (moment: Moment) => {
    if (plan.moment === moment) process.kill(process.pid, 'SIGKILL')
  }
  class DyingEthereum extends EthereumAccount {
    override async broadcast(raw: Hex) {
      die('before it is sent')
      await super.broadcast(raw)
      die('after it is sent')
    }
    override async receipt(hash: Hash) {
      const receipt = await super.receipt(hash)
      if (receipt !== undefined) die('after its receipt')
      return receipt
    }
  }
  const client = createNodeClient(plan.node)
  const node: NodeClient = {
    url: client.url,
    call: async (method, params, signal) => {
      if (method === 'bridge_submit') die('before the node has it')
      const result = await client.call(method, params, signal)
      if (method === 'bridge_submit') die('after the node has it')
      return result
    },
  }
  const log = createLogger({ level: 'warn', json: true, colors: false })
  const network = { chain: BigInt(plan.chain), bridge: parseAddress(plan.bridge) }
  const signer = privateKeyToAccount(plan.key)
  const ethereum = new DyingEthereum({ urls: [plan.ethereum], network, signer, now: Date.now })
  const sender = new TransactionSender({ ethereum, log, now: Date.now }, { confirmations: 1, pollMs: 20 })
  const pool = new PowPool({ log, random: randomBytes, now: Date.now }, { threads: 1 })
  const threads = new KzgPool()
  const kzg = { hashes: threads.hashes.bind(threads), sidecar: askSidecar }
  const deps = { node, sender, pool, kzg, log, now: Date.now, random: Math.random }
  const miner = new Miner(deps, { folder: plan.folder, longestWaitMs: 0, pollMs: 20, courtesyMs: 0, rows: plan.rows })
  await miner.start()
  const look = setInterval(() => {
    if (miner.status().blocks.published < plan.published) return
    clearInterval(look)
    void miner
      .stop()
      .then(() => threads.stop())
      .then(() => ethereum.close())
      .then(() => process.disconnect())
  }, 10)
}

/** One at a time, as the publisher asks. */
async function askSidecar(blobs: readonly Uint8Array[]): Promise<Sidecar> {
  const answered = once(process, 'message')
  process.send?.(blobs)
  const [sidecar]: Sidecar[] = await answered
  if (sidecar === undefined) throw new Error('expected a sidecar from the parent, got an empty message')
  return sidecar
}
