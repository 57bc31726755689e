// Blocks that were mined but are not on Ethereum (yet): replayed, and kept for a while so that their torrents come first.

import { OperationError } from './errors.ts'
import {
  deriveHeader,
  type ParentBlock,
  type PublishedBlock,
  type QueueReader,
  replayBlock,
  requestsOf,
} from './protocol/block.ts'
import { type BlockFile, blockTorrent } from './protocol/block-torrent.ts'
import { blockId, challengeOf, decodeSealed, encodeSealed, type SealedHeader } from './protocol/header.ts'
import { type Hash, type Infohash, toHash } from './protocol/ids.ts'
import { RuleError } from './protocol/rule-error.ts'
import type { Rules } from './protocol/rules.ts'
import { splitSteps } from './protocol/step.ts'
import { targetCeiling, targetFloor } from './protocol/target.ts'

export type PooledBlock = {
  readonly id: Hash
  readonly sealed: Uint8Array
  readonly torrent: Infohash
  readonly files: readonly BlockFile[]
}

/** What the pool must know of the bridge. */
export type PoolView = {
  readonly rules: Rules
  readonly easiestTarget: bigint
  /** A published block that is valid and not refuted, with its state; `publishedAt` in unix seconds. */
  readonly parent: (id: Hash) => (ParentBlock & { readonly publishedAt: bigint }) | undefined
  readonly isPublished: (id: Hash) => boolean
  readonly queue: QueueReader
  /** Unix seconds on Ethereum's clock. */
  readonly now: () => bigint
}

// Each costs its sender the work of a real block, so few can come; each may hold a large snapshot.
const MAX_BLOCKS = 16

export class BlockPool {
  readonly #view: PoolView
  readonly #blocks = new Map<Hash, PooledBlock>()

  constructor(view: PoolView) {
    this.#view = view
  }

  get(id: Hash): PooledBlock | undefined {
    return this.#blocks.get(id)
  }

  byTorrent(torrent: Infohash): PooledBlock | undefined {
    return [...this.#blocks.values()].find((block) => block.torrent === torrent)
  }

  /** Oldest first. */
  get blocks(): readonly PooledBlock[] {
    return [...this.#blocks.values()]
  }

  /** Forgets blocks that are on Ethereum now. */
  prune(): void {
    for (const id of this.#blocks.keys()) if (this.#view.isPublished(id)) this.#blocks.delete(id)
  }

  /**
   * Whether a header is worth fetching its block: it belongs to this bridge, its parent is known, and the work was done.
   * Throws `RuleError('bad-header' | 'bad-work')`.
   */
  isWanted(sealed: Uint8Array): boolean {
    const decoded = decodeSealed(sealed)
    const id = blockId(decoded)
    if (this.#blocks.has(id) || this.#view.isPublished(id)) return false
    return this.#checkWork(decoded, id) !== undefined
  }

  /**
   * Replays a block and keeps it. Throws `RuleError` (`bad-header`, `bad-work`, `bad-steps`, `invalid-block`, `wrong-torrent`), or
   * `OperationError('unknown-parent' | 'block-not-judged')` where this node's own view does not suffice.
   */
  add(sealed: Uint8Array, steps: Uint8Array, states: Uint8Array): PooledBlock {
    const decoded = decodeSealed(sealed)
    const id = blockId(decoded)
    const known = this.#blocks.get(id)
    if (known !== undefined) return known
    const parent = this.#checkWork(decoded, id)
    if (parent === undefined) {
      throw new OperationError(
        'unknown-parent',
        `block ${decoded.header.parent}, on which ${id} stands, is not known or not live`,
        {
          facts: { block: id, parent: decoded.header.parent },
          retry: true,
        },
      )
    }
    const files = this.#replay(parent, { sealed: decoded, steps, states }, id)
    const block = { id, sealed: encodeSealed(decoded), torrent: decoded.header.torrent, files }
    this.#blocks.set(id, block)
    for (const [oldest] of this.#blocks) if (this.#blocks.size > MAX_BLOCKS) this.#blocks.delete(oldest)
    return block
  }

  #checkWork({ header }: SealedHeader, id: Hash) {
    const { rules, easiestTarget, now } = this.#view
    if (header.chain !== rules.chain || header.bridge !== rules.bridge) {
      throw new RuleError('bad-header', `block ${id} belongs to another bridge`, { block: id })
    }
    if (BigInt(id) > header.target || header.target > easiestTarget) {
      throw new RuleError('bad-work', `block ${id} does not have the work that its target asks for`, { block: id })
    }
    const parent = this.#view.parent(header.parent)
    if (parent === undefined) return undefined
    const ceiling = targetCeiling(parent.header.target, now() - parent.publishedAt, easiestTarget)
    if (header.target >= targetFloor(parent.header.target) && header.target <= ceiling) return parent
    throw new RuleError('bad-work', `block ${id} states a target that is not allowed now`, { block: id })
  }

  #replay(parent: ParentBlock, block: PublishedBlock, id: Hash): readonly BlockFile[] {
    const { rules, queue } = this.#view
    const verdict = replayBlock(rules, parent, block, queue)
    if (verdict.verdict === 'unknown') {
      throw new OperationError('block-not-judged', `block ${id} cannot be judged yet: ${verdict.why}`, { retry: true })
    }
    if (verdict.verdict === 'invalid') {
      const { step, problem } = verdict
      throw new RuleError('invalid-block', `block ${id} is invalid at step ${step}: ${problem}`, {
        block: id,
        step,
        problem,
      })
    }
    const { sealed, steps, states } = block
    const stated = splitSteps(steps).map((_, i) => toHash(states.subarray(32 * i, 32 * (i + 1))))
    const derived = deriveHeader(rules, parent, sealed.header.target, splitSteps(steps), stated)
    if (challengeOf({ ...derived, torrent: sealed.header.torrent }) !== challengeOf(sealed.header)) {
      throw new RuleError('bad-header', `the header of block ${id} is not what its content makes`, { block: id })
    }
    const requests = requestsOf(rules, steps)
    const torrent = blockTorrent({ header: sealed.header, steps, states, requests, state: verdict.state })
    if (torrent.infohash === sealed.header.torrent) return torrent.files
    const facts = { block: id, expected: torrent.infohash, stated: sealed.header.torrent }
    throw new RuleError('wrong-torrent', `block ${id} names a torrent that is not that of its content`, facts)
  }
}
