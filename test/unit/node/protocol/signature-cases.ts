// Signatures to compare two implementations on: right ones, those at every edge of the numbers, and noise. Nothing of Node.

import { decodeUint, encodeUint } from '../../../../node/protocol/bytes.ts'
import { publicKeyOf, signDigest } from '../../../../node/protocol/signature.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'

/** `signature` is r ‖ s; `recovery` says which of up to four keys is meant. Any of the three may be malformed. */
export type RecoveryCase = {
  readonly digest: Uint8Array
  readonly signature: Uint8Array
  readonly recovery: number
}

/** Either may be malformed. */
export type SigningCase = { readonly digest: Uint8Array; readonly privateKey: Uint8Array }

/** The order of the curve, and of its field. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const P = 2n ** 256n - 2n ** 32n - 977n
/** Numbers at which a check could be off by one. `P - N` is the first r whose x cannot be r + N. */
const EDGES = [0n, 1n, 2n, N / 2n, N / 2n + 1n, N - 1n, N, N + 1n, P - N - 1n, P - N, P - 1n, P, 2n ** 256n - 1n]
const RECOVERIES = [0, 1, 2, 3]

/** A fixed list of edges, then `count` right signatures with their near misses, and as much noise. */
export function* recoveryCases(seed: number, count: number): Generator<RecoveryCase> {
  yield* edges()
  yield* malformed()
  yield* meetings()
  yield* smallNumbers()
  const random = randomOf(seed)
  for (let i = 0; i < count; i++) {
    yield* nearMisses(random)
    yield { digest: bytesOf(random), signature: bytesOf(random, 64), recovery: Math.floor(random() * 4) }
  }
}

export function* signingCases(seed: number, count: number): Generator<SigningCase> {
  const random = randomOf(seed)
  const [digest, privateKey] = [bytesOf(random), bytesOf(random)]
  for (const edge of EDGES) {
    yield { digest, privateKey: word(edge) }
    yield { digest: word(edge), privateKey }
  }
  for (const length of [0, 31, 33, 64]) {
    yield { digest, privateKey: bytesOf(random, length) }
    yield { digest: bytesOf(random, length), privateKey }
  }
  for (let i = 0; i < count; i++) yield { digest: bytesOf(random), privateKey: bytesOf(random) }
}

/** All pairs of edges, and the x of the generator, which is on the curve. */
function* edges(): Generator<RecoveryCase> {
  for (const r of [...EDGES, xOf(1n)]) {
    for (const s of EDGES) {
      for (const digest of [0n, N, P / 3n]) {
        for (const recovery of RECOVERIES) yield caseOf(digest, r, s, recovery)
      }
    }
  }
}

/** Wrong lengths and numbers beside a right signature. */
function* malformed(): Generator<RecoveryCase> {
  const [digest, privateKey] = [word(7n), word(8n)]
  const signature = signDigest(digest, privateKey).subarray(0, 64)
  for (const recovery of [...RECOVERIES, -1, 4, 27, 28, 255]) yield { digest, signature, recovery }
  for (const length of [0, 1, 31, 33, 64]) yield { digest: new Uint8Array(length).fill(7), signature, recovery: 0 }
  for (const length of [0, 1, 32, 63, 65]) yield { digest, signature: new Uint8Array(length).fill(7), recovery: 0 }
}

/** sR meets mG, so that the key is the point at infinity, or -mG, so that two equal points are added. */
function* meetings(): Generator<RecoveryCase> {
  for (const k of [1n, 2n, 3n, N / 2n, N - 2n, N - 1n]) {
    for (const m of [1n, 2n, N / 3n, N - 1n]) {
      const s = modN(m * inverse(k))
      for (const recovery of RECOVERIES) {
        yield caseOf(m, modN(xOf(k)), s, recovery)
        yield caseOf(m, modN(xOf(k)), N - s, recovery)
      }
    }
  }
}

/** Half of all numbers are not an x of the curve; only r below P - N can mean r + N. */
function* smallNumbers(): Generator<RecoveryCase> {
  for (let r = 1n; r <= 40n; r++) {
    for (const recovery of RECOVERIES) {
      yield caseOf(P / 3n, r, N / 5n, recovery)
      yield caseOf(P / 3n, P - N - r, N / 5n, recovery)
    }
  }
}

/** A right signature, the other recovery, the high s with both, and a flipped bit. */
function* nearMisses(random: () => number): Generator<RecoveryCase> {
  const digest = bytesOf(random)
  const signed = signDigest(digest, word(1n + (decodeUint(bytesOf(random)) % (N - 1n))))
  const signature = signed.subarray(0, 64)
  const recovery = (signed[64] ?? 0) - 27
  const high = Uint8Array.of(...signature.subarray(0, 32), ...word(N - decodeUint(signature.subarray(32))))
  const flipped = Uint8Array.from(signature)
  const bit = Math.floor(random() * 512)
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  yield { digest, signature, recovery }
  yield { digest, signature, recovery: recovery ^ 1 }
  yield { digest, signature: high, recovery }
  yield { digest, signature: high, recovery: recovery ^ 1 }
  yield { digest, signature: flipped, recovery }
}

function caseOf(digest: bigint, r: bigint, s: bigint, recovery: number): RecoveryCase {
  return { digest: word(digest), signature: Uint8Array.of(...word(r), ...word(s)), recovery }
}

/** The x of k times the generator. */
function xOf(k: bigint): bigint {
  return decodeUint(publicKeyOf(word(k)).subarray(0, 32))
}

function inverse(k: bigint): bigint {
  let [a, b, x, y] = [modN(k), N, 1n, 0n]
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x]
  return modN(x)
}

function modN(value: bigint): bigint {
  return ((value % N) + N) % N
}

function word(value: bigint): Uint8Array {
  return encodeUint(value, 32)
}

function bytesOf(random: () => number, length = 32): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}
