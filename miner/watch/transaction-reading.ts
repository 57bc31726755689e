// A transaction of a stranger, as far as its bytes tell what it is.

import { type Asset, decodeAsset } from '../../node/protocol/asset.ts'
import { flowsOf } from '../../node/protocol/flows.ts'
import type { Address, Infohash } from '../../node/protocol/ids.ts'
import { isMemo } from '../../node/protocol/members.ts'
import { type Amount, amountOf } from '../../node/protocol/offer.ts'
import { type PackedTake, type PackedTransfer, unpackTransaction } from '../../node/protocol/packed.ts'
import type { Reason, Rules } from '../../node/protocol/rules.ts'
import { type EntryName, ofAsset } from '../../node/protocol/state.ts'
import { verifyPacked } from '../../node/protocol/verify.ts'

/** Without `from` and `infohash` it is invalid in itself, for the reason `problem`. */
export type TransactionReading = Judged & Said & (PaymentReading | SwapReading)

type Judged = {
  readonly infohash?: Infohash
  readonly from?: Address
  readonly problem?: Reason
  /** The outputs that it spends, if it is valid in itself. */
  readonly spends: readonly EntryName[]
}

type Said = {
  readonly prev: readonly Infohash[]
  /** Printable ASCII; `badMemo` is one that is not, as bytes. */
  readonly memo?: string
  readonly badMemo?: Uint8Array
}

type PaymentReading = {
  readonly kind: 'payment' | 'request' | 'issuance'
  /** What it moves; TTX if there is none. */
  readonly asset?: Asset
  /** The payee; of a request the recipient on Ethereum. */
  readonly to: Address
  /** Base units; of an issuance those that it creates. */
  readonly tokens: bigint
}

/** What is given is missing where its asset is of no kind, and so is what is wanted. */
type SwapReading = {
  readonly kind: 'take'
  readonly maker?: Address
  readonly give?: Amount
  readonly want?: Amount
}

/** Total; `undefined` if the bytes have no shape. */
export function readTransaction(rules: Rules, packed: Uint8Array): TransactionReading | undefined {
  const fields = unpackTransaction(packed)
  if (fields === undefined) return undefined
  const verified = verifyPacked(rules, packed)
  const said = { prev: fields.prev, ...memoOf(fields.memo) }
  if (typeof verified === 'string') return { problem: verified, spends: [], ...said, ...sayingOf(fields) }
  const { infohash, tx } = verified
  const spends = flowsOf(verified).flatMap(({ from, prev, asset }) =>
    prev.map((input) => ofAsset({ infohash: input, owner: from }, asset)),
  )
  const maker = tx.kind === 'take' ? { maker: tx.offer.from } : {}
  return { infohash, from: tx.from, spends, ...said, ...sayingOf(fields), ...maker }
}

/** Whether one block can hold one of them only. */
export function spendsTheSame(a: TransactionReading, b: TransactionReading): boolean {
  return a.spends.some((one) =>
    b.spends.some((other) => one.infohash === other.infohash && one.owner === other.owner && one.asset === other.asset),
  )
}

function sayingOf(fields: PackedTransfer | PackedTake): PaymentReading | SwapReading {
  if (fields.kind === 'take') {
    const [give, want] = [amountOf(fields.offer.give), amountOf(fields.offer.want)]
    return { kind: 'take', ...(give && { give }), ...(want && { want }) }
  }
  const { request, issuance, payee: to, tokens } = fields
  const kind = request ? 'request' : issuance ? 'issuance' : 'payment'
  return ofAsset({ kind, to, tokens }, fields.asset && decodeAsset(fields.asset))
}

function memoOf(memo: string | undefined): Pick<Said, 'memo' | 'badMemo'> {
  if (memo === undefined) return {}
  return isMemo(memo) ? { memo } : { badMemo: Uint8Array.from(memo, (each) => each.charCodeAt(0)) }
}
