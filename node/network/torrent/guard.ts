// Guards bittorrent-protocol's parser: bounds what a stranger may send, and turns whatever still throws into a closed connection.

import Wire from 'bittorrent-protocol'
import type { Torrent } from 'webtorrent'
import { type Facts, RuleError } from '../../protocol/rule-error.ts'
import { TokenBucket } from '../token-bucket.ts'
import { decodeDictionary, isDictionary } from './bencode.ts'
import { keyExchange } from './key-exchange.ts'

/** Longest wire message: a block of 128 KiB, the most that any client asks for, and its header; bitfields and ours are shorter. */
const MAX_WIRE_MESSAGE_BYTES = 131_072 + 9
/** Bytes that may wait to be sent to one connection before it is closed: a peer that asks and never reads. */
export const MAX_UNSENT_BYTES = 4_194_304
/** Longest info dictionary that is fetched or served: 50,000 pieces. */
const MAX_INFO_BYTES = 1_048_576
const MAX_EXTENDED_HANDSHAKE_BYTES = 16_384
const MAX_BLOCK_BYTES = 131_072
/** Of peer exchange: one message (BEP 11 has 100 addresses in one at most), and addresses of one peer that are remembered. */
const MAX_EXCHANGE_BYTES = 4_096
const MAX_EXCHANGED = 1_000
const MAX_PIECES_UNKNOWN = 65_536
const MAX_WAITING_REQUESTS = 512
/** Messages that make webtorrent walk all pieces or all wires: per second, and at once. */
const COSTLY_PER_SECOND = 200
const COSTLY_BURST = 4_000
const COSTLY = new Set([0, 1, 2, 3, 4, 5, 9, 0x0d, 0x0e, 0x0f, 0x11])

/** Exact length of each message of BEP 3, 5 and 6 that has one, with its id. */
const EXACT_BYTES = new Map([
  ...[0, 1, 2, 3, 0x0e, 0x0f].map((id) => [id, 1] as const),
  ...[4, 0x0d, 0x11].map((id) => [id, 5] as const),
  ...[6, 8, 0x10].map((id) => [id, 13] as const),
  [9, 3] as const,
])
/** Messages whose second word is a piece index. */
const INDEXED = new Set([4, 6, 7, 8, 0x0d, 0x10, 0x11])

type Guarded = { torrent?: Torrent; closed: boolean; readonly costly: TokenBucket }
const guarded = new WeakMap<Wire, Guarded>()

const { _onHandshakeBuffer, _onMessageLength, _onMessage, _processBuffer, _write } = Wire.prototype
// webtorrent looks up the torrent of a connection that came in, and reads on meanwhile: what follows the handshake in one piece with it would be read
// without the torrent's extensions, and without these guards. The parser has a flag for such a pause, which it sets nowhere.
Wire.prototype._onHandshakeBuffer = function (this: Wire, bytes) {
  this._pePending = this.type?.endsWith('Incoming') === true
  _onHandshakeBuffer.call(this, bytes)
}
Wire.prototype._onMessageLength = function (this: Wire, bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  if (length > MAX_WIRE_MESSAGE_BYTES) throw broken('a message is too long', { length })
  _onMessageLength.call(this, bytes)
}
Wire.prototype._onMessage = function (this: Wire, bytes) {
  checkMessage(this, stateOf(this), bytes)
  _onMessage.call(this, bytes)
}
// Not only `_write` runs it: so does the end of an encrypted handshake, in a promise that nothing catches.
Wire.prototype._processBuffer = function (this: Wire) {
  try {
    if (this._encryptor) this._encryptor._dh ??= keyExchange()
    if (!stateOf(this).closed) _processBuffer.call(this)
  } catch (error) {
    close(this, error instanceof Error ? error : new Error(String(error)))
  }
}
Wire.prototype._write = function (this: Wire, data, done) {
  if (stateOf(this).closed) return done(null)
  if (this._bufferSize + data.length > 2 * MAX_WIRE_MESSAGE_BYTES + 65_536) {
    close(this, broken('too many bytes before the handshake'))
    return done(null)
  }
  _write.call(this, data, done)
}

/** Lets the guard check piece indices of this wire against the torrent, and what came behind the handshake be read. webtorrent has added `ut_metadata` to it before. */
export function guardWire(wire: Wire, torrent: Torrent): void {
  stateOf(wire).torrent = torrent
  if (wire._pePending) {
    wire._pePending = false
    // After whoever else extends new wires, and after the answer to the handshake.
    queueMicrotask(() => wire._processBuffer())
  }
  if (wire.ut_pex !== undefined) boundExchange(wire.ut_pex)
  const { ut_metadata: metadata } = wire
  if (metadata === undefined) return
  const setMetadata = metadata.setMetadata.bind(metadata)
  // It decodes what it got in a promise that nothing catches, even where the hash fits.
  metadata.setMetadata = async (info) => {
    try {
      return await setMetadata(info)
    } catch (cause) {
      close(wire, new RuleError('bad-wire-message', 'the peer sent metadata that is not bencoded', {}, { cause }))
      return true
    }
  }
}

/** It looks at each address that it is told, and remembers it as long as the connection lasts. */
function boundExchange(exchange: NonNullable<Wire['ut_pex']>): void {
  const onMessage = exchange.onMessage.bind(exchange)
  exchange.onMessage = (bytes) => {
    if (bytes.length > MAX_EXCHANGE_BYTES) return
    onMessage(bytes)
    const told = Object.keys(exchange._remoteAddedPeers).length + Object.keys(exchange._remoteDroppedPeers).length
    if (told <= MAX_EXCHANGED) return
    exchange._remoteAddedPeers = {}
    exchange._remoteDroppedPeers = {}
  }
}

/** Throws `RuleError('bad-wire-message')` for what no honest client sends. */
function checkMessage(wire: Wire, state: Guarded, bytes: Uint8Array): void {
  const id = bytes[0] ?? -1
  const exact = EXACT_BYTES.get(id)
  if (exact !== undefined && bytes.length !== exact) throw broken('a message has the wrong length', { id, exact })
  if (COSTLY.has(id) && !state.costly.take(1)) throw broken('too many control messages', { id })
  const pieces = state.torrent?.pieces.length || MAX_PIECES_UNKNOWN
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (INDEXED.has(id)) {
    if (bytes.length < 5) throw broken('a message has the wrong length', { id })
    if (view.getUint32(1) >= pieces) throw broken('a piece index is out of range', { id, index: view.getUint32(1) })
  }
  if (id === 5 && bytes.length - 1 > Math.ceil(pieces / 8)) throw broken('a bitfield is too long')
  if (id === 6) checkRequest(wire, state.torrent, view)
  if (id === 7 && bytes.length < 9) throw broken('a message has the wrong length', { id })
  if (id === 20) checkExtended(bytes)
}

function checkRequest(wire: Wire, torrent: Torrent | undefined, request: DataView): void {
  const end = request.getUint32(5) + request.getUint32(9)
  const length = request.getUint32(9)
  const bound = torrent?.pieceLength ?? MAX_BLOCK_BYTES
  if (length === 0 || length > MAX_BLOCK_BYTES || end > bound)
    throw broken('a request is out of range', { length, end })
  if (wire.peerRequests.length >= MAX_WAITING_REQUESTS || wire._readableState.buffered > MAX_UNSENT_BYTES) {
    throw broken('more is asked for than is read')
  }
}

function checkExtended(bytes: Uint8Array): void {
  if (bytes.length < 2) throw broken('an extended message has no number')
  if (bytes[1] !== 0) return
  if (bytes.length > MAX_EXTENDED_HANDSHAKE_BYTES) throw broken('an extended handshake is too long')
  const handshake = decodeDictionary(bytes.subarray(2))
  const size = handshake['metadata_size']
  const numbers = handshake['m']
  if (size !== undefined && (typeof size !== 'number' || size < 0 || size > MAX_INFO_BYTES)) {
    throw broken('the metadata size is out of range')
  }
  if (numbers === undefined) return
  if (!isDictionary(numbers) || Object.values(numbers).some((n) => typeof n !== 'number' || n < 0 || n > 255)) {
    throw broken('the extension numbers are out of range')
  }
}

/** Closes the connection at once, from any state, and reads no more of it. */
function close(wire: Wire, error: Error): void {
  const state = stateOf(wire)
  if (state.closed) return
  state.closed = true
  wire._buffer = []
  wire._bufferSize = 0
  wire._parse(Number.MAX_VALUE, () => {})
  // webtorrent listens once; later errors of the same wire have no other listener.
  wire.on('error', () => {})
  wire.emit('error', error)
  wire.destroy()
}

function stateOf(wire: Wire): Guarded {
  const known = guarded.get(wire)
  if (known) return known
  const state: Guarded = { closed: false, costly: new TokenBucket(COSTLY_PER_SECOND, COSTLY_BURST) }
  guarded.set(wire, state)
  return state
}

function broken(what: string, facts: Facts = {}): RuleError {
  return new RuleError('bad-wire-message', `the peer broke the BitTorrent protocol: ${what}`, facts)
}
