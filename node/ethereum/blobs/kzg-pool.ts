// KZG on a thread of its own, so that the main one goes on answering: hashes of blobs, what a transaction carries, openings of elements.

import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { OperationError } from '../../errors.ts'
import { BLOB_ELEMENTS, elementAt, isBlob } from '../../protocol/blob.ts'
import { blobHash } from '../../protocol/blob-hash.ts'
import type { ElementOpening } from '../../protocol/blob-row.ts'
import type { Hash } from '../../protocol/ids.ts'
import type { ProveTask } from './kzg-worker.ts'

/** What goes with the blobs of a transaction, in their order. */
export type Sidecar = {
  readonly blobs: readonly Uint8Array[]
  /** 48 bytes each. */
  readonly commitments: readonly Uint8Array[]
  /** Those of the first blob, then those of the second: 128 of 48 bytes for each (EIP-7594). */
  readonly cellProofs: readonly Uint8Array[]
  readonly hashes: readonly Hash[]
}

const workerFile = fileURLToPath(new URL('./kzg-worker.ts', import.meta.url))
/** The thread takes two seconds and more to load: it is kept for what may come next. */
const IDLE_MS = 600_000

/** Its thread starts with the first task. While it has none, it keeps no process alive. */
let shared: Piscina | undefined

/**
 * All pools of a process share one thread, which starts with the first task, and what it has loaded stays when a pool stops. A task
 * that is given up ends the thread if it runs already; what waits for it goes on in the next.
 */
export class KzgPool implements AsyncDisposable {
  readonly #stopping = new AbortController()

  /** The versioned hash of each; undefined for bytes that are not a blob, which may come from anybody. */
  hashes(blobs: readonly Uint8Array[], signal?: AbortSignal): Promise<(Hash | undefined)[]> {
    return Promise.all(
      blobs.map(async (blob) => (isBlob(blob) ? blobHash(await this.#commit(blob, signal)) : undefined)),
    )
  }

  /** All are blobs. */
  async sidecar(blobs: readonly Uint8Array[], signal?: AbortSignal): Promise<Sidecar> {
    // First what needs the library: then commitments are by it too.
    const [cellProofs, commitments] = await Promise.all([
      Promise.all(blobs.map((blob) => this.#run<Uint8Array[]>('cellProofs', new Uint8Array(blob), signal))),
      Promise.all(blobs.map((blob) => this.#commit(blob, signal))),
    ])
    return { blobs, commitments, cellProofs: cellProofs.flat(), hashes: commitments.map(blobHash) }
  }

  /** Openings of elements by their numbers through all blobs, none of which is beyond them; all are blobs. In the order asked. */
  async openings(
    blobs: readonly Uint8Array[],
    elements: readonly number[],
    signal?: AbortSignal,
  ): Promise<ElementOpening[]> {
    const commitments = new Map<Uint8Array, Promise<Uint8Array>>()
    const openings = elements.map(async (element): Promise<ElementOpening> => {
      const blob = blobs[Math.floor(element / BLOB_ELEMENTS)]
      if (blob === undefined) throw new RangeError(`element ${element} is beyond ${blobs.length} blobs`)
      const task: ProveTask = { blob: new Uint8Array(blob), place: element % BLOB_ELEMENTS }
      const proving = this.#run<Uint8Array>('prove', task, signal)
      const commitment = commitments.get(blob) ?? this.#commit(blob, signal)
      commitments.set(blob, commitment)
      const [proof, shared] = await Promise.all([proving, commitment])
      return { element: elementAt(blobs, element), commitment: shared, proof }
    })
    return await Promise.all(openings)
  }

  /** Gives up what this pool was asked for. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #commit(blob: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#run<Uint8Array>('commit', new Uint8Array(blob), signal)
  }

  /**
   * `task` is copied as a whole, and with it all of the buffer that a part of one belongs to: therefore blobs are copied before. Not by `slice`,
   * which copies nothing of a `Buffer`, and what comes from peers or from disk is one.
   */
  async #run<Answer>(name: string, task: Uint8Array | ProveTask, signal?: AbortSignal): Promise<Answer> {
    const stopping = this.#stopping.signal
    try {
      stopping.throwIfAborted()
      shared ??= new Piscina({ filename: workerFile, minThreads: 0, maxThreads: 1, idleTimeout: IDLE_MS })
      return await shared.run(task, { name, signal: signal ? AbortSignal.any([signal, stopping]) : stopping })
    } catch (cause) {
      if (!stopping.aborted) throw cause
      const message = 'expected a running KZG pool, but it is stopped: start another'
      throw new OperationError('stopped', message, { cause })
    }
  }
}
