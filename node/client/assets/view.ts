// What somebody knows of an asset before they show or move it: which it is, what it says of itself, and what speaks against it.

import { type AssetClaim, isSymbol, MAX_DECIMALS } from '../../asset-claim.ts'
import { OperationError } from '../../errors.ts'
import { type Asset, isEntered } from '../../protocol/asset.ts'
import type { Address, Infohash } from '../../protocol/ids.ts'
import type { Result as RpcResult } from '../../rpc/api.ts'
import { readIssuance } from '../issuance.ts'
import type { NodeClient } from '../rpc.ts'
import type { Named } from '../symbol.ts'

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

/** What a token says of itself, as it says it: raw text of strangers. */
type TokenClaim = { readonly symbol?: string; readonly decimals?: number }

/** Ethereum, as far as gateways of one factory go. What it throws as an `OperationError` is told as `unread`. */
export type Gateways = {
  /** Of an asset; undefined unless its address is that of a gateway which the factory makes. */
  readonly tokenOf: (asset: Address) => Promise<Address | undefined>
  /** Throws unless the factory is ours: whoever names it may be a stranger. */
  readonly check: () => Promise<void>
  readonly claimOf: (token: Address) => Promise<TokenClaim>
}

/**
 * `gateways`, or why there are none. `fetchMs`: how long the node may ask its peers for an issuance that it lacks. Throws what the node throws; of what
 * neither node nor Ethereum says, `unread` tells.
 */
export async function viewAsset(
  node: NodeClient,
  asset: Asset,
  gateways: Gateways | string,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<AssetView> {
  if (!isEntered(asset)) return await viewIssued(node, asset, fetchMs, signal)
  return typeof gateways === 'string' ? { kind: 2, asset, unread: gateways } : await viewEntered(asset, gateways)
}

/** The symbols of assets that show one. */
export function namesOf(views: readonly AssetView[]): readonly Named[] {
  return views.flatMap(({ asset, symbol }) => (symbol === undefined ? [] : [{ asset, symbol }]))
}

/** Of what a token says, what wallets show and reckon with. */
export function shownOf({ symbol, decimals }: TokenClaim): Pick<EnteredView, 'symbol' | 'decimals'> {
  return {
    ...(symbol === undefined || !isSymbol(symbol) ? {} : { symbol }),
    ...(decimals === undefined || decimals > MAX_DECIMALS ? {} : { decimals }),
  }
}

async function viewIssued(
  node: NodeClient,
  asset: Infohash,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<IssuedView> {
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

async function viewEntered(asset: Address, gateways: Gateways): Promise<EnteredView> {
  try {
    const token = await gateways.tokenOf(asset)
    if (token === undefined) return { kind: 2, asset, isGateway: false }
    await gateways.check()
    return { kind: 2, asset, token, isGateway: true, ...shownOf(await gateways.claimOf(token)) }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return { kind: 2, asset, unread: error.message }
  }
}
