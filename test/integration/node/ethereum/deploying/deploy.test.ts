// A deployment that Ethereum takes and that fails all the same.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPublicClient, createWalletClient, custom, type Hex, numberToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { deploy } from '../../../../../node/ethereum/deploying/deploy.ts'
import { accountOf, genesisOf } from '../../../../../scripts/assure/models/world.ts'

const HASH: Hex = `0x${'ab'.repeat(32)}`
const KEY: Hex = `0x${'11'.repeat(32)}`
const RECEIPT = {
  transactionHash: HASH,
  blockHash: HASH,
  blockNumber: '0x1',
  contractAddress: null,
  cumulativeGasUsed: '0x1',
  effectiveGasPrice: '0x1',
  from: privateKeyToAccount(KEY).address,
  gasUsed: '0x1',
  logs: [],
  logsBloom: `0x${'0'.repeat(512)}`,
  status: '0x0',
  to: null,
  transactionIndex: '0x0',
  type: '0x2',
}
const BLOCK = {
  number: '0x1',
  hash: HASH,
  baseFeePerGas: '0x1',
  timestamp: '0x1',
  transactions: [],
  gasLimit: '0x1c9c380',
}
const ANSWERS: Readonly<Record<string, unknown>> = {
  eth_chainId: numberToHex(31_337),
  eth_getTransactionCount: '0x0',
  eth_estimateGas: '0x100000',
  eth_maxPriorityFeePerGas: '0x1',
  eth_gasPrice: '0x1',
  eth_blockNumber: '0x1',
  eth_getBlockByNumber: BLOCK,
  eth_sendRawTransaction: HASH,
  eth_getTransactionReceipt: RECEIPT,
}

test('a deployment that is taken into a block and reverts there has failed', async () => {
  const asked: string[] = []
  const transport = custom({
    request: async ({ method }: { method: string }) => {
      asked.push(method)
      return ANSWERS[method] ?? null
    },
  })
  const deploying = deploy({
    wallet: createWalletClient({ account: privateKeyToAccount(KEY), transport }),
    client: createPublicClient({ transport, pollingInterval: 10 }),
    genesis: genesisOf(accountOf('holder')),
  })
  await assert.rejects(deploying, { code: 'deployment-failed', facts: { transaction: HASH } })
  assert.ok(asked.includes('eth_sendRawTransaction'))
})
