// Places for connections that come in: who gets one, who gives it up, and whom nobody can lock out.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HANDSHAKE_MS } from '../../../../node/network/limits.ts'
import { type Candidate, nodeToEvict } from '../../../../node/network/places/eviction.ts'
import { type Place, Places } from '../../../../node/network/places/places.ts'

const MERIT = { usefulAt: Number.NEGATIVE_INFINITY, latencyMs: 50 }

function house(count = 100, perHost = 16) {
  const clock = { ms: 0 }
  const closed: Place[] = []
  const places = new Places({ count, perHost, now: () => clock.ms, secret: 'secret' })
  const enter = (host: string) => {
    const place: Place | undefined = places.enter(host, () => place !== undefined && closed.push(place))
    return place
  }
  return { places, clock, closed, enter }
}

/** Of 200 hosts in as many ranges. */
function attacker(i: number): string {
  return `${50 + (i % 200)}.1.2.3`
}

for (const kind of ['half-open', 'shaken hands for a torrent', 'introduced'] as const)
  test(`98 hostile connections, ${kind}, lock neither nodes nor clients out`, () => {
    const { places, clock, enter } = house()
    for (let i = 0; i < 98; i++) {
      const place = enter(attacker(i))
      if (place !== undefined && kind === 'shaken hands for a torrent') places.becomeClient(place)
      if (place !== undefined && kind === 'introduced') places.becomeNode(place, () => MERIT)
      clock.ms += 10
    }
    clock.ms += 1_500
    for (let i = 0; i < 4; i++) {
      const node = enter(`9.${i}.1.1`)
      assert(node !== undefined && places.becomeNode(node, () => MERIT), `node ${i} has a place`)
      const client = enter(`8.${i}.1.1`)
      assert(client !== undefined && places.becomeClient(client), `client ${i} has a place`)
    }
    assert.equal(places.taken.node + places.taken.client + places.taken.new <= 100, true)
  })

test('clients that are all in use keep their places, and nodes get theirs all the same', () => {
  const { places, closed, enter, clock } = house()
  let refused = 0
  for (let i = 0; i < 98; i++) {
    const place = enter(attacker(i))
    if (place !== undefined && !places.becomeClient(place)) {
      places.leave(place)
      refused += 1
    }
  }
  assert.deepEqual([places.taken.client, refused, closed.length], [70, 28, 0])
  for (let i = 0; i < 25; i++) {
    const node = enter(`9.${i}.1.1`)
    assert(node !== undefined && places.becomeNode(node, () => MERIT), `node ${i} has a place`)
    clock.ms += 1
  }
  assert.equal(closed.length, 0)
})

test('a flood of connections that say nothing takes places from its own, the oldest first', () => {
  const { places, clock, closed, enter } = house(20)
  const honest = enter('9.9.9.9')
  assert(honest)
  for (let i = 0; i < 200; i++) {
    enter(`50.1.${i % 250}.3`)
    clock.ms += 1
  }
  assert(!closed.includes(honest), 'it is alone in its range')
  assert(closed.every(({ range }) => range === '50.1'))
  assert.deepEqual(closed.map(({ since }) => since).slice(0, 3), [0, 1, 2])
  assert(places.becomeNode(honest, () => MERIT))
})

test('who has not finished the handshakes after five seconds is closed, and nobody else', () => {
  const { places, clock, closed, enter } = house()
  const [silent, client, node] = [enter('1.1.1.1'), enter('2.2.2.2'), enter('3.3.3.3')]
  assert(silent && client && node)
  places.becomeClient(client)
  places.becomeNode(node, () => MERIT)
  clock.ms = HANDSHAKE_MS - 1
  places.closeLate()
  assert.deepEqual(closed, [])
  clock.ms = HANDSHAKE_MS
  places.closeLate()
  assert.deepEqual(closed, [silent])
})

test('one host may have many places while many are free, and gives its own up first', () => {
  const { places, clock, closed, enter } = house()
  const own = Array.from({ length: 70 }, () => enter('7.7.7.7'))
  for (const place of own) assert(place && places.becomeClient(place))
  const late = Array.from({ length: 5 }, () => enter('7.7.7.7'))
  assert.equal(closed.length, 0)
  assert(enter('7.7.7.7'), 'only a quarter of the places is free now')
  assert.deepEqual(closed, [late[0]])
  assert(enter('6.6.6.6'))
  assert.equal(closed.length, 1, 'another host needs nobody to leave')
  for (const place of late.slice(1)) if (place) places.leave(place)
  const others = Array.from({ length: 4 }, (_, i) => enter(`6.6.6.${i}`))
  assert(others.every((place) => place !== undefined))
  clock.ms += 1_500
  assert(enter('7.7.7.7'))
  assert.equal(closed.at(-1)?.host, '7.7.7.7')
})

test('places that are left are free again', () => {
  const { places, enter } = house(1)
  const place = enter('1.1.1.1')
  assert(place)
  places.becomeClient(place)
  assert.equal(enter('2.2.2.2'), undefined)
  places.leave(place)
  assert(enter('2.2.2.2'))
})

/** `n` nodes of one range, each a second younger than the one before. */
function nodes(n: number, range: string, more: Partial<Candidate> = {}): Candidate[] {
  return Array.from({ length: n }, (_, i) => ({ range, since: 1_000 * i, ...MERIT, latencyMs: 50 + i, ...more }))
}

test('of nodes the youngest of the most crowded range goes, and neither the useful nor the near nor the old ones', () => {
  const crowd = nodes(40, '66.6')
  const useful = nodes(8, '5.5', { usefulAt: 1_000, since: 90_000, latencyMs: 900 })
  const near = nodes(8, '6.6', { latencyMs: 1, since: 90_000 })
  const evicted = nodeToEvict([...crowd, ...useful, ...near], 'secret', 200_000)
  assert.equal(evicted, crowd.at(-1))
  for (let all: readonly Candidate[] = [...crowd, ...useful, ...near]; ; ) {
    const next = nodeToEvict(all, 'secret', 200_000)
    if (next === undefined) break
    assert(!useful.includes(next) && !near.includes(next))
    all = all.filter((each) => each !== next)
  }
})

test('few nodes are all kept, and the oldest outlive a crowd that came later', () => {
  assert.equal(nodeToEvict(nodes(20, '1.1'), 'secret', 200_000), undefined)
  const old = nodes(10, '2.2', { since: -50_000, latencyMs: 900 })
  let all: readonly Candidate[] = [...old, ...nodes(65, '66.6')]
  for (let i = 0; i < 500; i++) {
    const evicted = nodeToEvict(all, `${i % 3}`, 100_000 + i)
    assert(evicted !== undefined && !old.includes(evicted))
    all = [...all.filter((each) => each !== evicted), { range: '66.6', since: 100_000 + i, ...MERIT, latencyMs: 60 }]
  }
})

test('a node that came in has its trial: who comes after it goes before it, and who was of no use in all of theirs before both', () => {
  const now = 500_000
  const tried = nodes(60, '66.6')
  const [newcomer] = nodes(1, '9.9', { since: now - 10_000, latencyMs: 999 })
  const [later] = nodes(1, '66.6', { since: now - 5, latencyMs: 999 })
  assert(newcomer && later)
  assert.equal(nodeToEvict([...tried, newcomer, later], 'secret', now), tried.at(-1))
  // All that are not kept are on trial: who began first goes, not who came last.
  const onTrial = nodes(60, '66.6').map((node, i) => ({ ...node, since: now - 20_000 + 100 * i }))
  const evicted = nodeToEvict(onTrial, 'secret', now)
  assert(evicted && onTrial.indexOf(evicted) < onTrial.length - 10)
})

test('98 false nodes that come again as soon as they had to go keep four newcomers out for no longer than a minute or two', () => {
  const { places, clock } = house()
  const seats = new Map<string, Place>()
  const since = new Map<string, number>()
  const useful = new Map<string, number>()
  /** Tries to get in, and stays if it may. */
  const come = (host: string) => {
    if (seats.has(host)) return
    const leave = () => {
      seats.delete(host)
      since.delete(host)
    }
    const place = places.enter(host, leave)
    if (place === undefined) return
    const merit = () => ({ usefulAt: useful.get(host) ?? Number.NEGATIVE_INFINITY, latencyMs: 50 })
    if (!places.becomeNode(place, merit)) {
      places.leave(place)
      return
    }
    seats.set(host, place)
    since.set(host, clock.ms)
  }
  const liars = Array.from({ length: 98 }, (_, i) => `${100 + i}.4.3.2`)
  const honest = Array.from({ length: 4 }, (_, i) => `${20 + i}.4.3.2`)
  for (; clock.ms < 40_000; clock.ms += 200) for (const host of liars) come(host)
  for (; clock.ms < 160_000; clock.ms += 200) {
    for (const host of [...liars, ...honest]) come(host)
    // A newcomer has something new to tell after five seconds.
    for (const host of honest) if (clock.ms - (since.get(host) ?? clock.ms) >= 5_000) useful.set(host, clock.ms)
  }
  assert.deepEqual(
    honest.filter((host) => seats.has(host)),
    honest,
  )
  assert(seats.size <= 75)
})
