// Talks to a liar in a process of its own: commands as lines of JSON on its standard input, answers on its standard output.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { OperationError } from '../../node/errors.ts'
import { parseHash } from '../../node/protocol/ids.ts'
import { COMPILE_CACHE } from '../../scripts/devnet/services.ts'
import type { Publication } from './author.ts'
import type { LiarOrder, LiarSetup } from './liar-orders.ts'

const PROGRAM = fileURLToPath(new URL('./liar-process.ts', import.meta.url))

type Answer = { readonly id: number; readonly result?: Record<string, string>; readonly error?: Failure }
type Failure = { readonly code: string; readonly message: string }

export class LiarProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Map<number, PromiseWithResolvers<Record<string, string>>>()
  readonly #ended: Promise<unknown>
  #orders = 0
  #err = ''

  constructor(setup: LiarSetup) {
    // It ends with its standard input, hence with us.
    const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, NO_COLOR: '1' }
    this.#child = spawn(process.execPath, [PROGRAM, JSON.stringify(setup)], { stdio: 'pipe', env })
    this.#ended = once(this.#child, 'close').then(() => this.#abandon())
    this.#child.stdin.on('error', () => undefined) // its end is told by `close`
    this.#child.stderr.on('data', (chunk) => {
      this.#err += chunk
    })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(JSON.parse(line)))
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves once it takes orders. */
  async ready(): Promise<void> {
    await this.#ask('ready', {})
  }

  /** Resolves when the block is in Ethereum. Throws `OperationError` with the code of the bridge's refusal. */
  async publish(order: LiarOrder): Promise<Publication> {
    const { id, parent, height, transaction, gas, publishedAt } = await this.#ask('publish', order)
    return {
      id: parseHash(id ?? ''),
      parent: parseHash(parent ?? ''),
      height: BigInt(height ?? ''),
      transaction: parseHash(transaction ?? ''),
      gas: BigInt(gas ?? ''),
      publishedAt: BigInt(publishedAt ?? ''),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end()
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  async #ask(call: string, order: object): Promise<Record<string, string>> {
    this.#orders += 1
    const answer = Promise.withResolvers<Record<string, string>>()
    this.#waiting.set(this.#orders, answer)
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) this.#abandon()
    else this.#child.stdin.write(`${JSON.stringify({ id: this.#orders, call, order })}\n`)
    return await answer.promise
  }

  #take({ id, result, error }: Answer): void {
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error !== undefined) answer?.reject(new OperationError(error.code, error.message))
    else answer?.resolve(result ?? {})
  }

  #abandon(): void {
    for (const answer of this.#waiting.values()) answer.reject(new Error(`the liar ended:\n${this.#err}`))
    this.#waiting.clear()
  }
}
