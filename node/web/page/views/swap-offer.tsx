// One offer: who gives what for what, at which price, what speaks against it, whether it stands; and what can be done about it.

import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { formatPrice } from '../../../client/maker/price.ts'
import { takeOffer } from '../../../client/offers/take.ts'
import { withdrawOffer } from '../../../client/offers/withdraw.ts'
import type { Address } from '../../../protocol/ids.ts'
import { type Amount, formatOffer } from '../../../protocol/offer.ts'
import { AssetNote, isUnfinal } from '../assets/asset-name.tsx'
import { Consent } from '../assets/consent.tsx'
import { nameUnit, unitOf } from '../assets/unit.ts'
import { useAsset, useHeldViews } from '../assets/use-asset.ts'
import { useWords } from '../language/language.tsx'
import type { Entry } from '../offers/book.ts'
import { pairOf, priceOf } from '../offers/order-book.ts'
import { useOwner } from '../offers/own.tsx'
import { StandingBadge } from '../offers/standing-badge.tsx'
import { forgetOffer, spendingNode, useBook, useStanding } from '../offers/use-book.ts'
import { AddressLink, CopyButton, TransactionLink } from '../parts/ids.tsx'
import { Made } from '../parts/made.tsx'
import { Money } from '../parts/money.tsx'
import { Row } from '../parts/states.tsx'
import { Moment } from '../parts/time.tsx'
import { Said } from '../said.ts'
import { describeFailure } from '../wallet/failure.ts'
import { useSigner } from '../wallet/signer.ts'
import { WithWallet } from '../wallet/wallet-needed.tsx'

/** How long peers may be asked for what it gives. */
const FETCH_MS = 15_000

type SwapOfferProps = { readonly bridge: Address; readonly id: string }

export function SwapOffer({ bridge, id }: SwapOfferProps) {
  const { swap } = useWords()
  const entry = useBook(bridge).find((each) => each.id === id)
  return (
    <>
      <p>
        <Link to="/swap" search={{}}>
          {swap.back}
        </Link>
      </p>
      {entry === undefined ? <p>{swap.none}</p> : <Known bridge={bridge} entry={entry} />}
    </>
  )
}

type KnownProps = { readonly bridge: Address; readonly entry: Entry }

function Known({ bridge, entry }: KnownProps) {
  const { swap, tx } = useWords()
  const { id, offer } = entry
  const owner = useOwner()
  const isMine = offer.from === owner
  return (
    <>
      <h2>
        {swap.offer} <StandingBadge bridge={bridge} entry={entry} fetchMs={FETCH_MS} />
      </h2>
      <p className="wrap">
        <code>{id}</code>
      </p>
      {isMine && <p className="note">{swap.own}</p>}
      <Terms entry={entry} isMine={isMine} />
      <dl>
        <Row name={swap.maker}>
          <AddressLink owner={offer.from} whole />
        </Row>
        {offer.taker !== undefined && (
          <Row name={swap.taker}>
            <AddressLink owner={offer.taker} whole />
          </Row>
        )}
        <Row name={tx.made}>
          <Moment at={offer.time} />
        </Row>
        <Row name={swap.standing}>
          <StandingWords bridge={bridge} entry={entry} />
        </Row>
      </dl>
      <WithWallet>
        {isMine ? <Withdraw bridge={bridge} entry={entry} /> : <Take bridge={bridge} entry={entry} />}
      </WithWallet>
      <Keep bridge={bridge} entry={entry} isMine={isMine} />
    </>
  )
}

/** Both halves with whole ids, as whoever reads it would live them. */
function Terms({ entry: { offer }, isMine }: { readonly entry: Entry; readonly isMine: boolean }) {
  const words = useWords()
  const { swap } = words
  const held = useHeldViews(useOwner())
  const [give, want] = [useAsset(offer.give.asset).data, useAsset(offer.want.asset).data]
  const known = [...held, ...[give, want].flatMap((view) => view ?? [])]
  const pair = pairOf(offer)
  const unit = (asset: typeof pair.base) => unitOf(asset, asset === offer.give.asset ? give : want)
  const [base, quote] = [unit(pair.base), unit(pair.quote)]
  const decimals = { base: base.decimals ?? 0, quote: quote.decimals ?? 0 }
  const price = formatPrice(priceOf(offer), decimals)
  const half = ({ tokens, asset }: Amount): ReactNode => (
    <>
      <Money tokens={tokens} asset={asset} isBare />
      {asset !== undefined && <AssetNote asset={asset} known={known} />}
    </>
  )
  return (
    <dl>
      <Row name={isMine ? swap.give : swap.youGet}>{half(offer.give)}</Row>
      <Row name={isMine ? swap.want : swap.youPay}>{half(offer.want)}</Row>
      <Row name={swap.price}>{swap.priceOf(price, nameUnit(quote, words), nameUnit(base, words))}</Row>
    </dl>
  )
}

function StandingWords({ bridge, entry }: KnownProps) {
  const { swap, status } = useWords()
  const { data, error } = useStanding(bridge, entry, FETCH_MS)
  const { end } = entry
  if (end !== undefined) {
    return (
      <>
        {swap.stateLong[end.state]} <TransactionLink infohash={end.by} />
      </>
    )
  }
  if (data === undefined) return error?.message ?? null
  if (data.state === 'open') {
    if (data.sum < entry.offer.give.tokens) return swap.stateLong.less
    return data.status === 'accepted' ? swap.stateLong.hangs : swap.stateLong.open
  }
  if (data.state === 'void') return swap.stateLong.void(data.why)
  if (data.state === 'unknown') return swap.stateLong.unknown
  return (
    <>
      {swap.stateLong[data.state]} <TransactionLink infohash={data.by} /> ({status[data.status]}).{' '}
      {data.status === 'accepted' && swap.mayTurn}
    </>
  )
}

function Take({ bridge, entry }: KnownProps) {
  const words = useWords()
  const { swap } = words
  const signer = useSigner()
  const { offer } = entry
  const { data: standing } = useStanding(bridge, entry, FETCH_MS)
  const { data: view } = useAsset(offer.give.asset)
  const [isWanted, setWanted] = useState(false)
  const [isTried, setTried] = useState(false)
  const taking = useMutation({
    mutationFn: async () => {
      if (signer === undefined) throw new Said(({ wallet }) => wallet.needed)
      const nowSeconds = Math.floor(Date.now() / 1_000)
      return await takeOffer(spendingNode(bridge), signer, offer, nowSeconds, { fetchMs: FETCH_MS })
    },
  })
  if (taking.data !== undefined) {
    return (
      <>
        <Made what={swap.taken} infohash={taking.data.infohash} />
        <p className="note">{swap.safe}</p>
      </>
    )
  }
  if (entry.end !== undefined || standing?.state !== 'open' || standing.sum < offer.give.tokens) return null
  if (offer.taker !== undefined && offer.taker !== signer?.address) return <p className="note">{swap.notForYou}</p>
  const take = () => {
    setTried(true)
    if (isWanted || !isUnfinal(view)) taking.mutate()
  }
  return (
    <div className="form">
      <p className="note">{swap.safe}</p>
      <Consent view={view} isGiven={isWanted} onChange={setWanted} isTried={isTried} />
      <button type="button" className="primary" disabled={taking.isPending} onClick={take}>
        {taking.isPending ? swap.taking : swap.take}
      </button>
      <Problem error={taking.error} />
    </div>
  )
}

function Withdraw({ bridge, entry }: KnownProps) {
  const { swap } = useWords()
  const signer = useSigner()
  const { data: standing } = useStanding(bridge, entry, FETCH_MS)
  const withdrawing = useMutation({
    mutationFn: async () => {
      if (signer === undefined) throw new Said(({ wallet }) => wallet.needed)
      // What it binds is what is spent.
      return await withdrawOffer(spendingNode(bridge), signer, entry.offer, Math.floor(Date.now() / 1_000), FETCH_MS)
    },
  })
  if (withdrawing.data !== undefined) return <Made what={swap.withdrawn} infohash={withdrawing.data.infohash} />
  if (entry.end !== undefined || standing?.state !== 'open') return null
  return (
    <div className="form">
      <p>{swap.withdrawNote}</p>
      <button type="button" disabled={withdrawing.isPending} onClick={() => withdrawing.mutate()}>
        {withdrawing.isPending ? swap.taking : swap.withdraw}
      </button>
      <Problem error={withdrawing.error} />
    </div>
  )
}

/** The file, to hand on; and to let go of it here. */
function Keep({ bridge, entry, isMine }: KnownProps & { readonly isMine: boolean }) {
  const { swap } = useWords()
  const navigate = useNavigate()
  const [isSure, setSure] = useState(false)
  const text = formatOffer(entry.offer)
  const forget = async () => {
    if (isMine && entry.end === undefined && !isSure) {
      setSure(true)
      return
    }
    forgetOffer(bridge, entry.id)
    await navigate({ to: '/swap', search: {} })
  }
  return (
    <>
      <p className="buttons">
        <CopyButton text={text} label={swap.copy} />
        <button type="button" className="quiet" onClick={() => saveFile(`offer-${entry.id.slice(0, 8)}.json`, text)}>
          {swap.save}
        </button>
        <button type="button" className="quiet" onClick={() => void forget()}>
          {isSure ? swap.forgetAnyway : swap.forget}
        </button>
      </p>
      {isSure && (
        <p className="note" role="alert">
          {swap.forgetNote}
        </p>
      )}
    </>
  )
}

function Problem({ error }: { readonly error: Error | null }) {
  const words = useWords()
  return error === null ? null : (
    <p className="problem" role="alert">
      {describeFailure(error, words)}
    </p>
  )
}

function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
