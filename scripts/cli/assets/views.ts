// What a wallet knows of an asset before it shows or moves it: which it is, what it says of itself, and what speaks against it.

import { type AssetClaim, isSymbol, MAX_DECIMALS } from '../../../node/asset-claim.ts'
import { readIssuance } from '../../../node/client/issuance.ts'
import type { Named } from '../../../node/client/symbol.ts'
import { OperationError } from '../../../node/errors.ts'
import { readTokenClaim, type TokenClaim, tokenOfGateway } from '../../../node/ethereum/gateways/token.ts'
import type { EthereumReader } from '../../../node/ethereum/reader.ts'
import { type Asset, isEntered } from '../../../node/protocol/asset.ts'
import type { Address, Infohash } from '../../../node/protocol/ids.ts'
import type { Result as RpcResult } from '../../../node/rpc/api.ts'
import type { NodeLink } from '../link.ts'

type Common = {
  /** What it calls itself, if wallets show that. */
  readonly symbol?: string
  readonly decimals?: number
  /** Why something of it is not known. */
  readonly unread?: string
}

export type IssuedView = Common & {
  readonly kind: 3
  readonly asset: Infohash
  readonly status: RpcResult<'tx_get'>['status']
  readonly isFinal: boolean
  /** Unless the issuance is not here. */
  readonly issuer?: Address
  readonly issuedTo?: Address
  /** Base units: all that there ever is. */
  readonly issued?: bigint
  readonly memo?: string
  readonly prospectus?: Infohash
}

export type EnteredView = Common & {
  readonly kind: 2
  readonly asset: Address
  /** What the gateway of this network holds for it. */
  readonly token?: Address
  /** Whether it is a gateway that the network's factory makes; undefined where nobody could look. */
  readonly isGateway?: boolean
}

export type AssetView = IssuedView | EnteredView

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
  const factory = node.info.network.gatewayFactory
  // Whoever made the file of the network may be a stranger: asked once, and only where something is to be shown as a gateway.
  let checked: Promise<void> | undefined
  const checkOurs = (reader: EthereumReader, named: Address) => (checked ??= checkFactory(reader, named))
  const of = async (asset: Asset) => {
    if (!isEntered(asset)) return await viewIssued(node, asset, fetchMs, signal)
    return await viewEntered(asset, factory, ethereum, checkOurs)
  }
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

/** The symbols of assets that show one. */
export function namesOf(views: readonly AssetView[]): readonly Named[] {
  return views.flatMap(({ asset, symbol }) => (symbol === undefined ? [] : [{ asset, symbol }]))
}

async function viewIssued(node: NodeLink, asset: Infohash, fetchMs: number, signal?: AbortSignal): Promise<IssuedView> {
  try {
    const { issuer, to: issuedTo, claim, ...issuance } = await readIssuance(node, asset, fetchMs, signal)
    return { kind: 3, asset, issuer, issuedTo, ...issuance, ...partsOf(claim), isFinal: issuance.status === 'final' }
  } catch (error) {
    if (!(error instanceof OperationError && error.code === 'unknown-asset')) throw error
    return { kind: 3, asset, status: 'unknown', isFinal: false, unread: error.message }
  }
}

function partsOf(claim: AssetClaim | undefined): Partial<AssetClaim> {
  return claim ?? {}
}

async function viewEntered(
  asset: Address,
  factory: Address | undefined,
  ethereum: EthereumReader | undefined,
  checkOurs: (ethereum: EthereumReader, factory: Address) => Promise<void>,
): Promise<EnteredView> {
  if (factory === undefined) return { kind: 2, asset, unread: 'the node names no factory of gateways' }
  if (ethereum === undefined)
    return { kind: 2, asset, unread: 'no endpoint of Ethereum is set: name one with --ethereum' }
  try {
    const token = await tokenOfGateway(ethereum, factory, asset)
    if (token === undefined) return { kind: 2, asset, isGateway: false }
    await checkOurs(ethereum, factory)
    return { kind: 2, asset, token, isGateway: true, ...shownOf(await readTokenClaim(ethereum, token)) }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return { kind: 2, asset, unread: error.message }
  }
}

/** Of what a token says, what wallets show and reckon with. */
export function shownOf({ symbol, decimals }: TokenClaim): Pick<EnteredView, 'symbol' | 'decimals'> {
  return {
    ...(symbol === undefined || !isSymbol(symbol) ? {} : { symbol }),
    ...(decimals === undefined || decimals > MAX_DECIMALS ? {} : { decimals }),
  }
}

/** Loaded where it is needed: with the code of all contracts, it is a tenth of what a command takes to start. */
async function checkFactory(reader: EthereumReader, factory: Address): Promise<void> {
  const { checkFactory: check } = await import('../../../node/ethereum/gateways/factory.ts')
  await check(reader, factory, reader.bridge)
}
