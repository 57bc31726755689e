// Peeling: finds what differs in any sets with up to 700 differences, and is brought to nothing worse than giving up by any bytes.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { infohashIn, SYMBOL_WORDS, symbolsOf, wordsOf } from '../../../../../node/network/gossip/reconcile/mapping.ts'
import { Peeling } from '../../../../../node/network/gossip/reconcile/peeling.ts'
import { Sketch } from '../../../../../node/network/gossip/reconcile/sketch.ts'
import { SYMBOL_BYTES, SYMBOLS } from '../../../../../node/network/limits.ts'
import type { Infohash } from '../../../../../node/protocol/ids.ts'

function nth(seed: number, i: number): Infohash {
  return createHash('sha1').update(`${seed} ${i}`).digest('hex') as Infohash
}

function sketchOf(infohashes: Iterable<Infohash>): Sketch {
  const sketch = new Sketch()
  for (const infohash of infohashes) sketch.toggle(infohash)
  return sketch
}

/** Symbols that it took; undefined if all did not do. */
function reconcile(ours: Sketch, theirs: Sketch, atOnce: number, found: Infohash[]): number | undefined {
  const peeling = new Peeling(ours.copy())
  const reader = {}
  while (peeling.length < SYMBOLS) {
    const peeled = peeling.add(theirs.read(reader, peeling.length, atOnce))
    assert.notEqual(peeled, 'contradiction')
    if (peeled === 'done') {
      found.push(...peeling.found)
      return peeling.length
    }
  }
  return undefined
}

/** This many are always found; up to 700 nearly always. */
const SURE = 650

test('random sets that differ in 0 to 700: exactly what differs is found, whoever lacks it, or it is given up for more than 650', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(300), fc.nat(700), fc.nat(100), fc.integer({ min: 1, max: 200 }), (...random) => {
      const [seed, common, differing, percent, atOnce] = random
      const here = Math.floor((differing * percent) / 100)
      const all = Array.from({ length: common + differing }, (_, i) => nth(seed, i))
      const ours = sketchOf(all.slice(0, common + here))
      const theirs = sketchOf([...all.slice(0, common), ...all.slice(common + here)])
      const found: Infohash[] = []
      const symbols = reconcile(ours, theirs, atOnce, found)
      assert(symbols !== undefined || differing > SURE)
      if (symbols !== undefined) assert.deepEqual(found.sort(), all.slice(common).sort())
    }),
    { numRuns: 60 },
  )
})

test('it takes one symbol for one that differs, and in the mean below two for each of ten, and 1.5 for each of 300', () => {
  const mean = (differing: number, runs: number) => {
    let symbols = 0
    for (let run = 0; run < runs; run++) {
      const theirs = sketchOf(Array.from({ length: differing }, (_, i) => nth(run, i)))
      symbols += reconcile(new Sketch(), theirs, 1, []) ?? Number.NaN
    }
    return symbols / runs / differing
  }
  assert.equal(mean(1, 20), 1)
  assert(mean(10, 200) < 2)
  assert(mean(300, 5) < 1.5)
})

test('two sets that differ in 2,000 are given up', () => {
  assert.equal(
    reconcile(new Sketch(), sketchOf(Array.from({ length: 2_000 }, (_, i) => nth(1, i))), 512, []),
    undefined,
  )
})

test('random bytes are given up, and nothing is found in them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), (count, seed) => {
      const bytes = Buffer.concat(
        Array.from({ length: count }, (_, i) => createHash('sha256').update(`${seed} ${i}`).digest().subarray(0, 24)),
      )
      const peeling = new Peeling(new Sketch().copy())
      assert.equal(peeling.add(bytes), 'more')
      assert.deepEqual(peeling.found, [])
    }),
    { numRuns: 50 },
  )
})

test('whatever symbols are made of real infohashes: it ends, and finds no more than there are symbols', () => {
  const index = fc.nat(63)
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), index), { maxLength: 400 }), (put) => {
      // Each of 21 infohashes in any symbols, its own or not.
      const words = new Int32Array(64 * SYMBOL_WORDS)
      for (const [i, at] of put) {
        for (const [word, value] of wordsOf(nth(9, i)).entries()) {
          words[at * SYMBOL_WORDS + word] = (words[at * SYMBOL_WORDS + word] ?? 0) ^ value
        }
      }
      const peeling = new Peeling(new Sketch().copy())
      const peeled = peeling.add(new Uint8Array(words.buffer))
      assert(peeling.found.length <= 64)
      if (peeled === 'done') {
        const again = sketchOf(peeling.found).read({}, 0, 64)
        assert.deepEqual(Buffer.from(again), Buffer.from(words.buffer))
      }
    }),
    { numRuns: 300 },
  )
})

test('an infohash that comes back after it was taken out is a contradiction, and no loop', () => {
  // Alone in symbol 0; in another of its symbols it is missing, so that taking it out there puts it in.
  const infohash = nth(3, 0)
  const words = wordsOf(infohash)
  const [, other] = symbolsOf(words)
  assert(other !== undefined)
  const bytes = new Int32Array((other + 1) * SYMBOL_WORDS)
  bytes.set(words, 0)
  assert.equal(infohashIn(bytes, 0), infohash)
  const peeling = new Peeling(new Sketch().copy())
  assert.equal(peeling.add(new Uint8Array(bytes.buffer)), 'contradiction')
  assert.equal(bytes.byteLength % SYMBOL_BYTES, 0)
})

test('the symbols of an empty set tell all that is here', () => {
  const all = Array.from({ length: 200 }, (_, i) => nth(5, i))
  const found: Infohash[] = []
  assert.notEqual(reconcile(sketchOf(all), new Sketch(), 100, found), undefined)
  assert.deepEqual(found.sort(), all.sort())
})
