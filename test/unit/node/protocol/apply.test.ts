// The step function: money is neither made nor lost, a failed step changes nothing, each reason can be provoked.

import assert from 'node:assert'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { applyStep, applyTransaction } from '../../../../node/protocol/apply.ts'
import { encodeUint } from '../../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { depositTransaction } from '../../../../node/protocol/queue.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import {
  balanceOf,
  balancesOf,
  outputsOf,
  outputValue,
  type State,
  stateOf,
  stateRoot,
} from '../../../../node/protocol/state.ts'
import { decodeStep, encodeStep, splitSteps, stepSizeAt } from '../../../../node/protocol/step.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { accountOf, genesisOf, pay, RULES, World } from '../../../world.ts'

const alice = accountOf('alice')
const bob = accountOf('bob')
const genesis = genesisOf(alice)
const start = genesisState(genesis)
const first = genesisInfohash(genesis)

function total(state: State): bigint {
  return outputsOf(state).reduce((sum, { value }) => sum + value, 0n)
}

/** Accounts hold exactly the sums of their outputs, and the tree is the canonical one of those outputs. */
function checkConsistent(state: State): void {
  assert.strictEqual(stateRoot(stateOf(outputsOf(state))), stateRoot(state))
  for (const { owner, value } of balancesOf(state)) {
    const sum = outputsOf(state).reduce((held, output) => (output.owner === owner ? held + output.value : held), 0n)
    assert.strictEqual(value, sum)
  }
}

describe('step function', () => {
  test('keeps the sum of money: requests take out, deposits bring in, nothing else', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (seed) => {
        const world = new World(seed)
        let expected = SUPPLY
        for (let i = 0; i < 25; i++) {
          const step = world.step()
          if (step.kind === 'deposit') expected += step.entry.gross - step.entry.gross / 100n
          if (step.kind === 'transaction' || step.kind === 'applied') {
            const bytes = encodeStep(step)
            const before = world.state
            const applied = applyStep(RULES, before, world.queueIndex, bytes)
            expected -= total(before) - total(applied.state)
          }
          world.apply(step)
          assert.strictEqual(total(world.state), expected)
        }
        checkConsistent(world.state)
      }),
      { seed: 3, numRuns: 12 },
    )
  })

  test('pays, gives change, and consumes its inputs', () => {
    const { infohash, packed } = pay(alice, { to: bob.address, tokens: 30n, time: 0, prev: [first] })
    const step = encodeStep({ kind: 'transaction', packed })
    const { state, reason } = applyStep(RULES, start, 0n, step)
    assert.strictEqual(reason, 'None')
    assert.strictEqual(outputValue(state, infohash, bob.address), 30n)
    assert.strictEqual(outputValue(state, infohash, alice.address), SUPPLY - 30n)
    assert.strictEqual(outputValue(state, first, alice.address), 0n)
    assert.strictEqual(balanceOf(state, bob.address), 30n)
    assert.deepStrictEqual(applyStep(RULES, state, 0n, step), { state, reason: 'MissingInput' })
    const foreign = pay(bob, { to: bob.address, tokens: 30n, time: 0, prev: [first] })
    assert.strictEqual(applyTransaction(state, foreign).reason, 'MissingInput')
  })

  test('makes one output of the whole sum when the payee is the sender', () => {
    const { infohash, packed } = pay(alice, { to: alice.address, tokens: 30n, time: 0, prev: [first] })
    const { state } = applyStep(RULES, start, 0n, encodeStep({ kind: 'transaction', packed }))
    assert.deepStrictEqual(outputsOf(state), [{ infohash, owner: alice.address, value: SUPPLY }])
  })

  test('lets a request to oneself leave: it makes no output for its recipient', () => {
    const bridge = { chain: RULES.chain, to: alice.address }
    const { infohash, packed } = pay(alice, { to: RULES.bridge, bridge, tokens: 500n, time: 0, prev: [first] })
    const { state } = applyStep(RULES, start, 0n, encodeStep({ kind: 'transaction', packed }))
    assert.deepStrictEqual(outputsOf(state), [{ infohash, owner: alice.address, value: SUPPLY - 500n }])
    checkConsistent(state)
  })

  test('deletes an account that is emptied', () => {
    const { packed } = pay(alice, { to: bob.address, tokens: SUPPLY, time: 0, prev: [first] })
    const { state } = applyStep(RULES, start, 0n, encodeStep({ kind: 'transaction', packed }))
    assert.deepStrictEqual(balancesOf(state), [{ owner: bob.address, value: SUPPLY }])
    const bridge = { chain: RULES.chain, to: bob.address }
    const all = pay(bob, {
      to: RULES.bridge,
      bridge,
      tokens: SUPPLY,
      time: 0,
      prev: outputsOf(state).map((o) => o.infohash),
    })
    assert.strictEqual(stateRoot(applyTransaction(state, all).state), ZERO_HASH)
  })

  test('refuses to spend more than the inputs hold, and leaves the state as it was', () => {
    const over = pay(alice, { to: bob.address, tokens: SUPPLY + 1n, time: 0, prev: [first] })
    assert.deepStrictEqual(applyTransaction(start, over), { state: start, reason: 'Overspend' })
  })

  test('refuses to create an output that exists', () => {
    const { infohash, ...verified } = pay(alice, { to: bob.address, tokens: 5n, time: 0, prev: [first] })
    const outputs = [...outputsOf(start), { infohash, owner: bob.address, value: 1n }]
    assert.strictEqual(applyTransaction(stateOf(outputs), { infohash, ...verified }).reason, 'OutputExists')
  })

  test('turns a queue entry into a deposit, and adds to an output that is there by whatever means', () => {
    const entry = { kind: 'deposit', gross: 1_099n, to: bob.address } as const
    const infohash = infohashOf(encodeTransaction(depositTransaction(RULES, 7n, entry)))
    const step = encodeStep({ kind: 'deposit', entry })
    const { state } = applyStep(RULES, start, 7n, step)
    assert.strictEqual(outputValue(state, infohash, bob.address), 1_089n)
    assert.strictEqual(outputValue(applyStep(RULES, state, 7n, step).state, infohash, bob.address), 2_178n)
    assert.strictEqual(balanceOf(applyStep(RULES, state, 8n, step).state, bob.address), 2_178n)
  })

  test('does nothing for a deposit of nothing', () => {
    const step = encodeStep({ kind: 'deposit', entry: { kind: 'deposit', gross: 0n, to: bob.address } })
    assert.deepStrictEqual(applyStep(RULES, start, 0n, step), { state: start, reason: 'None' })
  })

  test('does nothing in a void step', () => {
    const step = encodeStep({ kind: 'void', fee: 9n, packedHash: ZERO_HASH })
    assert.deepStrictEqual(applyStep(RULES, start, 0n, step), { state: start, reason: 'None' })
  })

  test('is total on any bytes', () => {
    const check = (step: Uint8Array) => assert.strictEqual(applyStep(RULES, start, 0n, step).reason, 'Malformed')
    for (const step of [[], [0], [1], [5], [255]]) check(Uint8Array.from(step))
    check(new Uint8Array(36).fill(1))
    const { packed } = pay(alice, { to: bob.address, tokens: 5n, time: 0, prev: [first] })
    const valid = encodeStep({ kind: 'transaction', packed })
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const mutated = valid.slice()
        mutated[at] = (mutated[at] ?? 0) ^ flip
        const { state, reason } = applyStep(RULES, start, 0n, mutated)
        if (reason !== 'None') assert.strictEqual(state, start)
        else assert.notStrictEqual(stateRoot(state), stateRoot(applyStep(RULES, start, 0n, valid).state))
      }),
      { seed: 5, numRuns: 400 },
    )
  })
})

describe('packed steps', () => {
  test('come back from their bytes and cut themselves apart', () => {
    const world = new World(21)
    const steps = Array.from({ length: 40 }, () => {
      const step = world.step()
      world.apply(step)
      return step
    })
    for (const step of steps) assert.deepStrictEqual(decodeStep(encodeStep(step)), step)
    const joined = Uint8Array.from(steps.flatMap((step) => [...encodeStep(step)]))
    assert.deepStrictEqual(splitSteps(joined).map(decodeStep), steps)
    assert.throws(() => splitSteps(joined.subarray(0, -1)), { code: 'bad-steps' })
    assert.strictEqual(stepSizeAt(Uint8Array.of(3, ...encodeUint(1n, 8)), 0), 0)
  })
})
