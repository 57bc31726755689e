// A node replays a block in turns with everything else: it answers meanwhile, and nothing that happens meanwhile changes a verdict.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { BridgeDatabase } from '../../../../node/bridge/records/disk/encoding.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { blockHandlers } from '../../../../node/rpc/handlers/blocks.ts'
import { comparable, Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { finderOf, isJudged, settle } from '../../../support/bridge/judged-in-blobs.ts'
import { finalized, type MadeBlock, published } from '../../../support/bridge/scenario.ts'
import { hurryClock, roundsUntil } from '../../../support/rounds.ts'
import { serve } from '../../../support/rpc/serve.ts'

const ROWS = 80

/** A follower in the midst of the replay of a block that it got the blobs of. */
async function open(t: TestContext, seed: number, isWrong = false) {
  hurryClock(t)
  const driver = new Driver(seed)
  const { forge, ethereum } = driver
  const block = forge.make(forge.genesis, [], { transactions: ROWS, isInBlobs: true, isWrong })
  assert.equal(block.sealed.header.stepCount, ROWS)
  driver.mine()
  driver.mine(published(block, ethereum.head.time))
  let reads = 0
  const start = async (folder?: string) => {
    const wrap = (database: BridgeDatabase) => noticing(database, 'blobs/', () => reads++)
    const parts = { blobs: finderOf(driver) }
    return await TestFollower.start(ethereum.connect(), forge.network, { pollMs: 1 }, folder, wrap, parts)
  }
  const first = await start()
  let node = first
  t.after(async () => {
    await node.close()
    await first[Symbol.asyncDispose]()
  })
  const restart = async () => {
    await node.close()
    node = await start(first.folder)
  }
  const verdict = () => node.follower.view.blocks.get(block.id)?.verdict.verdict
  await roundsUntil(() => reads > 0)
  return { driver, block, node: () => node, restart, verdict, reads: () => reads }
}

/** Calls `notice` whenever a value is read whose key begins so. */
function noticing(database: BridgeDatabase, prefix: string, notice: () => void): BridgeDatabase {
  const get = database.get.bind(database) as (...args: unknown[]) => unknown
  const telling = (...args: unknown[]) => {
    if (String(args[0]).startsWith(prefix)) notice()
    return get(...args)
  }
  return new Proxy(database, {
    get: (target, name) => {
      const value: unknown = name === 'get' ? telling : Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('a question by RPC is answered while a block is replayed, and its blobs are read for nothing but the replay and the steps', async (t) => {
  const { block, node, verdict, reads } = await open(t, 521)
  const rpc = createNodeClient(await serve(t, blockHandlers({ follower: node().follower })))
  let answers = 0
  const rounds = roundsUntil(() => verdict() !== 'unknown')
  for (;;) {
    const { blocks } = await rpc.call('bridge_blocks', { limit: 10 })
    const told = blocks.find(({ id }) => id === block.id) ?? assert.fail()
    if (told.verdict !== 'unknown') break
    answers += 1
  }
  assert.ok(answers >= 3, `${answers} answers`)
  assert.ok((await rounds) > ROWS / 2)
  assert.equal(verdict(), 'valid')
  assert.equal(reads(), 2)
})

type Scene = Awaited<ReturnType<typeof open>>

/** A block in blobs beside or upon another one. */
function publish({ driver }: Scene, parent: MadeBlock): void {
  const block = driver.forge.make(parent, [], { transactions: 3, isInBlobs: true })
  driver.mine(published(block, driver.ethereum.head.time))
}

const MEANWHILE: Readonly<Record<string, (scene: Scene) => unknown>> = {
  'a block comes beside it': (scene) => publish(scene, scene.driver.forge.genesis),
  'a block comes upon it': (scene) => publish(scene, scene.block),
  'it becomes final': ({ driver, block }) => driver.mine(finalized(block)),
  'it is taken back': ({ driver }) => driver.reorganise(1),
  'it is taken back and comes again': ({ driver, block }) => {
    driver.ethereum.drop(1)
    driver.mine()
    driver.mine(published(block, driver.ethereum.head.time))
  },
  'the node starts again': ({ restart }) => restart(),
  'it is taken back, and the node starts again': async ({ driver, restart }) => {
    driver.reorganise(1)
    await restart()
  },
}

for (const [name, act] of Object.entries(MEANWHILE)) {
  for (const isWrong of [false, true]) {
    test(`${name} while it is replayed: a ${isWrong ? 'wrong' : 'right'} block is what it is`, async (t) => {
      const scene = await open(t, 522, isWrong)
      const { driver, block, node, verdict } = scene
      assert.equal(await roundsUntil(() => verdict() !== 'unknown', ROWS / 2), ROWS / 2, 'it was replayed in one piece')
      await act(scene)
      await settle(node(), () => isJudged(node()))
      const { forge, ethereum } = driver
      await using fresh = await TestFollower.start(ethereum.connect(), forge.network, {}, undefined, undefined, {
        blobs: finderOf(driver),
      })
      await settle(fresh, () => isJudged(fresh))
      const [known, told] = [node().follower.view, fresh.follower.view]
      // Whether a block that kills the bridge was called final depends on which came first, that or its verdict.
      assert.equal(known.death?.block, told.death?.block)
      if (known.death === undefined) assert.deepEqual(comparable(known), comparable(told))
      const isThere = ethereum.contract().records.has(block.id)
      assert.equal(verdict(), isThere ? (isWrong ? 'invalid' : 'valid') : undefined)
    })
  }
}
