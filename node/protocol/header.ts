// The header of a bridging block: what it commits to, the work's challenge and the block's id.

import { concat, decodeUint, encodeUint } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Address, type Hash, toAddress, toBytes, toHash, ZERO_ADDRESS, ZERO_HASH } from './ids.ts'
import { EMPTY_LANES, LANES, type LanePoints, ofLanes } from './queue.ts'
import { RuleError } from './rule-error.ts'
import { SUPPLY } from './rules.ts'
import { type BaseUnits, type Gwei, toBaseUnits, toGwei } from './units.ts'

export const VERSION = 2
export const HEADER_BYTES = 365
export const SEALED_BYTES = 417

export type Header = {
  readonly chain: bigint
  readonly bridge: Address
  readonly parent: Hash
  readonly height: bigint
  readonly target: bigint
  readonly stepCount: number
  /** Entries that the state has more after the block than before, -32,768 to 32,767; said where the rows are in blobs, else 0. */
  readonly growth: number
  readonly traceRoot: Hash
  /** After the last step; the parent's if there is none. */
  readonly state: Hash
  /** TTX on the TTX side after the block. */
  readonly supply: BaseUnits
  /** wTTX that the miner earns at finality. */
  readonly fee: BaseUnits
  /** What came with the forced transactions which the block consumes. */
  readonly queueFees: Gwei
  /** Requests before this block, on its branch; its own have the numbers from here on. */
  readonly firstRequest: bigint
  readonly requestCount: number
  /** Of the tree over the requests, docs/protocol.md section 5.1; zero for none. */
  readonly requestsRoot: Hash
  /** Where the block leaves the queue. */
  readonly lanes: LanePoints
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
    encodeUint(header.stepCount, 2),
    encodeUint(header.growth & 0xffff, 2),
    toBytes(header.traceRoot),
    toBytes(header.state),
    encodeUint(header.supply, 12),
    encodeUint(header.fee, 12),
    encodeUint(header.queueFees, 8),
    encodeUint(header.firstRequest, 8),
    encodeUint(header.requestCount, 4),
    toBytes(header.requestsRoot),
    ...LANES.flatMap((lane) => [encodeUint(header.lanes[lane].count, 8), toBytes(header.lanes[lane].hash)]),
  )
}

export function encodeSealed({ header, seal }: SealedHeader): Uint8Array {
  return concat(encodeHeader(header), toBytes(seal.miner), toBytes(seal.nonce))
}

/** Throws `RuleError('bad-header')` unless `bytes` are 417 bytes of version 2. */
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
    stepCount: Number(decodeUint(at(101, 2))),
    growth: toGrowth(Number(decodeUint(at(103, 2)))),
    traceRoot: toHash(at(105, 32)),
    state: toHash(at(137, 32)),
    supply: toBaseUnits(decodeUint(at(169, 12))),
    fee: toBaseUnits(decodeUint(at(181, 12))),
    queueFees: toGwei(decodeUint(at(193, 8))),
    firstRequest: decodeUint(at(201, 8)),
    requestCount: Number(decodeUint(at(209, 4))),
    requestsRoot: toHash(at(213, 32)),
    lanes: ofLanes((lane) => {
      const offset = 245 + 40 * LANES.indexOf(lane)
      return { count: decodeUint(at(offset, 8)), hash: toHash(at(offset + 8, 32)) }
    }),
  }
  return { header, seal: { miner: toAddress(at(365, 20)), nonce: toHash(at(385, 32)) } }
}

/** The number whose lower 16 bits, as two's complement, are those of `value`. */
export function toGrowth(value: number): number {
  return (value << 16) >> 16
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
}): SealedHeader {
  const header: Header = {
    chain: network.chain,
    bridge: network.bridge,
    parent: ZERO_HASH,
    height: 0n,
    target: network.easiestTarget,
    stepCount: 0,
    growth: 0,
    traceRoot: ZERO_HASH,
    state: network.state,
    supply: toBaseUnits(SUPPLY),
    fee: toBaseUnits(0n),
    queueFees: toGwei(0n),
    firstRequest: 0n,
    requestCount: 0,
    requestsRoot: ZERO_HASH,
    lanes: EMPTY_LANES,
  }
  return { header, seal: { miner: ZERO_ADDRESS, nonce: ZERO_HASH } }
}
