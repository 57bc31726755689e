// Attacked: reconciliation by symbols, by a peer that introduced itself. Must hold: work and bytes are bounded, lies cost the liar, and honest peers are compared with.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Sketch } from '../../../../../node/network/gossip/reconcile/sketch.ts'
import { SYMBOL_BYTES, SYMBOLS } from '../../../../../node/network/limits.ts'
import type { Infohash } from '../../../../../node/protocol/ids.ts'
import { Attacker } from '../attacker.ts'
import { Lab, type TestNode, until } from '../lab.ts'
import { MemoryStore, testFile } from '../memory-store.ts'
import { answerSketches } from './sketches.ts'

const ZEROS = Buffer.alloc(32)
/** The attacker says that it has as many, and another fingerprint: the greatest, so that it is the node's turn to ask. */
const summaryOf = (count: number) => {
  return { type: 'summary', count, weight: ZEROS, fingerprint: Buffer.alloc(32, 0xff), block: ZEROS, state: ZEROS }
}

function garbage(from: number, most: number): Buffer {
  const symbols = Array.from({ length: most }, (_, i) =>
    createHash('sha256')
      .update(`garbage ${from + i}`)
      .digest(),
  )
  return Buffer.concat(symbols.map((symbol) => symbol.subarray(0, SYMBOL_BYTES)))
}

async function nodeWith(lab: Lab, count: number, speed = 1): Promise<TestNode> {
  const store = new MemoryStore()
  store.add(...Array.from({ length: count - 1 }, (_, i) => testFile(`here ${i}`)))
  return await lab.node({}, store, () => speed * performance.now())
}

test('garbage costs 14 questions and 25 kB, then prefixes are compared, and symbols are not asked for again soon', async () => {
  await using lab = new Lab()
  const node = await nodeWith(lab, 20, 20)
  const liar = await Attacker.introduced(node.address)
  await liar.say(summaryOf(20))
  const asked = await answerSketches(liar, garbage)
  assert(asked > 10 && asked <= 14, `${asked} questions`)
  const all = liar.told('sketch').reduce((sum, { most }) => sum + Number(most), 0)
  assert.equal(all, SYMBOLS)
  for (let i = 0; i < 3; i++) {
    await until(() => liar.told('list').length > i, 'the node compares by prefixes')
    await liar.say({ type: 'listed', id: Number(liar.told('list')[i]?.['id']), infohashes: '', more: 0 })
  }
  assert.equal(liar.told('sketch').length, asked)
  const honest = await lab.node({ peers: [node] })
  const [infohash] = honest.store.add(testFile('of an honest one'))
  await until(() => infohash !== undefined && node.store.has(infohash), 'others are compared with all the same')
})

test('symbols that contradict each other end the comparison at once', async () => {
  await using lab = new Lab()
  const node = await nodeWith(lab, 1)
  const liar = await Attacker.introduced(node.address)
  await liar.say(summaryOf(1))
  const infohash = createHash('sha1').update('one').digest('hex') as Infohash
  // One infohash and this node's own, alone in the first symbol and missing in their others.
  const sketch = new Sketch()
  sketch.toggle(infohash)
  sketch.toggle(node.store.genesis)
  const first = sketch.read({}, 0, 1)
  const own = new Sketch()
  own.toggle(node.store.genesis)
  const asked = await answerSketches(liar, (from, most) => {
    const symbols = Buffer.from(own.read({}, from, most))
    symbols.set(first)
    return symbols
  })
  assert.equal(asked, 1)
})

test('a peer that has not what its symbols tell is banned after some hundreds', async () => {
  await using lab = new Lab()
  const node = await nodeWith(lab, 1)
  const liar = await Attacker.introduced(node.address)
  const sketches: Sketch[] = []
  const begin = () => {
    const sketch = new Sketch()
    sketch.toggle(node.store.genesis)
    for (let i = 0; i < 400; i++) {
      sketch.toggle(createHash('sha1').update(`never made ${sketches.length} ${i}`).digest('hex') as Infohash)
    }
    sketches.push(sketch)
    return sketch
  }
  let answered = 0
  const answerGets = setInterval(() => {
    for (const { id, infohashes } of liar.told('get').slice(answered)) {
      answered += 1
      const files = Array.from({ length: (infohashes as Uint8Array).length / 20 }, () => '')
      void liar.say({ type: 'files', id: Number(id), files })
    }
  }, 5)
  lab.defer(() => clearInterval(answerGets))
  await liar.say(summaryOf(401))
  const reader = {}
  await answerSketches(
    liar,
    (from, most) => (from === 0 ? begin() : sketches.at(-1))?.read(reader, from, most) ?? new Uint8Array(),
    () => liar.isClosed,
  )
  assert(sketches.length <= 4, `${sketches.length} times it was believed`)
  await until(() => node.network.statistics().wanted === 0, 'nothing of it is wanted any more')
})

test('a peer whose symbols are those of an empty set is told what is here, once in each comparison', async () => {
  await using lab = new Lab()
  const node = await nodeWith(lab, 20)
  const liar = await Attacker.introduced(node.address)
  await liar.say(summaryOf(20))
  const asked = await answerSketches(
    liar,
    (_, most) => new Uint8Array(most * SYMBOL_BYTES),
    () => liar.told('have').length > 0,
  )
  assert(asked <= 6, `${asked} questions`)
  const [told] = liar.told('have')
  assert(told?.['infohashes'] instanceof Uint8Array)
  assert.equal(told['infohashes'].length, 20 * 20)
})

test('a set that changes while it is read is told as it was when the reading began; from beyond the last there is nothing', async () => {
  await using lab = new Lab()
  const node = await nodeWith(lab, 20)
  const peer = await Attacker.introduced(node.address)
  lab.defer(() => peer.close())
  const ask = async (id: number, from: number, most: number) => {
    await peer.say({ type: 'sketch', id, from, most })
    await until(() => peer.told('symbols').length === id + 1, 'the node answers')
    return peer.told('symbols')[id]?.['symbols'] as Uint8Array
  }
  const before = new Sketch()
  for (const infohash of node.store.files.keys()) before.toggle(infohash)
  const head = await ask(0, 0, 8)
  node.store.add(testFile('meanwhile'))
  const tail = await ask(1, 8, SYMBOLS)
  assert.deepEqual(Buffer.concat([head, tail]), Buffer.from(before.read({}, 0, SYMBOLS)))
  assert.notDeepEqual(Buffer.from(await ask(2, 0, 8)), Buffer.from(head))
  assert.equal((await ask(3, SYMBOLS, 100)).length, 0)
})

test('a thousand questions for symbols at once get their sender banned, and others are answered', async () => {
  await using lab = new Lab()
  const node = await nodeWith(lab, 20)
  const attacker = await Attacker.introduced(node.address)
  await attacker.numberOf('torrenttx')
  await attacker.inOnePiece(async () => {
    for (let id = 0; id < 1_000; id++) await attacker.say({ type: 'sketch', id, from: 0, most: SYMBOLS })
  })
  await until(() => attacker.isClosed, 'the node closed the connection')
  const honest = await lab.node({ peers: [node] })
  await until(() => honest.store.files.size === 20, 'another gets what is here')
})

test('lists that do not ascend get their sender banned', async () => {
  await using lab = new Lab()
  const node = await nodeWith(lab, 1)
  const liar = await Attacker.introduced(node.address)
  await liar.say(summaryOf(3))
  await answerSketches(liar, garbage)
  await until(() => liar.told('list').length === 1, 'the node compares by prefixes')
  await liar.say({ type: 'listed', id: Number(liar.told('list')[0]?.['id']), infohashes: Buffer.alloc(40, 5), more: 1 })
  await until(() => liar.isClosed, 'the node closed the connection')
  const again = await Attacker.introduced(node.address)
  await until(() => again.isClosed, 'it is not welcome any more')
})
