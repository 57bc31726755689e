// Each kernel that runs here finds exactly the nonces that viem's Keccak-256 says it must, in order, none left out.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { keccak256 } from 'viem'
import { checkKernel, createKernel, kernelsHere } from '../../../../../miner/work/kernels/kernels.ts'
import { KERNELS } from '../../../../../miner/work/kernels/names.ts'
import type { NonceSearch } from '../../../../../miner/work/kernels/search.ts'
import { WASM_FILE } from '../../../../../miner/work/kernels/wasm.ts'
import { encodeNonce, noncePrefix, PREFIX_BYTES, type Work } from '../../../../../miner/work/nonce.ts'
import { concat } from '../../../../../node/protocol/bytes.ts'
import { parseAddress, parseHash, toAddress, toBytes, toHash } from '../../../../../node/protocol/ids.ts'
import { buildWasm } from '../../../../../scripts/make/build-wasm.ts'
import vectors from '../../../../vectors/work.json' with { type: 'json' }

const seed = 20_260_101
const greatest = 2n ** 256n - 1n

test('a rebuild of the WebAssembly gives the committed bytes', async () => {
  assert.deepEqual(Buffer.from(await buildWasm('miner/work/kernels/wasm/keccak-search.wasm')), readFileSync(WASM_FILE))
})

for (const name of KERNELS) {
  if (!kernelsHere().includes(name)) {
    test(`${name}`, { skip: 'this machine cannot run it, or has no compiler' }, () => {})
    continue
  }
  const search = createKernel(name)

  for (const vector of vectors.digests) {
    const nonce = toBytes(parseHash(vector.nonce))
    // The searches leave the last four bytes zero.
    if (!nonce.subarray(28).every((byte) => byte === 0)) continue
    test(`${name} judges the vector: ${vector.name}`, () => {
      const counter = new DataView(nonce.buffer).getBigUint64(PREFIX_BYTES, true)
      search.load(
        { challenge: parseHash(vector.challenge), miner: parseAddress(vector.miner), target: BigInt(vector.target) },
        nonce.subarray(0, PREFIX_BYTES),
      )
      assert.equal(search.search(counter, 1), vector.meets ? counter : undefined)
    })
  }

  test(`${name} finds every hit in a range and nothing else (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.record({
          challenge: fc.uint8Array({ minLength: 32, maxLength: 32 }),
          miner: fc.uint8Array({ minLength: 20, maxLength: 20 }),
          prefix: fc.uint8Array({ minLength: PREFIX_BYTES, maxLength: PREFIX_BYTES }),
          start: fc.bigInt(0n, 2n ** 64n - 1_000n),
          count: fc.integer({ min: 1, max: 40 }),
          easiness: fc.integer({ min: 248, max: 256 }),
          rest: fc.bigInt(0n, greatest),
        }),
        ({ challenge, miner, prefix, start, count, easiness, rest }) => {
          const target = rest >> BigInt(256 - easiness)
          const work = { challenge: toHash(challenge), miner: toAddress(miner), target }
          const expected = digests(work, prefix, start, count).flatMap((digest, i) =>
            digest <= target ? [start + BigInt(i)] : [],
          )
          assert.deepEqual(findAll(search, work, prefix, start, count), expected)
        },
      ),
      { seed, numRuns: 60 },
    )
  })

  test(`${name} takes a target inclusively, to the last of its 256 bits`, () => {
    const prefix = noncePrefix(new Uint8Array(16).fill(3), 1)
    const base = { challenge: toHash(new Uint8Array(32).fill(1)), miner: toAddress(new Uint8Array(20).fill(2)) }
    const count = 20
    const all = digests({ ...base, target: 0n }, prefix, 0n, count)
    const least = all.toSorted((a, b) => (a < b ? -1 : 1))[0] ?? 0n
    const at = BigInt(all.indexOf(least))
    const first = (target: bigint) => {
      search.load({ ...base, target }, prefix)
      return search.search(0n, count)
    }
    assert.equal(first(least), at)
    assert.equal(first(least + 1n), at)
    assert.equal(first(least - 1n), undefined)
    assert.equal(first((least >> 192n) << 192n), undefined)
    assert.equal(first(least | ((1n << 192n) - 1n)), at)
    assert.equal(first(0n), undefined)
    assert.equal(first(2n ** 160n), undefined)
    assert.equal(first(greatest), 0n)
  })

  test(`${name} tries all of a range over the border of 32 bits, whatever its length, and none beyond (seed ${seed})`, () => {
    const prefix = noncePrefix(new Uint8Array(16).fill(9), 7)
    const work = {
      challenge: toHash(new Uint8Array(32).fill(4)),
      miner: toAddress(new Uint8Array(20)),
      target: greatest,
    }
    for (const border of [2n ** 32n, 2n ** 53n, 2n ** 63n]) {
      const from = border - 9n
      const all = digests(work, prefix, from, 40)
      for (let count = 1; count <= 40; count++) {
        // Only the last one of the range, and only the one behind it.
        const last = all[count - 1] ?? 0n
        search.load({ ...work, target: last }, prefix)
        const first = all.findIndex((digest) => digest <= last)
        assert.equal(search.search(from, count), from + BigInt(first))
        const [least = 0n] = all.slice(0, count).toSorted((a, b) => (a < b ? -1 : 1))
        search.load({ ...work, target: least - 1n }, prefix)
        assert.equal(search.search(from, count), undefined)
      }
    }
  })

  test(`${name} goes on with a new work after another`, () => {
    const prefix = noncePrefix(new Uint8Array(16), 0)
    const works = [1, 2, 1].map((byte) => ({
      challenge: toHash(new Uint8Array(32).fill(byte)),
      miner: toAddress(new Uint8Array(20)),
      target: 2n ** 252n,
    }))
    const finds = works.map((work) => findAll(search, work, prefix, 0n, 200))
    assert.deepEqual(finds[0], finds[2])
    assert.notDeepEqual(finds[0], finds[1])
  })
}

test('a kernel that leaves a find out, or finds one too many, is wrong', () => {
  const right = createKernel('noble')
  const forgetful = (left: bigint): NonceSearch => ({
    ...right,
    search(start, count) {
      const hit = right.search(start, count)
      return hit === undefined || hit % left !== 0n ? hit : right.search(hit + 1n, Number(start - hit) + count - 1)
    },
  })
  const eager: NonceSearch = { ...right, search: (start, count) => right.search(start, count) ?? start }
  checkKernel('wasm', right)
  for (const wrong of [forgetful(5n), eager]) {
    assert.throws(() => checkKernel('wasm', wrong), { code: 'kernel-wrong', message: /kernel wasm/ })
  }
})

function findAll(search: NonceSearch, work: Work, prefix: Uint8Array, start: bigint, count: number): bigint[] {
  search.load(work, prefix)
  const found: bigint[] = []
  const end = start + BigInt(count)
  for (let from = start; from < end; ) {
    const hit = search.search(from, Number(end - from))
    if (hit === undefined) break
    found.push(hit)
    from = hit + 1n
  }
  return found
}

function digests(work: Work, prefix: Uint8Array, start: bigint, count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => {
    const nonce = toBytes(encodeNonce(prefix, start + BigInt(i)))
    return BigInt(keccak256(concat(toBytes(work.challenge), toBytes(work.miner), nonce)))
  })
}
