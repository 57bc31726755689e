// The latest word of each endpoint on a call: who is silent has none, and nothing is decided on the first word alone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Glances } from '../../../../../../node/ethereum/sending/everywhere/glances.ts'
import { Views } from '../../../../../../node/ethereum/sending/everywhere/views.ts'
import { type Hash, ZERO_ADDRESS } from '../../../../../../node/protocol/ids.ts'
import { toGasPrice } from '../../../../../../node/protocol/units.ts'
import { madeUpId } from '../../../../../support/miner/made-up-tree.ts'
import { MadeUpChain, silence } from '../../../../../support/sending/made-up-chain.ts'

const fees = { maxFeePerGas: toGasPrice(1n), maxPriorityFeePerGas: toGasPrice(1n) }
const waiting = { hash: madeUpId('waiting'), raw: '0x', nonce: 5, fees, isCancel: false, sentMs: 0 } as const
const mined = { ...waiting, hash: madeUpId('mined'), nonce: 4 }

test('the first word is enough when the others were waited for, and none is none', async () => {
  const { views, one, other, clock, silent } = open()
  assert.equal(views.isEnough(100), false)
  silent.add(other.id)
  await views.learn(other, [])
  clock.now += 1_000
  assert.equal(views.isEnough(100), false)
  silent.add(one.id)
  await views.learn(one, [])
  assert.equal(views.isEnough(100), false)
  silent.delete(one.id)
  await views.learn(one, [])
  assert.equal(views.isEnough(100), true, 'all have answered, or failed to')
  const again = open()
  await again.views.learn(again.one, [])
  assert.equal(again.views.isEnough(100), false)
  again.clock.now += 99
  assert.equal(again.views.isEnough(100), false)
  again.clock.now += 1
  assert.equal(again.views.isEnough(100), true)
})

test('who falls silent has no word any more, and says why only if all are', async () => {
  const { views, one, other, silent } = open()
  await views.learn(one, [])
  await views.learn(other, [])
  silent.add(one.id)
  await delay(5) // until what it said a moment ago has been forgotten
  assert.equal(await views.learn(one, []), undefined)
  assert.equal(views.of(one), undefined)
  assert.deepEqual(
    views.all().map(({ endpoint }) => endpoint.name),
    ['other'],
  )
  silent.add(other.id)
  assert.equal((await views.learn(other, []))?.code, 'ethereum-silent')
})

test('an attempt that an earlier run had in a block at first is spent there, and a later one is not', async () => {
  const { views, one } = open([mined.hash, waiting.hash])
  await views.learn(one, [mined])
  assert.equal(views.isSpent(one, mined.hash), true)
  assert.equal(views.isSpent(one, waiting.hash), false)
})

test('an endpoint that does not say whether it has an attempt may well have it', async () => {
  const { views, one, silent } = open()
  silent.add('isKnown')
  await views.learn(one, [waiting])
  assert.deepEqual([...(views.of(one)?.known.keys() ?? [])], [5])
})

test('what gets into a block between the two questions is seen as the reason that it is over', async () => {
  const scene = open()
  const { views, one, late } = scene
  scene.onOver = () => late.add(waiting.hash)
  await views.learn(one, [waiting])
  const view = views.of(one)
  assert.equal(view?.isOver, true)
  assert.equal(view.receipts.get(waiting.hash)?.success, true)
})

function open(earlier: readonly Hash[] = []) {
  const chain = new MadeUpChain()
  const clock = { now: 0 }
  /** Names of endpoints, and of what they do not answer. */
  const silent = new Set<string>()
  /** Attempts that are in a block by now, with success. */
  const late = new Set<Hash>()
  const [one, other] = ['one', 'other'].map((name) => {
    const endpoint = chain.endpoint(name, ({ head, isKnown }) => ({
      head: () => (silent.has(endpoint.id) ? Promise.reject(silence()) : head()),
      isKnown: (hash) => (silent.has('isKnown') ? Promise.reject(silence()) : isKnown(hash)),
      receipt: async (hash) => {
        const success = late.has(hash)
        if (!success && hash !== mined.hash) return undefined
        return { hash, success, block: 90n, gasUsed: 1n, gasPrice: toGasPrice(1n) }
      },
    }))
    return endpoint
  })
  if (one === undefined || other === undefined) throw new RangeError('there are two')
  const scene: { onOver?: () => void } = {}
  const isOver = async () => {
    scene.onOver?.()
    return scene.onOver !== undefined
  }
  const views = new Views({
    ...{ endpoints: [one, other], isOver, glances: new Glances(ZERO_ADDRESS, 1_000, 0) },
    ...{ now: () => clock.now, answerMs: 1_000, earlier: new Set(earlier), signal: new AbortController().signal },
  })
  return Object.assign(scene, { views, one, other, clock, silent, late })
}
