// Gets the blobs of blocks that are still to be judged, one search beside another, apart from the reading of Ethereum: nobody who keeps blobs back keeps this node from anything else.

import { OperationError } from '../errors.ts'
import type { BlobSource } from '../ethereum/blobs/blob-source.ts'
import type { Logger } from '../log.ts'
import type { Hash } from '../protocol/ids.ts'
import { weightsAbove } from './records/judging/unjudged.ts'
import type { BridgeBlock, BridgeView } from './view.ts'

/** Where blobs come from: those of the hashes, and no others. */
export type BlobFinder = Pick<BlobSource, 'find'>

export type CollectorDeps = {
  readonly finder: BlobFinder
  readonly log: Logger
  /** Milliseconds of any clock. */
  readonly now: () => number
  readonly lacksBlobs: (id: Hash) => Promise<boolean>
  /** Keeps them. */
  readonly keep: (id: Hash, blobs: readonly Uint8Array[]) => Promise<void>
  /** They have not come for a minute. */
  readonly onMissing: (id: Hash, why: string) => void
}

/** Searches at a time: each may hold six blobs from each of those who are asked. */
const AT_ONCE = 2
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 300_000
/** After this long without them somebody should see to the endpoints. */
const PATIENCE_MS = 60_000

type Search = { readonly sinceMs: number; failures: number; nextMs: number; isReported: boolean }

export class BlobCollector implements AsyncDisposable {
  readonly #deps: CollectorDeps
  readonly #stopping = new AbortController()
  readonly #searches = new Map<Hash, Search>()
  readonly #running = new Map<Hash, Promise<void>>()
  /** Whose blobs are on disk: they may wait for those below them, and to look there means to read all of them. */
  readonly #complete = new Set<Hash>()

  constructor(deps: CollectorDeps) {
    this.#deps = deps
  }

  /** Begins what is to be searched at or above block `ground`, what could win first, and forgets what is not needed any more. */
  async look(view: BridgeView, ground: Hash): Promise<void> {
    const weights = weightsAbove(view, ground)
    const wanted = [...weights.keys()].flatMap((id) => view.blocks.get(id) ?? []).filter(isWanted)
    const ids = new Set(wanted.map(({ id }) => id))
    for (const known of [this.#searches, this.#complete]) {
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
    }
    const weightOf = ({ id }: BridgeBlock) => weights.get(id) ?? 0n
    wanted.sort((a, b) => compare(weightOf(b), weightOf(a)) || compare(a.sealed.header.height, b.sealed.header.height))
    for (const block of wanted) {
      if (this.#running.size >= AT_ONCE || this.#stopping.signal.aborted) return
      const search = this.#searches.get(block.id)
      if (this.#complete.has(block.id) || this.#running.has(block.id)) continue
      if (search !== undefined && search.nextMs > this.#deps.now()) continue
      if (await this.#deps.lacksBlobs(block.id)) this.#begin(block)
      else this.#complete.add(block.id)
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running.values())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #begin(block: BridgeBlock): void {
    const now = this.#deps.now()
    const search = this.#searches.get(block.id) ?? { sinceMs: now, failures: 0, nextMs: now, isReported: false }
    this.#searches.set(block.id, search)
    const done = this.#search(block, search).finally(() => this.#running.delete(block.id))
    this.#running.set(block.id, done)
  }

  /** Never rejects. */
  async #search({ id, blobs: hashes = [], place, torrent }: BridgeBlock, search: Search): Promise<void> {
    const { signal } = this.#stopping
    try {
      if (place === undefined) throw new RangeError(`block ${id} was published nowhere`)
      const block = { number: place.number, time: place.time }
      const found = await this.#deps.finder.find({ hashes, block, ...(torrent ? { torrent } : {}) }, signal)
      await this.#deps.keep(id, found)
      this.#complete.add(id)
      this.#searches.delete(id)
    } catch (error) {
      if (signal.aborted) return
      search.failures += 1
      const isHopeless = error instanceof OperationError && error.retry !== true
      const pauseMs = FIRST_PAUSE_MS * 2 ** Math.min(search.failures, 20)
      search.nextMs = this.#deps.now() + (isHopeless ? LONGEST_PAUSE_MS : Math.min(pauseMs, LONGEST_PAUSE_MS))
      const why = error instanceof Error ? error.message : String(error)
      this.#deps.log.info({ block: id, problem: why }, 'the blobs of a block are not here yet')
      if (search.isReported || (!isHopeless && this.#deps.now() - search.sinceMs < PATIENCE_MS)) return
      search.isReported = true
      this.#deps.onMissing(id, why)
    }
  }
}

/** Of what is dead it is good to know that it died rightly. */
function isWanted({ blobs, verdict }: BridgeBlock): boolean {
  return blobs !== undefined && verdict.verdict === 'unknown'
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
