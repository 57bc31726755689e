// Until the node has read what was just put into the queue on Ethereum, so that `status` and `wait` know it when the command has ended.

import type { NodeClient } from '../../../node/client/rpc.ts'
import { wait } from '../../../node/client/wait.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'

/** A node reads a block of Ethereum within seconds. */
const LIMIT_MS = 15_000
const LOOK_MS = 500

/** Whether it has. Nothing depends on it: what was sent was sent, whatever becomes of this. */
export async function isSeen(node: NodeClient, infohash: Infohash, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(node, infohash, { until: 'accepted', limitMs: LIMIT_MS, awayMs: 0, fetchMs: 0, pollMs: LOOK_MS, signal })
    return true
  } catch (error) {
    if (signal.aborted || error instanceof OperationError) return false
    throw error
  }
}
