// Our own verdict on published blocks, and the states after them.

import { setImmediate } from 'node:timers/promises'
import { OperationError } from '../../../errors.ts'
import { requestsOf } from '../../../protocol/block.ts'
import type { Hash } from '../../../protocol/ids.ts'
import {
  isWhole,
  type PostedBody,
  postedOf,
  replay,
  type WholeBlock,
  type WholeBody,
} from '../../../protocol/replay.ts'
import type { Rules } from '../../../protocol/rules.ts'
import type { State } from '../../../protocol/state.ts'
import type { Posted } from '../../../protocol/trace.ts'
import { queuedEntryAt } from '../../queue-view.ts'
import { ancestry, type BridgeBlock, type BridgeView, blockOf } from '../../view.ts'
import type { Finding } from '../fold.ts'
import type { States } from './states.ts'

/** What a block does: steps and states, however they were posted on Ethereum. */
export type BlockBody = Posted

/** A block whose parent is in the view. */
export type JudgedBlock = WholeBlock & { readonly id: Hash }

/** The content of a block as far as it is here. */
export type BodyReader = (id: Hash) => Promise<PostedBody | WholeBody | undefined>

export class Judge {
  readonly states: States
  readonly #rules: Rules
  readonly #bodyOf: BodyReader

  constructor(rules: Rules, bodyOf: BodyReader, states: States) {
    this.#rules = rules
    this.#bodyOf = bodyOf
    this.states = states
  }

  /** One replay on the state after its parent, which `states` has. What cannot be judged is `unknown`: never a failure of anything else. */
  async replay(view: BridgeView, block: JudgedBlock): Promise<Finding> {
    return await this.#replay(view, block, this.states.get(block.sealed.header.parent))
  }

  /** Whether the blobs of a block are still to come. */
  async lacksBlobs(id: Hash): Promise<boolean> {
    const body = await this.#bodyOf(id)
    return body !== undefined && !isWhole(body)
  }

  /** The same for a block of the view whose content is on disk, after those below it whose states are gone. */
  async find(view: BridgeView, id: Hash): Promise<Finding> {
    const { sealed } = blockOf(view, id)
    const body = await this.#bodyOf(id)
    if (body === undefined) return { verdict: 'unknown', why: 'its steps are not on disk' }
    if (!isWhole(body)) return { verdict: 'unknown', why: 'its blobs are not here' }
    try {
      return await this.#replay(view, { id, sealed, ...body }, await this.stateAfter(view, sealed.header.parent))
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== 'state-unknown') throw error
      return { verdict: 'unknown', why: error.message }
    }
  }

  /**
   * The state after a valid block of the view. Throws `OperationError('state-unknown')` for any other one, for one that is older than all that
   * is kept, and where more than `most` blocks would have to be replayed.
   */
  async stateAfter(view: BridgeView, id: Hash, most = Number.POSITIVE_INFINITY): Promise<State> {
    const missing: BridgeBlock[] = []
    for (const block of ancestry(view, id)) {
      if (this.states.has(block.id)) break
      missing.push(block)
    }
    const ground = missing.at(-1)?.sealed.header.parent ?? id
    if (missing.length > most || !this.states.has(ground)) throw stateUnknown(id)
    let state = this.states.get(ground)
    for (const { id: next, sealed, verdict } of missing.toReversed()) {
      const body = verdict.verdict === 'valid' ? await this.#bodyOf(next) : undefined
      if (body === undefined || !isWhole(body)) throw stateUnknown(id)
      const { verdict: found } = await this.#replay(view, { id: next, sealed, ...body }, state)
      if (found !== 'valid') throw stateUnknown(id)
      state = this.states.get(next)
    }
    return state
  }

  async #replay(view: BridgeView, block: JudgedBlock, state: State): Promise<Finding> {
    const { parent, stepCount } = block.sealed.header
    const before = { id: parent, header: blockOf(view, parent).sealed.header, state }
    // A replay takes up to a second: let others have their turn.
    await setImmediate()
    try {
      const verdict = replay(this.#rules, before, block, (place) => queuedEntryAt(view.queue, place)?.entry)
      if (verdict.verdict === 'invalid') return verdict
      if (verdict.verdict === 'unknown') return { verdict: 'unknown', why: verdict.why }
      this.states.put(block.id, verdict.state, stepCount)
      return { verdict: 'valid', requests: requestsOf(this.#rules, postedOf(block).steps).map(({ step }) => step) }
    } catch (error) {
      // A bug of ours. It must not cost more than this block.
      return { verdict: 'unknown', why: `its replay here failed: ${error}` }
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
