// What judging a step costs the contract: the usual one, and the worst that fits a block.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Hex } from 'viem'
import { applyStep } from '../../../node/protocol/apply.ts'
import { concat, formatHex } from '../../../node/protocol/bytes.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { type State, stateRoot } from '../../../node/protocol/state.ts'
import { encodeStep } from '../../../node/protocol/step.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import { pay, RULES } from '../../../scripts/assure/models/world.ts'
import { TestChain } from '../../support/contract/chain.ts'
import { contract, deepen, deepSwap, fund, hashes, payee, sender, touched } from '../../support/contract/deep-state.ts'
import { deployHarness, type Harness } from '../harness/deploy.ts'

describe('gas of', () => {
  let chain: TestChain
  let harness: Harness
  let steps: Harness

  before(async () => {
    chain = await TestChain.start()
    harness = await deployHarness(chain, 'ApplyHarness')
    steps = await deployHarness(chain, 'StepHarness')
  })
  after(() => chain[Symbol.asyncDispose]())

  async function gasOfApply(state: State, step: Uint8Array): Promise<bigint> {
    const witness: Uint8Array[] = []
    const { reason, state: next } = applyStep(RULES, state, 0n, step, witness)
    assert.equal(reason, 'None')
    const result = await harness.call('applyStep', RULES, stateRoot(state), 0n, hex(step), hex(concat(...witness)))
    const [code, post, gas] = result as [number, Hex, bigint, bigint]
    assert.deepEqual([code, post], [0, stateRoot(next)])
    return gas
  }

  it('a block of SHA-1 is at most 11,000', async (test) => {
    const gasOf = async (length: number) =>
      ((await harness.call('sha1Of', hex(new Uint8Array(length)))) as [Hex, bigint])[1]
    const gas = ((await gasOf(64 * 11)) - (await gasOf(64))) / 10n
    test.diagnostic(`${gas} gas for 64 bytes`)
    assert(gas <= 11_000n)
  })

  it('shape and hash of a plain step is at most 1,200', async (test) => {
    const { packed } = pay(sender, { to: payee, tokens: 5n, time: 1, prev: hashes(2) })
    const step = encodeStep({ kind: 'transaction', packed })
    const result = await steps.call('walk', hex(concat(...Array.from({ length: 500 }, () => step))))
    const [count, last, gas] = result as [bigint, Hex, bigint]
    assert.deepEqual([count, last], [500n, hex(keccak(step))])
    test.diagnostic(`${gas / 500n} gas a step`)
    assert(gas / 500n <= 1_200n)
  })

  it('two inputs, a payee and change at depth 20 is at most 200,000', async (test) => {
    const body = { to: payee, tokens: 15n, time: 1_767_225_600, prev: hashes(2) }
    const { packed, infohash } = pay(sender, body)
    const state = deepen(fund(2), touched(body.prev, infohash), 20)
    const gas = await gasOfApply(state, encodeStep({ kind: 'transaction', packed }))
    test.diagnostic(`${gas} gas`)
    assert(gas <= 200_000n)
  })

  it('a deposit at depth 20 is at most 90,000', async (test) => {
    const entry = { kind: 'deposit', gross: 10n ** 21n, to: payee } as const
    const state = deepen(fund(2), [{ owner: payee }], 20)
    const gas = await gasOfApply(state, encodeStep({ kind: 'deposit', entry }))
    test.diagnostic(`${gas} gas`)
    assert(gas <= 90_000n)
  })

  it('an entry of an asset at depth 20 is at most 110,000', async (test) => {
    const entry = { kind: 'entered', fee: toGwei(7n), amount: 2n ** 127n, to: payee, asset: contract } as const
    const state = deepen(fund(2), [{ owner: payee, asset: contract }], 20)
    const gas = await gasOfApply(state, encodeStep({ kind: 'entered', entry }))
    test.diagnostic(`${gas} gas`)
    assert(gas <= 110_000n)
  })

  it('the worst step, with an asset, eight inputs, the longest memo and the deepest paths, is at most 1,000,000', async (test) => {
    const body = { to: payee, tokens: 10n ** 27n, time: 2 ** 40 - 1, prev: hashes(8), memo: '~'.repeat(140) }
    const { packed, infohash } = pay(sender, { ...body, asset: contract })
    const state = deepen(fund(8, 10n ** 27n, contract), touched(body.prev, infohash, contract), 159)
    const gas = await gasOfApply(state, encodeStep({ kind: 'applied', fee: toGwei(2n ** 64n - 1n), packed }))
    test.diagnostic(`${gas} gas`)
    assert(gas <= 1_000_000n)
  })

  it('the worst swap, with four inputs of each, the longest memo and the deepest paths, is at most 1,400,000', async (test) => {
    const { packed, state } = deepSwap(RULES, 159)
    const gas = await gasOfApply(state, encodeStep({ kind: 'applied', fee: toGwei(2n ** 64n - 1n), packed }))
    test.diagnostic(`${gas} gas`)
    assert(gas <= 1_400_000n)
  })
})

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}
