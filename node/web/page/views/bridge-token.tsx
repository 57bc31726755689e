// Gives a token of Ethereum to its gateway, with as few questions of the wallet as it and the token allow; and says what came of what was sent.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useConfig, useConnection } from 'wagmi'
import { depositInfohash } from '../../../client/asset-deposit.ts'
import { type Address, checksumAddress, parseAddress } from '../../../protocol/ids.ts'
import { AmountField, useAmount } from '../assets/amount-field.tsx'
import { AssetLink, Doubts } from '../assets/asset-name.tsx'
import { formatIn, unitOf } from '../assets/unit.ts'
import { useHeldViews } from '../assets/use-asset.ts'
import { useWords } from '../language/language.tsx'
import { TextField } from '../parts/field.tsx'
import { TransactionLink } from '../parts/ids.tsx'
import { Money } from '../parts/money.tsx'
import { Row } from '../parts/states.tsx'
import { readAddress } from '../parts/written.ts'
import { Said } from '../said.ts'
import { describeFailure } from '../wallet/failure.ts'
import { depositToken, entryOf } from '../wallet/tokens/deposit-token.ts'
import { type Step, stepsOf } from '../wallet/tokens/steps.ts'
import { readTokenFacts, type TokenFacts, type TokenNetwork } from '../wallet/tokens/token-facts.ts'
import { forgetUnderWay, keepUnderWay, type UnderWay, useUnderWay } from '../wallet/tokens/under-way.ts'

type TokenFormProps = {
  readonly network: TokenNetwork
  /** wTTX. */
  readonly own: Address
  /** An asset that is held already. */
  readonly given: Address | undefined
}

const LOOK_MS = 10_000

export function TokenForm({ network, own, given }: TokenFormProps) {
  const words = useWords()
  const { tokens: text } = words
  const config = useConfig()
  const { address } = useConnection()
  const account = address && parseAddress(address)
  const [written, setWritten] = useState(given === undefined ? '' : checksumAddress(given))
  const token = readAddress(written)
  const facts = useQuery({
    queryKey: ['ethereum', 'token', network.bridge, account, token],
    queryFn: async () => {
      if (account === undefined || token === undefined) throw new RangeError('asked of no token')
      if (token === own) throw new Said(({ tokens }) => tokens.isOwn)
      return await readTokenFacts(config, network, account, token)
    },
    enabled: account !== undefined && token !== undefined,
    refetchInterval: LOOK_MS,
    retry: false,
  })
  return (
    <>
      <p>{text.note}</p>
      <div className="form">
        <TextField
          name="token"
          label={text.token}
          value={written}
          onChange={setWritten}
          problem={written.trim() !== '' && token === undefined ? words.pay.bad.to : undefined}
        />
        {facts.error !== null && (
          <p className="problem" role="alert">
            {describeFailure(facts.error, words)}
          </p>
        )}
        {facts.isLoading && <p className="faint">{words.misc.loading}</p>}
      </div>
      {facts.data !== undefined && account !== undefined && (
        <DepositForm key={facts.data.token} network={network} facts={facts.data} account={account} />
      )}
    </>
  )
}

type DepositFormProps = {
  readonly network: TokenNetwork
  readonly facts: TokenFacts
  readonly account: Address
}

function DepositForm({ network, facts, account }: DepositFormProps) {
  const words = useWords()
  const { tokens: text, bridge } = words
  const config = useConfig()
  const client = useQueryClient()
  const held = useHeldViews(account)
  const { token, gateway, permit } = facts
  const unit = unitOf(gateway, facts)
  const amount = useAmount(unit)
  const [recipient, setRecipient] = useState(checksumAddress(account))
  const [isTried, setTried] = useState(false)
  const [step, setStep] = useState<Step>()
  const [to, { tokens }] = [readAddress(recipient), amount]
  const depositing = useMutation({
    mutationFn: async () => {
      if (to === undefined || tokens === undefined) throw new Said(({ pay }) => pay.bad.amount)
      const sent = await depositToken(config, network, facts, { account, amount: tokens, to }, setStep)
      keepUnderWay(network.bridge, { ...sent, gateway, amount: `${tokens}` })
      amount.write('')
      setTried(false)
    },
    onSettled: async () => {
      setStep(undefined)
      await client.invalidateQueries({ queryKey: ['ethereum', 'token'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (to !== undefined && tokens !== undefined) depositing.mutate()
  }
  const steps = tokens === undefined ? [] : stepsOf({ ...facts, hasPermit: permit !== undefined }, tokens)
  const view = {
    kind: 2,
    isGateway: true,
    token,
    asset: gateway,
    ...(facts.symbol && { symbol: facts.symbol }),
  } as const
  return (
    <form className="form" onSubmit={submit}>
      <dl>
        <Row name={words.assets.symbol}>{facts.symbol ?? words.assets.nameless}</Row>
        <Row name={words.assets.token}>
          <code>{checksumAddress(token)}</code>
        </Row>
        <Row name={text.gateway}>
          <AssetLink asset={gateway} whole />
        </Row>
      </dl>
      <Doubts view={view} known={held} />
      <TextField
        name="recipient"
        label={bridge.recipientBack}
        value={recipient}
        onChange={setRecipient}
        problem={isTried && to === undefined ? words.pay.bad.to : undefined}
      />
      <AmountField
        name="amount"
        label={text.amount}
        unit={unit}
        amount={amount}
        hint={text.held(formatIn(facts.held, unit, words))}
        problem={isTried && tokens === undefined ? words.pay.bad.amount : undefined}
      />
      {tokens !== undefined && (
        <>
          <dl>
            <Row name={text.credited}>{formatIn(tokens, unit, words)}</Row>
          </dl>
          <p>{text.steps}:</p>
          <ol className="steps">
            {steps.map((each) => (
              <li key={each} aria-current={each === step ? 'step' : undefined}>
                {text.step[each]}
              </li>
            ))}
          </ol>
        </>
      )}
      <button type="submit" className="primary" disabled={depositing.isPending}>
        {depositing.isPending ? bridge.burning : text.deposit}
      </button>
      {depositing.error !== null && (
        <p className="problem" role="alert">
          {describeFailure(depositing.error, words)}
        </p>
      )}
    </form>
  )
}

/** Also those of before the page was loaded. */
export function UnderWayDeposits({
  network,
}: {
  readonly network: { readonly chain: bigint; readonly bridge: Address }
}) {
  const { tokens: text } = useWords()
  const deposits = useUnderWay(network.bridge)
  if (deposits.length === 0) return null
  return (
    <section>
      <h2>{text.underWay}</h2>
      {deposits.map((each) => (
        <OneUnderWay key={each.id} network={network} deposit={each} />
      ))}
    </section>
  )
}

type OneUnderWayProps = {
  readonly network: { readonly chain: bigint; readonly bridge: Address }
  readonly deposit: UnderWay
}

function OneUnderWay({ network, deposit }: OneUnderWayProps) {
  const words = useWords()
  const { tokens: text } = words
  const config = useConfig()
  const { gateway, id, amount } = deposit
  const {
    data: entry,
    error,
    refetch,
  } = useQuery({
    queryKey: ['ethereum', 'entry', id],
    queryFn: async () => await entryOf(config, network.bridge, gateway, deposit),
    retry: false,
  })
  const client = useQueryClient()
  useEffect(() => {
    // What is held and allowed is another amount now.
    if (entry !== undefined) void client.invalidateQueries({ queryKey: ['ethereum', 'token'] })
  }, [client, entry])
  const isLess = entry !== undefined && entry.amount < BigInt(amount)
  return (
    <div className="card">
      {entry === undefined && error === null && (
        <p role="status">
          {text.underWayNote} <code className="wrap">{id}</code>
        </p>
      )}
      {entry !== undefined && (
        <>
          <p role="status">
            {text.entered} <Money tokens={entry.amount} asset={gateway} />
          </p>
          {isLess && (
            <p className="note">
              {text.less} <Money tokens={BigInt(amount)} asset={gateway} />
            </p>
          )}
          <p>
            {text.follow}: <TransactionLink infohash={depositInfohash(network, { ...entry, asset: gateway })} />
          </p>
        </>
      )}
      {error !== null && (
        <>
          <p className="problem" role="alert">
            {describeFailure(error, words)}
          </p>
          <button type="button" className="quiet" onClick={() => void refetch()}>
            {words.misc.retry}
          </button>
        </>
      )}
      {(entry !== undefined || error !== null) && (
        <button type="button" className="quiet" onClick={() => forgetUnderWay(network.bridge, id)}>
          {text.done}
        </button>
      )}
    </div>
  )
}
