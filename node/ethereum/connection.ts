// Every question to Ethereum goes through one of these: it asks, waits where an endpoint wants fewer questions, asks again where it is silent,
// and says in our words what it did not get.

import { setTimeout as delay } from 'node:timers/promises'
import { createPublicClient, fallback, keccak256, type PublicClient, toBytes } from 'viem'
import { OperationError } from '../errors.ts'
import { type Hash, parseHash } from '../protocol/ids.ts'
import { endpoint } from './endpoint.ts'
import { Pace } from './pace.ts'
import { closed, failureOf, nameOf, problemOf, waitOf } from './problems.ts'

export type ConnectionOptions = {
  /** For one answer, milliseconds. Default 10,000. */
  readonly timeoutMs?: number
  /** Further tries after a silent endpoint, with doubling pauses. Default 3. */
  readonly retries?: number
  /** Before the first retry, milliseconds. Default 250. */
  readonly backoffMs?: number
  /** A question waits for this many milliseconds in all for an endpoint that wants to be asked less. Default: `timeoutMs`, as for an answer. */
  readonly patienceMs?: number
}

export type Manner = {
  /** Further tries after silence, instead of the connection's own number. */
  readonly retries?: number
  /** The answer may be long, and may take `LONG` times as long if parts of it keep coming. */
  readonly isLong?: boolean
}

const DEFAULTS = { timeoutMs: 10_000, retries: 3, backoffMs: 250 }
/** Before the next question to an endpoint that wants fewer. */
const LONGEST_PAUSE_MS = 2_000
/** Of an ordinary answer. */
const MOST_BYTES = 2 ** 24
/**
 * Of all logs of the bridge in one block of Ethereum. A publication costs 8 gas and more for each byte that two digits tell: blocks would have to
 * grow to 300 million gas to exceed it.
 */
const MOST_LONG_BYTES = 2 ** 26
/** Of the least that an endpoint says, a number in a log with its name: more values are not an answer, but work. */
const BYTES_A_VALUE = 16
/** This many times the time of another answer. */
const LONG = 6
/** After this many times that time without any part of a long answer, none is coming. */
const STILL = 2
/** After silence of this many times that time the question is not asked again before that is reported: by default that is within half a minute. */
const WORN = 1.5
/** Tries of a question about a block that an endpoint does not have: behind one address there may be machines that have it. */
const BEHIND_TRIES = 4

export class Connection {
  /** The endpoints without path and query, which often hold keys. */
  readonly name: string
  /** Tells endpoints apart without their URLs: a hash of these. */
  readonly id: Hash
  readonly #client: PublicClient
  /** For answers that may be long. */
  readonly #patientClient: PublicClient
  readonly #options: Required<ConnectionOptions>
  readonly #pace: Pace
  readonly #closing = new AbortController()

  /** `urls` are http or https; where the first does not answer, the next is asked. Throws `OperationError('bad-endpoint')`. */
  constructor(urls: readonly string[], options: ConnectionOptions = {}) {
    this.name = nameOf(urls)
    this.id = parseHash(keccak256(toBytes(urls.join('\n'))))
    const { timeoutMs } = { ...DEFAULTS, ...options }
    this.#options = { ...DEFAULTS, patienceMs: timeoutMs, ...options }
    this.#pace = new Pace(() => performance.now(), Math.min(timeoutMs, LONGEST_PAUSE_MS))
    const common = { stillMs: STILL * timeoutMs, bytesAValue: BYTES_A_VALUE }
    const clientWaiting = (timeoutMs: number, mostBytes: number) => {
      const all = urls.map((url) => endpoint(url, { ...common, timeoutMs, mostBytes }, this.#closing.signal))
      return createPublicClient({ transport: fallback(all, { retryCount: 0 }), cacheTime: 0 })
    }
    this.#client = clientWaiting(this.#options.timeoutMs, MOST_BYTES)
    this.#patientClient = clientWaiting(LONG * this.#options.timeoutMs, MOST_LONG_BYTES)
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  /** Ends what is under way; every later question throws `ethereum-closed`. */
  close(): void {
    this.#closing.abort()
  }

  /**
   * One question. Throws `OperationError`: `ethereum-silent`, `ethereum-limited`, `ethereum-locked`, `ethereum-refused` (all `retry`),
   * `ethereum-pruned-logs`, `ethereum-closed`, and what the question throws of ours.
   */
  async ask<T>(what: string, question: (client: PublicClient) => Promise<T>, manner: Manner = {}): Promise<T> {
    const { timeoutMs, backoffMs, patienceMs } = this.#options
    const { retries = this.#options.retries } = manner
    const client = manner.isLong ? this.#patientClient : this.#client
    let waitedMs = 0
    let silences = 0
    let silentMs = 0
    for (let tries = 1; ; tries++) {
      let startedMs = 0
      try {
        await this.#pause(this.#pace.place())
        startedMs = performance.now()
        const answer = await question(client)
        this.#pace.answered()
        return answer
      } catch (cause) {
        if (this.isClosed) throw closed(this.name)
        if (cause instanceof OperationError) throw cause
        const failure = failureOf(cause)
        if (failure === 'limited') {
          // The pause itself is in the place that the next try gets.
          waitedMs += this.#pace.refused(waitOf(cause, Date.now()))
          if (waitedMs < patienceMs) continue
        } else if (failure === 'silent') {
          silentMs += performance.now() - startedMs
          if (silences < retries && silentMs <= WORN * timeoutMs) {
            await this.#pause(backoffMs * 2 ** silences)
            silences += 1
            continue
          }
        } else if (failure === 'behind' && tries < BEHIND_TRIES) continue
        throw problemOf(this.name, what, cause)
      }
    }
  }

  /** Makes something of an answer. What that throws is the endpoint's fault: nothing that it says is an error of ours. */
  parse<T>(what: string, parse: () => T): T {
    try {
      return parse()
    } catch (error) {
      throw problemOf(this.name, what, error)
    }
  }

  /** Throws `ethereum-closed`. */
  async #pause(ms: number): Promise<void> {
    if (this.isClosed) throw closed(this.name)
    if (ms <= 0) return
    await delay(ms, undefined, { signal: this.#closing.signal }).catch(() => {
      throw closed(this.name)
    })
  }
}
