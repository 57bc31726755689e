// How fast all miners together search, as far as the blocks of late tell, and what share of that one miner has.

import { readAllBlocks } from '../node/client/all-blocks.ts'
import type { NodeClient } from '../node/client/rpc.ts'
import { workOf } from '../node/protocol/target.ts'
import type { Result } from '../node/rpc/api.ts'

export type NetworkRate = {
  /** All the time between the blocks counts, also where nobody searched because nothing was worth a block: then miners are faster than this. */
  readonly hashesPerSecond: number
  /** Of how many blocks, found in how many seconds: of n blocks, the estimate is off by one part in the root of n, and often by twice that. */
  readonly blocks: number
  readonly seconds: number
}

type Block = Pick<Result<'bridge_blocks'>['blocks'][number], 'target' | 'publishedAt' | 'verdict' | 'refuted'>

/** With fewer, chance says more than the work does. */
export const LEAST_BLOCKS = 6
/** A look takes a tenth of the time at most, however many blocks there are, and comes once a minute at most. */
const PAUSE_FACTOR = 10
const PAUSE_MS = 60_000

/**
 * Expected hashes of the right blocks, rivals too, by the time in which they came: the first one only opens that time. Blocks as a node lists them,
 * in the order of publication. `undefined` where there are too few.
 */
export function estimateNetworkRate(listed: readonly Block[]): NetworkRate | undefined {
  const right = listed.filter(({ verdict, refuted, publishedAt }) => verdict === 'valid' && !refuted && publishedAt > 0)
  const [first, ...blocks] = right
  const last = blocks.at(-1)
  if (first === undefined || last === undefined || blocks.length < LEAST_BLOCKS) return undefined
  const seconds = last.publishedAt - first.publishedAt
  if (seconds <= 0) return undefined
  const hashes = blocks.reduce((sum, { target }) => sum + Number(workOf(target)), 0)
  return { hashesPerSecond: hashes / seconds, blocks: blocks.length, seconds }
}

/** From 0 to 1: whoever searches alone has all of it, also while the blocks of late tell of slower miners. */
export function shareOf(hashesPerSecond: number, network: NetworkRate): number {
  return hashesPerSecond / Math.max(hashesPerSecond, network.hashesPerSecond)
}

/** Reads the blocks now and then, and knows what they told last. */
export class NetworkRateWatch {
  readonly #node: NodeClient
  readonly #now: () => number
  #nextMs = 0
  #rate: NetworkRate | undefined

  /** `now` in milliseconds. */
  constructor(node: NodeClient, now: () => number) {
    this.#node = node
    this.#now = now
  }

  get rate(): NetworkRate | undefined {
    return this.#rate
  }

  /** Throws what the node throws, and then knows what it knew. */
  async look(signal: AbortSignal): Promise<void> {
    const startMs = this.#now()
    if (startMs < this.#nextMs) return
    this.#nextMs = startMs + PAUSE_MS
    const { blocks } = await readAllBlocks(this.#node, signal)
    this.#rate = estimateNetworkRate(blocks)
    const endMs = this.#now()
    this.#nextMs = endMs + Math.max(PAUSE_MS, PAUSE_FACTOR * (endMs - startMs))
  }
}
