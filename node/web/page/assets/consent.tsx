// Somebody says that they want an asset whose issuance may still vanish.

import type { AssetView } from '../../../client/assets/view.ts'
import { useWords } from '../language/language.tsx'
import { isUnfinal } from './asset-name.tsx'

type ConsentProps = {
  readonly view: AssetView | undefined
  readonly isGiven: boolean
  readonly onChange: (isGiven: boolean) => void
  readonly isTried: boolean
}

export function Consent({ view, isGiven, onChange, isTried }: ConsentProps) {
  const { assets } = useWords()
  if (!isUnfinal(view)) return null
  return (
    <div>
      <label>
        <input type="checkbox" checked={isGiven} onChange={({ target }) => onChange(target.checked)} />{' '}
        {assets.allTheSame}
      </label>
      {isTried && !isGiven && (
        <p className="problem" role="alert">
          {assets.consent}
        </p>
      )}
    </div>
  )
}
