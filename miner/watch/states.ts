// States after blocks: in memory as far as a bound allows, since anyone who publishes blocks could fill it; else rebuilt by replay.

import { OperationError } from '../../node/errors.ts'
import type { Logger } from '../../node/log.ts'
import type { Header } from '../../node/protocol/header.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import type { State } from '../../node/protocol/state.ts'
import type { Evidence } from './evidence/evidence.ts'
import { once } from './once.ts'
import { replay, sceneOf } from './replay.ts'

export type StatesDeps = { readonly evidence: Evidence; readonly rules: Rules; readonly log: Logger }

export type StatesOptions = {
  /** How much is kept, in steps that led from one state to the next. Default 50,000. */
  readonly keptSteps?: number
  /** Milliseconds of a clock that never goes back. Default: that of this process. */
  readonly now?: () => number
}

// A step leaves some 8 kB of its own in a large state, so this is half a gigabyte at worst; an honest day has 13,500 steps at most.
const KEPT_STEPS = 50_000
/** For this long in all, every source that could have a state is asked for it, before all is replayed. */
const MOST_ASKING_MS = 10_000
/** Blocks that are replayed between two lines of the log. */
const PROGRESS = 500

/** They share most of their nodes. What was used longest ago is dropped first. */
export class States {
  readonly #deps: StatesDeps
  readonly #most: number
  readonly #now: () => number
  readonly #kept = new Map<Hash, { readonly state: State; readonly weight: number }>()
  readonly #rebuilding = new Map<Hash, Promise<State>>()
  #pinned: ReadonlySet<Hash> = new Set()
  #weight = 0

  constructor(deps: StatesDeps, { keptSteps = KEPT_STEPS, now = () => performance.now() }: StatesOptions = {}) {
    this.#deps = deps
    this.#most = keptSteps
    this.#now = now
  }

  /** `steps`: how many led from the block below to this state. */
  put(id: Hash, state: State, steps: number): void {
    this.#drop(id)
    this.#kept.set(id, { state, weight: steps + 1 })
    this.#weight += steps + 1
    for (const each of this.#kept.keys()) {
      if (this.#weight <= this.#most) return
      if (each !== id && !this.#pinned.has(each)) this.#drop(each)
    }
  }

  /** These are not dropped, whatever comes. */
  pin(ids: ReadonlySet<Hash>): void {
    this.#pinned = ids
  }

  clear(): void {
    this.#kept.clear()
    this.#weight = 0
  }

  /**
   * The state after a block that is right, or final. It is rebuilt from the nearest one that can be had: one that is kept, that of a block
   * for which `mayBeServed` holds from a source that has all of it, or that of genesis. Throws what `Evidence` throws, and
   * `OperationError('wrong-ground')` where a block on the way is wrong.
   */
  async after(id: Hash, mayBeServed: (id: Hash) => boolean, signal: AbortSignal): Promise<State> {
    const known = this.#known(id)
    if (known !== undefined) return known.state
    return await once(this.#rebuilding, id, () => this.#rebuild(id, mayBeServed, signal))
  }

  async #rebuild(id: Hash, mayBeServed: (id: Hash) => boolean, signal: AbortSignal): Promise<State> {
    const { evidence, rules, log } = this.#deps
    // Ids only: the bodies of a long way would fill the memory.
    const way: Hash[] = []
    let ground: { readonly state: State } | undefined
    let isSilent = false
    let askedMs = 0
    for (let next = id; ground === undefined; ) {
      const { header } = (await evidence.block(next, signal)).sealed
      ground = this.#known(next)
      if (ground === undefined && header.height === 0n) ground = { state: await evidence.genesisState(header, signal) }
      if (ground === undefined && !isSilent && mayBeServed(next)) {
        const startedMs = this.#now()
        const served = await this.#served(next, header, signal)
        askedMs += this.#now() - startedMs
        isSilent = served === 'silence' || askedMs > MOST_ASKING_MS
        if (typeof served === 'object') {
          ground = served
          this.put(next, served.state, 0)
        }
      }
      if (ground !== undefined) break
      way.push(next)
      next = header.parent
      if (way.length % PROGRESS === 0)
        log.info({ block: id, height: `${header.height}` }, 'looking for a state to begin with')
    }
    let { state } = ground
    for (const [i, each] of way.toReversed().entries()) {
      const scene = await sceneOf(evidence, each, signal)
      const verdict = await replay(rules, scene, state, signal)
      if (verdict.verdict === 'invalid') throw wrongGround(each)
      state = verdict.state
      this.put(each, state, scene.block.sealed.header.stepCount)
      if (i % PROGRESS === PROGRESS - 1) log.info({ block: id, replayed: i + 1, of: way.length }, 'rebuilding a state')
    }
    return state
  }

  /** `silence`: the sources that could have it do not answer, and need not be asked again soon. */
  async #served(id: Hash, header: Header, signal: AbortSignal) {
    try {
      const state = await this.#deps.evidence.snapshot(id, header, signal)
      return state === undefined ? undefined : { state }
    } catch (error) {
      if (error instanceof OperationError && error.code === 'no-evidence') return 'silence'
      throw error
    }
  }

  #known(id: Hash): { readonly state: State } | undefined {
    const kept = this.#kept.get(id)
    if (kept === undefined) return undefined
    this.#kept.delete(id)
    this.#kept.set(id, kept)
    return kept
  }

  #drop(id: Hash): void {
    this.#weight -= this.#kept.get(id)?.weight ?? 0
    this.#kept.delete(id)
  }
}

function wrongGround(block: Hash): OperationError {
  return new OperationError(
    'wrong-ground',
    `expected block ${block} to be right, since what builds on it is to be judged, but it is wrong`,
    { facts: { block } },
  )
}
