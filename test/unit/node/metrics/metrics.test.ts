// Health and readiness of a process, and its own figures.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Metrics } from '../../../../node/metrics/metrics.ts'
import { Rounds } from '../../../../node/rounds.ts'
import { log } from '../../../support/log.ts'
import { fetchText, scrape } from '../../../support/scrape.ts'

async function openMetrics(t: TestContext) {
  const clock = { ms: 0 }
  const rounds = new Rounds(() => clock.ms)
  const stop = new AbortController()
  const about = { clock: () => 1_800_000_000_000 + clock.ms, version: '1.2.3', command: 'node' }
  const metrics = new Metrics({ log, rounds, ...about }, { host: '127.0.0.1', port: 0 }, stop.signal)
  const url = await metrics.start()
  t.after(() => metrics.stop())
  return { metrics, rounds, clock, stop, url }
}

const answer = async (url: string) => {
  const { status, body } = await fetchText(url)
  return { status, ...JSON.parse(body) }
}

test('a process is healthy as long as its loops turn, and says which one does not', async (t) => {
  const { rounds, clock, url } = await openMetrics(t)
  const turned = rounds.open('bridge', 30_000)
  rounds.open('network', 5_000)
  clock.ms = 100_000
  assert.deepEqual(await answer(`${url}/health`), { status: 200, ok: true, reasons: [] })
  clock.ms = 300_001
  turned()
  clock.ms = 301_000
  assert.deepEqual(await answer(`${url}/health`), {
    status: 503,
    ok: false,
    reasons: [{ code: 'part-hangs', what: 'the last round of network ended 301 s ago, the limit is 120 s' }],
  })
  const samples = await scrape(url)
  assert.equal(samples.get('ttx_part_last_round_timestamp_seconds{part="bridge"}'), 1_800_000_300.001)
  assert.equal(samples.get('ttx_part_last_round_timestamp_seconds{part="network"}'), 1_800_000_000)
  assert.equal(samples.get('ttx_part_round_limit_seconds{part="bridge"}'), 300)
  assert.equal(samples.get('ttx_build_info{version="1.2.3",command="node"}'), 1)
})

test('it is not ready before it started, for whatever reason later, and when it stops', async (t) => {
  const { metrics, rounds, clock, stop, url } = await openMetrics(t)
  const codes = async () => (await answer(`${url}/ready`)).reasons.map(({ code }: { code: string }) => code)
  assert.deepEqual(await codes(), ['starting'])
  let reasons = [{ code: 'syncing', what: 'it reads' }]
  metrics.started(() => reasons)
  assert.deepEqual(await answer(`${url}/ready`), { status: 503, ok: false, reasons })
  assert.equal((await scrape(url)).get('ttx_unready{reason="syncing"}'), 1)
  reasons = []
  assert.deepEqual(await answer(`${url}/ready`), { status: 200, ok: true, reasons: [] })
  rounds.open('bridge', 1_000)
  clock.ms = 500_000
  stop.abort()
  assert.deepEqual(await codes(), ['stopping'])
  // Its loops have ended: that is not a reason to kill it.
  assert.equal((await answer(`${url}/health`)).status, 200)
})

test('figures and reasons that cannot be read are neither in the way of the others, nor forgotten', async (t) => {
  const { metrics, url } = await openMetrics(t)
  const fails = () => {
    throw new Error('closed')
  }
  metrics.add(fails, [{ name: 'ttx_gone', help: 'Gone', of: () => 1 }])
  metrics.started(fails)
  assert.deepEqual(
    (await answer(`${url}/ready`)).reasons.map(({ code }: { code: string }) => code),
    ['unknown'],
  )
  const samples = await scrape(url)
  assert.equal(samples.get('ttx_ready'), 0)
  assert.equal(samples.has('ttx_gone'), false)
  assert.ok((samples.get('ttx_figures_unread_total') ?? 0) > 0)
})

test('figures of what runs are there from its start until it stops', async (t) => {
  const { metrics, stop, url } = await openMetrics(t)
  let reads = 0
  metrics.add(() => ++reads, [{ name: 'ttx_reads', help: 'Reads', of: (count) => count }])
  const text = () => metrics.registry.metrics()
  assert.doesNotMatch(await text(), /^ttx_reads /m)
  metrics.started(() => [])
  assert.match(await text(), /^ttx_reads 1$/m)
  stop.abort()
  assert.doesNotMatch(await text(), /^ttx_reads /m)
  assert.equal(reads, 1)
  assert.equal((await scrape(url)).get('ttx_figures_unread_total'), 0)
})

test('a reason shows no URL, which may hold a key', async (t) => {
  const { metrics, url } = await openMetrics(t)
  metrics.started(() => [
    { code: 'problem', what: 'HTTP request failed. URL: https://eth.example/v3/secret-key\nDetails' },
  ])
  const { reasons } = await answer(`${url}/ready`)
  assert.deepEqual(reasons, [{ code: 'problem', what: 'HTTP request failed. URL: a URL\nDetails' }])
})
