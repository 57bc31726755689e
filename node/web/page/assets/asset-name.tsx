// An asset by the name that it gives itself, never without a way to its whole id; and what speaks against it.

import { Link } from '@tanstack/react-router'
import { type Doubt, doubtsOf } from '../../../client/assets/doubts.ts'
import { type AssetView, namesOf } from '../../../client/assets/view.ts'
import type { Asset } from '../../../protocol/asset.ts'
import type { Words } from '../language/en.ts'
import { useWords } from '../language/language.tsx'
import { short } from '../parts/ids.tsx'
import { UNREAD } from './gateway-reader.tsx'
import { useAsset } from './use-asset.ts'

type AssetLinkProps = { readonly asset: Asset; readonly whole?: boolean }

export function AssetLink({ asset, whole = false }: AssetLinkProps) {
  const { assets } = useWords()
  return (
    <Link
      className="id"
      to="/asset/$asset"
      params={{ asset }}
      title={asset}
      aria-label={whole ? undefined : assets.link(asset)}
    >
      {whole ? asset : short(asset)}
    </Link>
  )
}

/** The whole id of an asset, and what speaks against it beside those of which it could be taken for one. */
export function AssetNote({ asset, known }: { readonly asset: Asset; readonly known: readonly AssetView[] }) {
  const words = useWords()
  const { data: view } = useAsset(asset)
  return (
    <div className="asset-note">
      <p className="wrap">
        {view?.symbol !== undefined && <strong>{view.symbol}</strong>} <AssetLink asset={asset} whole />
      </p>
      {view !== undefined && <Doubts view={view} known={known} />}
      {view?.unread !== undefined && <p className="faint">{describeUnread(view.unread, words)}</p>}
    </div>
  )
}

/** What speaks against it alone, where its id is there already. */
export function AssetDoubts({ asset, known }: { readonly asset: Asset; readonly known: readonly AssetView[] }) {
  const { data: view } = useAsset(asset)
  return view === undefined ? null : <Doubts view={view} known={known} role="note" />
}

type DoubtsProps = {
  readonly view: AssetView
  /** What it could be taken for one of. */
  readonly known: readonly AssetView[]
  /** Read out at once, unless there may be many. */
  readonly role?: 'alert' | 'note'
}

export function Doubts({ view, known, role = 'alert' }: DoubtsProps) {
  const words = useWords()
  const doubts = doubtsOf(view, namesOf(known))
  if (doubts.length === 0) return null
  return (
    <div className="note" role={role}>
      <ul className="plain">
        {doubts.map((doubt) => (
          <li key={`${doubt.kind} ${'other' in doubt ? doubt.other.asset : ''}`}>
            {describeDoubt(doubt, words)}
            {doubt.kind === 'alike' && (
              <>
                {' '}
                <AssetLink asset={doubt.other.asset} whole />
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Whether somebody has to say that they want it all the same. */
export function isUnfinal(view: AssetView | undefined): boolean {
  return view?.kind === 3 && !view.isFinal
}

export function describeUnread(unread: string, { assets }: Words): string {
  const reason = UNREAD.find((each) => each === unread)
  return reason === undefined ? assets.notRead(unread) : assets.unread[reason]
}

function describeDoubt(doubt: Doubt, { assets, status }: Words): string {
  switch (doubt.kind) {
    case 'unfinal':
      return assets.doubts.unfinal(status[doubt.status])
    case 'no-gateway':
      return assets.doubts.noGateway
    case 'money':
      return assets.doubts.money(doubt.symbol, doubt.money)
    case 'alike':
      return assets.doubts.alike(doubt.symbol, doubt.other.symbol)
    case 'alike-more':
      return assets.doubts.alikeMore(doubt.symbol, doubt.count)
  }
}
