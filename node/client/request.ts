// Asking for wTTX, or for what a contract entered, on Ethereum.

import { OperationError } from '../errors.ts'
import { netOf } from '../protocol/fee.ts'
import type { Address } from '../protocol/ids.ts'
import { ofAsset } from '../protocol/state.ts'
import { formatAmount } from './amount.ts'
import { type Paid, pay, type Signer } from './pay.ts'
import type { NodeClient } from './rpc.ts'

export type Request = {
  /** Base units of the asset. */
  readonly tokens: bigint
  /** The contract that entered it and pays it out; TTX if there is none. */
  readonly asset?: Address
  /** Who gets it on Ethereum. */
  readonly recipient: Address
  readonly memo?: string
}

/** `net` (base units) is what will be paid: by the bridge, or by the contract that entered the asset. `nowSeconds` goes into the file as its time. Throws `below-minimum`, and what `pay` throws. */
export async function request(
  node: NodeClient,
  wallet: Signer,
  { tokens, asset, recipient, memo }: Request,
  nowSeconds: number,
  signal?: AbortSignal,
  keep?: (file: Uint8Array) => Promise<void>,
): Promise<Paid & { readonly net: bigint }> {
  const { network } = await node.call('node_info', {}, signal)
  const { chain, bridge, minRequest } = network
  if (asset === undefined && tokens < minRequest) {
    throw new OperationError(
      'below-minimum',
      `expected a request of at least ${formatAmount(minRequest)} TTX, got ${formatAmount(tokens)}; ask for more: less is not worth the gas of its claim`,
      { facts: { tokens: `${tokens}`, least: `${minRequest}` } },
    )
  }
  const payment = ofAsset({ to: bridge, tokens, bridge: { chain, to: recipient } }, asset)
  const paid = await pay(
    node,
    wallet,
    { ...payment, ...(memo === undefined ? {} : { memo }) },
    nowSeconds,
    signal,
    keep,
  )
  return { ...paid, net: asset === undefined ? netOf(tokens) : tokens }
}
