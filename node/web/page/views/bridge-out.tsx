// Asks for wTTX, or for a token, on Ethereum: signed as a payment is, and nothing is sent to Ethereum.

import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { formatAmount } from '../../../client/amount.ts'
import { request } from '../../../client/request.ts'
import { type Asset, isEntered } from '../../../protocol/asset.ts'
import { netOf } from '../../../protocol/fee.ts'
import { checksumAddress } from '../../../protocol/ids.ts'
import { infohashOf } from '../../../protocol/infohash.ts'
import { AmountField, useAmount } from '../assets/amount-field.tsx'
import { AssetChoice } from '../assets/asset-choice.tsx'
import { describeUnread } from '../assets/asset-name.tsx'
import { formatIn } from '../assets/unit.ts'
import { useAsset, useHeldViews, useUnit } from '../assets/use-asset.ts'
import { useWords } from '../language/language.tsx'
import { useBalance, useCall } from '../node.ts'
import { spendingNode, useBound } from '../offers/use-book.ts'
import { TextField } from '../parts/field.tsx'
import { Made } from '../parts/made.tsx'
import { Money } from '../parts/money.tsx'
import { Row } from '../parts/states.tsx'
import { readAddress } from '../parts/written.ts'
import { Said } from '../said.ts'
import { untilConfirmed, useUnconfirmed } from '../sent/signed.ts'
import { Unconfirmed } from '../sent/unconfirmed.tsx'
import { describeFailure } from '../wallet/failure.ts'
import { useSigner } from '../wallet/signer.ts'
import { keepRequest } from '../wallet/tokens/requests.ts'

export function BridgeOut() {
  const words = useWords()
  const { bridge } = words
  const signer = useSigner()
  const own = signer === undefined ? '' : checksumAddress(signer.address)
  const [written, setRecipient] = useState<string>()
  const recipient = written ?? own
  const [asset, setAsset] = useState<Asset>()
  const [isTried, setTried] = useState(false)
  const { data: info } = useCall('node_info', {})
  const network = info?.network
  const unconfirmed = useUnconfirmed(network?.bridge, signer?.address)
  const balance = useBalance(signer?.address, asset)
  const bound = useBound(network?.bridge, balance, signer?.address, asset)
  const views = useHeldViews(signer?.address).filter(({ asset: each }) => isEntered(each))
  const { data: view } = useAsset(asset)
  const unit = useUnit(asset)
  const amount = useAmount(unit)
  const [to, { tokens }] = [readAddress(recipient), amount]
  const least = asset === undefined ? (network?.minRequest ?? 0n) : 1n
  const isEnough = tokens !== undefined && tokens >= least
  const asking = useMutation({
    mutationFn: async () => {
      if (signer === undefined || to === undefined || tokens === undefined || network === undefined)
        throw new Said(({ pay }) => pay.bad.amount)
      if (view?.kind === 2 && view.unread !== undefined)
        throw new Said((spoken) => describeUnread(view.unread ?? '', spoken))
      if (asset !== undefined && !(view?.kind === 2 && view.isGateway))
        throw new Said(({ tokens: said }) => said.noGateway)
      const wish = { tokens, recipient: to, ...(view?.kind === 2 ? { asset: view.asset } : {}) }
      const now = Math.floor(Date.now() / 1_000)
      return await untilConfirmed(network.bridge, (keep) => {
        const remember = async (file: Uint8Array) => {
          await keep(file)
          // Nobody else lists it: it is claimed from here, also where the answer of the node was cut.
          if (asset !== undefined) keepRequest(network.bridge, infohashOf(file))
        }
        return request(spendingNode(network.bridge), signer, wish, now, undefined, remember)
      })
    },
  })
  if (asking.data !== undefined) return <Made what={words.pay.done} infohash={asking.data.infohash} />
  if (network !== undefined && unconfirmed !== undefined && !asking.isPending) {
    const onEnd = () => amount.write('')
    return <Unconfirmed key={unconfirmed.infohash} bridge={network.bridge} signed={unconfirmed} onEnd={onEnd} />
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (to !== undefined && isEnough) asking.mutate()
  }
  const leastWords = asset === undefined && bridge.least(formatAmount(least))
  const spendable = balance && unit && formatIn(balance.spendable - bound, unit, words)
  return (
    <form className="form" onSubmit={submit}>
      <AssetChoice label={bridge.asset} views={views} value={asset} onChange={setAsset} />
      <TextField
        name="recipient"
        label={bridge.recipient}
        value={recipient}
        onChange={setRecipient}
        problem={isTried && to === undefined ? words.pay.bad.to : undefined}
      />
      <AmountField
        name="amount"
        label={words.pay.amount}
        unit={unit}
        amount={amount}
        hint={[leastWords, spendable && words.pay.balance(spendable)].filter(Boolean).join(' ')}
        problem={
          isTried && !isEnough ? (tokens !== undefined && leastWords ? leastWords : words.pay.bad.amount) : undefined
        }
      />
      {tokens !== undefined && (
        <dl>
          <Row name={bridge.fee}>
            <Money tokens={tokens - netOf(tokens)} asset={asset} isBare />
          </Row>
          <Row name={bridge.arrives}>
            <Money tokens={netOf(tokens)} asset={asset} unit="wTTX" isBare />
          </Row>
        </dl>
      )}
      <p className="faint">
        {bridge.whenOut} {asset !== undefined && bridge.outTokenNote}
      </p>
      <button type="submit" className="primary" disabled={asking.isPending}>
        {asking.isPending ? words.pay.signing : bridge.ask}
      </button>
      {asking.error !== null && (
        <p className="problem" role="alert">
          {describeFailure(asking.error, words)}
        </p>
      )}
    </form>
  )
}
