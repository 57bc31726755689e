// Pays TTX, or an asset that the address of the connected wallet holds, signed by that wallet.

import { useMutation } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { pay } from '../../../client/pay.ts'
import { type PaymentRequest, parsePaymentUri } from '../../../client/payment-uri.ts'
import type { Asset } from '../../../protocol/asset.ts'
import { checksumAddress } from '../../../protocol/ids.ts'
import { infohashOf } from '../../../protocol/infohash.ts'
import { ofAsset } from '../../../protocol/state.ts'
import { AmountField, useAmount } from '../assets/amount-field.tsx'
import { AssetChoice } from '../assets/asset-choice.tsx'
import { isUnfinal } from '../assets/asset-name.tsx'
import { Consent } from '../assets/consent.tsx'
import { formatIn } from '../assets/unit.ts'
import { useAsset, useHeldViews, useUnit } from '../assets/use-asset.ts'
import { useWords } from '../language/language.tsx'
import { useBalance, useCall } from '../node.ts'
import { spendingNode, useBound } from '../offers/use-book.ts'
import { TextField } from '../parts/field.tsx'
import { TransactionLink } from '../parts/ids.tsx'
import { Made } from '../parts/made.tsx'
import { isGoodMemo, readAddress, readAsset } from '../parts/written.ts'
import { keepPaid, usePaidBefore } from '../sent/paid.ts'
import { untilConfirmed, useUnconfirmed } from '../sent/signed.ts'
import { Unconfirmed } from '../sent/unconfirmed.tsx'
import { ContractWarning } from '../wallet/contract-warning.tsx'
import { describeFailure } from '../wallet/failure.ts'
import { useSigner } from '../wallet/signer.ts'
import { WithWallet } from '../wallet/wallet-needed.tsx'

export function Pay() {
  const { pay: words } = useWords()
  const { to, uri, asset } = useSearch({ from: '/pay' })
  const asked = uri === undefined ? undefined : readUri(uri)
  return (
    <>
      <h1>{words.heading}</h1>
      {typeof asked === 'string' ? (
        <p className="problem" role="alert">
          {asked}
        </p>
      ) : (
        <WithWallet>
          <PayForm
            key={`${uri} ${to} ${asset}`}
            to={to}
            asset={asset === undefined ? undefined : readAsset(asset)}
            asked={asked}
          />
        </WithWallet>
      )}
    </>
  )
}

type PayFormProps = {
  readonly to: string | undefined
  readonly asset: Asset | undefined
  readonly asked: PaymentRequest | undefined
}

function PayForm({ to: given, asset: chosen, asked }: PayFormProps) {
  const words = useWords()
  const { pay: text } = words
  const signer = useSigner()
  const [to, setTo] = useState(asked === undefined ? (given ?? '') : checksumAddress(asked.to))
  const [asset, setAsset] = useState(asked?.asset ?? chosen)
  const [memo, setMemo] = useState(asked?.memo ?? '')
  const [isTried, setTried] = useState(false)
  const [isWanted, setWanted] = useState(false)
  const { data: info } = useCall('node_info', {})
  const bridge = info?.network.bridge
  const unconfirmed = useUnconfirmed(bridge, signer?.address)
  const { uri } = useSearch({ from: '/pay' })
  const paidBefore = usePaidBefore(bridge, uri)
  const balance = useBalance(signer?.address, asset)
  const bound = useBound(bridge, balance, signer?.address, asset)
  const views = useHeldViews(signer?.address)
  const { data: view } = useAsset(asset)
  const unit = useUnit(asset)
  const amount = useAmount(unit, asset === asked?.asset ? asked?.tokens : undefined)
  const [payee, { tokens }] = [readAddress(to), amount]
  const payment = useMutation({
    mutationFn: async () => {
      if (signer === undefined || payee === undefined || tokens === undefined || bridge === undefined)
        throw new Error(text.bad.to)
      const body = { ...ofAsset({ to: payee, tokens }, asset), ...(memo === '' ? {} : { memo }) }
      const now = Math.floor(Date.now() / 1_000)
      return await untilConfirmed(bridge, (keep) => {
        const remember = async (file: Uint8Array) => {
          await keep(file)
          if (uri !== undefined) keepPaid(bridge, uri, infohashOf(file))
        }
        return pay(spendingNode(bridge), signer, body, now, undefined, remember)
      })
    },
  })
  if (payment.data !== undefined) return <Made what={text.done} infohash={payment.data.infohash} />
  if (bridge !== undefined && unconfirmed !== undefined && !payment.isPending) {
    const onEnd = () => amount.write('')
    return <Unconfirmed key={unconfirmed.infohash} bridge={bridge} signed={unconfirmed} onEnd={onEnd} />
  }
  const isOther =
    asked?.chain !== undefined &&
    info !== undefined &&
    (asked.chain !== info.network.chain || (asked.bridge !== undefined && asked.bridge !== info.network.bridge))
  if (isOther) return <p className="problem">{text.wrongNetwork}</p>
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    const isAgreed = isWanted || !isUnfinal(view)
    if (payee !== undefined && tokens !== undefined && isGoodMemo(memo) && isAgreed) payment.mutate()
  }
  const spendable =
    balance === undefined || unit === undefined ? undefined : formatIn(balance.spendable - bound, unit, words)
  return (
    <form onSubmit={submit} className="form">
      {asked !== undefined && (
        <p className="note">
          {text.asked} {asked.label}
        </p>
      )}
      {paidBefore !== undefined && (
        <p className="note" role="alert">
          {words.sent.paidBefore} <TransactionLink infohash={paidBefore} />
        </p>
      )}
      <TextField
        name="to"
        label={text.to}
        value={to}
        onChange={setTo}
        problem={isTried && payee === undefined ? text.bad.to : undefined}
      />
      {payee !== undefined && <ContractWarning payee={payee} />}
      <AssetChoice label={text.asset} views={views} value={asset} onChange={setAsset} />
      <AmountField
        name="amount"
        label={text.amount}
        unit={unit}
        amount={amount}
        hint={[
          spendable && text.balance(spendable),
          bound > 0n && unit !== undefined && text.bound(formatIn(bound, unit, words)),
        ]
          .filter(Boolean)
          .join(' ')}
        problem={isTried && tokens === undefined ? text.bad.amount : undefined}
      />
      <TextField
        name="memo"
        label={`${text.memo} (${text.optional})`}
        value={memo}
        onChange={setMemo}
        problem={isGoodMemo(memo) ? undefined : text.bad.memo}
      />
      <Consent view={view} isGiven={isWanted} onChange={setWanted} isTried={isTried} />
      <button type="submit" className="primary" disabled={payment.isPending}>
        {payment.isPending ? text.signing : text.sign}
      </button>
      {payment.error !== null && (
        <p className="problem" role="alert">
          {describeFailure(payment.error, words)}
        </p>
      )}
    </form>
  )
}

/** What is wrong with it, in words, or what it asks for. */
function readUri(uri: string): PaymentRequest | string {
  try {
    return parsePaymentUri(uri)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
