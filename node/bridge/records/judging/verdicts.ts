// What our own replay has found of blocks, and when it is asked: at once, or when there is time.

import type { Hash } from '../../../protocol/ids.ts'
import { type BridgeView, blockOf, descendsFrom, isWrong } from '../../view.ts'
import { applyFinding, type DraftView, type Finding } from '../fold.ts'
import type { Judge, JudgedBlock } from './judge.ts'
import { groundOf, unjudged } from './unjudged.ts'

// This many steps are judged at a time.
const STEPS_AT_A_TIME = 2_000

export class Verdicts {
  readonly #judge: Judge
  readonly #findings = new Map<Hash, Finding>()
  readonly #unjudgeable = new Map<Hash, string>()

  constructor(judge: Judge) {
    this.#judge = judge
  }

  get all(): ReadonlyMap<Hash, Finding> {
    return this.#findings
  }

  /** Blocks that this process cannot judge, and why. */
  get unjudgeable(): ReadonlyMap<Hash, string> {
    return this.#unjudgeable
  }

  learn(found: ReadonlyMap<Hash, Finding>): void {
    for (const [id, finding] of found) {
      this.#findings.set(id, finding)
      if (finding.verdict === 'unknown') this.#unjudgeable.set(id, finding.why)
    }
  }

  forget(ids: Iterable<Hash>): void {
    for (const id of ids) {
      this.#findings.delete(id)
      this.#unjudgeable.delete(id)
    }
  }

  /**
   * What a publication is, if that costs no more than its own replay: nothing that was published may make us replay more than it has paid for.
   * All else is left to `some`. `settled` was final for good when it came.
   */
  async ofArrived(
    view: BridgeView,
    block: JudgedBlock,
    settled: Hash,
    signal: AbortSignal,
  ): Promise<Finding | undefined> {
    const { parent } = block.sealed.header
    const finding = await this.ofUnseen(view, { id: block.id, parent }, settled)
    if (finding !== undefined) return finding
    const { verdict } = blockOf(view, parent)
    if (verdict.verdict !== 'valid' || !this.#judge.states.has(parent)) return undefined
    return await this.#judge.replay(view, block, signal)
  }

  /** The same as far as it takes no replay. */
  async ofUnseen(
    view: BridgeView,
    { id, parent }: { readonly id: Hash; readonly parent: Hash },
    settled: Hash,
  ): Promise<Finding | undefined> {
    const known = this.#findings.get(id)
    if (known !== undefined) return known
    const { verdict } = blockOf(view, parent)
    if (isWrong(verdict)) return undefined
    const isLost = verdict.verdict === 'displaced' || !descendsFrom(view, parent, settled)
    return isLost ? { verdict: 'displaced' } : undefined
  }

  /** Judges one block of the draft if it was not judged, whatever has to be replayed for it. */
  async ofOne(view: DraftView, id: Hash, signal: AbortSignal): Promise<ReadonlyMap<Hash, Finding>> {
    const found = new Map<Hash, Finding>()
    const block = view.blocks.get(id)
    if (block?.verdict.verdict !== 'unknown' || this.#findings.has(id)) return found
    // What waits for blobs, its own or those of what it stands on, is judged when they have come.
    const below = view.blocks.get(block.sealed.header.parent)
    if (below?.verdict.verdict !== 'valid' || (await this.#judge.lacksBlobs(id))) return found
    const finding = await this.#judge.find(view, id, signal)
    applyFinding(view, id, finding)
    return found.set(id, finding)
  }

  /** Judges a part of what is not judged yet at or above a block, in a draft. If it finds nothing, nothing is left. */
  async some(view: DraftView, above: Hash, signal: AbortSignal): Promise<ReadonlyMap<Hash, Finding>> {
    const found = new Map<Hash, Finding>()
    let steps = 0
    for (const id of unjudged(view, groundOf(view, above))) {
      if (this.#findings.has(id)) continue // it cannot be judged here
      signal.throwIfAborted()
      if (steps > STEPS_AT_A_TIME) break
      if (await this.#judge.lacksBlobs(id)) continue
      const finding = await this.#judge.find(view, id, signal)
      applyFinding(view, id, finding)
      found.set(id, finding)
      steps += 1 + blockOf(view, id).sealed.header.stepCount
    }
    return found
  }
}
