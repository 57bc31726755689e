// What a transaction that no block has waits for, by what its node can compute: which block is next, and whether anything calls for one.

import { OperationError } from '../errors.ts'
import type { Result } from '../rpc/api.ts'
import type { NodeClient } from './rpc.ts'

export type NextBlock = Result<'bridge_next'>

/** What no answer to `bridge_next` means: the node does not follow Ethereum, is about to change its branch, or is older than the method. */
const UNTOLD = /^(no-ethereum|branch-changing|node-failed)$/

/** `undefined` if the node cannot say it now. Throws what the node throws else. */
export async function nextBlockOf(node: NodeClient, signal?: AbortSignal): Promise<NextBlock | undefined> {
  try {
    return await node.call('bridge_next', {}, signal)
  } catch (error) {
    if (error instanceof OperationError && UNTOLD.test(error.code)) return undefined
    throw error
  }
}

/** Whether miners have a reason to search: requests of TTX pay them, and the queue has to be consumed. Payments alone do not give them one. */
export function isCalledFor({ waiting }: NextBlock): boolean {
  return waiting.requests + waiting.entries > 0
}

/** Completes "it waits for …". `isCall`: it is a request of TTX or in the queue, and so calls for a block itself. */
export function waitsForBlock(next: NextBlock | undefined, isCall: boolean): string {
  if (next === undefined) return 'a miner to find a block that contains it'
  if (isCall || isCalledFor(next)) return `a miner to find block ${next.height}`
  return 'something that calls for a block, since payments alone do not: a request of TTX, a deposit or a forced transaction, of anyone'
}
