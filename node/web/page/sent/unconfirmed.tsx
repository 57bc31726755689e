// In place of a form: a payment that was signed here, and of which nobody knows whether it arrived.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { handIn } from '../../../client/pay.ts'
import type { Address } from '../../../protocol/ids.ts'
import { useWords } from '../language/language.tsx'
import { node, refresh, useCall } from '../node.ts'
import { AddressLink, TransactionLink } from '../parts/ids.tsx'
import { Money } from '../parts/money.tsx'
import { Row } from '../parts/states.tsx'
import { describeFailure } from '../wallet/failure.ts'
import { forgetSigned, type Signed } from './signed.ts'

export function Unconfirmed({
  bridge,
  signed,
  onEnd,
}: {
  readonly bridge: Address
  readonly signed: Signed
  /** Afterwards. What the form has still in it is not to be paid by a second click. */
  readonly onEnd: () => void
}) {
  const words = useWords()
  const { sent, tx: names } = words
  const { infohash, file, tx } = signed
  const client = useQueryClient()
  const { data } = useCall('tx_get', { infohash })
  const again = useMutation({
    mutationFn: async () => await handIn(node, file),
    onSettled: () => refresh(client, ['transactions']),
  })
  const hasArrived = again.isSuccess || (data !== undefined && data.status !== 'unknown')
  const forget = () => {
    forgetSigned(bridge, infohash)
    onEnd()
  }
  return (
    <section>
      <p className="note" role="status">
        {hasArrived ? sent.arrived : sent.unconfirmed}
      </p>
      <dl>
        <Row name={names.amount}>
          <Money tokens={tx.tokens} asset={tx.asset} />
        </Row>
        <Row name={names.to}>
          <AddressLink owner={tx.bridge?.to ?? tx.to} whole />
        </Row>
        <Row name={words.payments.payment}>
          <TransactionLink infohash={infohash} whole />
        </Row>
      </dl>
      {hasArrived ? (
        <button type="button" className="primary" onClick={forget}>
          {sent.goOn}
        </button>
      ) : (
        <>
          <button type="button" className="primary" disabled={again.isPending} onClick={() => again.mutate()}>
            {sent.again}
          </button>{' '}
          <button type="button" className="quiet" disabled={again.isPending} onClick={forget}>
            {sent.giveUp}
          </button>
          <p className="faint">{sent.giveUpNote}</p>
        </>
      )}
      {again.error !== null && !hasArrived && (
        <p className="problem" role="alert">
          {describeFailure(again.error, words)}
        </p>
      )}
    </section>
  )
}
