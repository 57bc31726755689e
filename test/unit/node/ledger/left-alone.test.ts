// What offers bind is left alone: inputs are chosen without the outputs that the owner names.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import type { VerifiedTransaction } from '../../../../node/protocol/verify.ts'
import { at } from './random-world.ts'
import { block, GENESIS_INFOHASH, OWNER, openLedger, pay, person } from './world.ts'

const ALICE = person('alice')

/** Gives Alice outputs of these values, one transaction each. */
async function fund(ledger: Ledger, values: readonly bigint[]): Promise<VerifiedTransaction[]> {
  const made: VerifiedTransaction[] = []
  for (const [i, tokens] of values.entries()) {
    made.push(pay({ from: OWNER, to: ALICE, tokens, prev: [made.at(-1)?.infohash ?? GENESIS_INFOHASH], time: i }))
  }
  await Promise.all(made.map(({ file }) => ledger.submit(file, 'peer')))
  return made
}

test('outputs that are left alone are not chosen, and not counted as what can be spent', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const made = await fund(ledger, [5n, 30n, 100n, 400n])
  await ledger.setBranch({ final: block('a', 1n, made).id, blocks: [block('a', 1n, made.slice(0, 3))] })
  const choose = async (amount: bigint, maxInputs: number, ...left: number[]) => {
    const without = left.map((i) => at(made, i).infohash)
    return (await ledger.selectInputs(ALICE.address, amount, maxInputs, without)).map(({ value }) => value)
  }
  assert.deepEqual(await choose(20n, 8), [30n, 5n])
  assert.deepEqual(await choose(20n, 8, 0), [30n])
  assert.deepEqual(await choose(20n, 1, 1), [100n])
  assert.deepEqual(await choose(20n, 1, 1, 2), [400n])
  assert.deepEqual(await choose(120n, 8, 3), [100n, 30n])
  const refused = (spendable: string, code: string) => ({ code, facts: { spendable } })
  for (const [amount, maxInputs, left, code, spendable] of [
    [136n, 8, [3], 'insufficient-funds', '135'],
    [401n, 8, [0, 1, 2, 2], 'insufficient-funds', '400'],
    [101n, 1, [3], 'funds-spread', '135'],
  ] as const) {
    await assert.rejects(choose(amount, maxInputs, ...left), (error) => {
      assert(error instanceof OperationError)
      assert.deepEqual({ code: error.code, facts: { spendable: error.facts['spendable'] } }, refused(spendable, code))
      return true
    })
  }
  // Money that somebody else has, or that is spent, counts for nothing.
  await assert.rejects(ledger.selectInputs(ALICE.address, 536n, 8, [GENESIS_INFOHASH]), /got 535/)
})
