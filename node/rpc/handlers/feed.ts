// The change feed, as the RPC says it.

import { OperationError } from '../../errors.ts'
import type { LedgerFeed } from '../../ledger/feed/feed.ts'
import { oneByOne } from '../../one-by-one.ts'
import type { Handlers } from '../api.ts'
import { feedAnswer } from '../feed-wire.ts'

export function feedHandlers({ feed }: { readonly feed?: Pick<LedgerFeed, 'read' | 'snapshot'> | undefined }) {
  const kept = () => {
    if (feed !== undefined) return feed
    throw new OperationError(
      'feed-off',
      'expected a node that keeps a change feed, got one that does not; start it with --feed 256',
    )
  }
  // A page has megabytes.
  const inTurn = oneByOne()
  return {
    feed_read: ({ after, epoch, limit }) =>
      inTurn(async () => {
        const { events, newest } = await kept().read({ after, epoch, limit })
        return { events: events.map(feedAnswer), newest }
      }),
    feed_snapshot: ({ after, limit }) =>
      inTurn(async () => {
        const { changes, ...page } = await kept().snapshot(after, limit)
        return { ...page, changes: changes.map(feedAnswer) }
      }),
  } satisfies Partial<Handlers>
}
