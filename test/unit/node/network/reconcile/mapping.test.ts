// Which symbols an infohash is in: by the vectors, by the formula of docs/network.md in integers without bounds, and by what a rateless table needs.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPure, symbolsOf, wordsOf } from '../../../../../node/network/gossip/reconcile/mapping.ts'
import { Sketch } from '../../../../../node/network/gossip/reconcile/sketch.ts'
import { SYMBOLS } from '../../../../../node/network/limits.ts'
import type { Infohash } from '../../../../../node/protocol/ids.ts'
import vectors from '../../../../vectors/sketch.json' with { type: 'json' }

const infohash = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'))

/** The page's formula, word for word: no roots, no floating point. */
function byTheFormula(infohash: string): number[] {
  const bytes = Buffer.from(infohash, 'hex')
  let [x = 0n, y = 0n, z = 0n, w = 0n] = [4, 8, 12, 16].map((at) => BigInt(bytes.readUInt32BE(at)))
  const word = (value: bigint) => BigInt.asUintN(32, value)
  const symbols = [0]
  for (let j = 0n, k = 0n; ; j = k) {
    const t = word(x ^ (x << 11n))
    ;[x, y, z, w] = [y, z, w, w ^ (w >> 19n) ^ t ^ (t >> 8n)]
    do k += 1n
    while (k < SYMBOLS && w * (k + 1n) * (k + 2n) < (1n << 32n) * (j + 1n) * (j + 2n))
    if (k >= SYMBOLS) return symbols
    symbols.push(Number(k))
  }
}

test('the vectors: checks and symbols of some infohashes, and the first symbols of the set of them', () => {
  const sketch = new Sketch()
  for (const { infohash, check, symbols } of vectors.items) {
    const words = wordsOf(infohash as Infohash)
    assert.equal(Buffer.from(words.buffer, words.byteOffset).toString('hex', 0, 24), infohash + check)
    assert.equal(check, createHash('sha256').update(infohash, 'hex').digest('hex').slice(0, 8))
    assert.deepEqual(symbolsOf(words), symbols)
    sketch.toggle(infohash as Infohash)
  }
  const first = Buffer.from(sketch.read({}, 0, vectors.first.length)).toString('hex')
  assert.deepEqual(first.match(/.{48}/g), vectors.first)
})

test('the page of the network shows one of the vectors', async () => {
  const page = await readFile('docs/network.md', 'utf8')
  const [, , shown] = vectors.items
  for (const text of [shown?.infohash, shown?.check, shown?.symbols.join(', ')]) {
    assert(text !== undefined && page.includes(text), `expected docs/network.md to have ${text}`)
  }
})

test('symbols are those of the formula in integers, for any infohash', () => {
  fc.assert(
    fc.property(infohash, (text) => {
      assert.deepEqual(symbolsOf(wordsOf(text as Infohash)), byTheFormula(text))
    }),
  )
})

test('symbol k has about one of 1 + k/2 infohashes', () => {
  const counts = new Array<number>(SYMBOLS).fill(0)
  const all = 20_000
  for (let i = 0; i < all; i++) {
    const text = createHash('sha1').update(`payment ${i}`).digest('hex') as Infohash
    for (const index of symbolsOf(wordsOf(text))) counts[index] = (counts[index] ?? 0) + 1
  }
  for (const [from, to] of [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 10],
    [10, 100],
    [100, 1_024],
  ] as const) {
    const found = counts.slice(from, to).reduce((sum, count) => sum + count, 0)
    const expected = counts.slice(from, to).reduce((sum, _, i) => sum + all / (1 + (from + i) / 2), 0)
    assert(Math.abs(found / expected - 1) < 0.03, `symbols ${from} to ${to}: ${found}, and not about ${expected}`)
  }
})

test('an infohash alone is pure in its own symbols and in no other, and two together are in none', () => {
  fc.assert(
    fc.property(infohash, infohash, fc.nat(SYMBOLS - 1), (one, two, index) => {
      const words = wordsOf(one as Infohash)
      assert.equal(isPure(words, 0, index), symbolsOf(words).includes(index))
      const both = wordsOf(two as Infohash).map((word, i) => word ^ (words[i] ?? 0))
      if (one !== two) assert.equal(isPure(both, 0, 0), false)
    }),
  )
})

test('a reader gets the symbols of the moment at which it began, others those of now, and nobody any from beyond the last', () => {
  const [first, second] = vectors.items.slice(4).map(({ infohash }) => infohash as Infohash)
  assert(first !== undefined && second !== undefined)
  const sketch = new Sketch()
  const [early, late] = [{}, {}]
  sketch.toggle(first)
  const part = Buffer.from(sketch.read(early, 0, 1)).toString('hex')
  sketch.toggle(second)
  const whole = (of: Sketch) => Buffer.from(of.read({}, 0, SYMBOLS)).toString('hex')
  const alone = new Sketch()
  alone.toggle(first)
  assert.equal(part + Buffer.from(sketch.read(early, 1, SYMBOLS)).toString('hex'), whole(alone))
  assert.equal(Buffer.from(sketch.read(late, 0, SYMBOLS)).toString('hex'), whole(sketch))
  assert.equal(sketch.read(early, SYMBOLS, 5).length, 0)
  sketch.toggle(second)
  assert.equal(whole(sketch), whole(alone))
})
