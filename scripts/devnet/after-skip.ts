// What follows when the clock of a devnet's Ethereum was moved: the node reads the new time, and then others act.

import { setTimeout as delay } from 'node:timers/promises'
import type { NodeClient } from '../../node/client/rpc.ts'
import { OperationError } from '../../node/errors.ts'
import type { Result } from '../../node/rpc/api.ts'

const LIMIT_MS = 10_000
const LOOK_MS = 200

export type AfterSkip = {
  /** Blocks that anyone may make final now, lowest first, and what is in each. */
  readonly finalizable: readonly { readonly height: bigint; readonly requests: number }[]
  readonly next: Result<'bridge_next'>
}

/** `undefined` if the node does not read the time within ten seconds, or is away. `time` is Ethereum's, unix seconds. */
export async function afterSkip(node: NodeClient, time: bigint, signal: AbortSignal): Promise<AfterSkip | undefined> {
  for (let leftMs = LIMIT_MS; leftMs > 0; leftMs -= LOOK_MS) {
    const seen = await look(node, time, signal)
    if (seen !== undefined) return seen
    await delay(LOOK_MS, undefined, { signal })
  }
  return undefined
}

async function look(node: NodeClient, time: bigint, signal: AbortSignal): Promise<AfterSkip | undefined> {
  try {
    const next = await node.call('bridge_next', {}, signal)
    if (BigInt(next.status.ethereumTime ?? 0) < time) return undefined
    const { blocks } = await node.call('bridge_blocks', {}, signal)
    const finalizable = blocks
      .filter(
        ({ final, preferred, finalizableAt = Number.POSITIVE_INFINITY }) =>
          preferred && !final && finalizableAt <= time,
      )
      .map(({ height, requests }) => ({ height, requests }))
    return { finalizable, next }
  } catch (error) {
    if (error instanceof OperationError && !signal.aborted) return undefined
    throw error
  }
}
