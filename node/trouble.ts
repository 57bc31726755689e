// What is wrong at present: said once when it begins, kept for the status, and over with the first try that succeeds.

import { isOperationError, OperationError } from './errors.ts'
import type { Logger } from './log.ts'
import { RuleError } from './protocol/rule-error.ts'

/** The present trouble of each task. */
export class Troubles<Task extends string> {
  readonly #log: Logger
  readonly #signal: AbortSignal
  readonly #known = new Map<Task, Error>()

  readonly #onNews: (task: Task, problem: Error) => void

  /** What goes wrong after `signal` is not trouble any more. `onNews` is told when the log is. */
  constructor(log: Logger, signal: AbortSignal, onNews: (task: Task, problem: Error) => void = () => undefined) {
    this.#log = log
    this.#signal = signal
    this.#onNews = onNews
  }

  /** Never throws: what the task throws is its trouble. */
  async try(task: Task, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.#known.delete(task)
    } catch (error) {
      this.add(task, error)
    }
  }

  add(task: Task, error: unknown): void {
    if (this.#signal.aborted) return
    const problem = error instanceof Error ? error : new Error(String(error))
    const known = this.#known.get(task)
    this.#known.set(task, problem)
    if (known !== undefined && codeOf(known) === codeOf(problem)) return
    this.#log[mayPass(problem) ? 'warn' : 'error'](troubleFacts(problem), `${task}: something is in the way`)
    this.#onNews(task, problem)
  }

  /** Forgets the troubles of all other tasks. */
  keep(isKept: (task: Task) => boolean): void {
    for (const task of this.#known.keys()) if (!isKept(task)) this.#known.delete(task)
  }

  /** The oldest trouble of any task. */
  first(): Error | undefined {
    return [...this.#known.values()][0]
  }

  /** The first trouble of these tasks, in their order. */
  of(...tasks: readonly Task[]): Error | undefined {
    return tasks.flatMap((task) => this.#known.get(task) ?? [])[0]
  }
}

/** Facts for a log line. What is not one of our errors is a bug, and goes in whole; of others, the messages of libraries stay out (they hold whole URLs). */
export function troubleFacts(error: unknown): object {
  if (!(error instanceof OperationError || error instanceof RuleError)) return { error }
  return { code: error.code, problem: error.message, ...error.facts }
}

/** Whether it passes on its own or by what the account's owner does outside of here. */
function mayPass(error: unknown): boolean {
  return error instanceof OperationError && (error.retry || error.code === 'unfunded-account')
}

/** What tells one trouble from another. */
function codeOf(error: Error): string {
  if (isOperationError(error, 'bridge-refused')) return error.facts.error
  return error instanceof OperationError || error instanceof RuleError ? error.code : error.message
}
