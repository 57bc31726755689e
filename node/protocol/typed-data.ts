// What a sender signs: flat EIP-712 typed data, so that browser and hardware wallets show it.

import { concat, encodeText, encodeUint, parseHex } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Address, type Infohash, toBytes, ZERO_ADDRESS } from './ids.ts'

/** The part of a transaction that is signed. */
export type TransactionBody = {
  readonly to: Address
  /** Base units. */
  readonly tokens: bigint
  readonly memo?: string
  readonly bridge?: { readonly chain: bigint; readonly to: Address }
  /** Unix seconds, never compared with anything. */
  readonly time: number
  readonly prev: readonly Infohash[]
}

export const DOMAIN = { name: 'TorrentTX', version: '1' } as const

/** For `signTypedData` of a wallet. */
export const TYPES = {
  Transaction: [
    { name: 'to', type: 'address' },
    { name: 'tokens', type: 'uint256' },
    { name: 'memo', type: 'string' },
    { name: 'bridgeChain', type: 'uint256' },
    { name: 'bridgeTo', type: 'address' },
    { name: 'time', type: 'uint256' },
    { name: 'prev', type: 'bytes20[]' },
  ],
} as const

const TYPE_HASH = keccak(
  encodeText(`Transaction(${TYPES.Transaction.map((field) => `${field.type} ${field.name}`).join(',')})`),
)
const DOMAIN_SEPARATOR = keccak(
  concat(
    keccak(encodeText('EIP712Domain(string name,string version)')),
    keccak(encodeText(DOMAIN.name)),
    keccak(encodeText(DOMAIN.version)),
  ),
)
const PREFIX = parseHex('1901')
const TAIL = new Uint8Array(12)

/** The message for `signTypedData`: absent members as EIP-712 wants them. */
export function typedMessage(body: TransactionBody) {
  return {
    to: body.to,
    tokens: body.tokens,
    memo: body.memo ?? '',
    bridgeChain: body.bridge?.chain ?? 0n,
    bridgeTo: body.bridge?.to ?? ZERO_ADDRESS,
    time: BigInt(body.time),
    prev: body.prev.map((infohash): `0x${string}` => `0x${infohash}`),
  }
}

/** EIP-712 digest of a transaction, 32 bytes: what is signed. */
export function signingDigest(body: TransactionBody): Uint8Array {
  const message = typedMessage(body)
  const struct = keccak(
    concat(
      TYPE_HASH,
      encodeUint(BigInt(message.to), 32),
      encodeUint(message.tokens, 32),
      keccak(encodeText(message.memo)),
      encodeUint(message.bridgeChain, 32),
      encodeUint(BigInt(message.bridgeTo), 32),
      encodeUint(message.time, 32),
      keccak(concat(...body.prev.flatMap((infohash) => [toBytes(infohash), TAIL]))),
    ),
  )
  return keccak(concat(PREFIX, DOMAIN_SEPARATOR, struct))
}
