// A tracker on loopback for these tests, raw questions to it over HTTP and UDP, and clients as webtorrent brings them.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { Client, type Told } from 'bittorrent-tracker'
import { type BencodedDictionary, decodeDictionary } from '../../../../node/network/torrent/bencode.ts'
import { parseHex } from '../../../../node/protocol/bytes.ts'
import { Tracker, type TrackerDeps, type TrackerOptions } from '../../../../node/tracker/tracker.ts'

/** Half of its bytes are not ASCII. */
export const INFOHASH = 'fe00112233445566778899aabbccddeeff01f2d3'

export async function startTracker(
  deps: Partial<TrackerDeps> = {},
  options: Partial<TrackerOptions> = {},
): Promise<Tracker> {
  const tracker = new Tracker({ clock: Date.now, ...deps }, { host: '127.0.0.1', port: 0, ...options })
  await tracker.start()
  return tracker
}

export function percent(hex: string): string {
  return hex.replace(/../g, (byte) => `%${byte}`)
}

export function announceQuery(more: Readonly<Record<string, string>> = {}): string {
  const query = { info_hash: percent(INFOHASH), peer_id: 'x'.repeat(20), port: '7', left: '0', ...more }
  return Object.entries(query)
    .map(([key, value]) => `${key}=${value}`)
    .join('&')
}

/** What the tracker answers to a GET, decoded. */
export async function ask(tracker: Tracker, pathAndQuery: string): Promise<BencodedDictionary> {
  const response = await fetch(new URL(pathAndQuery, tracker.urls.page))
  return decodeDictionary(new Uint8Array(await response.arrayBuffer()))
}

export function reasonIn(answer: BencodedDictionary): string {
  const reason = answer['failure reason']
  return reason instanceof Uint8Array ? Buffer.from(reason).toString() : ''
}

/** Raw bytes over TCP, and all that comes until the other end closes. */
export async function raw(tracker: Tracker, bytes: string): Promise<string> {
  const socket = connect(tracker.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(bytes)
  return await text(socket).catch(() => '')
}

/** A socket that asks by UDP, and asks again as BEP 15 wants it, until the answer to this question comes. */
export async function udpAsker(tracker: Tracker, from = '127.0.0.1') {
  const family = from.includes(':') ? 6 : 4
  const socket = createSocket(`udp${family}`)
  socket.bind(0, from)
  await once(socket, 'listening')
  let transaction = 0x77000000
  const say = (bytes: Uint8Array) => socket.send(bytes, tracker.port, family === 6 ? '::1' : '127.0.0.1')
  return {
    say,
    ask: async (bytes: Uint8Array): Promise<Buffer> => {
      const request = Buffer.from(bytes)
      request.writeUInt32BE(++transaction, 12)
      const { promise, resolve } = Promise.withResolvers<Buffer>()
      const hear = (answer: Buffer) => void (answer.readUInt32BE(4) === transaction && resolve(answer))
      socket.on('message', hear)
      say(request)
      const again = setInterval(() => say(request), 250)
      const answer = await promise
      clearInterval(again)
      socket.removeListener('message', hear)
      return answer
    },
    [Symbol.dispose]: () => void socket.close(),
  }
}

export const CONNECT = Buffer.from('000004172710198000000000aabbccdd', 'hex')

/** An announce of BEP 15. */
export function udpAnnounce(id: Uint8Array, { infohash = INFOHASH, ip = 0, port = 7, left = 0n } = {}): Buffer {
  const request = Buffer.alloc(98)
  request.set(id, 0)
  request.writeUInt32BE(1, 8)
  request.writeUInt32BE(0x11223344, 12)
  request.set(parseHex(infohash), 16)
  request.writeBigUInt64BE(left, 64)
  request.writeUInt32BE(ip, 84)
  request.writeInt32BE(-1, 92)
  request.writeUInt16BE(port, 96)
  return request
}

/** A client as webtorrent has it. What it is told comes by its events. */
export function stockClient(announce: string, port: number) {
  const client = new Client({ infoHash: INFOHASH, peerId: String(port).padStart(40, '0'), announce: [announce], port })
  const told = async <T>(event: 'update' | 'peer' | 'scrape'): Promise<T> => {
    const [value] = await once(client, event, { signal: AbortSignal.timeout(20_000) })
    return value as T // as the library documents it
  }
  client.on('warning', (error: Error) => client.emit('error', error))
  return {
    client,
    update: () => told<Told>('update'),
    peer: () => told<string>('peer'),
    scrape: () => told<Told>('scrape'),
    [Symbol.dispose]: () => client.destroy(),
  }
}
