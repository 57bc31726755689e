// What tokens say of themselves: a contract that fails says nothing, in the words of whichever client, and trouble on the way to it is trouble.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPublicClient, custom, type PublicClient } from 'viem'
import { readTokenClaim, tokenBalanceOf } from '../../../../../node/ethereum/gateways/token.ts'
import { accountOf } from '../../../../../scripts/assure/models/world.ts'

const { address } = accountOf('token')

/** An endpoint that answers each call of a contract with this error. */
function failing(code: number, message: string, data?: string) {
  const request = async () => {
    throw Object.assign(new Error(message), { code, ...(data === undefined ? {} : { data }) })
  }
  const client: PublicClient = createPublicClient({ transport: custom({ request }, { retryCount: 0 }) })
  return { ask: <T>(_: string, question: (client: PublicClient) => Promise<T>) => question(client) }
}

test('a contract that fails says nothing, however a client calls that', async () => {
  const failures: readonly [number, string][] = [
    [3, 'execution reverted'],
    [3, 'execution reverted: rate limit exceeded, try again later'],
    [-32000, 'execution reverted'],
    [-32000, 'invalid opcode: INVALID'],
    [-32000, 'invalid jump destination'],
    [-32000, 'out of gas'],
    [-32000, 'stack underflow (0 <=> 1)'],
    [-32000, 'execution aborted (timeout = 5s)'],
    [-32015, 'VM execution error.'],
    [-32603, 'EVM error InvalidFEOpcode'],
    [-32603, 'VM Exception while processing transaction: invalid opcode'],
    [-32003, 'out of gas: gas required exceeds: 2000000'],
  ]
  for (const [code, message] of failures) {
    assert.equal(await tokenBalanceOf(failing(code, message), address, address), undefined, message)
    assert.deepEqual(await readTokenClaim(failing(code, message), address), {}, message)
  }
})

test('an endpoint in trouble is not a token that says nothing', async () => {
  const troubles: readonly [number, string][] = [
    [-32005, 'rate limit exceeded'],
    [-32000, 'header not found'],
    [-32601, 'the method eth_call does not exist'],
    [-32603, 'internal error'],
    [-32000, 'missing trie node'],
  ]
  for (const [code, message] of troubles)
    await assert.rejects(tokenBalanceOf(failing(code, message), address, address), new RegExp(message), message)
})
