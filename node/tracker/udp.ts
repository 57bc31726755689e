// A tracker over UDP (BEP 15): connection ids that only their host can know, so that nobody announces, or has sent, what another host did not ask for.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { concat, encodeText, encodeUint } from '../protocol/bytes.ts'
import { type Infohash, toInfohash } from '../protocol/ids.ts'
import { encodeCompact, plainHost } from './compact.ts'
import { type AnnounceEvent, type Directory, familyOf } from './directory.ts'
import type { Gate } from './gate.ts'
import { DEFAULT_ADDRESSES, INTERVAL_SECONDS, MAX_ADDRESSES, MAX_SCRAPED } from './limits.ts'

export type UdpDeps = {
  readonly directory: Directory
  readonly gate: Gate
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

const PROTOCOL = Buffer.from('0000041727101980', 'hex')
const [CONNECT, ANNOUNCE, SCRAPE, ERROR] = [0, 1, 2, 3] as const
const ANNOUNCE_BYTES = 98
const EVENTS: readonly AnnounceEvent[] = ['none', 'completed', 'started', 'stopped']
/** BEP 15: a client uses an id for a minute, and a tracker accepts it for two. */
const ID_MS = 60_000
const ID_PERIODS = 3

/** Not bound yet. */
export function createUdpTracker(deps: UdpDeps, listenHost: string): Socket {
  const isTaken = connectionIds(deps.now)
  const socket = createSocket(isIPv6(listenHost) ? 'udp6' : 'udp4')
  // Of a send that failed, which is nothing that a tracker could mend; whoever binds it listens as well.
  socket.on('error', () => {})
  socket.on('message', (datagram: Buffer, from: RemoteInfo) => {
    // Port 0 cannot be answered.
    const reply = (bytes: Uint8Array) => {
      if (from.port > 0) socket.send(bytes, from.port, from.address, () => {})
    }
    void answer(deps, isTaken, datagram, { host: plainHost(from.address), port: from.port }, reply).catch(() => {})
  })
  return socket
}

type Ids = { of(host: string): Uint8Array; isOf(host: string, id: Uint8Array): boolean }

/** Of a host and a minute, by a secret: nothing is kept. */
function connectionIds(now: () => number): Ids {
  const secret = randomBytes(32)
  const idOf = (host: string, period: number) =>
    createHmac('sha256', secret).update(`${period} ${host}`).digest().subarray(0, 8)
  const period = () => Math.floor(now() / ID_MS)
  return {
    of: (host) => idOf(host, period()),
    isOf: (host, id) =>
      Array.from({ length: ID_PERIODS }, (_, i) => idOf(host, period() - i)).some((each) => timingSafeEqual(each, id)),
  }
}

type From = { readonly host: string; readonly port: number }

async function answer(
  { directory, gate }: UdpDeps,
  ids: Ids,
  datagram: Buffer,
  from: From,
  reply: (bytes: Uint8Array) => void,
): Promise<void> {
  // What is too short to be a request is not answered, nor what has no id: its address may be forged.
  if (datagram.length < 16) return
  const id = datagram.subarray(0, 8)
  const action = datagram.readUInt32BE(8)
  const transaction = datagram.subarray(12, 16)
  const head = (kind: number) => concat(encodeUint(kind, 4), transaction)
  const fail = (reason: string) => reply(concat(head(ERROR), encodeText(reason)))
  if (action === CONNECT) {
    if (id.equals(PROTOCOL)) reply(concat(head(CONNECT), ids.of(from.host)))
    return
  }
  // A host pays for what it asked, and not for what others ask in its name: before the id is seen nothing is counted, and no answer is longer than its question.
  if (!ids.isOf(from.host, id) || !gate.takes(from.host)) return
  if (action === ANNOUNCE && datagram.length >= ANNOUNCE_BYTES) {
    const infohash = toInfohash(datagram.subarray(16, 36))
    const event = EVENTS[datagram.readUInt32BE(80)] ?? 'none'
    const wanted = datagram.readInt32BE(92)
    const port = datagram.readUInt16BE(96)
    if (port === 0) return fail('expected a port from 1 to 65535')
    const verdict = event === 'stopped' ? 'open' : await gate.judge(infohash, from.host)
    if (verdict === 'unknown') return fail('the infohash is not of this network, or not known yet')
    if (verdict === 'busy') return fail('the tracker cannot tell now whether it knows the infohash; try again')
    const family = familyOf(from.host)
    // Bytes 84 to 87, an address that the client claims to have, are not read: it could be anybody's.
    const { seeders, leechers, addresses } = directory.announce({
      ...{ infohash, event, family, from: { host: from.host, port } },
      isSeeder: datagram.readBigUInt64BE(64) === 0n,
      want: wanted < 0 ? DEFAULT_ADDRESSES : Math.min(wanted, MAX_ADDRESSES),
    })
    const counts = [INTERVAL_SECONDS, leechers, seeders].map((count) => encodeUint(count, 4))
    return reply(concat(head(ANNOUNCE), ...counts, encodeCompact(addresses, family)))
  }
  if (action === SCRAPE)
    return reply(concat(head(SCRAPE), ...scraped(datagram).flatMap((each) => countsOf(directory, each))))
  fail('expected to connect, to announce or to scrape (BEP 15)')
}

function scraped(datagram: Buffer): Infohash[] {
  const count = Math.min(Math.floor((datagram.length - 16) / 20), MAX_SCRAPED)
  return Array.from({ length: count }, (_, i) => toInfohash(datagram.subarray(16 + 20 * i, 36 + 20 * i)))
}

function countsOf(directory: Directory, infohash: Infohash): Uint8Array[] {
  const { seeders, completed, leechers } = directory.counts(infohash)
  return [seeders, completed, leechers].map((count) => encodeUint(count, 4))
}
