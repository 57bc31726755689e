// Who gives what to whom in a transaction, with whole ids.

import type { Amount } from '../../../protocol/offer.ts'
import type { Transaction } from '../../../protocol/transaction.ts'
import type { Result } from '../../../rpc/api.ts'
import { AssetNote } from '../assets/asset-name.tsx'
import { useWords } from '../language/language.tsx'
import { AddressLink } from '../parts/ids.tsx'
import { Money } from '../parts/money.tsx'
import { Row } from '../parts/states.tsx'

type PartiesProps = { readonly tx: Transaction | undefined; readonly asset: Result<'tx_where'>['asset'] }

export function Parties({ tx, asset }: PartiesProps) {
  const { tx: words } = useWords()
  if (tx === undefined) return null
  if (tx.kind === 'take') {
    const { offer } = tx
    return (
      <>
        <Row name={words.from}>
          <AddressLink owner={offer.from} whole />
        </Row>
        <Row name={words.gives}>
          <Half of={offer.give} />
        </Row>
        <Row name={words.to}>
          <AddressLink owner={tx.from} whole />
        </Row>
        <Row name={words.gives}>
          <Half of={offer.want} />
        </Row>
      </>
    )
  }
  return (
    <>
      <Row name={words.amount}>
        <Money tokens={tx.tokens} asset={asset} isBare />
      </Row>
      {tx.kind === 'signed' && (
        <Row name={words.from}>
          <AddressLink owner={tx.from} whole />
        </Row>
      )}
      {!(tx.kind === 'signed' && tx.bridge !== undefined) && (
        <Row name={words.to}>
          <AddressLink owner={tx.to} whole />
        </Row>
      )}
    </>
  )
}

/** Of a swap. */
function Half({ of: { tokens, asset } }: { readonly of: Amount }) {
  return (
    <>
      <Money tokens={tokens} asset={asset} isBare />
      {asset !== undefined && <AssetNote asset={asset} known={[]} />}
    </>
  )
}
