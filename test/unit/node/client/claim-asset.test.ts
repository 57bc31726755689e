// Claiming at a gateway: what is reported as paid is what the gateway says that it has paid, since one payment of many can fail alone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFunctionResult, type Hex, pad } from 'viem'
import { gatewayAbi } from '../../../../deployments/gateway-abi.ts'
import { gatewayFactoryBytecode } from '../../../../deployments/gateway-factory-bytecode.ts'
import { gatewayRuntimeCode } from '../../../../deployments/gateway-runtime-code.ts'
import { requestsBy } from '../../../../node/client/asset-requests.ts'
import { claimAsset } from '../../../../node/client/ethereum/claim-asset.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { BridgeCall } from '../../../../node/ethereum/calls.ts'
import { implementationOf } from '../../../../node/ethereum/gateways/factory.ts'
import { gatewayOf } from '../../../../node/ethereum/gateways/gateway.ts'
import type { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { type Infohash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { accountOf } from '../../../../scripts/assure/models/world.ts'

const [factory, token] = [accountOf('factory').address, accountOf('token').address]
const asset = gatewayOf(factory, token)
const bridge = accountOf('bridge').address
const RECEIPT_BLOCK = 77n

/** The code of our factory, and of what its gateways run, for this bridge. */
function codeAt(address: string): Hex {
  const words: Readonly<Record<string, Hex>> = { bridge: pad(bridge), implementation: pad(implementationOf(factory)) }
  const { start, length, immutables } = gatewayRuntimeCode[address === factory ? 'factory' : 'implementation']
  const places: Readonly<Record<string, readonly number[]>> = immutables
  let code = gatewayFactoryBytecode.slice(2 + 2 * start, 2 + 2 * (start + length))
  for (const [name, offsets] of Object.entries(places))
    for (const at of offsets) code = `${code.slice(0, 2 * at)}${words[name]?.slice(2)}${code.slice(2 * at + 64)}`
  return `0x${code}`
}

/** Requests 0, 1, … of one block; the gateway pays those that it accepts. */
function scene(count: number, accepts: (number: bigint) => boolean) {
  const requests = Array.from({ length: count }, (_, i) => `${i}`.padStart(40, '0') as Infohash) // 40 digits
  const proven = (infohash: Infohash) => ({
    ...{ infohash, asset, recipient: accountOf(infohash).address, tokens: 100n, number: BigInt(infohash) },
    ...{ block: ZERO_HASH, step: Number(infohash), sealed: new Uint8Array(32), leaf: ZERO_HASH, siblings: [ZERO_HASH] },
  })
  const node = {
    call: async (_: string, { infohash }: { infohash: Infohash }) => ({ request: proven(infohash) }),
  } as unknown as NodeClient // of which no more is asked for
  const paid = new Set<bigint>()
  const acknowledged: BridgeCall[] = []
  const sent: string[] = []
  const client = {
    getCode: async ({ address }: { address: string }) => codeAt(address),
    call: async () => ({ data: encodeFunctionResult({ abi: gatewayAbi, functionName: 'token', result: token }) }),
    readContract: async ({ args, blockNumber }: { args: readonly [bigint]; blockNumber?: bigint }) => {
      assert.equal(blockNumber, sent.length === 0 ? undefined : RECEIPT_BLOCK)
      return paid.has(args[0])
    },
  }
  const sender = {
    ethereum: {
      network: { bridge },
      ask: (_: string, question: (given: typeof client) => unknown) => question(client),
    },
    open: () => undefined,
    send: async (call: BridgeCall) => {
      sent.push(call.name)
      for (const infohash of requests) if (accepts(BigInt(infohash))) paid.add(BigInt(infohash))
      return { status: 'done', receipt: { hash: ZERO_HASH, block: RECEIPT_BLOCK } }
    },
    acknowledge: async (call: BridgeCall) => void acknowledged.push(call),
  } as unknown as TransactionSender // likewise
  return { claim: () => claimAsset(node, sender, { factory, asset, requests }), requests, sent, acknowledged }
}

test('of several requests those that the gateway could not pay are told apart from those that it paid', async () => {
  const { claim, requests, sent } = scene(4, (number) => number % 2n === 0n)
  const { claims, unpaid } = await claim()
  assert.deepEqual(sent, ['claimMany'])
  assert.deepEqual(
    [claims.map(({ infohash }) => infohash), unpaid.map(({ infohash }) => infohash)],
    [
      [requests[0], requests[2]],
      [requests[1], requests[3]],
    ],
  )
})

test('where nothing was paid that is a failure, and what was sent is over, so that the same can be tried again', async () => {
  const { claim, acknowledged } = scene(3, () => false)
  await assert.rejects(claim(), (error) => {
    assert(error instanceof OperationError)
    assert.deepEqual([error.code, error.retry], ['transaction-failed', true])
    return true
  })
  assert.equal(acknowledged.length, 1)
})

test('what is paid whole has nothing left', async () => {
  const { claim } = scene(2, () => true)
  const { claims, unpaid } = await claim()
  assert.deepEqual([claims.length, unpaid], [2, []])
})

test('a node that tells a history without end is left', async () => {
  let pages = 0
  const call = async () => ({ transactions: [], cursor: `${2 ** 40 - pages++}` })
  const node = { url: 'http://127.0.0.1:9', call } as unknown as NodeClient // likewise
  await assert.rejects(requestsBy(node, accountOf('owner').address, asset), { code: 'bad-answer' })
  assert.equal(pages, 1_000)
})
