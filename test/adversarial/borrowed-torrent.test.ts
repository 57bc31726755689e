// Attacked: watchers, with a right block whose publication names a torrent that is not its own, and with a node that has nothing right to say about it.
// What must hold: the torrent of a publication changes no verdict, and neither does a node. A wrong block on such a block dies, whether the watcher was
// started since or has never stopped.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Logs } from '../../miner/watch/evidence/endpoint-source.ts'
import { Watcher, type WatcherDeps } from '../../miner/watch/watcher.ts'
import type { NodeClient } from '../../node/client/rpc.ts'
import { OperationError } from '../../node/errors.ts'
import { connectEthereum } from '../../node/ethereum/agreeing/http-chain.ts'
import { finalizeCall } from '../../node/ethereum/calls.ts'
import { type Hash, type Infohash, isSameBlock } from '../../node/protocol/ids.ts'
import type { Result } from '../../node/rpc/api.ts'
import { randomOf } from '../../scripts/assure/models/world.ts'
import { log } from '../support/log.ts'
import { Author, type Authored } from '../support/miner/author.ts'
import { Stage } from '../support/stage.ts'

const HOUR = 3_600n
const NOWHERE = '77'.repeat(20) as Infohash

/** What a publication can say of its torrent; `old` is a right block below it. */
const HINTS: Readonly<Record<string, (old: Authored) => Infohash | undefined>> = {
  'its own torrent': () => undefined,
  'that of another block': (old) => old.torrent,
  'one that exists nowhere': () => NOWHERE,
}

type Call = NodeClient['call']
/** What a node can do to anyone who asks it about blocks. */
const NODES: Readonly<Record<string, (call: Call) => Call>> = {
  'serves wrong files': (call) => async (method, params, signal) => {
    const result = await call(method, params, signal)
    if (method !== 'bridge_files') return result
    return { files: [{ name: 'outputs.bin', bytes: new Uint8Array(56).fill(1) }] } as never
  },
  'serves no files': failing('bridge_files', new OperationError('files-unknown', 'there is none')),
  'serves no bodies': failing(
    'bridge_block',
    new OperationError('unknown-block', 'there is none', { facts: { block: 'any' } }),
  ),
  'serves the body of another block': (call) => {
    let first: unknown
    return async (method, params, signal) => {
      const result = await call(method, params, signal)
      if (method !== 'bridge_block') return result
      first ??= result
      return first as typeof result
    }
  },
  'breaks down over bodies and files': (call) => async (method, params, signal) => {
    if (method === 'bridge_block' || method === 'bridge_files') throw new TypeError('a bug')
    return await call(method, params, signal)
  },
  'says nothing about bodies and files': hanging('bridge_block', 'bridge_files'),
  'has no queue': (call) => async (method, params, signal) => {
    const result = await call(method, params, signal)
    return method === 'bridge_queue' ? ({ entries: [], length: 0n } as never) : result
  },
  'says nothing at all': hanging(
    'bridge_block',
    'bridge_files',
    'bridge_blocks',
    'bridge_queue',
    'bridge_due',
    'tx_get',
  ),
  'calls blocks by ids that are theirs but for what the contract does not keep':
    (call) => async (method, params, signal) => {
      const result = await call(method, params, signal)
      if (method !== 'bridge_blocks') return result
      const [final, ...blocks] = (result as Result<'bridge_blocks'>).blocks
      const misnamed = blocks.map(({ id, parent, ...block }) => {
        return { ...block, id: misname(id), parent: parent === final?.id ? parent : misname(parent) }
      })
      return { ...result, blocks: [final, ...misnamed] } as typeof result
    },
  'does not trust its view': (call) => async (method, params, signal) => {
    const result = await call(method, params, signal)
    if (method !== 'bridge_blocks') return result
    return { ...result, blocks: [], status: { state: 'unknown', problem: 'state-unknown' } }
  },
}

for (const [name, hint] of Object.entries(HINTS)) {
  test(`restarted watcher: a wrong block on a final one that names ${name} dies`, async (t) => {
    const scene = await open(t)
    const { stage, author, node } = scene
    const old = await author.publish(author.genesis)
    await stage.skip(HOUR)
    const parent = await publish(author, old, hint(old))
    await scene.finalize(old, parent)
    const watcher = scene.watch(node)
    await stage.until('it to watch', () => watcher.status().state === 'watching')
    await scene.assertKilled(watcher, await author.publish(parent, { payments: 0, theft: 'thief' }))
  })

  test(`watcher that never stopped: a wrong rival nine blocks above one that names ${name} dies`, async (t) => {
    const scene = await open(t)
    const { stage, author, node } = scene
    const watcher = scene.watch(node)
    const old = await author.publish(author.genesis)
    await stage.skip(HOUR)
    const parent = await publish(author, old, hint(old))
    let tip = parent
    for (let i = 0; i < 9; i++) {
      await stage.skip(HOUR)
      tip = await author.publish(tip)
    }
    await stage.until('the watcher to judge all', () => watcher.status().valid === 11)
    await scene.assertKilled(watcher, await author.publish(parent, { payments: 0, theft: 'thief', rival: true }))
  })
}

test('several blocks that name one torrent, of none of them, are judged each by itself', async (t) => {
  const scene = await open(t)
  const { stage, author, node } = scene
  let tip = author.genesis
  for (let i = 0; i < 4; i++) {
    tip = await author.publish(tip, { torrent: NOWHERE })
    await stage.skip(HOUR)
  }
  const watcher = scene.watch(node)
  await stage.until('the watcher to find all right', () => watcher.status().valid === 4)
  await scene.assertKilled(watcher, await author.publish(tip, { payments: 0, theft: 'thief', torrent: NOWHERE }))
})

for (const [name, tamper] of Object.entries(NODES)) {
  test(`a node that ${name} shields no block from a watcher with an endpoint`, async (t) => {
    const scene = await open(t)
    const { stage, author, node } = scene
    const old = await author.publish(author.genesis)
    await author.force(3)
    await stage.skip(HOUR)
    // The final block has the torrent of another one, and void steps in it: nothing but a replay leads past it.
    const parent = await author.publish(old, { voids: 3, torrent: old.torrent })
    await scene.finalize(old, parent)
    const right = await author.publish(parent)
    const watcher = scene.watch({ url: node.url, call: tamper(node.call) }, { isAlone: true })
    await scene.assertKilled(watcher, await author.publish(right, { payments: 0, theft: 'thief' }))
    await scene.assertKilled(watcher, await author.publish(parent, { payments: 0, theft: 'other thief', rival: true }))
    assert.equal((await scene.sender.ethereum.record(right.id)).isRefuted, false)
  })
}

test('a node that dies in the middle stops no watcher, and one that was never there keeps none from starting', async (t) => {
  const scene = await open(t)
  const { stage, author, node } = scene
  let isDead = false
  const mortal: NodeClient = {
    url: node.url,
    call: async (method, params, signal) => {
      if (isDead) throw new OperationError('node-unreachable', 'no node answers', { retry: true })
      return await node.call(method, params, signal)
    },
  }
  const watcher = scene.watch(mortal)
  const first = await author.publish(author.genesis)
  await stage.until('it to watch', () => watcher.status().valid === 1)
  isDead = true
  await stage.skip(HOUR)
  const second = await author.publish(first)
  await scene.assertKilled(watcher, await author.publish(second, { payments: 0, theft: 'thief' }))
  await stage.until('the doubt', () => watcher.status().state === 'unknown')
  assert.equal(watcher.status().valid, 0)
  await watcher.stop()

  // With a file that says what the network is, it needs no node to begin with either.
  await scene.finalizeSoon(first)
  const late = scene.watch(mortal, { isAlone: true })
  await scene.assertKilled(late, await author.publish(second, { payments: 0, theft: 'other thief' }))
})

async function publish(author: Author, parent: Authored, torrent: Infohash | undefined): Promise<Authored> {
  return await author.publish(parent, torrent === undefined ? {} : { torrent })
}

async function open(t: TestContext) {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const author = await Author.open(stage)
  const sender = stage.sender(await stage.signer())
  await stage.skip(24n * HOUR)
  const { definition } = stage
  const network = {
    rules: definition.rules,
    genesis: { sealed: definition.genesisBlock, transaction: definition.genesis },
  }
  const finalizeSoon = async (...blocks: readonly Authored[]) => {
    await stage.skip(24n * HOUR)
    for (const block of blocks) {
      assert.equal((await author.sender.send(finalizeCall(block.sealedBytes))).status, 'done')
      await stage.skip(HOUR)
    }
  }
  return {
    ...{ stage, node, author, sender, finalizeSoon },
    /** Until the node has seen it. */
    finalize: async (...blocks: readonly Authored[]) => {
      await finalizeSoon(...blocks)
      const last = blocks.at(-1)?.id
      await stage.until('the node to see the finality', async () => {
        return (await node.call('bridge_blocks', {})).status.final?.id === last
      })
    },
    watch: (client: NodeClient, { isAlone = false } = {}): Watcher => {
      const deps: WatcherDeps = { log, now: Date.now, random: randomOf(1), node: client, sender, logs: logsOf(stage) }
      const options = { defend: true, pollMs: 20, courtesyMs: 1e9, graceMs: 200, patienceMs: 500 }
      const watcher = stage.stack.use(new Watcher(isAlone ? { ...deps, network } : deps, options))
      watcher.start()
      return watcher
    },
    assertKilled: async (watcher: Watcher, { id }: { readonly id: Hash }) => {
      await stage.until('the death', async () => (await sender.ethereum.record(id)).isRefuted)
      await stage.until('the watcher to know', () => {
        return watcher.status().cases.some(({ block, by }) => block === id && by === 'us')
      })
      const ofIt = watcher.status().cases.filter(({ block }) => isSameBlock(block, id))
      assert.equal(ofIt.length, 1, 'a block is one case, however much of its id anyone tells')
    },
  }
}

function logsOf(stage: Stage): readonly Logs[] {
  const chain = connectEthereum([stage.anvil.url], stage.definition.rules, { retries: 0 })
  stage.stack.defer(() => chain.close())
  return [{ name: stage.anvil.url, chain }]
}

function misname(id: Hash): Hash {
  return `0x${'ab'.repeat(8)}${id.slice(18)}` as Hash
}

function failing(method: string, error: OperationError): (call: Call) => Call {
  return (call) => async (asked, params, signal) => {
    if (asked === method) throw error
    return await call(asked, params, signal)
  }
}

/** Until the one who asked gives up. */
function hanging(...methods: readonly string[]): (call: Call) => Call {
  return (call) => async (asked, params, signal) => {
    if (!methods.includes(asked)) return await call(asked, params, signal)
    const { promise, reject } = Promise.withResolvers<never>()
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    return await promise
  }
}
