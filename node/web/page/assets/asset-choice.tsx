// Which asset is meant: TTX, or one of those that somebody holds, by name and id.

import { useId } from 'react'
import type { AssetView } from '../../../client/assets/view.ts'
import type { Asset } from '../../../protocol/asset.ts'
import { useWords } from '../language/language.tsx'
import { short } from '../parts/ids.tsx'
import { AssetNote } from './asset-name.tsx'

type AssetChoiceProps = {
  readonly label: string
  /** Of those beside TTX. */
  readonly views: readonly AssetView[]
  readonly value: Asset | undefined
  readonly onChange: (asset: Asset | undefined) => void
  /** What else stands in the list, as what can only be written. */
  readonly other?: { readonly label: string; readonly isChosen: boolean; readonly choose: () => void } | undefined
  /** Of TTX, where something else is meant by it. */
  readonly first?: string
}

const TTX = 'TTX'
const OTHER = 'other'

export function AssetChoice({ label, views, value, onChange, other, first = TTX }: AssetChoiceProps) {
  const { assets } = useWords()
  const id = useId()
  const isListed = value === undefined || views.some(({ asset }) => asset === value)
  const choose = (text: string) => {
    if (text === OTHER) other?.choose()
    else onChange(text === TTX ? undefined : (views.find(({ asset }) => asset === text)?.asset ?? value))
  }
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={other?.isChosen ? OTHER : (value ?? TTX)} onChange={({ target }) => choose(target.value)}>
        <option value={TTX}>{first}</option>
        {views.map((view) => (
          <option key={view.asset} value={view.asset}>
            {view.symbol ?? assets.nameless} ({short(view.asset)})
          </option>
        ))}
        {!isListed && !other?.isChosen && <option value={value}>{short(value)}</option>}
        {other !== undefined && <option value={OTHER}>{other.label}</option>}
      </select>
      {value !== undefined && <AssetNote asset={value} known={views} />}
    </div>
  )
}
