// What a transaction is to one of those whose money it moves.

import type { Asset } from '../protocol/asset.ts'
import type { Infohash } from '../protocol/ids.ts'
import { ofAsset } from '../protocol/state.ts'
import type { TakeTransaction, Transaction } from '../protocol/transaction.ts'
import { type Purse, purseOf } from './purse.ts'
import type { HistoryItem } from './types.ts'

export type Movement = Omit<HistoryItem, 'infohash' | 'status' | 'firstSeenMs' | 'block'>

/** `purse` is one of those that it touches. */
export function movementIn(purse: Purse, infohash: Infohash, tx: Transaction): Movement {
  if (tx.kind === 'take') return halfIn(purse, tx)
  const { to, tokens } = tx
  const asset = assetMovedBy(tx, infohash)
  if (tx.kind !== 'signed') return ofAsset({ direction: 'in' as const, tokens, to }, asset)
  const { from, bridge, memo, issuance } = tx
  const isSelf = issuance === true || to === from
  const direction = purse !== purseOf(from, tx.asset) ? 'in' : isSelf ? 'self' : 'out'
  const details = { ...(bridge ? { bridgeTo: bridge.to } : {}), ...withMemo(memo) }
  return ofAsset({ direction, tokens, from, to, ...details }, asset)
}

/** What a transaction gives its payee; undefined for TTX, and of a take, which gives each of two something. */
export function assetMovedBy(tx: Transaction, infohash: Infohash): Asset | undefined {
  if (tx.kind === 'deposit') return tx.deposit.asset
  return tx.kind === 'signed' ? (tx.issuance ? infohash : tx.asset) : undefined
}

/** Each half of a swap is one payment, whatever the other one is. */
function halfIn(purse: Purse, { from: taker, offer, memo }: TakeTransaction): Movement {
  const { from: maker, give, want } = offer
  const isGiven = purse === purseOf(maker, give.asset) || purse === purseOf(taker, give.asset)
  const [half, other, from, to] = isGiven ? [give, want, maker, taker] : [want, give, taker, maker]
  const direction = purse === purseOf(from, half.asset) ? 'out' : 'in'
  const said = { tokens: half.tokens, from, to, inReturn: other, ...withMemo(memo) }
  return ofAsset({ direction, ...said }, half.asset)
}

function withMemo(memo: string | undefined): { readonly memo?: string } {
  return memo === undefined ? {} : { memo }
}
