// Amounts with their unit.

import { formatAmount } from '../../../client/amount.ts'
import type { Asset } from '../../../protocol/asset.ts'
import type { Words } from '../language/en.ts'
import { useWords } from '../language/language.tsx'
import { short } from './ids.tsx'

type MoneyProps = {
  /** Base units. */
  readonly tokens: bigint
  readonly asset?: Asset | undefined
  /** Of what has the decimals of TTX. */
  readonly unit?: 'TTX' | 'wTTX'
}

/** As text. */
export function nameTokens(tokens: bigint, asset: Asset | undefined, { address }: Words): string {
  return asset === undefined ? `${formatAmount(tokens)} TTX` : address.units(`${tokens}`)
}

/** Of another asset than TTX in its own units: nobody here vouches for its decimals. */
export function Money({ tokens, asset, unit = 'TTX' }: MoneyProps) {
  const { address } = useWords()
  if (asset === undefined) {
    return (
      <span className="money">
        {formatAmount(tokens)} <span className="unit">{unit}</span>
      </span>
    )
  }
  return (
    <span className="money" title={asset}>
      {address.units(`${tokens}`)} <span className="unit">{short(asset)}</span>
    </span>
  )
}
