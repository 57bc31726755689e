// Judges blocks by a replay of our own, on states of our own, and proves wrong ones wrong.

import { isOperationError, OperationError } from '../../node/errors.ts'
import type { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import type { Refutation } from '../../node/ethereum/refute-call.ts'
import type { Logger } from '../../node/log.ts'
import type { Verdict } from '../../node/protocol/block.ts'
import { type Hash, type KeptId, keptIdOf, keptIdsOf } from '../../node/protocol/ids.ts'
import { isInBlobs, type WholeBlock } from '../../node/protocol/replay.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import type { State } from '../../node/protocol/state.ts'
import type { Result } from '../../node/rpc/api.ts'
import type { Evidence } from './evidence/evidence.ts'
import type { PostedBlock } from './evidence/source.ts'
import { once } from './once.ts'
import { type Opener, refuteStep } from './refutation.ts'
import { replay, sceneOf } from './replay.ts'
import { States, type StatesOptions } from './states.ts'

export type Settled =
  | { readonly verdict: 'valid' }
  | Extract<Verdict, { verdict: 'invalid' }>
  /** It builds on a wrong block, and dies with it. */
  | { readonly verdict: 'doomed'; readonly by: Hash }

/** `unknown`: something is missing. Never a reason to act. */
export type Judgement = Settled | { readonly verdict: 'unknown'; readonly why: string }

export type JudgeDeps = {
  readonly evidence: Evidence
  readonly rules: Rules
  readonly log: Logger
  /** Opens elements of blobs, for proofs. */
  readonly kzg: Pick<KzgPool, 'openings'>
}

/** As many as are tried at a time, and again. One is some kilobytes. */
const KEPT_PROOFS = 32

const NOTHING: ReadonlySet<KeptId> = new Set()

/**
 * Takes nobody's word for a verdict: the bytes of blocks are bound by their ids, and states are its own, down to a final block. Only which
 * blocks are final is for others to say; a source that says it of a wrong one is found out with the verdict on that block.
 */
export class Judge {
  readonly #deps: JudgeDeps
  readonly #states: States
  /** Nothing changes a verdict, since all that it follows from is in the block's id. */
  readonly #settled = new Map<Hash, Settled>()
  readonly #judging = new Map<Hash, Promise<Settled>>()
  /** The last ones that were asked for: one of a block in blobs takes up to 24 openings, which are seconds, and is tried many times. */
  readonly #proofs = new Map<Hash, Promise<Refutation>>()
  /** Blocks that something was built on without a verdict, as they were said to be final. */
  readonly #grounds = new Set<Hash>()
  /** By what the contract keeps of ids: who sees a block may know no more of its name, and others name its parent whole. */
  #living: ReadonlySet<KeptId> = NOTHING
  #finals: ReadonlySet<KeptId> = NOTHING
  #finalIds: ReadonlySet<Hash> = new Set()

  constructor(deps: JudgeDeps, options: StatesOptions = {}) {
    this.#deps = deps
    this.#states = new States(deps, options)
  }

  /** The verdict, where there is one already. */
  verdictOn(id: Hash): Settled | undefined {
    return this.#settled.get(id)
  }

  /**
   * Judges the block, whether it is final or not, and first what it builds on, down to a final block. Throws the signal's reason, and
   * `OperationError('unknown-block')` where every source says that there is no such block.
   */
  async judge(id: Hash, signal: AbortSignal): Promise<Judgement> {
    try {
      return this.#settled.get(id) ?? (await this.#judgeDown(id, signal))
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof OperationError)) throw error
      if (isOperationError(error, 'unknown-block') && error.facts.block === id) throw error
      return { verdict: 'unknown', why: error.message }
    }
  }

  /** The block as it was posted. Throws what `Evidence` throws. */
  posted(id: Hash, signal: AbortSignal): Promise<PostedBlock> {
    return this.#deps.evidence.block(id, signal)
  }

  /** The same with the blobs, if its rows are there. Throws what `Evidence` throws. */
  async whole(id: Hash, signal: AbortSignal): Promise<WholeBlock> {
    const { evidence } = this.#deps
    const block = await evidence.block(id, signal)
    if (!isInBlobs(block)) return block
    const { sealed: parent } = await evidence.block(block.sealed.header.parent, signal)
    return await evidence.whole(id, parent.header, signal)
  }

  /**
   * The proof against a block that was found wrong; that of a block does not change, so the last few are kept. Throws what `Evidence` and the
   * KZG pool throw.
   */
  async prove(id: Hash, signal: AbortSignal): Promise<Refutation> {
    const verdict = this.#settled.get(id)
    if (verdict?.verdict !== 'invalid') throw new RangeError(`block ${id} was not found wrong`)
    const proof = this.#proofs.get(id) ?? this.#proveAnew(id, verdict, signal)
    this.#proofs.delete(id)
    this.#proofs.set(id, proof)
    const [oldest] = this.#proofs.keys()
    if (this.#proofs.size > KEPT_PROOFS && oldest !== undefined) this.#proofs.delete(oldest)
    proof.catch(() => {
      if (this.#proofs.get(id) === proof) this.#proofs.delete(id)
    })
    return await proof
  }

  /** What lives and what is final, by whichever endpoint or node: verdicts on all else are forgotten. */
  keep(living: ReadonlySet<Hash>, finals: ReadonlySet<Hash>): void {
    this.#living = keptIdsOf(living)
    this.#finals = keptIdsOf(finals)
    this.#finalIds = finals
    for (const known of [this.#settled, this.#grounds, this.#proofs]) {
      for (const id of known.keys()) if (!this.#isLiving(id) && !this.#isGround(id)) known.delete(id)
    }
  }

  /** Sees to it that the state after a final block is at hand, and stays there. Throws what `Evidence` throws. */
  async hold(final: Hash, signal: AbortSignal): Promise<void> {
    await this.#stateAfter(final, signal)
    this.#states.pin(this.#finalIds)
  }

  async #proveAnew(
    id: Hash,
    verdict: Extract<Settled, { verdict: 'invalid' }>,
    signal: AbortSignal,
  ): Promise<Refutation> {
    const { rules, kzg, evidence } = this.#deps
    const { block, parent, queue } = await sceneOf(evidence, id, signal)
    const state = await this.#stateAfter(block.sealed.header.parent, signal)
    // Without a signal: to give an opening up would end the thread of all others.
    const open: Opener = (blobs, elements) => kzg.openings(blobs, elements)
    return await refuteStep(rules, { sealed: parent, state }, block, queue, verdict, open, signal)
  }

  async #judgeDown(id: Hash, signal: AbortSignal): Promise<Settled> {
    const way: Hash[] = [id]
    for (let lowest = id; ; ) {
      const { header } = (await this.#deps.evidence.block(lowest, signal)).sealed
      if (header.height === 0n || this.#settled.has(header.parent)) break
      if (await this.#isFinal(header.parent, signal)) break
      lowest = header.parent
      way.push(lowest)
    }
    let last: Settled = { verdict: 'valid' }
    for (const each of way.toReversed()) {
      last = this.#settled.get(each) ?? (await once(this.#judging, each, () => this.#judgeOn(each, signal)))
    }
    return last
  }

  /** Judges a block on one that has a verdict, or is final. */
  async #judgeOn(id: Hash, signal: AbortSignal): Promise<Settled> {
    const { header } = (await this.#deps.evidence.block(id, signal)).sealed
    if (header.height === 0n) return this.#settle(id, { verdict: 'valid' }) // genesis is right by definition
    const below = this.#settled.get(header.parent)
    if (below?.verdict === 'doomed') return this.#settle(id, below)
    if (below?.verdict === 'invalid') return this.#settle(id, { verdict: 'doomed', by: header.parent })
    const scene = await sceneOf(this.#deps.evidence, id, signal)
    const state = await this.#stateAfter(header.parent, signal)
    const verdict = await replay(this.#deps.rules, scene, state, signal)
    if (verdict.verdict === 'invalid') return this.#settle(id, verdict)
    this.#states.put(id, verdict.state, header.stepCount)
    if (below === undefined) this.#grounds.add(header.parent)
    return this.#settle(id, { verdict: 'valid' })
  }

  #settle(id: Hash, verdict: Settled): Settled {
    if (verdict.verdict !== 'valid' && this.#grounds.has(id)) this.#startAnew(id)
    this.#settled.set(id, verdict)
    return verdict
  }

  /** What builds on a block that was said to be final and is wrong was judged on a lie. */
  #startAnew(block: Hash): void {
    this.#deps.log.error(
      { block },
      'a WRONG block was said to be final: the bridge is dead, or an endpoint or the node lies',
    )
    for (const [id, { verdict }] of this.#settled) if (verdict !== 'invalid') this.#settled.delete(id)
    this.#grounds.clear()
    this.#states.clear()
  }

  /** Any source that says it is believed at first: else one endpoint with an old final block would have us replay all of the past. */
  async #isFinal(id: Hash, signal: AbortSignal): Promise<boolean> {
    return this.#isGround(id) || (!this.#isLiving(id) && (await this.#deps.evidence.isFinal(id, signal)))
  }

  #isLiving(id: Hash): boolean {
    return this.#living.has(keptIdOf(id))
  }

  #isGround(id: Hash): boolean {
    return this.#finals.has(keptIdOf(id))
  }

  /** No source is believed about the state after a block that has to be replayed. */
  #stateAfter(id: Hash, signal: AbortSignal): Promise<State> {
    return this.#states.after(id, (each) => this.#isGround(each) || !this.#isLiving(each), signal)
  }
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
