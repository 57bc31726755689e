// Blocks of the past from peers, for a node that replays it: headers down to genesis, and single blocks with their rows.

import { OperationError } from '../../errors.ts'
import { concat } from '../../protocol/bytes.ts'
import { blockId, decodeSealed, type SealedHeader } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { within } from '../../within.ts'
import { BAN_FAULTS, MAX_HEADERS } from '../limits.ts'
import type { RemotePeer } from './peer.ts'

export type PastReaderDeps = {
  readonly peers: () => readonly RemotePeer[]
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

type Answered = { readonly bytes: Uint8Array; readonly blame: (why: string) => void }
/** How a peer did: questions that are open, how long it took for the last one, and until when it is left alone. */
type Record = { open: number; ms: number; restsUntil: number }

/** Who lacks a block most likely lacks its neighbours, and who is slow stays slow. */
const LACKS_MS = 30_000
const SLOW_MS = 300_000
/** Who was never asked counts as that slow: one who trickles, and connects again whenever it is left alone, is asked where nobody delivers faster. */
const NEWCOMER_MS = 1_000
/** One block may take this long, however many parts it has. */
const MOST_MS = 60_000

export class PastReader {
  readonly #deps: PastReaderDeps
  readonly #records = new WeakMap<RemotePeer, Record>()

  constructor(deps: PastReaderDeps) {
    this.#deps = deps
  }

  /**
   * The block's own header and those below it, each that of the one that the one before names. Throws `OperationError('past-not-served')` (retry)
   * where no connected peer has them now, and the signal's reason.
   */
  headers(block: Hash, signal: AbortSignal): Promise<readonly SealedHeader[]> {
    return this.#ask(block, signal, async (peer) => {
      const { headers } = await peer.ask({ type: 'ancestors', block, most: MAX_HEADERS })
      if (headers.length === 0) return undefined
      const chain = chainOf(block, headers)
      // It lacks what is below, or would tell one header at a time.
      if (chain.length < MAX_HEADERS && chain.at(-1)?.header.height !== 0n) this.#rest(peer, LACKS_MS)
      return chain
    })
  }

  /** A block with its rows, of which nothing is checked here; `blame` bans whoever sent it. Throws as `headers` does. */
  block(block: Hash, signal: AbortSignal): Promise<Answered> {
    return this.#ask(block, signal, async (peer) => {
      const bytes = await this.#readBlock(peer, block)
      return bytes && { bytes, blame: (why: string) => peer.fault(BAN_FAULTS, `it sent another block: ${why}`) }
    })
  }

  async #readBlock(peer: RemotePeer, block: Hash): Promise<Uint8Array | undefined> {
    const endsAt = this.#deps.now() + MOST_MS
    const parts: Uint8Array[] = []
    let from = 0
    let expected: number | undefined
    for (;;) {
      const { bytes, length } = await peer.ask({ type: 'rows', block, from })
      if (bytes.length === 0) return undefined
      expected ??= length
      if (length !== expected)
        throw new RuleError('bad-answer', `expected a block of ${expected} bytes to stay one, got ${length}`)
      parts.push(bytes)
      from += bytes.length
      if (from === length) return concat(...parts)
      if (this.#deps.now() > endsAt)
        throw new OperationError('peer-silent', 'the peer sends too slowly', { retry: true })
    }
  }

  /** One peer after another, first the one that most likely answers first. */
  async #ask<T>(block: Hash, signal: AbortSignal, question: (peer: RemotePeer) => Promise<T | undefined>): Promise<T> {
    const { now, peers } = this.#deps
    const asked = new Set<RemotePeer>()
    for (;;) {
      signal.throwIfAborted()
      const [peer] = peers()
        .filter((each) => !asked.has(each) && this.#recordOf(each).restsUntil <= now())
        .sort((a, b) => this.#waitOf(a) - this.#waitOf(b))
      if (peer === undefined) throw notServed(block)
      asked.add(peer)
      const record = this.#recordOf(peer)
      const startedAt = now()
      record.open++
      try {
        const answer = await within(question(peer), signal)
        if (answer !== undefined) return answer
        this.#rest(peer, LACKS_MS)
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof RuleError) peer.fault(BAN_FAULTS, error.message)
        else if (!(error instanceof OperationError)) throw error
        this.#rest(peer, SLOW_MS)
      } finally {
        record.open--
        record.ms = now() - startedAt
      }
    }
  }

  #rest(peer: RemotePeer, ms: number): void {
    this.#recordOf(peer).restsUntil = this.#deps.now() + ms
  }

  /** By what it took for the last question: it answers those that are open before. */
  #waitOf(peer: RemotePeer): number {
    const { open, ms } = this.#recordOf(peer)
    return (open + 1) * ms
  }

  #recordOf(peer: RemotePeer): Record {
    const known = this.#records.get(peer) ?? { open: 0, ms: NEWCOMER_MS, restsUntil: 0 }
    this.#records.set(peer, known)
    return known
  }
}

/** Throws `RuleError` unless the first is the block's, and each of the others that of the parent of the one before. */
function chainOf(block: Hash, headers: readonly Uint8Array[]): SealedHeader[] {
  let expected = block
  return headers.map((bytes) => {
    const sealed = decodeSealed(bytes)
    if (blockId(sealed) !== expected)
      throw new RuleError('bad-answer', `expected the header of block ${expected}, got another one`)
    expected = sealed.header.parent
    return sealed
  })
}

function notServed(block: Hash): OperationError {
  return new OperationError(
    'past-not-served',
    `expected block ${block} of the past from a peer, but none has it, or delivers it; connect to nodes that began at genesis. It is tried again`,
    { facts: { block }, retry: true },
  )
}
