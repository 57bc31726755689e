// What one search for blobs has found, and what became of those who were asked.

import { OperationError } from '../../errors.ts'
import type { Hash } from '../../protocol/ids.ts'

/** `Asked` stands for those who were asked. */
export class Search<Asked> {
  readonly #found = new Map<Hash, Uint8Array>()
  readonly #wanted: ReadonlySet<Hash>
  readonly #complete = Promise.withResolvers<void>()
  /** Of those who were asked and did not deliver all. */
  readonly problems = new Map<Asked, unknown>()

  constructor(hashes: readonly Hash[]) {
    this.#wanted = new Set(hashes)
  }

  /** Different blobs that are wanted. */
  get size(): number {
    return this.#wanted.size
  }

  get found(): number {
    return this.#found.size
  }

  get isComplete(): boolean {
    return this.found === this.size
  }

  /** Fulfilled when all are found, and never rejected. */
  get complete(): Promise<void> {
    return this.#complete.promise
  }

  wants(hash: Hash): boolean {
    return this.#wanted.has(hash)
  }

  add(hash: Hash, blob: Uint8Array): void {
    this.#found.set(hash, blob)
    if (this.isComplete) this.#complete.resolve()
  }

  /** Those who lacked blobs, and may have them by now. */
  early(): Asked[] {
    return [...this.problems].flatMap(([each, problem]) => (isAbsence(problem) ? [each] : []))
  }

  inOrder(hashes: readonly Hash[]): Uint8Array[] {
    return hashes.flatMap((hash) => this.#found.get(hash) ?? [])
  }
}

/** Of one that may be over by now. */
function isAbsence(problem: unknown): boolean {
  return problem instanceof OperationError && problem.code === 'blobs-absent' && problem.retry
}
