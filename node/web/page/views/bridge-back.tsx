// Brings money from Ethereum: burns wTTX, or gives a token to its gateway, to be credited on the TTX side.

import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useConfig, useConnection } from 'wagmi'
import { formatAmount } from '../../../client/amount.ts'
import { type Asset, isEntered } from '../../../protocol/asset.ts'
import { netOf } from '../../../protocol/fee.ts'
import { checksumAddress, parseAddress } from '../../../protocol/ids.ts'
import { AssetChoice } from '../assets/asset-choice.tsx'
import { readIn, WHOLE_TTX } from '../assets/unit.ts'
import { useHeldViews } from '../assets/use-asset.ts'
import { useWords } from '../language/language.tsx'
import { useCall } from '../node.ts'
import { TextField } from '../parts/field.tsx'
import { Money } from '../parts/money.tsx'
import { Answer, Row } from '../parts/states.tsx'
import { isNobody, readAddress } from '../parts/written.ts'
import { BurnUnderWay } from '../sent/burn-under-way.tsx'
import { type Burn, forgetBurn, keepBurn, useBurn } from '../sent/burns.ts'
import { describeFailure, isRefusal } from '../wallet/failure.ts'
import {
  balanceOf,
  burn,
  type Contracts,
  isContract,
  leastDeposit,
  type Permit,
  settle,
} from '../wallet/on-ethereum.ts'
import { TokenForm, UnderWayDeposits } from './bridge-token.tsx'

export function BridgeBack() {
  const { bridge, tokens } = useWords()
  const info = useCall('node_info', {})
  const { address } = useConnection()
  const gateways = useHeldViews(address && parseAddress(address)).filter(({ asset }) => isEntered(asset))
  const [isToken, setToken] = useState(false)
  const [asset, setAsset] = useState<Asset>()
  return (
    <Answer of={info}>
      {({ network }) => (
        <>
          <UnderWayDeposits network={network} />
          <div className="form">
            <AssetChoice
              label={bridge.what}
              first="wTTX"
              views={gateways}
              value={asset}
              onChange={(chosen) => {
                setToken(chosen !== undefined)
                setAsset(chosen)
              }}
              other={{
                label: bridge.otherToken,
                isChosen: isToken && asset === undefined,
                choose: () => {
                  setToken(true)
                  setAsset(undefined)
                },
              }}
            />
          </div>
          {!isToken ? (
            <>
              <p>{bridge.backNote}</p>
              <BackForm contracts={network} />
            </>
          ) : network.gatewayFactory === undefined ? (
            <p className="problem">{tokens.noFactory}</p>
          ) : (
            <TokenForm
              key={asset}
              network={{ ...network, factory: network.gatewayFactory }}
              own={network.token}
              given={asset !== undefined && isEntered(asset) ? asset : undefined}
            />
          )}
        </>
      )}
    </Answer>
  )
}

function BackForm({ contracts }: { readonly contracts: Contracts }) {
  const words = useWords()
  const { bridge } = words
  const config = useConfig()
  const { address } = useConnection()
  const account = address && parseAddress(address)
  const [written, setTo] = useState<string>()
  const recipient = written ?? (account === undefined ? '' : checksumAddress(account))
  const underWay = useBurn(contracts.bridge, account)
  const [amount, setAmount] = useState('')
  const [isTried, setTried] = useState(false)
  const { data: facts, refetch } = useQuery({
    queryKey: ['ethereum', 'wTTX', contracts.bridge, account],
    queryFn: async () => {
      if (account === undefined) throw new Error(words.wallet.needed)
      const [held, least] = await Promise.all([balanceOf(config, contracts, account), leastDeposit(config, contracts)])
      return { held, least }
    },
    enabled: account !== undefined,
    refetchInterval: 10_000,
  })
  const [to, tokens] = [readAddress(recipient), readIn(amount, WHOLE_TTX)]
  const least = facts?.least ?? 0n
  const isEnough = tokens !== undefined && tokens >= least
  const burning = useMutation({
    mutationFn: async () => {
      if (account === undefined || to === undefined || tokens === undefined) throw new Error(words.pay.bad.amount)
      // Money for an address that cannot sign is lost.
      if (isNobody(to)) throw new Error(words.sent.toNobody)
      if (await isContract(config, to)) throw new Error(words.wallet.contract)
      let kept: Burn | undefined
      const remember = (permit: Permit) => {
        kept = { account, to, amount: `${tokens}`, ...permit }
        keepBurn(contracts.bridge, kept)
      }
      const hash = await burn(config, contracts, { account, amount: tokens, to }, remember).catch((error) => {
        if (kept !== undefined && isRefusal(error)) forgetBurn(contracts.bridge, kept)
        throw error
      })
      if (kept !== undefined) keepBurn(contracts.bridge, { ...kept, hash })
      await settle(config, hash)
      if (kept !== undefined) forgetBurn(contracts.bridge, kept)
      await refetch()
      return hash
    },
  })
  if (underWay !== undefined && !burning.isPending)
    return <BurnUnderWay contracts={contracts} burn={underWay} error={burning.error} />
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (to !== undefined && isEnough) burning.mutate()
  }
  return (
    <form className="form" onSubmit={submit}>
      <TextField
        name="recipient"
        label={bridge.recipientBack}
        value={recipient}
        onChange={setTo}
        problem={isTried && to === undefined ? words.pay.bad.to : undefined}
      />
      <TextField
        name="amount"
        label={bridge.amountBack}
        value={amount}
        onChange={setAmount}
        inputMode="decimal"
        hint={facts && bridge.held(formatAmount(facts.held))}
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
            <Money tokens={netOf(tokens)} />
          </Row>
        </dl>
      )}
      <button type="submit" className="primary" disabled={burning.isPending}>
        {burning.isPending ? bridge.burning : bridge.burn}
      </button>
      {burning.data !== undefined && (
        <p role="status">
          {bridge.queued} <code className="wrap">{burning.data}</code>
        </p>
      )}
      {burning.error !== null && (
        <p className="problem" role="alert">
          {describeFailure(burning.error, words)}
        </p>
      )}
    </form>
  )
}
