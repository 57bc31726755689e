// The facts that a replay needs, from any source that has them: each is compared with the hash that it was asked for by, so a source that is silent,
// slow, wrong or lies costs time, and never a verdict.

import { OperationError } from '../../../node/errors.ts'
import type { Logger } from '../../../node/log.ts'
import { BLOB_BYTES, MAX_BLOBS } from '../../../node/protocol/blob.ts'
import type { BlobBlock, BlobPosted } from '../../../node/protocol/blob-block.ts'
import type { QueueReader } from '../../../node/protocol/block.ts'
import { genesisState } from '../../../node/protocol/genesis.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { blockId, type Header, type SealedHeader } from '../../../node/protocol/header.ts'
import { type Hash, toHash } from '../../../node/protocol/ids.ts'
import { isInBlobs, type WholeBlock } from '../../../node/protocol/replay.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { type State, stateOf, stateRoot } from '../../../node/protocol/state.ts'
import { decodeTransaction, type GenesisTransaction } from '../../../node/protocol/transaction.ts'
import type { Gwei } from '../../../node/protocol/units.ts'
import { within } from '../../../node/within.ts'
import { Names } from '../names.ts'
import type { BlobHasher } from './blob-hashes.ts'
import { Inquiry } from './inquiry.ts'
import { checkEntries, checkPosted } from './posted.ts'
import { bare, type PostedBlock, type Source } from './source.ts'
import { voidsOf } from './voids.ts'

/** Where it all began, if that is known without anyone's word. */
export type Genesis = { readonly sealed: SealedHeader; readonly transaction: GenesisTransaction }

export type EvidenceDeps = {
  /** In the order in which they are asked at first. */
  readonly sources: readonly Source[]
  readonly log: Logger
  /** Tells which bytes are the blobs of a block. */
  readonly blobs: BlobHasher
  readonly genesis?: Genesis
  readonly names?: Names
}

/** With the blobs, where they were found. */
type Kept = PostedBlock | BlobBlock

export type EvidenceOptions = {
  /** After this long without an answer the next source is asked as well. Default 1,000. */
  readonly patienceMs?: number
}

/** Bytes of posted blocks, blobs among them, that are kept for the next question. */
const KEPT_BYTES = 16_000_000
/** As many forced transactions as 32 blocks consume. */
const KEPT_FORCED = 4_096
/** To load six blobs and to find out what they are takes this many times as long as to tell a block. */
const BLOB_PATIENCE = 5

export class Evidence {
  readonly #patienceMs: number
  readonly #genesis: Genesis | undefined
  readonly #names: Names
  readonly #hasher: BlobHasher
  readonly #inquiry: Inquiry
  readonly #blocks = new Map<Hash, Kept>()
  #bytes = 0
  /** Forced transactions by their hashes: what was found of many before time was up is there at the next try. */
  readonly #forced = new Map<Hash, Uint8Array>()

  constructor(
    { sources, log, blobs, genesis, names = new Names() }: EvidenceDeps,
    { patienceMs = 1_000 }: EvidenceOptions = {},
  ) {
    this.#inquiry = new Inquiry({ sources, log })
    this.#hasher = blobs
    this.#genesis = genesis
    this.#names = names
    this.#patienceMs = patienceMs
  }

  /**
   * A block as it was posted; what a block in blobs consumes of the queue is certain only if the header of its `parent` is given. Throws
   * `OperationError('unknown-block')` where every source says that it has none, and `no-evidence` (retry) where none has the right one, or
   * the block was asked for by a short id, or a liar's spelling of it: whoever asks again knows the whole one by then.
   */
  async block(id: Hash, signal: AbortSignal, parent?: Header): Promise<PostedBlock> {
    const kept = this.#blocks.get(id)
    if (kept !== undefined && (parent === undefined || isOn(id, parent, kept))) return this.#keep(id, kept)
    if (this.#genesis !== undefined && blockId(this.#genesis.sealed) === id) return bare(this.#genesis.sealed)
    const ask = async (source: Source, limit: AbortSignal) => {
      const told = await source.block(id, limit)
      if (told === undefined) return undefined
      checkPosted(id, told)
      if (parent !== undefined) checkEntries(id, parent, told)
      return told
    }
    const block = await this.#first(`block ${id}`, signal, ask, id)
    const whole = blockId(block.sealed)
    this.#names.prove(whole)
    if (whole !== id) throw renamed(id, whole)
    return this.#keep(id, postedPart(block))
  }

  /**
   * The same with all that a replay needs of it, which is the blobs, if its rows are there: those that have the hashes, whoever has them. Throws as
   * `block` does; without its blobs a block can be called neither right nor wrong.
   */
  async whole(id: Hash, parent: Header, signal: AbortSignal): Promise<WholeBlock> {
    const block = await this.block(id, signal, parent)
    if (!isInBlobs(block)) return block
    const kept = this.#blocks.get(id)
    if (kept !== undefined && 'blobs' in kept && isOn(id, parent, kept)) return kept
    const whole = { ...block, blobs: await this.#blobsOf(id, block, signal) }
    this.#keep(id, whole)
    return whole
  }

  /** The entries of the queue that the void steps of a block stand for; all else is in its steps. Throws `OperationError('no-evidence')` (retry). */
  async queueOf(parent: Header, block: WholeBlock, signal: AbortSignal): Promise<QueueReader> {
    const missing = new Map<bigint, Hash>()
    const found = new Map<bigint, Uint8Array>()
    const fees = new Map<bigint, Gwei>()
    for (const [index, step] of voidsOf(parent, block)) {
      fees.set(index, step.fee)
      const kept = this.#forced.get(step.packedHash)
      if (kept === undefined) missing.set(index, step.packedHash)
      else found.set(index, kept)
    }
    const take = (index: bigint, packed: Uint8Array) => {
      const hash = missing.get(index)
      if (hash === undefined) return true
      if (toHash(keccak(packed)) !== hash) return false
      found.set(index, packed)
      missing.delete(index)
      this.#keepForced(hash, packed)
      return true
    }
    if (missing.size > 0) {
      const [first] = missing.keys()
      // Each may have some of them.
      await this.#first(`the forced transactions from entry ${first} on`, signal, async (source, limit) => {
        const told = await source.forced([...missing.keys()], limit, take)
        const wrong = [...told].find(([index, packed]) => !take(index, packed))
        if (wrong !== undefined) throw anotherEntry(wrong[0])
        return missing.size === 0 ? found : undefined
      })
    }
    return ({ lane, index }) => {
      const [packed, fee] = [found.get(index), fees.get(index)]
      return lane === 'forced' && packed && fee !== undefined ? { kind: 'forced', fee, packed } : undefined
    }
  }

  /** Whether at least one source says that the contract has made the block final. */
  async isFinal(id: Hash, signal: AbortSignal): Promise<boolean> {
    const told = this.#first(`whether block ${id} is final`, signal, async (source, limit) => {
      return (await source.isFinal(id, limit)) || undefined
    })
    return await told.catch((error) => {
      const isOurs = error instanceof OperationError
      if (isOurs && (error.code === 'unknown-block' || error.code === 'no-evidence')) return false
      throw error
    })
  }

  /** The state after a block, from any source that has all of it; `undefined` if nobody has the right one. Throws `OperationError('no-evidence')` (retry). */
  async snapshot(id: Hash, { state: root }: Header, signal: AbortSignal): Promise<State | undefined> {
    const what = `the state after block ${id}`
    const ask = async (source: Source, limit: AbortSignal) => {
      const outputs = await source.snapshot?.(id, limit)
      const state = outputs && stateOf(outputs)
      if (outputs === undefined || stateRoot(state) === root) return outputs && { state }
      this.#inquiry.blame(source, what, anotherState(id))
      return undefined
    }
    return (await orNone(this.#first(what, signal, ask, id)))?.state
  }

  /** The state after genesis. Throws `OperationError('no-evidence')` (retry). */
  async genesisState({ state: root }: Header, signal: AbortSignal): Promise<State> {
    const own = this.#genesis && genesisState(this.#genesis.transaction)
    if (own !== undefined && stateRoot(own) === root) return own
    const { state } = await this.#first('the genesis transaction', signal, async (source, limit) => {
      const file = await source.genesis?.(limit)
      const transaction = file && decodeTransaction(file)
      if (transaction === undefined) return undefined
      // The root binds the transaction: its infohash is in the names of what it made.
      const made = transaction.kind === 'genesis' ? genesisState(transaction) : undefined
      if (stateRoot(made) !== root) throw anotherGenesis()
      return { state: made }
    })
    return state
  }

  #first<T>(
    what: string,
    signal: AbortSignal,
    ask: (source: Source, limit: AbortSignal) => Promise<T | undefined>,
    block?: Hash,
  ): Promise<T> {
    const question = { what, ask, patienceMs: this.#patienceMs, ...(block === undefined ? {} : { block }) }
    return this.#inquiry.first(question, signal)
  }

  /** In the order of the hashes. What several have of them adds up. Known by their commitments alone, which are found here. */
  #blobsOf(id: Hash, { hashes }: BlobPosted, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    const found = new Map<Hash, Uint8Array>()
    const isAll = () => hashes.every((hash) => found.has(hash))
    const ask = async (source: Source, limit: AbortSignal, until: AbortSignal) => {
      const told = (await source.blobs?.(id, hashes, limit)) ?? []
      let isWrong = false
      // One at a time, so that the blobs of one source do not wait for all that a liar has.
      for (const blob of told.slice(0, MAX_BLOBS)) {
        if (isAll()) break
        const [hash] = await within(this.#hasher.hashes([blob]), until)
        if (hash !== undefined && hashes.includes(hash)) found.set(hash, blob)
        else isWrong = true
      }
      if (isAll()) return hashes.flatMap((hash) => found.get(hash) ?? [])
      if (isWrong) throw otherBlobs(id)
      return undefined
    }
    const what = `all ${hashes.length} blobs of block ${id}`
    return this.#inquiry.first({ what, ask, patienceMs: BLOB_PATIENCE * this.#patienceMs }, signal)
  }

  #keepForced(hash: Hash, packed: Uint8Array): void {
    this.#forced.set(hash, packed)
    const oldest = this.#forced.keys().next()
    if (this.#forced.size > KEPT_FORCED && !oldest.done) this.#forced.delete(oldest.value)
  }

  /** What was not asked for for longest goes first. */
  #keep(id: Hash, block: Kept): PostedBlock {
    const known = this.#blocks.get(id)
    this.#blocks.delete(id)
    this.#bytes += sizeOf(block) - (known === undefined ? 0 : sizeOf(known))
    this.#blocks.set(id, block)
    for (const [oldest, each] of this.#blocks) {
      if (this.#bytes <= KEPT_BYTES) break
      this.#blocks.delete(oldest)
      this.#bytes -= sizeOf(each)
    }
    return block
  }
}

/** Whether what a block was said to consume of the queue fits this parent. */
function isOn(id: Hash, parent: Header, block: PostedBlock): boolean {
  try {
    checkEntries(id, parent, block)
    return true
  } catch (error) {
    if (error instanceof RuleError) return false
    throw error
  }
}

/** Without whatever else came along: blobs are taken from nobody unseen. */
function postedPart(block: PostedBlock): PostedBlock {
  const { sealed } = block
  if (!isInBlobs(block)) return { sealed, steps: block.steps, states: block.states }
  const { hashes, entries, requests } = block
  return { sealed, hashes, entries, requests }
}

/** `undefined` if every source says that there is none. */
async function orNone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof OperationError && error.code === 'unknown-block') return undefined
    throw error
  }
}

/** Of a block, with what it takes beside its bytes. */
function sizeOf(block: Kept): number {
  if (!isInBlobs(block)) return block.steps.length + block.states.length + 1_000
  const blobs = 'blobs' in block ? BLOB_BYTES * block.blobs.length : 0
  return blobs + block.entries.length + block.requests.length + 1_000
}

function renamed(id: Hash, whole: Hash): OperationError {
  const message = `expected block ${id}, which is known by its whole id now: ${whole}`
  return new OperationError('no-evidence', message, { facts: { what: `block ${id}` }, retry: true })
}

function anotherEntry(index: bigint): RuleError {
  return new RuleError('bad-evidence', `expected entry ${index} of the queue, got another one`, { index: `${index}` })
}

function otherBlobs(block: Hash): RuleError {
  return new RuleError('bad-evidence', `expected the blobs of block ${block}, got others`, { block })
}

function anotherState(block: Hash): RuleError {
  return new RuleError('bad-evidence', `expected the state after block ${block}, got another one`, { block })
}

function anotherGenesis(): RuleError {
  return new RuleError('bad-evidence', 'expected the genesis transaction of this network, got another one', {})
}
