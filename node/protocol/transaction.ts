// The transaction file `tx.json`: what it says, and the one byte sequence in which it may say it (RFC 8785).

import { encodeText, equalBytes, formatHex } from './bytes.ts'
import type { Address, Infohash } from './ids.ts'
import { addressIn, assetIn, badFile, decimalIn, hexIn, inputsIn, memoIn, recordIn, timeIn } from './members.ts'
import { formatOffer, MAX_OFFER_INPUTS, type Offer, readOffer } from './offer.ts'
import { RuleError } from './rule-error.ts'
import { MAX_FILE_BYTES, MAX_INPUTS, MAX_TOKENS } from './rules.ts'
import { SIGNATURE_BYTES } from './signature.ts'
import type { TransactionBody } from './typed-data.ts'

/** A transfer; with `bridge` a request to move it to Ethereum; with `issuance` one of a new asset. */
export type SignedTransaction = TransactionBody & {
  readonly kind: 'signed'
  readonly from: Address
  /** r ‖ s ‖ v, 65 bytes. */
  readonly signature: Uint8Array
}

/** Both halves of a swap or none: what the maker of an offer gives for what the taker does. */
export type TakeTransaction = {
  readonly kind: 'take'
  readonly offer: Offer
  /** The taker. */
  readonly from: Address
  readonly memo?: string
  /** Of the taker, of the asset that is wanted; 1 to 4. */
  readonly prev: readonly Infohash[]
  /** r ‖ s ‖ v, 65 bytes. */
  readonly signature: Uint8Array
  readonly time: number
}

/** What people sign, and what a packed transaction is. */
export type PackableTransaction = SignedTransaction | TakeTransaction

/** Every node builds the same one from a queue entry on Ethereum. */
export type DepositTransaction = {
  readonly kind: 'deposit'
  readonly deposit: {
    /** The contract that entered it; TTX if there is none. */
    readonly asset?: Address
    readonly bridge: Address
    readonly chain: bigint
    readonly index: bigint
  }
  readonly to: Address
  readonly tokens: bigint
}

/** The constant with which a network begins. */
export type GenesisTransaction = {
  readonly kind: 'genesis'
  /** Uncompressed public key without its prefix, 64 bytes. */
  readonly key: Uint8Array
  readonly signature: Uint8Array
  readonly time: number
  readonly to: Address
  readonly tokens: bigint
}

export type Transaction = PackableTransaction | DepositTransaction | GenesisTransaction

/** Whether it is what people sign. */
export function isPackable(tx: Transaction): tx is PackableTransaction {
  return tx.kind === 'signed' || tx.kind === 'take'
}

/** The transactions whose outputs it spends, each once. */
export function parentsOf(tx: PackableTransaction): Infohash[] {
  return [...new Set(tx.kind === 'take' ? [...tx.offer.prev, ...tx.prev] : tx.prev)]
}

/** The file's bytes: canonical JSON. Pure text writing: it does not judge whether the content is valid. */
export function encodeTransaction(tx: Transaction): Uint8Array {
  return encodeText(formatTransaction(tx))
}

/** Throws `RuleError('bad-transaction-file')` for whatever is not exactly what `encodeTransaction` writes. */
export function decodeTransaction(file: Uint8Array): Transaction {
  if (file.length > MAX_FILE_BYTES) throw badFile('the file is too long', { bytes: file.length, limit: MAX_FILE_BYTES })
  const tx = parseTransaction(parseJson(file))
  if (!equalBytes(encodeTransaction(tx), file)) {
    throw badFile(
      'the file is not canonical JSON (RFC 8785): sorted members, no white space, lower-case hex, plain decimals',
    )
  }
  return tx
}

/** As `decodeTransaction`, without looking whether the bytes are canonical: of a file that was verified. */
export function readVerified(file: Uint8Array): Transaction {
  return parseTransaction(parseJson(file))
}

function formatTransaction(tx: Transaction): string {
  if (tx.kind === 'deposit') {
    const { asset, bridge, chain, index } = tx.deposit
    const entered = asset === undefined ? '' : `"asset":"${asset}",`
    return `{"deposit":{${entered}"bridge":"${bridge}","chain":"${chain}","index":"${index}"},"prev":null,"to":"${tx.to}","tokens":"${tx.tokens}"}`
  }
  const signature = `"signature":"0x${formatHex(tx.signature)}"`
  if (tx.kind === 'take') {
    const offer = `"offer":${formatOffer(tx.offer)}`
    return `{"from":"${tx.from}",${formatMemo(tx)}${offer},${formatPrev(tx)},${signature},"time":${tx.time}}`
  }
  const tail = `${signature},"time":${tx.time},"to":"${tx.to}","tokens":"${tx.tokens}"}`
  if (tx.kind === 'genesis') return `{"key":"0x${formatHex(tx.key)}","prev":null,${tail}`
  const asset = tx.asset === undefined ? '' : `"asset":"${tx.asset}",`
  const bridge = tx.bridge ? `"bridge":{"chain":"${tx.bridge.chain}","to":"${tx.bridge.to}"},` : ''
  const [memo, prev] = [formatMemo(tx), formatPrev(tx)]
  if (tx.issuance) {
    return `{"from":"${tx.from}","issued":"${tx.tokens}",${memo}${prev},${signature},"time":${tx.time},"to":"${tx.to}"}`
  }
  return `{${asset}${bridge}"from":"${tx.from}",${memo}${prev},${tail}`
}

function formatMemo({ memo }: { readonly memo?: string }): string {
  return memo === undefined ? '' : `"memo":"${memo}",`
}

function formatPrev({ prev }: { readonly prev: readonly Infohash[] }): string {
  return `"prev":[${prev.map((infohash) => `"${infohash}"`).join(',')}]`
}

function parseJson(file: Uint8Array): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file))
  } catch (cause) {
    throw new RuleError('bad-transaction-file', 'not a transaction: expected JSON in UTF-8', {}, { cause })
  }
  return recordIn(value, 'the file')
}

function parseTransaction(json: Record<string, unknown>): Transaction {
  if ('deposit' in json) {
    const members = recordIn(json['deposit'], 'deposit')
    const deposit = {
      ...('asset' in members ? { asset: addressIn(members['asset'], 'deposit.asset') } : {}),
      bridge: addressIn(members['bridge'], 'deposit.bridge'),
      chain: decimalIn(members['chain'], 'deposit.chain', 2n ** 64n - 1n),
      index: decimalIn(members['index'], 'deposit.index', 2n ** 64n - 1n),
    }
    return {
      kind: 'deposit',
      deposit,
      to: addressIn(json['to'], 'to'),
      tokens: decimalIn(json['tokens'], 'tokens', MAX_TOKENS),
    }
  }
  const memo = 'memo' in json ? { memo: memoIn(json['memo']) } : {}
  if ('offer' in json) {
    return {
      kind: 'take',
      offer: readOffer(json['offer']),
      from: addressIn(json['from'], 'from'),
      ...memo,
      prev: inputsIn(json['prev'], MAX_OFFER_INPUTS),
      signature: hexIn(json['signature'], 'signature', SIGNATURE_BYTES),
      time: timeIn(json['time']),
    }
  }
  const common = {
    signature: hexIn(json['signature'], 'signature', SIGNATURE_BYTES),
    time: timeIn(json['time']),
    to: addressIn(json['to'], 'to'),
    tokens:
      'issued' in json
        ? decimalIn(json['issued'], 'issued', MAX_TOKENS)
        : decimalIn(json['tokens'], 'tokens', MAX_TOKENS),
  }
  if ('key' in json) return { kind: 'genesis', key: hexIn(json['key'], 'key', 64), ...common }
  return {
    kind: 'signed',
    from: addressIn(json['from'], 'from'),
    prev: inputsIn(json['prev'], MAX_INPUTS),
    ...common,
    ...memo,
    ...('issued' in json ? { issuance: true } : {}),
    ...('asset' in json ? { asset: assetIn(json['asset']) } : {}),
    ...('bridge' in json ? { bridge: bridgeOf(json['bridge']) } : {}),
  }
}

function bridgeOf(value: unknown) {
  const members = recordIn(value, 'bridge')
  return {
    chain: decimalIn(members['chain'], 'bridge.chain', 2n ** 64n - 1n),
    to: addressIn(members['to'], 'bridge.to'),
  }
}
