// Methods of the RPC about the change feed, and what an event looks like wherever it is told.

import { z } from 'zod'
import { address, amount, asset, hash, infohash, millis, seconds } from '../../schema.ts'
import type { MethodTable } from './table.ts'

const place = z.object({ id: hash, height: amount, step: z.number().int() })
const status = z.enum(['waiting', 'accepted', 'conflicting', 'ordered', 'final'])
const move = z
  .object({
    owner: address,
    asset: asset.optional(),
    amount: z
      .string()
      .regex(/^(0|-?[1-9][0-9]*)$/)
      .describe('Base units, negative where the owner has less after it.'),
  })
  .meta({ id: 'Move', description: 'What a transaction adds to what an owner has of an asset, or of TTX, net.' })
const state = z.object({
  status,
  block: place.optional(),
  moves: z.array(move).optional().describe('Only where they are new or change.'),
})
const end = z.object({ id: hash, height: amount })
const ends = z.object({ tip: end, final: end })
const entry = z.object({ id: hash, height: amount, publishedAt: seconds })
const blockState = z.object({
  verdict: z.enum(['valid', 'invalid', 'displaced', 'unknown']),
  refuted: z.boolean(),
  final: z.boolean(),
})

const CHANGES = {
  transaction: z.object({
    kind: z.literal('transaction'),
    infohash,
    before: state.optional(),
    after: state.optional(),
    arrival: z.number().int().optional().describe('Of a new one: its place in the order of arrival.'),
    firstSeenMs: millis.optional().describe('Of a new one.'),
    file: z.string().optional().describe('Of a new one, unless it was forgotten since: `tx.json`.'),
  }),
  base: z.object({
    kind: z.literal('base'),
    infohash,
    before: z.array(move).optional(),
    after: z.array(move).optional(),
  }),
  branch: z.object({
    kind: z.literal('branch'),
    before: ends.optional(),
    after: ends,
    removed: z.array(entry),
    added: z.array(entry),
  }),
  block: z.object({
    kind: z.literal('block'),
    block: z.object({
      id: hash,
      height: amount,
      parent: hash,
      miner: address,
      publishedAt: seconds,
      torrent: infohash.optional(),
    }),
    before: blockState.optional(),
    after: blockState.optional(),
  }),
} as const
const numbered = {
  sequence: z.number().int().positive(),
  epoch: z
    .number()
    .int()
    .describe('Of one start of the node: with it a number means one event, even after a power cut.'),
}

const feedChange = z.discriminatedUnion('kind', [CHANGES.transaction, CHANGES.base, CHANGES.branch, CHANGES.block])
const feedEvent = z
  .discriminatedUnion('kind', [
    CHANGES.transaction.extend(numbered),
    CHANGES.base.extend(numbered),
    CHANGES.branch.extend(numbered),
    CHANGES.block.extend(numbered),
  ])
  .meta({ id: 'FeedEvent', description: 'One change, with what was before it: see docs/feed.md.' })

const limit = z.number().int().min(1).max(5_000).default(1_000)

export const FEED_METHODS = {
  feed_read: {
    summary: 'Events of the change feed, in order, behind one of them.',
    params: z.strictObject({
      after: z.number().int().min(0).describe('The sequence of the last event that is known; 0: from the first on.'),
      epoch: z.number().int().optional().describe('Of that event: it is compared, if it is given.'),
      limit,
    }),
    result: z.object({
      events: z.array(feedEvent),
      newest: z.number().int().describe('Sequence of the newest event there is.'),
    }),
    errors: ['feed-off', 'feed-pruned'],
  },
  feed_snapshot: {
    summary:
      'All that the feed tells of, as it is now, page by page: with all pages, go on with `feed_read` behind the `sequence` of the first.',
    params: z.strictObject({ after: z.string().max(100).optional().describe('`next` of the page before.'), limit }),
    result: z.object({
      sequence: z.number().int(),
      epoch: z.number().int(),
      changes: z.array(feedChange),
      next: z.string().optional().describe('Left out of the last page.'),
    }),
    errors: ['feed-off'],
  },
} satisfies MethodTable
