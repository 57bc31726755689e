// Methods of the RPC about transactions as `.torrent` files.

import { z } from 'zod'
import { bytes, infohash } from '../../schema.ts'
import type { MethodTable } from './table.ts'
import { FETCH_ERRORS, transactionRecord } from './transaction.ts'

export const PROOF_METHODS = {
  proof_export: {
    summary: 'The `.torrent` of a transaction and the files of its unordered ancestors, oldest first.',
    params: z.strictObject({ infohash }),
    result: z.object({ torrent: bytes, files: z.array(bytes) }),
    errors: ['unknown-transaction'],
  },
  proof_import: {
    summary: 'Imports the transaction that a `.torrent` names, and its ancestors: from `files`, else from the peers.',
    params: z.strictObject({
      torrent: bytes,
      files: z.array(bytes).max(10_000).default([]).describe('Ancestors, oldest first.'),
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
