// The thread that retraces the past, from outside.

import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { OperationError } from '../../errors.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { RetraceAnswer, RetraceStart, RetraceTask } from './retrace-worker.ts'

const workerFile = fileURLToPath(new URL('./retrace-worker.ts', import.meta.url))

/** One task at a time. It keeps no process alive. */
export class Retracer implements AsyncDisposable {
  readonly #worker: Worker
  #answered: (answer: RetraceAnswer | undefined) => void = () => undefined
  #isOver = false
  #death: unknown

  constructor(start: RetraceStart) {
    this.#worker = new Worker(workerFile, { workerData: start, name: 'retrace' })
    this.#worker.unref()
    this.#worker.on('error', (error) => {
      this.#death = error
    })
    this.#worker.on('message', (answer: RetraceAnswer) => this.#answered(answer))
    this.#worker.on('exit', () => {
      this.#isOver = true
      this.#answered(undefined)
    })
  }

  /**
   * Replays the next block. Throws `RuleError`: `wrong-past` where it is wrong if these are its rows, `bad-past` where something is missing; and
   * `OperationError('retrace-failed')` where the thread died.
   */
  async take(block: Uint8Array): Promise<void> {
    await this.#ask({ block })
  }

  /** As in `outputs.bin`, after the last block. Throws `OperationError('retrace-failed')`. */
  async outputs(): Promise<Uint8Array> {
    const { outputs } = await this.#ask('outputs')
    return outputs ?? new Uint8Array()
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #ask(task: RetraceTask): Promise<Extract<RetraceAnswer, { done: true }>> {
    if (this.#isOver) throw failed(this.#death)
    // Not in a race with the end of the thread: that would hold all answers, balances among them, until then.
    const { promise, resolve } = Promise.withResolvers<RetraceAnswer | undefined>()
    this.#answered = resolve
    this.#worker.postMessage(task)
    const answer = await promise
    this.#answered = () => undefined
    if (answer === undefined) throw failed(this.#death)
    if ('refused' in answer) throw new RuleError(answer.refused === 'wrong' ? 'wrong-past' : 'bad-past', answer.why)
    return answer
  }
}

function failed(cause: unknown): OperationError {
  const isMemory = cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
  const why = isMemory ? 'there is not enough memory' : String(cause ?? 'its thread ended')
  return new OperationError(
    'retrace-failed',
    `expected to replay the past in the background, but ${why}; the node goes on without, start it again to try once more`,
    { cause },
  )
}
