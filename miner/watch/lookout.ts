// What the watcher sees when it looks: what may be alive in anyone's eyes, and apart from that whether all see the same, so that it can be trusted.

import type { AllBlocks } from '../../node/client/all-blocks.ts'
import type { NodeClient } from '../../node/client/rpc.ts'
import type { EthereumReader, Head } from '../../node/ethereum/reader.ts'
import { type Hash, keyOf } from '../../node/protocol/ids.ts'
import { describeDoubt } from './judge.ts'
import { Names } from './names.ts'
import { EndpointView, type NodeBlock, NodeView, type Reading, type Seer } from './view.ts'

export type LookoutDeps = {
  readonly node: NodeClient
  /** One for each endpoint. */
  readonly readers: readonly EthereumReader[]
  /** Unix milliseconds. */
  readonly now: () => number
  readonly names?: Names
}

export type LookoutOptions = {
  /** Node and endpoints may differ for this long, as they do for a moment whenever Ethereum has a new block. Default 60,000. */
  readonly graceMs?: number
  /** An endpoint whose newest block is older than this is stuck. Default: not checked. */
  readonly maxAgeMs?: number
  /** A look waits this long for node and endpoints, each of two times. Default 10,000. */
  readonly patienceMs?: number
}

/**
 * Whether what is seen can be trusted. `blurred`: node and endpoints are about to agree, or it is too early to say that they do not.
 * `isDead`: the node says that the bridge is. A doubt must never have a wrong block left alone: it is a reason not to bring anything forward, and nothing else.
 */
export type Trust =
  | { readonly state: 'clear'; readonly living: ReadonlySet<Hash> }
  | { readonly state: 'blurred' }
  | { readonly state: 'doubt'; readonly why: string; readonly isDead?: true }

export const PATIENCE_MS = 10_000

/** Blocks of Ethereum by which node and endpoints may differ and still be compared, all as of the oldest one. */
const LAG_BLOCKS = 5n

type Answer<T> = { readonly is: T } | { readonly lacks: string }

export class Lookout {
  readonly #now: () => number
  readonly #graceMs: number
  readonly #maxAgeMs: number
  readonly #node: NodeView
  readonly #endpoints: readonly EndpointView[]
  #looks = 0
  /** Since when nothing was clear, unix milliseconds. */
  #blurredMs: number | undefined
  /** The newest block of Ethereum that the node has yet to read, and since when. */
  #ahead: { readonly number: bigint; readonly sinceMs: number } | undefined

  constructor({ node, readers, now, names = new Names() }: LookoutDeps, options: LookoutOptions = {}) {
    const { graceMs = 60_000, maxAgeMs = Number.POSITIVE_INFINITY, patienceMs = PATIENCE_MS } = options
    this.#now = now
    this.#graceMs = graceMs
    this.#maxAgeMs = maxAgeMs
    this.#node = new NodeView(node, patienceMs)
    this.#endpoints = readers.map((reader) => new EndpointView(reader, names, patienceMs))
  }

  /** How many looks were begun. */
  get looks(): number {
    return this.#looks
  }

  /** All of them, always in the same order: whatever one of them sees alive may live. */
  get seers(): readonly Seer[] {
    return [...this.#endpoints, this.#node]
  }

  /** What the node said last: the last final block and all above it, refuted ones too. */
  nodeBlocks(): readonly NodeBlock[] {
    return this.#node.blocks
  }

  /** Whether any endpoint says that several children of a block live; where there is no endpoint, whether the node does. */
  isContested(parent: Hash): boolean {
    const seers: readonly Seer[] = this.#endpoints.length > 0 ? this.#endpoints : [this.#node]
    return seers.some(({ view }) => {
      const children = [...(view?.tree.blocks.values() ?? [])].filter((block) => block.parent === parent)
      return children.length > 1
    })
  }

  /** Asks all of them at the same time. `known` are blocks that may have been refuted since. Throws the signal's reason only. */
  async look(known: Iterable<Hash>, signal: AbortSignal): Promise<Trust> {
    this.#looks += 1
    const look = this.#looks
    const [node, ...heads] = await Promise.all([
      answerOf(this.#node.read(look, signal)),
      ...this.#endpoints.map((endpoint) => answerOf(endpoint.head(signal))),
    ])
    signal.throwIfAborted()
    const oldest = oldestOf(node, heads)
    const readings = await Promise.all(
      this.#endpoints.map((endpoint, i) => answerOf(this.#read(endpoint, heads[i], oldest, look, known, signal))),
    )
    signal.throwIfAborted()
    return this.#judge(node, heads, readings)
  }

  /** As of the newest block that the endpoint has; returns the reading that can be compared with those of others. */
  async #read(
    endpoint: EndpointView,
    head: Answer<Head> | undefined,
    oldest: bigint,
    look: number,
    known: Iterable<Hash>,
    signal: AbortSignal,
  ): Promise<Reading> {
    if (head === undefined || 'lacks' in head) throw new Error(head?.lacks)
    const { number } = head.is
    const question = { look, known, hints: this.#hintsFor(endpoint) }
    const newest = await endpoint.read({ at: number, ...question }, signal)
    const isOld = number > oldest && number - oldest <= LAG_BLOCKS
    return isOld ? await endpoint.readBack({ at: oldest, ...question }, signal) : newest
  }

  /** What all others see. */
  #hintsFor(endpoint: EndpointView): readonly Iterable<Hash>[] {
    return [this.#node, ...this.#endpoints].flatMap((each) =>
      each === endpoint ? [] : [each.view?.tree.blocks.keys() ?? []],
    )
  }

  #judge(node: Answer<AllBlocks>, heads: readonly Answer<Head>[], readings: readonly Answer<Reading>[]): Trust {
    if ('lacks' in node) return this.#blur(node.lacks)
    const { status } = node.is
    if (status.state !== 'live') {
      const why = describeDoubt(status)
      if (status.state === 'syncing') return this.#blur(why)
      return { state: 'doubt', why, ...(status.state === 'dead' ? { isDead: true } : {}) }
    }
    const tree = this.#node.view?.tree
    if (tree === undefined) return this.#blur('the node does not say which blocks there are')
    const living = new Set(tree.blocks.keys())
    const why = this.#endpoints.length === 0 ? undefined : this.#difference(status, living, heads, readings)
    if (why !== undefined) return this.#blur(why)
    this.#blurredMs = undefined
    return { state: 'clear', living }
  }

  /** What keeps node and endpoints from being of one mind. */
  #difference(
    { ethereumBlock: at, final }: AllBlocks['status'],
    living: ReadonlySet<Hash>,
    heads: readonly Answer<Head>[],
    readings: readonly Answer<Reading>[],
  ): string | undefined {
    if (at === undefined) return 'the node does not say which block of Ethereum it has'
    for (const answer of [...heads, ...readings]) if ('lacks' in answer) return answer.lacks
    const late = this.#findLate(
      at,
      heads.flatMap((head) => ('is' in head ? head.is : [])),
    )
    if (late !== undefined) return late
    const [first, ...others] = readings.flatMap((reading) => ('is' in reading ? reading.is : []))
    if (first === undefined) return 'no endpoint says which blocks live'
    for (const { problem, hash, at: number } of [first, ...others]) {
      if (problem !== undefined) return problem
      if (hash === undefined) return `block ${number} of Ethereum was reorganised just now`
    }
    for (const [i, other] of others.entries()) {
      const differs = compareReadings(first, other)
      if (differs !== undefined) return `${this.#endpoints[0]?.name} and ${this.#endpoints[i + 1]?.name} ${differs}`
    }
    if (first.at !== at)
      return `the node has block ${at} of Ethereum, and the endpoints were read as of block ${first.at}`
    if (first.final !== final?.id)
      return `the node has ${final?.id} as the final block, and the endpoints ${first.final}`
    return compareLiving(living, new Set(first.blocks.keys()))
  }

  #findLate(at: bigint, heads: readonly Head[]): string | undefined {
    const now = this.#now()
    for (const [i, { number, time }] of heads.entries()) {
      const name = this.#endpoints[i]?.name
      const ageMs = now - 1_000 * Number(time)
      if (ageMs > this.#maxAgeMs) {
        return `the newest block of ${name} is ${Math.round(ageMs / 1_000)} s old: the endpoint is stuck, or the clock of this machine is wrong`
      }
      if (number < at) return `${name} has block ${number} of Ethereum and the node block ${at}: the endpoint lags`
    }
    const newest = heads.toSorted((a, b) => (a.number > b.number ? -1 : 1))[0]?.number ?? 0n
    if (this.#ahead === undefined || at >= this.#ahead.number) {
      this.#ahead = newest > at ? { number: newest, sinceMs: now } : undefined
    }
    if (this.#ahead === undefined || now - this.#ahead.sinceMs < this.#graceMs) return undefined
    return `the node has block ${at} of Ethereum, and for some time there has been block ${this.#ahead.number}: the node lags`
  }

  /** Nothing is wrong with a difference that passes. */
  #blur(why: string): Trust {
    const now = this.#now()
    this.#blurredMs ??= now
    return now - this.#blurredMs < this.#graceMs ? { state: 'blurred' } : { state: 'doubt', why }
  }
}

function compareReadings(a: Reading, b: Reading): string | undefined {
  if (a.at !== b.at) return `have blocks ${a.at} and ${b.at} of Ethereum: one of them lags`
  if (a.hash !== b.hash) return `have different blocks ${a.at} of Ethereum: one of them lies, or is on another chain`
  if (a.final !== b.final) return 'disagree about the final block: one of them lies or lags'
  const differs = compareLiving(new Set(a.blocks.keys()), new Set(b.blocks.keys()))
  return differs && 'disagree about which blocks live: one of them lies or lags'
}

function compareLiving(ours: ReadonlySet<Hash>, theirs: ReadonlySet<Hash>): string | undefined {
  // By their keys: not all of them need know an id whole.
  const [ourKeys, theirKeys] = [ours, theirs].map((ids) => new Set([...ids].map(keyOf)))
  for (const id of theirs)
    if (!ourKeys?.has(keyOf(id))) return `block ${id} lives on Ethereum, and the node does not know it`
  for (const id of ours) if (!theirKeys?.has(keyOf(id))) return `the node has block ${id} alive, and Ethereum has not`
  return undefined
}

/** The oldest of their newest blocks of Ethereum. */
function oldestOf(node: Answer<AllBlocks>, heads: readonly Answer<Head>[]): bigint {
  const numbers = heads.flatMap((head) => ('is' in head ? head.is.number : []))
  const { state, ethereumBlock } = 'is' in node ? node.is.status : {}
  if (state === 'live' && ethereumBlock !== undefined) numbers.push(ethereumBlock)
  return numbers.toSorted((a, b) => (a < b ? -1 : 1))[0] ?? 0n
}

/** Whatever keeps somebody from answering is their trouble, not ours. */
async function answerOf<T>(asked: Promise<T>): Promise<Answer<T>> {
  try {
    return { is: await asked }
  } catch (error) {
    return { lacks: error instanceof Error ? error.message : String(error) }
  }
}
