// The node's way to Ethereum: what endpoints do wrong comes out as errors that say what to do.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChainOptions, connectEthereum } from '../../../../../node/ethereum/agreeing/http-chain.ts'
import { type Address, keyOf, parseAddress, ZERO_HASH, ZERO_KEY } from '../../../../../node/protocol/ids.ts'
import { entryHash, NO_LENGTHS, nextQueueHash } from '../../../../../node/protocol/queue.ts'
import { toGasPrice } from '../../../../../node/protocol/units.ts'
import { comparable } from '../../../../support/bridge/driver.ts'
import { EthereumProxy, type Tampering } from '../../../../support/chain/ethereum-proxy.ts'
import { LiveBridge } from '../../../../support/chain/live-bridge.ts'

const FAST: ChainOptions = { timeoutMs: 300, retries: 2, backoffMs: 2 }

function connect(live: LiveBridge, url: string, options: ChainOptions = {}, bridge: Address = live.rules.bridge) {
  return connectEthereum([url], { chain: live.rules.chain, bridge }, { ...FAST, ...options })
}

test('the parameters, blocks and events of a real bridge', async () => {
  await using live = await LiveBridge.start(71)
  const { forge, rules, anvil } = live
  const chain = connect(live, anvil.url)
  const { deployedAt, deployedBlock } = forge.network
  assert.deepEqual(await chain.parameters(), {
    ...rules,
    minDeposit: 1_000n,
    floorPrice: toGasPrice(7n),
    easiestTarget: forge.genesis.sealed.header.target,
    genesis: forge.genesis.id,
    deployedAt,
  })
  const block = await live.publish(forge.genesis, { transactions: 3 })
  const head = await chain.head()
  assert.deepEqual(await chain.blockAt(head.number), head)
  assert.equal((await chain.blockAt(head.number - 1n))?.hash, head.parent)
  assert.equal(await chain.blockAt(head.number + 1n), undefined)
  const [event, ...others] = await chain.events(deployedBlock, head.number)
  assert.deepEqual(others, [])
  assert.ok(event?.kind === 'published')
  assert.equal(event.id, block.id)
  assert.deepEqual(event.body, { steps: block.steps, states: block.states })
  assert.deepEqual(event.place, { ...event.place, number: head.number, hash: head.hash, time: head.time })
  const reading = await chain.read(head.hash, NO_LENGTHS, [forge.genesis.id, block.id, ZERO_HASH])
  assert.equal(reading.finalBlock, forge.genesis.id)
  assert.deepEqual(
    reading.records.map(({ publishedAt, final, firstChild }) => [publishedAt, final, firstChild]),
    [
      [deployedAt, true, keyOf(block.id)],
      [head.time, false, ZERO_KEY],
      [0n, false, ZERO_KEY],
    ],
  )
  await live.call('force', [[`0x${'00'.repeat(7)}${'11'.repeat(120)}`]], 10n ** 15n)
  const { hash, time } = await chain.head()
  assert.equal(await chain.queueTime(hash, { lane: 'forced', index: 0n }), time)
  const [entry] = await live.queue()
  assert.ok(entry)
  const one = { length: 1n, hash: nextQueueHash(ZERO_HASH, entryHash(entry)) }
  const none = { length: 0n, hash: undefined }
  const asked = { ...NO_LENGTHS, forced: 1n }
  assert.deepEqual((await chain.read(hash, asked, [])).lanes, { deposits: none, assets: none, forced: one })
  // A hash is told of the length that was asked for, and of no other one.
  const unasked = { deposits: none, assets: none, forced: { ...one, hash: undefined } }
  assert.deepEqual((await chain.read(hash, NO_LENGTHS, [])).lanes, unasked)
  assert.deepEqual((await chain.read(hash, { deposits: 1n, assets: 1n, forced: 2n }, [])).lanes, unasked)
  // As of the block before, it was not there.
  assert.deepEqual((await chain.read(head.hash, asked, [])).lanes, { deposits: none, assets: none, forced: none })
  chain.close()
  await assert.rejects(chain.head(), { code: 'ethereum-closed' })
})

test('an endpoint that does not answer is asked again, and then said to be silent', async () => {
  await using live = await LiveBridge.start(72)
  await using proxy = await EthereumProxy.start(live.anvil.url)
  const chain = connect(live, `${proxy.url}/secret-key?token=hidden`)
  await chain.parameters()
  // Where it takes all the time that an answer has, once more is enough.
  const ways: readonly (readonly [Tampering, number])[] = [
    ['silence', 2],
    [{ status: 500 }, 3],
    [{ status: 503 }, 3],
  ]
  for (const [way, tries] of ways) {
    let failures = tries - 1
    proxy.tamper = () => (failures-- > 0 ? way : undefined)
    await chain.head()
    failures = 99
    proxy.calls.length = 0
    await assert.rejects(chain.head(), (error: Error & { code?: string; retry?: boolean }) => {
      assert.deepEqual([error.code, error.retry], ['ethereum-silent', true])
      assert.match(error.message, /127\.0\.0\.1/)
      assert.doesNotMatch(error.message, /secret-key|hidden/)
      return true
    })
    assert.equal(proxy.calls.length, tries)
  }
  const nobody = connect(live, 'http://127.0.0.1:1')
  await assert.rejects(nobody.head(), { code: 'ethereum-silent', retry: true })
})

test('closing ends a question that waits for its answer', async () => {
  await using live = await LiveBridge.start(73)
  await using proxy = await EthereumProxy.start(live.anvil.url)
  const chain = connect(live, proxy.url, { timeoutMs: 60_000 })
  await chain.parameters()
  proxy.tamper = () => 'silence'
  const waiting = assert.rejects(chain.head(), { code: 'ethereum-closed' })
  chain.close()
  await waiting
})

test('another chain, no contract, and what is no endpoint at all', async () => {
  await using live = await LiveBridge.start(74)
  const { anvil, rules } = live
  const other = connectEthereum([anvil.url], { chain: 1n, bridge: rules.bridge }, FAST)
  await assert.rejects(other.head(), {
    code: 'ethereum-wrong-chain',
    retry: false,
    message: /expected chain 1 .* got chain 31337/,
  })
  const nothing = connect(live, anvil.url, {}, parseAddress(`0x${'ab'.repeat(20)}`))
  await assert.rejects(nothing.head(), { code: 'ethereum-no-bridge' })
  const token = connect(live, anvil.url, {}, rules.token)
  await assert.rejects(token.parameters(), { code: 'ethereum-no-bridge' })
  for (const urls of [
    [],
    ['ws://127.0.0.1:1'],
    ['wss://example.org'],
    ['nonsense'],
    ['http://127.0.0.1:1', 'file:///x'],
  ]) {
    assert.throws(() => connectEthereum(urls, rules), { code: 'bad-endpoint' })
  }
})

test('logs that an endpoint no longer has, and answers that are errors', async () => {
  await using live = await LiveBridge.start(75)
  await using proxy = await EthereumProxy.start(live.anvil.url)
  const chain = connect(live, proxy.url)
  await chain.parameters()
  for (const message of [
    'pruned history unavailable',
    'missing trie node',
    'block range is older than the oldest log',
  ]) {
    proxy.tamper = () => ({ error: { code: -32_000, message } })
    await assert.rejects(chain.events(0n, 0n), { code: 'ethereum-pruned-logs', message: /full history/ })
  }
  proxy.tamper = () => ({ error: { code: -32_005, message: 'you have used up your quota' } })
  await assert.rejects(chain.events(0n, 0n), { code: 'ethereum-limited', retry: true })
  // A log of a block that is not the one of that number any more.
  await live.publish(live.forge.genesis)
  proxy.tamper = () => ({ error: { code: -32_000, message: 'out of order' } })
  await assert.rejects(chain.head(), { code: 'ethereum-refused', retry: true })
  proxy.tamper = ({ method }) =>
    method === 'eth_getLogs'
      ? {
          result: (logs) =>
            Array.isArray(logs) ? logs.map((log) => ({ ...log, blockHash: `0x${'12'.repeat(32)}` })) : logs,
        }
      : undefined
  const head = await chain.head()
  await assert.rejects(chain.events(head.number, head.number), { code: 'ethereum-refused', retry: true })
})

test('ranges of logs shrink until the endpoint takes them, and grow again', async () => {
  await using live = await LiveBridge.start(76)
  await using proxy = await EthereumProxy.start(live.anvil.url)
  await live.anvil.client.mine({ blocks: 60 })
  await live.publish(live.forge.genesis)
  await live.anvil.client.mine({ blocks: 60 })
  const chain = connect(live, proxy.url, { maxLogBlocks: 64n })
  const { number } = await chain.head()
  let limit = 7
  const widths: number[] = []
  proxy.tamper = ({ method, params }) => {
    if (method !== 'eth_getLogs') return undefined
    const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }]
    const width = Number(toBlock) - Number(fromBlock) + 1
    widths.push(width)
    return width > limit ? { error: { code: -32_602, message: 'query returned more than 10000 results' } } : undefined
  }
  assert.equal((await chain.events(0n, number)).length, 1)
  assert.ok(widths.some((width) => width > 7) && widths.some((width) => width <= 7))
  limit = 1_000
  widths.length = 0
  await chain.events(0n, number)
  assert.ok(widths.includes(64), `${widths}`)
})

test('two endpoints of one bridge: in unison, then with a log left out by one', async () => {
  await using live = await LiveBridge.start(77)
  await using proxy = await EthereumProxy.start(live.anvil.url)
  await using following = await live.follow({}, [live.anvil.url, proxy.url])
  const { follower } = following
  await live.publish(live.forge.genesis)
  assert.equal((await follower.poll()).state, 'live')
  await live.publish(live.forge.genesis)
  const before = comparable(follower.view)
  proxy.tamper = ({ method }) => (method === 'eth_getLogs' ? { result: () => [] } : undefined)
  const status = await follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'ethereum-disagreement')
  assert.deepEqual(comparable(follower.view), before)
  proxy.tamper = () => undefined
  assert.equal((await follower.poll()).state, 'live')
  assert.equal(follower.view.blocks.size, 3)
})

test('two endpoints that differ only in the order and the number of their logs agree', async () => {
  await using live = await LiveBridge.start(79)
  await using proxy = await EthereumProxy.start(live.anvil.url)
  let most = 0
  const mix = (logs: readonly unknown[]) => {
    most = Math.max(most, logs.length)
    return [...logs.slice(1), ...logs].reverse()
  }
  proxy.tamper = ({ method }) =>
    method === 'eth_getLogs' ? { result: (logs) => mix(logs as readonly unknown[]) } : undefined
  await using following = await live.follow({}, [live.anvil.url, proxy.url])
  const { follower } = following
  // More than are to be in one answer: an endpoint that a busy machine makes lag is followed at a distance.
  for (let i = 0; i < 6; i++) await live.publish(live.forge.genesis)
  let status = await follower.poll()
  while (status.state === 'syncing') status = await follower.poll()
  assert.equal(status.state, 'live')
  assert.equal(follower.view.blocks.size, 7)
  assert.ok(most >= 3)
})

test('a single endpoint that leaves out a log is found out by what the contract says', async () => {
  await using live = await LiveBridge.start(78)
  await using proxy = await EthereumProxy.start(live.anvil.url)
  await using following = await live.follow({}, [proxy.url])
  const { follower } = following
  assert.equal((await follower.poll()).state, 'live')
  await live.publish(live.forge.genesis)
  proxy.tamper = ({ method }) => (method === 'eth_getLogs' ? { result: () => [] } : undefined)
  const status = await follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'ethereum-logs-incomplete')
  proxy.tamper = () => undefined
  assert.equal((await follower.poll()).state, 'live')
  assert.equal(follower.view.blocks.size, 2)
})
