// What real endpoints do, and must not stop a node: limits in every shape, logs in any order, twice or very many, machines behind one address that are
// blocks apart, and silence.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type ChainOptions, connectEthereum } from '../../../../../node/ethereum/agreeing/http-chain.ts'
import type { BridgeEvent, Chain } from '../../../../../node/ethereum/chain.ts'
import { EthereumProxy, type RpcCall, type Tampering } from '../../../../support/chain/ethereum-proxy.ts'
import { LiveBridge } from '../../../../support/chain/live-bridge.ts'

type Json = Readonly<Record<string, unknown>>
type Scene = AsyncDisposable & {
  readonly live: LiveBridge
  readonly proxy: EthereumProxy
  /** What there is: four blocks, each in one of Ethereum. */
  readonly truth: readonly BridgeEvent[]
  readonly from: bigint
  readonly to: bigint
  readonly connect: (options?: ChainOptions) => Chain
}

const FAST: ChainOptions = { timeoutMs: 400, retries: 2, backoffMs: 2 }

async function open(): Promise<Scene> {
  const stack = new AsyncDisposableStack()
  const live = stack.use(await LiveBridge.start(91))
  const proxy = stack.use(await EthereumProxy.start(live.anvil.url))
  let block = live.forge.genesis
  for (let i = 0; i < 4; i++) block = await live.publish(block, { transactions: 2 })
  const connect = (options: ChainOptions = {}, url = proxy.url) => {
    const chain = connectEthereum([url], live.rules, { ...FAST, ...options })
    stack.defer(() => chain.close())
    return chain
  }
  const direct = connect({}, live.anvil.url)
  const [from, { number: to }] = [live.forge.network.deployedBlock, await direct.head()]
  const truth = await direct.events(from, to)
  assert.equal(truth.length, 4)
  return { live, proxy, truth, from, to, connect, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const LIMITS: Readonly<Record<string, Tampering>> = {
  'status 429': { status: 429 },
  'status 429 with an error as JSON-RPC has it': answer(429, { error: { code: -32005, message: 'slow down' } }),
  'status 200 with code -32005': { error: { code: -32005, message: 'limit exceeded' } },
  'status 429 with the seconds to wait': answer(429, { error: { code: 429, message: 'x' } }, { 'retry-after': '0.05' }),
  'a sentence with the time to wait': { error: { code: -32000, message: 'too many requests, try again in 40ms' } },
  'status 403 and the limit of a day': answer(403, { error: { code: -1, message: 'daily request count exceeded' } }),
  'compute units': { error: { code: -32000, message: 'exceeded its compute units per second capacity' } },
}

for (const [name, limit] of Object.entries(LIMITS)) {
  test(`an endpoint that wants fewer questions is waited for: ${name}`, async () => {
    await using scene = await open()
    const { proxy, truth, from, to } = scene
    const times: number[] = []
    proxy.tamper = () => {
      const now = performance.now()
      if (times.filter((time) => time > now - 100).length >= 3) return limit
      times.push(now)
      return undefined
    }
    const chain = scene.connect({ patienceMs: 20_000 })
    assert.deepEqual(await chain.events(from, to), truth)
    const ranges = proxy.calls.filter(({ method }) => method === 'eth_getLogs').map(rangeOf)
    assert.equal(new Set(ranges).size, 1, 'a range was narrowed, which helps nobody')
  })
}

test('an endpoint that always wants fewer questions is said to be so, and none is asked at full speed', async () => {
  await using scene = await open()
  const chain = scene.connect({ patienceMs: 800 })
  scene.proxy.tamper = () => ({ status: 429 })
  scene.proxy.calls.length = 0
  await assert.rejects(chain.head(), { code: 'ethereum-limited', retry: true })
  assert.ok(scene.proxy.calls.length < 8, `${scene.proxy.calls.length} questions`)
})

const RANGES = [
  { error: { code: -32602, message: 'range 5 exceeds limit of 1' } },
  { error: { code: -32005, message: 'query returned more than 10000 results' } },
  answer(413, { error: { code: -32614, message: 'eth_getLogs is limited to a 1 range' } }),
]
for (const refusal of RANGES) {
  test(`too wide a question is narrowed: ${JSON.stringify(refusal).slice(0, 80)}`, async () => {
    await using scene = await open()
    const { proxy, truth, from, to } = scene
    proxy.tamper = (call) => (call.method === 'eth_getLogs' && widthOf(call) > 1n ? refusal : undefined)
    assert.deepEqual(await scene.connect().events(from, to), truth)
  })
}

test('what was read before a question failed is not asked for again', async () => {
  await using scene = await open()
  const { proxy, truth, from, to } = scene
  const chain = scene.connect({ maxLogBlocks: 1n })
  proxy.tamper = (call) => (rangeOf(call) === `${to}-${to}` ? { error: { code: 1, message: 'no' } } : undefined)
  await assert.rejects(chain.events(from, to), { code: 'ethereum-refused' })
  proxy.tamper = () => undefined
  proxy.calls.length = 0
  assert.deepEqual(await chain.events(from, to), truth)
  const ranges = proxy.calls.filter(({ method }) => method === 'eth_getLogs').map(rangeOf)
  assert.deepEqual(ranges, [`${to}-${to}`])
})

const ORDERS: Readonly<Record<string, (logs: readonly Json[]) => readonly Json[]>> = {
  'in the opposite order': (logs) => logs.toReversed(),
  'each twice': (logs) => logs.flatMap((log) => [log, log]),
  'all of them, and then some again': (logs) => [...logs, ...logs.slice(0, 2)],
}
for (const [name, order] of Object.entries(ORDERS)) {
  test(`logs come ${name}`, async () => {
    await using scene = await open()
    const { proxy, truth, from, to } = scene
    proxy.tamper = ({ method }) =>
      method === 'eth_getLogs' ? { result: (logs) => order(logs as readonly Json[]) } : undefined
    assert.deepEqual(await scene.connect().events(from, to), truth)
  })
}

test('two different logs in one place are nothing to be believed', async () => {
  await using scene = await open()
  const other = { transactionHash: `0x${'ab'.repeat(32)}` }
  const change = (logs: readonly Json[]) => logs.flatMap((log) => [log, { ...log, ...other }])
  scene.proxy.tamper = ({ method }) =>
    method === 'eth_getLogs' ? { result: (logs) => change(logs as readonly Json[]) } : undefined
  await assert.rejects(scene.connect().events(scene.from, scene.to), /two different logs/)
})

test('logs of one block of Ethereum that fill tens of megabytes are read', async () => {
  await using scene = await open()
  const { proxy, truth, to } = scene
  let bytes = 0
  const many = (logs: readonly Json[]) => {
    const length = JSON.stringify(logs).length
    const copies = Math.ceil(24_000_000 / length)
    bytes = copies * length
    return Array.from({ length: copies }, () => logs).flat()
  }
  proxy.tamper = (call) =>
    call.method === 'eth_getLogs' ? { result: (logs) => many(logs as readonly Json[]) } : undefined
  assert.deepEqual(await scene.connect({ timeoutMs: 10_000 }).events(to, to), truth.slice(-1))
  assert.ok(bytes > 20_000_000)
})

test('an answer that is nothing but work is not parsed', async () => {
  await using scene = await open()
  const bomb = `{"jsonrpc":"2.0","id":1,"result":[${'{},'.repeat(3_000_000)}{}]}`
  scene.proxy.tamper = ({ method }) =>
    method === 'eth_getLogs' ? { respond: (response) => void response.end(bomb) } : undefined
  await assert.rejects(scene.connect({ timeoutMs: 10_000 }).events(scene.to, scene.to), { code: 'ethereum-refused' })
})

for (const hung of [2n, 1n]) {
  test(`logs of ${hung} blocks and more never come: it is said, and narrower questions are tried`, async () => {
    await using scene = await open()
    const { proxy, from, to } = scene
    proxy.tamper = (call) => (call.method === 'eth_getLogs' && widthOf(call) >= hung ? 'silence' : undefined)
    const chain = scene.connect({ timeoutMs: 1_000, retries: 3 })
    await chain.parameters()
    proxy.calls.length = 0
    await assert.rejects(chain.events(from, to), { code: 'ethereum-silent', message: /logs of blocks/ })
    assert.ok(proxy.calls.filter(({ method }) => method === 'eth_getLogs').length <= 2, 'it took long to say so')
    if (hung === 1n) return
    const read = () => chain.events(from, to).catch(() => undefined)
    let events = await read()
    for (let tries = 0; events === undefined && tries < 6; tries++) events = await read()
    assert.deepEqual(events, scene.truth)
  })
}

for (const [machines, behind] of [
  [2, 1n],
  [2, 3n],
  [3, 2n],
] as const) {
  test(`${machines} machines behind one address take turns, one of them ${behind} blocks behind: the node follows`, async () => {
    await using scene = await open()
    const { live, proxy } = scene
    let [turn, newest] = [0, scene.to]
    proxy.tamper = (call) => (turn++ % machines === 0 ? slow(proxy, call, newest - behind) : undefined)
    await using followed = await live.follow({ pollMs: 20 }, [proxy.url])
    const { follower } = followed
    for (let i = 0; i < 6; i++) {
      await live.anvil.client.mine({ blocks: 1 })
      newest += 1n
    }
    const isNear = () => {
      const { state, at } = follower.status
      return state === 'live' && at !== undefined && at.number >= newest - behind
    }
    const deadline = Date.now() + 30_000
    while (!isNear()) {
      assert.ok(Date.now() < deadline, `it stands still: ${JSON.stringify(follower.status.state)}`)
      await delay(20)
    }
    assert.equal(follower.view.blocks.size, 5)
  })
}

/** As a machine answers whose newest block is an older one, and that does not say so. */
function slow(proxy: EthereumProxy, { method, params }: RpcCall, head: bigint): Tampering | undefined {
  const [first, whole] = params
  if (method === 'eth_getBlockByNumber' && first !== 'latest' && BigInt(String(first)) > head)
    return { instead: () => null }
  if (method === 'eth_getBlockByNumber' && first === 'latest')
    return { instead: () => proxy.ask(method, [`0x${head.toString(16)}`, whole]) }
  if (method === 'eth_getLogs') {
    return { result: (logs) => (logs as readonly Json[]).filter((log) => BigInt(String(log['blockNumber'])) <= head) }
  }
  return undefined
}

function answer(status: number, body: Json, headers: Readonly<Record<string, string>> = {}): Tampering {
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, ...body })
  const all = { 'content-type': 'application/json', ...headers }
  return { respond: (response) => void response.writeHead(status, all).end(text) }
}

function widthOf(call: RpcCall): bigint {
  const [from = 0n, to = 0n] = rangeOf(call).split('-').map(BigInt)
  return to - from + 1n
}

function rangeOf({ method, params }: RpcCall): string {
  if (method !== 'eth_getLogs') return ''
  const { fromBlock, toBlock } = params[0] as Readonly<Record<'fromBlock' | 'toBlock', string>> // of eth_getLogs
  return `${BigInt(fromBlock)}-${BigInt(toBlock)}`
}
