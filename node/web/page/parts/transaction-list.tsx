// Payments as rows: what, how much, how far.

import { RuleError } from '../../../protocol/rule-error.ts'
import { decodeTransaction, type Transaction } from '../../../protocol/transaction.ts'
import type { Result } from '../../../rpc/api.ts'
import { useWords } from '../language/language.tsx'
import { TransactionLink } from './ids.tsx'
import { Money } from './money.tsx'
import { Scroll } from './scroll.tsx'
import { Badge, type Tone } from './states.tsx'
import { formatSpan } from './time.tsx'

type Record = Result<'tx_list'>['transactions'][number]
export type Kind = 'payment' | 'request' | 'issuance' | 'take' | 'deposit' | 'genesis' | 'unread'

const TONES: Readonly<{ [S in Record['status']]: Tone }> = {
  unknown: 'plain',
  waiting: 'pending',
  accepted: 'pending',
  conflicting: 'bad',
  invalid: 'bad',
  ordered: 'good',
  final: 'good',
}

/** Of the file of a transaction; undefined if it is not here, or is none. */
export function readFile(file: Uint8Array | undefined): Transaction | undefined {
  try {
    return file && decodeTransaction(file)
  } catch (error) {
    if (error instanceof RuleError) return undefined
    throw error
  }
}

export function kindOf(tx: Transaction | undefined): Kind {
  if (tx === undefined) return 'unread'
  if (tx.kind !== 'signed') return tx.kind
  if (tx.issuance) return 'issuance'
  return tx.bridge === undefined ? 'payment' : 'request'
}

export function StatusBadge({ status }: { readonly status: Record['status'] }) {
  const words = useWords()
  return <Badge tone={TONES[status]}>{words.status[status]}</Badge>
}

export function TransactionList({ transactions }: { readonly transactions: readonly Record[] }) {
  const words = useWords()
  if (transactions.length === 0) return <p className="faint">{words.home.none}</p>
  return (
    <Scroll name={words.payments.heading}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.payments.payment}</th>
            <th scope="col">{words.tx.kind}</th>
            <th scope="col" className="number">
              {words.tx.amount}
            </th>
            <th scope="col">{words.payments.status}</th>
            <th scope="col">{words.payments.seen}</th>
          </tr>
        </thead>
        <tbody>
          {transactions.map((record) => (
            <TransactionRow key={record.infohash} record={record} />
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

function TransactionRow({ record }: { readonly record: Record }) {
  const words = useWords()
  const tx = readFile(record.file)
  const { firstSeen } = record
  return (
    <tr>
      <td>
        <TransactionLink infohash={record.infohash} />
      </td>
      <td>{words.tx.kinds[kindOf(tx)]}</td>
      <td className="number">
        {tx?.kind === 'take' ? (
          <>
            <Money {...tx.offer.give} /> ⇄ <Money {...tx.offer.want} />
          </>
        ) : (
          tx !== undefined && <Money tokens={tx.tokens} asset={record.asset} />
        )}
      </td>
      <td>
        <StatusBadge status={record.status} />
      </td>
      <td className="faint">
        {firstSeen === undefined ? '' : words.time.ago(formatSpan((Date.now() - firstSeen) / 1_000, words))}
      </td>
    </tr>
  )
}
