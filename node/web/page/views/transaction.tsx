// Where the money of a transaction is: how far it is, what it waits for, and when at the earliest and at the latest.

import { useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { netOf } from '../../../protocol/fee.ts'
import { isInfohash } from '../../../protocol/ids.ts'
import type { Transaction as Decoded } from '../../../protocol/transaction.ts'
import { parentsOf } from '../../../protocol/transaction.ts'
import type { Result } from '../../../rpc/api.ts'
import { AssetNote } from '../assets/asset-name.tsx'
import { useWords } from '../language/language.tsx'
import { node, refresh, useCall } from '../node.ts'
import { Bounds } from '../parts/final-time.tsx'
import { AddressLink, BlockLink, CopyButton, TransactionLink } from '../parts/ids.tsx'
import { Money } from '../parts/money.tsx'
import { Rivals } from '../parts/rivals.tsx'
import { Answer, Row } from '../parts/states.tsx'
import { Moment } from '../parts/time.tsx'
import { type Kind, kindOf, readFile, StatusBadge } from '../parts/transaction-list.tsx'
import { ClaimToken } from '../wallet/tokens/claim-button.tsx'
import { WithWallet } from '../wallet/wallet-needed.tsx'
import { NotFound } from './not-found.tsx'
import { Parties } from './transaction-parties.tsx'

type Where = Result<'tx_where'>

/** How long peers are asked for what is not here, milliseconds. */
const FETCH_MS = 15_000

export function Transaction() {
  const { infohash } = useParams({ from: '/tx/$infohash' })
  return isInfohash(infohash) ? <KnownTransaction infohash={infohash} /> : <NotFound />
}

function KnownTransaction({ infohash }: { readonly infohash: Where['infohash'] }) {
  const words = useWords()
  const where = useCall('tx_where', { infohash })
  return (
    <Answer of={where}>
      {(data) => {
        const tx = readFile(data.file)
        const kind = kindOf(tx)
        return (
          <>
            <h1>
              {words.tx.kinds[kind]} <StatusBadge status={data.status} />
            </h1>
            <p className="wrap">
              <code>{infohash}</code> <CopyButton text={infohash} />
            </p>
            <p>{words.statusLong[data.status]}</p>
            {data.status === 'unknown' && <AskPeers infohash={infohash} />}
            <Stages where={data} kind={kind} />
            {data.rivals.length > 0 && <Rivals own={data} others={data.rivals} />}
            <Facts where={data} tx={tx} />
            {tx !== undefined && (
              <p>
                <Link to="/graph/$infohash" params={{ infohash }}>
                  {words.graph.open}
                </Link>
              </p>
            )}
          </>
        )
      }}
    </Answer>
  )
}

function AskPeers({ infohash }: Pick<Where, 'infohash'>) {
  const { tx } = useWords()
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [problem, setProblem] = useState<string>()
  const ask = async () => {
    setAsking(true)
    setProblem(undefined)
    try {
      await node.call('tx_get', { infohash, fetchMs: FETCH_MS })
      await refresh(client, ['transactions'])
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    } finally {
      setAsking(false)
    }
  }
  return (
    <>
      <button type="button" disabled={isAsking} onClick={() => void ask()}>
        {isAsking ? tx.asking : tx.ask}
      </button>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  )
}

/** What has happened, what comes next, and what that waits for. */
function Stages({ where, kind }: { readonly where: Where; readonly kind: Kind }) {
  const { tx } = useWords()
  const { status, bridging, blockTime, firstSeen } = where
  if (status === 'unknown' || status === 'invalid') return null
  const done = {
    accepted: status === 'accepted' || status === 'ordered' || status === 'final',
    ordered: status === 'ordered' || status === 'final',
    final: status === 'final' || bridging?.paid === true,
    paid: bridging?.paid === true,
  }
  const stages = (['accepted', 'ordered', 'final', 'paid'] as const).filter(
    (each) => each !== 'paid' || kind === 'request',
  )
  return (
    <section>
      <h2>{tx.where}</h2>
      <ol className="stages">
        {stages.map((stage) => (
          <li key={stage} className={done[stage] ? 'done' : ''}>
            <strong>{tx.stages[stage]}</strong>
            {stage === 'accepted' && done.accepted && firstSeen !== undefined && (
              <p>
                <Moment at={Math.floor(firstSeen / 1_000)} />
              </p>
            )}
            {stage === 'ordered' && blockTime !== undefined && (
              <p>
                <Moment at={blockTime} />
              </p>
            )}
            {stage === 'ordered' && !done.ordered && <Waiting where={where} kind={kind} />}
            {stage === 'final' && !done.final && <FinalBounds where={where} />}
            {stage === 'paid' && !done.paid && done.final && <ClaimHint where={where} />}
          </li>
        ))}
      </ol>
    </section>
  )
}

function Waiting({ where: { bridging, status }, kind }: { readonly where: Where; readonly kind: Kind }) {
  const words = useWords()
  const isAccepted = status === 'accepted'
  const { data: next } = useCall('bridge_next', {}, { enabled: isAccepted })
  if (next === undefined) return bridging === undefined ? null : <p>{bridging.waitingFor}</p>
  const { requests, entries } = next.waiting
  // Requests of other assets go along with a block, and cause none.
  const calls = (kind === 'request' && bridging?.asset === undefined) || requests + entries > 0
  return (
    <p>
      {words.home.next} {`${next.height}`}
      {calls ? null : `: ${words.home.nextWaits(0, 0)}`}
    </p>
  )
}

/** Of the block that orders it. */
function FinalBounds({ where: { block } }: { readonly where: Where }) {
  return block === undefined ? null : <BlockBounds id={block} />
}

function BlockBounds({ id }: { readonly id: NonNullable<Where['block']> }) {
  const { data } = useCall('bridge_block', { id })
  return data?.finalTime === undefined ? null : <Bounds time={data.finalTime} />
}

function ClaimHint({ where: { bridging, infohash } }: { readonly where: Where }) {
  const { tx } = useWords()
  if (bridging === undefined) return null
  if (bridging.asset !== undefined) {
    return (
      <>
        <p>{tx.claimToken}</p>
        <WithWallet>
          <ClaimToken infohash={infohash} />
        </WithWallet>
      </>
    )
  }
  return (
    <p>
      <Link to="/bridge" search={{ way: 'claims', for: bridging.recipient }}>
        {tx.claim}
      </Link>
    </p>
  )
}

function Facts({ where, tx }: { readonly where: Where; readonly tx: Decoded | undefined }) {
  const { tx: words } = useWords()
  const { bridging, asset, block, step, heldBy, descendants, unorderedAncestors, relayBits, problem } = where
  return (
    <dl>
      {problem !== undefined && <Row name={words.problem}>{problem.message}</Row>}
      <Parties tx={tx} asset={asset} />
      {asset !== undefined && tx?.kind !== 'take' && (
        <Row name={words.asset}>
          <AssetNote asset={asset} known={[]} />
        </Row>
      )}
      {bridging !== undefined && (
        <>
          <Row name={words.recipient}>
            <AddressLink owner={bridging.recipient} whole />
          </Row>
          <Row name={words.arrives}>
            {/* What a contract pays of its asset is its rule; a gateway's is that of the bridge. */}
            <Money
              tokens={bridging.asset === undefined ? bridging.net : netOf(bridging.net)}
              asset={bridging.asset}
              unit="wTTX"
            />
          </Row>
          {!bridging.paid && <Row name={words.waitsFor}>{bridging.waitingFor}</Row>}
        </>
      )}
      {tx !== undefined && 'memo' in tx && tx.memo !== undefined && <Row name={words.memo}>{tx.memo}</Row>}
      {tx !== undefined && 'time' in tx && (
        <Row name={words.made}>
          <Moment at={tx.time} />
        </Row>
      )}
      {block !== undefined && step !== undefined && (
        <Row name={words.block}>
          <BlockLink id={block} />, {words.step(step)}
        </Row>
      )}
      <Links name={words.missing} infohashes={where.missing} />
      {(tx?.kind === 'signed' || tx?.kind === 'take') && <Links name={words.spends} infohashes={parentsOf(tx)} />}
      {heldBy !== undefined && (
        <Row name={words.strength}>
          {words.held(heldBy)}; {words.builtOn(descendants ?? 0)}.{' '}
          {where.status === 'accepted' && words.standsOn(unorderedAncestors)}{' '}
          {relayBits !== undefined && words.relayBits(relayBits)}
        </Row>
      )}
      {where.elsewhere.length > 0 && (
        <Row name={words.also}>
          {where.elsewhere.map(({ block: id }) => (
            <BlockLink key={id} id={id} />
          ))}
        </Row>
      )}
    </dl>
  )
}

function Links({ name, infohashes }: { readonly name: string; readonly infohashes: Where['missing'] }) {
  if (infohashes.length === 0) return null
  return (
    <Row name={name}>
      <ul className="plain">
        {infohashes.map((each) => (
          <li key={each}>
            <TransactionLink infohash={each} />
          </li>
        ))}
      </ul>
    </Row>
  )
}
