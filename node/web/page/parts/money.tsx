// Amounts with their unit.

import { formatAmount } from '../../../client/amount.ts'
import type { Asset } from '../../../protocol/asset.ts'
import { AssetLink } from '../assets/asset-name.tsx'
import { formatNumber, nameUnit, unitOf } from '../assets/unit.ts'
import { useAsset } from '../assets/use-asset.ts'
import type { Words } from '../language/en.ts'
import { useWords } from '../language/language.tsx'

type MoneyProps = {
  /** Base units. */
  readonly tokens: bigint
  readonly asset?: Asset | undefined
  /** Of what has the decimals of TTX. */
  readonly unit?: 'TTX' | 'wTTX'
  /** Where the whole id is beside it. */
  readonly isBare?: boolean
}

/** As text, where there is no room for more. */
export function nameTokens(tokens: bigint, asset: Asset | undefined, { assets }: Words): string {
  return asset === undefined ? `${formatAmount(tokens)} TTX` : `${tokens} ${assets.units}`
}

/** Of another asset than TTX in the decimals and by the name that it claims, with a link to which it is. */
export function Money({ tokens, asset, unit = 'TTX', isBare = false }: MoneyProps) {
  return asset === undefined ? (
    <span className="money">
      {formatAmount(tokens)} <span className="unit">{unit}</span>
    </span>
  ) : (
    <OfAsset tokens={tokens} asset={asset} isBare={isBare} />
  )
}

type OfAssetProps = { readonly tokens: bigint; readonly asset: Asset; readonly isBare: boolean }

function OfAsset({ tokens, asset, isBare }: OfAssetProps) {
  const words = useWords()
  const { data: view } = useAsset(asset)
  const unit = unitOf(asset, view)
  return (
    <span className="money">
      {formatNumber(tokens, unit)} <span className="unit">{nameUnit(unit, words)}</span>{' '}
      {!isBare && <AssetLink asset={asset} />}
    </span>
  )
}
