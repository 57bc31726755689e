// Judges a block by a replay of our own, on what the node serves of it, and gives the proof with the verdict.

import { type PublishedBlock, replayBlock, type Verdict } from '../../node/protocol/block.ts'
import { blockId, decodeSealed, type SealedHeader } from '../../node/protocol/header.ts'
import { type Hash, toHash } from '../../node/protocol/ids.ts'
import { QUEUE_SHARE, type Rules } from '../../node/protocol/rules.ts'
import { splitSteps } from '../../node/protocol/step.ts'
import { traceLeaf, traceRoot } from '../../node/protocol/trace.ts'
import type { Result } from '../../node/rpc/api.ts'
import type { NodeClient } from '../../node/rpc/client.ts'
import { ParentStates } from '../parent-state.ts'
import { readQueue } from '../queue-reader.ts'
import { type Refutation, refuteStep } from './refutation.ts'

export type Judgement =
  | { readonly verdict: 'valid' }
  | (Extract<Verdict, { verdict: 'invalid' }> & { readonly refutation: Refutation })
  /** It stands on a wrong block, and dies with it. */
  | { readonly verdict: 'doomed'; readonly by: Hash }
  /** Never a reason to act. */
  | { readonly verdict: 'unknown'; readonly why: string }

type Settled = Exclude<Judgement, { verdict: 'unknown' }>

/**
 * Takes from the node what hashes bind to a block's id, and nothing on trust: its own replay reaches down to the last final block.
 * The node decides only which blocks there are, and which are final.
 */
export class Judge {
  readonly #node: NodeClient
  readonly #rules: Rules
  readonly #states: ParentStates
  /** Nothing changes a verdict, since all that it follows from is in the block's id. */
  readonly #settled = new Map<Hash, Settled>()

  constructor(node: NodeClient, rules: Rules) {
    this.#node = node
    this.#rules = rules
    this.#states = new ParentStates(node, rules)
  }

  /**
   * Judges the block, whether it is final or not, and what it stands on. Throws what the node throws: `unknown-block`, `files-unknown` for what is
   * older than the node keeps, and the like.
   */
  async judge(id: Hash, signal: AbortSignal): Promise<Judgement> {
    const known = this.#settled.get(id)
    if (known !== undefined) return known
    const served = await this.#node.call('bridge_block', { id }, signal)
    const block = { sealed: decodeSealed(served.sealed), steps: served.packedSteps, states: served.states }
    const { header } = block.sealed
    if (blockId(block.sealed) !== id) return unknown('the node serves another block under this id')
    if (header.height === 0n) return { verdict: 'valid' } // genesis is right by definition
    const below = await this.#node.call('bridge_block', { id: header.parent }, signal)
    const parent = decodeSealed(below.sealed)
    if (blockId(parent) !== header.parent) return unknown('the node serves another block as its parent')
    if (!below.final) {
      const ground = await this.judge(header.parent, signal)
      if (ground.verdict === 'unknown') return unknown(`the block below it, ${header.parent}: ${ground.why}`)
      if (ground.verdict !== 'valid') {
        return this.#settle(id, { verdict: 'doomed', by: ground.verdict === 'doomed' ? ground.by : header.parent })
      }
    }
    if (!isPosted(parent, block)) {
      return unknown('the node does not serve the steps and states that the header of the block commits to')
    }
    return await this.#replay(id, parent, block, signal)
  }

  /** Forgets all other blocks. */
  keep(ids: ReadonlySet<Hash>): void {
    for (const id of this.#settled.keys()) if (!ids.has(id)) this.#settled.delete(id)
  }

  async #replay(id: Hash, sealedParent: SealedHeader, block: PublishedBlock, signal: AbortSignal): Promise<Judgement> {
    const { queueCount } = sealedParent.header
    // With what the parent may have consumed, for its own replay.
    const from = queueCount > BigInt(QUEUE_SHARE) ? queueCount - BigInt(QUEUE_SHARE) : 0n
    const queue = await readQueue(this.#node, from, 2 * QUEUE_SHARE, signal)
    const parent = await this.#states.blockOf(block.sealed.header.parent, sealedParent, signal)
    const verdict = replayBlock(this.#rules, parent, block, queue)
    if (verdict.verdict === 'unknown') return unknown(`step ${verdict.step}: ${verdict.why}`)
    if (verdict.verdict === 'valid') {
      this.#states.put(id, verdict.state)
      return this.#settle(id, { verdict: 'valid' })
    }
    const before = { sealed: sealedParent, state: parent.state }
    return this.#settle(id, { ...verdict, refutation: refuteStep(this.#rules, before, block, queue, verdict) })
  }

  #settle(id: Hash, judgement: Settled): Settled {
    this.#settled.set(id, judgement)
    return judgement
  }
}

function unknown(why: string): Judgement {
  return { verdict: 'unknown', why }
}

/** The rules of the network that a node serves. */
export function rulesOf({ network }: Pick<Result<'node_info'>, 'network'>): Rules {
  const { chain, bridge, token, minRequest } = network
  return { chain, bridge, token, minRequest }
}

/** Why a node that is not `live` cannot judge, in plain words. */
export function describeDoubt({ state, problem }: Result<'bridge_blocks'>['status']): string {
  const why = problem === undefined ? '' : ` (${problem})`
  if (state === 'off') return 'the node does not follow Ethereum: start it with --ethereum URL'
  if (state === 'syncing') return 'the node has not read all of the bridge yet'
  if (state === 'dead') return `the bridge is dead: a wrong block became final, and nothing can be done about it${why}`
  return `the node does not trust its own view of Ethereum${why}: see to its endpoints`
}

/** Whether the steps and states are those that the header commits to. */
function isPosted(parent: SealedHeader, { sealed, steps, states }: PublishedBlock): boolean {
  const { header } = sealed
  const split = splitSteps(steps)
  if (split.length !== header.stepCount || states.length !== 32 * split.length) return false
  const leaves = split.map((step, i) => traceLeaf(step, toHash(states.subarray(32 * i, 32 * (i + 1)))))
  const last = states.length === 0 ? parent.header.state : toHash(states.subarray(-32))
  return traceRoot(leaves) === header.traceRoot && last === header.state
}
