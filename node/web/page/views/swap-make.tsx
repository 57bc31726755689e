// Makes an offer: signed by the connected wallet, kept here, and nothing is sent.

import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { AssetView } from '../../../client/assets/view.ts'
import { makeOffer } from '../../../client/offers/make.ts'
import type { Asset } from '../../../protocol/asset.ts'
import type { Address } from '../../../protocol/ids.ts'
import { ofAsset } from '../../../protocol/state.ts'
import { AmountField, useAmount } from '../assets/amount-field.tsx'
import { AssetChoice } from '../assets/asset-choice.tsx'
import { AssetNote, isUnfinal } from '../assets/asset-name.tsx'
import { Consent } from '../assets/consent.tsx'
import { formatIn } from '../assets/unit.ts'
import { useAsset, useHeldViews, useUnit } from '../assets/use-asset.ts'
import { useWords } from '../language/language.tsx'
import { useBalance } from '../node.ts'
import { keepOffer, spendingNode, useBound } from '../offers/use-book.ts'
import { TextField } from '../parts/field.tsx'
import { readAddress, readAsset } from '../parts/written.ts'
import { Said } from '../said.ts'
import { describeFailure } from '../wallet/failure.ts'
import { useSigner } from '../wallet/signer.ts'

export function SwapMake({ bridge }: { readonly bridge: Address }) {
  const words = useWords()
  const { swap, pay } = words
  const navigate = useNavigate()
  const signer = useSigner()
  const views = useHeldViews(signer?.address)
  const [giveAsset, setGiveAsset] = useState<Asset>()
  const [wantAsset, setWantAsset] = useState<Asset | 'none'>()
  const want = wantAsset === 'none' ? undefined : wantAsset
  const [taker, setTaker] = useState('')
  const [isTried, setTried] = useState(false)
  const [isWanted, setWanted] = useState(false)
  const balance = useBalance(signer?.address, giveAsset)
  const bound = useBound(bridge, balance, signer?.address, giveAsset)
  const [giveUnit, wantUnit] = [useUnit(giveAsset), useUnit(want)]
  const [giving, wanting] = [useAmount(giveUnit), useAmount(wantUnit)]
  const { data: wantView } = useAsset(want)
  const only = taker.trim() === '' ? undefined : readAddress(taker)
  const isTakerBad = taker.trim() !== '' && only === undefined
  const isSame = wantAsset !== 'none' && giveAsset === want
  const making = useMutation({
    mutationFn: async () => {
      if (signer === undefined) throw new Said(({ wallet }) => wallet.needed)
      if (giving.tokens === undefined || wanting.tokens === undefined) throw new Said((spoken) => spoken.pay.bad.amount)
      const terms = {
        give: ofAsset({ tokens: giving.tokens }, giveAsset),
        want: ofAsset({ tokens: wanting.tokens }, want),
        ...(only === undefined ? {} : { taker: only }),
      }
      const made = await makeOffer(spendingNode(bridge), signer, terms, Math.floor(Date.now() / 1_000))
      // Before anybody can have it, so that nothing else spends what it binds.
      keepOffer(bridge, made.offer)
      return made
    },
    onSuccess: async ({ id }) => await navigate({ to: '/swap', search: { offer: id } }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    const isWhole = giving.tokens !== undefined && wanting.tokens !== undefined
    if (isWhole && !isSame && !isTakerBad && wantAsset !== 'none' && (isWanted || !isUnfinal(wantView))) making.mutate()
  }
  const spendable = balance && giveUnit && formatIn(balance.spendable - bound, giveUnit, words)
  return (
    <form className="form" onSubmit={submit}>
      <AssetChoice label={swap.give} views={views} value={giveAsset} onChange={setGiveAsset} />
      <AmountField
        name="give"
        label={swap.giveAmount}
        unit={giveUnit}
        amount={giving}
        hint={spendable && pay.balance(spendable)}
        problem={isTried && giving.tokens === undefined ? pay.bad.amount : undefined}
      />
      <WantedAsset views={views} value={wantAsset} onChange={setWantAsset} />
      {isTried && isSame && (
        <p className="problem" role="alert">
          {swap.same}
        </p>
      )}
      <AmountField
        name="want"
        label={swap.wantAmount}
        unit={wantUnit}
        amount={wanting}
        problem={isTried && wanting.tokens === undefined ? pay.bad.amount : undefined}
      />
      <TextField
        name="taker"
        label={swap.onlyFor}
        value={taker}
        onChange={setTaker}
        problem={isTakerBad ? pay.bad.to : undefined}
      />
      <Consent view={wantView} isGiven={isWanted} onChange={setWanted} isTried={isTried} />
      <button type="submit" className="primary" disabled={making.isPending}>
        {making.isPending ? swap.taking : swap.sign}
      </button>
      {making.error !== null && (
        <p className="problem" role="alert">
          {describeFailure(making.error, words)}
        </p>
      )}
    </form>
  )
}

type WantedAssetProps = {
  readonly views: readonly AssetView[]
  /** `none` while an id is not whole. */
  readonly value: Asset | 'none' | undefined
  readonly onChange: (asset: Asset | 'none' | undefined) => void
}

/** Also one that nobody here holds, by its id. */
function WantedAsset({ views, value, onChange }: WantedAssetProps) {
  const { swap } = useWords()
  const [id, setId] = useState<string>()
  const written = id === undefined || id.trim() === '' ? undefined : readAsset(id)
  const isOther = id !== undefined
  return (
    <>
      <AssetChoice
        label={swap.want}
        views={views}
        value={isOther || value === 'none' ? undefined : value}
        onChange={(asset) => {
          setId(undefined)
          onChange(asset)
        }}
        other={{
          label: swap.otherAsset,
          isChosen: isOther,
          choose: () => {
            setId('')
            onChange('none')
          },
        }}
      />
      {isOther && (
        <TextField
          name="asset"
          label={swap.assetId}
          value={id}
          onChange={(text) => {
            setId(text)
            onChange((text.trim() === '' ? undefined : readAsset(text)) ?? 'none')
          }}
          problem={id.trim() !== '' && written === undefined ? swap.badAsset : undefined}
        />
      )}
      {written !== undefined && <AssetNote asset={written} known={views} />}
    </>
  )
}
