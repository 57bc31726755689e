// Keccak-256 by WebAssembly, against the one in JavaScript that browsers have.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import { keccak256 as noble } from '../../../../node/protocol/keccak/noble.ts'
import { WASM_FILE, keccak256 as wasm } from '../../../../node/protocol/keccak/wasm.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'
import { buildWasm } from '../../../../scripts/make/build-wasm.ts'

const seed = 7
const random = randomOf(seed)
const noise = Uint8Array.from({ length: 30_000 }, () => Math.floor(256 * random()))

test('a rebuild of the WebAssembly gives the committed bytes', async () => {
  assert.deepEqual(Buffer.from(await buildWasm('node/protocol/keccak/keccak.wasm')), readFileSync(WASM_FILE))
})

test('both say of the empty message and of "abc" what is known', () => {
  for (const keccak256 of [wasm, noble]) {
    const empty = 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
    assert.equal(formatHex(keccak256(new Uint8Array())), empty)
    const abc = '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'
    assert.equal(formatHex(keccak256(new TextEncoder().encode('abc'))), abc)
  }
})

test(`both say the same of every length up to four blocks, and around every piece that is taken in at once (seed ${seed})`, () => {
  const pieces = [1, 2, 3].flatMap((count) => [-137, -136, -1, 0, 1, 136].map((more) => 64 * 136 * count + more))
  for (const length of [...Array.from({ length: 4 * 136 + 2 }, (_, i) => i), ...pieces]) {
    const message = noise.subarray(0, length)
    assert.equal(formatHex(wasm(message)), formatHex(noble(message)), `${length} bytes`)
  }
})

test('both say the same of any bytes, one message after another, and no digest changes afterwards', () => {
  const digests: [Uint8Array, string][] = []
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_000 }), (message) => {
      const digest = wasm(message)
      const expected = formatHex(noble(message))
      assert.equal(formatHex(digest), expected)
      digests.push([digest, expected])
    }),
  )
  for (const [digest, expected] of digests) assert.equal(formatHex(digest), expected)
})

test('parts of a buffer, and buffers of Node, are messages like others', () => {
  const part = new Uint8Array(noise.buffer, 13, 99)
  assert.equal(formatHex(wasm(part)), formatHex(noble(part)))
  assert.equal(formatHex(wasm(Buffer.from(part))), formatHex(noble(part)))
})
