// An event of the feed as it is told, by RPC, stream and file: purses as owner and asset, signed amounts as text.

import type { FeedChange, FeedEvent, Move, TransactionState } from '../ledger/feed/events.ts'
import { assetOf, ownerOf } from '../ledger/purse.ts'
import { ofAsset } from '../protocol/state.ts'
import type { Result } from './api.ts'

type Told<T> = T extends FeedEvent ? Result<'feed_read'>['events'][number] : Result<'feed_snapshot'>['changes'][number]

export function feedAnswer<T extends FeedChange>(change: T): Told<T> {
  // Only moves look different.
  return withMoves(change) as Told<T>
}

function withMoves(change: FeedChange): object {
  if (change.kind === 'base') return bothSides(change, movesAnswer)
  return change.kind === 'transaction' ? bothSides(change, stateAnswer) : change
}

function bothSides<S, C extends { readonly before?: S; readonly after?: S }>(change: C, answer: (side: S) => unknown) {
  const { before, after } = change
  return {
    ...change,
    ...(before === undefined ? {} : { before: answer(before) }),
    ...(after === undefined ? {} : { after: answer(after) }),
  }
}

function stateAnswer(state: TransactionState) {
  return state.moves === undefined ? state : { ...state, moves: movesAnswer(state.moves) }
}

function movesAnswer(moves: readonly Move[]) {
  return moves.map(([purse, amount]) => ofAsset({ owner: ownerOf(purse), amount: `${amount}` }, assetOf(purse)))
}
