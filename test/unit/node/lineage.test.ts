// Parents before children, whatever order they come in.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parentsFirst } from '../../../node/lineage.ts'
import { encodeText } from '../../../node/protocol/bytes.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { infohashOf } from '../../../node/protocol/infohash.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import { accountOf, pay, randomOf } from '../../../scripts/assure/models/world.ts'

const alice = accountOf('alice')
const start = 'ab'.repeat(20) as Infohash

/** With the signature of another one: only the form counts here. */
const { tx: signed } = pay(alice, { to: alice.address, tokens: 1n, time: 0, prev: [start] })
function fileAfter(prev: Infohash[], time: number): Uint8Array {
  return encodeTransaction({ ...signed, time, prev: prev.toSorted() })
}

test('every parent is in front of its children, in a web of payments and in any order that they are given in', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = randomOf(seed)
    const made: { infohash: Infohash; file: Uint8Array; prev: Infohash[] }[] = []
    for (let i = 0; i < 40; i++) {
      const prev = new Set([start])
      for (let j = 0; j < 3 && made.length > 0; j++) {
        prev.add(made[Math.floor(random() * made.length)]?.infohash ?? start)
      }
      const file = fileAfter([...prev], i)
      made.push({ infohash: infohashOf(file), file, prev: [...prev] })
    }
    const shuffled = made.toSorted(() => random() - 0.5)
    const known = new Map(shuffled.map(({ infohash, file }) => [infohash, file]))
    const order = parentsFirst(known.keys(), known)
    assert.equal(order.length, made.length, `seed ${seed}`)
    const place = new Map(order.map((infohash, i) => [infohash, i]))
    for (const { infohash, prev } of made) {
      for (const parent of prev) assert((place.get(parent) ?? -1) < (place.get(infohash) ?? -2), `seed ${seed}`)
    }
  }
})

test('what nothing descends from, and what is not a transaction, is left out or has no parents', () => {
  const parent = fileAfter([start], 1)
  const child = fileAfter([infohashOf(parent)], 2)
  const stranger = fileAfter([start], 3)
  const junk = encodeText('{"junk":1}')
  const known = new Map([child, stranger, junk, parent].map((file) => [infohashOf(file), file]))
  assert.deepEqual(parentsFirst([infohashOf(child)], known), [infohashOf(parent), infohashOf(child)])
  assert.deepEqual(parentsFirst([infohashOf(junk), start], known), [infohashOf(junk)])
})

test('a chain of any length needs no stack', () => {
  const known = new Map<Infohash, Uint8Array>()
  let last = start
  for (let i = 0; i < 20_000; i++) {
    const file = fileAfter([last], i)
    last = infohashOf(file)
    known.set(last, file)
  }
  const order = parentsFirst([last], known)
  assert.deepEqual([order.length, order.at(-1)], [20_000, last])
})
