// The steps of a demo: each is reported when it begins and ends, and ends with a count of all money.

import { OperationError } from '../../../node/errors.ts'
import type { SupplyCount } from './supply.ts'

export type StepReport = { readonly name: string; readonly seconds: number }
export type NamedCount = { readonly step: string } & SupplyCount

export type StageDeps = {
  readonly say: (text: string) => void
  /** All money at this moment. */
  readonly count: () => Promise<SupplyCount>
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

export class Stage {
  readonly steps: StepReport[] = []
  readonly supply: NamedCount[] = []
  readonly #deps: StageDeps
  readonly #startedMs: number

  constructor(deps: StageDeps) {
    this.#deps = deps
    this.#startedMs = deps.now()
  }

  /** Seconds since the first step began. */
  get seconds(): number {
    return seconds(this.#deps.now() - this.#startedMs)
  }

  /** `done` says what came of it, in a few words. Throws `OperationError('demo-failed')` where money appeared or vanished. */
  async step<T>(name: string, run: () => Promise<T>, done: (result: T) => string = () => ''): Promise<T> {
    const { say, now } = this.#deps
    const startedMs = now()
    const result = await run()
    const took = seconds(now() - startedMs)
    this.steps.push({ name, seconds: took })
    const outcome = done(result)
    say(
      `${`${this.steps.length}`.padStart(2)}  ${`${took.toFixed(1)} s`.padStart(7)}  ${name}${outcome === '' ? '' : `: ${outcome}`}`,
    )
    await this.#audit(name)
    return result
  }

  /** Counts before the first step. */
  async begin(): Promise<void> {
    await this.#audit('the beginning')
  }

  async #audit(step: string): Promise<void> {
    const count = await this.#deps.count()
    this.supply.push({ step, ...count })
    check(
      count.total === count.genesis,
      `all money to be ${count.genesis} base units after "${step}"`,
      `${count.total}`,
    )
    const { token } = count
    if (token === undefined) return
    check(token.total === token.held, `the gateway to hold all ${token.total} units after "${step}"`, `${token.held}`)
  }
}

/** One expectation of a demo. Throws `OperationError('demo-failed')`. */
export function check(holds: boolean, expected: string, got: string): void {
  if (holds) return
  throw new OperationError(
    'demo-failed',
    `expected ${expected}, got ${got}; this is a bug: keep the folder and report it`,
  )
}

function seconds(ms: number): number {
  return Math.round(ms / 10) / 100
}
