// The view begins with a newer block: what happened below it goes to the archive, so that memory holds what can still change.

import type { Hash } from '../../protocol/ids.ts'
import { LANES } from '../../protocol/queue.ts'
import { type BridgeView, blockOf } from '../view.ts'
import type { Move } from './disk/journal.ts'
import { applyEvent, emptyView, type Findings, isRelevant, type StoredEvent } from './fold.ts'

type Past = { readonly view: BridgeView; readonly events: readonly StoredEvent[]; readonly findings: Findings }

/**
 * The same past with block `id` as the root, which is final for good. Payments up to block `settledAt` of Ethereum are permanent too; later
 * ones may be undone, and stay in the view whatever they pay for.
 */
export function moveRoot(
  { view, events, findings }: Past,
  id: Hash,
  settledAt: bigint,
): Past & { readonly move: Move } {
  const { sealed, publishedAt, work, requests, blobs, torrent } = blockOf(view, id)
  const root = {
    ...{ id, sealed, publishedAt, work, requests },
    ...(blobs === undefined ? {} : { blobs }),
    ...(torrent === undefined ? {} : { torrent }),
  }
  const next = emptyView(root)
  const kept: StoredEvent[] = []
  const gone: StoredEvent[] = []
  const claims = []
  for (const event of events) {
    const isPast = event.kind === 'claimed' && !next.blocks.has(event.block) && event.place.number <= settledAt
    if (isPast) claims.push(event)
    if (!isPast && isRelevant(next, event)) {
      applyEvent(next, event, findings)
      kept.push(event)
    } else gone.push(event)
  }
  const blocks = [...view.blocks.values()].filter((block) => !next.blocks.has(block.id))
  const entries = LANES.flatMap((lane) =>
    view.queue[lane].entries.filter(({ index }) => index < next.queue[lane].start),
  )
  return { view: next, events: kept, findings, move: { root, events: gone, leaving: { blocks, entries, claims } } }
}
