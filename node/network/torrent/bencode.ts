// Bencoding (BEP 3) for bytes from strangers: the decoder that this process shares with webtorrent, with its holes closed.

import bencode from 'bencode'
import { RuleError } from '../../protocol/rule-error.ts'

/** As decoded: strings are bytes, keys are text. */
export type Bencoded = number | Uint8Array | readonly Bencoded[] | BencodedDictionary
export type BencodedDictionary = { readonly [key: string]: Bencoded | undefined }
/** What `encode` accepts: text becomes UTF-8; members that are undefined are left out. */
export type Encodable = number | string | Uint8Array | readonly Encodable[] | { readonly [key: string]: Encodable }

const MAX_DEPTH = 16

/** The decoding functions of bencode 2 to 4, which call each other through these members. */
export type SharedDecoder = {
  data: Uint8Array
  position: number
  find(byte: number): number
  next(): Bencoded
  buffer(): Uint8Array | string
}

const hardened = new WeakSet<object>()
/** Of the decoding in progress, which nothing interrupts: a value of two bytes may cost a hundred in memory. */
let valuesLeft = Number.POSITIVE_INFINITY
hardenDecoder(decoder())

export function encode(value: Encodable): Uint8Array {
  return bencode.encode(value)
}

/** Decodes one value that ends where `bytes` ends; `mostValues` bounds the values in it, keys aside. Throws `RuleError('bad-bencoding')`. */
export function decode(bytes: Uint8Array, mostValues = Number.POSITIVE_INFINITY): Bencoded {
  const value = decodePrefix(bytes, mostValues)
  if (decoder().position !== bytes.length) throw bad('bytes follow the value')
  return value
}

/** As `decode`, of a dictionary. Throws `RuleError('bad-bencoding')`. */
export function decodeDictionary(bytes: Uint8Array, mostValues?: number): BencodedDictionary {
  const value = decode(bytes, mostValues)
  if (!isDictionary(value)) throw bad('expected a dictionary')
  return value
}

export function isDictionary(value: Bencoded | undefined): value is BencodedDictionary {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)
}

function decodePrefix(bytes: Uint8Array, mostValues: number): Bencoded {
  if (bytes.length === 0) throw bad('there is nothing')
  valuesLeft = mostValues
  try {
    return bencode.decode(bytes)
  } catch (cause) {
    throw bad('cannot be decoded', cause)
  } finally {
    valuesLeft = Number.POSITIVE_INFINITY
  }
}

function decoder(): SharedDecoder {
  return bencode.decode as unknown as SharedDecoder
}

/**
 * bencode accepts a string length below zero, which moves its cursor back: six bytes (`l-3:e`) then fill the memory until V8
 * aborts. It also accepts lengths past the end, and nests as deep as the stack. webtorrent decodes handshakes, metadata and peer lists
 * with it, so the shared functions are replaced once, for all users of them.
 */
export function hardenDecoder(shared: SharedDecoder): void {
  if (hardened.has(shared)) return
  hardened.add(shared)
  const next = shared.next
  let depth = 0
  shared.next = () => {
    if (shared.position >= shared.data.length) throw bad('ends early')
    if (--valuesLeft < 0) throw bad('has too many values')
    if (depth >= MAX_DEPTH) throw bad(`nests deeper than ${MAX_DEPTH}`)
    depth += 1
    try {
      return next()
    } finally {
      depth -= 1
    }
  }
  const buffer = shared.buffer
  shared.buffer = () => {
    const start = shared.position
    const colon = shared.find(0x3a)
    let length = 0
    for (let i = start; i < colon; i++) {
      const digit = (shared.data[i] ?? 0) - 0x30
      if (digit < 0 || digit > 9) throw bad('a length is not a number')
      length = length * 10 + digit
    }
    if (colon === start || colon + 1 + length > shared.data.length) throw bad('a length is wrong')
    return buffer()
  }
}

function bad(what: string, cause?: unknown): RuleError {
  return new RuleError('bad-bencoding', `expected bencoded data (BEP 3), but it ${what}`, {}, { cause })
}
