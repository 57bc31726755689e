// Payments that spend the same money, side by side: which one this node saw first, which one peers did, and what a block has decided.

import { useQueries } from '@tanstack/react-query'
import type { Infohash } from '../../../protocol/ids.ts'
import type { Result } from '../../../rpc/api.ts'
import { useWords } from '../language/language.tsx'
import { node, useCall } from '../node.ts'
import { BlockLink, TransactionLink } from './ids.tsx'
import { Scroll } from './scroll.tsx'
import { StatusBadge } from './transaction-list.tsx'

type Record = Result<'tx_get'>

/** In the order in which this node saw them. */
export function Rivals({ own, others }: { readonly own: Record; readonly others: readonly Infohash[] }) {
  const { rivals: words } = useWords()
  const answers = useQueries({
    queries: others.map((infohash) => ({
      queryKey: ['transactions', 'tx_get', { infohash }],
      queryFn: async ({ signal }: { readonly signal: AbortSignal }) => await node.call('tx_get', { infohash }, signal),
    })),
  })
  const { data: peers } = useCall('node_peers', {})
  const all = [own, ...answers.flatMap(({ data }) => data ?? [])].toSorted(
    (a, b) => (a.firstSeen ?? Number.POSITIVE_INFINITY) - (b.firstSeen ?? Number.POSITIVE_INFINITY),
  )
  const elsewhere = new Set(peers?.peers.flatMap(({ agreement }) => agreement.rivals?.map(({ there }) => there) ?? []))
  return (
    <section>
      <h2>{words.heading}</h2>
      <p>{words.note}</p>
      <Scroll name={words.heading}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.payment}</th>
              <th scope="col">{words.seen}</th>
              <th scope="col">{words.here}</th>
              <th scope="col">{words.decided}</th>
            </tr>
          </thead>
          <tbody>
            {all.map(({ infohash, firstSeen, status, block }) => (
              <tr key={infohash}>
                <td>{infohash === own.infohash ? words.this : <TransactionLink infohash={infohash} />}</td>
                <td>{firstSeen === undefined ? '' : <Instant at={firstSeen} />}</td>
                <td>
                  <StatusBadge status={status} /> {elsewhere.has(infohash) && words.elsewhere}
                </td>
                <td>{block === undefined ? words.undecided : <BlockLink id={block} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  )
}

/** To the millisecond: rivals come close to each other. */
function Instant({ at }: { readonly at: number }) {
  const text = new Date(at).toISOString()
  return <time dateTime={text}>{text.slice(11, 23)} UTC</time>
}
