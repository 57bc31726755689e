// The JSON-RPC: what goes in comes out, errors keep their family and facts, strangers are refused.

import assert from 'node:assert'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { OperationError } from '../../../../node/errors.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { API, type Method } from '../../../../node/rpc/api.ts'
import { RpcServer } from '../../../../node/rpc/server.ts'
import { accountOf } from '../../../../scripts/assure/models/world.ts'
import { log, serve } from '../../../support/rpc/serve.ts'

const owner = accountOf('alice').address

async function post(url: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
  return { status: response.status, json: (await response.json()) as { error?: { code: number } } }
}

describe('JSON-RPC', () => {
  test('carries amounts and bytes whole', async (t) => {
    const big = 2n ** 128n - 1n
    const url = await serve(t, {
      account_balance: async (params) => {
        assert.deepStrictEqual(params, { owner })
        return { spendable: big, ordered: 1n, final: 0n, settled: 1n, outputs: [] }
      },
      bridge_files: async () => ({ files: [{ name: 'steps.bin', bytes: Uint8Array.of(0, 255) }] }),
    })
    const client = createNodeClient(url)
    const balance = await client.call('account_balance', { owner })
    assert.deepStrictEqual(balance, { spendable: big, ordered: 1n, final: 0n, settled: 1n, outputs: [] })
    const { files } = await client.call('bridge_files', { id: `0x${'1'.repeat(64)}` as never })
    assert.deepStrictEqual(files, [{ name: 'steps.bin', bytes: Uint8Array.of(0, 255) }])
  })

  test('gives the caller the error that the node threw', async (t) => {
    const url = await serve(t, {
      tx_submit: async () => {
        throw new RuleError('invalid-transaction', 'it overspends', { reason: 'Overspend' })
      },
      account_inputs: async () => {
        throw new OperationError('insufficient-funds', 'too little', { facts: { owner, spendable: '4' }, retry: true })
      },
    })
    const client = createNodeClient(url)
    const submitted = client.call('tx_submit', { file: Uint8Array.of(1) })
    await assert.rejects(submitted, new RuleError('invalid-transaction', 'it overspends', { reason: 'Overspend' }))
    const selected = client.call('account_inputs', { owner, tokens: 5n })
    await assert.rejects(selected, {
      name: 'OperationError',
      code: 'insufficient-funds',
      retry: true,
      facts: { owner, spendable: '4' },
    })
    await assert.rejects(client.call('node_info', {}), { code: 'node-failed' })
    await assert.rejects(client.call('tx_get', { infohash: 'zz' as never }), /expected an infohash/)
  })

  test('says so when nobody answers, or somebody else does', async (t) => {
    const other = createServer((_, response) => response.writeHead(404).end('{}'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    t.after(() => other.close())
    const address = other.address()
    assert(address !== null && typeof address === 'object')
    const url = `http://127.0.0.1:${address.port}`
    await assert.rejects(createNodeClient(url).call('node_info', {}), { code: 'bad-answer' })
    other.closeAllConnections()
    await new Promise((resolve) => other.close(resolve))
    await assert.rejects(createNodeClient(url).call('node_info', {}), { code: 'node-unreachable', retry: true })
  })

  test('refuses answers that are not JSON-RPC', async (t) => {
    const answers = [
      '',
      'x',
      'null',
      '5',
      '[]',
      '{}',
      '{"jsonrpc":"2.0","id":1}',
      '{"jsonrpc":"1.0","id":1,"result":{}}',
    ]
    const other = createServer((_, response) => response.writeHead(200).end(answers[0]))
    t.after(() => other.close())
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    assert(address !== null && typeof address === 'object')
    for (; answers.length > 0; answers.shift()) {
      const call = createNodeClient(`http://127.0.0.1:${address.port}`).call('node_info', {})
      await assert.rejects(call, { code: 'bad-answer' }, answers[0])
    }
  })

  test('refuses an answer that does not fit the schema', async (t) => {
    const url = await serve(t, { account_balance: async () => ({ spendable: 'much' }) as never }, false)
    await assert.rejects(createNodeClient(url).call('account_balance', { owner }), { code: 'bad-answer' })
  })

  test('refuses web pages, foreign host names, and what is no JSON-RPC', async (t) => {
    const url = await serve(t, {})
    const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'node_info', params: {} })
    assert.strictEqual((await post(url, call, { origin: 'http://evil.example' })).status, 403)
    assert.strictEqual((await post(url, call, { 'content-type': 'text/plain' })).status, 415)
    assert.strictEqual((await fetch(url)).status, 405)
    assert.strictEqual((await post(url, '{')).json.error?.code, -32_700)
    assert.strictEqual((await post(url, '[]')).json.error?.code, -32_600)
    assert.strictEqual((await post(url, 'null')).json.error?.code, -32_600)
    assert.strictEqual((await post(url, '{"jsonrpc":"2.0","id":1,"method":"constructor"}')).json.error?.code, -32_601)
    assert.strictEqual((await post(url, call.replace('{}', '{"x":1}'))).json.error?.code, -32_602)
    const huge = await post(url, `"${'x'.repeat(17 * 1024 * 1024)}"`).catch(() => ({ status: 413 }))
    assert.strictEqual(huge.status, 413)
  })

  test('says which port is in use', async (t) => {
    const url = await serve(t, {})
    const second = new RpcServer({ methods: {}, handlers: {}, log }, { port: Number(new URL(url).port) })
    await assert.rejects(second.start(), { code: 'port-in-use' })
    await second.stop()
  })

  test('says so where there is no such host to listen on', async () => {
    const server = new RpcServer({ methods: {}, handlers: {}, log }, { host: '203.0.113.1', port: 0 })
    await assert.rejects(server.start(), { code: 'cannot-listen', facts: { host: '203.0.113.1', port: 0 } })
    await server.stop()
  })

  test('keeps the code of another version as a fact, and whether to try again', async (t) => {
    const stated: Record<string, unknown> = {}
    const other = createServer((_, response) => {
      response
        .writeHead(200)
        .end(JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32_000, message: 'm', data: stated } }))
    })
    t.after(() => other.close())
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    assert(address !== null && typeof address === 'object')
    const client = createNodeClient(`http://127.0.0.1:${address.port}`)
    const facts = { since: 3 }
    Object.assign(stated, { family: 'rule', code: 'made-of-cheese', facts })
    await assert.rejects(client.call('node_info', {}), {
      ...{ name: 'RuleError', code: 'unknown-rule', message: 'm' },
      facts: { since: 3, code: 'made-of-cheese' },
    })
    Object.assign(stated, { family: 'operation', retry: true })
    await assert.rejects(client.call('node_info', {}), { name: 'OperationError', code: 'node-failed', retry: true })
    // A code that is known, without what programs read of it or in another form.
    for (const spendable of [undefined, 5, 'much', '-1']) {
      Object.assign(stated, { code: 'insufficient-funds', facts: spendable === undefined ? {} : { spendable } })
      await assert.rejects(client.call('node_info', {}), { code: 'node-failed' })
    }
    for (const inherited of ['constructor', 'toString', '__proto__']) {
      Object.assign(stated, { code: inherited, facts: {} })
      await assert.rejects(client.call('node_info', {}), { code: 'node-failed' })
    }
  })

  test('has a sentence about each method', () => {
    for (const method of Object.keys(API) as Method[]) assert.match(API[method].summary, /^[A-Z].*\.$/)
  })
})
