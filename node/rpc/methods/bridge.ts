// Methods of the RPC about the bridge as a miner sees it: what to build on, the queue, calls that are due.

import { z } from 'zod'
import { MAX_BLOBS } from '../../protocol/blob.ts'
import { LANES } from '../../protocol/queue.ts'
import { address, amount, asset, bytes, gwei, hash, infohash, millis, perLane, seconds } from '../../schema.ts'
import { type MethodTable, NO_PARAMS } from './table.ts'

const beginning = z
  .object({
    step: z
      .enum(['header', 'torrent', 'balances', 'ledger'])
      .describe('Looks for who knows the block; fetches its torrent; checks the balances in it; writes them.'),
    block: hash.optional().describe('The final block with which it begins.'),
    bytes: z.number().int().min(0).optional().describe('Of the torrent that have come.'),
    total: z.number().int().min(0).optional().describe('Of the whole torrent.'),
    problem: z.string().optional().describe('Why the last try failed; it is tried again.'),
  })
  .meta({ id: 'Beginning', description: 'How far a new node is that begins at the final block.' })

const blockRef = z.object({ id: hash, height: amount }).meta({ id: 'BlockRef' })

/** What is known of the Ethereum side: `off` without an endpoint, `unknown` while the node cannot judge (see `problem`). */
export const bridgeStatus = z
  .object({
    state: z.enum(['off', 'syncing', 'live', 'unknown', 'dead']),
    problem: z.string().optional(),
    ethereumBlock: amount.optional(),
    ethereumTime: seconds.optional(),
    final: blockRef.optional(),
    tip: blockRef.optional(),
    beginning: beginning.optional().describe('As long as the node is new and has no balances yet.'),
  })
  .meta({
    id: 'BridgeStatus',
    description:
      'How far the node follows Ethereum. `off`: it has no endpoint. `unknown`: it cannot judge (see `problem`). `dead`: the contract made a block final that this node refutes.',
  })

const candidate = z
  .object({
    infohash,
    packed: bytes,
    after: z.array(infohash).describe('Unordered ancestors that must come before it in the block.'),
    asset: asset
      .optional()
      .describe(
        'What it moves, of a swap of two other assets what is given; TTX if it is left out, as of an issuance.',
      ),
    request: amount.optional().describe('Of a request: its amount of that.'),
    coinAge: amount.describe('Base units of TTX times seconds since the inputs were ordered; 0 of another asset.'),
    firstSeen: millis,
  })
  .meta({ id: 'Candidate', description: 'A transaction that waits for a block.' })

const queueEntry = z
  .object({
    index: amount.describe('Its number in its lane.'),
    kind: z.enum(['deposit', 'entered', 'forced']),
    time: seconds,
    gross: amount.optional().describe('Of a deposit.'),
    amount: amount.optional().describe('Of what a contract entered of its own asset, in the units of that.'),
    asset: address.optional().describe('That contract.'),
    to: address.optional().describe('Of these two.'),
    fee: gwei.optional().describe('Of what was entered and of a forced transaction, gwei.'),
    packed: bytes.optional().describe('Of a forced transaction.'),
  })
  .meta({
    id: 'QueueEntry',
    description: 'A deposit of TTX, what a contract entered of its own asset, or a transaction that somebody forced.',
  })

export const BRIDGE_METHODS = {
  bridge_template: {
    summary:
      'What a miner builds on: the preferred tip, the queue after it and the transactions that wait for a block.',
    params: NO_PARAMS,
    result: z.object({
      status: bridgeStatus,
      parent: z.object({ id: hash, sealed: bytes, publishedAt: seconds }),
      queue: z
        .array(queueEntry)
        .describe(
          'What waits in each lane after the parent, as much as a block has to be ready for: lane by lane, oldest first.',
        ),
      lanes: perLane(amount).describe('How many entries each lane ever got.'),
      candidates: z.array(candidate),
    }),
    errors: ['no-ethereum', 'branch-changing'],
  },
  bridge_next: {
    summary:
      'What the next block would be, and what waits for it: how many hashes finding it takes on average now, and whether something calls for one. Payments alone do not: they ride along.',
    params: NO_PARAMS,
    result: z.object({
      status: bridgeStatus,
      parent: blockRef.extend({ publishedAt: seconds }),
      height: amount,
      target: amount.describe('The easiest one that the contract allows at the time of the newest block of Ethereum.'),
      hashes: amount.describe('Expected, at this target.'),
      easesAt: seconds
        .optional()
        .describe('From then on the target doubles with each `easesBy` seconds; left out where it is the easiest.'),
      easesBy: z.number().int(),
      waiting: z
        .object({
          requests: z.number().int().describe('Of TTX, whose fees pay for a block.'),
          fee: amount.describe('Of these requests, and of deposits in the queue; base units of TTX.'),
          entries: z.number().int().describe('Of the queue, as many as a block has to be ready for.'),
          dueAt: seconds
            .optional()
            .describe('A block that is published from then on has to contain the first of them.'),
          payments: z.number().int().describe('All other transactions that no block has.'),
          oldestPayment: millis.optional().describe('When the first of these was seen, on the clock of the node.'),
        })
        .describe('What is valid and in no block of the leading branch.'),
    }),
    errors: ['no-ethereum', 'branch-changing'],
  },
  bridge_queue: {
    summary:
      'Entries of a lane of the queue, consumed ones too, as far as this node knows them; `length` is how many it ever got.',
    params: z.strictObject({ lane: z.enum(LANES), from: amount, count: z.number().int().min(0).max(500) }),
    result: z.object({ entries: z.array(queueEntry), length: amount }),
    errors: ['no-ethereum'],
  },
  bridge_submit: {
    summary:
      'Accepts a mined block before it goes to Ethereum: replays it, keeps it, serves its torrent. It comes with steps and states, or with blobs.',
    params: z.strictObject({
      sealed: bytes,
      steps: bytes.optional(),
      states: bytes.optional(),
      blobs: z.array(bytes).max(MAX_BLOBS).optional().describe('In place of steps and states; 131,072 bytes each.'),
    }),
    result: z.object({ id: hash, torrent: infohash }),
    errors: [
      'no-ethereum',
      'bad-header',
      'bad-work',
      'bad-steps',
      'invalid-block',
      'block-not-wanted',
      'block-not-judged',
    ],
  },
  bridge_due: {
    summary: 'Calls that anyone may send to the contract now to bring the right branch forward.',
    params: NO_PARAMS,
    result: z.object({
      nominate: z.array(z.object({ parent: hash, block: hash })),
      finalize: z.array(z.object({ block: hash, sealed: bytes })),
    }),
    errors: ['no-ethereum'],
  },
} satisfies MethodTable
