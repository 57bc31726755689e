// What a tracker reads of a query: exactly 20 bytes where 20 belong, a port that is one, and no address that a client claims.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAnnounce, parseScrape } from '../../../../node/tracker/request.ts'
import { announceQuery, INFOHASH, percent } from './lab.ts'

test('an announce is read byte by byte, and what it says of its address is not', () => {
  const read = parseAnnounce(announceQuery({ compact: '0', event: 'completed', ip: '192.0.2.7', numwant: '3' }))
  assert.deepEqual(read, {
    ...{ infohash: INFOHASH, port: 7, isSeeder: true, event: 'completed', want: 3, isCompact: false },
  })
})

for (const [what, query] of Object.entries({
  'has no info_hash': 'peer_id=xxxxxxxxxxxxxxxxxxxx&port=7',
  'has an info_hash that is not of 20 bytes': announceQuery({ info_hash: percent(INFOHASH.slice(2)) }),
  'has no peer_id of 20 bytes': announceQuery({ peer_id: 'x' }),
  'has no port from 1 to 65535': announceQuery({ port: '65536' }),
})) {
  test(`an announce that ${what} is refused`, () => {
    assert.throws(() => parseAnnounce(query), { code: 'bad-announce', message: new RegExp(what) })
  })
}

test('a port is a whole number', () => {
  for (const port of ['0', '-1', '80.5', '1e3', '', '0x50', '99999999999999999999'])
    assert.throws(() => parseAnnounce(announceQuery({ port })), { code: 'bad-announce' })
})

test('a scrape names what it asks about, and not too much', () => {
  assert.deepEqual(parseScrape(`info_hash=${percent(INFOHASH)}`), [INFOHASH])
  assert.throws(() => parseScrape(''), { code: 'bad-announce', message: /names no info_hash/ })
  const many = Array.from({ length: 1_000 }, () => `info_hash=${percent(INFOHASH)}`).join('&')
  assert.throws(() => parseScrape(many), { code: 'bad-announce', message: /names more than/ })
})
