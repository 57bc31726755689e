// What is known of an asset: its id, what it says of itself, and what speaks against it.

import { Link, useParams } from '@tanstack/react-router'
import type { AssetView, EnteredView, IssuedView } from '../../../client/assets/view.ts'
import type { Asset } from '../../../protocol/asset.ts'
import { isEntered } from '../../../protocol/asset.ts'
import { checksumAddress } from '../../../protocol/ids.ts'
import { Doubts, describeUnread } from '../assets/asset-name.tsx'
import { formatIn, unitOf } from '../assets/unit.ts'
import { useAsset } from '../assets/use-asset.ts'
import { useWords } from '../language/language.tsx'
import { AddressLink, CopyButton, TransactionLink } from '../parts/ids.tsx'
import { Answer, Row } from '../parts/states.tsx'
import { StatusBadge } from '../parts/transaction-list.tsx'
import { readAsset } from '../parts/written.ts'
import { NotFound } from './not-found.tsx'

export function AssetPage() {
  const { asset } = useParams({ from: '/asset/$asset' })
  const read = readAsset(asset)
  return read === undefined ? <NotFound /> : <KnownAsset asset={read} />
}

function KnownAsset({ asset }: { readonly asset: Asset }) {
  const words = useWords()
  const { assets: text } = words
  const view = useAsset(asset)
  const id = isEntered(asset) ? checksumAddress(asset) : asset
  return (
    <>
      <h1>
        {text.heading} {view.data?.symbol}
      </h1>
      <p className="wrap">
        <code>{id}</code> <CopyButton text={id} />
      </p>
      <p className="faint">{text.note}</p>
      <Answer of={view}>
        {(data) => (
          <>
            <Doubts view={data} known={[]} />
            {data.unread !== undefined && <p className="note">{describeUnread(data.unread, words)}</p>}
            <Facts view={data} />
          </>
        )}
      </Answer>
      <p>
        <Link to="/pay" search={{ asset }}>
          {words.nav.pay}
        </Link>{' '}
        <Link to="/swap" search={{ way: 'make' }}>
          {words.swap.make}
        </Link>
      </p>
    </>
  )
}

function Facts({ view }: { readonly view: AssetView }) {
  const { assets: text } = useWords()
  return (
    <dl>
      <Row name={text.symbol}>{view.symbol ?? text.nameless}</Row>
      {view.decimals !== undefined && <Row name={text.decimals}>{view.decimals}</Row>}
      {view.kind === 3 ? <Issued view={view} /> : <Entered view={view} />}
    </dl>
  )
}

function Issued({ view }: { readonly view: IssuedView }) {
  const words = useWords()
  const { assets: text } = words
  const { asset, status, issuer, issuedTo, issued, memo, prospectus } = view
  return (
    <>
      <Row name={text.issued}>
        <TransactionLink infohash={asset} /> <StatusBadge status={status} />
      </Row>
      {issuer !== undefined && (
        <Row name={text.issuedBy}>
          <AddressLink owner={issuer} whole />
        </Row>
      )}
      {issuedTo !== undefined && (
        <Row name={text.issuedTo}>
          <AddressLink owner={issuedTo} whole />
        </Row>
      )}
      {issued !== undefined && <Row name={text.total}>{formatIn(issued, unitOf(asset, view), words)}</Row>}
      {memo !== undefined && <Row name={words.tx.memo}>{memo}</Row>}
      {prospectus !== undefined && (
        <Row name={text.prospectus}>
          <code>{prospectus}</code>
        </Row>
      )}
    </>
  )
}

function Entered({ view: { asset, token, isGateway } }: { readonly view: EnteredView }) {
  const { assets: text } = useWords()
  return (
    <>
      <Row name={text.entered}>
        <AddressLink owner={asset} whole />
      </Row>
      <Row name={text.gateway}>{isGateway === undefined ? text.unknown : isGateway ? text.yes : text.no}</Row>
      {token !== undefined && (
        <Row name={text.token}>
          <code>{checksumAddress(token)}</code>
        </Row>
      )}
    </>
  )
}
