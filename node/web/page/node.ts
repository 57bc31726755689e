// The node that serves this page, asked by its RPC: answers are kept until the node says that something has changed.

import { type QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { createNodeClient } from '../../client/rpc.ts'
import type { Asset } from '../../protocol/asset.ts'
import { type Address, ZERO_ADDRESS } from '../../protocol/ids.ts'
import { ofAsset } from '../../protocol/state.ts'
import type { CallParams, Method, Result } from '../../rpc/api.ts'
import { toWire } from '../../rpc/json.ts'

export const node = createNodeClient(location.origin, { timeoutMs: 30_000 })

/** What changes with what: `node` is looked at in turns, as nothing tells of peers. */
type Topic = 'transactions' | 'bridge' | 'node'

/** Of the node itself, milliseconds. */
const LOOK_MS = 4_000

type CallOptions = { readonly enabled?: boolean }

/** Asks once, and again after each change that may concern it. */
export function useCall<M extends Method>(
  method: M,
  params: CallParams<M>,
  { enabled = true }: CallOptions = {},
): UseQueryResult<Result<M>> {
  const topic = topicOf(method)
  return useQuery({
    queryKey: [topic, method, toWire(params)],
    queryFn: async ({ signal }) => await node.call(method, params, signal),
    enabled,
    // What is looked at in turns anyway says at once that there is no answer.
    ...(topic === 'node' ? { refetchInterval: LOOK_MS, retry: false } : {}),
  })
}

/** Of TTX, or of another asset; undefined as long as nobody is known to ask for. */
export function useBalance(owner: Address | undefined, asset?: Asset): Result<'account_balance'> | undefined {
  const params = ofAsset({ owner: owner ?? ZERO_ADDRESS }, asset)
  return useCall('account_balance', params, { enabled: owner !== undefined }).data
}

/** Has what is on the page asked for again. Blocks order transactions, so that these change with either. */
export async function refresh(client: QueryClient, changed: readonly string[]): Promise<void> {
  const topics: readonly Topic[] = changed.includes('bridge') ? ['bridge', 'transactions'] : ['transactions']
  await Promise.all(topics.map((topic) => client.invalidateQueries({ queryKey: [topic] })))
}

function topicOf(method: Method): Topic {
  if (method.startsWith('bridge_')) return 'bridge'
  return method.startsWith('node_') ? 'node' : 'transactions'
}
