// A search for the blobs of a block: what was found of them, and why some of those who were asked do not have them.

import type { Hash } from '../../protocol/ids.ts'

/** What one search has found. `Who` are those who are asked. */
export class BlobSearch<Who> {
  readonly #found = new Map<Hash, Uint8Array>()
  readonly #wanted: ReadonlySet<Hash>
  readonly #complete = Promise.withResolvers<void>()
  /** Of those who were asked and did not deliver all. */
  readonly problems = new Map<Who, unknown>()

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

  inOrder(hashes: readonly Hash[]): Uint8Array[] {
    return hashes.flatMap((hash) => this.#found.get(hash) ?? [])
  }
}
