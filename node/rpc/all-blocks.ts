// The last final block and all blocks above it, parents first, as a node knows them.

import type { Result } from './api.ts'
import type { NodeClient } from './client.ts'

/** Throws what the node throws. */
export async function readAllBlocks(node: NodeClient, signal: AbortSignal): Promise<Result<'bridge_blocks'>> {
  return await node.call('bridge_blocks', {}, signal)
}
