// The messages of the BEP 10 extension `torrenttx`, exactly as docs/network.md lists them.

import { concat, decodeUint, encodeText, encodeUint, equalBytes, formatHex, parseHex } from '../../protocol/bytes.ts'
import { SEALED_BYTES } from '../../protocol/header.ts'
import { type Hash, type Infohash, toBytes, toHash, toInfohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import {
  COUNTS_BYTES,
  MAX_FILES,
  MAX_HEADERS,
  MAX_INFOHASHES,
  MAX_MESSAGE_BYTES,
  MAX_PART_BYTES,
  MAX_PAST_BYTES,
  SYMBOL_BYTES,
  SYMBOLS,
} from '../limits.ts'
import type { Order, Summary, ToldBlock } from '../store.ts'
import { type Bencoded, type BencodedDictionary, decodeDictionary, type Encodable, encode } from '../torrent/bencode.ts'
import { text } from '../torrent/metainfo.ts'

/** Spoken in the extended handshake; peers of another version are refused. */
export const EXTENSION_VERSION = 2
/** A sealed header, and the infohash of its torrent. */
export const TOLD_BYTES = SEALED_BYTES + 20

/** Positions in an order are below this. */
export const POSITIONS = 2 ** 48
const ANNOUNCEMENT_BEGIN = encodeText('d10:infohashes')
const ANNOUNCEMENT_END = encodeText('4:type4:havee')

/** `id` ties an answer to its question; the one that asks chooses it. */
export type Question =
  | { readonly type: 'get'; readonly id: number; readonly infohashes: readonly Infohash[] }
  | { readonly type: 'count'; readonly id: number; readonly prefix: string }
  | { readonly type: 'list'; readonly id: number; readonly prefix: string; readonly after: Infohash | '' }
  /** Positions below 2^48; `unordered`: only what no block has ordered. */
  | {
      readonly type: 'order'
      readonly id: number
      readonly from: number
      readonly most: number
      readonly unordered: boolean
    }
  /** Symbols of the sketch, `most` from `from` on. */
  | { readonly type: 'sketch'; readonly id: number; readonly from: number; readonly most: number }
  /** Headers from a block down, `most` of them. */
  | { readonly type: 'ancestors'; readonly id: number; readonly block: Hash; readonly most: number }
  /** Of a block with its rows what is at byte `from` on. */
  | { readonly type: 'rows'; readonly id: number; readonly block: Hash; readonly from: number }
export type Answer =
  /** In the order of the question; an empty one stands for a file that is not here. */
  | { readonly type: 'files'; readonly id: number; readonly files: readonly Uint8Array[] }
  | { readonly type: 'counts'; readonly id: number; readonly counts: Uint8Array }
  | { readonly type: 'listed'; readonly id: number; readonly infohashes: readonly Infohash[]; readonly more: boolean }
  | ({ readonly type: 'ordered'; readonly id: number } & Order)
  | { readonly type: 'symbols'; readonly id: number; readonly symbols: Uint8Array }
  /** Sealed, each that of the block on which the one before builds. */
  | { readonly type: 'headers'; readonly id: number; readonly headers: readonly Uint8Array[] }
  /** Of `length` bytes in all, 0 where the block or its rows are not here. */
  | { readonly type: 'part'; readonly id: number; readonly bytes: Uint8Array; readonly length: number }
export type Notice =
  | { readonly type: 'summary'; readonly summary: Summary }
  | { readonly type: 'have'; readonly infohashes: readonly Infohash[] }
  | { readonly type: 'blocks'; readonly blocks: readonly ToldBlock[] }
  /** "Connect to me for this torrent: I want it and cannot reach you." */
  | { readonly type: 'seed'; readonly infohash: Infohash }
export type Message = Question | Answer | Notice

export function encodeMessage(message: Message): Uint8Array {
  return encode(toDictionary(message))
}

/** Undefined for a type that this version does not know. Throws `RuleError('bad-message')`. */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  if (bytes.length > MAX_MESSAGE_BYTES) throw bad(`has ${bytes.length} bytes`)
  const dictionary = decodeDictionary(bytes)
  const id = () => readNumber(dictionary, 'id', 2 ** 32)
  switch (text(readBytes(dictionary, 'type'))) {
    case 'summary':
      return { type: 'summary', summary: readSummary(dictionary) }
    case 'have':
      return { type: 'have', infohashes: readInfohashes(dictionary, MAX_INFOHASHES) }
    case 'blocks':
      return { type: 'blocks', blocks: readCut(dictionary, 'headers', TOLD_BYTES, MAX_HEADERS).map(readTold) }
    case 'seed':
      return { type: 'seed', infohash: toInfohash(readExact(dictionary, 'infohash', 20)) }
    case 'get':
      return { type: 'get', id: id(), infohashes: readInfohashes(dictionary, MAX_FILES) }
    case 'files':
      return { type: 'files', id: id(), files: readFiles(dictionary['files']) }
    case 'count':
      return { type: 'count', id: id(), prefix: readPrefix(dictionary, 1) }
    case 'counts':
      return { type: 'counts', id: id(), counts: readExact(dictionary, 'counts', COUNTS_BYTES) }
    case 'list':
      return { type: 'list', id: id(), prefix: readPrefix(dictionary, 2), after: readAfter(dictionary) }
    case 'listed': {
      const infohashes = readInfohashes(dictionary, MAX_INFOHASHES)
      return { type: 'listed', id: id(), infohashes, more: readNumber(dictionary, 'more', 2) === 1 }
    }
    case 'order': {
      const most = readNumber(dictionary, 'most', MAX_INFOHASHES + 1)
      const unordered = readNumber(dictionary, 'unordered', 2) === 1
      return { type: 'order', id: id(), from: readNumber(dictionary, 'from', POSITIONS), most, unordered }
    }
    case 'ordered': {
      const [next, end] = [readNumber(dictionary, 'next', POSITIONS), readNumber(dictionary, 'end', POSITIONS)]
      return { type: 'ordered', id: id(), infohashes: readInfohashes(dictionary, MAX_INFOHASHES), next, end }
    }
    case 'sketch': {
      const most = readNumber(dictionary, 'most', SYMBOLS + 1)
      return { type: 'sketch', id: id(), from: readNumber(dictionary, 'from', SYMBOLS + 1), most }
    }
    case 'symbols':
      return { type: 'symbols', id: id(), symbols: readWhole(dictionary, 'symbols', SYMBOL_BYTES, SYMBOLS) }
    case 'ancestors': {
      const block = toHash(readExact(dictionary, 'block', 32))
      return { type: 'ancestors', id: id(), block, most: readNumber(dictionary, 'most', MAX_HEADERS + 1) }
    }
    case 'headers':
      return { type: 'headers', id: id(), headers: readCut(dictionary, 'headers', SEALED_BYTES, MAX_HEADERS) }
    case 'rows': {
      const block = toHash(readExact(dictionary, 'block', 32))
      return { type: 'rows', id: id(), block, from: readNumber(dictionary, 'from', MAX_PAST_BYTES) }
    }
    case 'part': {
      const bytes = readWhole(dictionary, 'bytes', 1, MAX_PART_BYTES)
      return { type: 'part', id: id(), bytes, length: readNumber(dictionary, 'length', MAX_PAST_BYTES + 1) }
    }
    default:
      return undefined
  }
}

/** Told by its first and last bytes, without decoding thousands of infohashes that may not be looked at. */
export function isAnnouncement(bytes: Uint8Array): boolean {
  const begin = bytes.subarray(0, ANNOUNCEMENT_BEGIN.length)
  return equalBytes(begin, ANNOUNCEMENT_BEGIN) && equalBytes(bytes.subarray(-ANNOUNCEMENT_END.length), ANNOUNCEMENT_END)
}

function toDictionary(message: Message): Encodable {
  switch (message.type) {
    case 'summary': {
      const { count, weight, fingerprint, newestBlock, stateRoot } = message.summary
      const hashes = { fingerprint: toBytes(fingerprint), block: toBytes(newestBlock), state: toBytes(stateRoot) }
      return { type: 'summary', count, weight: encodeUint(weight, 32), ...hashes }
    }
    case 'have':
      return { type: 'have', infohashes: joinInfohashes(message.infohashes) }
    case 'get':
      return { type: 'get', id: message.id, infohashes: joinInfohashes(message.infohashes) }
    case 'listed':
      return { ...message, infohashes: joinInfohashes(message.infohashes), more: message.more ? 1 : 0 }
    case 'order':
      return { ...message, unordered: message.unordered ? 1 : 0 }
    case 'ordered':
      return { ...message, infohashes: joinInfohashes(message.infohashes) }
    case 'blocks':
      return {
        type: 'blocks',
        headers: concat(...message.blocks.flatMap(({ sealed, torrent }) => [sealed, toBytes(torrent)])),
      }
    case 'seed':
      return { type: 'seed', infohash: toBytes(message.infohash) }
    case 'ancestors':
    case 'rows':
      return { ...message, block: toBytes(message.block) }
    case 'headers':
      return { ...message, headers: concat(...message.headers) }
    case 'count':
      return { ...message, prefix: parseHex(message.prefix) }
    case 'list':
      return { ...message, prefix: parseHex(message.prefix), after: parseHex(message.after) }
    default:
      return message
  }
}

function readSummary(dictionary: BencodedDictionary): Summary {
  return {
    count: readNumber(dictionary, 'count', Number.MAX_SAFE_INTEGER),
    weight: decodeUint(readExact(dictionary, 'weight', 32)),
    fingerprint: toHash(readExact(dictionary, 'fingerprint', 32)),
    newestBlock: toHash(readExact(dictionary, 'block', 32)),
    stateRoot: toHash(readExact(dictionary, 'state', 32)),
  }
}

function readFiles(files: Bencoded | undefined): Uint8Array[] {
  if (!Array.isArray(files) || files.length > MAX_FILES) throw bad('has a bad list of files')
  return files.map((file: Bencoded) => {
    if (file instanceof Uint8Array) return file
    throw bad('has a bad file')
  })
}

function readPrefix(dictionary: BencodedDictionary, maxBytes: number): string {
  const prefix = readBytes(dictionary, 'prefix')
  if (prefix.length > maxBytes) throw bad('has a bad prefix')
  return formatHex(prefix)
}

function readAfter(dictionary: BencodedDictionary): Infohash | '' {
  return readBytes(dictionary, 'after').length === 0 ? '' : toInfohash(readExact(dictionary, 'after', 20))
}

function readInfohashes(dictionary: BencodedDictionary, max: number): Infohash[] {
  const bytes = readWhole(dictionary, 'infohashes', 20, max)
  return Array.from({ length: bytes.length / 20 }, (_, i) => toInfohash(bytes.subarray(i * 20, (i + 1) * 20)))
}

function readCut(dictionary: BencodedDictionary, key: string, width: number, max: number): Uint8Array[] {
  const bytes = readWhole(dictionary, key, width, max)
  return Array.from({ length: bytes.length / width }, (_, i) => bytes.subarray(i * width, (i + 1) * width))
}

/** At most `max` pieces of this width. */
function readWhole(dictionary: BencodedDictionary, key: string, width: number, max: number): Uint8Array {
  const bytes = readBytes(dictionary, key)
  if (bytes.length % width !== 0 || bytes.length > max * width) throw bad(`has bad ${key}`)
  return bytes
}

function readTold(bytes: Uint8Array): ToldBlock {
  return { sealed: bytes.subarray(0, SEALED_BYTES), torrent: toInfohash(bytes.subarray(SEALED_BYTES)) }
}

function readExact(dictionary: BencodedDictionary, key: string, width: number): Uint8Array {
  const bytes = readBytes(dictionary, key)
  if (bytes.length !== width) throw bad(`has a bad ${key}`)
  return bytes
}

function readBytes(dictionary: BencodedDictionary, key: string): Uint8Array {
  const value = dictionary[key]
  if (value instanceof Uint8Array) return value
  throw bad(`has no ${key}`)
}

function readNumber(dictionary: BencodedDictionary, key: string, below: number): number {
  const value = dictionary[key]
  // BEP 3 knows no negative zero, the decoder does.
  const isWritten = typeof value === 'number' && Number.isInteger(value) && !Object.is(value, -0)
  if (isWritten && value >= 0 && value < below) return value
  throw bad(`has no ${key}`)
}

function joinInfohashes(infohashes: readonly Infohash[]): Uint8Array {
  return parseHex(infohashes.join(''))
}

function bad(what: string): RuleError {
  return new RuleError('bad-message', `expected a torrenttx message, but it ${what}`)
}
