// Searches nonces on all cores: threads that never wait for the main thread and change to new work within milliseconds.

import assert from 'node:assert'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Logger } from 'pino'
import { Piscina } from 'piscina'
import { OperationError } from '../../node/errors.ts'
import { addSample, type HashRates, type HashSample, ratesOf } from './hash-rate.ts'
import { createKernel, kernelsBySpeed, REFERENCE } from './kernels/kernels.ts'
import type { KernelName } from './kernels/names.ts'
import { digestOf, meetsTarget, noncePrefix, SESSION_BYTES, type Solution, type Work } from './nonce.ts'
import { type Control, createControl, type Fault, type Find, type MiningTask, type Order } from './worker.ts'

export type PowPoolDeps = {
  readonly log: Logger
  /** Unpredictable bytes; what keeps this pool's nonces apart from everybody else's. */
  readonly random: (bytes: number) => Uint8Array
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

export type PowPoolOptions = {
  /** Threads, at least 1. Default: the cores that this process may use. */
  readonly threads?: number
  /** Default `auto`: the fastest on this machine. One that turns out to be wrong is given up for the fastest of the others. */
  readonly kernel?: KernelName | 'auto'
}

/** `total` and `searchedMs` count from the pool's construction; what it rests is in neither `rates` nor `searchedMs`. */
export type HashRate = {
  readonly rates: HashRates
  readonly total: bigint
  readonly searchedMs: number
  readonly threads: number
  readonly kernel: KernelName
}

const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url))
const sampleMs = 1_000
/** A slot whose threads die this often in a row without one hash is not started again. */
const maxBarrenStarts = 3
const idle = undefined

type Pending = {
  readonly resolve: (solution: Solution) => void
  readonly reject: (reason: unknown) => void
}

/**
 * One search at a time. A thread that dies is reported and replaced; its nonces are not tried again. Threads end with
 * their process.
 */
export class PowPool {
  readonly #deps: PowPoolDeps
  readonly #threads: number
  #kernel: KernelName
  readonly #wrong = new Set<KernelName>()
  readonly #control: Control
  readonly #session: Uint8Array
  readonly #running = new Map<number, { readonly piscina: Piscina<MiningTask, never>; readonly port: MessagePort }>()
  #isStarted = false
  #timer: NodeJS.Timeout | undefined
  #slots: readonly Promise<void>[] = []
  #stopping: Promise<void> | undefined
  #failure: OperationError | undefined
  #order: Order = { id: 0, work: idle }
  #pending: Pending | undefined
  #startedThreads = 0
  #liveSlots = 0
  #samples: readonly HashSample[] = []
  /** Of the searches that are over. */
  #searchedMs = 0
  /** When the one that is under way began, on the pool's clock. */
  #searchingSinceMs: number | undefined

  /** Throws `OperationError('kernel-absent')` and `('kernel-wrong')` where one that was named cannot be used. */
  constructor(deps: PowPoolDeps, options: PowPoolOptions = {}) {
    this.#deps = deps
    this.#threads = options.threads ?? availableParallelism()
    if (!Number.isInteger(this.#threads) || this.#threads < 1) {
      throw new RangeError(`expected at least one mining thread, got ${this.#threads}`)
    }
    const { kernel = 'auto' } = options
    if (kernel !== 'auto') createKernel(kernel)
    this.#kernel = kernel === 'auto' ? this.#fastest() : kernel
    this.#control = createControl(this.#threads)
    this.#session = deps.random(SESSION_BYTES)
    assert(this.#session.length === SESSION_BYTES, 'the source of randomness returns as many bytes as it was asked for')
  }

  /** Starts the threads; they load in the background. Once only. */
  start(): void {
    assert(!this.#isStarted && this.#stopping === undefined, 'a pool is started once')
    this.#isStarted = true
    this.#sample()
    this.#timer = setInterval(() => this.#sample(), sampleMs).unref()
    this.#liveSlots = this.#threads
    this.#slots = Array.from({ length: this.#threads }, (_, slot) => this.#keepMining(slot))
  }

  /** Ends all threads; a search that is under way rejects with `OperationError('pow-pool-stopped')`. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /**
   * Resolves with the first nonce found for the work, or for the one that `update` has put in its place. Rejects with the
   * signal's reason, or with an `OperationError`: `pow-pool-stopped`, `pow-pool-dead` if no thread can be kept alive.
   */
  search(work: Work, signal?: AbortSignal): Promise<Solution> {
    assert(this.#pending === undefined, 'a pool does one search at a time')
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#stopping !== undefined || !this.#isStarted) return Promise.reject(stopped())
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const onAbort = () => this.#settle((pending) => pending.reject(signal?.reason))
      const forget = () => signal?.removeEventListener('abort', onAbort)
      this.#pending = {
        resolve: (solution) => {
          forget()
          resolve(solution)
        },
        reject: (reason) => {
          forget()
          reject(reason)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#searchingSinceMs = this.#deps.now()
      this.#give(work)
    })
  }

  /** Switches every thread to other work. False, and without effect, if no search is under way (it may just have ended). */
  update(work: Work): boolean {
    if (this.#pending === undefined) return false
    this.#give(work)
    return true
  }

  hashRate(): HashRate {
    this.#sample()
    return {
      rates: ratesOf(this.#samples),
      total: this.#total(),
      searchedMs: this.#searched(),
      threads: this.#liveSlots,
      kernel: this.#kernel,
    }
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#settle((pending) => pending.reject(stopped()))
    await Promise.all(Array.from(this.#running.values(), ({ piscina }) => piscina.destroy()))
    await Promise.all(this.#slots)
    this.#liveSlots = 0
  }

  /** Ends the search, if one is under way, and lets the threads rest. */
  #settle(end: (pending: Pending) => void): void {
    const pending = this.#pending
    if (pending === undefined) return
    this.#pending = undefined
    this.#give(idle)
    this.#sample()
    this.#searchedMs = this.#searched()
    this.#searchingSinceMs = undefined
    end(pending)
  }

  #give(work: Work | undefined): void {
    this.#order = { id: this.#order.id + 1, work }
    for (const { port } of this.#running.values()) port.postMessage(this.#order)
    Atomics.add(this.#control.generation, 0, 1)
    Atomics.notify(this.#control.generation, 0)
  }

  /** Keeps one thread at work until the pool stops. */
  async #keepMining(slot: number): Promise<void> {
    for (let barren = 0; barren < maxBarrenStarts; ) {
      const hashesBefore = Atomics.load(this.#control.hashes, slot)
      const kernel = this.#kernel
      try {
        await this.#runThread(slot, kernel)
      } catch (error) {
        if (this.#stopping !== undefined) return
        if (kernel !== this.#kernel) continue
        barren = Atomics.load(this.#control.hashes, slot) === hashesBefore ? barren + 1 : 0
        this.#deps.log.error({ slot, error, barren }, 'a mining thread died')
      }
    }
    this.#liveSlots -= 1
    if (this.#liveSlots > 0) return
    const failure = new OperationError(
      'pow-pool-dead',
      'expected mining threads to run, but they die as soon as they start: see the log, then start the miner again',
    )
    this.#failure = failure
    this.#settle((pending) => pending.reject(failure))
  }

  /** Ends only by rejecting: the thread died or was ended. */
  async #runThread(slot: number, kernel: KernelName): Promise<never> {
    // One Piscina per thread, because a task that waits for a replaced thread never hears of that one's death.
    const piscina = new Piscina<MiningTask, never>({ filename: workerFile, name: 'mine', minThreads: 1, maxThreads: 1 })
    piscina.on('error', (error) => this.#deps.log.warn({ slot, error }, 'a mining thread died without a task'))
    const { port1: port, port2 } = new MessageChannel()
    port.on('message', (message: Find | Fault) => {
      if ('fault' in message) this.#giveUp(kernel, message.fault)
      else this.#check(message, kernel)
    })
    port.postMessage(this.#order)
    const prefix = noncePrefix(this.#session, this.#startedThreads)
    this.#startedThreads += 1
    this.#running.set(slot, { piscina, port })
    try {
      const task = { buffer: this.#control.buffer, slot, prefix, kernel, port: port2 }
      return await piscina.run(task, { transferList: [port2] })
    } finally {
      port.close()
      await piscina.destroy()
    }
  }

  #check({ id, nonce }: Find, kernel: KernelName): void {
    const { work } = this.#order
    if (id !== this.#order.id || work === undefined) return
    const digest = digestOf(work, nonce)
    if (meetsTarget(digest, work.target)) {
      this.#settle((pending) => pending.resolve({ work, nonce, digest }))
      return
    }
    const message = `kernel ${kernel} found ${nonce} for ${work.challenge}, but its digest ${digest} misses the target`
    if (this.#giveUp(kernel, message))
      this.#give(work) // the thread that found it rests
    else this.#settle((pending) => pending.reject(new assert.AssertionError({ message })))
  }

  /** Whether another one takes its place. */
  #giveUp(kernel: KernelName, why: string): boolean {
    this.#wrong.add(kernel)
    if (kernel !== this.#kernel) return true // another thread said so before
    const next = this.#fastest()
    if (next === kernel) return false
    this.#kernel = next
    this.#deps.log.error({ kernel, next, why }, 'a kernel is wrong on this machine: another one takes its place')
    for (const { piscina } of this.#running.values()) void piscina.destroy()
    return true
  }

  #fastest(): KernelName {
    const order = kernelsBySpeed()
    return order.find((name) => !this.#wrong.has(name)) ?? REFERENCE
  }

  #sample(): void {
    this.#samples = addSample(this.#samples, { searchedMs: this.#searched(), total: this.#total() })
  }

  #searched(): number {
    const since = this.#searchingSinceMs
    return this.#searchedMs + (since === undefined ? 0 : this.#deps.now() - since)
  }

  #total(): bigint {
    let total = 0n
    for (let slot = 0; slot < this.#threads; slot++) total += Atomics.load(this.#control.hashes, slot)
    return total
  }
}

function stopped(): OperationError {
  return new OperationError('pow-pool-stopped', 'expected a running pool, but it is stopped: start another')
}
