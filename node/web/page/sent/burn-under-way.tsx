// In place of a form: a burn for which the wallet was asked, and how it ended as far as Ethereum says.

import { useQuery } from '@tanstack/react-query'
import { type Config, useConfig } from 'wagmi'
import { getBlock, getTransactionReceipt, readContract } from 'wagmi/actions'
import { tokenAbi } from '../../../../deployments/token-abi.ts'
import { type Address, parseAddress } from '../../../protocol/ids.ts'
import { useWords } from '../language/language.tsx'
import { AddressLink } from '../parts/ids.tsx'
import { Money } from '../parts/money.tsx'
import { Row } from '../parts/states.tsx'
import { formatSpan } from '../parts/time.tsx'
import { describeFailure } from '../wallet/failure.ts'
import type { Contracts } from '../wallet/on-ethereum.ts'
import { type Burn, forgetBurn } from './burns.ts'

type Outcome =
  | { readonly kind: 'burnUsed' | 'burnFailed' | 'burnOver' }
  | { readonly kind: 'open'; readonly seconds: number }

type BurnUnderWayProps = {
  readonly contracts: Contracts
  readonly burn: Burn
  /** What the wallet said last, if this page is the one that asked it. */
  readonly error: Error | null
}

export function BurnUnderWay({ contracts, burn, error }: BurnUnderWayProps) {
  const words = useWords()
  const { sent, bridge } = words
  const config = useConfig()
  const { data: outcome } = useQuery({
    queryKey: ['ethereum', 'burn', contracts.bridge, burn],
    queryFn: () => outcomeOf(config, contracts, burn),
    refetchInterval: 5_000,
  })
  const isOpen = outcome === undefined || outcome.kind === 'open'
  return (
    <section>
      <p className="note" role="status">
        {isOpen ? sent.burnAsked : sent[outcome.kind]}{' '}
        {outcome?.kind === 'open' && sent.burnUntil(formatSpan(outcome.seconds, words))}
      </p>
      <dl>
        <Row name={words.tx.amount}>
          <Money tokens={BigInt(burn.amount)} unit="wTTX" />
        </Row>
        <Row name={bridge.recipientBack}>
          <AddressLink owner={parseAddress(burn.to)} whole />
        </Row>
        {burn.hash !== undefined && (
          <Row name={words.network.ethereum}>
            <code className="wrap">{burn.hash}</code>
          </Row>
        )}
      </dl>
      {isOpen && error !== null && (
        <p className="problem" role="alert">
          {describeFailure(error, words)}
        </p>
      )}
      <button type="button" className={isOpen ? 'quiet' : 'primary'} onClick={() => forgetBurn(contracts.bridge, burn)}>
        {isOpen ? sent.giveUp : sent.goOn}
      </button>
    </section>
  )
}

/** The permit is the witness, whatever hash its transaction has got in the meantime: it is used once, and not after its deadline. */
async function outcomeOf(
  config: Config,
  { token }: Contracts,
  { account, nonce, deadline, hash }: Burn,
): Promise<Outcome> {
  const [used, { timestamp }] = await Promise.all([noncesOf(config, token, parseAddress(account)), getBlock(config)])
  if (used > BigInt(nonce)) return { kind: 'burnUsed' }
  if (timestamp > BigInt(deadline)) return { kind: 'burnOver' }
  const receipt = hash && (await getTransactionReceipt(config, { hash }).catch(() => undefined))
  return receipt?.status === 'reverted'
    ? { kind: 'burnFailed' }
    : { kind: 'open', seconds: deadline - Number(timestamp) }
}

async function noncesOf(config: Config, token: Address, owner: Address): Promise<bigint> {
  return await readContract(config, { address: token, abi: tokenAbi, functionName: 'nonces', args: [owner] })
}
