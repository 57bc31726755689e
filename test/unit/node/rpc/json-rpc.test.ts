// JSON-RPC 2.0 over any table of methods: to the last byte what is answered to requests, batches, notifications, and what is none of these.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { OperationError } from '../../../../node/errors.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { answerMessage } from '../../../../node/rpc/json-rpc.ts'
import { type HandlersOf, type MethodTable, NO_PARAMS } from '../../../../node/rpc/methods/table.ts'
import { RpcServer } from '../../../../node/rpc/server.ts'
import { log } from '../../../support/rpc/serve.ts'

// Like methods of Ethereum: another table than that of a node.
const METHODS = {
  eth_chainId: { summary: 'The chain.', params: NO_PARAMS, result: z.string(), errors: [] },
  eth_getBalance: {
    summary: 'A balance.',
    params: z.strictObject({ address: z.string(), block: z.enum(['latest', 'final']).default('latest') }),
    result: z.string(),
    errors: [],
  },
  fail: {
    summary: 'Fails as it is told to.',
    params: z.strictObject({ how: z.enum(['rule', 'operation', 'bug']) }),
    result: z.undefined(),
    errors: [],
  },
} satisfies MethodTable

const HANDLERS: HandlersOf<typeof METHODS> = {
  eth_chainId: async () => '0x7a69',
  eth_getBalance: async ({ address, block }) => `${address} at ${block}`,
  fail: async ({ how }) => {
    if (how === 'rule') throw new RuleError('bad-hash', 'it broke', { by: 'a' })
    if (how === 'operation') throw new OperationError('silent', 'it is silent', { retry: true })
    throw new TypeError('a bug')
  },
}

async function answer(text: string): Promise<{ said: string | undefined; bugs: unknown[] }> {
  const bugs: unknown[] = []
  const answered = await answerMessage({ methods: METHODS, handlers: HANDLERS }, JSON.parse(text), (error) =>
    bugs.push(error),
  )
  return { said: JSON.stringify(answered), bugs }
}

const request = (members: string) => `{"jsonrpc":"2.0",${members}}`
const result = (id: string, text: string) => `{"jsonrpc":"2.0","id":${id},"result":${text}}`
const failure = (id: string, code: number, message: string, data = '') =>
  `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"${message}"${data}}}`
const INVALID = failure('null', -32_600, 'Invalid Request')
const CHAIN = request('"id":1,"method":"eth_chainId"')

test('a request is answered under its id, whatever that is', async () => {
  for (const id of ['1', '"a"', 'null', '{"a":[1]}', 'true']) {
    assert.equal((await answer(request(`"id":${id},"method":"eth_chainId"`))).said, result(id, '"0x7a69"'))
  }
})

test('parameters may be left out where there are none to give, or be null', async () => {
  for (const params of ['', ',"params":{}', ',"params":[]', ',"params":null']) {
    assert.equal((await answer(request(`"id":1,"method":"eth_chainId"${params}`))).said, result('1', '"0x7a69"'))
  }
})

test('what is not a request is told so, under its id if that is one', async () => {
  const cases: [string, string][] = [
    ['{}', INVALID],
    ['{"id":7}', failure('7', -32_600, 'Invalid Request')],
    ['{"id":{"a":1}}', INVALID],
    ['{"jsonrpc":"1.0","id":"x","method":"eth_chainId"}', failure('"x"', -32_600, 'Invalid Request')],
    [request('"id":1'), failure('1', -32_600, 'Invalid Request')],
    [request('"id":1,"method":"eth_chainId","result":1'), failure('1', -32_600, 'Invalid Request')],
    [request('"id":1,"method":"eth_chainId","error":null'), failure('1', -32_600, 'Invalid Request')],
    ['5', failure('null', -32_600, 'expected a JSON-RPC 2.0 request')],
    ['null', failure('null', -32_600, 'expected a JSON-RPC 2.0 request')],
    ['[]', failure('null', -32_600, 'a batch has 1 to 100 requests')],
    [`[${Array(101).fill(CHAIN).join()}]`, failure('null', -32_600, 'a batch has 1 to 100 requests')],
  ]
  for (const [text, expected] of cases) assert.equal((await answer(text)).said, expected, text.slice(0, 100))
})

test('a method that the table does not have is not found, whatever an object has by nature', async () => {
  for (const method of ['"nope"', '""', '5', 'null', '{}', '"constructor"', '"__proto__"', '"toString"']) {
    const said = failure('1', -32_601, 'Method not found')
    assert.equal((await answer(request(`"id":1,"method":${method},"params":[]`))).said, said)
  }
})

test('notifications are carried out and not answered, also where they fail', async () => {
  for (const members of ['"method":"eth_chainId"', '"method":"nope"', '"method":"fail","params":["rule"]']) {
    assert.deepEqual(await answer(request(members)), { said: undefined, bugs: [] })
  }
  const { said, bugs } = await answer(request('"method":"fail","params":["bug"]'))
  assert.deepEqual([said, bugs.length], [undefined, 1])
})

test('a batch is answered as a list without the notifications, and a single answer without a list', async () => {
  const note = request('"method":"eth_chainId"')
  const chain = result('1', '"0x7a69"')
  const cases: [string, string | undefined][] = [
    [`[${CHAIN},${CHAIN}]`, `[${chain},${chain}]`],
    [`[${CHAIN},${note},5,${CHAIN}]`, `[${chain},${INVALID},${chain}]`],
    [`[null,[],"x",${CHAIN}]`, `[${INVALID},${INVALID},${INVALID},${chain}]`],
    [`[${CHAIN}]`, chain],
    [`[${note},${CHAIN}]`, chain],
    ['[[]]', INVALID],
    [`[${note},${note}]`, undefined],
    [`[${Array(100).fill(CHAIN).join()}]`, `[${Array(100).fill(chain).join()}]`],
  ]
  for (const [text, expected] of cases) assert.equal((await answer(text)).said, expected, text.slice(0, 100))
})

test('of a batch a few requests run at the same time, and none is begun once the answers are long', async () => {
  let [running, most, begun] = [0, 0, 0]
  const handlers: HandlersOf<typeof METHODS> = {
    ...HANDLERS,
    eth_chainId: async () => {
      begun++
      most = Math.max(most, ++running)
      await setImmediate()
      running--
      return 'x'.repeat(4 * 2 ** 20)
    },
  }
  const batch = Array.from({ length: 100 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'eth_chainId' }))
  const answers = await answerMessage({ methods: METHODS, handlers }, batch, () => assert.fail())
  assert(Array.isArray(answers))
  assert.equal(answers.length, 100)
  assert.equal(most, 8)
  assert(begun <= 24, `${begun}`)
  for (const [i, each] of answers.entries()) {
    assert.equal(each.id, i)
    assert.equal(each.error?.code, i < begun ? undefined : -32_005)
  }
})

test('errors keep their family, code and facts, and a bug is reported and not told', async () => {
  const fail = (how: string) => answer(request(`"id":1,"method":"fail","params":{"how":"${how}"}`))
  assert.deepEqual(await fail('rule'), {
    said: failure('1', -32_000, 'it broke', ',"data":{"family":"rule","code":"bad-hash","facts":{"by":"a"}}'),
    bugs: [],
  })
  assert.deepEqual(await fail('operation'), {
    said: failure(
      '1',
      -32_000,
      'it is silent',
      ',"data":{"family":"operation","code":"silent","facts":{},"retry":true}',
    ),
    bugs: [],
  })
  const { said, bugs } = await fail('bug')
  assert.equal(said, failure('1', -32_603, 'the node failed to answer; its log says why'))
  assert(bugs[0] instanceof TypeError)
})

test('the server serves any table, with parameters by position as Ethereum has them', async (t) => {
  const server = new RpcServer({ methods: METHODS, handlers: HANDLERS, log }, { port: 0 })
  t.after(() => server.stop())
  const url = await server.start()
  const call = async (body: string) => {
    const headers = { 'content-type': 'application/json' }
    return (await fetch(url, { method: 'POST', body, headers })).text()
  }
  assert.equal(await call(CHAIN), result('1', '"0x7a69"'))
  assert.equal(
    await call(request('"id":2,"method":"eth_getBalance","params":["0xa","final"]')),
    result('2', '"0xa at final"'),
  )
  assert.equal(await call(request('"id":3,"method":"node_info"')), failure('3', -32_601, 'Method not found'))
})
