// Who sees which blocks alive: the node, and each endpoint of Ethereum separately. What one of them saw last holds until it says otherwise.

import { type AllBlocks, readAllBlocks } from '../../node/client/all-blocks.ts'
import type { NodeClient } from '../../node/client/rpc.ts'
import { OperationError } from '../../node/errors.ts'
import type { EthereumReader, Head } from '../../node/ethereum/reader.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import { toTime, toWork } from '../../node/protocol/units.ts'
import { type Living, type LivingBlock, readLiving } from './living.ts'
import type { Names } from './names.ts'
import { Patience } from './patience.ts'

/** What one of them saw; `look` counts looks, from 1 on. */
export type View = { readonly tree: Living; readonly look: number }

/** The node, or an endpoint; `view` is undefined before it has said anything. */
export type Seer = { readonly name: string; readonly view: View | undefined }

export type NodeBlock = AllBlocks['blocks'][number]

/** As of block `at` of Ethereum, which had this hash before and after the reading; without a hash it was reorganised during the reading. */
export type Reading = Living & { readonly at: bigint; readonly hash?: Hash; readonly look: number }

export type Question = {
  /** A block of Ethereum. */
  readonly at: bigint
  readonly look: number
  /** Asked about in any case, to see whether it was refuted. */
  readonly known: Iterable<Hash>
  /** What others see. */
  readonly hints: readonly Iterable<Hash>[]
}

/** A reading goes on for this long, if others are not to wait for it any more. */
const LONGEST_READING_MS = 60_000
/** Readings that are kept, so that a node that is a block late can be compared without another one. */
const KEPT_READINGS = 6
/** Looks after which the same block of Ethereum is read again: an endpoint that lied about it may have stopped. */
const KEPT_LOOKS = 5

export class EndpointView implements Seer {
  readonly name: string
  readonly #ethereum: EthereumReader
  readonly #names: Names
  readonly #heads: Patience<Head>
  readonly #answers: Patience<Reading>
  #readings: readonly Reading[] = []
  #view: View | undefined

  constructor(ethereum: EthereumReader, names: Names, patienceMs: number) {
    this.name = ethereum.name
    this.#ethereum = ethereum
    this.#names = names
    this.#heads = new Patience(this.name, patienceMs)
    this.#answers = new Patience(this.name, patienceMs)
  }

  get view(): View | undefined {
    return this.#view
  }

  /** Throws what `Ethereum` and `Patience` throw. */
  head(signal: AbortSignal): Promise<Head> {
    return this.#heads.ask(() => this.#ethereum.head(), signal)
  }

  /** What lives as of its newest block, which is its view from then on. Throws as `head` does. */
  read(question: Question, signal: AbortSignal): Promise<Reading> {
    return this.#answers.ask(async () => {
      const tree = await this.#read(question, signal)
      this.#view = { tree, look: question.look }
      return tree
    }, signal)
  }

  /** What lived as of an earlier block. Throws as `head` does. */
  readBack(question: Question, signal: AbortSignal): Promise<Reading> {
    return this.#answers.ask(() => this.#read(question, signal), signal)
  }

  async #read({ at, look, known, hints }: Question, signal: AbortSignal): Promise<Reading> {
    const before = await this.#ethereum.hashAt(at)
    if (before === undefined) throw noBlock(this.name, at)
    const same = this.#readings.find((each) => each.hash === before && look - each.look < KEPT_LOOKS)
    if (same !== undefined && same.problem === undefined && !this.#isRenamed(same)) return same
    const last = this.#view?.tree
    const asked = last === undefined ? known : [last.final, ...last.blocks.keys(), ...known]
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_READING_MS)])
    const living = await readLiving(this.#ethereum, { at, known: asked, hints, names: this.#names, signal: limit })
    const after = await this.#ethereum.hashAt(at)
    const reading = { ...living, at, look, ...(after === before ? { hash: before } : {}) }
    this.#readings = [reading, ...this.#readings].slice(0, KEPT_READINGS)
    return reading
  }

  #isRenamed({ blocks }: Living): boolean {
    for (const id of blocks.keys()) if (this.#names.isOutdated(id)) return true
    return false
  }
}

export class NodeView implements Seer {
  readonly name: string
  readonly #node: NodeClient
  readonly #answers: Patience<AllBlocks>
  #seen: { readonly answer: AllBlocks; readonly look: number; readonly tree?: Living } | undefined

  constructor(node: NodeClient, patienceMs: number) {
    this.name = `the node at ${node.url}`
    this.#node = node
    this.#answers = new Patience(this.name, patienceMs)
  }

  get view(): View | undefined {
    const { tree, look = 0 } = this.#seen ?? {}
    return tree && { tree, look }
  }

  /** The last final block and all that the node has above it. */
  get blocks(): readonly NodeBlock[] {
    return this.#seen?.answer.blocks ?? []
  }

  /** Throws what the node throws, and what `Patience` throws. */
  read(look: number, signal: AbortSignal): Promise<AllBlocks> {
    return this.#answers.ask(async () => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_READING_MS)])
      const answer = await readAllBlocks(this.#node, limit)
      const tree = treeOf(answer.blocks)
      this.#seen = { answer, look, ...(tree === undefined ? {} : { tree }) }
      return answer
    }, signal)
  }
}

/** What lives, as the node has it; parents come first there too. `undefined` without a final block. */
function treeOf(list: readonly NodeBlock[]): Living | undefined {
  const [ground] = list
  if (ground === undefined) return undefined
  const blocks = new Map<Hash, LivingBlock>()
  const refuted = new Set<Hash>()
  for (const { id, parent, publishedAt, work, refuted: isRefuted } of list.slice(1)) {
    if (isRefuted) refuted.add(id)
    else if (parent === ground.id || blocks.has(parent))
      blocks.set(id, { id, parent, publishedAt: toTime(publishedAt), work: toWork(work) })
  }
  return { final: ground.id, blocks, refuted }
}

function noBlock(name: string, at: bigint): OperationError {
  return new OperationError('ethereum-lags', `${name} has no block ${at} of Ethereum: it lags, or was reorganised`, {
    facts: { endpoint: name, at: `${at}` },
    retry: true,
  })
}
