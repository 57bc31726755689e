// The first thing that is seen: how far everything is, and what came last.

import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWords } from '../language/language.tsx'
import { useCall } from '../node.ts'
import { BlockTable } from '../parts/block-table.tsx'
import { Answer } from '../parts/states.tsx'
import { TransactionList } from '../parts/transaction-list.tsx'

const SHOWN = 8

export function Home() {
  const { home } = useWords()
  const payments = useCall('tx_list', { limit: SHOWN })
  return (
    <>
      <h1>{home.heading}</h1>
      <Figures />
      <section>
        <h2>{home.recentPayments}</h2>
        <Answer of={payments}>{({ transactions }) => <TransactionList transactions={transactions} />}</Answer>
        <p>
          <Link to="/payments">{home.all}</Link>
        </p>
      </section>
      <RecentBlocks />
    </>
  )
}

function Figures() {
  const { home } = useWords()
  const { data: status } = useCall('node_status', {})
  const isLive = status?.bridge.state === 'live'
  const { data: next } = useCall('bridge_next', {}, { enabled: isLive })
  return (
    <>
      <div className="figures">
        <Figure name={home.height}>{`${status?.bridge.tip?.height ?? '–'}`}</Figure>
        <Figure name={home.final}>{`${status?.bridge.final?.height ?? '–'}`}</Figure>
        <Figure name={home.payments}>{status?.transactions.held ?? '–'}</Figure>
        <Figure name={home.unordered}>{status?.transactions.unordered ?? '–'}</Figure>
        <Figure name={home.peers}>
          {status === undefined ? '–' : home.inStep(status.peers.inStep, status.peers.incoming + status.peers.outgoing)}
        </Figure>
      </div>
      {next !== undefined && (
        <p>
          {home.next} {`${next.height}`}: {home.nextWaits(next.waiting.requests, next.waiting.entries)}
        </p>
      )}
    </>
  )
}

function Figure({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="figure">
      <span className="value">{children}</span>
      <span className="faint">{name}</span>
    </div>
  )
}

function RecentBlocks() {
  const { home } = useWords()
  const blocks = useCall('bridge_blocks', {})
  return (
    <section>
      <h2>{home.recentBlocks}</h2>
      <Answer of={blocks}>{({ blocks: all }) => <BlockTable blocks={all.toReversed().slice(0, SHOWN)} />}</Answer>
      <p>
        <Link to="/blocks">{home.all}</Link>
      </p>
    </section>
  )
}
