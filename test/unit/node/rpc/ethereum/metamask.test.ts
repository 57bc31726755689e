// What MetaMask asks a network that somebody adds, in its order (MetaMask/core as of 2026-08): from the first form to a payment that it shows and one that it cannot send.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNIT } from '../../../../../node/protocol/rules.ts'
import { chainIdOf } from '../../../../../node/rpc/ethereum/chain-id.ts'
import { alice, bob, DEFINITION, gold, hashOf, inGold, open, type ReplyError, SECOND, topicOf } from './scene.ts'

const EXTENSION = 'chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn'

test('MetaMask adds the network, shows balances and tokens, and is told that it cannot send', async (t) => {
  const { send, get: plain } = await open(t)
  let id = 0
  const ask = async (method: string, params: readonly unknown[] = []) => {
    const body = JSON.stringify({ method, params, id: ++id, jsonrpc: '2.0' })
    const response = await send(body, { origin: EXTENSION, accept: 'application/json' })
    assert.equal(response.headers.get('access-control-allow-origin'), EXTENSION)
    return (await response.json()) as { id: number; result: unknown; error?: ReplyError }
  }
  const get = async <T>(method: string, params: readonly unknown[] = []) => {
    const answer = await ask(method, params)
    assert.deepEqual([answer.id, answer.error], [id, undefined], method)
    return answer.result as T
  }

  // The form: the id has to be the one that was typed in.
  const chainId = await get<string>('eth_chainId')
  assert.equal(BigInt(chainId), chainIdOf(DEFINITION))
  assert(Number.isSafeInteger(Number(chainId)))
  assert.equal(await get('net_version'), BigInt(chainId).toString())
  // Whether fees are those of EIP-1559.
  const latest = await get<Record<string, string>>('eth_getBlockByNumber', ['latest', false])
  assert.equal(latest['baseFeePerGas'], '0x0')

  // The block tracker, and what is rewritten to its number.
  const number = await get<string>('eth_blockNumber')
  assert.equal(number, latest['number'])
  assert.equal(BigInt(await get<string>('eth_getBalance', [bob.address, number])), 15n * UNIT)
  assert.equal(await get('eth_getCode', [bob.address, number]), '0x')
  assert.equal(await get('eth_getTransactionCount', [bob.address, number]), '0x3')

  // A token that somebody imports: which standard, then its name, then what is there.
  const call = async (data: string) => await ask('eth_call', [{ to: `0x${gold.infohash}`, data }, number])
  for (const [standard, is] of [
    ['0x80ac58cd', 0n],
    ['0xd9b67a26', 0n],
  ] as const) {
    const { result } = await call(`0x01ffc9a7${standard.slice(2).padEnd(64, '0')}`)
    assert.equal(BigInt(result as string), is)
  }
  assert.match((await call('0x95d89b41')).result as string, /474f4c44/)
  assert.equal(BigInt((await call('0x313ce567')).result as string), 2n)
  assert.equal(BigInt((await call(`0x70a08231${topicOf(bob.address).slice(2)}`)).result as string), 500n)

  // A payment that it knows of.
  const transaction = await get<Record<string, unknown>>('eth_getTransactionByHash', [hashOf(inGold)])
  const receipt = await get<{ status: string; blockHash: string; logs: unknown[] }>('eth_getTransactionReceipt', [
    hashOf(inGold),
  ])
  assert.deepEqual([transaction['from'], receipt.status, receipt.blockHash], [alice.address, '0x1', SECOND.id])
  const logs = await get<unknown[]>('eth_getLogs', [
    { fromBlock: number, toBlock: number, topics: [null, topicOf(alice.address)] },
  ])
  assert.deepEqual(logs, receipt.logs)

  // The form of a payment: what it costs, then that this is not the way.
  const payment = { from: bob.address, to: alice.address, value: '0x1' }
  assert.equal(await get('eth_estimateGas', [payment]), '0x5208')
  assert.equal(await get('eth_gasPrice'), '0x0')
  const fees = await get<{ reward: unknown[]; baseFeePerGas: string[] }>('eth_feeHistory', [
    '0x5',
    'latest',
    [10, 20, 30],
  ])
  assert.deepEqual([fees.reward.length, new Set(fees.baseFeePerGas)], [3, new Set(['0x0'])])
  const { error } = await ask('eth_sendRawTransaction', ['0x02f86b'])
  assert.equal(error?.code, 4_200)
  assert.equal(await plain('eth_blockNumber'), number)
})
