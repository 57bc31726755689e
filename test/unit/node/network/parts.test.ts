// The small parts of the network: bencoding, buckets, bans, rate limits, the index of secrets, the store of pieces.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type Wire from 'bittorrent-protocol'
import fc from 'fast-check'
import { Bans } from '../../../../node/network/bans.ts'
import { decodeMessage, encodeMessage } from '../../../../node/network/gossip/messages.ts'
import { Buckets, decodeCounts } from '../../../../node/network/gossip/reconcile/buckets.ts'
import {
  BAN_MS,
  HOST_BAN_FORGOTTEN_MS,
  HOST_BAN_MS,
  MAX_BANS,
  MAX_HOST_BAN_MS,
} from '../../../../node/network/limits.ts'
import { hostGroup, hostOf, isLoopback, isPrivate, rangeOf } from '../../../../node/network/places/addresses.ts'
import { TokenBucket } from '../../../../node/network/token-bucket.ts'
import { decode, encode } from '../../../../node/network/torrent/bencode.ts'
import { MemoryChunkStore } from '../../../../node/network/torrent/chunk-store.ts'
import { IdleWires, MAX_IDLE_WIRE_MS } from '../../../../node/network/torrent/idle-wires.ts'
import { SecretIndex } from '../../../../node/network/torrent/secret-index.ts'
import { SEALED_BYTES } from '../../../../node/protocol/header.ts'
import { type Infohash, toInfohash } from '../../../../node/protocol/ids.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'

test('what is not bencoded is a rule error, whatever it is', () => {
  for (const text of [
    '',
    'l-3:e',
    'd',
    'l',
    '5:abcd',
    '-1:',
    ':',
    '1',
    'i',
    'd1:a',
    'i1ei2e',
    'd-1:i1ee',
    'l'.repeat(99),
  ]) {
    assert.throws(() => decode(Buffer.from(text)), RuleError, text)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decode(bytes)
      } catch (error) {
        return error instanceof RuleError
      }
      return true
    }),
  )
})

test('a decoder that failed in the depths decodes the next value', () => {
  assert.throws(() => decode(Buffer.from(`${'l'.repeat(20)}${'e'.repeat(20)}`)), RuleError)
  assert.deepEqual(decode(Buffer.from(`${'l'.repeat(16)}${'e'.repeat(16)}`)).toString(), '')
  assert.deepEqual(decode(encode({ a: [1, 'x'] })), { a: [1, new Uint8Array([0x78])] })
})

test('every message is read back as it was written', () => {
  const h = (n: number) => n.toString(16).padStart(40, '0') as Infohash
  const hash = `0x${'ab'.repeat(32)}` as const
  const summary = { count: 5, weight: 2n ** 200n, fingerprint: hash, newestBlock: hash, stateRoot: hash }
  const messages = [
    { type: 'summary', summary },
    { type: 'have', infohashes: [h(1), h(2)] },
    { type: 'blocks', blocks: [1, 2].map((n) => ({ sealed: new Uint8Array(SEALED_BYTES).fill(n), torrent: h(n) })) },
    { type: 'seed', infohash: h(3) },
    { type: 'get', id: 7, infohashes: [h(4)] },
    { type: 'files', id: 7, files: [new Uint8Array(3), new Uint8Array()] },
    { type: 'count', id: 8, prefix: '' },
    { type: 'counts', id: 8, counts: new Uint8Array(5_120).fill(9) },
    { type: 'list', id: 2 ** 32 - 1, prefix: 'abcd', after: h(5) },
    { type: 'list', id: 9, prefix: '', after: '' },
    { type: 'listed', id: 9, infohashes: [h(6)], more: true },
    { type: 'sketch', id: 10, from: 24, most: 12 },
    { type: 'symbols', id: 10, symbols: new Uint8Array(48).fill(5) },
  ] as unknown as Parameters<typeof encodeMessage>[0][]
  for (const message of messages) assert.deepEqual(decodeMessage(encodeMessage(message)), message)
})

test('buckets of equal sets are equal, in any order, and differ where the sets do', () => {
  const infohashes = Array.from({ length: 2_000 }, () => toInfohash(randomBytes(20)))
  const [left, right] = [new Buckets(), new Buckets()]
  for (const infohash of infohashes) left.add(infohash)
  for (const infohash of infohashes.toReversed()) right.add(infohash)
  assert.deepEqual(left.encodeCounts(''), right.encodeCounts(''))
  const one = infohashes[0] ?? toInfohash(randomBytes(20))
  const other = toInfohash(Buffer.concat([Buffer.from(one.slice(0, 4), 'hex'), randomBytes(18)]))
  left.add(other)
  const [top, deep] = ['', one.slice(0, 2)].map((prefix) => {
    const theirs = decodeCounts(right.encodeCounts(prefix))
    return decodeCounts(left.encodeCounts(prefix)).flatMap((ours, i) => {
      return ours.count === theirs[i]?.count && ours.sum === theirs[i]?.sum
        ? []
        : [[i, ours.count - (theirs[i]?.count ?? 0)]]
    })
  })
  assert.deepEqual(top, [[Number.parseInt(one.slice(0, 2), 16), 1]])
  assert.deepEqual(deep, [[Number.parseInt(one.slice(2, 4), 16), 1]])
  left.remove(other)
  assert.deepEqual(left.encodeCounts(''), right.encodeCounts(''))
  for (const infohash of infohashes) left.remove(infohash)
  assert.deepEqual([left.size, left.encodeCounts('')], [0, new Buckets().encodeCounts('')])
})

test('a bucket holds the count and the sum modulo 2^128 of what is in it', () => {
  const infohashes = Array.from({ length: 50 }, () => toInfohash(Buffer.concat([Buffer.alloc(2, 7), randomBytes(18)])))
  const buckets = new Buckets()
  let sum = 0n
  for (const infohash of infohashes) {
    buckets.add(infohash)
    sum += BigInt(`0x${createHash('sha256').update(infohash, 'hex').digest('hex').slice(0, 32)}`)
  }
  const expected = { count: 50, sum: (sum % 2n ** 128n).toString(16).padStart(32, '0') }
  assert.deepEqual(decodeCounts(buckets.encodeCounts(''))[7], expected)
  assert.deepEqual(decodeCounts(buckets.encodeCounts('07'))[7], expected)
})

test('a node is banned for longer than its host, and a host longer each time', () => {
  let now = 0
  const bans = new Bans(() => now)
  const host = '198.51.100.7'
  bans.add({ id: 'first', host })
  assert(bans.hasId('first') && bans.hasHost(host) && bans.hasHost(`::ffff:${host}`))
  now = HOST_BAN_MS
  assert(!bans.hasHost(host), 'others behind the same address are talked to again')
  assert(bans.hasId('first'))
  bans.add({ id: 'second', host })
  now += HOST_BAN_MS
  assert(bans.hasHost(host), 'a second ban takes twice as long')
  now += HOST_BAN_MS
  assert(!bans.hasHost(host))
  for (let i = 0; i < 20; i++) bans.add({ id: `${i}`, host })
  now += MAX_HOST_BAN_MS
  assert(!bans.hasHost(host), 'no ban of a host is longer than that')
  now += HOST_BAN_FORGOTTEN_MS
  bans.add({ id: 'much later', host })
  now += HOST_BAN_MS
  assert(!bans.hasHost(host), 'what is long past is forgotten')
  now += BAN_MS
  assert(!bans.hasId('first') && !bans.hasId('much later'))
})

test('on loopback a ban is of the id, unless a test wants to tell its hosts apart, and the oldest bans make room', () => {
  const bans = new Bans(() => 0)
  for (let i = 0; i <= MAX_BANS; i++) bans.add({ id: `id ${i}`, host: '127.0.0.1' })
  assert(!bans.hasId('id 0'))
  assert(bans.hasId('id 1') && bans.hasId(`id ${MAX_BANS}`) && !bans.hasHost('127.0.0.1'))
  const strict = new Bans(() => 0, { sparesLoopback: false })
  strict.add({ id: 'one', host: '127.0.0.2' })
  assert(strict.hasHost('127.0.0.2') && !strict.hasHost('127.0.0.3'))
  assert(isLoopback('127.0.0.1') && isLoopback('::1') && isLoopback('::ffff:127.0.0.1') && !isLoopback('1.2.3.4'))
})

test('whoever has a site of IPv6 is banned with all of it, and frees nobody elsewhere', () => {
  let now = 0
  const bans = new Bans(() => now)
  bans.add({ id: 'other', host: '2a00:1450:4001::9' })
  bans.add({ id: 'of IPv4', host: '198.51.100.7' })
  const attacker = (i: number) => `2001:db8:77:${i.toString(16)}::1`
  for (let i = 0; i < 7; i++) bans.add({ id: `id ${i}`, host: attacker(i) })
  for (let i = 0; i < 3; i++) bans.add({ id: `again ${i}`, host: attacker(0) })
  assert(bans.hasHost(attacker(6)) && !bans.hasHost(attacker(7)), 'seven hosts say nothing of others')
  bans.add({ id: 'eighth', host: attacker(7) })
  assert(bans.hasHost(attacker(0x1234)) && !bans.hasHost('2001:db8:78::1'))
  now = HOST_BAN_MS
  assert(!bans.hasHost(attacker(0x1234)))
  bans.add({ id: 'ninth', host: attacker(8) })
  now += 2 * HOST_BAN_MS - 1
  assert(bans.hasHost(attacker(0x1234)), 'a second ban of a site takes twice as long')
  now = 0
  for (let i = 9; i < 2 * MAX_BANS; i++) bans.add({ id: `id ${i}`, host: attacker(i) })
  assert(bans.hasId('other') && bans.hasHost('2a00:1450:4001::1'))
  assert(bans.hasId('of IPv4') && bans.hasHost('198.51.100.7'))
  assert(bans.hasHost(attacker(3)), 'its oldest hosts are forgotten, and its site is not')
})

test('an address is of a range, and private or not', () => {
  assert.deepEqual(['1.2.3.4', '::ffff:1.2.9.9', '2001:db8:1:2::1', '::1'].map(rangeOf), [
    '1.2',
    '1.2',
    '2001:db8',
    '0:0',
  ])
  for (const host of [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.9.9',
    '192.168.1.1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
  ])
    assert(isPrivate(host), host)
  for (const host of ['1.2.3.4', '172.32.0.1', '11.0.0.1', '2001:db8::1']) assert(!isPrivate(host), host)
  assert.deepEqual(['1.2.3.4:5', '[2001:db8::1]:7651'].map(hostOf), ['1.2.3.4', '2001:db8::1'])
})

test('an address stands for all that its owner can have', () => {
  assert.equal(hostGroup('1.2.3.4'), '1.2.3.4')
  assert.equal(hostGroup('::ffff:1.2.3.4'), '1.2.3.4')
  const subnet = hostGroup('2001:db8:1:2:3:4:5:6')
  assert.equal(subnet, '2001:db8:1:2')
  for (const same of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::']) assert.equal(hostGroup(same), subnet)
  assert.notEqual(hostGroup('2001:db8:1:3::1'), subnet)
  assert.deepEqual([hostGroup('::1'), hostGroup('2001:db8::1')], ['0:0:0:0', '2001:db8:0:0'])
})

test('a wire without traffic is closed, unless it is kept', () => {
  const wireOf = () => ({
    uploaded: 0,
    downloaded: 0,
    isClosed: false,
    destroy() {
      this.isClosed = true
    },
  })
  const [idle, busy, kept] = [wireOf(), wireOf(), wireOf()]
  const wires = [idle, busy, kept] as unknown as Wire[]
  const idleWires = new IdleWires()
  idleWires.keep(wires[2] as Wire)
  for (let ms = 0; ms <= MAX_IDLE_WIRE_MS; ms += MAX_IDLE_WIRE_MS / 4) {
    assert(!idle.isClosed)
    busy.uploaded += ms === MAX_IDLE_WIRE_MS / 2 ? 16_384 : 0
    idleWires.closeIdle(wires, ms)
  }
  assert.deepEqual(
    [idle, busy, kept].map(({ isClosed }) => isClosed),
    [true, false, false],
  )
})

test('a token bucket lets a burst pass, then its rate, and says how long a debt takes', () => {
  let now = 0
  const bucket = new TokenBucket(10, 5, () => now)
  assert(bucket.take(5))
  assert(!bucket.take(1))
  now = 100
  assert(bucket.take(1))
  assert(!bucket.take(1))
  assert.equal(bucket.charge(2), 200)
  now = 10_000
  assert(bucket.take(5))
  assert(!bucket.take(0.1), 'it holds no more than a burst')
})

test('an index of secrets finds each of thousands by its hash, and nothing else', () => {
  const index = new SecretIndex()
  const infohashes = Array.from({ length: 5_000 }, () => toInfohash(randomBytes(20)))
  for (const infohash of infohashes) index.add(infohash)
  const secretOf = (infohash: string) => createHash('sha1').update('req2').update(infohash, 'hex').digest('hex')
  for (const infohash of infohashes) assert.equal(index.get(secretOf(infohash)), infohash)
  assert.equal(index.get('ab'.repeat(20)), undefined)
  assert.equal(index.get('short'), undefined)
})

test('a store of pieces serves ranges, and refuses what lies outside', async () => {
  const store = new MemoryChunkStore(4, { length: 10 })
  const get = (index: number, range: { offset?: number; length?: number } | null = null) =>
    new Promise((resolve) => store.get(index, range, (error, bytes) => resolve(error ? 'error' : [...(bytes ?? [])])))
  assert.equal(await get(0), 'error')
  for (const [i, bytes] of [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [9, 10],
  ].entries())
    store.put(i, Uint8Array.from(bytes))
  assert.deepEqual(await get(2), [9, 10])
  assert.deepEqual(await get(1, { offset: 1, length: 2 }), [6, 7])
  assert.deepEqual(
    await Promise.all([get(3), get(2, { offset: 0, length: 3 }), get(0, { offset: 5 })]),
    Array(3).fill('error'),
  )
  assert.equal(
    await new Promise((resolve) => store.put(2, new Uint8Array(3), (error) => resolve(error?.name))),
    'RangeError',
  )
  store.destroy()
  assert.equal(await get(0), 'error')
})
