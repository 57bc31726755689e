// The method by which a node describes its methods (OpenRPC, service discovery).

import { z } from 'zod'
import { type MethodTable, NO_PARAMS } from './table.ts'

export const DISCOVERY_METHODS = {
  'rpc.discover': {
    summary: 'This description of all methods, as OpenRPC has it.',
    params: NO_PARAMS,
    result: z.looseObject({
      openrpc: z.string(),
      info: z.looseObject({ title: z.string(), version: z.string() }),
      methods: z.array(z.looseObject({ name: z.string() })),
    }),
    errors: [],
  },
} satisfies MethodTable
