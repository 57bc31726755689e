// The facts that a replay needs, from any source that has them: each is compared with the hash that it was asked for by, so a source that is silent,
// slow, wrong or lies costs time, and never a verdict.

import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../../node/errors.ts'
import type { Logger } from '../../../node/log.ts'
import type { PublishedBlock, QueueReader } from '../../../node/protocol/block.ts'
import { genesisState } from '../../../node/protocol/genesis.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { blockId, type Header, type SealedHeader } from '../../../node/protocol/header.ts'
import { type Hash, toHash } from '../../../node/protocol/ids.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { type State, stateOf, stateRoot } from '../../../node/protocol/state.ts'
import { decodeStep, readLanes, splitSteps } from '../../../node/protocol/step.ts'
import { decodeTransaction, type GenesisTransaction } from '../../../node/protocol/transaction.ts'
import type { Gwei } from '../../../node/protocol/units.ts'
import { Names } from '../names.ts'
import { checkPosted } from './posted.ts'
import { bare, type Source } from './source.ts'

/** Where it all began, if that is known without anyone's word. */
export type Genesis = { readonly sealed: SealedHeader; readonly transaction: GenesisTransaction }

export type EvidenceDeps = {
  /** In the order in which they are asked at first. */
  readonly sources: readonly Source[]
  readonly log: Logger
  readonly genesis?: Genesis
  readonly names?: Names
}

export type EvidenceOptions = {
  /** After this long without an answer the next source is asked as well. Default 1,000. */
  readonly patienceMs?: number
}

/** Bytes of steps and states that are kept for the next question. */
const KEPT_BYTES = 16_000_000
/** As many forced transactions as 32 blocks consume. */
const KEPT_FORCED = 4_096

export class Evidence {
  readonly #log: Logger
  readonly #patienceMs: number
  readonly #genesis: Genesis | undefined
  readonly #names: Names
  /** The source that answered last is asked first. */
  #sources: readonly Source[]
  readonly #blocks = new Map<Hash, PublishedBlock>()
  #bytes = 0
  /** Forced transactions by their hashes: what was found of many before time was up is there at the next try. */
  readonly #forced = new Map<Hash, Uint8Array>()
  /** Whose wrong answers have been reported. */
  readonly #wrong = new Set<string>()

  constructor(
    { sources, log, genesis, names = new Names() }: EvidenceDeps,
    { patienceMs = 1_000 }: EvidenceOptions = {},
  ) {
    this.#sources = sources
    this.#log = log
    this.#genesis = genesis
    this.#names = names
    this.#patienceMs = patienceMs
  }

  /**
   * A block as it was posted. Throws `OperationError('unknown-block')` where every source says that it has none, and `no-evidence` (retry)
   * where none has the right one, or the block was asked for by a short id: whoever asks again knows the whole one by then.
   */
  async block(id: Hash, signal: AbortSignal): Promise<PublishedBlock> {
    const kept = this.#blocks.get(id)
    if (kept !== undefined) return this.#keep(id, kept)
    if (this.#genesis !== undefined && blockId(this.#genesis.sealed) === id) return bare(this.#genesis.sealed)
    const ask = async (source: Source, limit: AbortSignal) => {
      const told = await source.block(id, limit)
      if (told !== undefined) checkPosted(id, told)
      return told
    }
    const block = await this.#first(`block ${id}`, signal, ask, id)
    const whole = blockId(block.sealed)
    this.#names.prove(whole)
    if (whole !== id) throw renamed(id, whole)
    return this.#keep(id, block)
  }

  /** The entries of the queue that the void steps of a block stand for; all else is in its steps. Throws `OperationError('no-evidence')` (retry). */
  async queueOf(parent: Header, block: PublishedBlock, signal: AbortSignal): Promise<QueueReader> {
    const missing = new Map<bigint, Hash>()
    const found = new Map<bigint, Uint8Array>()
    const fees = new Map<bigint, Gwei>()
    const steps = splitSteps(block.steps)
    for (const [i, { index }] of readLanes(parent.lanes, steps).places.entries()) {
      const step = decodeStep(steps[i] ?? new Uint8Array())
      if (step?.kind !== 'void') continue
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
      this.#blame(source, what, anotherState(id))
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

  /** Asks one after another, and those who are slow at the same time; the first right answer counts. `block` is unknown where nobody has one. */
  async #first<T>(
    what: string,
    signal: AbortSignal,
    ask: (source: Source, limit: AbortSignal) => Promise<T | undefined>,
    block?: Hash,
  ): Promise<T> {
    signal.throwIfAborted()
    const done = new AbortController()
    const until = AbortSignal.any([signal, done.signal])
    const asked: Promise<{ readonly source: Source; readonly answer: T } | undefined>[] = []
    const whys: string[] = []
    const tell = async (source: Source) => {
      try {
        const answer = await ask(source, AbortSignal.any([until, AbortSignal.timeout(source.limitMs)]))
        if (answer !== undefined) return { source, answer }
      } catch (error) {
        if (until.aborted) return undefined
        this.#blame(source, what, error)
        whys.push(`${source.name}: ${error instanceof Error ? error.message : String(error)}`)
      }
      return undefined
    }
    try {
      const order = this.#sources
      for (const [i, source] of order.entries()) {
        asked.push(tell(source))
        const isLast = i === order.length - 1
        const first = await firstOf(asked, isLast ? undefined : this.#patienceMs, until)
        signal.throwIfAborted()
        if (first === undefined) continue
        this.#sources = [first.source, ...this.#sources.filter((each) => each !== first.source)]
        return first.answer
      }
    } finally {
      done.abort()
    }
    throw whys.length === 0 && block !== undefined ? unknown(what, block) : noEvidence(what, whys)
  }

  #blame({ name }: Source, what: string, error: unknown): void {
    if (!(error instanceof RuleError)) return
    if (!this.#wrong.has(name))
      this.#log.warn({ source: name, what, problem: error.message }, 'a wrong answer: asking others')
    this.#wrong.add(name)
  }

  #keepForced(hash: Hash, packed: Uint8Array): void {
    this.#forced.set(hash, packed)
    const oldest = this.#forced.keys().next()
    if (this.#forced.size > KEPT_FORCED && !oldest.done) this.#forced.delete(oldest.value)
  }

  /** What was not asked for for longest goes first. */
  #keep(id: Hash, block: PublishedBlock): PublishedBlock {
    if (!this.#blocks.delete(id)) this.#bytes += sizeOf(block)
    this.#blocks.set(id, block)
    for (const [oldest, each] of this.#blocks) {
      if (this.#bytes <= KEPT_BYTES) break
      this.#blocks.delete(oldest)
      this.#bytes -= sizeOf(each)
    }
    return block
  }
}

/** The first that is there after at most `ms`; `undefined` if none came, or none is coming. */
async function firstOf<T>(
  asked: readonly Promise<T | undefined>[],
  ms: number | undefined,
  signal: AbortSignal,
): Promise<T | undefined> {
  const over = new AbortController()
  const answers = asked.map(async (each) => {
    const answer = await each
    if (answer === undefined) throw new Error('none')
    return answer
  })
  const first = Promise.any(answers).catch(() => undefined)
  if (ms === undefined) return await first
  const end = delay(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => undefined)
  try {
    return await Promise.race([first, end])
  } finally {
    over.abort()
  }
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
function sizeOf({ steps, states }: PublishedBlock): number {
  return steps.length + states.length + 1_000
}

function unknown(what: string, block: Hash): OperationError {
  return new OperationError('unknown-block', `expected ${what}, but nobody who was asked has it`, { facts: { block } })
}

function noEvidence(what: string, whys: readonly string[]): OperationError {
  const why = whys.length === 0 ? 'nobody who was asked has it' : whys.join('; ')
  return new OperationError('no-evidence', `expected ${what} from at least one source, got it from none: ${why}`, {
    facts: { what },
    retry: true,
  })
}

function renamed(id: Hash, whole: Hash): OperationError {
  const message = `expected block ${id}, which is known by its whole id now: ${whole}`
  return new OperationError('no-evidence', message, { facts: { what: `block ${id}` }, retry: true })
}

function anotherEntry(index: bigint): RuleError {
  return new RuleError('bad-evidence', `expected entry ${index} of the queue, got another one`, { index: `${index}` })
}

function anotherState(block: Hash): RuleError {
  return new RuleError('bad-evidence', `expected the state after block ${block}, got another one`, { block })
}

function anotherGenesis(): RuleError {
  return new RuleError('bad-evidence', 'expected the genesis transaction of this network, got another one', {})
}
