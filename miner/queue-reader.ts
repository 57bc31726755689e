// The queue of the bridge as the node knows it, read from its answers.

import type { NodeClient } from '../node/client/rpc.ts'
import { OperationError } from '../node/errors.ts'
import type { QueueReader } from '../node/protocol/block.ts'
import type { QueueEntry } from '../node/protocol/queue.ts'
import type { Result } from '../node/rpc/api.ts'

/** Up to 500 entries from `from` on; it has nothing for those that the node does not know. Throws what the node throws. */
export async function readQueue(
  node: NodeClient,
  from: bigint,
  count: number,
  signal: AbortSignal,
): Promise<QueueReader> {
  const { entries } = await node.call('bridge_queue', { from, count }, signal)
  const known = new Map(entries.map((entry) => [entry.index, parseEntry(entry)]))
  return (index) => known.get(index)
}

/** Throws `OperationError('bad-answer')`. */
export function parseEntry(entry: Result<'bridge_queue'>['entries'][number]): QueueEntry {
  const { kind, gross, to, fee, packed } = entry
  if (kind === 'deposit' && gross !== undefined && to !== undefined) return { kind, gross, to }
  if (kind === 'forced' && fee !== undefined && packed !== undefined) return { kind, fee, packed }
  throw badAnswer(`queue entry ${entry.index} with all that its kind has`)
}

export function badAnswer(expected: string): OperationError {
  return new OperationError('bad-answer', `expected from the node ${expected}; is it of the same version?`, {
    retry: true,
  })
}
