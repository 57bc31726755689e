// Methods of the RPC about transactions as `.torrent` files.

import { z } from 'zod'
import { bytes, infohash } from '../../schema.ts'
import type { MethodTable } from './table.ts'
import { FETCH_ERRORS, transactionRecord } from './transaction.ts'

export const PROOF_METHODS = {
  proof_export: {
    summary:
      'The `.torrent` of a transaction, with its unordered ancestors inside, and the files of these, oldest first.',
    params: z.strictObject({ infohash }),
    result: z.object({
      torrent: bytes,
      files: z.array(bytes),
      left: z
        .number()
        .int()
        .describe(
          'Unordered ancestors that are not in the `.torrent`, at least: they do not fit into 4 MiB and 10,000 files, or are not here.',
        ),
    }),
    errors: ['unknown-transaction'],
  },
  proof_import: {
    summary:
      'Imports the transaction that a `.torrent` names, and its ancestors: from the `.torrent` and `files`, else from the peers.',
    params: z.strictObject({
      torrent: bytes,
      files: z.array(bytes).max(10_000).default([]).describe('Further ancestors, in any order.'),
      fetchMs: z
        .number()
        .int()
        .min(0)
        .max(60_000)
        .default(10_000)
        .describe('How long to ask the peers, in milliseconds.'),
    }),
    result: transactionRecord,
    errors: FETCH_ERRORS,
  },
} satisfies MethodTable
