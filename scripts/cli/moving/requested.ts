// `ttx send` of a payment request: what the request says and what the command line says become one order.

import { type Command, InvalidArgumentError } from 'commander'
import type { WrittenAmount } from '../../../node/client/amount.ts'
import {
  checkPaymentNetwork,
  isPaymentUri,
  type PaymentRequest,
  parsePaymentUri,
} from '../../../node/client/payment-uri.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Asset } from '../../../node/protocol/asset.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import { type AssetFlags, amountFor } from '../assets/asset-option.ts'
import type { CliContext } from '../context.ts'
import type { NodeLink } from '../link.ts'
import { addressOf } from '../whose.ts'

type Amount = bigint | WrittenAmount
export type OrderFlags = AssetFlags & { readonly memo?: string }

export type Order = {
  readonly to: Address
  readonly amount: Amount
  readonly flags: OrderFlags
  /** For people: what whoever asks says of themselves. */
  readonly label?: string
  /** Throws 'bad-payment-uri' where the request is of another network. */
  readonly check: (node: NodeLink) => void
}

/** For commander: a payment request, else an amount as `amountFor` reads it. */
export function orderFor(command: Command): (text: string) => Amount | PaymentRequest {
  const parse = amountFor(command)
  return (text) => {
    if (!isPaymentUri(text)) return parse(text)
    try {
      return parsePaymentUri(text)
    } catch (error) {
      throw error instanceof OperationError ? new InvalidArgumentError(`${capital(error.message)}.`) : error
    }
  }
}

/**
 * `ttx send URI`, `ttx send AMOUNT URI`, or `ttx send AMOUNT WHOM`. Throws `OperationError`: 'bad-arguments' where the two contradict each other or something is
 * missing, 'bad-payment-uri', and what `addressOf` throws.
 */
export async function orderOf(
  context: CliContext,
  first: Amount | PaymentRequest,
  whom: string | undefined,
  flags: OrderFlags,
): Promise<Order> {
  if (typeof first === 'object' && 'to' in first) {
    if (whom === undefined) return merge(first, undefined, flags)
    throw contradiction('a payment request alone, which says who is paid', `also ${JSON.stringify(whom.slice(0, 80))}`)
  }
  if (whom === undefined) throw contradiction('who is paid', 'an amount alone')
  if (isPaymentUri(whom)) return merge(parsePaymentUri(whom), first, flags)
  return { to: await addressOf(context, whom), amount: first, flags, check: () => undefined }
}

function merge(request: PaymentRequest, given: Amount | undefined, flags: OrderFlags): Order {
  const { to, tokens, asset, memo, label } = request
  if (flags.asset !== undefined && flags.asset !== asset)
    throw contradiction(`--asset ${asset ?? 'left out'} as the request says`, flags.asset)
  if (flags.memo !== undefined && memo !== undefined && flags.memo !== memo)
    throw contradiction(`the memo of the request, ${JSON.stringify(memo)}`, `another one with --memo`)
  const amount = amountOf(given, tokens, asset, flags)
  const merged: OrderFlags = {
    ...flags,
    ...(asset === undefined ? {} : { asset }),
    // What the request counts in are base units.
    ...(asset === undefined || given !== undefined ? {} : { units: true }),
    ...(memo === undefined ? {} : { memo }),
  }
  const check = ({ info }: NodeLink) => checkPaymentNetwork(request, info.network)
  return { to, amount, flags: merged, check, ...(label === undefined ? {} : { label }) }
}

function amountOf(
  given: Amount | undefined,
  tokens: bigint | undefined,
  asset: Asset | undefined,
  flags: OrderFlags,
): Amount {
  if (tokens !== undefined && given !== undefined) {
    throw contradiction(
      'an amount from the request or from you',
      'both; leave yours out, or ask for a request without one',
    )
  }
  if (tokens !== undefined)
    return asset === undefined ? tokens : { text: `${tokens}`, whole: `${tokens}`, fraction: '' }
  if (given === undefined) {
    throw contradiction(
      'an amount, since the request says none',
      'none; write it before the request, as in ttx send 1.5 REQUEST',
    )
  }
  if (asset !== undefined && flags.asset === undefined) {
    throw contradiction(
      `--asset ${asset} along with an amount of yours, as the request is for that asset`,
      'none; add it',
    )
  }
  return given
}

function contradiction(expected: string, got: string): OperationError {
  return new OperationError('bad-arguments', `expected ${expected}, got ${got}; see "ttx send --help"`)
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
