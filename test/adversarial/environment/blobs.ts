// The KZG of the driver. What goes with blobs takes a second to make, and siblings often have the same: the newest are remembered.

import { createHash } from 'node:crypto'
import { KzgPool, type Sidecar } from '../../../node/ethereum/blobs/kzg-pool.ts'
import type { ElementOpening } from '../../../node/protocol/blob-row.ts'

const REMEMBERED = 32

export class Blobs implements AsyncDisposable {
  readonly #pool = new KzgPool()
  readonly #made = new Map<string, Promise<Sidecar>>()

  sidecar(blobs: readonly Uint8Array[]): Promise<Sidecar> {
    const hash = createHash('sha256')
    for (const blob of blobs) hash.update(blob)
    const key = hash.digest('hex')
    const sidecar = this.#made.get(key) ?? this.#pool.sidecar(blobs)
    this.#made.set(key, sidecar)
    const [oldest] = this.#made.keys()
    if (this.#made.size > REMEMBERED && oldest !== undefined) this.#made.delete(oldest)
    return sidecar
  }

  openings(blobs: readonly Uint8Array[], elements: readonly number[]): Promise<ElementOpening[]> {
    return this.#pool.openings(blobs, elements)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.stop()
  }
}
