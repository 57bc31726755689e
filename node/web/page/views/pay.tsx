// Pays TTX, signed by the connected wallet.

import { useMutation } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { formatAmount } from '../../../client/amount.ts'
import { pay } from '../../../client/pay.ts'
import { type PaymentRequest, parsePaymentUri } from '../../../client/payment-uri.ts'
import { checksumAddress } from '../../../protocol/ids.ts'
import { infohashOf } from '../../../protocol/infohash.ts'
import { useWords } from '../language/language.tsx'
import { node, useBalance, useCall } from '../node.ts'
import { TextField } from '../parts/field.tsx'
import { TransactionLink } from '../parts/ids.tsx'
import { isGoodMemo, readAddress, readAmount } from '../parts/written.ts'
import { keepPaid, usePaidBefore } from '../sent/paid.ts'
import { untilConfirmed, useUnconfirmed } from '../sent/signed.ts'
import { Unconfirmed } from '../sent/unconfirmed.tsx'
import { ContractWarning } from '../wallet/contract-warning.tsx'
import { describeFailure } from '../wallet/failure.ts'
import { useSigner } from '../wallet/signer.ts'
import { WithWallet } from '../wallet/wallet-needed.tsx'

export function Pay() {
  const { pay: words } = useWords()
  const { to, uri } = useSearch({ from: '/pay' })
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
          <PayForm key={uri ?? to ?? ''} to={to} asked={asked} />
        </WithWallet>
      )}
    </>
  )
}

function PayForm({
  to: given,
  asked,
}: {
  readonly to: string | undefined
  readonly asked: PaymentRequest | undefined
}) {
  const words = useWords()
  const { pay: text } = words
  const signer = useSigner()
  const [to, setTo] = useState(asked === undefined ? (given ?? '') : checksumAddress(asked.to))
  const [amount, setAmount] = useState(asked?.tokens === undefined ? '' : formatAmount(asked.tokens))
  const [memo, setMemo] = useState(asked?.memo ?? '')
  const [isTried, setTried] = useState(false)
  const { data: info } = useCall('node_info', {})
  const bridge = info?.network.bridge
  const unconfirmed = useUnconfirmed(bridge, signer?.address)
  const { uri } = useSearch({ from: '/pay' })
  const paidBefore = usePaidBefore(bridge, uri)
  const balance = useBalance(signer?.address)
  const [payee, tokens] = [readAddress(to), readAmount(amount)]
  const payment = useMutation({
    mutationFn: async () => {
      if (signer === undefined || payee === undefined || tokens === undefined) throw new Error(text.bad.to)
      const body = { to: payee, tokens, ...(memo === '' ? {} : { memo }) }
      const now = Math.floor(Date.now() / 1_000)
      if (bridge === undefined) throw new Error(words.misc.loading)
      return await untilConfirmed(bridge, (keep) => {
        const remember = async (file: Uint8Array) => {
          await keep(file)
          if (uri !== undefined) keepPaid(bridge, uri, infohashOf(file))
        }
        return pay(node, signer, body, now, undefined, remember)
      })
    },
  })
  if (payment.data !== undefined) return <Done infohash={payment.data.infohash} />
  if (bridge !== undefined && unconfirmed !== undefined && !payment.isPending)
    return <Unconfirmed key={unconfirmed.infohash} bridge={bridge} signed={unconfirmed} onEnd={() => setAmount('')} />
  const isOther =
    asked?.chain !== undefined &&
    info !== undefined &&
    (asked.chain !== info.network.chain || (asked.bridge !== undefined && asked.bridge !== info.network.bridge))
  if (isOther) return <p className="problem">{text.wrongNetwork}</p>
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (payee !== undefined && tokens !== undefined && isGoodMemo(memo)) payment.mutate()
  }
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
      <TextField
        name="amount"
        label={text.amount}
        value={amount}
        onChange={setAmount}
        inputMode="decimal"
        hint={balance && text.balance(formatAmount(balance.spendable))}
        problem={isTried && tokens === undefined ? text.bad.amount : undefined}
      />
      <TextField
        name="memo"
        label={`${text.memo} (${text.optional})`}
        value={memo}
        onChange={setMemo}
        problem={isGoodMemo(memo) ? undefined : text.bad.memo}
      />
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

function Done({ infohash }: { readonly infohash: string }) {
  const { pay: words } = useWords()
  return (
    <p role="status">
      {words.done}:{' '}
      <Link className="id" to="/tx/$infohash" params={{ infohash }}>
        {infohash}
      </Link>
    </p>
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
