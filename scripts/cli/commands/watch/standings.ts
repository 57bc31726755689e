// Where blocks are in the race: by the contract itself where there is an endpoint to ask, else as the node says.

import { describeDoubt } from '../../../../miner/watch/judge.ts'
import { readAllChildren } from '../../../../node/client/all-blocks.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { OperationError } from '../../../../node/errors.ts'
import { type Hash, ZERO_KEY } from '../../../../node/protocol/ids.ts'
import { NO_LENGTHS } from '../../../../node/protocol/queue.ts'
import type { Court } from './court.ts'

/** Times are unix seconds, work is cumulative, in expected hashes. */
export type Standing = {
  readonly publishedAt: number
  readonly work: bigint
  readonly refuted: boolean
  readonly final: boolean
  /** On the branch that leads; only the node says that. */
  readonly preferred?: boolean
}

export type Standings = {
  /** Of these blocks, in the same order. */
  readonly blocks: readonly Standing[]
  /** When the first live child of the fork was published, if it has one. */
  readonly firstAt?: number
  /** The newest final block. */
  readonly final?: Hash
  readonly now: number
  /** Why all of this may be otherwise. */
  readonly doubt?: string
}

/** Throws what the node throws; an endpoint that does not answer is passed over as long as there is another one. */
export async function readStandings(
  court: Court,
  fork: Hash,
  ids: readonly Hash[],
  signal: AbortSignal,
): Promise<Standings> {
  if (court.logs.length === 0) return await askNode(court.node, fork, ids, signal)
  for (const [i, { chain }] of court.logs.entries()) {
    try {
      return await askContract(chain, fork, ids)
    } catch (error) {
      if (!(error instanceof OperationError) || i === court.logs.length - 1) throw error
    }
  }
  throw new RangeError('there is an endpoint')
}

async function askContract(
  chain: Court['logs'][number]['chain'],
  fork: Hash,
  ids: readonly Hash[],
): Promise<Standings> {
  const head = await chain.head()
  const { records, finalBlock: final } = await chain.read(head.hash, NO_LENGTHS, [fork, ...ids])
  const [below, ...blocks] = records
  const unknown = ids.find((_, i) => (blocks[i]?.publishedAt ?? 0n) === 0n)
  if (below === undefined || unknown !== undefined) throw unknownBlock(unknown ?? fork)
  const [first] =
    below.firstChild === ZERO_KEY ? [] : (await chain.read(head.hash, NO_LENGTHS, [below.firstChild])).records
  return {
    ...{ final, now: Number(head.time) },
    blocks: blocks.map(({ publishedAt, work, refuted, final: isFinal }) => {
      return { publishedAt: Number(publishedAt), work, refuted, final: isFinal }
    }),
    ...(first === undefined ? {} : { firstAt: Number(first.publishedAt) }),
  }
}

async function askNode(node: NodeClient, fork: Hash, ids: readonly Hash[], signal: AbortSignal): Promise<Standings> {
  const { bridge } = await node.call('node_info', {}, signal)
  const blocks = await Promise.all(ids.map((id) => node.call('bridge_block', { id }, signal)))
  const first = (await readAllChildren(node, fork, signal)).find(({ refuted }) => !refuted)
  return {
    blocks,
    now: bridge.ethereumTime ?? Math.floor(Date.now() / 1_000),
    ...(bridge.final === undefined ? {} : { final: bridge.final.id }),
    ...(first === undefined ? {} : { firstAt: first.publishedAt }),
    ...(bridge.state === 'live' ? {} : { doubt: describeDoubt(bridge) }),
  }
}

function unknownBlock(id: Hash): OperationError {
  return new OperationError('unknown-block', `expected a block that Ethereum has, got ${id}`, { facts: { block: id } })
}
