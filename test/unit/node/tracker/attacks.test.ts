// Attacked: a tracker, by HTTP and UDP from outside. Must hold: the process lives, memory is bounded, others are answered, nobody is announced by others.

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { MAX_ADDRESSES, MAX_ENTRIES_PER_HOST, REQUESTS_BURST } from '../../../../node/tracker/limits.ts'
import type { Tracker } from '../../../../node/tracker/tracker.ts'
import { until } from '../network/lab.ts'
import {
  announceQuery,
  ask,
  CONNECT,
  INFOHASH,
  percent,
  raw,
  reasonIn,
  startTracker,
  udpAnnounce,
  udpAsker,
} from './lab.ts'

async function isAlive(tracker: Tracker): Promise<void> {
  const answer = await ask(tracker, `/announce?${announceQuery({ port: '9' })}`)
  assert.equal(typeof answer['complete'], 'number', reasonIn(answer))
}

const BROKEN: Readonly<Record<string, string>> = {
  'a port that is a fraction': `/announce?${announceQuery({ port: '80.5' })}`,
  'a port that is too large': `/announce?${announceQuery({ port: '65536' })}`,
  'a port of letters': `/announce?${announceQuery({ port: 'NaN' })}`,
  'no infohash': '/announce?port=7',
  'an infohash of 19 bytes': `/announce?${announceQuery({ info_hash: 'x'.repeat(19) })}`,
  'a peer id of 21 bytes': `/announce?${announceQuery({ peer_id: 'x'.repeat(21) })}`,
  'a scrape of everything': '/scrape',
  'a scrape of too many': `/scrape?${Array.from({ length: 75 }, () => `info_hash=${'x'.repeat(20)}`).join('&')}`,
}
for (const [name, path] of Object.entries(BROKEN)) {
  test(`is refused with a reason: ${name}`, async () => {
    await using tracker = await startTracker()
    assert.match(reasonIn(await ask(tracker, path)), /^expected a request to a tracker/)
    assert.equal(tracker.directory.size.entries, 0)
    await isAlive(tracker)
  })
}

test('odd values of what is not needed are passed over', async () => {
  await using tracker = await startTracker()
  for (const more of [
    { numwant: '-5' },
    { numwant: '99999999999999999999' },
    { event: '__proto__' },
    { left: 'Infinity' },
    { compact: '%00' },
    { key: '%zz' },
  ])
    assert.equal(reasonIn(await ask(tracker, `/announce?${announceQuery(more)}`)), '', JSON.stringify(more))
  assert.equal(tracker.directory.size.entries, 1)
})

test('an address that a client claims to have is not believed, over HTTP, by a header, or over UDP', async () => {
  await using tracker = await startTracker()
  const headers = { 'x-forwarded-for': '6.6.6.6', forwarded: 'for=6.6.6.6' }
  await fetch(`${tracker.urls.http}?${announceQuery({ ip: '6.6.6.6', ipv4: '6.6.6.6', ipv6: '::6' })}`, { headers })
  using asker = await udpAsker(tracker)
  const id = (await asker.ask(CONNECT)).subarray(8)
  await asker.ask(udpAnnounce(id, { ip: 0x06060606, port: 8 }))
  const { peers } = await ask(tracker, `/announce?${announceQuery({ port: '9' })}`)
  const hex = Buffer.from(peers as Uint8Array).toString('hex')
  assert.deepEqual(hex.match(/.{12}/g)?.sort(), ['7f0000010007', '7f0000010008'])
})

test('datagrams without an id of their host are not answered, and enter nothing', async () => {
  await using tracker = await startTracker()
  using asker = await udpAsker(tracker)
  using other = await udpAsker(tracker, '127.0.0.2')
  const stolen = (await asker.ask(CONNECT)).subarray(8)
  other.say(udpAnnounce(stolen, { port: 1 }))
  other.say(udpAnnounce(CONNECT.subarray(0, 8), { port: 2 }))
  other.say(Buffer.alloc(98))
  // Questions are read in their order: when this one is answered, the others were read.
  assert.equal((await other.ask(CONNECT)).readUInt32BE(0), 0)
  assert.equal(tracker.directory.size.entries, 0)
})

test('an id is good for two minutes, and not for five', async () => {
  let ms = 0
  await using tracker = await startTracker({ now: () => ms })
  using asker = await udpAsker(tracker)
  const id = (await asker.ask(CONNECT)).subarray(8)
  ms += 120_000
  assert.equal((await asker.ask(udpAnnounce(id))).readUInt32BE(0), 1)
  ms += 180_000
  asker.say(udpAnnounce(id))
  assert.equal((await asker.ask(CONNECT)).readUInt32BE(0), 0)
})

test('garbage over UDP ends nothing, and no answer is longer than its question allows', async () => {
  await using tracker = await startTracker()
  using asker = await udpAsker(tracker)
  const id = (await asker.ask(CONNECT)).subarray(8)
  let seed = 7
  const next = () => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff)
  for (let i = 0; i < 2_000; i++) {
    const bytes = Buffer.from(Array.from({ length: next() % 300 }, () => next() & 0xff))
    if (i % 2 === 0 && bytes.length >= 8) bytes.set(id)
    if (i % 4 === 0 && bytes.length >= 12) bytes.writeUInt32BE(i % 5, 8)
    asker.say(bytes)
  }
  const large = Buffer.alloc(60_016)
  large.set(id)
  large.writeUInt32BE(2, 8)
  using second = await udpAsker(tracker)
  const answer = await second.ask(large)
  assert.equal(answer.length, 8 + 74 * 12)
  assert.equal((await second.ask(udpAnnounce(id))).readUInt32BE(0), 1)
  await isAlive(tracker)
})

test('10,000 announces of random infohashes by one host keep what one host may have', async () => {
  await using tracker = await startTracker({ now: () => 0 }, { sparesLoopback: false })
  using asker = await udpAsker(tracker)
  const id = (await asker.ask(CONNECT)).subarray(8)
  for (let i = 0; i < 10_000; i++) {
    const request = udpAnnounce(id, { infohash: i.toString(16).padStart(40, '0') })
    // One in ten waits for its answer, so that none is lost before it was read.
    if (i < REQUESTS_BURST - 1 && i % 10 === 0) await asker.ask(request)
    else asker.say(request)
  }
  using other = await udpAsker(tracker, '127.0.0.2')
  const otherId = (await other.ask(CONNECT)).subarray(8)
  assert.equal((await other.ask(udpAnnounce(otherId))).readUInt32BE(0), 1)
  assert(tracker.directory.size.entries <= MAX_ENTRIES_PER_HOST + 1)
  assert.equal((await fetch(tracker.urls.page)).status, 429, 'that host has to wait, over HTTP too')
})

test('a node is not asked about all that strangers make up', async () => {
  let asked = 0
  const isKnown = async () => {
    asked += 1
    return false
  }
  await using tracker = await startTracker({ isKnown, now: () => 0 })
  const reasons = new Set<string>()
  for (let i = 0; i < 1_000; i++) {
    const info_hash = percent((i % 500).toString(16).padStart(40, '0'))
    reasons.add(reasonIn(await ask(tracker, `/announce?${announceQuery({ info_hash })}`)))
  }
  assert(asked < 200, `${asked} questions`)
  assert.equal(reasons.size, 3, 'unknown, busy, too many')
})

test('a megabyte of headers, another method, no HTTP at all: refused and closed', async () => {
  await using tracker = await startTracker()
  const header = `x: ${'y'.repeat(1_000)}\r\n`
  assert.match(await raw(tracker, `GET / HTTP/1.1\r\nhost: x\r\n${header.repeat(1_000)}\r\n`), /^(HTTP\/1.1 431|$)/)
  assert.match(await raw(tracker, 'POST /announce HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n'), /^HTTP\/1.1 405/)
  assert.match(await raw(tracker, '\x13BitTorrent protocol\r\n\r\n'), /^HTTP\/1.1 400/)
  assert.match(await raw(tracker, `GET /${'/'.repeat(15_000)} HTTP/1.1\r\nhost: x\r\n\r\n`), /^HTTP\/1.1 404/)
  await isAlive(tracker)
})

test('connections that say nothing, and that never end a header, are closed in time, and meanwhile others are answered', async () => {
  let ms = 0
  await using tracker = await startTracker({ now: () => ms }, { sparesLoopback: false })
  const slow = Array.from({ length: 600 }, () => connect(tracker.port, '127.0.0.1'))
  for (const socket of slow) socket.on('error', () => {}).write('GET / HTTP/1.1\r\nx: ')
  await Promise.all(slow.map((socket) => once(socket, 'connect')))
  await isAlive(tracker)
  ms += 5_000
  await until(
    () => slow.every((socket) => socket.destroyed || socket.closed || socket.readyState !== 'open'),
    'all are closed',
  )
})

test('a crowd at one torrent is told of no more than fit one answer', async () => {
  await using tracker = await startTracker()
  for (let i = 0; i < 2_000; i++) {
    const from = { host: `${1 + (i % 200)}.${i % 250}.1.1`, port: 7 }
    tracker.directory.announce({ infohash: INFOHASH as never, from, isSeeder: false, event: 'none', want: 0 })
  }
  const { peers } = await ask(tracker, `/announce?${announceQuery({ numwant: '100000' })}`)
  assert.equal((peers as Uint8Array).length, 6 * MAX_ADDRESSES)
})

test('what others ask in the name of a host, without its id, costs that host nothing', {
  timeout: 20_000,
}, async () => {
  await using tracker = await startTracker({ now: () => 0 })
  using forger = await udpAsker(tracker, '127.0.0.2')
  for (let i = 0; i < REQUESTS_BURST + 100; i++) {
    const request = i % 2 === 0 ? CONNECT : udpAnnounce(Buffer.alloc(8))
    // One in fifty waits for its answer, so that none is lost before it was read.
    if (i % 50 === 0) await forger.ask(CONNECT)
    forger.say(request)
  }
  using host = await udpAsker(tracker, '127.0.0.2')
  const id = (await host.ask(CONNECT)).subarray(8)
  assert.equal((await host.ask(udpAnnounce(id))).readUInt32BE(0), 1)
})

test('of thousands of requests in one piece, and of any method, none is read but the first', async (t) => {
  await using tracker = await startTracker()
  let read = 0
  const count = () => {
    read += 1
  }
  subscribe('http.server.request.start', count)
  t.after(() => unsubscribe('http.server.request.start', count))
  const request = 'GET /none HTTP/1.1\r\nhost: x\r\n\r\n'
  assert.match(await raw(tracker, request), /^HTTP\/1.1 404/)
  for (const method of ['GET', 'POST', 'PUT']) await raw(tracker, request.replace('GET', method).repeat(10_000))
  assert(read <= 1, `${read} requests were read`)
  await isAlive(tracker)
})
