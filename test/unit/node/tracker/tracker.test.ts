// A tracker as clients and people see it: announce and scrape over HTTP and UDP, IPv6, the page.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import { escapeHtml } from '../../../../node/tracker/page.ts'
import {
  announceQuery,
  ask,
  CONNECT,
  INFOHASH,
  percent,
  reasonIn,
  startTracker,
  stockClient,
  udpAnnounce,
  udpAsker,
} from './lab.ts'

for (const protocol of ['http', 'udp'] as const) {
  test(`stock clients find each other over ${protocol}, are counted, and leave`, async () => {
    await using tracker = await startTracker()
    using seeder = stockClient(tracker.urls[protocol], 1_001)
    seeder.client.start({ left: 0 })
    assert.deepEqual([(await seeder.update()).complete, tracker.directory.size.entries], [1, 1])
    using leecher = stockClient(tracker.urls[protocol], 1_002)
    leecher.client.start({ left: 5 })
    const [peer, counts] = await Promise.all([leecher.peer(), leecher.update()])
    assert.deepEqual([peer, counts.complete, counts.incomplete], ['127.0.0.1:1001', 1, 1])
    leecher.client.scrape()
    const scraped = await leecher.scrape()
    assert.deepEqual([scraped.complete, scraped.incomplete], [1, 1])
    // This client reads the keys of an HTTP scrape as text, and so spoils them.
    if (protocol === 'udp') assert.equal(scraped.infoHash, INFOHASH)
    leecher.client.stop()
    await leecher.update()
    assert.deepEqual(tracker.directory.counts(INFOHASH as never), { seeders: 1, leechers: 0, completed: 0 })
  })
}

test('over HTTP both families are told, as bytes or as a list', async () => {
  await using tracker = await startTracker()
  const from = { infohash: INFOHASH as never, isSeeder: true, event: 'started', want: 0 } as const
  tracker.directory.announce({ ...from, from: { host: '1.2.3.4', port: 258 } })
  tracker.directory.announce({ ...from, from: { host: '2001:db8::7', port: 258 } })
  const compact = await ask(tracker, `/announce?${announceQuery({ compact: '1' })}`)
  assert.equal(Buffer.from(compact['peers'] as Uint8Array).toString('hex'), '010203040102')
  assert.equal(Buffer.from(compact['peers6'] as Uint8Array).toString('hex'), '20010db80000000000000000000000070102')
  const listed = await ask(tracker, `/announce?${announceQuery({ compact: '0' })}`)
  assert.deepEqual(
    (listed['peers'] as { port: number }[]).map(({ port }) => port),
    [258, 258],
  )
})

test('over IPv6 UDP addresses of 18 bytes are told', async (t) => {
  const tracker = await startTracker({}, { host: '::1' }).catch((error: unknown) => {
    if (error instanceof OperationError && /EADDRNOTAVAIL/.test(error.message)) return undefined
    throw error
  })
  if (tracker === undefined) return t.skip('this machine has no IPv6 loopback')
  await using _ = tracker
  using asker = await udpAsker(tracker, '::1')
  const id = (await asker.ask(CONNECT)).subarray(8)
  await asker.ask(udpAnnounce(id, { port: 258 }))
  const answer = await asker.ask(udpAnnounce(id, { port: 7 }))
  assert.equal(answer.subarray(20).toString('hex'), '000000000000000000000000000000010102')
})

test('a scrape names what it asks about, and infohashes come back as bytes', async () => {
  await using tracker = await startTracker()
  await ask(tracker, `/announce?${announceQuery({ event: 'started' })}`)
  const response = await fetch(new URL(`/scrape?info_hash=${percent(INFOHASH)}`, tracker.urls.page))
  const body = Buffer.from(await response.arrayBuffer()).toString('latin1')
  const raw = Buffer.from(INFOHASH, 'hex').toString('latin1')
  assert.equal(body, `d5:filesd20:${raw}d8:completei1e10:downloadedi0e10:incompletei0eeee`)
})

test('the page shows what is known, finds an infohash, and needs no script', async () => {
  await using tracker = await startTracker()
  await ask(tracker, `/announce?${announceQuery()}`)
  const page = async (query: string) => {
    const response = await fetch(new URL(`/${query}`, tracker.urls.page))
    assert.match(response.headers.get('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-/)
    return await response.text()
  }
  const all = await page('')
  assert.match(all, new RegExp(`<td>${INFOHASH}</td><td>1</td><td>0</td><td>0</td><td>20\\d\\d-`))
  assert.doesNotMatch(all, /<script|javascript:/i)
  assert.match(await page(`?infohash=${INFOHASH.toUpperCase()}`), new RegExp(`<td>${INFOHASH}`))
  const odd = await page(`?infohash=${encodeURIComponent('"><script>alert(1)</script>')}`)
  assert.match(odd, /Nobody announces &#34;&#62;&#60;script&#62;alert\(1\)/)
  assert.equal(escapeHtml(`<a href="x">'&'</a>`), '&#60;a href=&#34;x&#34;&#62;&#39;&#38;&#39;&#60;/a&#62;')
})

test('programs get the same as JSON, in pages', async () => {
  await using tracker = await startTracker()
  for (let i = 0; i < 1_200; i++) {
    const infohash = i.toString(16).padStart(40, '0') as never
    tracker.directory.announce({
      infohash,
      from: { host: '127.0.0.1', port: 7 },
      isSeeder: true,
      event: 'none',
      want: 0,
    })
  }
  type Stats = { entries: number; swarms: number; torrents: object[]; next?: string }
  const stats = async (query: string) =>
    (await (await fetch(new URL(`/stats.json${query}`, tracker.urls.page))).json()) as Stats
  const first = await stats('')
  assert.deepEqual([first.entries, first.swarms, first.torrents.length], [1_200, 1_200, 1_000])
  const rest = await stats(`?after=${first.next}`)
  assert.deepEqual([rest.torrents.length, rest.next], [200, undefined])
  assert.deepEqual(Object.keys(rest.torrents[0] ?? {}).sort(), [
    'completed',
    'infohash',
    'leechers',
    'seeders',
    'since',
  ])
})

test('where it asks a node, only what that knows is taken, and what it cannot tell now is told so', async () => {
  const known = new Map<string, boolean | Error>([
    [INFOHASH, true],
    ['00'.repeat(20), new Error('away')],
  ])
  const asked: string[] = []
  const isKnown = async (infohash: string) => {
    asked.push(infohash)
    const answer = known.get(infohash) ?? false
    if (answer instanceof Error) throw answer
    return answer
  }
  await using tracker = await startTracker({ isKnown })
  for (let i = 0; i < 2; i++) {
    assert.equal(reasonIn(await ask(tracker, `/announce?${announceQuery()}`)), '')
    const unknown = await ask(tracker, `/announce?${announceQuery({ info_hash: percent('11'.repeat(20)) })}`)
    assert.match(reasonIn(unknown), /not of this network/)
  }
  assert.deepEqual(asked, [INFOHASH, '11'.repeat(20)], 'each was asked about once')
  const busy = await ask(tracker, `/announce?${announceQuery({ info_hash: percent('00'.repeat(20)) })}`)
  assert.match(reasonIn(busy), /try again/)
  using asker = await udpAsker(tracker)
  const id = (await asker.ask(CONNECT)).subarray(8)
  const refused = await asker.ask(udpAnnounce(id, { infohash: '11'.repeat(20) }))
  assert.deepEqual(
    [refused.readUInt32BE(0), refused.subarray(8, 39).toString()],
    [3, 'the infohash is not of this net'],
  )
  assert.deepEqual(tracker.directory.size, { entries: 1, swarms: 1 })
})

test('a port that is taken is named, and stopping twice is the same as once', async () => {
  await using tracker = await startTracker()
  await assert.rejects(
    startTracker({}, { port: tracker.port }),
    (error) => error instanceof OperationError && error.code === 'port-in-use' && /--tracker-port/.test(error.message),
  )
  await tracker.stop()
  await tracker.stop()
})
