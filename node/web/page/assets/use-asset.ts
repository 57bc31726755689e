// What is known of assets, asked once for all places that show one.

import { type UseQueryResult, useQueries, useQuery } from '@tanstack/react-query'
import { type AssetView, type Gateways, viewAsset } from '../../../client/assets/view.ts'
import { type Asset, isEntered } from '../../../protocol/asset.ts'
import type { Address } from '../../../protocol/ids.ts'
import { ZERO_ADDRESS } from '../../../protocol/ids.ts'
import type { Result } from '../../../rpc/api.ts'
import { node, useCall } from '../node.ts'
import { useGateways } from './gateway-reader.tsx'
import { type Unit, unitOf } from './unit.ts'

type Held = Result<'account_assets'>['assets'][number]

/** Of each the peers may be asked for, milliseconds. */
const FETCH_MS = 2_000
/** Of an address, at once. */
const SHOWN = 100
const NONE: readonly Held[] = []

export function useAsset(asset: Asset | undefined): UseQueryResult<AssetView> {
  const gateways = useGateways()
  return useQuery({ ...questionOf(asset, gateways), enabled: asset !== undefined })
}

/** Views of several, as far as they are here, in their order. */
function useAssets(all: readonly Asset[]): readonly (AssetView | undefined)[] {
  const gateways = useGateways()
  return useQueries({ queries: all.map((asset) => questionOf(asset, gateways)) }).map(({ data }) => data)
}

/** Of what an address holds, each with its id where nothing else is known of it yet. */
export function useHeldViews(owner: Address | undefined): readonly AssetView[] {
  const held = useHeld(owner) ?? NONE
  const views = useAssets(held.map(({ asset }) => asset))
  return held.map(({ asset }, i) => views[i] ?? bareView(asset))
}

/** Undefined as long as it may still change what an amount means. */
export function useUnit(asset: Asset | undefined): Unit | undefined {
  const { data, isPending } = useAsset(asset)
  return asset !== undefined && isPending ? undefined : unitOf(asset, data)
}

/** Other assets than TTX that an address holds. */
function useHeld(owner: Address | undefined): readonly Held[] | undefined {
  const params = { owner: owner ?? ZERO_ADDRESS, limit: SHOWN }
  return useCall('account_assets', params, { enabled: owner !== undefined }).data?.assets
}

function bareView(asset: Asset): AssetView {
  return isEntered(asset) ? { kind: 2, asset } : { kind: 3, asset, status: 'unknown', isFinal: true }
}

function questionOf(asset: Asset | undefined, gateways: Gateways | string) {
  // An issuance becomes final, or is reversed, as other payments; a gateway stays what it is.
  const topic = asset !== undefined && isEntered(asset) ? 'ethereum' : 'transactions'
  const reader = typeof gateways === 'string' ? gateways : 'wallet'
  return {
    queryKey: [topic, 'asset', asset, reader],
    queryFn: async ({ signal }: { readonly signal: AbortSignal }) => {
      if (asset === undefined) throw new RangeError('asked of no asset')
      return await viewAsset(node, asset, gateways, FETCH_MS, signal)
    },
    retry: false,
  }
}
