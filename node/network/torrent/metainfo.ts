// Torrent metadata (BEP 3) of the folders that this network knows: a transaction, a block, the meeting point.

import { concat } from '../../protocol/bytes.ts'
import { sha1 } from '../../protocol/hash.ts'
import { type Infohash, toInfohash } from '../../protocol/ids.ts'
import { encodeTxInfo } from '../../protocol/infohash.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { TorrentFile } from '../store.ts'
import { type Bencoded, decodeDictionary, encode, isDictionary } from './bencode.ts'

/** Piece length of a block's torrent, docs/protocol.md section 7.3. */
const BLOCK_PIECE_BYTES = 65_536

/** A torrent that can be seeded: its bencoded info dictionary and its files one after another. */
export type Content = { readonly info: Uint8Array; readonly bytes: Uint8Array }
/** A folder as its info dictionary describes it. */
export type Folder = {
  readonly name: string
  readonly pieceBytes: number
  readonly pieces: number
  readonly files: readonly { readonly name: string; readonly length: number }[]
}

export function infohashOfInfo(info: Uint8Array): Infohash {
  return toInfohash(sha1(info))
}

export function transactionContent(file: Uint8Array): Content {
  return { info: encodeTxInfo(file), bytes: file }
}

export function blockContent(files: readonly TorrentFile[]): Content {
  return folderContent('block', BLOCK_PIECE_BYTES, files)
}

/** A v1 folder without optional keys. */
export function folderContent(name: string, pieceBytes: number, files: readonly TorrentFile[]): Content {
  const bytes = concat(...files.map((file) => file.bytes))
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(sha1(bytes.subarray(at, at + pieceBytes)))
  const info = encode({
    files: files.map((file) => ({ length: file.bytes.length, path: file.name.split('/') })),
    name,
    'piece length': pieceBytes,
    pieces: concat(...pieces),
  })
  return { info, bytes }
}

/** Cuts the bytes of a folder into its files. */
export function splitFiles(folder: Folder, bytes: Uint8Array): TorrentFile[] {
  let at = 0
  return folder.files.map(({ name, length }) => {
    at += length
    return { name, bytes: bytes.slice(at - length, at) }
  })
}

/** Total bytes of a folder's files. */
export function folderBytes(folder: Folder): number {
  return folder.files.reduce((sum, file) => sum + file.length, 0)
}

/** Reads an info dictionary that a stranger sent. Throws `RuleError('bad-torrent')` unless it is a consistent plain v1 folder. */
export function parseFolder(info: Uint8Array): Folder {
  const { files, name, pieces, 'piece length': pieceBytes, ...rest } = decodeDictionary(info)
  if (Object.keys(rest).length > 0) throw bad('has keys that no torrent of this network has')
  if (!Array.isArray(files) || files.length === 0) throw bad('is not a folder')
  if (!(name instanceof Uint8Array) || !(pieces instanceof Uint8Array)) throw bad('has no name or no pieces')
  if (typeof pieceBytes !== 'number' || pieceBytes < 16_384 || pieceBytes > 2 ** 24) throw bad('has odd pieces')
  const folder = { name: text(name), pieceBytes, pieces: pieces.length / 20, files: files.map(parseFile) }
  if (Math.ceil(folderBytes(folder) / pieceBytes) !== folder.pieces) throw bad('has the wrong number of pieces')
  return folder
}

function parseFile(file: Bencoded): Folder['files'][number] {
  if (!isDictionary(file)) throw bad('lists something that is not a file')
  const { length, path } = file
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 1) throw bad('has a file without length')
  if (!Array.isArray(path) || path.length !== 1) throw bad('has a file that is not right in the folder')
  const [name]: readonly Bencoded[] = path
  if (!(name instanceof Uint8Array) || !/^[a-z0-9.-]{1,64}$/.test(text(name))) throw bad('has an odd file name')
  return { name: text(name), length }
}

/** `.torrent` bytes for an info dictionary; `extra` are further top-level members. */
export function encodeTorrent(info: Uint8Array, trackers: readonly string[] = []): Uint8Array {
  const head = trackers.length === 0 ? {} : { announce: trackers[0] ?? '', 'announce-list': trackers.map((t) => [t]) }
  const start = encode(head)
  // The info dictionary goes in as it is: its hash must not depend on an encoder. "info" sorts after both keys.
  return concat(start.subarray(0, -1), new TextEncoder().encode('4:info'), info, new TextEncoder().encode('e'))
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function bad(what: string): RuleError {
  return new RuleError('bad-torrent', `expected the metadata of a torrent of this network, but it ${what}`)
}
