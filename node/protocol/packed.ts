// The tight binary form of a signed transaction, from which the contract writes the file (docs/protocol.md section 2.6).

import { ASSET_BYTES, encodeAsset } from './asset.ts'
import { concat, decodeUint, encodeText, encodeUint } from './bytes.ts'
import { type Address, type Infohash, toAddress, toBytes, toInfohash } from './ids.ts'
import { MAX_OFFER_INPUTS, offerSize, type PackedOffer, packOffer, unpackOffer } from './offer.ts'
import { MAX_INPUTS, MAX_MEMO } from './rules.ts'
import type { PackableTransaction, SignedTransaction, TakeTransaction } from './transaction.ts'

/** What the packed form holds: all but what can be derived. */
export type PackedFields = PackedTransfer | PackedTake

/** A transfer, a request or an issuance; the sender follows, and a request's `to` and chain. */
export type PackedTransfer = {
  readonly kind: 'signed'
  readonly request: boolean
  readonly issuance: boolean
  /** kind(1) ‖ asset(20), absent if it moves TTX. Not judged here. */
  readonly asset?: Uint8Array
  readonly time: number
  /** r ‖ s ‖ v. */
  readonly signature: Uint8Array
  /** The payee; in a request the recipient on Ethereum. */
  readonly payee: Address
  /** What it moves, or issues. */
  readonly tokens: bigint
  readonly prev: readonly Infohash[]
  /** Each byte one character; absent if empty. Not judged here. */
  readonly memo?: string
}

/** Maker and taker follow. */
export type PackedTake = {
  readonly kind: 'take'
  readonly request: false
  readonly offer: PackedOffer
  readonly time: number
  /** r ‖ s ‖ v. */
  readonly signature: Uint8Array
  readonly prev: readonly Infohash[]
  readonly memo?: string
}

const FIXED = 107
/** Of a take: its flags, the length of its memo, the flags of the offer, time, r and s. */
const TAKE_FIXED = 72
const TAKE = 0x80
/** All that the flags of a take may have: the count of its inputs, v, and that it is one. */
const TAKE_FLAGS = 0x8b
const REQUEST = 0x10
const ASSET = 0x20
const ISSUANCE = 0x40
/** An issuance has neither of the two flags below its own. */
const MOST_FLAGS = 0x4f

/** Bytes of the packed transaction that begins at `offset`, or 0 if what is there has no shape. */
export function packedSizeAt(bytes: Uint8Array, offset: number): number {
  const flags = bytes[offset] ?? 0
  const memoLength = bytes[offset + 1] ?? 0
  if ((flags & TAKE) !== 0) return takeSizeAt(bytes, offset)
  const size = prevOffset(flags) + 20 * ((flags & 7) + 1) + memoLength
  return flags <= MOST_FLAGS && memoLength <= MAX_MEMO && offset + size <= bytes.length ? size : 0
}

/** Throws a `RangeError` where a field does not fit; the fields of a file that `decodeTransaction` accepted always fit. */
export function packTransaction(tx: PackableTransaction): Uint8Array {
  if (tx.kind === 'take') return packTake(tx)
  if (tx.prev.length < 1 || tx.prev.length > MAX_INPUTS) throw new RangeError(`1 to ${MAX_INPUTS} inputs can be packed`)
  const { memo, v } = packable(tx)
  return concat(
    Uint8Array.of((tx.prev.length - 1) | (v << 3) | flagsOf(tx), memo.length),
    encodeUint(tx.time, 5),
    tx.signature.subarray(0, 64),
    toBytes(tx.bridge?.to ?? tx.to),
    encodeUint(tx.tokens, 16),
    ...(tx.asset === undefined ? [] : [encodeAsset(tx.asset)]),
    ...tx.prev.map(toBytes),
    memo,
  )
}

/** Total: `undefined` if `bytes` has no shape or is longer than its shape says. */
export function unpackTransaction(bytes: Uint8Array): PackedFields | undefined {
  if (packedSizeAt(bytes, 0) !== bytes.length || bytes.length === 0) return undefined
  const flags = bytes[0] ?? 0
  if ((flags & TAKE) !== 0) return unpackTake(bytes)
  const count = (flags & 7) + 1
  const begin = prevOffset(flags)
  const memoOffset = begin + 20 * count
  return {
    kind: 'signed',
    request: (flags & REQUEST) !== 0,
    issuance: (flags & ISSUANCE) !== 0,
    ...((flags & ASSET) === 0 ? {} : { asset: bytes.slice(FIXED, begin) }),
    time: Number(decodeUint(bytes.subarray(2, 7))),
    signature: concat(bytes.subarray(7, 71), Uint8Array.of(27 + ((flags >> 3) & 1))),
    payee: toAddress(bytes.subarray(71, 91)),
    tokens: decodeUint(bytes.subarray(91, 107)),
    prev: infohashesAt(bytes, begin, count),
    ...memoAt(bytes, memoOffset),
  }
}

function takeSizeAt(bytes: Uint8Array, offset: number): number {
  const [flags = 0, memoLength = 0, offerFlags = 0] = bytes.subarray(offset, offset + 3)
  const offer = offerSize(offerFlags)
  const size = TAKE_FIXED + offer + 20 * ((flags & 3) + 1) + memoLength
  const isRight = (flags & ~TAKE_FLAGS) === 0 && memoLength <= MAX_MEMO && offer !== 0
  return isRight && offset + size <= bytes.length ? size : 0
}

function packTake(tx: TakeTransaction): Uint8Array {
  const count = tx.prev.length
  if (count < 1 || count > MAX_OFFER_INPUTS) throw new RangeError(`1 to ${MAX_OFFER_INPUTS} inputs can be packed`)
  const { memo, v } = packable(tx)
  const offer = packOffer(tx.offer)
  return concat(
    Uint8Array.of((count - 1) | (v << 3) | TAKE, memo.length),
    offer.subarray(0, 1),
    encodeUint(tx.time, 5),
    tx.signature.subarray(0, 64),
    offer.subarray(1),
    ...tx.prev.map(toBytes),
    memo,
  )
}

/** `bytes` has the shape of a take. */
function unpackTake(bytes: Uint8Array): PackedTake | undefined {
  const [flags = 0, , offerFlags = 0] = bytes
  const count = (flags & 3) + 1
  const begin = TAKE_FIXED + offerSize(offerFlags)
  const offer = unpackOffer(concat(bytes.subarray(2, 3), bytes.subarray(TAKE_FIXED, begin)))
  return (
    offer && {
      kind: 'take',
      request: false,
      offer,
      time: Number(decodeUint(bytes.subarray(3, 8))),
      signature: concat(bytes.subarray(8, 72), Uint8Array.of(27 + ((flags >> 3) & 1))),
      prev: infohashesAt(bytes, begin, count),
      ...memoAt(bytes, begin + 20 * count),
    }
  )
}

function packable(tx: PackableTransaction): { readonly memo: Uint8Array; readonly v: number } {
  const memo = encodeText(tx.memo ?? '')
  if (memo.length > MAX_MEMO) throw new RangeError(`at most ${MAX_MEMO} bytes of memo can be packed`)
  const v = (tx.signature[64] ?? 0) - 27
  if (v !== 0 && v !== 1) throw new RangeError('v must be 27 or 28')
  return { memo, v }
}

function infohashesAt(bytes: Uint8Array, offset: number, count: number): Infohash[] {
  return Array.from({ length: count }, (_, i) => toInfohash(bytes.subarray(offset + 20 * i, offset + 20 * (i + 1))))
}

function memoAt(bytes: Uint8Array, offset: number): { readonly memo?: string } {
  return offset < bytes.length ? { memo: String.fromCharCode(...bytes.subarray(offset)) } : {}
}

function flagsOf({ bridge, asset, issuance }: SignedTransaction): number {
  return (bridge ? REQUEST : 0) | (asset === undefined ? 0 : ASSET) | (issuance ? ISSUANCE : 0)
}

function prevOffset(flags: number): number {
  return FIXED + ((flags & ASSET) === 0 ? 0 : ASSET_BYTES)
}
