// The transaction file `tx.json`: what it says, and the one byte sequence in which it may say it (RFC 8785).

import { isAsset } from './asset.ts'
import { encodeText, equalBytes, formatHex, parseHex } from './bytes.ts'
import { type Address, isAddress, isInfohash } from './ids.ts'
import { type Facts, RuleError } from './rule-error.ts'
import { MAX_FILE_BYTES, MAX_INPUTS, MAX_MEMO, MAX_TOKENS } from './rules.ts'
import { SIGNATURE_BYTES } from './signature.ts'
import type { TransactionBody } from './typed-data.ts'

/** A transfer; with `bridge` a request to move it to Ethereum; with `issuance` one of a new asset. */
export type SignedTransaction = TransactionBody & {
  readonly kind: 'signed'
  readonly from: Address
  /** r ‖ s ‖ v, 65 bytes. */
  readonly signature: Uint8Array
}

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

export type Transaction = SignedTransaction | DepositTransaction | GenesisTransaction

/** The file's bytes: canonical JSON. Pure text writing: it does not judge whether the content is valid. */
export function encodeTransaction(tx: Transaction): Uint8Array {
  return encodeText(formatTransaction(tx))
}

/** Throws `RuleError('bad-transaction-file')` for whatever is not exactly what `encodeTransaction` writes. */
export function decodeTransaction(file: Uint8Array): Transaction {
  if (file.length > MAX_FILE_BYTES) throw bad('the file is too long', { bytes: file.length, limit: MAX_FILE_BYTES })
  const tx = parseTransaction(parseJson(file))
  if (!equalBytes(encodeTransaction(tx), file)) {
    throw bad(
      'the file is not canonical JSON (RFC 8785): sorted members, no white space, lower-case hex, plain decimals',
    )
  }
  return tx
}

function formatTransaction(tx: Transaction): string {
  if (tx.kind === 'deposit') {
    const { asset, bridge, chain, index } = tx.deposit
    const entered = asset === undefined ? '' : `"asset":"${asset}",`
    return `{"deposit":{${entered}"bridge":"${bridge}","chain":"${chain}","index":"${index}"},"prev":null,"to":"${tx.to}","tokens":"${tx.tokens}"}`
  }
  const signature = `"signature":"0x${formatHex(tx.signature)}"`
  const tail = `${signature},"time":${tx.time},"to":"${tx.to}","tokens":"${tx.tokens}"}`
  if (tx.kind === 'genesis') return `{"key":"0x${formatHex(tx.key)}","prev":null,${tail}`
  const asset = tx.asset === undefined ? '' : `"asset":"${tx.asset}",`
  const bridge = tx.bridge ? `"bridge":{"chain":"${tx.bridge.chain}","to":"${tx.bridge.to}"},` : ''
  const memo = tx.memo === undefined ? '' : `"memo":"${tx.memo}",`
  const prev = tx.prev.map((infohash) => `"${infohash}"`).join(',')
  if (tx.issuance) {
    return `{"from":"${tx.from}","issued":"${tx.tokens}",${memo}"prev":[${prev}],${signature},"time":${tx.time},"to":"${tx.to}"}`
  }
  return `{${asset}${bridge}"from":"${tx.from}",${memo}"prev":[${prev}],${tail}`
}

function parseJson(file: Uint8Array): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file))
  } catch (cause) {
    throw new RuleError('bad-transaction-file', 'not a transaction: expected JSON in UTF-8', {}, { cause })
  }
  return record(value, 'the file')
}

function parseTransaction(json: Record<string, unknown>): Transaction {
  if ('deposit' in json) {
    const members = record(json['deposit'], 'deposit')
    const deposit = {
      ...('asset' in members ? { asset: address(members['asset'], 'deposit.asset') } : {}),
      bridge: address(members['bridge'], 'deposit.bridge'),
      chain: decimal(members['chain'], 'deposit.chain', 2n ** 64n - 1n),
      index: decimal(members['index'], 'deposit.index', 2n ** 64n - 1n),
    }
    return {
      kind: 'deposit',
      deposit,
      to: address(json['to'], 'to'),
      tokens: decimal(json['tokens'], 'tokens', MAX_TOKENS),
    }
  }
  const common = {
    signature: hex(json['signature'], 'signature', SIGNATURE_BYTES),
    time: time(json['time']),
    to: address(json['to'], 'to'),
    tokens:
      'issued' in json ? decimal(json['issued'], 'issued', MAX_TOKENS) : decimal(json['tokens'], 'tokens', MAX_TOKENS),
  }
  if ('key' in json) return { kind: 'genesis', key: hex(json['key'], 'key', 64), ...common }
  return {
    kind: 'signed',
    from: address(json['from'], 'from'),
    prev: inputs(json['prev']),
    ...common,
    ...('memo' in json ? { memo: memo(json['memo']) } : {}),
    ...('issued' in json ? { issuance: true } : {}),
    ...('asset' in json ? { asset: asset(json['asset']) } : {}),
    ...('bridge' in json ? { bridge: bridgeOf(json['bridge']) } : {}),
  }
}

function asset(value: unknown) {
  if (isAsset(value)) return value
  throw bad('asset must be the address of a contract, 0x and 40 lower-case hex digits, or an infohash of 40')
}

function bridgeOf(value: unknown) {
  const members = record(value, 'bridge')
  return {
    chain: decimal(members['chain'], 'bridge.chain', 2n ** 64n - 1n),
    to: address(members['to'], 'bridge.to'),
  }
}

function inputs(value: unknown) {
  if (Array.isArray(value) && value.length > 0 && value.length <= MAX_INPUTS && value.every(isInfohash)) return value
  throw bad(`prev must be an array of 1 to ${MAX_INPUTS} infohashes of 40 lower-case hex digits`)
}

function memo(value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_MEMO && isMemo(value)) return value
  throw bad(`memo must have 1 to ${MAX_MEMO} printable ASCII characters without quotes and backslashes`)
}

/** Characters only: 0x20 to 0x7e without `"` and `\`. */
export function isMemo(text: string): boolean {
  return /^[ !#-[\]-~]*$/.test(text)
}

function time(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 40) return value
  throw bad('time must be an integer of unix seconds below 2^40')
}

function decimal(value: unknown, name: string, max: bigint): bigint {
  if (typeof value === 'string' && /^(0|[1-9][0-9]{0,38})$/.test(value) && BigInt(value) <= max) return BigInt(value)
  throw bad(`${name} must be a decimal string without leading zero, at most ${max}`)
}

function address(value: unknown, name: string): Address {
  if (isAddress(value)) return value
  throw bad(`${name} must be an address: 0x and 40 lower-case hex digits`)
}

function hex(value: unknown, name: string, bytes: number): Uint8Array {
  if (typeof value === 'string' && value.length === 2 + 2 * bytes && /^0x[0-9a-f]*$/.test(value)) return parseHex(value)
  throw bad(`${name} must be 0x and ${2 * bytes} lower-case hex digits`)
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw bad(`${name} must be a JSON object`)
}

function bad(problem: string, facts: Facts = {}): RuleError {
  return new RuleError('bad-transaction-file', `not a transaction: ${problem}`, facts)
}
