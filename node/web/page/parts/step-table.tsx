// The steps of a block, read out of its rows here; who signed is recovered here too.

import { type ReactNode, useMemo, useState } from 'react'
import { decodeAsset } from '../../../protocol/asset.ts'
import { netOf } from '../../../protocol/fee.ts'
import type { Address, Infohash } from '../../../protocol/ids.ts'
import { unpackTransaction } from '../../../protocol/packed.ts'
import type { Rules } from '../../../protocol/rules.ts'
import { decodeStep, splitSteps, transactionIn } from '../../../protocol/step.ts'
import { verifyPacked } from '../../../protocol/verify.ts'
import { useWords } from '../language/language.tsx'
import { useCall } from '../node.ts'
import { AddressLink, TransactionLink } from './ids.tsx'
import { Money } from './money.tsx'
import { Scroll } from './scroll.tsx'
import type { Kind } from './transaction-list.tsx'

/** To recover who signed takes a browser some two milliseconds each. */
const AT_ONCE = 25

type Read = {
  readonly kind: Kind
  readonly infohash?: Infohash
  readonly from?: Address
  readonly to?: Address
  readonly amount?: ReactNode
}

export function StepTable({ packed, steps }: { readonly packed: Uint8Array; readonly steps: number }) {
  const words = useWords()
  const [shown, setShown] = useState(AT_ONCE)
  const { data: info } = useCall('node_info', {})
  const parts = useMemo(() => splitSteps(packed), [packed])
  const rules = info?.network
  const rows = useMemo(
    () => (rules === undefined ? [] : parts.slice(0, shown).map((bytes) => readStep(rules, bytes))),
    [rules, parts, shown],
  )
  if (parts.length === 0) return <p className="faint">{steps === 0 ? words.home.none : words.block.noSteps}</p>
  return (
    <>
      <Scroll name={words.block.steps}>
        <table>
          <thead>
            <tr>
              <th scope="col" className="number">
                #
              </th>
              <th scope="col">{words.tx.kind}</th>
              <th scope="col" className="number">
                {words.tx.amount}
              </th>
              <th scope="col">{words.tx.from}</th>
              <th scope="col">{words.tx.to}</th>
              <th scope="col">{words.payments.payment}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ kind, infohash, from, to, amount }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a step is named by its place in the block
              <tr key={i}>
                <td className="number">{i}</td>
                <td>{words.tx.kinds[kind]}</td>
                <td className="number">{amount}</td>
                <td>{from !== undefined && <AddressLink owner={from} />}</td>
                <td>{to !== undefined && <AddressLink owner={to} />}</td>
                <td>{infohash !== undefined && <TransactionLink infohash={infohash} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {parts.length > shown && (
        <button type="button" onClick={() => setShown(shown + AT_ONCE)}>
          {words.misc.more}
        </button>
      )}
    </>
  )
}

/** Whatever it is: what a wrong block holds is shown as far as it has a shape. */
function readStep(rules: Rules, bytes: Uint8Array): Read {
  const step = decodeStep(bytes)
  if (step === undefined) return { kind: 'unread' }
  if (step.kind === 'deposit')
    return { kind: 'deposit', to: step.entry.to, amount: <Money tokens={netOf(step.entry.gross)} /> }
  if (step.kind === 'entered') {
    const { to, amount, asset } = step.entry
    return { kind: 'deposit', to, amount: <Money tokens={amount} asset={asset} /> }
  }
  const packed = transactionIn(step)
  return packed === undefined ? { kind: 'unread' } : readPacked(rules, packed)
}

function readPacked(rules: Rules, packed: Uint8Array): Read {
  const fields = unpackTransaction(packed)
  const verified = verifyPacked(rules, packed)
  const known = typeof verified === 'string' ? {} : { infohash: verified.infohash, from: verified.tx.from }
  if (fields === undefined) return { kind: 'unread' }
  if (fields.kind === 'take') return { kind: 'take', ...known }
  const { tokens, payee, request, issuance } = fields
  const asset = fields.asset === undefined ? undefined : decodeAsset(fields.asset)
  const kind = issuance ? 'issuance' : request ? 'request' : 'payment'
  return { kind, to: payee, amount: <Money tokens={tokens} asset={asset} />, ...known }
}
