// Our own verdict on published blocks, and the states after them: replayed once, then remembered by id.

import { setImmediate } from 'node:timers/promises'
import { OperationError } from '../../errors.ts'
import { minerFee, replayBlock, requestsOf } from '../../protocol/block.ts'
import { blockId, decodeSealed } from '../../protocol/header.ts'
import { type Hash, toHash } from '../../protocol/ids.ts'
import { nextQueueHash } from '../../protocol/queue.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import type { State } from '../../protocol/state.ts'
import { decodeStep, splitSteps, stepEntryHash } from '../../protocol/step.ts'
import { traceLeaf, traceRoot } from '../../protocol/trace.ts'
import type { PublishedEvent } from '../chain.ts'
import { queuedEntryAt, queueHashAt } from '../queue-view.ts'
import { ancestry, type BlockVerdict, type BridgeView, blockOf } from '../view.ts'
import { incomplete, type JudgedEvent } from './fold.ts'

/** What a block does, as it was posted on Ethereum. */
export type BlockBody = { readonly steps: Uint8Array; readonly states: Uint8Array }

// Blocks that are replayed at most to answer one question about an old state.
const MAX_REPLAY = 256

export class Judge {
  readonly #rules: Rules
  readonly #bodyOf: (id: Hash) => Promise<BlockBody | undefined>
  readonly #states = new Map<Hash, State>()

  constructor(rules: Rules, bodyOf: (id: Hash) => Promise<BlockBody | undefined>) {
    this.#rules = rules
    this.#bodyOf = bodyOf
  }

  /** A state that needs no replay: of genesis, of a snapshot. */
  remember(id: Hash, state: State): void {
    this.#states.set(id, state)
  }

  /** Whether the state after this block is at hand. */
  knows(id: Hash): boolean {
    return this.#states.has(id)
  }

  /** The state after a block that `knows` names. */
  stateOf(id: Hash): State {
    return this.#states.get(id)
  }

  /** Forgets the states of all blocks but these. */
  keepOnly(ids: ReadonlySet<Hash>): void {
    for (const id of this.#states.keys()) if (!ids.has(id)) this.#states.delete(id)
  }

  /**
   * Judges a block on a parent that is in the view. Throws `OperationError('ethereum-logs-incomplete')` if the event contradicts itself or the
   * view, and `OperationError('state-unknown')` where the parent's state cannot be had.
   */
  async judge(view: BridgeView, event: PublishedEvent & Pick<JudgedEvent, 'place'>): Promise<JudgedEvent> {
    const { steps, states, ...kept } = event
    this.#check(view, event)
    const verdict = await this.#verdictOf(view, event)
    if (verdict.verdict !== 'valid') return { ...kept, verdict, fee: minerFee(steps), requests: [] }
    return { ...kept, verdict, fee: minerFee(steps), requests: requestsOf(this.#rules, steps).map(({ step }) => step) }
  }

  /**
   * The state after a valid block of the view. Throws `OperationError('state-unknown')` for an invalid one, one older than what
   * this node began with, and one for which too much would have to be replayed.
   */
  async stateAfter(view: BridgeView, id: Hash): Promise<State> {
    const missing: Hash[] = []
    for (const block of ancestry(view, id)) {
      if (this.#states.has(block.id)) break
      missing.push(block.id)
    }
    const start = blockOf(view, missing.at(-1) ?? id).sealed.header.parent
    if (missing.length > 0 && (!this.#states.has(start) || missing.length > MAX_REPLAY)) throw stateUnknown(id)
    for (const next of missing.toReversed()) {
      const body = await this.#bodyOf(next)
      const { sealed, verdict } = blockOf(view, next)
      if (body === undefined || verdict.verdict !== 'valid') throw stateUnknown(id)
      await this.#replay(view, { id: next, sealed, ...body })
    }
    return this.#states.get(id)
  }

  async #verdictOf(view: BridgeView, event: PublishedEvent): Promise<BlockVerdict> {
    const parent = blockOf(view, event.parent)
    if (parent.verdict.verdict === 'invalid') return { verdict: 'doomed', by: parent.id }
    if (parent.verdict.verdict === 'doomed') return parent.verdict
    await this.stateAfter(view, parent.id)
    return this.#replay(view, { ...event, sealed: decodeSealed(event.sealed) })
  }

  /** The parent's state must be here. */
  async #replay(
    view: BridgeView,
    block: BlockBody & { readonly id: Hash; readonly sealed: ReturnType<typeof decodeSealed> },
  ): Promise<BlockVerdict> {
    const { header } = blockOf(view, block.sealed.header.parent).sealed
    const parent = { id: block.sealed.header.parent, header, state: this.#states.get(block.sealed.header.parent) }
    const verdict = replayBlock(this.#rules, parent, block, (index) => queuedEntryAt(view.queue, index)?.entry)
    // A replay takes up to a second: let others have their turn.
    await setImmediate()
    if (verdict.verdict === 'unknown') throw incomplete(`block ${block.id} cannot be replayed: ${verdict.why}`)
    if (verdict.verdict === 'invalid') return verdict
    this.#states.set(block.id, verdict.state)
    return { verdict: 'valid' }
  }

  /** The event must be what its id commits to: then its content is as certain as the id. */
  #check(view: BridgeView, event: PublishedEvent): void {
    const problem = this.#problemOf(view, event)
    if (problem !== undefined) throw incomplete(`the publication of block ${event.id} ${problem}`)
  }

  #problemOf(
    view: BridgeView,
    { id, parent, miner, sealed: bytes, steps, states }: PublishedEvent,
  ): string | undefined {
    try {
      const sealed = decodeSealed(bytes)
      const { header, seal } = sealed
      if (blockId(sealed) !== id) return 'has another header'
      if (header.parent !== parent || seal.miner !== miner) return 'names another parent or miner than its header'
      if (header.chain !== this.#rules.chain || header.bridge !== this.#rules.bridge) return 'is of another bridge'
      const parts = splitSteps(steps)
      if (header.stepCount !== parts.length || states.length !== 32 * parts.length) return 'has another number of steps'
      const stateAt = (i: number) => toHash(states.subarray(32 * i, 32 * (i + 1)))
      if (traceRoot(parts.map((step, i) => traceLeaf(step, stateAt(i)))) !== header.traceRoot) return 'has other steps'
      const before = blockOf(view, parent).sealed.header
      let { queueCount, queueHash } = before
      for (const part of parts) {
        const step = decodeStep(part)
        const entry = step && stepEntryHash(step)
        if (entry === undefined) break
        queueHash = nextQueueHash(queueHash, entry)
        queueCount += 1n
      }
      if (header.queueCount !== queueCount || header.queueHash !== queueHash) return 'has other queue entries'
      if (queueHashAt(view.queue, queueCount) !== queueHash) return 'consumes queue entries that were not reported'
      return undefined
    } catch (error) {
      if (error instanceof RuleError) return `is malformed: ${error.message}`
      throw error
    }
  }
}

function stateUnknown(id: Hash): OperationError {
  return new OperationError(
    'state-unknown',
    `expected to know the state after block ${id}, but it is invalid, or too old for this node; ask for a newer block`,
    { facts: { block: id } },
  )
}
