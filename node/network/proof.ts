// A transaction as a `.torrent` file: TTX by e-mail. Stock clients open it; nodes also find the transaction itself inside.

import { concat } from '../protocol/bytes.ts'
import type { Infohash } from '../protocol/ids.ts'
import { encodeTxInfo, infohashOf } from '../protocol/infohash.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { MAX_FILE_BYTES } from '../protocol/rules.ts'
import { type Bencoded, decodeDictionary, encode, isDictionary } from './torrent/bencode.ts'
import { encodeTorrent, type Folder, infohashOfInfo, parseFolder, text } from './torrent/metainfo.ts'

/** Ancestors that one proof carries. */
export const MAX_PROOF_ANCESTORS = 10_000
/** Bytes of a proof: as an attachment it stays below what mail servers accept, and clients read it. */
export const MAX_PROOF_BYTES = 4_194_304
/** Of these, what is left to all but the ancestors: metainfo, the transaction, hints. */
const HEAD_BYTES = 16_384
/** In front of a byte string of at most four digits. */
const LENGTH_BYTES = 5
/** Bencoded values in a proof: each costs memory, and may have two bytes. */
const MAX_PROOF_VALUES = MAX_PROOF_ANCESTORS + 1_000
const MAX_HINTS = 16

export type ProofHints = {
  /** `host:port` of nodes that are likely to seed it. */
  readonly peers: readonly string[]
  /** Announce URLs. */
  readonly trackers: readonly string[]
}

export type Proof = ProofHints & {
  readonly infohash: Infohash
  /** The bytes of `tx.json`, where the proof carries them; they fit the infohash. */
  readonly file: Uint8Array | undefined
  /** Files that are said to be its ancestors, oldest first: the word of whoever wrote the proof. */
  readonly ancestors: readonly Uint8Array[]
}

/**
 * BEP 3 metainfo whose infohash is the transaction's id, with the file itself, ancestors (oldest first, as many as `carriable` lets) and the
 * hints in the member `torrenttx`.
 */
export function encodeProof(
  file: Uint8Array,
  hints: ProofHints = { peers: [], trackers: [] },
  ancestors: readonly Uint8Array[] = [],
): Uint8Array {
  const extra = encode({
    torrenttx: { file, ...(ancestors.length > 0 ? { files: ancestors } : {}), peers: hints.peers },
  })
  // "torrenttx" sorts after "info", and both dictionaries are flat text: join them without their ends.
  return concat(encodeTorrent(encodeTxInfo(file), hints.trackers).subarray(0, -1), extra.subarray(1))
}

/** The first of `files` that fit one proof. */
export function carriable(files: readonly Uint8Array[]): readonly Uint8Array[] {
  let left = MAX_PROOF_BYTES - HEAD_BYTES
  const end = files.findIndex(({ length }, i) => {
    left -= length + LENGTH_BYTES
    return left < 0 || i >= MAX_PROOF_ANCESTORS
  })
  return end < 0 ? files : files.slice(0, end)
}

/** Reads a `.torrent` of a transaction, also one that a stock client made. Throws `RuleError('bad-proof' | 'bad-torrent' | 'bad-bencoding')`. */
export function parseProof(proof: Uint8Array): Proof {
  if (proof.length > MAX_PROOF_BYTES) throw bad(`has ${proof.length} bytes, more than ${MAX_PROOF_BYTES}`)
  const { info, torrenttx, announce, 'announce-list': tiers } = decodeDictionary(proof, MAX_PROOF_VALUES)
  if (!isDictionary(info)) throw bad('has no info dictionary')
  const infoBytes = encode(info as Parameters<typeof encode>[0])
  checkTxFolder(parseFolder(infoBytes))
  const infohash = infohashOfInfo(infoBytes)
  const extra = isDictionary(torrenttx) ? torrenttx : {}
  const { file } = extra
  if (file !== undefined && (!isTxFile(file) || infohashOf(file) !== infohash)) {
    throw bad('carries another file than it names')
  }
  const ancestors = listOf(extra['files'])
  if (ancestors.length > MAX_PROOF_ANCESTORS) throw bad(`carries more than ${MAX_PROOF_ANCESTORS} ancestors`)
  if (!ancestors.every(isTxFile)) throw bad('carries ancestors that are not files of transactions')
  const trackers = [announce, ...listOf(tiers).flatMap(listOf)].flatMap(textOf)
  const peers = listOf(extra['peers']).flatMap(textOf).filter(isAddress).slice(0, MAX_HINTS)
  return { infohash, file, ancestors, peers, trackers: [...new Set(trackers)].slice(0, MAX_HINTS) }
}

/** Throws `RuleError('bad-proof')` unless the folder can hold one transaction. */
export function checkTxFolder({ name, pieceBytes, files }: Folder): void {
  const [file] = files
  if (name !== 'tx' || pieceBytes !== 16_384 || files.length !== 1 || file?.name !== 'tx.json') {
    throw bad('is not of a folder tx with one file tx.json')
  }
  if (file.length > MAX_FILE_BYTES) throw bad('is of a file that is too long')
}

/** `host:port` with a port that can be dialled. */
export function isAddress(address: string): boolean {
  const port = Number(/^(?:[0-9.]+|\[[0-9a-fA-F:]+\]|[a-zA-Z0-9.-]+):([0-9]{1,5})$/.exec(address)?.[1])
  return port > 0 && port < 65_535
}

/** Whether an address leads to this machine. A name does not count: the owner of its zone says where it leads. */
export function isLoopbackAddress(address: string): boolean {
  return /^(127(\.[0-9]{1,3}){3}|\[::1\]):[0-9]{1,5}$/.test(address)
}

/** As `isAddress` wants it, and as it is pasted elsewhere: an IPv6 host is in brackets. */
export function formatAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function isTxFile(value: Bencoded): value is Uint8Array {
  return value instanceof Uint8Array && value.length > 0 && value.length <= MAX_FILE_BYTES
}

function listOf(value: Bencoded | undefined): readonly Bencoded[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: Bencoded | undefined): string[] {
  return value instanceof Uint8Array && value.length <= 256 ? [text(value)] : []
}

function bad(what: string): RuleError {
  return new RuleError('bad-proof', `expected the .torrent of a transaction, but it ${what}`)
}
