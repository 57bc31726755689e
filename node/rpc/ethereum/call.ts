// What every method of the Ethereum-compatible RPC works on.

import type { z } from 'zod'
import type { BridgeFollower } from '../../bridge/follower.ts'
import type { NetworkDefinition } from '../../deployment.ts'
import type { TransactionLedger } from '../../ledger/types.ts'
import type { Budget } from './budget.ts'

export type EthereumParts = {
  readonly version: string
  readonly definition: NetworkDefinition
  readonly ledger: Pick<
    TransactionLedger,
    'genesis' | 'balance' | 'branch' | 'begunAt' | 'block' | 'contents' | 'look' | 'files' | 'spentBy'
  >
  /** Absent in a node without Ethereum, which knows block 0 only. */
  readonly follower: Pick<BridgeFollower, 'block' | 'parentBlock' | 'status'> | undefined
  /** Where wallets in browsers pay: the page of the node, if it has one. */
  readonly page: () => string | undefined
  /** How many nodes are connected. */
  readonly peers: () => number
}

export type Call = { readonly parts: EthereumParts; readonly budget: Budget }

/** `fixed`: the same answer whatever is in the ledger. `refused`: by name, with a code of its own. */
export type Kind = 'implemented' | 'fixed' | 'refused'

export type EthereumMethod<P extends z.ZodObject = z.ZodObject> = {
  readonly kind: Kind
  /** In the order in which they come. */
  readonly params: P
  /** Returns JSON. */
  readonly answer: (call: Call, params: z.output<P>) => Promise<unknown> | unknown
}

/** Ties the type of the parameters to the answer. */
export function method<P extends z.ZodObject>(
  params: P,
  answer: EthereumMethod<P>['answer'],
  kind: Kind = 'implemented',
): EthereumMethod {
  // What the schema of a method reads is what its answer accepts.
  return { kind, params, answer: answer as EthereumMethod['answer'] }
}
