// Our own verdict on published blocks, and the states after them.

import { OperationError } from '../../../errors.ts'
import type { QueueReader } from '../../../protocol/block.ts'
import type { Hash } from '../../../protocol/ids.ts'
import { isWhole, postedOf, replayInParts, type WholeBlock } from '../../../protocol/replay.ts'
import type { Rules } from '../../../protocol/rules.ts'
import type { State } from '../../../protocol/state.ts'
import type { Posted } from '../../../protocol/trace.ts'
import { inTurns } from '../../../turns.ts'
import { queuedEntryAt } from '../../queue-view.ts'
import { ancestry, type BridgeBlock, type BridgeView, blockOf, requestPlaces } from '../../view.ts'
import type { Contents } from '../contents.ts'
import type { Finding } from '../fold.ts'
import type { States } from './states.ts'

/** What a block does: steps and states, however they were posted on Ethereum. */
export type BlockBody = Posted

/** A block whose parent is in the view. */
export type JudgedBlock = WholeBlock & { readonly id: Hash }

export class Judge {
  readonly states: States
  readonly #rules: Rules
  readonly #contents: Contents

  constructor(rules: Rules, contents: Contents, states: States) {
    this.#rules = rules
    this.#contents = contents
    this.states = states
  }

  /**
   * One replay on the state after its parent, which `states` has, in turns with everything else: the view must stay as it is. What cannot be
   * judged is `unknown`: never a failure of anything else. Throws the signal's reason.
   */
  async replay(view: BridgeView, block: JudgedBlock, signal: AbortSignal): Promise<Finding> {
    const { finding } = await this.#replay(view, block, this.states.get(block.sealed.header.parent), signal)
    return finding
  }

  /** Whether the blobs of a block are still to come. */
  lacksBlobs(id: Hash): Promise<boolean> {
    return this.#contents.lacksBlobs(id)
  }

  /** The same for a block of the view whose content is on disk, after those below it whose states are gone. */
  async find(view: BridgeView, id: Hash, signal: AbortSignal): Promise<Finding> {
    const { sealed } = blockOf(view, id)
    const body = await this.#contents.posted(id)
    if (body === undefined) return { verdict: 'unknown', why: 'its steps are not on disk' }
    if (!isWhole(body)) return { verdict: 'unknown', why: 'its blobs are not here' }
    try {
      const state = await this.stateAfter(view, sealed.header.parent, { signal })
      const { finding } = await this.#replay(view, { id, sealed, ...body }, state, signal)
      return finding
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== 'state-unknown') throw error
      return { verdict: 'unknown', why: error.message }
    }
  }

  /**
   * The state after a valid block of the view. Throws `OperationError('state-unknown')` for any other one, and for one that is older than all that
   * is in memory; and the signal's reason.
   */
  async stateAfter(view: BridgeView, id: Hash, { signal }: { readonly signal?: AbortSignal } = {}): Promise<State> {
    const missing: BridgeBlock[] = []
    for (const block of ancestry(view, id)) {
      if (this.states.has(block.id)) break
      missing.push(block)
    }
    const ground = missing.at(-1)?.sealed.header.parent ?? id
    if (!this.states.has(ground)) throw stateUnknown(id)
    let state = this.states.get(ground)
    for (const { id: next, sealed, verdict } of missing.toReversed()) {
      const body = verdict.verdict === 'valid' ? await this.#contents.posted(next) : undefined
      if (body === undefined || !isWhole(body)) throw stateUnknown(id)
      const { finding, after } = await this.#replay(view, { id: next, sealed, ...body }, state, signal)
      if (finding.verdict !== 'valid') throw stateUnknown(id)
      state = after
    }
    return state
  }

  /** `after` is the state after a valid block, which `states` may have dropped again by the time that it is wanted. */
  async #replay(
    view: BridgeView,
    block: JudgedBlock,
    state: State,
    signal?: AbortSignal,
  ): Promise<{ readonly finding: Finding; readonly after?: State }> {
    const { parent, stepCount } = block.sealed.header
    const before = { id: parent, header: blockOf(view, parent).sealed.header, state }
    const queue: QueueReader = (place) => queuedEntryAt(view.queue, place)?.entry
    try {
      const verdict = await inTurns(replayInParts(this.#rules, before, block, queue), signal)
      if (verdict.verdict === 'invalid') return { finding: verdict }
      if (verdict.verdict === 'unknown') return { finding: { verdict: 'unknown', why: verdict.why } }
      this.states.put(block.id, verdict.state, stepCount)
      const requests = requestPlaces(this.#rules, postedOf(block).steps)
      return { finding: { verdict: 'valid', requests }, after: verdict.state }
    } catch (error) {
      signal?.throwIfAborted()
      // A bug of ours. It must not cost more than this block.
      return { finding: { verdict: 'unknown', why: `its replay here failed: ${error}` } }
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
