// A liar in a process of its own: takes orders as lines of JSON on standard input, and answers on standard output. Ends with its input.

import { createInterface } from 'node:readline'
import { privateKeyToAccount } from 'viem/accounts'
import { createNodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'
import { EthereumAccount } from '../../../node/ethereum/account.ts'
import { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { createLogger } from '../../../node/log.ts'
import { parseHex } from '../../../node/protocol/bytes.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { Wallet } from '../../../node/wallet/wallet.ts'
import { Liar } from '../../../scripts/devnet/drill/liar.ts'
import type { LiarOrder, LiarSetup } from './liar-orders.ts'
import { arenaModeOf, arenaRows } from './rows.ts'

const [text = ''] = process.argv.slice(2)
const setup: LiarSetup = JSON.parse(text)
const log = createLogger({ level: 'warn', json: false, colors: false })
const node = createNodeClient(setup.node)
const { network } = await node.call('node_info', {})
const signer = privateKeyToAccount(`0x${setup.key}`)
// With its first blob anvil loads a setup, which takes long on a busy machine.
const ethereum = new EthereumAccount({ urls: [setup.ethereum], network, signer, now: Date.now }, { timeoutMs: 60_000 })
const sender = new TransactionSender({ ethereum, log, now: Date.now }, { confirmations: 1, pollMs: 20 })
using wallet = new Wallet(parseHex(setup.key))
await using kzg = new KzgPool()
const liar = new Liar({ node, sender, kzg, wallet, now: Date.now })

for await (const line of createInterface({ input: process.stdin })) {
  const { id, call, order } = JSON.parse(line)
  const answer = await obey(call, order).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, error: failureOf(error) }),
  )
  process.stdout.write(`${JSON.stringify(answer, (_key, value) => (typeof value === 'bigint' ? `${value}` : value))}\n`)
}
ethereum.close()

async function obey(call: string, order: LiarOrder): Promise<object> {
  if (call === 'ready') return { account: liar.account }
  const { content, ...rest } = order
  const bytes = typeof content === 'object' ? content.map(parseHex) : content
  const data = order.lie === undefined ? arenaRows : arenaModeOf(order.lie)
  return await liar.publish({ data, ...rest, ...(bytes === undefined ? {} : { content: bytes }) })
}

function failureOf(error: unknown): { readonly code: string; readonly message: string; readonly facts: object } {
  const known = error instanceof OperationError || error instanceof RuleError ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  return { code: known?.code ?? 'node-failed', message, facts: known?.facts ?? {} }
}
