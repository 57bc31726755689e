// One remote node on one wire: questions and answers, the queue of what it sent, and its faults.

import type Wire from 'bittorrent-protocol'
import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { FairWork } from '../fair-work.ts'
import * as limits from '../limits.ts'
import type { PeerName, Summary } from '../store.ts'
import { TokenBucket } from '../token-bucket.ts'
import { MAX_UNSENT_BYTES } from '../torrent/guard.ts'
import { type ANSWERS, checkAnswer, isAnswer } from './answers.ts'
import {
  type Answer,
  decodeMessage,
  encodeMessage,
  isAnnouncement,
  type Message,
  type Notice,
  type Question,
} from './messages.ts'
import { Standing } from './standing.ts'
import { type Flow, Meter } from './traffic.ts'

/** What a remote says in the extended handshake, and where it was reached. */
export type Hello = PeerName & {
  /** Where it accepts connections, if it said so: `host:port`. */
  readonly address: string | undefined
  /** Whether this node dialled. */
  readonly outgoing: boolean
  /** What it says that it runs (BEP 10, `v`): its own word, printable ASCII, at most 48 characters. */
  readonly client?: string
  /** The address at which it sees this node, if it said so (BEP 10, `yourip`). */
  readonly sees?: string
}

export type PeerHandlers = {
  /** Handles one notice or question; the next waits for it. `RuleError`s count as faults. */
  onMessage(peer: RemotePeer, message: Notice | Question): Promise<void>
  onClosed(peer: RemotePeer): void
  /** The peer did something that no honest node does; it is closed already. */
  onBan(peer: RemotePeer, reason: string): void
}

type QuestionBody = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never
/** `read` decodes a message that was not looked at yet. */
type Queued = { readonly bytes: number; read(): Notice | Question }
type Open = { readonly question: Question; resolve(answer: Answer): void; reject(error: Error): void }

/** Bytes of a message that are decoded at the price of one file. */
const BYTES_AT_COST = 1_250

export class RemotePeer {
  readonly hello: Hello
  readonly #wire: Wire
  readonly #handlers: PeerHandlers
  readonly #now: () => number
  readonly #open = new Map<number, Open>()
  readonly #queue: Queued[] = []
  readonly #unasked: TokenBucket
  readonly #served: TokenBucket
  readonly #known: TokenBucket
  readonly #work: FairWork
  readonly #faults: TokenBucket
  /**
   * Infohashes that need not be announced to the remote, with whether it surely has them or was only told, and older ones: to take the oldest out of one
   * map, again and again, costs more than all else.
   */
  #remembered = new Map<Infohash, boolean>()
  #rememberedBefore = new Map<Infohash, boolean>()
  readonly #closed = new AbortController()
  readonly #received = new Meter()
  readonly #sent = new Meter()
  #queuedBytes = 0
  #handling = false
  #nextId = 0
  readonly standing = new Standing()
  summary: Summary | undefined
  lastHeardAt: number
  /** On the clock of `lastHeardAt`, milliseconds. */
  readonly connectedAt: number

  /** `work` is where what it sends unasked waits for its turn among all peers. */
  constructor(wire: Wire, hello: Hello, handlers: PeerHandlers, now: () => number, work: FairWork) {
    this.#work = work
    this.#wire = wire
    this.hello = hello
    this.#handlers = handlers
    this.#now = now
    this.connectedAt = now()
    this.lastHeardAt = this.connectedAt
    this.#unasked = new TokenBucket(limits.UNASKED_BYTES_PER_SECOND, limits.UNASKED_BYTES_BURST, now)
    this.#served = new TokenBucket(limits.SERVED_PER_SECOND, limits.SERVED_BURST, now)
    this.#known = new TokenBucket(limits.KNOWN_PER_SECOND, limits.KNOWN_BURST, now)
    this.#faults = new TokenBucket(limits.FAULTS_FADE_PER_SECOND, limits.BAN_FAULTS - 1, now)
  }

  /** Names the connection: node ids are free to choose, so another host cannot take this one's place. */
  get key(): string {
    return `${this.hello.id}@${this.hello.host}`
  }

  /** Aborts when the connection is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  get received(): Flow {
    return this.#received.flow
  }

  get sent(): Flow {
    return this.#sent.flow
  }

  /** Questions that wait for an answer. */
  get openQuestions(): number {
    return this.#open.size
  }

  /** Rejects with `OperationError('peer-closed' | 'peer-silent')`. The answer fits the question. */
  async ask<Q extends QuestionBody>(body: Q): Promise<Extract<Answer, { type: (typeof ANSWERS)[Q['type']] }>> {
    const id = this.#nextId
    this.#nextId = (id + 1) % 2 ** 32
    const question = { ...body, id } as unknown as Question
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const timer = setTimeout(() => {
      this.fault(10, 'it left a question unanswered')
      reject(new OperationError('peer-silent', 'the peer did not answer in time', { retry: true }))
    }, limits.ANSWER_TIMEOUT_MS)
    this.#open.set(id, { question, resolve, reject })
    const askedAt = this.#now()
    try {
      this.#send(question)
      const answer = await promise
      this.standing.answered(this.#now() - askedAt)
      return answer as Extract<Answer, { type: (typeof ANSWERS)[Q['type']] }>
    } finally {
      clearTimeout(timer)
      this.#open.delete(id)
    }
  }

  /** Sends an answer or a notice; nothing happens where the connection is gone. */
  send(message: Answer | Notice): void {
    this.#send(message)
  }

  /** `has`: it sent it, or said that it has it; else it was told. */
  remember(infohash: Infohash, has = true): void {
    if (this.#remembered.size >= limits.MAX_REMEMBERED) {
      this.#rememberedBefore = this.#remembered
      this.#remembered = new Map()
    }
    this.#remembered.set(infohash, has || this.holds(infohash))
  }

  /** It fetched what it was told of, or says that it has it: nothing is added for that. */
  confirm(infohash: Infohash): void {
    if (this.#remembered.has(infohash)) this.#remembered.set(infohash, true)
    else if (this.#rememberedBefore.has(infohash)) this.#rememberedBefore.set(infohash, true)
  }

  /** Whether it surely has a transaction. */
  holds(infohash: Infohash): boolean {
    return this.#remembered.get(infohash) ?? this.#rememberedBefore.get(infohash) ?? false
  }

  remembers(infohash: Infohash): boolean {
    return this.#remembered.has(infohash) || this.#rememberedBefore.has(infohash)
  }

  /** Waits as long as serving `cost` files' worth exceeds the peer's share, then for its turn among all peers, and does it. */
  async serve<T>(cost: number, job: () => T | Promise<T>): Promise<T> {
    await this.#wait(this.#served.charge(cost))
    return await this.#work.run(this, cost, job)
  }

  /** It announced so many that are known here: waits as long as that exceeds its share. */
  async chargeForKnown(count: number): Promise<void> {
    await this.#wait(this.#known.charge(count))
  }

  async #wait(ms: number): Promise<void> {
    if (ms === 0 || this.closed.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = () => resolve()
    const timer = setTimeout(end, ms)
    this.closed.addEventListener('abort', end, { once: true })
    await promise
    clearTimeout(timer)
    this.closed.removeEventListener('abort', end)
  }

  /** Faults fade; too many at once close and ban the peer. */
  fault(points: number, reason: string): void {
    if (this.closed.aborted || this.#faults.take(points)) return
    this.close()
    this.#handlers.onBan(this, reason)
  }

  /** The bytes of one extension message. Never throws. */
  receive(bytes: Uint8Array): void {
    if (this.closed.aborted) return
    this.lastHeardAt = this.#now()
    try {
      if (isAnnouncement(bytes)) {
        this.#received.count(bytes.length, undefined)
        if (this.#allowUnasked(bytes.length)) this.#enqueueAnnouncement(bytes)
        return
      }
      const message = decodeMessage(bytes)
      this.#received.count(bytes.length, message)
      if (message !== undefined && isAnswer(message)) {
        const open = this.#open.get(message.id)
        if (open) open.resolve(checkAnswer(open.question, message))
        // Else it came too late, or was never asked for.
        else this.#allowUnasked(bytes.length)
      } else if (this.#allowUnasked(bytes.length) && message !== undefined) {
        if (this.#isFull(bytes.length)) this.fault(limits.BAN_FAULTS, 'it sends faster than it can be served')
        else this.#enqueue({ bytes: bytes.length, read: () => message })
      }
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      this.fault(limits.BAN_FAULTS, error.message)
    }
  }

  /** Idempotent. Open questions are rejected. */
  close(): void {
    if (this.closed.aborted) return
    this.#closed.abort()
    this.#queue.length = 0
    const error = new OperationError('peer-closed', 'the peer closed the connection', { retry: true })
    for (const open of [...this.#open.values()]) open.reject(error)
    this.#wire.destroy()
    this.#handlers.onClosed(this)
  }

  #send(message: Message): void {
    if (this.closed.aborted) {
      if ('id' in message) throw new OperationError('peer-closed', 'the peer closed the connection', { retry: true })
      return
    }
    if (this.#wire._readableState.buffered > MAX_UNSENT_BYTES) {
      this.close()
      return
    }
    const bytes = encodeMessage(message)
    this.#sent.count(bytes.length, message)
    this.#wire.extended('torrenttx', bytes)
  }

  #allowUnasked(bytes: number): boolean {
    const isAllowed = this.#unasked.take(bytes)
    if (!isAllowed) this.fault(limits.BAN_FAULTS, 'it sends more than it was asked for')
    return isAllowed
  }

  /** One that finds no room is forgotten: it is a hint, an honest node sends many where much is going on, and reconciliation finds what it told. */
  #enqueueAnnouncement(bytes: Uint8Array): void {
    if (this.#isFull(bytes.length, limits.MAX_ANNOUNCED_BYTES)) return
    const read = () => {
      const message = decodeMessage(bytes)
      if (message?.type === 'have') return message
      throw new RuleError('bad-message', 'expected a torrenttx message, but it has members in the wrong order')
    }
    this.#enqueue({ bytes: bytes.length, read })
  }

  #isFull(bytes: number, most = limits.MAX_QUEUED_BYTES): boolean {
    return this.#queue.length >= limits.MAX_QUEUED_MESSAGES || this.#queuedBytes + bytes > most
  }

  #enqueue(queued: Queued): void {
    this.#queuedBytes += queued.bytes
    this.#queue.push(queued)
    if (!this.#handling) void this.#handleQueue()
  }

  async #handleQueue(): Promise<void> {
    this.#handling = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { bytes, read } = next
      this.#queuedBytes -= bytes
      try {
        const message = await this.#work.run(this, bytes / BYTES_AT_COST, read)
        if (!this.closed.aborted) await this.#handlers.onMessage(this, message)
      } catch (error) {
        if (error instanceof RuleError) this.fault(error.code === 'bad-message' ? limits.BAN_FAULTS : 50, error.message)
        else if (!(error instanceof OperationError)) throw error
      }
    }
    this.#handling = false
  }
}
