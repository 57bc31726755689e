// The fee on both sides by random amounts of every size: the contract and the spec agree on each base unit.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { feeOf, netOf } from '../../../node/protocol/fee.ts'
import { MAX_TOKENS } from '../../../node/protocol/rules.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { TestChain } from '../../support/contract/chain.ts'
import { deployHarness, type Harness } from '../harness/deploy.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const runs = Number(process.env['FUZZ_RUNS'] ?? 600)
/** Amounts in a call. */
const BATCH = 500

describe(`Fee (${runs} amounts, seed ${seed})`, () => {
  let chain: TestChain
  let harness: Harness

  before(async () => {
    chain = await TestChain.start()
    harness = await deployHarness(chain, 'FeeHarness')
  })
  after(() => chain[Symbol.asyncDispose]())

  it('is the same in the contract as in the spec, and with the rest it makes the whole', async () => {
    const random = randomOf(seed)
    const amounts = Array.from({ length: runs }, () => amountOf(random))
    for (let first = 0; first < runs; first += BATCH) {
      const some = amounts.slice(first, first + BATCH)
      const [fees, nets] = (await harness.call('split', some)) as [bigint[], bigint[]]
      assert.deepEqual(fees, some.map(feeOf))
      assert.deepEqual(nets, some.map(netOf))
      assert.deepEqual(
        some.map((_, i) => (fees[i] ?? 0n) + (nets[i] ?? 0n)),
        some,
      )
    }
  })
})

/** Of any number of bits up to 128; often beside a multiple of a hundred, where rounding shows. */
function amountOf(random: () => number): bigint {
  const bits = Math.floor(random() * 129)
  let amount = 0n
  for (let i = 0; i < bits; i++) amount = 2n * amount + (random() < 0.5 ? 0n : 1n)
  if (random() < 0.5) amount += ([0n, 1n, 99n][Math.floor(random() * 3)] ?? 0n) - (amount % 100n)
  return amount > MAX_TOKENS ? MAX_TOKENS : amount
}
