// Where the watcher stands when it looks: its node and endpoints of its own, which all have to see the same blocks alive.

import { OperationError } from '../../node/errors.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import type { Result } from '../../node/rpc/api.ts'
import type { NodeClient } from '../../node/rpc/client.ts'
import { type Living, readLiving } from '../ethereum/living.ts'
import type { Ethereum, Head } from '../ethereum.ts'
import { describeDoubt } from './judge.ts'

export type LookoutDeps = {
  readonly node: NodeClient
  /** One for each endpoint. */
  readonly readers: readonly Ethereum[]
  /** Unix milliseconds. */
  readonly now: () => number
}

export type LookoutOptions = {
  /** So long node and endpoints may differ, as they do for a moment whenever Ethereum has a new block. Default 60,000. */
  readonly graceMs?: number
  /** An endpoint whose newest block is older is stuck. Default: not checked. */
  readonly maxAgeMs?: number
}

export type SeenBlock = Result<'bridge_blocks'>['blocks'][number]

/** `blurred`: node and endpoints are about to agree, or it is too early to say that they do not. */
export type Sight =
  | { readonly state: 'clear'; readonly blocks: readonly SeenBlock[]; readonly living: ReadonlySet<Hash> }
  | { readonly state: 'blurred' }
  | { readonly state: 'doubt'; readonly why: string }

type Own = { readonly at: bigint; readonly hashes: string; readonly living: Living }

export class Lookout {
  readonly #deps: LookoutDeps
  readonly #graceMs: number
  readonly #maxAgeMs: number
  /** Since when nothing was clear, unix milliseconds. */
  #blurredMs: number | undefined
  /** The newest block of Ethereum that the node has yet to take in, and since when. */
  #ahead: { readonly number: bigint; readonly sinceMs: number } | undefined
  #own: Own | undefined

  constructor(deps: LookoutDeps, { graceMs = 60_000, maxAgeMs = Number.POSITIVE_INFINITY }: LookoutOptions = {}) {
    this.#deps = deps
    this.#graceMs = graceMs
    this.#maxAgeMs = maxAgeMs
  }

  /** Throws what the node throws; whatever is amiss with Ethereum is a doubt. */
  async look(signal: AbortSignal): Promise<Sight> {
    const { status, blocks } = await this.#deps.node.call('bridge_blocks', {}, signal)
    if (status.state !== 'live') {
      const why = describeDoubt(status)
      return status.state === 'syncing' ? this.#blur(why) : { state: 'doubt', why }
    }
    const living = livingOf(blocks)
    const differs = await this.#compare(status.ethereumBlock, status.final?.id, living)
    if (differs !== undefined) return this.#blur(differs)
    this.#blurredMs = undefined
    return { state: 'clear', blocks, living }
  }

  /** What keeps node and endpoints from being of one mind. */
  async #compare(at: bigint | undefined, final: Hash | undefined, living: ReadonlySet<Hash>) {
    const { readers } = this.#deps
    if (readers.length === 0) return undefined
    if (at === undefined) return 'the node does not say which block of Ethereum it has'
    try {
      const heads = await Promise.all(readers.map((reader) => reader.head()))
      const late = this.#findLate(at, heads)
      if (late !== undefined) return late
      const own = await this.#readOwn(at, living)
      if (typeof own === 'string') return own
      if (own.final !== final) return `the node has ${final} as the final block, and the endpoints ${own.final}`
      return compareLiving(living, own.blocks)
    } catch (error) {
      if (error instanceof OperationError) return error.message
      throw error
    }
  }

  #findLate(at: bigint, heads: readonly Head[]): string | undefined {
    const { readers, now } = this.#deps
    for (const [i, { number, time }] of heads.entries()) {
      const name = readers[i]?.name
      const ageMs = now() - 1_000 * Number(time)
      if (ageMs > this.#maxAgeMs) {
        return `the newest block of ${name} is ${Math.round(ageMs / 1_000)} s old: the endpoint is stuck, or the clock of this machine is wrong`
      }
      if (number < at) return `${name} has block ${number} of Ethereum and the node block ${at}: the endpoint lags`
    }
    const newest = heads.toSorted((a, b) => (a.number > b.number ? -1 : 1))[0]?.number ?? 0n
    if (this.#ahead === undefined || at >= this.#ahead.number) {
      this.#ahead = newest > at ? { number: newest, sinceMs: now() } : undefined
    }
    if (this.#ahead === undefined || now() - this.#ahead.sinceMs < this.#graceMs) return undefined
    return `the node has block ${at} of Ethereum, and for some time there has been block ${this.#ahead.number}: the node lags`
  }

  /** What all endpoints say, as of the newest block that the node has. */
  async #readOwn(at: bigint, known: ReadonlySet<Hash>): Promise<Living | string> {
    const { readers } = this.#deps
    const hashes = await this.#hashesAt(at)
    if (typeof hashes !== 'object') return hashes
    const text = hashes.join()
    if (this.#own?.at === at && this.#own.hashes === text) return this.#own.living
    const asked = [...known, ...(this.#own === undefined ? [] : [this.#own.living.final])]
    const all = await Promise.all(readers.map((reader) => readLiving(reader, at, asked)))
    const [first, ...others] = all
    if (first === undefined) return 'there is no endpoint'
    for (const [i, other] of others.entries()) {
      const names = `${readers[0]?.name} and ${readers[i + 1]?.name}`
      if (other.final !== first.final) return `${names} disagree about the final block: one of them lies or lags`
      const differs = compareLiving(first.blocks, other.blocks)
      if (differs !== undefined) return `${names} disagree about which blocks live: one of them lies or lags`
    }
    const after = await this.#hashesAt(at)
    if (typeof after !== 'object' || after.join() !== text) return `block ${at} of Ethereum was reorganised just now`
    this.#own = { at, hashes: text, living: first }
    return first
  }

  async #hashesAt(at: bigint): Promise<readonly Hash[] | string> {
    const { readers } = this.#deps
    const hashes = await Promise.all(readers.map((reader) => reader.hashAt(at)))
    const known = hashes.filter((hash) => hash !== undefined)
    if (known.length < hashes.length) return `an endpoint has no block ${at} of Ethereum: it lags, or was reorganised`
    if (new Set(known).size > 1) {
      return `${readers.map(({ name }) => name).join(' and ')} have different blocks ${at} of Ethereum: one of them lies, or is on another chain`
    }
    return known
  }

  /** Nothing is wrong with a difference that passes. */
  #blur(why: string): Sight {
    const now = this.#deps.now()
    this.#blurredMs ??= now
    return now - this.#blurredMs < this.#graceMs ? { state: 'blurred' } : { state: 'doubt', why }
  }
}

/** What lives above the last final block, as the node has it; parents come first. */
function livingOf(blocks: readonly SeenBlock[]): ReadonlySet<Hash> {
  const [ground] = blocks
  const living = new Set<Hash>()
  for (const { id, parent, refuted } of blocks.slice(1)) {
    if (!refuted && (parent === ground?.id || living.has(parent))) living.add(id)
  }
  return living
}

function compareLiving(ours: ReadonlySet<Hash>, theirs: ReadonlySet<Hash>): string | undefined {
  for (const id of theirs) if (!ours.has(id)) return `block ${id} lives on Ethereum, and the node does not know it`
  for (const id of ours) if (!theirs.has(id)) return `the node has block ${id} alive, and Ethereum has not`
  return undefined
}
