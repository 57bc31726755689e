// What a tracker keeps: who is told of whom, and that nobody fills it or takes the places of others.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crowds } from '../../../../node/network/places/crowds.ts'
import { type Infohash, toInfohash } from '../../../../node/protocol/ids.ts'
import { type Announce, Directory } from '../../../../node/tracker/directory.ts'
import * as limits from '../../../../node/tracker/limits.ts'

const WANTED = infohash(1)
let ms = 1_800_000_000_000

function infohash(n: number): Infohash {
  const bytes = new Uint8Array(20)
  new DataView(bytes.buffer).setUint32(0, n)
  return toInfohash(bytes)
}

function directory(maxEntries?: number): Directory {
  return new Directory({ clock: () => ms, ...(maxEntries === undefined ? {} : { maxEntries }) })
}

function announce(host: string, port: number, more: Partial<Announce> = {}): Announce {
  return { infohash: WANTED, from: { host, port }, isSeeder: false, event: 'none', want: 50, ...more }
}

test('a client is told of all others of the swarm, and not of itself', () => {
  const known = directory()
  known.announce(announce('1.2.3.4', 1, { isSeeder: true }))
  known.announce(announce('1.2.3.4', 2))
  const told = known.announce(announce('5.6.7.8', 3))
  assert.deepEqual(told.addresses.map(({ port }) => port).sort(), [1, 2])
  assert.deepEqual([told.seeders, told.leechers], [1, 2])
  assert.deepEqual(known.announce(announce('5.6.7.8', 3, { infohash: infohash(2) })).addresses, [])
})

test('who completes becomes a seeder once, and who stops is gone with its swarm', () => {
  const known = directory()
  known.announce(announce('1.2.3.4', 1))
  for (let i = 0; i < 2; i++) known.announce(announce('1.2.3.4', 1, { event: 'completed', isSeeder: true }))
  assert.deepEqual(known.counts(WANTED), { seeders: 1, leechers: 0, completed: 1 })
  known.announce(announce('1.2.3.4', 1, { event: 'stopped' }))
  known.announce(announce('9.9.9.9', 1, { event: 'stopped' }))
  assert.deepEqual(known.size, { entries: 0, swarms: 0 })
})

test('only addresses of the family that a client can use are told', () => {
  const known = directory()
  known.announce(announce('1.2.3.4', 1))
  known.announce(announce('2001:db8::1', 2))
  const told = (family: 4 | 6) => known.announce(announce('5.6.7.8', 3, { family })).addresses.map(({ host }) => host)
  assert.deepEqual([told(4), told(6)], [['1.2.3.4'], ['2001:db8::1']])
})

test('addresses are chosen at random, all different, and no more than fit a datagram', () => {
  const known = directory()
  for (let i = 1; i <= 200; i++) known.announce(announce(`1.${i}.3.4`, i))
  const told = () => known.announce(announce('5.6.7.8', 3, { want: 1_000 })).addresses.map(({ port }) => port)
  const [first, second] = [told(), told()]
  assert.equal(new Set(first).size, limits.MAX_ADDRESSES)
  assert.notDeepEqual(first, second)
})

test('where a swarm has few, nodes of the meeting point are told of too, behind its own, and none twice', () => {
  const meeting = infohash(77)
  const known = new Directory({ clock: () => ms, meeting })
  for (const host of ['1.1.1.1', '2.2.2.2', '3.3.3.3'])
    known.announce(announce(host, 1, { infohash: meeting, isSeeder: true }))
  known.announce(announce('2.2.2.2', 1))
  known.announce(announce('9.9.9.9', 1))
  const told = (want: number) => known.announce(announce('3.3.3.3', 1, { want })).addresses.map(({ host }) => host)
  assert.deepEqual(told(2).sort(), ['2.2.2.2', '9.9.9.9'])
  assert.deepEqual(told(50).slice(2), ['1.1.1.1'])
  assert.deepEqual(told(0), [])
  assert.equal(known.counts(WANTED).seeders, 0, 'nobody said that they seed it')
})

test('who does not announce again is forgotten, and the swarm with the last', () => {
  const known = directory()
  known.announce(announce('1.2.3.4', 1))
  ms += limits.FORGOTTEN_MS - 1_000
  known.announce(announce('5.6.7.8', 1))
  ms += 1_000
  known.forget()
  assert.equal(known.counts(WANTED).leechers, 1)
  ms += limits.FORGOTTEN_MS
  known.forget()
  assert.deepEqual(known.size, { entries: 0, swarms: 0 })
})

test('one host with thousands of infohashes loses its own oldest, and nobody else loses anything', () => {
  const known = directory()
  known.announce(announce('1.2.3.4', 1))
  for (let i = 0; i < 10_000; i++) known.announce(announce('6.6.6.6', 1, { infohash: infohash(1_000 + i) }))
  assert.equal(known.size.entries, limits.MAX_ENTRIES_PER_HOST + 1)
  assert.equal(known.has(infohash(1_000)), false)
  assert.equal(known.has(infohash(10_999)), true)
  assert.equal(known.counts(WANTED).leechers, 1)
})

test('a whole IPv6 subnet is one host', () => {
  const known = directory()
  for (let i = 1; i <= 100; i++) known.announce(announce(`2001:db8:0:1::${i.toString(16)}`, i))
  assert.equal(known.counts(WANTED).leechers, limits.MAX_ENTRIES_PER_HOST_AND_SWARM)
})

test('one range that fills a swarm displaces its own', () => {
  const known = directory()
  const honest = ['1.2.3.4', '5.6.7.8', '9.10.11.12']
  for (const host of honest) known.announce(announce(host, 1, { isSeeder: true }))
  for (let i = 0; i < 5_000; i++) known.announce(announce(`6.6.${i % 250}.${1 + Math.floor(i / 250)}`, 1))
  const { seeders, leechers } = known.counts(WANTED)
  assert.deepEqual([seeders, leechers], [3, limits.MAX_ENTRIES_PER_SWARM - 3])
})

test('where all places are taken the range with the most gives way', () => {
  const known = directory(50)
  known.announce(announce('1.2.3.4', 1))
  for (let i = 0; i < 200; i++) known.announce(announce(`6.6.6.${i}`, 1, { infohash: infohash(100 + i) }))
  known.announce(announce('5.6.7.8', 1))
  assert.equal(known.size.entries, 50)
  assert.equal(known.counts(WANTED).leechers, 2)
})

test('which crowd is the largest is known as members come and go', () => {
  const crowds = new Crowds<number>()
  const model = new Map<string, Set<number>>()
  let seed = 3
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
    return (seed >> 8) % below
  }
  for (let i = 0; i < 5_000; i++) {
    const [key, member] = [String(next(9)), next(12)]
    const set = model.get(key) ?? new Set()
    model.set(key, set)
    if (set.has(member)) {
      set.delete(member)
      crowds.delete(key, member)
    } else {
      set.add(member)
      crowds.add(key, member)
    }
    const most = Math.max(...[...model.values()].map(({ size }) => size))
    assert.equal(crowds.largest.size, most, `step ${i}`)
  }
  for (const [key, set] of model) for (const member of [...set]) crowds.delete(key, member)
  assert.deepEqual([crowds.largest.size, crowds.get('1')], [0, undefined])
})

test('all of loopback may be many', () => {
  const known = directory()
  for (let port = 1; port <= 100; port++) known.announce(announce('127.0.0.1', port))
  assert.equal(known.counts(WANTED).leechers, 100)
})

test('swarms are listed in the order of their infohashes, page by page', () => {
  const known = directory()
  for (const n of [5, 3, 9, 1, 7]) known.announce(announce('1.2.3.4', 1, { infohash: infohash(n) }))
  const numbers = (after: Infohash | undefined) =>
    known.list(after, 2).map((swarm) => Number.parseInt(swarm.infohash.slice(0, 8), 16))
  assert.deepEqual(
    [numbers(undefined), numbers(infohash(3)), numbers(infohash(8)), numbers(infohash(9))],
    [[1, 3], [5, 7], [9], []],
  )
})
