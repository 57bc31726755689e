// Blocks as nodes that retrace the past ask for them: in parts, so that the last few are kept.

import { keccak } from '../../protocol/hash.ts'
import { encodeSealed } from '../../protocol/header.ts'
import { type Hash, toHash } from '../../protocol/ids.ts'
import { ofLanes, type QueuePlace } from '../../protocol/queue.ts'
import { isWhole, type PostedBody, type WholeBody } from '../../protocol/replay.ts'
import { decodeStep, laneOfStep } from '../../protocol/step.ts'
import { inTurns } from '../../turns.ts'
import type { QueuedEntry } from '../queue-view.ts'
import type { BridgeBlock } from '../view.ts'
import { eachStepOfPast, encodePastBlock, type PastRows } from './past-block.ts'

export type PastShelfDeps = {
  readonly blockOf: (id: Hash) => BridgeBlock | undefined
  readonly posted: (id: Hash) => Promise<PostedBody | WholeBody | undefined>
  readonly queued: (place: QueuePlace) => Pick<QueuedEntry, 'entry'> | undefined
}

/** Mostly below 1 MB each, at most 5. */
const KEPT = 8

export class PastShelf {
  readonly #deps: PastShelfDeps
  /** The last one is the newest. */
  readonly #made = new Map<Hash, Promise<Uint8Array | undefined>>()

  constructor(deps: PastShelfDeps) {
    this.#deps = deps
  }

  /** Sealed headers (417 bytes each) of a block and of those that it builds on, downwards, genesis included; none of an unknown block. */
  headers(id: Hash, most: number): Uint8Array[] {
    const headers: Uint8Array[] = []
    for (let next = this.#deps.blockOf(id); next !== undefined && headers.length < most; ) {
      const { header } = next.sealed
      headers.push(encodeSealed(next.sealed))
      next = header.height === 0n ? undefined : this.#deps.blockOf(header.parent)
    }
    return headers
  }

  /** Whether `block` has nothing more to do for this one. */
  isAtHand(id: Hash): boolean {
    return this.#made.has(id)
  }

  /** A block with its rows, as `encodePastBlock` makes it; `undefined` where it or its blobs are not here. */
  block(id: Hash): Promise<Uint8Array | undefined> {
    const known = this.#made.get(id)
    const made = known ?? this.#make(id)
    this.#made.delete(id)
    this.#made.set(id, made)
    const forget = () => this.#made.delete(id)
    // What is not here may come, and strangers may ask for what never was.
    made.then((bytes) => bytes ?? forget(), forget)
    const [oldest] = this.#made.keys()
    if (this.#made.size > KEPT && oldest !== undefined) this.#made.delete(oldest)
    return made
  }

  async #make(id: Hash): Promise<Uint8Array | undefined> {
    const block = this.#deps.blockOf(id)
    const posted = block && (await this.#deps.posted(id))
    if (block === undefined || posted === undefined || !isWhole(posted)) return undefined
    const rows = 'blobs' in posted ? { blobs: posted.blobs } : posted
    const voids = await inTurns(this.#voidsOf(block, rows))
    return voids && encodePastBlock({ sealed: block.sealed, rows, voids })
  }

  /**
   * `undefined` where this node lacks one, as it may of the block with which it began: nobody could replay that, and would blame this node. What
   * never was in the queue is left out: a replay finds such a row before it asks for it.
   */
  *#voidsOf({ sealed }: BridgeBlock, rows: PastRows): Generator<undefined, Uint8Array[] | undefined> {
    const parent = this.#deps.blockOf(sealed.header.parent)
    const next = ofLanes((lane) => parent?.sealed.header.lanes[lane].count ?? 0n)
    const voids: Uint8Array[] = []
    for (const bytes of eachStepOfPast({ sealed, rows })) {
      yield
      const step = decodeStep(bytes)
      const lane = step && laneOfStep(step)
      if (step === undefined || lane === undefined) break
      const index = next[lane]++
      if (step.kind !== 'void') continue
      if (parent === undefined) return undefined
      if (index >= sealed.header.lanes[lane].count) break
      const entry = this.#deps.queued({ lane, index })?.entry
      if (entry === undefined) return undefined
      if (entry.kind === 'forced' && toHash(keccak(entry.packed)) === step.packedHash) voids.push(entry.packed)
    }
    return voids
  }
}
