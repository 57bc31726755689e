// The tree of blocks that live above the final one, read from the contract's own links: an endpoint that drops logs cannot hide one.

import { OperationError } from '../../node/errors.ts'
import type { EthereumReader, Links } from '../../node/ethereum/reader.ts'
import { type BlockKey, type Hash, keyOf, tagOf, ZERO_KEY } from '../../node/protocol/ids.ts'
import type { Time, Work } from '../../node/protocol/units.ts'
import { within } from '../../node/within.ts'
import { Names } from './names.ts'

/**
 * `work` is cumulative, in expected hashes. Ids are whole where `known` or `hints` have them: the contract keeps 24 bytes of an id, and names
 * others by 16.
 */
export type LivingBlock = {
  readonly id: Hash
  readonly parent: Hash
  readonly publishedAt: Time
  readonly work: Work
}

export type Living = {
  readonly final: Hash
  /** Unrefuted, on an unrefuted way from the final block. Parents come first, siblings in the order of publication. */
  readonly blocks: ReadonlyMap<Hash, LivingBlock>
  /** Those of `known` that the contract calls refuted. */
  readonly refuted: ReadonlySet<Hash>
  /** Why there may be more than this: it took too long, or what the endpoint says of a block cannot be so. */
  readonly problem?: string
}

export type LivingQuestion = {
  /** As of this block of Ethereum. */
  readonly at: bigint
  /** Asked about in few questions, which saves one for each new generation or sibling: what the endpoint had alive before. */
  readonly known: Iterable<Hash>
  /** What others have alive, each on its own: asked about in the same way, as long as half of it is known to this endpoint. */
  readonly hints?: readonly Iterable<Hash>[]
  /** What is known of whole ids by more than anyone's word. */
  readonly names?: Names
  /** Ends the reading; what was read until then is the answer. */
  readonly signal: AbortSignal
}

/** Blocks in one question, at most. */
const AT_ONCE = 512
/**
 * Only an endpoint that makes blocks up has more: the publication of this many uses all gas of Ethereum for four hours, and bonds of five
 * trillion gas. Those that could be final first are read first.
 */
const MOST = 262_144

/** A block that is to be looked at: where a link from its parent, or from the sibling before it, leads. */
type Way = { readonly key: BlockKey; readonly parent: Hash; readonly from: Links }

/**
 * In time proportional to what lives. Throws what `Ethereum` throws before anything is known, and `OperationError('ethereum-reorganised')`
 * (retry) where the final block changes during the reading.
 */
export async function readLiving(
  ethereum: Pick<EthereumReader, 'name' | 'links'>,
  { at, known, hints = [], names = new Names(), signal }: LivingQuestion,
): Promise<Living> {
  const reading = new Reading(ethereum, at, names, signal)
  const asked = [...new Set(known)]
  await reading.learn(asked)
  for (const ids of hints) await reading.tryHints(ids)
  const blocks = await reading.walk()
  const { final, problem } = reading
  const refuted = new Set(asked.filter((id) => reading.linksOf(id)?.isRefuted))
  return { final, blocks, refuted, ...(problem === undefined ? {} : { problem }) }
}

class Reading {
  readonly #links = new Map<BlockKey, Links>()
  /** What others call blocks. */
  readonly #hints = new Map<BlockKey, Hash>()
  readonly #names: Names
  readonly #ethereum: Pick<EthereumReader, 'name' | 'links'>
  readonly #at: bigint
  readonly #signal: AbortSignal
  #final: Hash | undefined
  problem: string | undefined

  constructor(ethereum: Pick<EthereumReader, 'name' | 'links'>, at: bigint, names: Names, signal: AbortSignal) {
    this.#ethereum = ethereum
    this.#at = at
    this.#names = names
    this.#signal = signal
  }

  /** Throws `RangeError` before the first question was answered: our bug. */
  get final(): Hash {
    if (this.#final === undefined) throw new RangeError('nothing was read yet')
    return this.#final
  }

  /** `undefined` if nothing was asked of it, or another block has its key. */
  linksOf(id: Hash): Links | undefined {
    const links = this.#links.get(keyOf(id))
    return links?.tag === tagOf(id) ? links : undefined
  }

  /** Asks about all of them; when time is up, about no more. */
  async learn(ids: readonly Hash[]): Promise<void> {
    this.#name(ids)
    await this.#learn(ids.map(keyOf))
  }

  /** Asks about what is not known yet, until most of it turns out to be nothing. */
  async tryHints(ids: Iterable<Hash>): Promise<void> {
    const strange = [...ids].filter((id) => !this.#links.has(keyOf(id)))
    for (let from = 0; from < strange.length && !this.#isOver(); from += AT_ONCE) {
      const some = strange.slice(from, from + AT_ONCE)
      this.#name(some)
      await this.#ask(some.map(keyOf))
      const real = some.filter((id) => this.#links.get(keyOf(id))?.publishedAt !== 0n)
      if (2 * real.length < some.length) return
    }
  }

  async walk(): Promise<ReadonlyMap<Hash, LivingBlock>> {
    const { final } = this
    if (!this.#links.has(keyOf(final))) await this.learn([final])
    const blocks = new Map<Hash, LivingBlock>()
    const ground = this.#links.get(keyOf(final))
    if (ground === undefined) return blocks
    for (let ways = [wayTo(ground.firstChild, final, ground)].flat(); ways.length > 0; ) {
      const strange = ways.flatMap(({ key }) => (this.#links.has(key) ? [] : [key]))
      if (strange.length > 0) await this.#learn(strange)
      ways = ways.flatMap((way) => this.#pass(way, blocks))
    }
    return blocks
  }

  /** Adds the block at the end of a way, and returns the ways that lead on from it. */
  #pass({ key, parent, from }: Way, blocks: Map<Hash, LivingBlock>): readonly Way[] {
    const found = this.#links.get(key)
    if (found === undefined) return [] // time was up
    const id = this.#nameOf(key, found)
    const isBack = blocks.has(id) || key === keyOf(this.final)
    // Whatever cannot be so also keeps a liar's links from running in circles.
    if (found.parent !== keyOf(parent) || found.isRefuted || isBack || !follows(found, from)) {
      this.problem ??= `${this.#ethereum.name} names block ${id} as a living child of ${parent}, and says of it what cannot be so`
      return []
    }
    if (blocks.size >= MOST) {
      this.problem ??= `${this.#ethereum.name} has more than ${MOST} blocks alive, which cannot be so`
      return []
    }
    blocks.set(id, { id, parent, publishedAt: found.publishedAt, work: found.work })
    return [...wayTo(found.firstChild, id, found), ...wayTo(found.nextSibling, parent, found)]
  }

  #isOver(): boolean {
    if (this.#final === undefined || !this.#signal.aborted) return false
    this.problem ??= `${this.#ethereum.name} took too long to say which blocks live`
    return true
  }

  #name(ids: readonly Hash[]): void {
    for (const id of ids) this.#hints.set(keyOf(id), id)
  }

  /** A name that somebody gave is believed as far as the contract can tell. */
  #nameOf(key: BlockKey, { tag }: Links): Hash {
    return this.#names.of(key, tag, this.#hints.get(key))
  }

  async #learn(keys: readonly BlockKey[]): Promise<void> {
    for (let from = 0; from === 0 || from < keys.length; from += AT_ONCE) {
      if (this.#isOver()) return
      await this.#ask(keys.slice(from, from + AT_ONCE))
    }
  }

  async #ask(keys: readonly BlockKey[]): Promise<void> {
    const { name } = this.#ethereum
    try {
      const { final, links } = await within(this.#ethereum.links(keys, this.#at), this.#signal)
      if (links.length !== keys.length) throw oddAnswer(name, keys.length, links.length)
      this.#final ??= final
      if (final !== this.#final) throw reorganised(name, this.#at)
      for (const [i, each] of links.entries()) this.#links.set(keys[i] as BlockKey, each) // one for each, in order
    } catch (error) {
      if (this.#isOver()) return
      throw error
    }
  }
}

function wayTo(key: BlockKey, parent: Hash, from: Links): readonly Way[] {
  return key === ZERO_KEY ? [] : [{ key, parent, from }]
}

/** Whether a block can come after its parent, or after the sibling before it; no two siblings are of the same second. */
function follows(block: Links, from: Links): boolean {
  if (block.parent === from.parent) return block.publishedAt > from.publishedAt
  return block.publishedAt > 0n && block.publishedAt >= from.publishedAt && block.work > from.work
}

function oddAnswer(endpoint: string, expected: number, got: number): OperationError {
  return new OperationError(
    'ethereum-refused',
    `expected the records of ${expected} blocks from ${endpoint}, got ${got}; see whether it is what it seems to be`,
    { facts: { endpoint, expected, got }, retry: true },
  )
}

function reorganised(endpoint: string, at: bigint): OperationError {
  return new OperationError(
    'ethereum-reorganised',
    `expected ${endpoint} to have one final block as of block ${at} of Ethereum, got two; it is read again`,
    { facts: { endpoint, at: `${at}` }, retry: true },
  )
}
