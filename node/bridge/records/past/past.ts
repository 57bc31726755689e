// States after blocks however old, made again from what is on disk: replayed from the nearest state that was kept, or from genesis.

import { setImmediate } from 'node:timers/promises'
import { OperationError } from '../../../errors.ts'
import { applyStep } from '../../../protocol/apply.ts'
import { blockId, type Header, type SealedHeader } from '../../../protocol/header.ts'
import type { Hash } from '../../../protocol/ids.ts'
import type { Rules } from '../../../protocol/rules.ts'
import { rootOfState, type State } from '../../../protocol/state.ts'
import { readLanes, splitSteps } from '../../../protocol/step.ts'
import { inTurns } from '../../../turns.ts'
import { pause } from '../../pause.ts'
import { stateOfSnapshot } from '../../snapshot.ts'
import type { BridgeBlock } from '../../view.ts'
import type { Journal } from '../disk/journal.ts'
import type { States } from '../judging/states.ts'

export type PastDeps = {
  readonly rules: Rules
  readonly journal: Journal
  readonly blockOf: (id: Hash) => BridgeBlock | undefined
  /** What is in memory: of the newest blocks, and always of genesis. */
  readonly states: States
}

/** `stranger`: whoever asks may be anybody, so that it gets no more than a quarter of the time. */
export type Asker = 'own' | 'stranger'

// Between two looks at whether anything else wants its turn.
const WALK = 100
/** States that were made last, since who asks for one old block asks for the next. They share most of what they hold. */
const MOST_MADE = 4
const REST = 3
const LONGEST_REST_MS = 1_000

export class Past {
  readonly #deps: PastDeps
  /** The last one is the newest. */
  readonly #made = new Map<Hash, State>()
  /** One replay at a time for each kind of asker. */
  readonly #turns: { [Each in Asker]: Promise<unknown> } = { own: Promise.resolve(), stranger: Promise.resolve() }

  constructor(deps: PastDeps) {
    this.#deps = deps
  }

  /** Throws `OperationError('state-unknown')` for a block that is not valid or lies below all that is here, and the signal's reason. */
  stateAfter(block: BridgeBlock, asker: Asker, signal: AbortSignal): Promise<State> {
    const { states } = this.#deps
    if (states.has(block.id)) return Promise.resolve(states.get(block.id))
    const state = this.#turns[asker].then(() => this.#make(block, asker, signal))
    this.#turns[asker] = state.catch(() => undefined)
    return state
  }

  async #make(block: BridgeBlock, asker: Asker, signal: AbortSignal): Promise<State> {
    signal.throwIfAborted()
    const missing: BridgeBlock[] = []
    let state: State | undefined
    let isFound = false
    for (let next: BridgeBlock | undefined = block; next !== undefined; ) {
      const known = await this.#known(next, signal)
      if (known !== undefined) {
        state = known.state
        isFound = true
        break
      }
      if (next.verdict.verdict !== 'valid') break
      missing.push(next)
      if (missing.length % WALK === 0) await setImmediate()
      signal.throwIfAborted()
      next = this.#deps.blockOf(next.sealed.header.parent)
    }
    if (!isFound) throw stateUnknown(block.id)
    for (const each of missing.reverse()) {
      const began = performance.now()
      state = await this.#replay(each, state, signal)
      if (asker === 'stranger') await pause(Math.min(REST * (performance.now() - began), LONGEST_REST_MS), signal)
    }
    this.#remember(block.id, state)
    return state
  }

  async #known({ id, sealed }: BridgeBlock, signal: AbortSignal): Promise<{ readonly state: State } | undefined> {
    const { states, journal } = this.#deps
    if (states.has(id)) return { state: states.get(id) }
    if (this.#made.has(id)) return { state: this.#made.get(id) }
    if (!journal.keptStates.has(sealed.header.height)) return undefined
    const outputs = await journal.stateOutputs(sealed.header.height, id)
    return outputs && { state: await inTurns(stateOfSnapshot(sealed.header, outputs), signal) }
  }

  async #replay({ id, sealed }: BridgeBlock, before: State, signal: AbortSignal): Promise<State> {
    const { journal, rules, blockOf } = this.#deps
    const body = await journal.body(id)
    const parent = blockOf(sealed.header.parent)
    if (body === undefined || parent === undefined) throw stateUnknown(id)
    return await inTurns(redo(rules, parent.sealed.header, sealed, body.steps, before), signal)
  }

  #remember(id: Hash, state: State): void {
    this.#made.delete(id)
    this.#made.set(id, state)
    const [oldest] = this.#made.keys()
    if (this.#made.size > MOST_MADE && oldest !== undefined) this.#made.delete(oldest)
  }
}

/** The state after a block that was found right once: so its steps are applied, and what they come to is compared at the end. */
function* redo(
  rules: Rules,
  parent: Pick<Header, 'lanes'>,
  sealed: SealedHeader,
  packed: Uint8Array,
  before: State,
): Generator<undefined, State> {
  const steps = splitSteps(packed)
  const { places } = readLanes(parent.lanes, steps)
  let state = before
  for (const [i, step] of steps.entries()) {
    state = applyStep(rules, state, places[i]?.index ?? 0n, step).state
    yield
  }
  const root = yield* rootOfState(state)
  if (root === sealed.header.state) return state
  const id = blockId(sealed)
  throw new OperationError(
    'database-damaged',
    `expected the steps of block ${id} on disk to lead to its state, got another one; delete the folder "bridge" of the node's data and start again: the bridge is followed again from Ethereum`,
    { facts: { block: id } },
  )
}

function stateUnknown(id: Hash): OperationError {
  return new OperationError(
    'state-unknown',
    `expected to know the state after block ${id}, but it is invalid, or older than what this node began with; ask another node`,
    { facts: { block: id } },
  )
}
