// Methods of the RPC about published blocks, and what a block looks like in all of them.

import { z } from 'zod'
import { PROBLEMS } from '../../protocol/problems.ts'
import { address, amount, bytes, hash, infohash, perLane, seconds, writtenAddress, writtenAsset } from '../../schema.ts'
import { bridgeStatus } from './bridge.ts'
import type { MethodTable } from './table.ts'

const pageLimit = z.number().int().min(1).max(1_000)

/**
 * What this node makes of a block. `invalid`: by its own replay, of the block or of one below it. `displaced`: another block is final where it
 * is, or where one below it is, and it was not replayed. `unknown`: not judged (yet). `problem` says why, of all but `valid`.
 */
export const verdict = z.enum(['valid', 'invalid', 'displaced', 'unknown']).meta({
  id: 'Verdict',
  description:
    'What this node makes of a block. `invalid`: by its own replay, of the block or of one below it. `displaced`: another block is final where it is, and it was not replayed. `unknown`: not judged (yet). `problem` says why, of all but `valid`.',
})

/** What is wrong with a block by the node's own replay, for programs and for people. */
export const wrong = z
  .object({
    step: z.number().int().describe('The first wrong one, from 0 on.'),
    code: z.enum(PROBLEMS),
    loss: z.string().describe('Completes "had the block become final, ...": who would have lost what.'),
  })
  .meta({ id: 'Wrong', description: 'What is wrong with a block whose own step is (docs/disputes.md).' })

/** When a block can be final and why not otherwise; the members mean what they mean in node/bridge/final-time.ts. */
export const finalTime = z
  .object({
    earliest: seconds,
    latest: seconds,
    reason: z.enum(['alone', 'rival-possible', 'wrong-sibling', 'unjudged-sibling', 'race', 'nomination']),
    decisive: hash.describe('The block on the way whose clock decides the latest time.'),
    first: seconds.describe('When the first right block of its race was published: all hours count from then.'),
    rivalUntil: seconds.optional().describe('From then on no rival can come, with `rival-possible`.'),
    rivals: z.array(hash).describe('Right blocks beside it, the first 16; so are the next two.'),
    wrong: z.array(hash).describe('Wrong blocks beside it, or beside its parent, that live.'),
    unjudged: z.array(hash).describe('The same of those that this node cannot judge (yet).'),
    unnamed: z.number().int().describe('How many more there are.'),
  })
  .meta({
    id: 'FinalTime',
    description: 'When a block can be final, and why not otherwise (docs/cli.md, the latest time).',
  })

const blockSummary = z
  .object({
    id: hash,
    parent: hash,
    height: amount,
    miner: address,
    target: amount,
    work: amount.describe('Of the block and all below it.'),
    state: hash,
    steps: z.number().int(),
    blobs: z.number().int().describe('How many blobs have its steps and states; 0 if these are in calldata.'),
    requests: z.number().int(),
    fee: amount.describe('What its miner earns of requests and deposits when it is final, base units of wTTX.'),
    queueFees: amount.describe('What its miner earns of other entries of the queue then, gwei.'),
    requested: amount
      .optional()
      .describe('What its requests of TTX ask for, with the fee, base units; absent if what is below it is not known.'),
    deposited: amount.optional().describe('What the deposits that it consumes have burned, base units; the same.'),
    lanes: perLane(amount).describe('Entries of each lane of the queue that were consumed with it and below it.'),
    torrent: infohash.optional().describe('As its publication says: a hint, which may be wrong.'),
    publishedAt: seconds,
    verdict,
    problem: z.string().optional(),
    wrong: wrong.optional(),
    refuted: z.boolean().describe('On Ethereum.'),
    final: z.boolean(),
    preferred: z.boolean().describe('On the branch that the contract would make final.'),
    finalizableAt: seconds.optional(),
    finalizableAtLatest: seconds.optional(),
    finalTime: finalTime.optional(),
  })
  .meta({ id: 'Block', description: 'A published block.' })

export const BLOCK_METHODS = {
  bridge_blocks: {
    summary:
      'A page of the last final block and all blocks above it, in the order of publication: those after block `after`. `next`, if there are more, is `after` of the next page.',
    params: z.strictObject({ after: hash.optional(), limit: pageLimit.default(500) }),
    result: z.object({ status: bridgeStatus, blocks: z.array(blockSummary), next: hash.optional() }),
    errors: ['no-ethereum', 'page-gone'],
  },
  bridge_history: {
    summary:
      'A page of all blocks that were published since this node began, refuted and displaced ones too: by height, those of one height in the order of publication, from height `from` on, or after block `after`.',
    params: z.strictObject({ from: amount.default(0n), after: hash.optional(), limit: pageLimit.default(500) }),
    result: z.object({ status: bridgeStatus, blocks: z.array(blockSummary), next: hash.optional() }),
    errors: ['no-ethereum', 'page-gone'],
  },
  bridge_children: {
    summary: 'A page of the blocks that were published on one block, refuted ones too, in the order of publication.',
    params: z.strictObject({ parent: hash, after: hash.optional(), limit: pageLimit.default(1_000) }),
    result: z.object({ blocks: z.array(blockSummary), next: hash.optional() }),
    errors: ['no-ethereum', 'unknown-block', 'page-gone'],
  },
  bridge_block: {
    summary:
      'One block whole: sealed header, packed steps, states, and its torrent. Of a living one the last 24 bytes of its id will do, after zeros.',
    params: z.strictObject({ id: hash }),
    result: blockSummary.extend({
      sealed: bytes,
      packedSteps: bytes.describe('Of a block in blobs empty as long as this node has not found it right.'),
      states: bytes.describe('The same.'),
      hashes: z.array(hash).optional().describe('Of a block in blobs: their versioned hashes, in order.'),
      entries: bytes
        .optional()
        .describe('Of a block in blobs: its steps of the queue, as they were posted in calldata.'),
      requestRecords: bytes.optional().describe('Of a block in blobs: its requests, as they were posted in calldata.'),
    }),
    errors: ['no-ethereum', 'unknown-block'],
  },
  bridge_blobs: {
    summary: 'The blobs of a block, in order, right or not; none of a block in calldata.',
    params: z.strictObject({ id: hash }),
    result: z.object({ blobs: z.array(bytes).describe('131,072 bytes each.') }),
    errors: ['no-ethereum', 'unknown-block', 'blobs-unknown'],
  },
  bridge_files: {
    summary: 'The files of the torrent of a valid block, in order, by what this node itself replayed.',
    params: z.strictObject({ id: hash }),
    result: z.object({ files: z.array(z.object({ name: z.string(), bytes })) }),
    errors: ['no-ethereum', 'unknown-block', 'files-unknown'],
  },
  bridge_balance: {
    summary:
      'What an address had of an asset after a final block, with the proof that `balanceAt` of the contract wants, for contracts that weigh or pay by it; after the newest final block if `block` is left out.',
    params: z.strictObject({
      owner: writtenAddress,
      asset: writtenAsset.optional().describe('TTX if it is left out.'),
      block: hash.optional(),
    }),
    result: z.object({
      block: hash,
      height: amount,
      balance: amount,
      sealed: bytes.describe('The sealed header of the block.'),
      kind: z.number().int().describe('0 of TTX, 2 of what a contract entered, 3 of what a transaction issued.'),
      id: bytes.describe('20 bytes: zero of TTX, the contract, or the infohash of the issuance.'),
      opening: bytes.describe(
        'Of the entry of the address in the state after the block (docs/protocol.md, section 3.1).',
      ),
    }),
    errors: ['no-ethereum', 'unknown-block', 'block-not-final', 'files-unknown'],
  },
} satisfies MethodTable
