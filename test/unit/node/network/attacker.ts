// A raw socket that speaks as much BitTorrent as an attack needs, and says whatever it likes.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { EXTENSION_VERSION } from '../../../../node/network/gossip/messages.ts'
import { meetingPoint } from '../../../../node/network/meeting-point.ts'
import { type BencodedDictionary, decode, type Encodable, encode } from '../../../../node/network/torrent/bencode.ts'
import { infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import { type Infohash, toBytes } from '../../../../node/protocol/ids.ts'
import { until } from './lab.ts'
import { GENESIS } from './memory-store.ts'

export const MEETING_POINT = infohashOfInfo(meetingPoint(GENESIS).info)
/** The number that the attacker gives to `torrenttx` messages that it receives. */
const OWN_NUMBER = 7

export type Heard = { readonly id: number; readonly payload: Buffer }

export class Attacker {
  readonly socket: Socket
  /** Messages after the handshake. */
  readonly heard: Heard[] = []
  #bytes: Buffer = Buffer.alloc(0)
  #hasHandshake = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => this.#parse(data))
  }

  static async connect(address: string): Promise<Attacker> {
    const [host, port] = address.split(':')
    const socket = connect({ host: host ?? '', port: Number(port), noDelay: true })
    await once(socket, 'connect')
    return new Attacker(socket)
  }

  /** Through the BitTorrent handshake, both ways. */
  static async handshaken(address: string, infohash: string = MEETING_POINT): Promise<Attacker> {
    const attacker = await Attacker.connect(address)
    attacker.handshake(infohash)
    await until(() => attacker.#hasHandshake || attacker.isClosed, 'the handshake was answered')
    return attacker
  }

  /** Through the extended handshake as well: a node like any other. */
  static async introduced(address: string, hello: Partial<Record<string, Encodable>> = {}): Promise<Attacker> {
    const attacker = await Attacker.handshaken(address)
    attacker.introduce(hello)
    return attacker
  }

  get isClosed(): boolean {
    return this.socket.destroyed || this.socket.readableEnded
  }

  /** What is said meanwhile leaves at once, as one segment where it fits. */
  async inOnePiece(say: () => Promise<void> | void): Promise<void> {
    this.socket.cork()
    await say()
    this.socket.uncork()
  }

  raw(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  handshake(infohash: string, peerId: Uint8Array = Buffer.from('-XX0001-attacker0000')): void {
    const reserved = Buffer.from('0000000000100005', 'hex')
    const name = Buffer.from('\x13BitTorrent protocol', 'latin1')
    this.raw(Buffer.concat([name, reserved, Buffer.from(infohash, 'hex'), peerId]))
  }

  message(id: number, payload: Uint8Array = Buffer.alloc(0)): void {
    const head = Buffer.alloc(5)
    head.writeUInt32BE(payload.length + 1)
    head[4] = id
    this.raw(Buffer.concat([head, payload]))
  }

  extended(number: number, payload: Uint8Array): void {
    this.message(20, Buffer.concat([Buffer.of(number), payload]))
  }

  /** `more`: of the extended handshake besides. */
  introduce(hello: Partial<Record<string, Encodable>> = {}, more: Readonly<Record<string, Encodable>> = {}): void {
    const torrenttx = {
      genesis: toBytes(GENESIS),
      node: Buffer.alloc(20, 0xaa),
      version: EXTENSION_VERSION,
      ...hello,
    } as Encodable
    this.extended(0, encode({ m: { torrenttx: OWN_NUMBER }, torrenttx, ...more }))
  }

  /** The remote's number of an extension, once its extended handshake is here. */
  async numberOf(name: string): Promise<number> {
    const isHandshake = ({ id, payload }: Heard) => id === 20 && payload[0] === 0
    await until(() => this.heard.some(isHandshake), 'the extended handshake came')
    const handshake = decode(this.heard.find(isHandshake)?.payload.subarray(1) ?? Buffer.alloc(0)) as BencodedDictionary
    return Number((handshake['m'] as BencodedDictionary)[name])
  }

  /** Sends a `torrenttx` message, or any bytes as one. */
  async say(message: Encodable | Uint8Array): Promise<void> {
    const bytes = message instanceof Uint8Array ? message : encode(message)
    this.extended(await this.numberOf('torrenttx'), bytes)
  }

  /** The `torrenttx` messages of a type that came. */
  told(type: string): BencodedDictionary[] {
    return this.heard
      .filter(({ id, payload }) => id === 20 && payload[0] === OWN_NUMBER)
      .map(({ payload }) => decode(payload.subarray(1)) as BencodedDictionary)
      .filter((message) => Buffer.from(message['type'] as Uint8Array).toString() === type)
  }

  close(): void {
    this.socket.destroy()
  }

  #parse(data: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, data])
    if (!this.#hasHandshake && this.#bytes.length >= 68) {
      this.#hasHandshake = true
      this.#bytes = this.#bytes.subarray(68)
    }
    while (this.#hasHandshake && this.#bytes.length >= 4) {
      const length = this.#bytes.readUInt32BE()
      if (this.#bytes.length < 4 + length) return
      if (length > 0) this.heard.push({ id: this.#bytes[4] ?? 0, payload: this.#bytes.subarray(5, 4 + length) })
      this.#bytes = this.#bytes.subarray(4 + length)
    }
  }
}

export function joined(...infohashes: readonly Infohash[]): Uint8Array {
  return Buffer.from(infohashes.join(''), 'hex')
}
