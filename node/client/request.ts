// Asking for wTTX on Ethereum.

import { OperationError } from '../errors.ts'
import { netOf } from '../protocol/fee.ts'
import type { Address } from '../protocol/ids.ts'
import { formatAmount } from './amount.ts'
import { type Paid, pay, type Signer } from './pay.ts'
import type { NodeClient } from './rpc.ts'

export type Request = {
  /** Base units. */
  readonly tokens: bigint
  /** Who gets wTTX on Ethereum. */
  readonly recipient: Address
  readonly memo?: string
}

/** `net` (base units) is what will be paid. `nowSeconds` goes into the file as its time. Throws `below-minimum`, and what `pay` throws. */
export async function request(
  node: NodeClient,
  wallet: Signer,
  { tokens, recipient, memo }: Request,
  nowSeconds: number,
  signal?: AbortSignal,
): Promise<Paid & { readonly net: bigint }> {
  const { network } = await node.call('node_info', {}, signal)
  const { chain, bridge, minRequest } = network
  if (tokens < minRequest) {
    throw new OperationError(
      'below-minimum',
      `expected a request of at least ${formatAmount(minRequest)} TTX, got ${formatAmount(tokens)}; ask for more: less is not worth the gas of its claim`,
      { facts: { tokens: `${tokens}`, least: `${minRequest}` } },
    )
  }
  const payment = { to: bridge, tokens, bridge: { chain, to: recipient }, ...(memo === undefined ? {} : { memo }) }
  return { ...(await pay(node, wallet, payment, nowSeconds, signal)), net: netOf(tokens) }
}
