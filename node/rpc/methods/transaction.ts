// Methods of the RPC about transactions, and what a transaction looks like in all of them.

import { z } from 'zod'
import { address, amount, asset, bytes, hash, infohash, millis, seconds } from '../../schema.ts'
import { finalTime, verdict, wrong } from './block.ts'
import type { ErrorCode } from './errors.ts'
import type { MethodTable } from './table.ts'

export const transactionStatus = z
  .enum(['unknown', 'waiting', 'accepted', 'conflicting', 'invalid', 'ordered', 'final'])
  .meta({
    id: 'TransactionStatus',
    description:
      'Where a transaction is. `unknown`: not here. `waiting`: an ancestor is missing. `accepted`: valid, and in no block yet. `conflicting`: another one that spends the same money came first. `ordered`: in a block that can become final. `final`: in a final block.',
  })

export const relayBits = z
  .number()
  .int()
  .min(1)
  .max(160)
  .optional()
  .describe(
    'Of an accepted one that was handed in here with too little work, or whose unordered ancestors were: the zero bits in front of an infohash that other nodes ask for, as things are now. They may refuse it until a block orders it, or some of those that hang on the same coin.',
  )

export const transactionRecord = z
  .object({
    infohash,
    status: transactionStatus,
    file: bytes.optional().describe('`tx.json`, if it is here.'),
    asset: asset.optional().describe('What it moves, of an issuance what it creates; TTX if it is left out.'),
    firstSeen: millis.optional(),
    missing: z.array(infohash).describe('Ancestors that it waits for.'),
    rivals: z.array(infohash).describe('Transactions that spend the same money.'),
    block: hash.optional().describe('The block that orders it.'),
    blockTime: seconds
      .optional()
      .describe('When that block was published, by the clock of Ethereum; where the node knows the block.'),
    step: z.number().int().optional().describe('Its place in this block.'),
    unorderedAncestors: z.number().int(),
    relayBits,
    problem: z
      .object({
        code: z.string(),
        reason: z.string().optional().describe('Of `invalid-transaction`.'),
        message: z.string(),
      })
      .optional()
      .describe('Of an invalid one: the rule that it breaks.'),
  })
  .meta({ id: 'TransactionRecord', description: 'What this node knows of a transaction.' })

/** How strongly a transaction is held, by this node's view of its neighbours. */
const strength = {
  heldBy: z
    .number()
    .int()
    .optional()
    .describe(
      'Connected nodes that are known to have it: they announced it, sent it or fetched it, or have the same set. Absent of what is not here.',
    ),
  descendants: z
    .number()
    .int()
    .optional()
    .describe('Transactions that spend what it pays, at once or through others, and count; counting stops at 1,000.'),
}

/** A block above the final one, not refuted, that contains a transaction although the leading branch does not go through it. */
const otherBlock = z
  .object({ block: hash, step: z.number().int(), verdict, problem: z.string().optional(), wrong: wrong.optional() })
  .meta({ id: 'OtherBlock', description: 'A block that contains a transaction and is not on the leading branch.' })

/** Where a deposit is that its place in the queue does not hold. */
const reorganised = z
  .object({
    isReplaced: z.boolean().describe('Whether another entry has its place, so that it cannot come back there.'),
    now: z
      .array(z.object({ index: amount, infohash }))
      .describe(
        'Deposits of its amount for its address that the queue holds, newest last, at most 8. None: it is gone.',
      ),
  })
  .meta({
    id: 'Reorganised',
    description:
      'Of a deposit that a reorganisation of Ethereum took out of the queue, or put into another place of it.',
  })

/** Where a request's money is. Times are absent while no block carries it. */
const bridging = z
  .object({
    recipient: address,
    asset: asset.optional().describe('What is asked for; TTX if it is left out.'),
    gross: amount,
    net: amount.describe(
      'What the recipient gets: 99% of TTX. Of another asset all, from the contract that entered it.',
    ),
    block: hash.optional(),
    step: z.number().int().optional(),
    payableAt: seconds.optional().describe('At the earliest.'),
    payableAtLatest: seconds.optional().describe('At the latest.'),
    finalTime: finalTime.optional(),
    paid: z.boolean().describe('By the bridge, which never pays another asset than TTX.'),
    waitingFor: z.string().describe('In plain words.'),
  })
  .meta({ id: 'Bridging', description: 'Where the money of a request is. Without times while no block carries it.' })

/** Of what accepts a file. */
const SUBMIT_ERRORS = [
  'ledger-beginning',
  'bad-transaction-file',
  'deposit-not-queued',
  'not-signed',
  'invalid-transaction',
] as const satisfies readonly ErrorCode[]
/** Of what asks the peers for a transaction: theirs may be wrong too. */
export const FETCH_ERRORS = [
  'transaction-not-found',
  'ancestors-not-found',
  'transaction-not-accepted',
  ...SUBMIT_ERRORS,
  'bad-proof',
  'bad-torrent',
  'bad-bencoding',
] as const satisfies readonly ErrorCode[]

export const TRANSACTION_METHODS = {
  tx_submit: {
    summary: 'Accepts a transaction file: checks it, stores it, tells the peers.',
    params: z.strictObject({ file: bytes.describe('`tx.json`.') }),
    result: transactionRecord,
    errors: SUBMIT_ERRORS,
  },
  tx_get: {
    summary: 'What this node knows of a transaction; asks the peers for its file if `fetchMs` is above 0.',
    params: z.strictObject({
      infohash,
      fetchMs: z.number().int().min(0).max(60_000).default(0).describe('How long to ask for it, in milliseconds.'),
    }),
    result: transactionRecord.extend(strength),
    errors: FETCH_ERRORS,
  },
  tx_list: {
    summary:
      'A page of the transactions that this node has and hands on, the newest first: those stored before position `before`. `next`, if there may be more, is `before` of the next page.',
    params: z.strictObject({
      before: z.number().int().min(0).optional(),
      limit: z.number().int().min(1).max(200).default(50),
      unordered: z.boolean().default(false).describe('Only those that no block has ordered.'),
    }),
    result: z.object({ transactions: z.array(transactionRecord), next: z.number().int().optional() }),
    errors: [],
  },
  tx_where: {
    summary: 'Where the money of a transaction is, and of a request: what it waits for and when it is paid.',
    params: z.strictObject({ infohash }),
    result: transactionRecord.extend({
      ...strength,
      bridging: bridging.optional(),
      elsewhere: z.array(otherBlock),
      reorganised: reorganised.optional(),
      unread: z.number().int().describe('Such blocks that were not looked into: the heaviest 128 were.'),
    }),
    errors: [],
  },
} satisfies MethodTable
