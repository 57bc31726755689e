// One remote node on one wire: questions and answers, the queue of what it sent, and its faults.

import type Wire from 'bittorrent-protocol'
import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import * as limits from '../limits.ts'
import type { Order, PeerName, Summary } from '../store.ts'
import { TokenBucket } from '../token-bucket.ts'
import { MAX_UNSENT_BYTES } from '../torrent/guard.ts'
import { type Answer, decodeMessage, encodeMessage, type Message, type Notice, type Question } from './messages.ts'
import { type Flow, Meter } from './traffic.ts'

/** What a remote says in the extended handshake, and where it was reached. */
export type Hello = PeerName & {
  /** Where it accepts connections, if it said so: `host:port`. */
  readonly address: string | undefined
  /** Whether this node dialled. */
  readonly outgoing: boolean
  /** What it says that it runs (BEP 10, `v`): its own word, printable ASCII, at most 48 characters. */
  readonly client?: string
}

export type PeerHandlers = {
  /** Handles one notice or question; the next waits for it. `RuleError`s count as faults. */
  onMessage(peer: RemotePeer, message: Notice | Question): Promise<void>
  onClosed(peer: RemotePeer): void
  /** The peer did something that no honest node does; it is closed already. */
  onBan(peer: RemotePeer, reason: string): void
}

type QuestionBody = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never
type Open = { readonly question: Question; resolve(answer: Answer): void; reject(error: Error): void }

const ANSWERS = { get: 'files', count: 'counts', list: 'listed', order: 'ordered' } as const

export class RemotePeer {
  readonly hello: Hello
  readonly #wire: Wire
  readonly #handlers: PeerHandlers
  readonly #now: () => number
  readonly #open = new Map<number, Open>()
  readonly #queue: { readonly message: Notice | Question; readonly bytes: number }[] = []
  readonly #unasked: TokenBucket
  readonly #served: TokenBucket
  readonly #faults: TokenBucket
  /** Infohashes that the remote surely has, oldest first. */
  readonly #remembered = new Set<Infohash>()
  readonly #closed = new AbortController()
  readonly #received = new Meter()
  readonly #sent = new Meter()
  #queuedBytes = 0
  #handling = false
  #nextId = 0
  summary: Summary | undefined
  lastHeardAt: number
  /** On the clock of `lastHeardAt`, milliseconds. */
  readonly connectedAt: number

  constructor(wire: Wire, hello: Hello, handlers: PeerHandlers, now: () => number) {
    this.#wire = wire
    this.hello = hello
    this.#handlers = handlers
    this.#now = now
    this.connectedAt = now()
    this.lastHeardAt = this.connectedAt
    this.#unasked = new TokenBucket(limits.UNASKED_BYTES_PER_SECOND, limits.UNASKED_BYTES_BURST, now)
    this.#served = new TokenBucket(limits.SERVED_PER_SECOND, limits.SERVED_BURST, now)
    this.#faults = new TokenBucket(limits.FAULTS_FADE_PER_SECOND, limits.BAN_FAULTS - 1, now)
  }

  /** Names the connection: node ids are free to choose, so another host cannot take this one's place. */
  get key(): string {
    return `${this.hello.id}@${this.hello.host}`
  }

  /** Resolves when the connection is gone. */
  get gone(): Promise<void> {
    if (this.closed.aborted) return Promise.resolve()
    return new Promise((resolve) => this.closed.addEventListener('abort', () => resolve(), { once: true }))
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
    try {
      this.#send(question)
      return (await promise) as Extract<Answer, { type: (typeof ANSWERS)[Q['type']] }>
    } finally {
      clearTimeout(timer)
      this.#open.delete(id)
    }
  }

  /** Sends an answer or a notice; nothing happens where the connection is gone. */
  send(message: Answer | Notice): void {
    this.#send(message)
  }

  remember(infohash: Infohash): void {
    this.#remembered.add(infohash)
    const [oldest] = this.#remembered
    if (this.#remembered.size > limits.MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest)
  }

  remembers(infohash: Infohash): boolean {
    return this.#remembered.has(infohash)
  }

  /** Waits as long as serving `cost` files' worth exceeds the peer's share. */
  async chargeFor(cost: number): Promise<void> {
    const ms = this.#served.charge(cost)
    if (ms === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.closed.addEventListener('abort', () => resolve(), { once: true })
    await promise
    clearTimeout(timer)
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
      const message = decodeMessage(bytes)
      this.#received.count(bytes.length, message)
      if (message !== undefined && isAnswer(message)) {
        const open = this.#open.get(message.id)
        if (open) open.resolve(checkAnswer(open.question, message))
        // Else it came too late, or was never asked for.
        else this.#allowUnasked(bytes.length)
      } else if (this.#allowUnasked(bytes.length) && message !== undefined) {
        this.#enqueue(message, bytes.length)
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

  #enqueue(message: Notice | Question, bytes: number): void {
    this.#queuedBytes += bytes
    if (this.#queue.length >= limits.MAX_QUEUED_MESSAGES || this.#queuedBytes > limits.MAX_QUEUED_BYTES) {
      this.fault(limits.BAN_FAULTS, 'it sends faster than it can be served')
      return
    }
    this.#queue.push({ message, bytes })
    if (!this.#handling) void this.#handleQueue()
  }

  async #handleQueue(): Promise<void> {
    this.#handling = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#queuedBytes -= next.bytes
      try {
        await this.#handlers.onMessage(this, next.message)
      } catch (error) {
        if (error instanceof RuleError) this.fault(50, error.message)
        else if (!(error instanceof OperationError)) throw error
      }
    }
    this.#handling = false
  }
}

function isAnswer(message: Message): message is Answer {
  return Object.values(ANSWERS).some((type) => type === message.type)
}

/** Throws `RuleError('bad-answer')`. */
function checkAnswer(question: Question, answer: Answer): Answer {
  const fits =
    answer.type === ANSWERS[question.type] &&
    (question.type !== 'get' || (answer.type === 'files' && answer.files.length === question.infohashes.length)) &&
    (question.type !== 'list' || (answer.type === 'listed' && isListOf(question.prefix, question.after, answer))) &&
    (question.type !== 'order' || (answer.type === 'ordered' && isOrderFrom(question, answer)))
  if (fits) return answer
  throw new RuleError('bad-answer', `expected an answer to ${question.type}, got ${answer.type} or the wrong content`)
}

/** It goes on, and says no more than was asked. */
function isOrderFrom({ from, most }: Question & { type: 'order' }, { infohashes, next, end }: Order): boolean {
  return infohashes.length <= most && (from < end ? next > from && next <= end : infohashes.length === 0)
}

function isListOf(prefix: string, after: string, answer: Answer & { type: 'listed' }): boolean {
  let last = after
  for (const infohash of answer.infohashes) {
    if (!infohash.startsWith(prefix) || infohash <= last) return false
    last = infohash
  }
  return !answer.more || answer.infohashes.length > 0
}
