// A light peer, for web pages: connects to a node by WebSocket, learns of payments and blocks, and fetches payments, each checked by its infohash.

import { OperationError } from '../errors.ts'
import {
  type Answer,
  decodeMessage,
  EXTENSION_VERSION,
  encodeMessage,
  type Message,
} from '../network/gossip/messages.ts'
import { ANSWER_TIMEOUT_MS, COUNTS_BYTES, HANDSHAKE_MS, MAX_FILES, SYMBOL_BYTES, SYMBOLS } from '../network/limits.ts'
import { meetingPoint } from '../network/meeting-point.ts'
import type { Summary } from '../network/store.ts'
import { decodeDictionary, encode, isDictionary } from '../network/torrent/bencode.ts'
import { infohashOfInfo } from '../network/torrent/metainfo.ts'
import { type Infohash, toBytes, toInfohash } from '../protocol/ids.ts'
import { infohashOf } from '../protocol/infohash.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { checkTold, type LightBlock, type LightRules } from './told-block.ts'
import { type Extended, encodeExtended, encodeHandshake, WireReader } from './wire.ts'

/** The part of the browser's WebSocket that it uses; Node has the same one. */
export type Socket = Pick<WebSocket, 'send' | 'close' | 'addEventListener' | 'bufferedAmount'> & { binaryType: string }

export type LightPeerOptions = {
  /** `ws://host:port` of a node, as it listens for BitTorrent; `wss://` of what stands before one. */
  readonly url: string
  readonly rules: LightRules
  /** New transactions of the node: claims, until they were fetched. */
  readonly onHave?: (infohashes: readonly Infohash[]) => void
  /** Blocks that have the work that they ask for: what is in them is not checked. */
  readonly onBlocks?: (blocks: readonly LightBlock[]) => void
  /** What the node says of itself. */
  readonly onSummary?: (summary: Summary) => void
  /** The connection ended after `start`, other than by `stop`. */
  readonly onClosed?: (reason: Error) => void
  readonly connect?: (url: string) => Socket
}

type Open = {
  readonly infohashes: readonly Infohash[]
  readonly resolve: (files: Files) => void
  readonly reject: (error: Error) => void
}
type Files = readonly (Uint8Array | undefined)[]

/** The number that it gives to `torrenttx` messages that it receives. */
const OWN_NUMBER = 1
/** That may wait until the node reads them: an answer to 50 bytes may have 24,000. */
const MAX_UNSENT_BYTES = 4_194_304
/** A node closes who is silent for 100 s. */
const ALIVE_MS = 30_000

export class LightPeer {
  readonly #options: LightPeerOptions
  readonly #meeting: Infohash
  readonly #reader: WireReader
  readonly #open = new Map<number, Open>()
  readonly #introduced = Promise.withResolvers<void>()
  #socket: Socket | undefined
  /** The node's number for `torrenttx` messages. */
  #number: number | undefined
  #nextId = 0
  #alive: ReturnType<typeof setInterval> | undefined
  #isClosed = false

  constructor(options: LightPeerOptions) {
    this.#options = options
    this.#meeting = infohashOfInfo(meetingPoint(options.rules.genesis).info)
    this.#reader = new WireReader(this.#meeting)
  }

  /**
   * Connects, and resolves when both have introduced themselves. Once. Throws `OperationError('peer-closed' | 'peer-silent')` and
   * `RuleError('foreign-network' | 'bad-hello' | 'bad-wire-message')`.
   */
  async start(): Promise<void> {
    const { url, connect = (to: string): Socket => new WebSocket(to) } = this.#options
    const socket = connect(url)
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => this.#introduce(socket))
    socket.addEventListener('message', ({ data }) => this.#receive(data))
    socket.addEventListener('close', () => this.#close(closed(url)))
    const timer = setTimeout(() => this.#close(silent('the node did not introduce itself in time')), HANDSHAKE_MS)
    try {
      await this.#introduced.promise
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * The files of transactions, in this order, at most 100; undefined of what the node does not have. What it sends for another infohash ends the connection. Throws
   * `OperationError('peer-closed' | 'peer-silent')`, `RuleError('bad-answer')`.
   */
  async get(infohashes: readonly Infohash[]): Promise<Files> {
    if (infohashes.length > MAX_FILES) throw new RangeError(`at most ${MAX_FILES} files are asked for at once`)
    if (this.#isClosed || this.#number === undefined) throw closed(this.#options.url)
    const id = this.#nextId
    this.#nextId = (id + 1) % 2 ** 32
    const { promise, resolve, reject } = Promise.withResolvers<Files>()
    const timer = setTimeout(() => reject(silent('the node did not answer in time')), ANSWER_TIMEOUT_MS)
    this.#open.set(id, { infohashes, resolve, reject })
    try {
      this.#say({ type: 'get', id, infohashes })
      return await promise
    } finally {
      clearTimeout(timer)
      this.#open.delete(id)
    }
  }

  /** Closes the connection. Idempotent. */
  stop(): void {
    this.#end(closed(this.#options.url))
  }

  [Symbol.dispose](): void {
    this.stop()
  }

  #introduce(socket: Socket): void {
    const [peerId, node] = [randomBytes(20), randomBytes(20)]
    socket.send(encodeHandshake(this.#meeting, peerId) as Uint8Array<ArrayBuffer>)
    const torrenttx = { genesis: toBytes(this.#options.rules.genesis), node, version: EXTENSION_VERSION }
    const hello = encode({ m: { torrenttx: OWN_NUMBER }, torrenttx, v: 'TorrentTX light' })
    socket.send(encodeExtended(0, hello) as Uint8Array<ArrayBuffer>)
  }

  #receive(data: unknown): void {
    // A socket goes on to deliver until the other end has agreed to its end.
    if (this.#isClosed) return
    try {
      if (!(data instanceof ArrayBuffer)) throw new RuleError('bad-wire-message', 'expected bytes of a node, got text')
      for (const message of this.#reader.read(new Uint8Array(data))) this.#onExtended(message)
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      this.#close(error)
    }
  }

  #onExtended({ number, payload }: Extended): void {
    if (this.#isClosed) return
    if (number === 0 && this.#number === undefined) this.#readHello(payload)
    else if (number === OWN_NUMBER) this.#onMessage(decodeMessage(payload))
  }

  #readHello(payload: Uint8Array): void {
    const { m, torrenttx } = decodeDictionary(payload)
    const number = isDictionary(m) ? m['torrenttx'] : undefined
    const { genesis, version } = isDictionary(torrenttx) ? torrenttx : {}
    if (typeof number !== 'number' || number < 1 || number > 255 || !(genesis instanceof Uint8Array)) {
      throw new RuleError(
        'bad-hello',
        'expected a node of TorrentTX, got a client that did not introduce itself as one',
      )
    }
    const { rules } = this.#options
    if (genesis.length !== 20 || toInfohash(genesis) !== rules.genesis || version !== EXTENSION_VERSION) {
      throw new RuleError('foreign-network', 'the node belongs to another network or speaks another version')
    }
    this.#number = number
    this.#alive = setInterval(() => this.#say({ type: 'have', infohashes: [] }), ALIVE_MS)
    this.#introduced.resolve()
  }

  #onMessage(message: Message | undefined): void {
    const { onHave, onBlocks, onSummary, rules } = this.#options
    if (message?.type === 'have' && message.infohashes.length > 0) onHave?.(message.infohashes)
    else if (message?.type === 'blocks') onBlocks?.(message.blocks.map((told) => checkTold(told, rules)))
    else if (message?.type === 'summary') onSummary?.(message.summary)
    else if (message?.type === 'files') this.#onFiles(message)
    else {
      const answer = emptyAnswer(message)
      if (answer !== undefined) this.#say(answer)
    }
  }

  #onFiles({ id, files }: Extract<Answer, { type: 'files' }>): void {
    const open = this.#open.get(id)
    // Else it came too late.
    if (open === undefined) return
    const { infohashes } = open
    const isRight = (file: Uint8Array, i: number) => file.length === 0 || infohashOf(file) === infohashes[i]
    if (files.length !== infohashes.length || !files.every(isRight))
      throw new RuleError('bad-answer', 'expected the files of the infohashes that were asked for, got others')
    open.resolve(files.map((file) => (file.length === 0 ? undefined : file)))
  }

  #say(message: Message): void {
    if (this.#isClosed || this.#number === undefined) return
    if ((this.#socket?.bufferedAmount ?? 0) > MAX_UNSENT_BYTES) {
      this.#close(new RuleError('bad-wire-message', 'expected a node that reads what it asked for, but it does not'))
      return
    }
    this.#socket?.send(encodeExtended(this.#number, encodeMessage(message)) as Uint8Array<ArrayBuffer>)
  }

  #close(reason: Error): void {
    const wasIntroduced = this.#number !== undefined
    if (this.#end(reason) && wasIntroduced) this.#options.onClosed?.(reason)
  }

  #end(reason: Error): boolean {
    if (this.#isClosed) return false
    this.#isClosed = true
    clearInterval(this.#alive)
    this.#introduced.reject(reason)
    // Nobody may be waiting for it.
    this.#introduced.promise.catch(() => {})
    for (const { reject } of [...this.#open.values()]) reject(reason)
    this.#socket?.close()
    return true
  }
}

/** It holds nothing for others, and says so: a question without an answer is a fault. */
function emptyAnswer(message: Message | undefined): Answer | undefined {
  switch (message?.type) {
    case 'get':
      return { type: 'files', id: message.id, files: message.infohashes.map(() => new Uint8Array()) }
    case 'count':
      return { type: 'counts', id: message.id, counts: new Uint8Array(COUNTS_BYTES) }
    case 'list':
      return { type: 'listed', id: message.id, infohashes: [], more: false }
    case 'order':
      return { type: 'ordered', id: message.id, infohashes: [], next: 0, end: 0 }
    case 'sketch':
      return {
        type: 'symbols',
        id: message.id,
        symbols: new Uint8Array(Math.min(message.most, SYMBOLS - message.from) * SYMBOL_BYTES),
      }
    default:
      return undefined
  }
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}

function closed(url: string): OperationError {
  return new OperationError(
    'peer-closed',
    `expected a node at ${url} that accepts pages (--websocket-origins) and stays connected, but there is no connection; try again, or another node`,
    { facts: { url }, retry: true },
  )
}

function silent(what: string): OperationError {
  return new OperationError('peer-silent', `${what}; try again, or another node`, { retry: true })
}
