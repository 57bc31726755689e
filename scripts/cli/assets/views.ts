// What a command knows of assets before it shows or moves them, from its node and from Ethereum.

import { type AssetView, type Gateways, viewAsset } from '../../../node/client/assets/view.ts'
import { readTokenClaim, tokenOfGateway } from '../../../node/ethereum/gateways/token.ts'
import type { EthereumReader } from '../../../node/ethereum/reader.ts'
import type { Asset } from '../../../node/protocol/asset.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import type { NodeLink } from '../link.ts'

export type Views = {
  /** Throws what the node throws; of what neither node nor Ethereum says, `unread` tells. */
  readonly of: (asset: Asset) => Promise<AssetView>
  /** Of each its own, several at once: each is some questions to an endpoint that may be far. */
  readonly ofAll: <T extends { readonly asset: Asset }>(
    all: readonly T[],
  ) => Promise<readonly (readonly [T, AssetView])[]>
}

const AT_ONCE = 8

/** `fetchMs`: how long the node may ask its peers for an issuance that it lacks. */
export function assetViews(
  node: NodeLink,
  ethereum: EthereumReader | undefined,
  fetchMs: number,
  signal?: AbortSignal,
): Views {
  const gateways = gatewaysOf(node.info.network.gatewayFactory, ethereum)
  const of = async (asset: Asset) => await viewAsset(node, asset, gateways, fetchMs, signal)
  const ofAll = async <T extends { readonly asset: Asset }>(all: readonly T[]) => {
    const views: (readonly [T, AssetView])[] = []
    for (let offset = 0; offset < all.length; offset += AT_ONCE) {
      const some = all.slice(offset, offset + AT_ONCE).map(async (each) => [each, await of(each.asset)] as const)
      views.push(...(await Promise.all(some)))
    }
    return views
  }
  return { of, ofAll }
}

function gatewaysOf(factory: Address | undefined, ethereum: EthereumReader | undefined): Gateways | string {
  if (factory === undefined) return 'the node names no factory of gateways'
  if (ethereum === undefined) return 'no endpoint of Ethereum is set: name one with --ethereum'
  // Asked once, and only where something is to be shown as a gateway.
  let checked: Promise<void> | undefined
  return {
    tokenOf: async (asset) => await tokenOfGateway(ethereum, factory, asset),
    check: () => (checked ??= checkFactory(ethereum, factory)),
    claimOf: async (token) => await readTokenClaim(ethereum, token),
  }
}

/** Loaded where it is needed: with the code of all contracts, it is a tenth of what a command takes to start. */
async function checkFactory(reader: EthereumReader, factory: Address): Promise<void> {
  const { checkFactory: check } = await import('../../../node/ethereum/gateways/factory.ts')
  await check(reader, factory, reader.bridge)
}
