// BitTorrent's own bytes as a light peer needs them: the handshake (BEP 3), messages one after another, and those of extensions (BEP 10).

import { concat, encodeText, encodeUint, equalBytes } from '../protocol/bytes.ts'
import { type Infohash, toBytes } from '../protocol/ids.ts'
import { RuleError } from '../protocol/rule-error.ts'

const PROTOCOL = concat(Uint8Array.of(19), encodeText('BitTorrent protocol'))
const HANDSHAKE_BYTES = 68
/** Extensions are spoken (BEP 10). */
const RESERVED = Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 0)
const EXTENDED = 20
/** A node sends no longer one. */
const MAX_MESSAGE_BYTES = 131_081

/** `peerId` has 20 bytes. */
export function encodeHandshake(infohash: Infohash, peerId: Uint8Array): Uint8Array {
  return concat(PROTOCOL, RESERVED, toBytes(infohash), peerId)
}

/** Number 0 is the extended handshake. */
export function encodeExtended(number: number, payload: Uint8Array): Uint8Array {
  return concat(encodeUint(payload.length + 2, 4), Uint8Array.of(EXTENDED, number), payload)
}

export type Extended = { readonly number: number; readonly payload: Uint8Array }

/** The bytes of a connection as they come, in pieces of any size. */
export class WireReader {
  readonly #infohash: Infohash
  #pieces: Uint8Array[] = []
  #length = 0
  /** Bytes that have to be here before there is anything to read: else each of many small pieces would have all before it copied. */
  #needed = HANDSHAKE_BYTES
  #hasHandshake = false

  constructor(infohash: Infohash) {
    this.#infohash = infohash
  }

  /** Messages of extensions that are whole now; all others are passed over. Throws `RuleError('bad-wire-message')`. */
  read(bytes: Uint8Array): Extended[] {
    this.#pieces.push(bytes)
    this.#length += bytes.length
    const found: Extended[] = []
    if (!this.#hasHandshake) {
      if (this.#length < this.#needed) return found
      this.#checkHandshake(this.#take(HANDSHAKE_BYTES))
      this.#hasHandshake = true
      this.#needed = 4
    }
    while (this.#length >= this.#needed) {
      const head = this.#whole()
      const length = new DataView(head.buffer, head.byteOffset).getUint32(0)
      if (length > MAX_MESSAGE_BYTES) throw bad(`a message of ${length} bytes`)
      this.#needed = 4 + length
      if (this.#length < this.#needed) return found
      const message = this.#take(this.#needed)
      this.#needed = 4
      if (message[4] !== EXTENDED) continue
      if (message.length < 6) throw bad('an extended message without a number')
      found.push({ number: message[5] ?? 0, payload: message.subarray(6) })
    }
    return found
  }

  #checkHandshake(handshake: Uint8Array): void {
    if (!equalBytes(handshake.subarray(0, 20), PROTOCOL)) throw bad('something that is not BitTorrent')
    if (((handshake[25] ?? 0) & 0x10) === 0) throw bad('a handshake without extensions')
    if (!equalBytes(handshake.subarray(28, 48), toBytes(this.#infohash))) throw bad('a handshake for another torrent')
  }

  #take(count: number): Uint8Array {
    const whole = this.#whole()
    this.#pieces = [whole.subarray(count)]
    this.#length -= count
    return whole.subarray(0, count)
  }

  #whole(): Uint8Array {
    const [first] = this.#pieces
    const whole = this.#pieces.length === 1 && first !== undefined ? first : concat(...this.#pieces)
    this.#pieces = [whole]
    return whole
  }
}

function bad(what: string): RuleError {
  return new RuleError('bad-wire-message', `expected a node's side of a BitTorrent connection, but it sent ${what}`)
}
