// When node and endpoints see the same: every way in which they can differ keeps the watcher from trusting, and none from seeing.
// Nothing here is Ethereum, so that each answer can be chosen.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lookout } from '../../../../miner/watch/lookout.ts'
import type { NodeBlock } from '../../../../miner/watch/view.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import type { EthereumReader, Links } from '../../../../node/ethereum/reader.ts'
import { type BlockKey, type Hash, keyOf, ZERO_KEY } from '../../../../node/protocol/ids.ts'
import { toWork } from '../../../../node/protocol/units.ts'
import { MadeUpTree, madeUpId } from '../../../support/miner/made-up-tree.ts'
import { told } from './accusation-scene.ts'

const { signal } = new AbortController()
const GRACE_MS = 1_000

test('where all say the same the view is clear', async () => {
  const scene = new Scene(3)
  const trust = await scene.lookout.look([], signal)
  assert.ok(trust.state === 'clear')
  assert.deepEqual(trust.living, new Set(scene.tree.ids))
})

const DIFFERENCES: Readonly<Record<string, readonly [(endpoint: MadeUpEndpoint) => void, RegExp]>> = {
  'knows its newest block, and does not say which blocks live': [
    (endpoint) => {
      endpoint.links = () => Promise.reject(new Error('no state for you'))
    },
    /no state for you/,
  ],
  'has another block of Ethereum of the same number': [
    (endpoint) => {
      endpoint.hashAt = async () => madeUpId('a fork')
    },
    /have different blocks 100 of Ethereum/,
  ],
  'has another final block': [
    (endpoint) => {
      const { links } = endpoint
      endpoint.links = async (ids, at) => ({ ...(await links(ids, at)), final: madeUpId('another') })
    },
    /disagree about/,
  ],
  'hides a block': [
    (endpoint) => {
      endpoint.hidden.add(madeUpId('block 1'))
    },
    /disagree about which blocks live/,
  ],
}

for (const [name, [change, pattern]] of Object.entries(DIFFERENCES)) {
  test(`one that ${name} is a doubt, whichever of three it is`, async () => {
    for (const which of [0, 1, 2]) {
      const scene = new Scene(3)
      const endpoint = scene.endpoints[which]
      assert.ok(endpoint)
      change(endpoint)
      assert.equal((await scene.lookout.look([], signal)).state, 'blurred', 'it may pass')
      scene.now += GRACE_MS
      const trust = await scene.lookout.look([], signal)
      assert.ok(trust.state === 'doubt', `${which}`)
      assert.match(trust.why, pattern)
    }
  })
}

test('endpoints that differ about the final block alone are doubted', async () => {
  const scene = new Scene(2, new MadeUpTree(0, () => undefined))
  const endpoint = scene.endpoints[1]
  assert.ok(endpoint)
  const { links } = endpoint
  endpoint.links = async (ids, at) => ({ ...(await links(ids, at)), final: madeUpId('another') })
  scene.now += GRACE_MS
  assert.notEqual((await scene.lookout.look([], signal)).state, 'clear')
})

test('a blur that has passed does not make the next one a doubt', async () => {
  const scene = new Scene(1)
  scene.isNodeSilent = true
  assert.equal((await scene.lookout.look([], signal)).state, 'blurred')
  scene.isNodeSilent = false
  scene.now += GRACE_MS
  assert.equal((await scene.lookout.look([], signal)).state, 'clear')
  scene.isNodeSilent = true
  assert.equal((await scene.lookout.look([], signal)).state, 'blurred')
})

test('one that is far behind has nobody else read the past', async () => {
  const scene = new Scene(2)
  const [current, stuck] = scene.endpoints
  assert.ok(current && stuck)
  stuck.number = 10n
  await scene.lookout.look([], signal)
  assert.deepEqual(current.readAt, new Set([100n]))
})

test('what an endpoint lied about a block of Ethereum is read again after some looks, though that is still the newest', async () => {
  const scene = new Scene(1)
  const [endpoint] = scene.endpoints
  const hidden = madeUpId('block 1')
  endpoint?.hidden.add(hidden)
  await scene.lookout.look([], signal)
  const isSeen = () => scene.lookout.seers[0]?.view?.tree.blocks.has(hidden)
  assert.equal(isSeen(), false)
  endpoint?.hidden.clear()
  for (let i = 0; i < 5; i++) await scene.lookout.look([], signal)
  assert.equal(isSeen(), true)
})

test('a reading that cannot be so is not kept at all', async () => {
  const scene = new Scene(1)
  const [endpoint] = scene.endpoints
  assert.ok(endpoint)
  const { links } = endpoint
  endpoint.links = async (ids, at) => {
    const answer = await links(ids, at)
    return { ...answer, links: answer.links.map((each) => ({ ...each, work: toWork(0n) })) }
  }
  assert.equal((await scene.lookout.look([], signal)).state, 'blurred')
  endpoint.links = links
  assert.equal((await scene.lookout.look([], signal)).state, 'clear')
})

test('what lived and was refuted is seen to be, and what stands on what the node has as refuted does not live', async () => {
  const scene = new Scene(1)
  await scene.lookout.look([], signal)
  const dead = scene.tree.id(1)
  scene.tree.change(1, { isRefuted: true })
  scene.tree.change(0, { firstChild: madeUpId('block 3') })
  scene.tree.change(3, { parent: scene.tree.id(0) })
  for (const endpoint of scene.endpoints) endpoint.number = 101n
  scene.nodeNumber = 101n
  await scene.lookout.look([], signal)
  const [endpoint, node] = scene.lookout.seers
  assert.ok(endpoint?.view?.tree.refuted.has(dead))
  assert.equal(endpoint?.view?.tree.blocks.has(dead), false)
  assert.ok(node?.view?.tree.refuted.has(dead))
  assert.deepEqual([...(node?.view?.tree.blocks.keys() ?? [])], [scene.tree.id(0), scene.tree.id(3)])
})

type Answer = { readonly final: Hash; readonly links: readonly Links[] }

/** It says what the tree is, but for what a test has it say. */
class MadeUpEndpoint {
  readonly name: string
  number = 100n
  readonly hidden = new Set<Hash>()
  /** Blocks of Ethereum as of which it was asked. */
  readonly readAt = new Set<bigint>()
  readonly #tree: MadeUpTree

  constructor(name: string, tree: MadeUpTree) {
    this.name = name
    this.#tree = tree
  }

  head = async () => ({ number: this.number, hash: hashOf(this.number), time: 1n, next: 2n, baseFee: 0n })
  hashAt = async (number: bigint): Promise<Hash> => hashOf(number)
  links = async (keys: readonly BlockKey[], at: bigint): Promise<Answer> => {
    this.readAt.add(at)
    const { final, links } = await this.#tree.links(keys)
    const hidden = new Set([...this.hidden].map(keyOf))
    const show = (key: BlockKey) => (hidden.has(key) ? ZERO_KEY : key)
    return {
      final,
      links: links.map((each) => ({ ...each, firstChild: show(each.firstChild), nextSibling: show(each.nextSibling) })),
    }
  }
}

class Scene {
  readonly tree: MadeUpTree
  readonly endpoints: readonly MadeUpEndpoint[]
  readonly lookout: Lookout
  now = 2_000
  isNodeSilent = false
  nodeNumber = 100n

  constructor(endpoints: number, tree = new MadeUpTree(4, (i) => [undefined, 0, 1, 2][i])) {
    this.tree = tree
    this.endpoints = Array.from({ length: endpoints }, (_, i) => new MadeUpEndpoint(`endpoint ${i}`, tree))
    const node: NodeClient = {
      url: 'nowhere',
      call: async () => {
        if (this.isNodeSilent) throw new Error('silent')
        const { final } = tree
        const status = { state: 'live', ethereumBlock: this.nodeNumber, final: { id: final, height: 0n } }
        return { status, blocks: [told('final', {}), ...tree.ids.map((id) => this.#told(id))] } as never
      },
    }
    const readers = this.endpoints as readonly unknown[] as readonly EthereumReader[] // no more of it is used here
    this.lookout = new Lookout({ node, readers, now: () => this.now }, { graceMs: GRACE_MS })
  }

  #told(id: Hash): NodeBlock {
    const { parent, publishedAt, work, isRefuted } = this.tree.record(id)
    return { ...told('', { parent, publishedAt: Number(publishedAt), work, refuted: isRefuted }), id }
  }
}

function hashOf(number: bigint): Hash {
  return madeUpId(`Ethereum ${number}`)
}
