// What a stranger may send to the Ethereum-compatible RPC: it is answered with an error that says what to do, and costs no more than its bounds.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { OWNER } from '../../ledger/world.ts'
import { alice, FIRST, gold, hashOf, inTtx, open, type ReplyError, VAULT } from './scene.ts'

const HUGE = `0x${'f'.repeat(64)}`
const LONG = `0x${'f'.repeat(65)}`

test('what is not a call is answered as JSON-RPC 2.0 has it', async (t) => {
  const { send } = await open(t)
  const call = { jsonrpc: '2.0', id: 1, method: 'eth_chainId' }
  const rows: readonly (readonly [string, number])[] = [
    ['', -32_700],
    ['{', -32_700],
    [`${'['.repeat(100_000)}`, -32_700],
    ['\u0000', -32_700],
    ['null', -32_600],
    ['5', -32_600],
    ['"eth_chainId"', -32_600],
    ['[]', -32_600],
    ['{}', -32_600],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, -32_600],
    [JSON.stringify({ ...call, jsonrpc: '1.0' }), -32_600],
    [JSON.stringify({ ...call, method: undefined }), -32_600],
    [JSON.stringify({ ...call, method: 5 }), -32_601],
    [JSON.stringify({ ...call, method: '__proto__' }), -32_601],
    [JSON.stringify({ ...call, method: 'x'.repeat(100_000) }), -32_601],
    [JSON.stringify({ ...call, id: { a: 1 } }), -32_600],
    [JSON.stringify({ ...call, id: 'x'.repeat(1_000) }), -32_600],
    [`{"jsonrpc":"2.0","method":"eth_chainId","id":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, -32_600],
    [JSON.stringify(Array.from({ length: 101 }, () => call)), -32_600],
    [JSON.stringify(Array.from({ length: 3_000 }, () => call)), -32_600],
  ]
  for (const [body, code] of rows) {
    const response = await send(body)
    const answer = (await response.json()) as { error?: ReplyError } | { error?: ReplyError }[]
    const [first] = [answer].flat()
    assert.deepEqual([response.status, first?.error?.code], [200, code], body.slice(0, 60))
    assert((first?.error?.message.length ?? 0) < 300, body.slice(0, 60))
  }
  // The answer may come before all of it was sent.
  const sent = send(JSON.stringify(Array.from({ length: 10_000 }, () => call)))
  const tooMany = await sent.catch(() => ({ status: 413 }))
  assert.equal(tooMany.status, 413)
  assert.equal((await send(JSON.stringify({ ...call, id: undefined }))).status, 204)
  assert.equal((await send(JSON.stringify([{ ...call, id: undefined }]))).status, 204)
})

test('a batch is answered in order, in a list, whatever is in it', async (t) => {
  const { send } = await open(t)
  const one = await (await send('[{"jsonrpc":"2.0","id":"a","method":"eth_blockNumber"}]')).json()
  assert.deepEqual(one, [{ jsonrpc: '2.0', id: 'a', result: '0x2' }])
  const mixed = await send(
    '[{"jsonrpc":"2.0","id":1,"method":"eth_gasPrice"},7,{"jsonrpc":"2.0","id":2,"method":"nix"}]',
  )
  const answers = (await mixed.json()) as { id: unknown; result?: string; error?: ReplyError }[]
  assert.deepEqual(
    answers.map(({ id, result, error }) => [id, result ?? error?.code]),
    [
      [1, '0x0'],
      [null, -32_600],
      [2, -32_601],
    ],
  )
})

test('wrong parameters are named, and what is too long for a number too', async (t) => {
  const { ask } = await open(t)
  const rows: readonly (readonly [string, ...unknown[]])[] = [
    ['eth_getBalance'],
    ['eth_getBalance', 5],
    ['eth_getBalance', '0x12'],
    ['eth_getBalance', `${alice.address}00`],
    ['eth_getBalance', 'alice.eth', 'latest'],
    ['eth_getBalance', alice.address, 'newest'],
    ['eth_getBalance', alice.address, -1],
    ['eth_getBalance', alice.address, '-0x1'],
    ['eth_getBalance', alice.address, '0x-1'],
    ['eth_getBalance', alice.address, '1'],
    ['eth_getBalance', alice.address, '0x'],
    ['eth_getBalance', alice.address, LONG],
    ['eth_getBalance', alice.address, {}],
    ['eth_getBalance', alice.address, { blockHash: '0x1' }],
    ['eth_getBalance', alice.address, { blockHash: FIRST.id, blockNumber: '0x1' }],
    ['eth_getBalance', alice.address, ['latest']],
    ['eth_getBalance', alice.address, 'latest', 'more'],
    ['eth_getBlockByNumber', 'latest', 'yes'],
    ['eth_getBlockByNumber', 1, false],
    ['eth_getBlockByHash', '0x1', false],
    ['eth_getTransactionByHash', gold.infohash],
    ['eth_getTransactionByHash', `${hashOf(gold)}00`],
    ['eth_getTransactionByHash', null],
    ['eth_getTransactionByBlockNumberAndIndex', 'latest', '-0x1'],
    ['eth_getStorageAt', VAULT, 'x', 'latest'],
    ['eth_call', '0x'],
    ['eth_call', { to: VAULT, data: '0x0' }],
    ['eth_call', { to: VAULT, data: 'balanceOf' }],
    ['eth_call', { to: '0x', data: '0x' }],
    ['eth_getLogs'],
    ['eth_getLogs', 'all'],
    ['eth_getLogs', { fromBlock: LONG }],
    ['eth_getLogs', { fromBlock: -1 }],
    ['eth_getLogs', { address: 'all' }],
    ['eth_getLogs', { topics: 'all' }],
    ['eth_getLogs', { topics: [[[]]] }],
    ['eth_getLogs', { topics: ['0x1'] }],
    ['eth_getLogs', { range: 'all' }],
    ['eth_feeHistory', '0x1'],
    ['eth_feeHistory', -1, 'latest'],
    ['eth_feeHistory', 1.5, 'latest'],
    ['eth_feeHistory', '0x1', 'latest', [101]],
    ['eth_feeHistory', '0x1', 'latest', Array.from({ length: 101 }, () => 1)],
    ['web3_sha3', 'abc'],
  ]
  for (const [method, ...params] of rows) {
    const { error } = await ask(method, ...params)
    assert.equal(error?.code, -32_602, `${method} ${JSON.stringify(params)}: ${error?.message}`)
    assert((error?.message.length ?? 0) < 2_100)
  }
})

test('ranges and numbers as large as they can be written end at the newest block', async (t) => {
  const { get, ask } = await open(t)
  assert.equal((await get<unknown[]>('eth_getLogs', { fromBlock: '0x0', toBlock: HUGE })).length, 5)
  assert.equal(await get('eth_getBlockByNumber', HUGE, true), null)
  assert.equal(await get('eth_getBlockTransactionCountByNumber', HUGE), null)
  assert.equal(await get('eth_getBlockReceipts', HUGE), null)
  assert.equal(await get('eth_getTransactionByBlockHashAndIndex', FIRST.id, HUGE), null)
  assert.equal((await ask('eth_getTransactionCount', alice.address, HUGE)).error?.code, -32_001)
  assert.equal((await ask('eth_feeHistory', HUGE, HUGE)).error?.code, -32_001)
  assert.equal((await ask('eth_call', { to: VAULT, data: '0x70a08231' }, HUGE)).error?.code, -32_001)
})

test('a batch has one budget: what goes beyond says so, and the next request is answered', async (t) => {
  const { ledger, send, get, ask } = await open(t)
  // A block as large as the rules allow, many times over, without the files.
  const names = Array.from({ length: 3_500 }, (_, i) => i.toString(16).padStart(40, '0'))
  const contents = ledger.contents.bind(ledger)
  t.mock.method(ledger, 'contents', (height: bigint) => (height === 1n ? names : contents(height)))
  const call = (id: number) => ({ jsonrpc: '2.0', id, method: 'eth_getBlockByNumber', params: ['0x1', true] })
  const response = await send(JSON.stringify(Array.from({ length: 20 }, (_, i) => call(i))))
  const answers = (await response.json()) as { result?: object; error?: ReplyError }[]
  assert.deepEqual(
    answers.map(({ result, error }) => (result === undefined ? error?.code : 'block')),
    ['block', ...Array.from({ length: 19 }, () => -32_005)],
  )
  assert.match(`${answers[1]?.error?.message}`, /send the calls of a batch in several requests/)
  assert.equal(await get('eth_blockNumber'), '0x2')
  t.mock.method(ledger, 'contents', () => names)
  const { error } = await ask('eth_getLogs', { fromBlock: '0x0', toBlock: '0x2' })
  assert.equal(error?.code, -32_005)
  assert.match(`${error?.message}`, /ask for blocks 0 to 0 first, then from 1 on/)
  assert.deepEqual(error?.data, { fromBlock: '0x0', toBlock: '0x0' })
})

test('who asks again before the answer has gone is hung up on, and what nobody waits for is not worked out', async (t) => {
  const { ledger, url, get } = await open(t)
  const branch = t.mock.method(ledger, 'branch')
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber' })
  const head = `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined) // it is hung up on
  socket.write(`${head}\r\n\r\n${body}`.repeat(50))
  await once(socket, 'close')
  assert.equal(await get('eth_blockNumber'), '0x2')
  assert(branch.mock.callCount() <= 2, `${branch.mock.callCount()} calls were worked out`)
})

test('an address with very many transactions costs no more than one batch may', async (t) => {
  const { ledger, ask } = await open(t)
  const spentBy = ledger.spentBy.bind(ledger)
  const asked: number[] = []
  t.mock.method(ledger, 'spentBy', (owner: typeof OWNER.address, most: number) => {
    asked.push(most)
    return spentBy(owner, 2)
  })
  const { error } = await ask('eth_getTransactionCount', OWNER.address, 'latest')
  assert.deepEqual([error?.code, asked], [-32_005, [4_999]])
  assert.match(`${error?.message}`, /account_history/)
})

test('what a node that began at a final block does not know is said, not made up', async (t) => {
  const { ledger, get, ask } = await open(t)
  const contents = ledger.contents.bind(ledger)
  t.mock.method(ledger, 'contents', (height: bigint) => (height === 1n ? undefined : contents(height)))
  t.mock.getter(ledger, 'begunAt', () => 1n)
  const { error } = await ask('eth_getLogs', { fromBlock: '0x0' })
  assert.equal(error?.code, 4_444)
  assert.match(`${error?.message}`, /blocks from 2 on: ask for those/)
  assert.equal((await get<unknown[]>('eth_getLogs', { fromBlock: 'earliest' })).length, 2)
  assert.equal((await get<{ number: string }>('eth_getBlockByNumber', 'earliest', false)).number, '0x2')
  assert.deepEqual((await get<{ transactions: [] }>('eth_getBlockByNumber', '0x1', true)).transactions, [])
  assert.equal((await ask('eth_getTransactionReceipt', hashOf(gold))).error?.code, 4_444)
  assert.notEqual(await get('eth_getTransactionReceipt', hashOf(inTtx)), null)
})

test('a fault of ours is not told to strangers', async (t) => {
  const { ledger, ask } = await open(t)
  t.mock.method(ledger, 'branch', () => {
    throw new TypeError('secret')
  })
  const { error } = await ask('eth_blockNumber')
  assert.deepEqual(error, { code: -32_603, message: 'the node failed to answer; its log says why' })
})
