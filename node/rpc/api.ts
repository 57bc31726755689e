// All methods of a node's JSON-RPC, once, for the server, the client and the documentation.

import type { z } from 'zod'
import { ACCOUNT_METHODS } from './methods/account.ts'
import { BLOCK_METHODS } from './methods/block.ts'
import { BRIDGE_METHODS } from './methods/bridge.ts'
import { CLAIM_METHODS } from './methods/claim.ts'
import { DISCOVERY_METHODS } from './methods/discovery.ts'
import { FEED_METHODS } from './methods/feed.ts'
import { NODE_METHODS } from './methods/node.ts'
import { PROOF_METHODS } from './methods/proof.ts'
import type { HandlersOf, ParamsOf, ResultOf } from './methods/table.ts'
import { TRANSACTION_METHODS } from './methods/transaction.ts'

export const API = {
  ...NODE_METHODS,
  ...TRANSACTION_METHODS,
  ...ACCOUNT_METHODS,
  ...BLOCK_METHODS,
  ...BRIDGE_METHODS,
  ...CLAIM_METHODS,
  ...PROOF_METHODS,
  ...FEED_METHODS,
  ...DISCOVERY_METHODS,
}

type Api = typeof API
export type Method = keyof Api
export type Params<M extends Method> = ParamsOf<Api, M>
export type Result<M extends Method> = ResultOf<Api, M>
export type Handlers = HandlersOf<Api>

/** What a caller passes: as the handler gets it, with what has a default left out at will. */
export type CallParams<M extends Method> = Partial<Params<M>> & Omit<Params<M>, Defaulted<z.input<Api[M]['params']>>>
type Defaulted<P> = { [K in keyof P]-?: Record<never, never> extends Pick<P, K> ? K : never }[keyof P]
