// A request to be paid, as text that another wallet reads and a QR code holds: `torrenttx:ADDRESS?amount=1.5&chain=1&bridge=ADDRESS`.
// In the manner of BIP 21. Whoever writes one is a stranger: what it says is checked, and shown before anything is paid.

import { OperationError } from '../errors.ts'
import { type Asset, isEntered } from '../protocol/asset.ts'
import { type Address, checksumAddress, parseAddress, parseInfohash } from '../protocol/ids.ts'
import { isMemo } from '../protocol/members.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { MAX_MEMO, MAX_TOKENS } from '../protocol/rules.ts'
import { DECIMALS, formatAmount } from './amount.ts'

export type PaymentRequest = {
  readonly to: Address
  /** Base units; the payer chooses where it is missing. */
  readonly tokens?: bigint
  /** TTX if there is none. */
  readonly asset?: Asset
  /** What its payment shall say, for everybody to read. */
  readonly memo?: string
  /** Who asks, or what for: for the payer's eyes only. */
  readonly label?: string
  /** The network, by the chain of its bridge and the bridge's address. A request may leave it out; ours never do. */
  readonly chain?: bigint
  readonly bridge?: Address
}

const SCHEME = /^torrenttx:/i
/** A QR code of 2,953 bytes is the largest there is, and no camera likes it. */
const MAX_URI = 2_048
const MAX_LABEL = 100
const KNOWN = ['amount', 'units', 'asset', 'memo', 'label', 'chain', 'bridge'] as const

export function isPaymentUri(text: string): boolean {
  return SCHEME.test(text.trim())
}

/** Throws `OperationError('bad-payment-uri')` for a label or a memo that no reader would accept. */
export function formatPaymentUri({ to, tokens, asset, memo, label, chain, bridge }: PaymentRequest): string {
  if (label !== undefined) checkLabel(label)
  const entered = asset !== undefined && isEntered(asset) ? checksumAddress(asset) : asset
  const parts: readonly (readonly [(typeof KNOWN)[number], string | undefined])[] = [
    // How many decimals another asset has is what somebody says; its base units are what is paid.
    asset === undefined
      ? ['amount', tokens === undefined ? undefined : formatAmount(tokens)]
      : ['units', tokens?.toString()],
    ['asset', entered],
    ['chain', chain?.toString()],
    ['bridge', bridge && checksumAddress(bridge)],
    ['memo', memo],
    ['label', label],
  ]
  const query = parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
  return `torrenttx:${checksumAddress(to)}${query.length === 0 ? '' : `?${query.join('&')}`}`
}

/**
 * Addresses are checked by their case (EIP-55). What is not known is skipped, unless its name begins with `req-`, which says that it must not be (BIP 21);
 * nothing is said twice. Throws `OperationError('bad-payment-uri')`.
 */
export function parsePaymentUri(given: string): PaymentRequest {
  const text = given.trim()
  if (!isPaymentUri(text)) throw bad(text, 'torrenttx: and an address', 'something else')
  if (text.length > MAX_URI) throw bad(text, `at most ${MAX_URI} characters`, `${text.length}`)
  const [path = '', ...queries] = text.replace(SCHEME, '').replace(/#.*$/s, '').split('?')
  if (queries.length > 1) throw bad(text, 'one question mark', `${queries.length}`)
  const to = read(text, 'the address', () => parseAddress(path.replace(/^\/\//, '')))
  const members = membersOf(text, queries[0] ?? '')
  const value = (name: (typeof KNOWN)[number]) => members.get(name)
  const [amount, units, asset, memo, label, chain, bridge] = KNOWN.map(value)
  if (amount !== undefined && (units !== undefined || asset !== undefined)) {
    throw bad(text, 'an amount of TTX, or units of another asset', 'both, or an amount of another asset')
  }
  if (units !== undefined && asset === undefined) throw bad(text, 'units along with their asset', 'none')
  if (memo !== undefined && (memo.length > MAX_MEMO || memo === '' || !isMemo(memo)))
    throw bad(text, `a memo of 1 to ${MAX_MEMO} printable ASCII characters without " and \\`, 'another one')
  if (label !== undefined) checkLabel(label)
  if ((chain === undefined) !== (bridge === undefined)) throw bad(text, 'chain and bridge, or neither', 'one of them')
  const tokens = amount === undefined ? units && wholeIn(text, units, 1n) : amountIn(text, amount)
  return {
    to,
    ...(tokens === undefined || tokens === '' ? {} : { tokens }),
    ...(asset === undefined ? {} : { asset: read(text, 'the asset', () => assetIn(asset)) }),
    ...(memo === undefined ? {} : { memo }),
    ...(label === undefined ? {} : { label }),
    ...(chain === undefined ? {} : { chain: wholeIn(text, chain, 1n) }),
    ...(bridge === undefined ? {} : { bridge: read(text, 'the bridge', () => parseAddress(bridge)) }),
  }
}

/** Throws `OperationError('bad-payment-uri')` for a request of another network than that which is asked. */
export function checkPaymentNetwork(
  { chain, bridge }: PaymentRequest,
  network: { readonly chain: bigint; readonly bridge: Address },
): void {
  if (chain === undefined || bridge === undefined) return
  if (chain === network.chain && bridge === network.bridge) return
  throw new OperationError(
    'bad-payment-uri',
    `expected a request of the network of the node (chain ${network.chain}, bridge ${network.bridge}), got one of chain ${chain}, bridge ${bridge}; ask for another one, or use a node of that network`,
    { facts: { chain: `${chain}`, bridge } },
  )
}

function membersOf(text: string, query: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>()
  for (const part of query.split('&').filter((each) => each !== '')) {
    const [name = '', ...rest] = part.split('=')
    const key = decode(text, name).toLowerCase()
    if (key.startsWith('req-'))
      throw bad(text, 'parts that this version knows', `"${key.slice(0, 40)}", which must not be skipped`)
    if (members.has(key)) throw bad(text, 'each part once', `"${key.slice(0, 40)}" twice`)
    members.set(key, decode(text, rest.join('=')))
  }
  return members
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw bad(text, 'percent signs with two hex digits each, of UTF-8', JSON.stringify(part.slice(0, 40)))
  }
}

function amountIn(text: string, amount: string): bigint {
  const [, whole, fraction = ''] = /^([0-9]{1,39})(?:\.([0-9]{1,18}))?$/.exec(amount) ?? []
  if (whole === undefined) throw bad(text, 'an amount of TTX as in 1.5', JSON.stringify(amount.slice(0, 40)))
  return bounded(text, BigInt(whole + fraction.padEnd(DECIMALS, '0')), 1n)
}

function wholeIn(text: string, digits: string, least: bigint): bigint {
  if (!/^[0-9]{1,78}$/.test(digits)) throw bad(text, 'a whole number', JSON.stringify(digits.slice(0, 40)))
  return bounded(text, BigInt(digits), least)
}

function bounded(text: string, number: bigint, least: bigint): bigint {
  if (number >= least && number <= MAX_TOKENS) return number
  throw bad(text, `a number from ${least} to 2^128 - 1`, `${number}`)
}

function assetIn(text: string): Asset {
  return /^0x/i.test(text) ? parseAddress(text) : parseInfohash(text)
}

/** No line ends and no control characters: it is shown beside what is about to be paid. */
function checkLabel(label: string): void {
  if (label.length <= MAX_LABEL && !/[\p{C}\p{Zl}\p{Zp}]/u.test(label)) return
  throw bad(
    label,
    `a label of at most ${MAX_LABEL} characters, none of which is a control`,
    `${label.length} characters`,
  )
}

function read<T>(text: string, what: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    throw bad(text, what, error.message)
  }
}

function bad(text: string, expected: string, got: string): OperationError {
  return new OperationError(
    'bad-payment-uri',
    `expected ${expected} in a payment request (torrenttx:ADDRESS?amount=1.5&...), got ${got}; ask for another one`,
    { facts: { uri: text.slice(0, 200) } },
  )
}
