// A liar in a process of its own: takes orders as lines of JSON on standard input, and answers on standard output. Ends with its input.

import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { privateKeyToAccount } from 'viem/accounts'
import { TransactionSender } from '../../miner/ethereum/sender.ts'
import { Ethereum } from '../../miner/ethereum.ts'
import { parseDeployment } from '../../node/deployment.ts'
import { OperationError } from '../../node/errors.ts'
import { createLogger } from '../../node/log.ts'
import { parseHex } from '../../node/protocol/bytes.ts'
import { RuleError } from '../../node/protocol/rule-error.ts'
import { createNodeClient } from '../../node/rpc/client.ts'
import { Author } from './author.ts'
import type { LiarOrder, LiarSetup } from './liar-orders.ts'

const [text = ''] = process.argv.slice(2)
const setup: LiarSetup = JSON.parse(text)
const definition = parseDeployment(await readFile(setup.deployment, 'utf8'), setup.deployment)
const log = createLogger({ level: 'warn', json: false, colors: false })
const node = createNodeClient(setup.node)
const network = { chain: definition.rules.chain, bridge: definition.rules.bridge }
const signer = privateKeyToAccount(`0x${setup.key}`)
const ethereum = new Ethereum({ urls: [setup.ethereum], network, signer, now: Date.now })
const sender = new TransactionSender({ ethereum, log, now: Date.now }, { confirmations: 1, pollMs: 20 })
const author = new Author(node, sender, definition)

for await (const line of createInterface({ input: process.stdin })) {
  const { id, call, order } = JSON.parse(line)
  const answer = await obey(call, order).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, error: failureOf(error) }),
  )
  process.stdout.write(`${JSON.stringify(answer, (_key, value) => (typeof value === 'bigint' ? `${value}` : value))}\n`)
}

async function obey(call: string, order: LiarOrder): Promise<object> {
  if (call === 'ready') return { account: ethereum.account }
  const { transactions = [], wrong, ...rest } = order
  return await author.publish({
    ...rest,
    transactions: transactions.map(parseHex),
    ...(wrong === undefined ? {} : { wrong: parseHex(wrong) }),
  })
}

function failureOf(error: unknown): { readonly code: string; readonly message: string } {
  const code = error instanceof OperationError || error instanceof RuleError ? error.code : 'failed'
  return { code, message: error instanceof Error ? error.message : String(error) }
}
