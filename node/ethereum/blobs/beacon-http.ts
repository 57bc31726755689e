// Questions to a beacon node over HTTP: an answer of bounded length, in bounded time, or in our words why there is none.

import type { z } from 'zod'
import { readBounded } from '../../bounded-answer.ts'
import { OperationError } from '../../errors.ts'
import { Stillness } from '../../stillness.ts'
import { nameOf } from '../problems.ts'

/** What is asked, and what an answer may be. */
export type BeaconQuestion<Answer> = {
  /** Begins with a slash. */
  readonly path: string
  readonly query?: readonly (readonly [name: string, value: string])[]
  readonly mostBytes: number
  readonly schema: z.ZodType<Answer>
}

/** Of the least that an answer states: more values are not an answer, but work. */
const BYTES_A_VALUE = 16

export class BeaconHttp {
  /** The endpoint without user, path and query, which often hold keys. */
  readonly name: string
  readonly #base: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #stillMs: number

  /** `url` is http or https, and may hold a user, a path and a query. `stillMs` ends an answer of which no part comes. Throws `OperationError('bad-endpoint')`. */
  constructor(url: string, stillMs: number) {
    this.name = nameOf([url])
    this.#base = new URL(url)
    this.#stillMs = stillMs
    const { username, password } = this.#base
    const user = `${decode(username)}:${decode(password)}`
    // `fetch` takes no user in the URL, and says the whole URL where it refuses one.
    const key = user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }
    this.#headers = { accept: 'application/json', ...key }
    this.#base.username = ''
    this.#base.password = ''
  }

  /**
   * The answer; undefined if the endpoint says that it does not have this, or does not know the question. Throws `OperationError`: `beacon-silent`
   * and `beacon-refused`, both `retry`. `signal` is the caller's, whose reason is thrown; `deadline` is the endpoint's.
   */
  async ask<Answer>(
    question: BeaconQuestion<Answer>,
    signal: AbortSignal,
    deadline: AbortSignal,
  ): Promise<Answer | undefined> {
    const text = await this.#read(question, signal, deadline)
    if (text === undefined) return undefined
    try {
      return question.schema.parse(JSON.parse(text))
    } catch {
      // Neither the text nor what the parser says of it: whoever answers chooses both.
      throw this.refused(question.path, 'something that does not belong to the beacon API')
    }
  }

  refused(path: string, got: string): OperationError {
    return new OperationError(
      'beacon-refused',
      `expected an answer of a beacon node at ${this.name} to ${path}, got ${got}; check that the URL after --beacon is one, with its key`,
      { facts: { endpoint: this.name, path }, retry: true },
    )
  }

  async #read(
    { path, query = [], mostBytes }: BeaconQuestion<unknown>,
    signal: AbortSignal,
    deadline: AbortSignal,
  ): Promise<string | undefined> {
    const url = new URL(this.#base)
    url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`
    for (const [name, value] of query) url.searchParams.append(name, value)
    using stillness = new Stillness(this.#stillMs)
    const ended = AbortSignal.any([signal, deadline, stillness.signal])
    try {
      const response = await fetch(url, { headers: this.#headers, redirect: 'manual', signal: ended })
      if (response.status !== 200) {
        await response.body?.cancel()
        return this.#without(path, response.status)
      }
      stillness.refresh()
      return await readBounded(response, mostBytes, BYTES_A_VALUE, () => stillness.refresh())
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      if (cause instanceof OperationError) throw cause
      if (cause instanceof RangeError) throw this.refused(path, `more than ${mostBytes} bytes`)
      throw this.#silent(path, ended.aborted ? 'nothing, or nothing whole, in time' : wordOf(cause), cause)
    }
  }

  /** Throws where a status is not how a beacon node says that it does not have something: 404, 400, 410 and the like. */
  #without(path: string, status: number): undefined {
    if (status === 408 || status === 429 || (status >= 500 && status !== 501))
      throw this.#silent(path, `status ${status}`)
    if (status >= 300 && status < 400) throw this.refused(path, 'a redirection, which is not followed')
    if (status === 401 || status === 403)
      throw this.refused(path, `status ${status}: it wants a key, or has another one`)
    if (status < 400) throw this.refused(path, `status ${status}`)
    return undefined
  }

  #silent(path: string, got: string, cause?: unknown): OperationError {
    return new OperationError(
      'beacon-silent',
      `expected an answer of the beacon node at ${this.name} to ${path}, got ${got}; check that it runs and can be reached, or name another with --beacon`,
      { facts: { endpoint: this.name, path }, retry: true, cause },
    )
  }
}

/** What Node calls the failure, such as ECONNREFUSED; nothing that the other side says. */
function wordOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : 'a broken connection'
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
