// Methods of the RPC about addresses: what they hold, what they can spend, what they did.

import { z } from 'zod'
import { amount, asset, infohash, writtenAddress, writtenAsset } from '../../schema.ts'
import type { MethodTable } from './table.ts'
import { relayBits, transactionRecord, transactionStatus } from './transaction.ts'

const OF_ASSET = 'Of which asset; TTX if it is left out.'
const ofAsset = writtenAsset.optional().describe(OF_ASSET)

const output = z
  .object({
    infohash,
    value: amount,
    status: transactionStatus,
    own: z
      .boolean()
      .optional()
      .describe(
        'Of an accepted one: whether the owner signed the transaction that makes it, so that it is their change.',
      ),
    relayBits,
  })
  .meta({ id: 'Output', description: 'Money that a transaction made, and that was not spent yet.' })

const balance = z.object({
  spendable: amount,
  ordered: amount,
  final: amount,
  settled: amount.describe(
    'All that blocks have ordered for it, also what a payment that no block has ordered spends.',
  ),
})

export const ACCOUNT_METHODS = {
  account_balance: {
    summary: 'Balance of an address: spendable now, the part that a block orders, the part that is final; base units.',
    params: z.strictObject({ owner: writtenAddress, asset: ofAsset }),
    result: balance.extend({ asset: asset.optional().describe(OF_ASSET), outputs: z.array(output) }),
    errors: [],
  },
  account_assets: {
    summary:
      'A page of the other assets than TTX of an address, with its balances. Anybody can send anybody an asset: what one is worth is for its holder to know. `next`, if there are more, is `after` of the next page.',
    params: z.strictObject({
      owner: writtenAddress,
      after: writtenAsset.optional(),
      limit: z.number().int().min(1).max(500).default(100),
    }),
    result: z.object({ assets: z.array(balance.extend({ asset })), next: asset.optional() }),
    errors: [],
  },
  account_inputs: {
    summary: 'Chooses at most 8 outputs of an address that together hold the amount.',
    params: z.strictObject({
      owner: writtenAddress,
      tokens: amount,
      asset: ofAsset,
      most: z.number().int().min(1).max(8).default(8).describe('At most this many.'),
      without: z
        .array(infohash)
        .max(256)
        .default([])
        .describe('Transactions whose outputs are left alone, as those that offers of the owner bind.'),
    }),
    result: z.object({
      prev: z.array(infohash).describe('In the order in which a transaction names them.'),
      sum: amount,
      unorderedAncestors: z.number().int(),
      relayBits: z
        .number()
        .int()
        .min(0)
        .max(160)
        .describe('Zero bits with which the infohash of the payment must begin, or nodes do not hand it on.'),
    }),
    errors: ['insufficient-funds', 'funds-spread'],
  },
  account_outputs: {
    summary:
      'What became of single outputs of an address, in the order in which they were named: whether they are there, and which transaction spends them.',
    params: z.strictObject({
      owner: writtenAddress,
      of: z.array(infohash).min(1).max(8).describe('The transactions that make them.'),
      asset: ofAsset,
    }),
    result: z.object({
      outputs: z.array(
        z.object({
          infohash,
          status: transactionStatus.describe('Of the transaction that makes it.'),
          value: amount
            .optional()
            .describe(
              'Left out if that is not here or makes nothing for the address, and of what was spent before the snapshot.',
            ),
          relayBits,
          spentBy: infohash.optional().describe('What spends it and counts: accepted, ordered or final.'),
        }),
      ),
    }),
    errors: [],
  },
  account_history: {
    summary: 'Transactions that move TTX, or another asset, from or to an address, newest first.',
    params: z.strictObject({
      owner: writtenAddress,
      limit: z.number().int().min(1).max(500).default(50),
      cursor: z
        .string()
        .regex(/^[0-9]{1,15}$/, 'expected the cursor of an earlier answer')
        .optional()
        .describe('`cursor` of the page before.'),
      asset: ofAsset,
    }),
    result: z.object({ transactions: z.array(transactionRecord), cursor: z.string().optional() }),
    errors: [],
  },
} satisfies MethodTable
