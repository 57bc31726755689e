// KZG by two libraries that do not know each other, and the pool that keeps it off the main thread.

import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { fromRlp, sliceHex, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { EMPTY_SIDECAR } from '../../../../../node/ethereum/blobs/empty-blob.ts'
import { wrapBlobTransaction } from '../../../../../node/ethereum/blobs/envelope.ts'
import type { Kzg } from '../../../../../node/ethereum/blobs/kzg.ts'
import { KzgPool } from '../../../../../node/ethereum/blobs/kzg-pool.ts'
import { loadKzg } from '../../../../../node/ethereum/blobs/load-kzg.ts'
import { commitSparse, loadPoints, MAX_SPARSE_ELEMENTS } from '../../../../../node/ethereum/blobs/sparse-blob.ts'
import { BLOB_BYTES, BLOB_ELEMENTS } from '../../../../../node/protocol/blob.ts'
import { BLS_MODULUS, blobHash } from '../../../../../node/protocol/blob-hash.ts'
import { encodeUint } from '../../../../../node/protocol/bytes.ts'
import { randomOf } from '../../../../../scripts/assure/models/world.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 1)

function randomBlob(random: () => number): Uint8Array {
  return new Uint8Array(BLOB_BYTES).map((_, i) => Math.floor(random() * (i % 32 === 0 ? 0x73 : 256)))
}

/** What is loaded once takes seconds to load again. */
let native: Kzg

describe(`KZG (seed ${seed})`, () => {
  const random = randomOf(seed)
  const blobs = [randomBlob(random), new Uint8Array(BLOB_BYTES)]
  let wasm: Kzg

  before(async () => {
    // First, as on a platform without the native library: what is loaded is not looked for again.
    const hooks = registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier === '@crate-crypto/node-eth-kzg') throw new Error('no binary for this platform')
        return next(specifier, context)
      },
    })
    wasm = await loadKzg()
    hooks.deregister()
    native = await loadKzg()
  })

  it('is WebAssembly where the native library does not load', () => {
    assert.deepEqual([wasm.name, native.name], ['wasm', 'native'])
    // The commitment of zeros is the point at infinity, whose hash everybody knows.
    const hash = '0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014'
    assert.equal(blobHash(wasm.commit(new Uint8Array(BLOB_BYTES))), hash)
  })

  it('is the same by native code and by WebAssembly: commitments, proofs of elements, proofs of cells', () => {
    for (const blob of blobs) {
      assert.deepEqual(toHex(wasm.commit(blob)), toHex(native.commit(blob)))
      for (const place of [0, 1, Math.floor(random() * BLOB_ELEMENTS), BLOB_ELEMENTS - 1]) {
        assert.deepEqual(toHex(wasm.prove(blob, place)), toHex(native.prove(blob, place)), `place ${place}`)
      }
    }
    const [blob = new Uint8Array()] = blobs
    assert.deepEqual(
      wasm.cellProofs(blob).map((each) => toHex(each)),
      native.cellProofs(blob).map((each) => toHex(each)),
    )
  })

  it('is the same by a sum over the elements where few are not zero', async () => {
    const points = await loadPoints()
    for (const count of [0, 1, 2, 40, MAX_SPARSE_ELEMENTS]) {
      const blob = new Uint8Array(BLOB_BYTES)
      for (let i = 0; i < count; i++) {
        const start = 32 * Math.floor(random() * BLOB_ELEMENTS)
        blob.set(randomBlob(random).subarray(start, start + 32), start)
      }
      const sum = commitSparse(blob, points)
      assert.deepEqual(sum && toHex(sum), toHex(native.commit(blob)), `${count} elements`)
    }
    // All bytes of an element, up to the largest below the modulus.
    const largest = new Uint8Array(BLOB_BYTES)
    largest.set(encodeUint(BLS_MODULUS - 1n, 32), 32 * (BLOB_ELEMENTS - 1))
    assert.deepEqual(commitSparse(largest, points), native.commit(largest))
  })

  it('proves each place by a proof of its own', () => {
    const [blob = new Uint8Array()] = blobs
    const places = [0, 1, 2, 2048, 4095]
    assert.equal(new Set(places.map((place) => toHex(native.prove(blob, place)))).size, places.length)
  })
})

describe('a pool for KZG', () => {
  const random = randomOf(seed + 1)
  const blobs = [randomBlob(random), randomBlob(random)]
  let pool: KzgPool

  before(async () => {
    pool = new KzgPool()
    native ??= await loadKzg()
  })
  after(() => pool.stop())

  it('says which hash each blob has, and of bytes that are not a blob that they have none', async () => {
    const broken = blobs[0]?.slice().fill(0xff, 32, 64) ?? new Uint8Array()
    const [first, wrong, second, short] = await pool.hashes([
      ...blobs.slice(0, 1),
      broken,
      ...blobs.slice(1),
      new Uint8Array(31),
    ])
    assert.deepEqual(
      [first, second],
      blobs.map((blob) => blobHash(native.commit(blob))),
    )
    assert.deepEqual([wrong, short], [undefined, undefined])
  })

  it('makes what a transaction carries beside its blobs, while this thread goes on', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const sidecar = await pool.sidecar(blobs)
    clearInterval(timer)
    assert(turns > 10, `${turns} turns of the event loop`)
    assert.deepEqual(
      sidecar.commitments.map((each) => toHex(each)),
      blobs.map((blob) => toHex(native.commit(blob))),
    )
    assert.deepEqual(
      sidecar.cellProofs.map((each) => toHex(each)),
      blobs.flatMap((blob) => native.cellProofs(blob).map((each) => toHex(each))),
    )
    assert.deepEqual(sidecar.hashes, sidecar.commitments.map(blobHash))
    assert.deepEqual(sidecar.blobs, blobs)
  })

  it('makes of a blob of zeros what is written down without it', async () => {
    assert.deepEqual(await pool.sidecar([new Uint8Array(BLOB_BYTES)]), EMPTY_SIDECAR)
  })

  it('opens elements by their numbers through all blobs, in the order asked', async () => {
    const elements = [BLOB_ELEMENTS + 5, 7, BLOB_ELEMENTS - 1]
    const openings = await pool.openings(blobs, elements)
    openings.forEach(({ element, commitment, proof }, i) => {
      const number = elements[i] ?? 0
      const [blob, place] = [blobs[Math.floor(number / BLOB_ELEMENTS)] ?? new Uint8Array(), number % BLOB_ELEMENTS]
      assert.deepEqual(toHex(element), toHex(blob.slice(32 * place, 32 * place + 32)))
      assert.deepEqual(
        [toHex(commitment), toHex(proof)],
        [toHex(native.commit(blob)), toHex(native.prove(blob, place))],
      )
    })
    await assert.rejects(pool.openings(blobs, [2 * BLOB_ELEMENTS]), RangeError)
  })

  it('gives a task up when it is told so, and goes on with the next', async () => {
    const controller = new AbortController()
    const given = pool.sidecar(blobs, controller.signal)
    const refused = assert.rejects(given, { name: 'AbortError' })
    controller.abort()
    await refused
    assert.equal((await pool.hashes(blobs)).length, 2)
  })

  it('refuses what comes after it was stopped, and what was under way', async () => {
    await using other = new KzgPool()
    const refused = assert.rejects(other.hashes(blobs), { code: 'stopped' })
    await other.stop()
    await refused
    await assert.rejects(other.hashes(blobs), { code: 'stopped' })
  })
})

describe('a blob transaction for the wire', () => {
  it('is the signed one, then version 1, blobs, commitments and all cell proofs', async () => {
    const account = privateKeyToAccount(`0x${'11'.repeat(32)}`)
    const hash = blobHash(new Uint8Array(48))
    const signed = await account.signTransaction({
      type: 'eip4844',
      chainId: 1,
      to: account.address,
      maxFeePerGas: 1n,
      maxFeePerBlobGas: 1n,
      blobVersionedHashes: [hash],
    })
    const [blob, commitment, cell] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]
    const wrapped = wrapBlobTransaction(signed, {
      blobs: [blob],
      commitments: [commitment],
      cellProofs: [cell, cell],
      hashes: [hash],
    })
    assert.equal(sliceHex(wrapped, 0, 1), '0x03')
    const inner = fromRlp(sliceHex(signed, 1), 'hex')
    assert.deepEqual(fromRlp(sliceHex(wrapped, 1), 'hex'), [inner, '0x01', ['0x01'], ['0x02'], ['0x03', '0x03']])
  })
})
