// What a sender signs: flat EIP-712 typed data, so that browser and hardware wallets show it.

import { type Asset, encodeAsset } from './asset.ts'
import { concat, encodeText, encodeUint, formatHex, parseHex } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Address, type Infohash, toBytes, ZERO_ADDRESS } from './ids.ts'
import { type Offer, type OfferBody, packOffer } from './offer.ts'

/** The part of a transaction that is signed. A transfer; with `bridge` a request; with `issuance` one, which has neither `bridge` nor `asset`. */
export type TransactionBody = {
  readonly to: Address
  /** Base units of the asset. */
  readonly tokens: bigint
  /** What it moves, TTX if there is none. */
  readonly asset?: Asset
  /** It creates `tokens` of a new asset, whose id is the infohash of the transaction. */
  readonly issuance?: true
  readonly memo?: string
  readonly bridge?: { readonly chain: bigint; readonly to: Address }
  /** Unix seconds, never compared with anything. */
  readonly time: number
  readonly prev: readonly Infohash[]
}

const DOMAIN = { name: 'TorrentTX', version: '1' } as const

const TO = { name: 'to', type: 'address' } as const
const TOKENS = { name: 'tokens', type: 'uint256' } as const
const ASSET = [
  { name: 'assetKind', type: 'uint256' },
  { name: 'asset', type: 'bytes20' },
] as const
const MEMO = { name: 'memo', type: 'string' } as const
const BRIDGE = [
  { name: 'bridgeChain', type: 'uint256' },
  { name: 'bridgeTo', type: 'address' },
] as const
const HALVES = [
  { name: 'give', type: 'uint256' },
  { name: 'giveKind', type: 'uint256' },
  { name: 'giveAsset', type: 'bytes20' },
  { name: 'want', type: 'uint256' },
  { name: 'wantKind', type: 'uint256' },
  { name: 'wantAsset', type: 'bytes20' },
] as const
const ENDING = [
  { name: 'time', type: 'uint256' },
  { name: 'prev', type: 'bytes20[]' },
] as const

/** For `signTypedData` of a wallet: a primary type for each form, so that nothing that was signed as one is another. */
const TYPES = {
  Transaction: [TO, TOKENS, MEMO, ...BRIDGE, ...ENDING],
  AssetTransaction: [TO, TOKENS, ...ASSET, MEMO, ...BRIDGE, ...ENDING],
  Issuance: [TO, { name: 'issued', type: 'uint256' }, MEMO, ...ENDING],
  Offer: [...HALVES, { name: 'taker', type: 'address' }, ...ENDING],
  Take: [{ name: 'maker', type: 'address' }, ...HALVES, { name: 'offer', type: 'bytes32' }, MEMO, ...ENDING],
} as const

type PrimaryType = keyof typeof TYPES

const TYPE_HASHES: { readonly [Each in PrimaryType]: Uint8Array } = {
  Transaction: hashType('Transaction'),
  AssetTransaction: hashType('AssetTransaction'),
  Issuance: hashType('Issuance'),
  Offer: hashType('Offer'),
  Take: hashType('Take'),
}
const DOMAIN_SEPARATOR = keccak(
  concat(
    keccak(encodeText('EIP712Domain(string name,string version)')),
    keccak(encodeText(DOMAIN.name)),
    keccak(encodeText(DOMAIN.version)),
  ),
)
const PREFIX = parseHex('1901')
const TAIL = new Uint8Array(12)

function primaryTypeOf({ asset, issuance }: Pick<TransactionBody, 'asset' | 'issuance'>): PrimaryType {
  if (issuance) return 'Issuance'
  return asset === undefined ? 'Transaction' : 'AssetTransaction'
}

/** What `signTypedData` of a wallet takes: absent members as EIP-712 wants them. */
export function typedMessage(body: TransactionBody) {
  const { to, tokens } = body
  const memo = body.memo ?? ''
  const ending = endingMessage(body)
  if (body.issuance) {
    return {
      domain: DOMAIN,
      types: TYPES,
      primaryType: 'Issuance',
      message: { to, issued: tokens, memo, ...ending },
    } as const
  }
  const bridge = { bridgeChain: body.bridge?.chain ?? 0n, bridgeTo: body.bridge?.to ?? ZERO_ADDRESS }
  if (body.asset === undefined) {
    const message = { to, tokens, memo, ...bridge, ...ending }
    return { domain: DOMAIN, types: TYPES, primaryType: 'Transaction', message } as const
  }
  const { kind, id } = assetMembers(body.asset)
  const asset = { assetKind: kind, asset: id }
  const message = { to, tokens, ...asset, memo, ...bridge, ...ending }
  return { domain: DOMAIN, types: TYPES, primaryType: 'AssetTransaction', message } as const
}

/** EIP-712 digest of a transaction, 32 bytes: what is signed. */
export function signingDigest(body: TransactionBody): Uint8Array {
  const memo = keccak(encodeText(body.memo ?? ''))
  const bridge = [encodeUint(body.bridge?.chain ?? 0n, 32), word(body.bridge?.to ?? ZERO_ADDRESS)]
  const struct = keccak(
    concat(
      TYPE_HASHES[primaryTypeOf(body)],
      word(body.to),
      encodeUint(body.tokens, 32),
      ...(body.asset === undefined ? [] : assetWords(body.asset)),
      memo,
      ...(body.issuance ? [] : bridge),
      ...endingWords(body),
    ),
  )
  return digestOf(struct)
}

/** EIP-712 digest of an offer, 32 bytes: what its maker signs. */
export function offerDigest(body: OfferBody): Uint8Array {
  const taker = word(body.taker ?? ZERO_ADDRESS)
  return digestOf(keccak(concat(TYPE_HASHES.Offer, ...halvesWords(body), taker, ...endingWords(body))))
}

/** EIP-712 digest of a take, 32 bytes: the taker signs the whole packed offer along, or the maker could make another take of it by signing again. */
export function takeDigest({ offer, memo, ...body }: TakeBody): Uint8Array {
  const words = [word(offer.from), ...halvesWords(offer), keccak(packOffer(offer)), keccak(encodeText(memo ?? ''))]
  return digestOf(keccak(concat(TYPE_HASHES.Take, ...words, ...endingWords(body))))
}

/** For `signTypedData` of a wallet. */
export function offerMessage(body: OfferBody) {
  const message = { ...halvesMessage(body), taker: body.taker ?? ZERO_ADDRESS, ...endingMessage(body) }
  return { domain: DOMAIN, types: TYPES, primaryType: 'Offer', message } as const
}

/** For `signTypedData` of a wallet. */
export function takeMessage({ offer, memo = '', ...body }: TakeBody) {
  const packed = `0x${formatHex(keccak(packOffer(offer)))}` as const
  const message = { maker: offer.from, ...halvesMessage(offer), offer: packed, memo, ...endingMessage(body) }
  return { domain: DOMAIN, types: TYPES, primaryType: 'Take', message } as const
}

/** What `signTypedData` of a wallet takes, of any of the forms. */
export type TypedMessage = ReturnType<typeof typedMessage | typeof offerMessage | typeof takeMessage>

/** The part of a take that is signed. */
export type TakeBody = {
  readonly offer: Offer
  readonly memo?: string
  readonly time: number
  readonly prev: readonly Infohash[]
}

function digestOf(struct: Uint8Array): Uint8Array {
  return keccak(concat(PREFIX, DOMAIN_SEPARATOR, struct))
}

function endingWords({ time, prev }: Pick<TakeBody, 'time' | 'prev'>): Uint8Array[] {
  return [encodeUint(time, 32), keccak(concat(...prev.flatMap((infohash) => [toBytes(infohash), TAIL])))]
}

function endingMessage({ time, prev }: Pick<TakeBody, 'time' | 'prev'>) {
  return { time: BigInt(time), prev: prev.map((infohash): `0x${string}` => `0x${infohash}`) }
}

function halvesWords({ give, want }: Pick<OfferBody, 'give' | 'want'>): Uint8Array[] {
  return [give, want].flatMap(({ tokens, asset }) => [encodeUint(tokens, 32), ...assetWords(asset)])
}

function halvesMessage({ give, want }: Pick<OfferBody, 'give' | 'want'>) {
  const [given, wanted] = [assetMembers(give.asset), assetMembers(want.asset)]
  return {
    ...{ give: give.tokens, giveKind: given.kind, giveAsset: given.id },
    ...{ want: want.tokens, wantKind: wanted.kind, wantAsset: wanted.id },
  }
}

/** Zeros for TTX. */
function assetMembers(asset: Asset | undefined) {
  const [kind = 0, ...id] = encodeAsset(asset)
  return { kind: BigInt(kind), id: `0x${formatHex(Uint8Array.from(id))}` } as const
}

function hashType(name: PrimaryType): Uint8Array {
  return keccak(encodeText(`${name}(${TYPES[name].map((field) => `${field.type} ${field.name}`).join(',')})`))
}

function word(address: Address): Uint8Array {
  return encodeUint(BigInt(address), 32)
}

/** An integer fills a word from the right, bytes20 from the left. Zeros for TTX. */
function assetWords(asset: Asset | undefined): Uint8Array[] {
  const bytes = encodeAsset(asset)
  return [encodeUint(bytes[0] ?? 0, 32), bytes.subarray(1), TAIL]
}
