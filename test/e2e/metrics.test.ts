// A command that runs until Ctrl-C shows its figures, refuses a port that is taken, and ends while somebody still reads.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startTtx, ttx } from '../support/processes/processes.ts'
import { fetchText, scrape } from '../support/scrape.ts'

// It needs neither node nor network.
const TRACKER = ['tracker', '--any-infohash', '--tracker-port', '0']

test('a process shows figures, health and readiness at a port of its own, and a second one is told that it is taken', async () => {
  await using running = startTtx([...TRACKER, '--metrics', '0'])
  await running.said(/^page /m)
  const [, url = ''] = /^metrics +(http:\S+)\/metrics$/m.exec(running.out) ?? []
  const samples = await scrape(url)
  assert.equal(samples.get('ttx_ready'), 1)
  assert.equal(samples.get('ttx_tracker_swarms'), 0)
  assert.equal((await fetchText(`${url}/health`)).status, 200)

  const second = await ttx([...TRACKER, '--metrics', new URL(url).port, '--json'])
  assert.equal(second.exitCode, 1)
  assert.equal(JSON.parse(second.out).error.code, 'port-in-use')
  assert.match(JSON.parse(second.out).error.message, /^expected to listen for metrics \(--metrics\) on 127\.0\.0\.1:/)

  const reader = connect(Number(new URL(url).port), '127.0.0.1')
  await once(reader, 'connect')
  reader.write('GET /metrics HTTP/1.1\r\n')
  const closed = once(reader, 'close')
  assert.equal((await running.stop()).exitCode, 0)
  await closed
})

test('without --metrics nothing listens but what the command is for', async () => {
  await using running = startTtx(TRACKER)
  await running.said(/^page /m)
  assert.doesNotMatch(running.out, /^metrics/m)
})
