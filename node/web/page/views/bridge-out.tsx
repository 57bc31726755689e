// Asks for wTTX on Ethereum: signed as a payment is, and nothing is sent to Ethereum.

import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { formatAmount } from '../../../client/amount.ts'
import { request } from '../../../client/request.ts'
import { netOf } from '../../../protocol/fee.ts'
import { checksumAddress } from '../../../protocol/ids.ts'
import { useWords } from '../language/language.tsx'
import { node, useBalance, useCall } from '../node.ts'
import { TextField } from '../parts/field.tsx'
import { Money } from '../parts/money.tsx'
import { Row } from '../parts/states.tsx'
import { readAddress, readAmount } from '../parts/written.ts'
import { untilConfirmed, useUnconfirmed } from '../sent/signed.ts'
import { Unconfirmed } from '../sent/unconfirmed.tsx'
import { describeFailure } from '../wallet/failure.ts'
import { useSigner } from '../wallet/signer.ts'

export function BridgeOut() {
  const words = useWords()
  const { bridge } = words
  const signer = useSigner()
  const own = signer === undefined ? '' : checksumAddress(signer.address)
  const [written, setRecipient] = useState<string>()
  const recipient = written ?? own
  const [amount, setAmount] = useState('')
  const [isTried, setTried] = useState(false)
  const { data: info } = useCall('node_info', {})
  const bridgeAddress = info?.network.bridge
  const unconfirmed = useUnconfirmed(bridgeAddress, signer?.address)
  const balance = useBalance(signer?.address)
  const [to, tokens] = [readAddress(recipient), readAmount(amount)]
  const least = info?.network.minRequest ?? 0n
  const isEnough = tokens !== undefined && tokens >= least
  const asking = useMutation({
    mutationFn: async () => {
      if (signer === undefined || to === undefined || tokens === undefined) throw new Error(words.pay.bad.amount)
      const [wish, now] = [{ tokens, recipient: to }, Math.floor(Date.now() / 1_000)]
      if (bridgeAddress === undefined) throw new Error(words.misc.loading)
      return await untilConfirmed(bridgeAddress, (keep) => request(node, signer, wish, now, undefined, keep))
    },
  })
  if (asking.data !== undefined) {
    const { infohash } = asking.data
    return (
      <p role="status">
        {words.pay.done}:{' '}
        <Link className="id" to="/tx/$infohash" params={{ infohash }}>
          {infohash}
        </Link>
      </p>
    )
  }
  if (bridgeAddress !== undefined && unconfirmed !== undefined && !asking.isPending) {
    const onEnd = () => setAmount('')
    return <Unconfirmed key={unconfirmed.infohash} bridge={bridgeAddress} signed={unconfirmed} onEnd={onEnd} />
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (to !== undefined && isEnough) asking.mutate()
  }
  return (
    <form className="form" onSubmit={submit}>
      <TextField
        name="recipient"
        label={bridge.recipient}
        value={recipient}
        onChange={setRecipient}
        problem={isTried && to === undefined ? words.pay.bad.to : undefined}
      />
      <TextField
        name="amount"
        label={bridge.amountOut}
        value={amount}
        onChange={setAmount}
        inputMode="decimal"
        hint={[bridge.least(formatAmount(least)), balance && words.pay.balance(formatAmount(balance.spendable))]
          .filter(Boolean)
          .join(' ')}
        problem={
          isTried && !isEnough
            ? tokens === undefined
              ? words.pay.bad.amount
              : bridge.least(formatAmount(least))
            : undefined
        }
      />
      {tokens !== undefined && (
        <dl>
          <Row name={bridge.fee}>
            <Money tokens={tokens - netOf(tokens)} />
          </Row>
          <Row name={bridge.arrives}>
            <Money tokens={netOf(tokens)} unit="wTTX" />
          </Row>
        </dl>
      )}
      <p className="faint">{bridge.whenOut}</p>
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
