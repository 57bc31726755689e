// Finds a stored torrent by the hash that an encrypted handshake (MSE) shows instead of its infohash.

import { createHash } from 'node:crypto'
import { type Infohash, toInfohash } from '../../protocol/ids.ts'

const WIDTH = 20
const FIRST_SLOTS = 1_024
/** Slots in use at most, so that probing stays short: 42 to 84 bytes of memory for each infohash. */
const MAX_LOAD = 0.5

/** A hash table of infohashes alone, placed by sha1('req2' + infohash): a million stored transactions take 40 MB, as a `Map` 250 MB. */
export class SecretIndex {
  #slots = Buffer.alloc(FIRST_SLOTS * WIDTH)
  #isTaken = new Uint8Array(FIRST_SLOTS)
  #size = 0

  /** Adding one twice wastes a slot. */
  add(infohash: Infohash): void {
    if (this.#size >= this.#isTaken.length * MAX_LOAD) this.#grow()
    this.#place(Buffer.from(infohash, 'hex'))
    this.#size += 1
  }

  /** `hash` is sha1('req2' + infohash), 40 hex digits. */
  get(hash: string): Infohash | undefined {
    const wanted = Buffer.from(hash, 'hex')
    if (wanted.length !== WIDTH) return undefined
    for (let slot = this.#slotOf(wanted); this.#isTaken[slot] === 1; slot = (slot + 1) % this.#isTaken.length) {
      const infohash = this.#slots.subarray(slot * WIDTH, (slot + 1) * WIDTH)
      if (secretHash(infohash).equals(wanted)) return toInfohash(infohash)
    }
    return undefined
  }

  #place(infohash: Uint8Array): void {
    let slot = this.#slotOf(secretHash(infohash))
    while (this.#isTaken[slot] === 1) slot = (slot + 1) % this.#isTaken.length
    this.#isTaken[slot] = 1
    this.#slots.set(infohash, slot * WIDTH)
  }

  #slotOf(hash: Buffer): number {
    return hash.readUIntBE(0, 6) % this.#isTaken.length
  }

  #grow(): void {
    const [slots, isTaken] = [this.#slots, this.#isTaken]
    this.#isTaken = new Uint8Array(2 * isTaken.length)
    this.#slots = Buffer.alloc(2 * slots.length)
    for (const [slot, taken] of isTaken.entries()) {
      if (taken === 1) this.#place(slots.subarray(slot * WIDTH, (slot + 1) * WIDTH))
    }
  }
}

function secretHash(infohash: Uint8Array): Buffer {
  return createHash('sha1').update('req2').update(infohash).digest()
}
