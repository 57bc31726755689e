// What the watcher believes: no verdict but its own; and it brings nothing forward that node and endpoints do not see alike. No doubt keeps a wrong
// block alive. Long because each lie has a test.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { hexToBigInt, isHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { Lookout } from '../../../../miner/watch/lookout.ts'
import { Watcher, type WatcherDeps, type WatcherOptions } from '../../../../miner/watch/watcher.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { EthereumAccount } from '../../../../node/ethereum/account.ts'
import type { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import type { BlockKey, Hash } from '../../../../node/protocol/ids.ts'
import { describeProblem } from '../../../../node/protocol/problems.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'
import { EthereumProxy } from '../../../support/chain/ethereum-proxy.ts'
import { log } from '../../../support/log.ts'
import { Author } from '../../../support/miner/author.ts'
import { Stage } from '../../../support/stage.ts'

const DAY = 86_400n
const GRACE_MS = 300

type Blocks = Result<'bridge_blocks'>

const OTHER_HASH = `0x${'ab'.repeat(32)}` as Hash

test('with endpoints of its own that agree, the watcher kills, and knows until when it has to', async (t) => {
  const { stage, node, author, sender } = await open(t)
  const watcher = watch(stage, { node, sender, readers: [reader(stage), reader(stage)] })
  const { id } = await author.publish(author.genesis, { payments: 0, theft: 'thief' })
  await stage.until('the death', () => deaths(watcher) === 1)
  const { publishedAt } = await sender.ethereum.record(id)
  assert.deepEqual(
    watcher.status().cases.map(({ block, deadline, by }) => ({ block, deadline, by })),
    [{ block: id, deadline: publishedAt + DAY, by: 'us' }],
  )
})

test('an endpoint of its own that stands still is doubted, and a wrong block dies all the same', async (t) => {
  const { stage, node, author, sender } = await open(t)
  const proxy = stage.stack.use(await EthereumProxy.start(stage.anvil.url))
  const head = await stage.anvil.client.getBlock()
  const frozen = await proxy.ask('eth_getBlockByNumber', ['latest', false])
  proxy.tamper = ({ method, params }) =>
    method === 'eth_getBlockByNumber' && params[0] === 'latest' ? { instead: () => frozen } : undefined
  const watcher = watch(stage, { node, sender, readers: [reader(stage), reader(stage, proxy.url)] })
  const { id } = await author.publish(author.genesis, { payments: 0, theft: 'thief' })
  await killed(stage, sender, id)
  await doubted(
    stage,
    watcher,
    new RegExp(`has block ${head.number} of Ethereum and the node block \\d+: the endpoint lags`),
  )
  proxy.tamper = () => undefined
  await stage.until('it to be sure again', () => watcher.status().state === 'watching')
})

test('an endpoint of its own that has other blocks alive is doubted, and hides nothing', async (t) => {
  const { stage, node, author, sender } = await open(t)
  const proxy = stage.stack.use(await EthereumProxy.start(stage.anvil.url))
  const before = await stage.anvil.client.getBlockNumber()
  // It reads the contract as it was before the right block, whatever it is asked for.
  proxy.tamper = ({ method, params }) => {
    const at = method === 'eth_call' ? params[1] : undefined
    if (!isHex(at) || hexToBigInt(at) <= before) return undefined
    return { instead: () => proxy.ask(method, [params[0], `0x${before.toString(16)}`]) }
  }
  const watcher = watch(stage, { node, sender, readers: [reader(stage, proxy.url), reader(stage)] })
  await author.publish(author.genesis)
  const { id } = await author.publish(author.genesis, { payments: 0, theft: 'thief', rival: true })
  await doubted(stage, watcher, /disagree about which blocks live/)
  assert.equal(watcher.status().valid, 0)
  await killed(stage, sender, id)
  proxy.tamper = () => undefined
  await stage.until('it to be sure again', () => watcher.status().valid === 1)
})

test('a silent endpoint of its own is a doubt, however well the other one speaks, and a wrong block dies all the same', async (t) => {
  const { stage, node, author, sender } = await open(t)
  const proxy = stage.stack.use(await EthereumProxy.start(stage.anvil.url))
  const watcher = watch(stage, { node, sender, readers: [reader(stage), reader(stage, proxy.url)] })
  await author.publish(author.genesis)
  await stage.until('it to find a block right', () => watcher.status().valid === 1)
  proxy.tamper = () => 'reset'
  const { id } = await author.publish(author.genesis, { payments: 0, theft: 'thief', rival: true })
  await killed(stage, sender, id)
  await doubted(stage, watcher, /to answer/)
  await stage.until('it to call nothing right any more', () => watcher.status().valid === 0)
  proxy.tamper = () => undefined
  await stage.until('it to be sure again', () => watcher.status().valid === 1)
})

test('a node that hides a block is found out by the links in the contract, and the block dies', async (t) => {
  const { stage, node, author, sender } = await open(t)
  await author.publish(author.genesis)
  await stage.until('the node to see it', async () => (await node.call('bridge_blocks', {})).blocks.length === 2)
  const hiding = tampered(node, (answer) => ({ ...answer, blocks: answer.blocks.slice(0, 1) }))
  const watcher = watch(stage, { node: hiding, sender, readers: [reader(stage)] })
  const { id } = await author.publish(author.genesis, { payments: 0, theft: 'thief', rival: true })
  await killed(stage, sender, id)
  await doubted(stage, watcher, /block 0x[0-9a-f]{64} lives on Ethereum, and the node does not know it/)
})

test('a node that invents a block, or another final one, is doubted', async (t) => {
  const { stage, node, author, sender } = await open(t)
  const { id } = await author.publish(author.genesis)
  await stage.until('the node to see it', async () => (await node.call('bridge_blocks', {})).blocks.length === 2)
  const invented = `0x${'ab'.repeat(32)}` as Hash
  const lies: [(answer: Blocks) => Blocks, RegExp][] = [
    [
      ({ status, blocks }) => ({
        status,
        blocks: blocks.map((block) => (block.id === id ? { ...block, id: invented } : block)),
      }),
      /lives on Ethereum, and the node does not know it|alive, and Ethereum has not/,
    ],
    [
      ({ status, blocks }) => ({
        status: { ...status, final: { id: invented, height: 0n } },
        blocks,
      }),
      /as the final block/,
    ],
  ]
  for (const [lie, pattern] of lies) {
    const watcher = watch(stage, { node: tampered(node, lie), sender, readers: [reader(stage)] })
    await doubted(stage, watcher, pattern)
    await watcher.stop()
  }
  assert.equal(await sender.ethereum.nonce('pending'), 0)
})

test('a node that lags behind the endpoints is doubted after a while, and hides nothing', async (t) => {
  const { stage, node, author, sender } = await open(t)
  let isFrozen = false
  let kept: Blocks | undefined
  const late = tampered(node, (answer) => {
    kept = isFrozen ? (kept ?? answer) : answer
    return kept
  })
  const watcher = watch(stage, { node: late, sender, readers: [reader(stage)] })
  await stage.until('it to watch', () => watcher.status().state === 'watching')
  isFrozen = true
  const { id } = await author.publish(author.genesis, { payments: 0, theft: 'thief' })
  await killed(stage, sender, id)
  await doubted(stage, watcher, /the node lags/)
  isFrozen = false
  await stage.until('it to be sure again', () => watcher.status().state === 'watching')
})

test('a right block whose time has come is brought forward only while all see the same', async (t) => {
  const { stage, node, author, sender } = await open(t)
  const trust = { isThere: false }
  const torn = tampered(node, ({ status, blocks }) =>
    trust.isThere ? { status, blocks } : { status: { state: 'unknown', problem: 'endpoints disagree' }, blocks },
  )
  const right = await author.publish(author.genesis)
  await stage.skip(DAY)
  const watcher = watch(stage, { node: torn, sender, readers: [reader(stage)] }, { courtesyMs: 0 })
  await doubted(stage, watcher, /does not trust its own view of Ethereum \(endpoints disagree\)/)
  await stage.until('the call to be due', async () => (await node.call('bridge_due', {})).finalize.length === 1)
  // A kill is proof enough that it had the time to do other things.
  const wrong = await author.publish(right, { payments: 0, theft: 'thief' })
  await killed(stage, sender, wrong.id)
  assert.equal(await stage.finalBlock(), stage.genesisId())
  trust.isThere = true
  await stage.until('its finality', async () => (await stage.finalBlock()) === right.id)
})

test('a reorganisation of Ethereum in the middle of a reading is no ground for trust', async (t) => {
  const { stage, node } = await open(t)
  const ethereum = reader(stage)
  const { signal } = new AbortController()
  // As it would be if the block were replaced while the links are read: the same number, and then another hash.
  let asked = 0
  const torn = Object.create(ethereum, {
    hashAt: {
      value: async (number: bigint) => {
        asked += 1
        return asked % 2 === 1 ? await ethereum.hashAt(number) : OTHER_HASH
      },
    },
    head: { value: () => ethereum.head() },
    links: { value: (keys: readonly BlockKey[], at: bigint) => ethereum.links(keys, at) },
    name: { value: ethereum.name },
  })
  const lookout = new Lookout({ node, readers: [torn], now: Date.now }, { graceMs: 0 })
  await stage.until('the doubt', async () => {
    const trust = await lookout.look([], signal)
    assert.notEqual(trust.state, 'clear')
    return trust.state === 'doubt' && /was reorganised just now/.test(trust.why)
  })
  const [seer] = lookout.seers
  assert.equal(seer?.view?.tree.final, stage.genesisId(), 'what was read is looked at all the same')
})

test('an endpoint without a new block for too long is stuck', async (t) => {
  const { stage, node } = await open(t)
  const { timestamp } = await stage.anvil.client.getBlock()
  const at = { ms: 1_000 * Number(timestamp) }
  const options = { graceMs: 0, maxAgeMs: 60_000 }
  const lookout = new Lookout({ node, readers: [reader(stage)], now: () => at.ms }, options)
  const { signal } = new AbortController()
  await stage.until('a clear view', async () => (await lookout.look([], signal)).state === 'clear')
  at.ms += 61_000
  const trust = await lookout.look([], signal)
  assert.ok(trust.state === 'doubt')
  assert.match(trust.why, /is 61 s old: the endpoint is stuck/)
})

test('a wrong block that the node calls right dies by the own replay, and the node is complained of', async (t) => {
  const { stage, node, author, sender } = await open(t)
  const blind = tampered(node, ({ status, blocks }) => ({
    status,
    blocks: blocks.map(({ problem: _, ...block }) => ({ ...block, verdict: 'valid' })),
  }))
  const problems = new Set<string>()
  const watcher = watch(stage, { node: blind, sender, readers: [reader(stage)] })
  const { id } = await author.publish(author.genesis, { payments: 0, theft: 'thief' })
  await stage.until('the death', () => {
    problems.add(watcher.status().problem ?? '')
    return deaths(watcher) === 1
  })
  assert.ok((await sender.ethereum.record(id)).isRefuted)
  assert.equal(watcher.status().cases[0]?.problem, describeProblem(0, 'MissingInput'))
  assert.ok([...problems].some((problem) => problem.includes('its software or its disk is damaged')))
})

test('a right block that the node calls wrong is left alone, and the two verdicts are told', async (t) => {
  const { stage, node, author, sender } = await open(t)
  const { id } = await author.publish(author.genesis)
  const mad = tampered(node, ({ status, blocks }) => ({
    status,
    blocks: blocks.map((block) =>
      block.id === id ? { ...block, verdict: 'invalid' as const, problem: 'step 0: BadSignature' } : block,
    ),
  }))
  const watcher = watch(stage, { node: mad, sender, readers: [reader(stage)] })
  await stage.until('the doubt', () => watcher.status().cases[0]?.state === 'doubtful')
  const told = /step 0: BadSignature\), got valid: nothing is sent/
  await stage.until('the two verdicts to be told', () => told.test(watcher.status().problem ?? ''))
  await nothingDone(sender, id)
})

test('a block that cannot be judged keeps no other from being killed', async (t) => {
  const { stage, node, author, sender } = await open(t)
  const one = await author.publish(author.genesis, { payments: 0, theft: 'thief' })
  const two = await author.publish(author.genesis, { payments: 0, theft: 'second thief', rival: true })
  const call: NodeClient['call'] = async (method, params, signal) => {
    const result = await node.call(method, params, signal)
    const isOne = method === 'bridge_block' && 'id' in params && params.id === one.id
    return isOne ? { ...result, packedSteps: new Uint8Array() } : result
  }
  const watcher = watch(stage, { node: { url: node.url, call }, sender, readers: [reader(stage)] })
  await stage.until('the death of the other', () => deaths(watcher) === 1)
  assert.equal((await sender.ethereum.record(one.id)).isRefuted, false)
  assert.ok((await sender.ethereum.record(two.id)).isRefuted)
  // Until it has read the publication it knows no more of the block than its key.
  const told = new RegExp(`block ${one.id} cannot be judged now`)
  await stage.until('what cannot be judged to be told', () => told.test(watcher.status().problem ?? ''))
})

test('a defender brings nothing forward that it has not found right itself', async (t) => {
  const { stage, node, author, sender } = await open(t)
  const { id } = await author.publish(author.genesis)
  await stage.skip(DAY)
  const mute = { isMute: true }
  let looks = 0
  const call: NodeClient['call'] = async (method, params, signal) => {
    if (method === 'bridge_blocks') looks += 1
    if (method === 'bridge_block' && mute.isMute) throw new Error('the disk is damaged')
    return await node.call(method, params, signal)
  }
  const watcher = watch(stage, { node: { url: node.url, call }, sender, readers: [reader(stage)] }, { courtesyMs: 0 })
  await stage.until('it to be in trouble', () => /disk/.test(watcher.status().problem ?? ''))
  await stage.until('the call to be due', async () => (await node.call('bridge_due', {})).finalize.length === 1)
  const before = looks
  await stage.until('it to look some times more', () => looks >= before + 5)
  assert.deepEqual([watcher.status().valid, await sender.ethereum.nonce('pending')], [0, 0])
  mute.isMute = false
  await stage.until('its finality', async () => (await stage.finalBlock()) === id)
})

async function open(t: TestContext) {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const author = await Author.open(stage)
  const sender = stage.sender(await stage.signer())
  await stage.skip(DAY)
  return { stage, node, author, sender }
}

/** An endpoint of the watcher's own. */
function reader(stage: Stage, url = stage.anvil.url): EthereumAccount {
  const signer = privateKeyToAccount(generatePrivateKey())
  const { chain, bridge } = stage.definition.rules
  const deps = { urls: [url], network: { chain, bridge }, signer, now: Date.now }
  const ethereum = new EthereumAccount(deps, { retries: 0, timeoutMs: 5_000 })
  stage.stack.defer(() => ethereum.close())
  return ethereum
}

function watch(
  stage: Stage,
  deps: Pick<WatcherDeps, 'node' | 'sender' | 'readers'>,
  options: WatcherOptions = {},
): Watcher {
  const watcher = stage.stack.use(
    new Watcher(
      { log, now: Date.now, random: randomOf(1), ...deps },
      { defend: true, pollMs: 20, graceMs: GRACE_MS, ...options },
    ),
  )
  watcher.start()
  return watcher
}

/** A node that lies about which blocks there are, and about nothing else. */
function tampered({ url, call }: NodeClient, lie: (answer: Blocks) => Blocks): NodeClient {
  return {
    url,
    call: async (method, params, signal) => {
      const result = await call(method, params, signal)
      return method === 'bridge_blocks' ? (lie(result as Blocks) as typeof result) : result
    },
  }
}

async function doubted(stage: Stage, watcher: Watcher, pattern: RegExp): Promise<void> {
  await stage.until(`a doubt like ${pattern}`, () => {
    const { state, problem = '' } = watcher.status()
    return state === 'unknown' && pattern.test(problem)
  })
}

async function nothingDone({ ethereum }: TransactionSender, id: Hash): Promise<void> {
  assert.equal(await ethereum.nonce('pending'), 0)
  assert.equal((await ethereum.record(id)).isRefuted, false)
}

async function killed(stage: Stage, { ethereum }: TransactionSender, id: Hash): Promise<void> {
  await stage.until('the death', async () => (await ethereum.record(id)).isRefuted)
}

function deaths(watcher: Watcher): number {
  return watcher.status().cases.filter(({ state }) => state === 'killed').length
}
