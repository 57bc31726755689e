// The logs of one block of Ethereum do not come, or slowly: silence is said long before the time of a long answer is over, slowness is waited for.

import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { toHex } from 'viem'
import { connectEthereum } from '../../../../../node/ethereum/agreeing/http-chain.ts'
import { EthereumProxy } from '../../../../support/chain/ethereum-proxy.ts'
import { LiveBridge } from '../../../../support/chain/live-bridge.ts'

/** The time of an ordinary answer. A long one has six times that if a part of it comes in every two. */
const ANSWER_MS = 1_000

async function open() {
  const stack = new AsyncDisposableStack()
  const live = stack.use(await LiveBridge.start(92))
  const proxy = stack.use(await EthereumProxy.start(live.anvil.url))
  await live.publish(live.forge.genesis, { transactions: 2 })
  const chain = connectEthereum([proxy.url], live.rules, { timeoutMs: ANSWER_MS, retries: 2, backoffMs: 2 })
  stack.defer(() => chain.close())
  const { number } = await chain.head()
  const truth = await chain.events(number, number)
  assert.equal(truth.length, 1)
  const [at, address] = [toHex(number), live.rules.bridge]
  const result = await proxy.ask('eth_getLogs', [{ address, fromBlock: at, toBlock: at }])
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result })
  const read = () => chain.events(number, number)
  /** Logs are answered like this. */
  const answer = (respond: (response: ServerResponse) => Promise<void>) => {
    proxy.tamper = ({ method }) =>
      method === 'eth_getLogs' ? { respond: (response) => void respond(response) } : undefined
  }
  return { live, proxy, chain, number, truth, text, read, answer, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

for (const [name, part] of [
  ['nothing', undefined],
  ['a status and nothing else', 0],
  ['half', 0.5],
] as const) {
  test(`${name} of them comes in the time of three answers: the endpoint is silent, and later believed again`, async () => {
    await using scene = await open()
    const { proxy, text, truth, read } = scene
    const ended = new AbortController()
    scene.answer(async (response) => {
      if (part !== undefined) response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
      const begun = text.slice(0, Math.floor(text.length * (part ?? 0)))
      if (begun.length > 0) response.write(begun)
      await delay(3.5 * ANSWER_MS, undefined, { signal: ended.signal }).catch(() => undefined)
      response.end(text.slice(begun.length))
    })
    await assert.rejects(read(), { code: 'ethereum-silent', retry: true, message: /logs of blocks/ })
    ended.abort()
    proxy.tamper = () => undefined
    assert.deepEqual(await read(), truth)
  })
}

test('those of two blocks do not come: that is said before one of them is waited for alone, and then each is', async () => {
  await using scene = await open()
  const { proxy, truth, chain, number } = scene
  const questions = () => proxy.calls.filter(({ method }) => method === 'eth_getLogs').length
  const isWide = ([range]: readonly unknown[]) => {
    const { fromBlock, toBlock } = range as Readonly<Record<'fromBlock' | 'toBlock', string>> // of eth_getLogs
    return fromBlock !== toBlock
  }
  proxy.tamper = ({ method, params }) => (method === 'eth_getLogs' && isWide(params) ? 'silence' : undefined)
  const before = questions()
  await assert.rejects(chain.events(number - 1n, number), { code: 'ethereum-silent' })
  assert.equal(questions(), before + 1)
  assert.deepEqual((await chain.events(number - 1n, number)).slice(-1), truth)
})

test('they come in parts that together take longer than silence may: they are read', async () => {
  await using scene = await open()
  const { text, truth, read } = scene
  scene.answer(async (response) => {
    for (let i = 0; i < 4; i++) {
      response.write(text.slice((i * text.length) / 4, ((i + 1) * text.length) / 4))
      await delay(0.7 * ANSWER_MS)
    }
    response.end()
  })
  assert.deepEqual(await read(), truth)
})

test('a live node says that it knows nothing, which question was not answered and by whom, and keeps what it knew', async () => {
  await using scene = await open()
  const { live, proxy } = scene
  await using followed = await live.follow({}, [proxy.url])
  const { follower } = followed
  while (follower.status.state !== 'live') await follower.poll()
  const { view } = follower
  proxy.tamper = ({ method }) => (method === 'eth_getLogs' ? 'silence' : undefined)
  await live.anvil.client.mine({ blocks: 1 })
  const next = await live.anvil.client.getBlockNumber()
  const status = await follower.poll()
  assert(status.state === 'unknown')
  assert.equal(status.code, 'ethereum-silent')
  assert.ok(status.problem.includes(proxy.url), status.problem)
  assert.ok(status.problem.includes(`logs of blocks ${next} to ${next}`), status.problem)
  assert.equal(follower.view, view)
  proxy.tamper = () => undefined
  await follower.poll()
  assert.deepEqual([follower.status.state, follower.status.at?.number], ['live', next])
})
