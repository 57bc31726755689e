// Blocks of the past from peers: over real connections, and from peers that lie, trickle, lack them or say nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import type { Answer, Question } from '../../../../node/network/gossip/messages.ts'
import { PastReader } from '../../../../node/network/gossip/past-reader.ts'
import type { RemotePeer } from '../../../../node/network/gossip/peer.ts'
import type { SetIndex } from '../../../../node/network/gossip/reconcile/set-index.ts'
import { answer } from '../../../../node/network/gossip/serve.ts'
import { equalBytes } from '../../../../node/protocol/bytes.ts'
import { blockId, encodeSealed } from '../../../../node/protocol/header.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { madeUpId } from '../../../support/miner/made-up-tree.ts'
import { PastScene } from '../bridge/retrace/past-scene.ts'
import { Lab, until } from './lab.ts'
import { MemoryStore } from './memory-store.ts'

/** More than a node reads of headers in one turn. */
const scene = new PastScene(23, 40)
const ids = [scene.forge.genesis, ...scene.blocks].map(({ id }) => id).reverse()
const { signal } = new AbortController()
/** Takes three messages. */
const LARGE = Uint8Array.from({ length: 250_001 }, (_, i) => i % 251)

class PastStore extends MemoryStore {
  ancestors(block: Hash, most: number): readonly Uint8Array[] {
    const from = ids.indexOf(block)
    return from < 0 ? [] : ids.slice(from, from + most).map(sealedOf)
  }

  async pastBlock(block: Hash): Promise<Uint8Array | undefined> {
    return block === scene.tip.id ? LARGE : undefined
  }
}

function sealedOf(id: Hash): Uint8Array {
  const block = scene.forge.blocks.get(id)
  assert.ok(block)
  return encodeSealed(block.sealed)
}

test('over a connection: headers down to genesis, and a block of several messages', async () => {
  await using lab = new Lab()
  const old = await lab.node({}, new PastStore())
  const empty = await lab.node()
  const young = await lab.node({ peers: [old, empty] })
  await until(() => young.network.peers().length === 2, 'both are connected')
  const { past } = young.network
  const headers = await past.headers(scene.tip.id, signal)
  assert.deepEqual(headers.map(blockId), ids)
  const { bytes } = await past.block(scene.tip.id, signal)
  assert.ok(equalBytes(bytes, LARGE))
  const block = madeUpId('unknown')
  for (const asked of [past.headers(block, signal), past.block(block, signal)])
    await assert.rejects(asked, { code: 'past-not-served', retry: true, facts: { block } })
  assert.equal(young.network.peers().length, 2, 'nobody is to blame for what it lacks')
})

type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never

/** Answers as it likes, and remembers what it is blamed for. */
class FakePeer {
  readonly faults: string[] = []
  readonly asked: Asked[] = []
  readonly #answer: (question: Asked) => Partial<Answer> | Promise<Partial<Answer>>

  constructor(answer: (question: Asked) => Partial<Answer> | Promise<Partial<Answer>>) {
    this.#answer = answer
  }

  async ask(question: Asked) {
    this.asked.push(question)
    return await this.#answer(question)
  }

  fault(_: number, reason: string): void {
    this.faults.push(reason)
  }
}

const honest = () =>
  new FakePeer((question) => {
    if (question.type === 'ancestors')
      return { headers: ids.slice(ids.indexOf(question.block)).map(sealedOf).slice(0, question.most) }
    if (question.type === 'rows')
      return { bytes: LARGE.subarray(question.from, question.from + 100_000), length: LARGE.length }
    throw new RangeError(`unexpected ${question.type}`)
  })

function readerOf(now: () => number, ...peers: readonly FakePeer[]): PastReader {
  // A reader asks and blames, and uses nothing else of a peer.
  return new PastReader({ peers: () => peers as unknown as readonly RemotePeer[], now })
}

test('who sends headers that do not follow one from the other is banned, and the next one asked', async () => {
  const chains: Readonly<Record<string, readonly Uint8Array[]>> = {
    'of another block': ids.slice(1).map(sealedOf),
    'with a gap': [ids[0], ids[2]].flatMap((id) => (id === undefined ? [] : [sealedOf(id)])),
    upwards: [...ids].reverse().map(sealedOf),
    'twice the same': [scene.tip.id, scene.tip.id].map(sealedOf),
    'that are none': [new Uint8Array(417).fill(255)],
  }
  for (const [name, headers] of Object.entries(chains)) {
    const liar = new FakePeer(() => ({ headers }))
    const good = honest()
    const found = await readerOf(() => 0, liar, good).headers(scene.tip.id, signal)
    assert.deepEqual(found.map(blockId), ids, name)
    assert.equal(liar.faults.length, 1, name)
    assert.deepEqual(good.faults, [])
  }
})

test('a peer that lacks a block, is silent or trickles is left alone for a while, and asked again after it', async () => {
  let ms = 0
  const lacking = new FakePeer(() => ({ headers: [], bytes: new Uint8Array(), length: 0 }))
  const silent = new FakePeer(async () => {
    throw new OperationError('peer-silent', 'it says nothing', { retry: true })
  })
  const trickling = new FakePeer(() => {
    ms += 10_000
    return { bytes: Uint8Array.of(1), length: 2_000_000 }
  })
  const good = honest()
  const reader = readerOf(() => ms, silent, trickling, lacking, good)
  const { bytes } = await reader.block(scene.tip.id, signal)
  assert.ok(equalBytes(bytes, LARGE))
  assert.equal(trickling.asked.length, 7)
  for (const peer of [lacking, silent, trickling, good]) assert.deepEqual(peer.faults, [])
  const before = [lacking, silent, trickling].map(({ asked }) => asked.length)
  await reader.block(scene.tip.id, signal)
  assert.deepEqual(
    [lacking, silent, trickling].map(({ asked }) => asked.length),
    before,
  )
  ms += 30_000
  const alone = good.asked.length
  await reader.block(scene.tip.id, signal)
  assert.equal(lacking.asked.length, 2, 'who lacked one block may have this one')
  assert.ok(good.asked.length > alone)
  assert.equal(silent.asked.length, 1)
})

test('who changes the length of a block between two of its parts is banned', async () => {
  const lengths = [LARGE.length, LARGE.length + 1]
  const liar = new FakePeer((question) => {
    if (question.type !== 'rows') throw new RangeError(`unexpected ${question.type}`)
    return { bytes: LARGE.subarray(question.from, question.from + 100_000), length: lengths.shift() ?? LARGE.length }
  })
  const { bytes } = await readerOf(() => 0, liar, honest()).block(scene.tip.id, signal)
  assert.ok(equalBytes(bytes, LARGE))
  assert.equal(liar.asked.length, 2)
  assert.equal(liar.faults.length, 1)
})

test('who tells one header at a time is left alone for a while, as one who has no more', async () => {
  let ms = 0
  const slow = new FakePeer((question) => {
    if (question.type !== 'ancestors') throw new RangeError(`unexpected ${question.type}`)
    return { headers: [sealedOf(question.block)] }
  })
  const reader = readerOf(() => ms, slow, honest())
  const [first, second] = ids
  assert.ok(first && second)
  assert.equal((await reader.headers(first, signal)).length, 1)
  assert.equal((await reader.headers(second, signal)).length, ids.length - 1)
  ms = 30_000
  await reader.headers(first, signal)
  // At the end of the chain there is no more to tell.
  const genesis = ids.at(-1)
  assert.ok(genesis)
  const alone = readerOf(() => ms, slow)
  for (let i = 0; i < 3; i++) assert.equal((await alone.headers(genesis, signal)).length, 1)
})

test('several blocks at once are asked of several peers', async () => {
  const gate = Promise.withResolvers<void>()
  const waiting = () =>
    new FakePeer(async () => {
      await gate.promise
      return { bytes: LARGE.subarray(0, 5), length: 5 }
    })
  const peers = [waiting(), waiting(), waiting()]
  const reader = readerOf(() => 0, ...peers)
  const read = ids.slice(0, 3).map((id) => reader.block(id, signal))
  assert.deepEqual(
    peers.map(({ asked }) => asked.length),
    [1, 1, 1],
  )
  gate.resolve()
  await Promise.all(read)
})

test('who delivers is asked before those who come again and again and deliver nothing', async () => {
  let ms = 0
  const good = new FakePeer(async () => {
    ms += 10
    return { bytes: LARGE.subarray(0, 5), length: 5 }
  })
  const silent = () => new FakePeer(() => new Promise(() => {}))
  const peers = [good]
  const reader = new PastReader({ peers: () => peers as unknown as readonly RemotePeer[], now: () => ms })
  await reader.block(scene.tip.id, signal)
  peers.unshift(silent(), silent())
  peers.push(silent())
  for (let i = 0; i < 3; i++) await Promise.all(ids.slice(0, 5).map((id) => reader.block(id, signal)))
  assert.equal(good.asked.length, 16)
})

test('who gives up waits for nobody, and blames nobody', async () => {
  const ending = new AbortController()
  const silent = new FakePeer(() => new Promise(() => {}))
  const read = readerOf(() => 0, silent).block(scene.tip.id, ending.signal)
  ending.abort(new OperationError('stopped', 'it was stopped'))
  await assert.rejects(read, { code: 'stopped' })
  assert.deepEqual(silent.faults, [])
})

test('the end of a block costs as much as its beginning, unless it is at hand', async () => {
  const prices: number[] = []
  const peer = {
    serve: async (cost: number, job: () => unknown) => {
      prices.push(cost)
      return await job()
    },
  }
  const store = new PastStore()
  let isAtHand = false
  const ofStore = Object.assign(store, { isPastAtHand: () => isAtHand })
  const ask = (from: number) =>
    // It serves, and nothing else is asked of it; and rows are not in the index.
    answer(ofStore, {} as SetIndex, peer as unknown as RemotePeer, { type: 'rows', id: 1, block: scene.tip.id, from })
  for (const from of [0, 200_000, 8_000_000]) await ask(from)
  isAtHand = true
  for (const from of [0, 200_000, 8_000_000]) await ask(from)
  const [whole = 0, , , part = 0] = prices
  assert.ok(part < whole)
  assert.deepEqual(prices, [whole, whole, whole, part, part, part])
})
