// The header of a bridging block: what it commits to, the work's challenge and the block's id.

import { concat, decodeUint, encodeUint } from './bytes.ts'
import { keccak } from './hash.ts'
import {
  type Address,
  type Hash,
  type Infohash,
  toAddress,
  toBytes,
  toHash,
  toInfohash,
  ZERO_ADDRESS,
  ZERO_HASH,
} from './ids.ts'
import { RuleError } from './rule-error.ts'

export const VERSION = 1
export const HEADER_BYTES = 229
export const SEALED_BYTES = 281

export type Header = {
  readonly chain: bigint
  readonly bridge: Address
  readonly parent: Hash
  readonly height: bigint
  readonly target: bigint
  readonly stepCount: number
  readonly traceRoot: Hash
  /** After the last step; the parent's if there is none. */
  readonly state: Hash
  readonly queueCount: bigint
  readonly queueHash: Hash
  /** Infohash of the block's torrent: a hint, never judged. */
  readonly torrent: Infohash
}

/** Who did the work, and its proof. */
type Seal = { readonly miner: Address; readonly nonce: Hash }
export type SealedHeader = { readonly header: Header; readonly seal: Seal }

export function encodeHeader(header: Header): Uint8Array {
  return concat(
    Uint8Array.of(VERSION),
    encodeUint(header.chain, 8),
    toBytes(header.bridge),
    toBytes(header.parent),
    encodeUint(header.height, 8),
    encodeUint(header.target, 32),
    encodeUint(header.stepCount, 4),
    toBytes(header.traceRoot),
    toBytes(header.state),
    encodeUint(header.queueCount, 8),
    toBytes(header.queueHash),
    toBytes(header.torrent),
  )
}

export function encodeSealed({ header, seal }: SealedHeader): Uint8Array {
  return concat(encodeHeader(header), toBytes(seal.miner), toBytes(seal.nonce))
}

/** Throws `RuleError('bad-header')` unless `bytes` are 281 bytes of version 1. */
export function decodeSealed(bytes: Uint8Array): SealedHeader {
  if (bytes.length !== SEALED_BYTES || bytes[0] !== VERSION) {
    throw new RuleError('bad-header', `expected a sealed header of ${SEALED_BYTES} bytes, version ${VERSION}`, {
      bytes: bytes.length,
    })
  }
  const at = (offset: number, width: number) => bytes.subarray(offset, offset + width)
  const header: Header = {
    chain: decodeUint(at(1, 8)),
    bridge: toAddress(at(9, 20)),
    parent: toHash(at(29, 32)),
    height: decodeUint(at(61, 8)),
    target: decodeUint(at(69, 32)),
    stepCount: Number(decodeUint(at(101, 4))),
    traceRoot: toHash(at(105, 32)),
    state: toHash(at(137, 32)),
    queueCount: decodeUint(at(169, 8)),
    queueHash: toHash(at(177, 32)),
    torrent: toInfohash(at(209, 20)),
  }
  return { header, seal: { miner: toAddress(at(229, 20)), nonce: toHash(at(249, 32)) } }
}

/** What the miner searches a nonce for: keccak(header). */
export function challengeOf(header: Header): Hash {
  return toHash(keccak(encodeHeader(header)))
}

/** The block's id, which is also the digest of its work (ERC-918): keccak(challenge ‖ miner ‖ nonce). */
export function blockId({ header, seal }: SealedHeader): Hash {
  return toHash(keccak(concat(toBytes(challengeOf(header)), toBytes(seal.miner), toBytes(seal.nonce))))
}

/** The block from which all others descend; nobody worked for it. */
export function genesisBlock(network: {
  readonly chain: bigint
  readonly bridge: Address
  readonly easiestTarget: bigint
  readonly state: Hash
  readonly genesis: Infohash
}): SealedHeader {
  const header: Header = {
    chain: network.chain,
    bridge: network.bridge,
    parent: ZERO_HASH,
    height: 0n,
    target: network.easiestTarget,
    stepCount: 0,
    traceRoot: ZERO_HASH,
    state: network.state,
    queueCount: 0n,
    queueHash: ZERO_HASH,
    torrent: network.genesis,
  }
  return { header, seal: { miner: ZERO_ADDRESS, nonce: ZERO_HASH } }
}
