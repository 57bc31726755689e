// Offers: what somebody would give for what, signed. A file, but no transaction: it moves nothing until it is taken (docs/protocol.md section 2.8).

import { ASSET_BYTES, type Asset, decodeAsset, encodeAsset } from './asset.ts'
import { concat, decodeUint, encodeText, encodeUint, formatHex } from './bytes.ts'
import { type Address, type Infohash, toAddress, toBytes, toInfohash } from './ids.ts'
import { addressIn, assetIn, decimalIn, hexIn, inputsIn, recordIn, timeIn } from './members.ts'
import { MAX_TOKENS } from './rules.ts'
import { SIGNATURE_BYTES } from './signature.ts'

/** Outputs that an offer, and that a take, may spend: both have to fit into one step. */
export const MAX_OFFER_INPUTS = 4

/** Base units of an asset; of TTX if there is none. */
export type Amount = { readonly tokens: bigint; readonly asset?: Asset }

/** The part of an offer that its maker signs. */
export type OfferBody = {
  readonly give: Amount
  readonly want: Amount
  /** Who alone may take it. */
  readonly taker?: Address
  /** Unix seconds, never compared with anything. */
  readonly time: number
  /** Of the maker, of the asset that is given. */
  readonly prev: readonly Infohash[]
}

export type Offer = OfferBody & {
  /** The maker. */
  readonly from: Address
  /** r ‖ s ‖ v, 65 bytes. */
  readonly signature: Uint8Array
}

/** What the packed form holds: all but the maker, who follows from the signature. Amounts have kind(1) ‖ asset(20), not judged here. */
export type PackedOffer = Omit<OfferBody, 'give' | 'want'> & {
  readonly give: PackedAmount
  readonly want: PackedAmount
  readonly signature: Uint8Array
}
type PackedAmount = { readonly tokens: bigint; readonly asset?: Uint8Array }

const COUNT = 0x03
const GIVES_ASSET = 0x04
const WANTS_ASSET = 0x08
const V = 0x10
const NAMES_TAKER = 0x20
const MOST_FLAGS = 0x3f
const TOKENS_BYTES = 16
const ADDRESS_BYTES = 20
/** time ‖ r ‖ s. */
const SIGNED_BYTES = 69

/** Bytes of a packed offer behind its flags, or 0 if these mean nothing. */
export function offerSize(flags: number): number {
  if (flags > MOST_FLAGS) return 0
  const assets = ((flags & GIVES_ASSET) === 0 ? 0 : ASSET_BYTES) + ((flags & WANTS_ASSET) === 0 ? 0 : ASSET_BYTES)
  const taker = (flags & NAMES_TAKER) === 0 ? 0 : ADDRESS_BYTES
  return SIGNED_BYTES + 2 * TOKENS_BYTES + assets + taker + 20 * ((flags & COUNT) + 1)
}

/** Throws a `RangeError` where a field does not fit; the fields of a file that `readOffer` accepted always fit. */
export function packOffer({ give, want, taker, time, prev, signature }: Offer): Uint8Array {
  if (prev.length < 1 || prev.length > MAX_OFFER_INPUTS)
    throw new RangeError(`1 to ${MAX_OFFER_INPUTS} inputs can be packed`)
  const v = (signature[64] ?? 0) - 27
  if (v !== 0 && v !== 1) throw new RangeError('v must be 27 or 28')
  const flags =
    (prev.length - 1) |
    (give.asset === undefined ? 0 : GIVES_ASSET) |
    (want.asset === undefined ? 0 : WANTS_ASSET) |
    (v === 0 ? 0 : V) |
    (taker === undefined ? 0 : NAMES_TAKER)
  const amount = ({ tokens, asset }: Amount) => [
    encodeUint(tokens, TOKENS_BYTES),
    ...(asset === undefined ? [] : [encodeAsset(asset)]),
  ]
  return concat(
    Uint8Array.of(flags),
    encodeUint(time, 5),
    signature.subarray(0, 64),
    ...amount(give),
    ...amount(want),
    ...(taker === undefined ? [] : [toBytes(taker)]),
    ...prev.map(toBytes),
  )
}

/** Total: `undefined` if `bytes` has no shape or is longer than its shape says. */
export function unpackOffer(bytes: Uint8Array): PackedOffer | undefined {
  const flags = bytes[0] ?? MOST_FLAGS + 1
  const size = offerSize(flags)
  if (size === 0 || bytes.length !== 1 + size) return undefined
  let offset = 1
  const next = (length: number) => {
    offset += length
    return bytes.slice(offset - length, offset)
  }
  const amount = (flag: number): PackedAmount => {
    const tokens = decodeUint(next(TOKENS_BYTES))
    return (flags & flag) === 0 ? { tokens } : { tokens, asset: next(ASSET_BYTES) }
  }
  const time = Number(decodeUint(next(5)))
  const signature = concat(next(64), Uint8Array.of((flags & V) === 0 ? 27 : 28))
  const [give, want] = [amount(GIVES_ASSET), amount(WANTS_ASSET)]
  const taker = (flags & NAMES_TAKER) === 0 ? {} : { taker: toAddress(next(ADDRESS_BYTES)) }
  const prev = Array.from({ length: (flags & COUNT) + 1 }, () => toInfohash(next(20)))
  return { give, want, ...taker, time, prev, signature }
}

/** What is packed, as people read it; undefined where an asset is of no kind. */
export function amountOf({ tokens, asset }: PackedAmount): Amount | undefined {
  if (asset === undefined) return { tokens }
  const decoded = decodeAsset(asset)
  return decoded && { tokens, asset: decoded }
}

/** The file's bytes: canonical JSON, as a take has them within its own. */
export function encodeOffer(offer: Offer): Uint8Array {
  return encodeText(formatOffer(offer))
}

export function formatOffer({ from, give, prev, signature, taker, time, want }: Offer): string {
  const inputs = prev.map((infohash) => `"${infohash}"`).join(',')
  const who = taker === undefined ? '' : `"taker":"${taker}",`
  return `{"from":"${from}","give":${formatAmount(give)},"prev":[${inputs}],"signature":"0x${formatHex(signature)}",${who}"time":${time},"want":${formatAmount(want)}}`
}

/** Throws `RuleError('bad-transaction-file')`. Whether the bytes are those that `encodeOffer` writes is for the caller to see. */
export function readOffer(value: unknown): Offer {
  const members = recordIn(value, 'offer')
  return {
    from: addressIn(members['from'], 'offer.from'),
    give: amountIn(members['give'], 'offer.give'),
    want: amountIn(members['want'], 'offer.want'),
    ...('taker' in members ? { taker: addressIn(members['taker'], 'offer.taker') } : {}),
    time: timeIn(members['time']),
    prev: inputsIn(members['prev'], MAX_OFFER_INPUTS),
    signature: hexIn(members['signature'], 'offer.signature', SIGNATURE_BYTES),
  }
}

function amountIn(value: unknown, name: string): Amount {
  const members = recordIn(value, name)
  const asset = 'asset' in members ? { asset: assetIn(members['asset']) } : {}
  return { tokens: decimalIn(members['tokens'], `${name}.tokens`, MAX_TOKENS), ...asset }
}

function formatAmount({ tokens, asset }: Amount): string {
  return asset === undefined ? `{"tokens":"${tokens}"}` : `{"asset":"${asset}","tokens":"${tokens}"}`
}
