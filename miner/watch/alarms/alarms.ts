// Alarms on their way out: each once, ten of a kind in an hour, and never in the way of watching.

import type { Logger } from '../../../node/log.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { troubleFacts } from '../../../node/trouble.ts'
import type { Alarm, AlarmFacts, AlarmKind, Deliver, Raise } from './alarm.ts'

export type AlarmsDeps = {
  readonly log: Logger
  /** Unix milliseconds. */
  readonly now: () => number
  /** Without one nothing is sent. */
  readonly deliver?: Deliver | undefined
  /** Goes into each summary: how things are at that moment. */
  readonly standing: () => AlarmFacts
  /** Ends what is under way. */
  readonly signal: AbortSignal
}

/** Of each kind this many are sent in any hour, one by one. Per kind, so that a flood of one cannot hide another. */
const MOST_AN_HOUR = 10
const HOUR_MS = 3_600_000
/** Those that are held back are summed up this often. */
const SUM_MS = 600_000
/** This many wait for their delivery, which may be slow. */
const MOST_WAITING = 64
const MOST_CHARACTERS = 1_000
/** This many are remembered, so as not to be sent again. */
const MOST_KNOWN = 8_192

/** What comes and goes is told again after an hour; what concerns one block never. */
const COMES_AND_GOES: ReadonlySet<AlarmKind> = new Set(['doubt', 'clear', 'trouble', 'bridge-dead'])

export class Alarms implements Raise {
  readonly #deps: AlarmsDeps
  /** Until when each is not told again, unix milliseconds; the oldest first. */
  readonly #known = new Map<string, number>()
  readonly #sentMs = new Map<AlarmKind, number[]>()
  readonly #held = new Map<AlarmKind, number>()
  readonly #waiting: Alarm[] = []
  #network: Pick<Alarm, 'chain' | 'bridge'> = {}
  #summedMs: number
  #sending: Promise<void> | undefined

  constructor(deps: AlarmsDeps) {
    this.#deps = deps
    this.#summedMs = deps.now()
  }

  /** Which network all later ones are about. */
  nameNetwork({ chain, bridge }: Pick<Rules, 'chain' | 'bridge'>): void {
    this.#network = { chain: `${chain}`, bridge }
  }

  raise(kind: AlarmKind, about: string, message: string, facts: AlarmFacts = {}): void {
    if (this.#deps.deliver === undefined) return
    const key = `${kind} ${about}`
    const now = this.#deps.now()
    // What follows the one is news again, and the other way round: the last word that is heard is how things are.
    if (kind === 'clear') this.#known.delete('doubt ')
    if (kind === 'doubt') this.#known.delete('clear ')
    if (now < (this.#known.get(key) ?? 0)) return
    this.#remember(key, COMES_AND_GOES.has(kind) ? now + HOUR_MS : Number.POSITIVE_INFINITY)
    const sent = (this.#sentMs.get(kind) ?? []).filter((sentMs) => sentMs > now - HOUR_MS)
    this.#sentMs.set(kind, sent)
    if (sent.length >= MOST_AN_HOUR || this.#waiting.length >= MOST_WAITING) {
      this.#held.set(kind, (this.#held.get(kind) ?? 0) + 1)
      return
    }
    sent.push(now)
    this.#send(kind, message, facts)
  }

  /** Sums up what was held back, if it is time. To be called now and then. */
  tick(): void {
    const now = this.#deps.now()
    if (this.#held.size === 0 || now < this.#summedMs + SUM_MS) return
    this.#summedMs = now
    const counts = Object.fromEntries(this.#held)
    this.#held.clear()
    const words = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`)
    const message = `More alarms than are sent one by one (${MOST_AN_HOUR} an hour of each kind): ${words.join(', ')}.`
    this.#send('more', message, { counts, ...this.#deps.standing() })
  }

  /** When nothing is under way any more. */
  async ended(): Promise<void> {
    await this.#sending
  }

  #remember(key: string, untilMs: number): void {
    this.#known.delete(key)
    this.#known.set(key, untilMs)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest)
  }

  #send(alarm: AlarmKind, message: string, facts: AlarmFacts): void {
    const at = new Date(this.#deps.now()).toISOString()
    this.#waiting.push({ ...facts, alarm, at, message: plain(message), ...this.#network })
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
  }

  /** One after the other, in their order. A failure is for the log: nothing else depends on it. */
  async #sendAll(): Promise<void> {
    const { deliver, signal, log } = this.#deps
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (signal.aborted || deliver === undefined) return
      try {
        await deliver(next, signal)
      } catch (error) {
        if (!signal.aborted) log.warn({ alarm: next.alarm, ...troubleFacts(error) }, 'an alarm was not delivered')
      }
    }
  }
}

/** Of words that may come from a node: no control characters, no marks that a chat takes for a call to everybody, and an end. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}@<>]/gu, ' ').slice(0, MOST_CHARACTERS)
}
