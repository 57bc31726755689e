// What is hashed to seal a block, and which bytes of the nonce belong to whom, so that no two searches try the same nonce.

import { concat, decodeUint } from '../../node/protocol/bytes.ts'
import { keccak } from '../../node/protocol/hash.ts'
import { type Address, type Hash, toBytes, toHash } from '../../node/protocol/ids.ts'

/** What a nonce is searched for. `target` is inclusive, 0 to 2^256 - 1. */
export type Work = { readonly challenge: Hash; readonly miner: Address; readonly target: bigint }

/** `digest = keccak(challenge ‖ miner ‖ nonce)`, which is also the id of the block. */
export type Solution = { readonly work: Work; readonly nonce: Hash; readonly digest: Hash }

/** challenge(32) ‖ miner(20) ‖ nonce(32) */
export const MESSAGE_BYTES = 84
/** Random bytes that a process puts in front of all its nonces; the miner's address alone does not tell two machines apart. */
export const SESSION_BYTES = 16
export const PREFIX_BYTES = 20
/** Where the counter is in the message. A multiple of 8, so that it is one lane of Keccak's state. */
const COUNTER_OFFSET = 72

/** nonce = session(16) ‖ worker(4) ‖ counter(8, little-endian) ‖ 0(4). `worker` is below 2^32. */
export function noncePrefix(session: Uint8Array, worker: number): Uint8Array {
  const prefix = new Uint8Array(PREFIX_BYTES)
  prefix.set(session)
  new DataView(prefix.buffer).setUint32(SESSION_BYTES, worker)
  return prefix
}

/** The message whose counter is zero. */
export function encodeMessage(work: Work, prefix: Uint8Array): Uint8Array {
  return concat(toBytes(work.challenge), toBytes(work.miner), prefix, new Uint8Array(12))
}

/** Sets the counter of a message in place; counters are below 2^64. */
export function writeCounter(message: DataView, counter: bigint): void {
  message.setBigUint64(COUNTER_OFFSET, counter, true)
}

export function encodeNonce(prefix: Uint8Array, counter: bigint): Hash {
  const nonce = new Uint8Array(32)
  nonce.set(prefix)
  new DataView(nonce.buffer).setBigUint64(PREFIX_BYTES, counter, true)
  return toHash(nonce)
}

export function digestOf(work: Work, nonce: Hash): Hash {
  return toHash(keccak(concat(toBytes(work.challenge), toBytes(work.miner), toBytes(nonce))))
}

/** Whether the digest, as a big-endian number of 256 bits, is at most the target. */
export function meetsTarget(digest: Hash, target: bigint): boolean {
  return decodeUint(toBytes(digest)) <= target
}

/** The first 8 bytes of a target's 32: what fast loops compare before anything else. */
export function highBits(target: bigint): bigint {
  return target >> 192n
}
