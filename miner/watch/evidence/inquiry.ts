// A question to all sources: one after another, and beside those who are slow. The first right answer counts, and whoever gave it is asked first from then on.

import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../../node/errors.ts'
import type { Logger } from '../../../node/log.ts'
import type { Hash } from '../../../node/protocol/ids.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import type { Source } from './source.ts'

export type InquiryDeps = {
  /** In the order in which they are asked at first. */
  readonly sources: readonly Source[]
  readonly log: Logger
}

export type Question<T> = {
  /** For messages. */
  readonly what: string
  /**
   * `undefined`: this one has none. `limit` ends with the time that a source has, `until` with the question itself: for what does not take the
   * source's time. A `RuleError` is reported as a wrong answer, once for each source.
   */
  readonly ask: (source: Source, limit: AbortSignal, until: AbortSignal) => Promise<T | undefined>
  /** It is unknown where nobody has it. */
  readonly block?: Hash
  /** After this long without an answer the next one is asked as well. */
  readonly patienceMs: number
}

export class Inquiry {
  readonly #log: Logger
  #sources: readonly Source[]
  /** Whose wrong answers have been reported. */
  readonly #wrong = new Set<string>()

  constructor({ sources, log }: InquiryDeps) {
    this.#sources = sources
    this.#log = log
  }

  /** Throws `OperationError`: `unknown-block`, `no-evidence` (retry); and the signal's reason. */
  async first<T>({ what, ask, block, patienceMs }: Question<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted()
    const done = new AbortController()
    const until = AbortSignal.any([signal, done.signal])
    const asked: Promise<{ readonly source: Source; readonly answer: T } | undefined>[] = []
    const whys: string[] = []
    const tell = async (source: Source) => {
      try {
        const answer = await ask(source, AbortSignal.any([until, AbortSignal.timeout(source.limitMs)]), until)
        if (answer !== undefined) return { source, answer }
      } catch (error) {
        if (until.aborted) return undefined
        this.blame(source, what, error)
        whys.push(`${source.name}: ${error instanceof Error ? error.message : String(error)}`)
      }
      return undefined
    }
    try {
      const order = this.#sources
      for (const [i, source] of order.entries()) {
        asked.push(tell(source))
        const isLast = i === order.length - 1
        const first = await firstOf(asked, isLast ? undefined : patienceMs, until)
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

  blame({ name }: Source, what: string, error: unknown): void {
    if (!(error instanceof RuleError)) return
    if (!this.#wrong.has(name))
      this.#log.warn({ source: name, what, problem: error.message }, 'a wrong answer: asking others')
    this.#wrong.add(name)
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
