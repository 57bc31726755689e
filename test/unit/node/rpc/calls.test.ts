// Every method over HTTP, by name, by position and by the typed client, with the parameters of its example.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { API, type Handlers, type Method } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { createHandlers } from '../../../../node/rpc/handlers/handlers.ts'
import { toWire } from '../../../../node/rpc/json.ts'
import { serve } from '../../../support/rpc/serve.ts'
import { DESCRIPTION } from '../../../support/rpc/wire.ts'

const METHODS = Object.keys(API) as Method[] // as the table has them
type Answer = { readonly result?: unknown; readonly error?: { readonly code: number; readonly message: string } }

async function post(url: string, method: string, params: unknown): Promise<{ text: string; answer: Answer }> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  const text = await response.text()
  return { text, answer: JSON.parse(text) }
}

/** Handlers that answer the examples, and keep what they were asked. */
function exampleHandlers() {
  const asked: unknown[] = []
  const entries = METHODS.map((method) => {
    const handler = async (params: unknown) => {
      asked.push(params)
      return EXAMPLES[method].result
    }
    return [method, handler]
  })
  return { asked, handlers: Object.fromEntries(entries) as Partial<Handlers> }
}

/** In order; null where one is left out before another one that is given. */
function byPosition(method: Method): unknown[] {
  const given: Record<string, unknown> = { ...(toWire(EXAMPLES[method].params) as object) } // an object stays one
  const names = Object.keys(API[method].params.shape)
  const last = names.findLastIndex((name) => name in given)
  return names.slice(0, last + 1).map((name) => given[name] ?? null)
}

test('each method gets the same parameters and answers the same by name, by position and by the client', async (t) => {
  const { asked, handlers } = exampleHandlers()
  const url = await serve(t, handlers)
  const client = createNodeClient(url)
  for (const method of METHODS) {
    const named = await post(url, method, toWire(EXAMPLES[method].params))
    const placed = await post(url, method, byPosition(method))
    assert.equal(placed.text, named.text, method)
    assert.deepEqual(named.answer.result, toWire(EXAMPLES[method].result), method)
    assert.deepEqual(await client.call(method, EXAMPLES[method].params as never), EXAMPLES[method].result, method) // of this method
    const [first, second, third, ...more] = asked.splice(0)
    assert.deepEqual([second, third, more], [first, first, []], method)
  }
})

test('each method refuses one parameter too many, an unknown one, and names those that it has', async (t) => {
  const { asked, handlers } = exampleHandlers()
  const url = await serve(t, handlers)
  for (const method of METHODS) {
    const names = Object.keys(API[method].params.shape)
    const tooMany = [...names.map(() => null), null]
    for (const params of [tooMany, { ...EXAMPLES[method].params, file_: 1 }, Array(10_000).fill(0)]) {
      const { answer } = await post(url, method, toWire(params))
      assert.equal(answer.error?.code, -32_602, method)
      for (const name of names) assert.match(answer.error.message, new RegExp(`\\b${name}\\b`))
      assert.match(answer.error.message, /^expected .*, got ("file_"|\d+)$/)
    }
  }
  assert.deepEqual(asked, [])
})

test('each method refuses null and nothing for a parameter that it needs, under its name', async (t) => {
  const { asked, handlers } = exampleHandlers()
  const url = await serve(t, handlers)
  let needed = 0
  for (const { name: method, params } of DESCRIPTION.methods) {
    for (const { name } of params.filter(({ required }) => required)) {
      needed++
      for (const empty of [[], {}, params.map(() => null)]) {
        const { answer } = await post(url, method, empty)
        assert.equal(answer.error?.code, -32_602)
        assert.match(answer.error.message, new RegExp(`→ at ${name}$`, 'm'))
      }
    }
  }
  assert(needed > 10)
  assert.deepEqual(asked, [])
})

test('a node without Ethereum refuses what is about the bridge, as described, and describes itself', async (t) => {
  // Of the parts of a node what these methods ask.
  const url = await serve(t, createHandlers({ version: '1.2.3', follower: undefined } as never, {} as never))
  for (const method of METHODS.filter((method) => method.startsWith('bridge_'))) {
    assert((API[method].errors as readonly string[]).includes('no-ethereum'))
    const call = createNodeClient(url).call(method, EXAMPLES[method].params as never) // of this method
    await assert.rejects(call, { name: 'OperationError', code: 'no-ethereum' }, method)
  }
  assert.deepEqual((await post(url, 'rpc.discover', [])).answer.result, JSON.parse(JSON.stringify(DESCRIPTION)))
  const { info, methods } = await createNodeClient(url).call('rpc.discover', {})
  assert.deepEqual([info.version, methods.map(({ name }) => name)], ['1.2.3', METHODS])
})
