// The surcharge of a lane on both sides, by random levels of every size and by those where something begins.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DOUBLING_SECONDS, FREE_SECONDS, levelAt, surchargeGas } from '../../../node/protocol/lane-price.ts'
import { toSeconds, toTime } from '../../../node/protocol/units.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { TestChain } from '../../support/contract/chain.ts'
import { deployHarness, type Harness } from '../harness/deploy.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const runs = Number(process.env['FUZZ_RUNS'] ?? 600)
const NOW = 2_000_000_000n

describe(`LanePrice (${runs} levels, seed ${seed})`, () => {
  let chain: TestChain
  let harness: Harness

  before(async () => {
    chain = await TestChain.start()
    harness = await deployHarness(chain, 'LanePriceHarness')
  })
  after(() => chain[Symbol.asyncDispose]())

  it('is the same in the contract as in the spec, and never falls with the level', async () => {
    const random = randomOf(seed)
    const edges = Array.from({ length: 70 }, (_, i) => FREE_SECONDS + BigInt(i) * DOUBLING_SECONDS)
    const around = edges.flatMap((edge) => [edge - 1n, edge, edge + 1n])
    const some = Array.from({ length: runs }, () => BigInt(Math.floor(2 ** (40 * random()))))
    const levels = [0n, ...around, ...some].toSorted((a, b) => (a < b ? -1 : 1))
    const there = (await harness.call('surcharges', levels)) as bigint[]
    const here = levels.map((level) => surchargeGas(toSeconds(level)))
    assert.deepEqual(there, here)
    assert.ok(here.every((gas, i) => i === 0 || gas >= (here[i - 1] ?? 0n)))
  })

  it('has a level of nothing once the bucket is empty', async () => {
    const times = [0n, NOW - 1n, NOW, NOW + 1n, NOW + 1_000_000n]
    const there = (await harness.call('levels', times, NOW)) as bigint[]
    const here = times.map((time) => levelAt(toTime(time), toTime(NOW)))
    assert.deepEqual(there, here)
  })
})
