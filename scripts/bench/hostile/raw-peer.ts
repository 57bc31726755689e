// A peer that speaks BitTorrent and `torrenttx`, from any address of loopback, and says what it is told to.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import Wire from 'bittorrent-protocol'
import { extendWire } from '../../../node/network/gossip/extension.ts'
import { decodeMessage, encodeMessage, type Message } from '../../../node/network/gossip/messages.ts'
import { meetingPoint } from '../../../node/network/meeting-point.ts'
import { infohashOfInfo } from '../../../node/network/torrent/metainfo.ts'
import { toInfohash } from '../../../node/protocol/ids.ts'
import { GENESIS } from './world.ts'

export const MEETING = infohashOfInfo(meetingPoint(GENESIS).info)

/** Connected, and silent. */
export async function connectFrom(from: string, port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from, noDelay: true })
  socket.on('error', () => {})
  await eitherOf(socket, 'connect')
  return socket
}

export class RawPeer {
  readonly socket: Socket
  readonly #wire: Wire
  readonly #onMessage: (message: Message) => void
  #isIntroduced = false

  constructor(socket: Socket, onMessage: (message: Message) => void = () => {}) {
    this.socket = socket
    this.#onMessage = onMessage
    // Its types know nothing of its first argument.
    this.#wire = Reflect.construct(Wire, ['tcpOutgoing'])
    this.#wire.on('error', () => socket.destroy())
    socket.once('close', () => this.#wire.destroy())
    socket.pipe(this.#wire).pipe(socket)
  }

  get isClosed(): boolean {
    return this.socket.destroyed
  }

  /** Becomes true once the other side has introduced itself too. */
  get isIntroduced(): boolean {
    return this.#isIntroduced
  }

  shakeHands(infohash: string): void {
    const wire = this.#wire as unknown as { handshake(infohash: string, id: string, options: object): void }
    wire.handshake(infohash, randomBytes(20).toString('hex'), { fast: true })
  }

  introduce(): void {
    const self = { genesis: GENESIS, nodeId: toInfohash(randomBytes(20)), port: 1 }
    extendWire(this.#wire, self, {
      onHello: () => {
        this.#isIntroduced = true
        return (bytes) => {
          const message = decodeMessage(bytes)
          if (message !== undefined) this.#onMessage(message)
        }
      },
    })
    this.shakeHands(MEETING)
  }

  /** Resolves when there is room for more. */
  async say(message: Message | Uint8Array): Promise<void> {
    const bytes = message instanceof Uint8Array ? message : encodeMessage(message)
    if (!this.isClosed) this.#wire.extended('torrenttx', bytes)
    if (this.#wire._readableState.buffered + this.socket.writableLength < 1_000_000) return
    await eitherOf(this.socket, 'drain')
  }
}

/** Resolves when it happens, or the socket is closed, or fails. */
async function eitherOf(socket: Socket, event: string): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  await Promise.race([once(socket, event, { signal }), once(socket, 'close', { signal })]).catch(() => undefined)
  over.abort()
}
