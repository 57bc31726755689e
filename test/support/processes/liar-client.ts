// Talks to a liar in a process of its own: commands as lines of JSON on its standard input, answers on its standard output.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { operationErrorOf } from '../../../node/client/errors.ts'
import type { Facts } from '../../../node/protocol/rule-error.ts'
import { COMPILE_CACHE } from '../../../scripts/devnet/services.ts'
import type { LiarAnswer, LiarOrder, LiarSetup } from './liar-orders.ts'

type Answer = { readonly id: number; readonly result?: LiarAnswer; readonly error?: Failure }
type Failure = { readonly code: string; readonly message: string; readonly facts: Facts }

const PROGRAM = fileURLToPath(new URL('./liar-process.ts', import.meta.url))

export class LiarProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Map<number, PromiseWithResolvers<LiarAnswer>>()
  readonly #ended: Promise<unknown>
  #orders = 0
  #err = ''

  constructor(setup: LiarSetup) {
    // It ends with its standard input, and therefore with us.
    const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, NO_COLOR: '1' }
    this.#child = spawn(process.execPath, [PROGRAM, JSON.stringify(setup)], { stdio: 'pipe', env })
    this.#ended = once(this.#child, 'close').then(() => this.#abandon())
    this.#child.stdin.on('error', () => undefined) // its end is told by `close`
    this.#child.stderr.on('data', (chunk) => {
      this.#err += chunk
    })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(JSON.parse(line)))
  }

  /** Resolves once it takes orders. */
  async ready(): Promise<void> {
    await this.#ask('ready', {})
  }

  /** Resolves when the block is in Ethereum. Throws `OperationError` as `Liar.publish` does, the bridge's refusals among them. */
  async publish(order: LiarOrder = {}): Promise<LiarAnswer> {
    return await this.#ask('publish', order)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  async #ask(call: string, order: object): Promise<LiarAnswer> {
    this.#orders += 1
    const answer = Promise.withResolvers<LiarAnswer>()
    this.#waiting.set(this.#orders, answer)
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) this.#abandon()
    else this.#child.stdin.write(`${JSON.stringify({ id: this.#orders, call, order })}\n`)
    return await answer.promise
  }

  #take({ id, result, error }: Answer): void {
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (result !== undefined) answer?.resolve(result)
    else answer?.reject(operationErrorOf(error ?? { code: 'node-failed', message: 'it said nothing', facts: {} }))
  }

  #abandon(): void {
    for (const answer of this.#waiting.values()) answer.reject(new Error(`the liar ended:\n${this.#err}`))
    this.#waiting.clear()
  }
}
