// Each figure of a node against what it is read from.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import type { BridgeBlock } from '../../../../node/bridge/view.ts'
import { addFigures } from '../../../../node/metrics/figures.ts'
import { NODE_FIGURES, type NodeReading } from '../../../../node/metrics/node-figures.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import { toBaseUnits, toTime } from '../../../../node/protocol/units.ts'
import { HOUR, ViewedRace } from '../../../support/bridge/viewed-race.ts'
import { parseSamples } from '../../../support/scrape.ts'

const confirmation = { count: 9, weight: 3_000n, fingerprint: ZERO_HASH, block: ZERO_HASH, state: ZERO_HASH }
const status: NodeReading['status'] = {
  ...{ at: 1_800_000_000_000, startedAt: 1_799_999_000_000, memoryBytes: 1, confirmation },
  bridge: {
    state: 'live',
    ethereumBlock: 123n,
    ethereumTime: 1_799_999_990,
    tip: { id: ZERO_HASH, height: 7n },
    final: { id: ZERO_HASH, height: 5n },
  },
  endpoints: [
    { name: 'https://a.example' },
    { name: 'https://a.example', problem: { code: 'ethereum-silent', message: 'no answer', since: 1 } },
  ],
  behind: { blocks: 0n, seconds: 10 },
  peers: { outgoing: 3, incoming: 2, agreeing: 4, inStep: 4, otherBranch: 1 },
  transactions: { held: 90, unordered: 30, waiting: 8, wanted: 5 },
}
const summary: NodeReading['summary'] = {
  ...{ count: 90, weight: 1n, fingerprint: ZERO_HASH, conflicting: 6, waiting: 8 },
  unordered: { count: 30, fingerprint: ZERO_HASH },
}

async function samplesOf(reading: NodeReading) {
  const registry = new Registry()
  addFigures(registry, () => reading, NODE_FIGURES)
  const samples = parseSamples(await registry.metrics())
  return (name: string) => samples.get(name)
}

test('what the status of a node says is shown as it is', async () => {
  const of = await samplesOf({ status, summary, ordered: 20 })
  assert.deepEqual(
    ['accepted', 'ordered', 'final', 'conflicting', 'waiting', 'wanted'].map((standing) =>
      of(`ttx_transactions{standing="${standing}"}`),
    ),
    [30, 20, 40, 6, 8, 5],
  )
  assert.equal(of('ttx_transactions_known'), 90)
  assert.deepEqual([of('ttx_height{block="tip"}'), of('ttx_height{block="final"}')], [7, 5])
  assert.deepEqual([of('ttx_peers{direction="outgoing"}'), of('ttx_peers{direction="incoming"}')], [3, 2])
  assert.deepEqual([of('ttx_peers_agreeing'), of('ttx_peers_on_other_branch')], [4, 1])
  assert.deepEqual([of('ttx_ethereum_state{state="live"}'), of('ttx_ethereum_state{state="dead"}')], [1, 0])
  assert.equal(of('ttx_ethereum_block'), 123)
  assert.equal(of('ttx_ethereum_block_timestamp_seconds'), 1_799_999_990)
  assert.equal(of('ttx_ethereum_behind_seconds'), 10)
  // Two endpoints of one host are two.
  assert.equal(of('ttx_ethereum_endpoint_answers{place="1",endpoint="https://a.example"}'), 1)
  assert.equal(of('ttx_ethereum_endpoint_answers{place="2",endpoint="https://a.example"}'), 0)
})

test('a node without Ethereum has no figures of the bridge', async () => {
  const of = await samplesOf({ status: { ...status, bridge: { state: 'off' }, endpoints: [] }, summary, ordered: 0 })
  for (const name of [
    'ttx_rivals',
    'ttx_payout_worst_seconds',
    'ttx_supply_ttx{side="ttx"}',
    'ttx_height{block="tip"}',
  ])
    assert.equal(of(name), undefined, name)
  assert.equal(of('ttx_ethereum_state{state="off"}'), 1)
})

function readingOf(race: ViewedRace): NodeReading {
  return { status, summary, ordered: 0, bridge: { view: race.view, now: toTime(race.now) } }
}

function change(race: ViewedRace, id: BridgeBlock['id'], changes: Partial<BridgeBlock>): void {
  const block = race.blocks.get(id)
  assert.ok(block)
  race.blocks.set(id, { ...block, ...changes })
}

test('verdicts, and the time until something wrong or unjudged could be final', async () => {
  const race = new ViewedRace()
  const right = race.publish(race.root, 10n, true)
  race.now += HOUR
  const wrong = race.publish(right, 10n, false)
  race.now += HOUR
  const unjudged = race.publish(right, 10n, true)
  change(race, unjudged, { verdict: { verdict: 'unknown', why: 'its blobs are not here' } })
  race.now += HOUR
  const of = await samplesOf(readingOf(race))
  assert.deepEqual(
    ['valid', 'invalid', 'unknown'].map((verdict) => of(`ttx_blocks{verdict="${verdict}"}`)),
    [1, 1, 1],
  )
  assert.equal(of('ttx_deadline_seconds{of="wrong-block"}'), 22 * 3_600)
  assert.equal(of('ttx_deadline_seconds{of="unjudged-block"}'), 23 * 3_600)
  race.refute(wrong)
  change(race, unjudged, { verdict: { verdict: 'valid' } })
  const after = await samplesOf(readingOf(race))
  assert.equal(after('ttx_deadline_seconds{of="wrong-block"}'), undefined)
  assert.equal(after('ttx_deadline_seconds{of="unjudged-block"}'), undefined)
  assert.equal(after('ttx_blocks{verdict="invalid"}'), 0)
})

test('rivals, and how long the last request has to wait because of them', async () => {
  const race = new ViewedRace()
  const first = race.publish(race.root, 10n, true)
  const none = await samplesOf(readingOf(race))
  assert.deepEqual([none('ttx_rivals'), none('ttx_requests_waiting'), none('ttx_payout_worst_seconds')], [0, 0, 0])
  change(race, first, { requests: [{ step: 0 }, { step: 3 }] })
  race.now += HOUR
  race.publish(race.root, 10n, true)
  const of = await samplesOf(readingOf(race))
  assert.equal(of('ttx_rivals'), 1)
  assert.equal(of('ttx_requests_waiting'), 2)
  // Two days from the first of them.
  assert.equal(of('ttx_payout_worst_seconds'), 47 * 3_600)
})

test('the supply of both sides is that of the final block, and adds up', async () => {
  const race = new ViewedRace()
  const root = race.blocks.get(race.root)
  assert.ok(root)
  const supply = toBaseUnits(SUPPLY / 4n)
  change(race, race.root, { sealed: { ...root.sealed, header: { ...root.sealed.header, supply } } })
  const of = await samplesOf(readingOf(race))
  assert.equal(of('ttx_supply_ttx{side="ttx"}'), 250_000_000)
  assert.equal(of('ttx_supply_ttx{side="ethereum"}'), 750_000_000)
})
