// Both backends of the curve on the same bytes. What is final in Node must be final in a browser: they may differ nowhere.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUint, formatHex } from '../../../../node/protocol/bytes.ts'
import type { Secp256k1 } from '../../../../node/protocol/secp256k1/backend.ts'
import { secp256k1 as native } from '../../../../node/protocol/secp256k1/native.ts'
import { secp256k1 as noble } from '../../../../node/protocol/secp256k1/noble.ts'
import { recoverSender, signDigest } from '../../../../node/protocol/signature.ts'
import { recoveryCases, signingCases } from './signature-cases.ts'

const seed = 20_261_201
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

test(`both backends recover the same keys, and refuse the same signatures (seed ${seed})`, (t) => {
  let keys = 0
  let refused = 0
  for (const { digest, signature, recovery } of recoveryCases(seed, 400)) {
    const expected = native.recoverKey(digest, signature, recovery)
    const facts = [formatHex(digest), formatHex(signature), recovery].join(' ')
    assert.deepEqual(noble.recoverKey(digest, signature, recovery), expected && Uint8Array.from(expected), facts)
    if (expected === undefined) refused++
    else keys++
  }
  t.diagnostic(`${keys} keys, ${refused} refused`)
  assert.ok(keys > 1_000 && refused > 1_000)
})

test(`both backends make the same signatures and public keys, and refuse the same private keys (seed ${seed})`, (t) => {
  let signed = 0
  let refused = 0
  for (const { digest, privateKey } of signingCases(seed, 300)) {
    const facts = [formatHex(digest), formatHex(privateKey)].join(' ')
    assert.equal(keyBy(noble, privateKey), keyBy(native, privateKey), facts)
    // Above the order the nonces differ; signDigest gives neither backend such a digest.
    if (BigInt(`0x0${formatHex(digest)}`) >= order) continue
    const expected = signedBy(native, digest, privateKey)
    assert.equal(signedBy(noble, digest, privateKey), expected, facts)
    if (expected === 'refused') refused++
    else signed++
  }
  t.diagnostic(`${signed} signatures, ${refused} refused`)
  assert.ok(signed > 300 && refused > 10)
})

test('both backends make the same further signatures of one digest, each another one and each of the same signer', () => {
  for (const { digest, privateKey } of Array.from(signingCases(seed + 1, 20)).filter(
    ({ digest }) => digest.length === 32,
  )) {
    if (BigInt(`0x${formatHex(digest)}`) >= order || keyBy(native, privateKey) === 'refused') continue
    const made = [0n, 1n, 2n, 2n ** 40n, 2n ** 256n - 1n].map((number) => {
      const extra = encodeUint(number, 32)
      const { signature, recovery } = native.sign(digest, privateKey, extra)
      const other = noble.sign(digest, privateKey, extra)
      assert.deepEqual([Uint8Array.from(other.signature), other.recovery], [Uint8Array.from(signature), recovery])
      const key = native.recoverKey(digest, signature, recovery)
      assert.equal(key && formatHex(key), keyBy(native, privateKey))
      return formatHex(signature)
    })
    const plain = formatHex(native.sign(digest, privateKey).signature)
    assert.equal(new Set([plain, ...made]).size, made.length + 1)
  }
})

test('a digest above the order is signed as the rest of it is, and the signature holds for both', () => {
  const privateKey = new Uint8Array(32).fill(7)
  const rest = new Uint8Array(32).fill(0, 0, 31).fill(5, 31)
  const digest = Uint8Array.from((order + 5n).toString(16).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  const signature = signDigest(digest, privateKey)
  assert.deepEqual(signature, signDigest(rest, privateKey))
  assert.equal(recoverSender(digest, signature), recoverSender(rest, signature))
  assert.notEqual(recoverSender(digest, signature), undefined)
  assert.throws(() => signDigest(digest.subarray(1), privateKey), RangeError)
})

function keyBy(backend: Secp256k1, privateKey: Uint8Array): string {
  try {
    return formatHex(backend.publicKeyOf(privateKey))
  } catch {
    return 'refused'
  }
}

function signedBy(backend: Secp256k1, digest: Uint8Array, privateKey: Uint8Array): string {
  try {
    const { signature, recovery } = backend.sign(digest, privateKey)
    return `${formatHex(signature)} ${recovery}`
  } catch {
    return 'refused'
  }
}
