// The step function: money is neither made nor lost, a failed step changes nothing, each reason can be provoked.

import assert from 'node:assert'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { applyStep, applyTransaction } from '../../../../node/protocol/apply.ts'
import type { Asset } from '../../../../node/protocol/asset.ts'
import { encodeUint } from '../../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { depositTransaction } from '../../../../node/protocol/queue.ts'
import { MAX_TOKENS, SUPPLY } from '../../../../node/protocol/rules.ts'
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
import { entries } from '../../../../node/protocol/tree.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { verifyPacked } from '../../../../node/protocol/verify.ts'
import { madeUpCases, withAmount } from '../../../../scripts/assure/models/made-up-states.ts'
import { stepCases } from '../../../../scripts/assure/models/step-cases.ts'
import { accountOf, genesisOf, pay, RULES, World } from '../../../../scripts/assure/models/world.ts'

const alice = accountOf('alice')
const bob = accountOf('bob')
const genesis = genesisOf(alice)
const start = genesisState(genesis)
const first = genesisInfohash(genesis)

/** What all of these hold, by asset. */
function sumsOf(entries: readonly { readonly asset?: Asset; readonly value: bigint }[]): Sums {
  const sums: Sums = new Map()
  for (const { asset, value } of entries) add(sums, asset, value)
  return sums
}

type Sums = Map<Asset | undefined, bigint>

function add(sums: Sums, asset: Asset | undefined, value: bigint): void {
  const sum = (sums.get(asset) ?? 0n) + value
  if (sum === 0n) sums.delete(asset)
  else sums.set(asset, sum)
}

function difference(after: Sums, before: Sums): Sums {
  const change = new Map(after)
  for (const [asset, value] of before) add(change, asset, -value)
  return change
}

/** Accounts hold exactly the sums of their outputs, and the tree is the canonical one of those outputs. */
function checkConsistent(state: State): void {
  assert.strictEqual(stateRoot(stateOf(outputsOf(state))), stateRoot(state))
  for (const { owner, asset, value } of balancesOf(state)) {
    const own = outputsOf(state).filter((output) => output.owner === owner && output.asset === asset)
    assert.strictEqual(
      value,
      own.reduce((held, output) => held + output.value, 0n),
    )
  }
}

/** What comes in by a step that has an effect, or goes out. */
function crossing(step: Uint8Array): Sums {
  const decoded = decodeStep(step)
  if (decoded?.kind === 'deposit') return new Map([[undefined, decoded.entry.gross - decoded.entry.gross / 100n]])
  if (decoded?.kind === 'entered') return new Map([[decoded.entry.asset, decoded.entry.amount]])
  const verified = decoded && 'packed' in decoded ? verifyPacked(RULES, decoded.packed) : 'None'
  if (typeof verified === 'string') return new Map()
  const { tx, infohash } = verified
  if (tx.kind === 'take') return new Map()
  if (tx.issuance) return new Map([[infohash, tx.tokens]])
  return tx.bridge ? new Map([[tx.asset, -tx.tokens]]) : new Map()
}

describe('step function', () => {
  test('keeps the sum of money: requests take out, deposits bring in, nothing else', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (seed) => {
        const world = new World(seed)
        const expected: Sums = new Map([[undefined, SUPPLY]])
        for (let i = 0; i < 40; i++) {
          const step = world.step()
          const before = world.state
          world.apply(step)
          // Only what a contract entered can be too much for an account.
          const isLost = step.kind === 'entered' && world.state === before
          if (!isLost) for (const [asset, value] of crossing(encodeStep(step))) add(expected, asset, value)
          assert.deepStrictEqual(difference(sumsOf(outputsOf(world.state)), expected), new Map())
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
    assert.deepStrictEqual(applyStep(RULES, state, 0n, step), { state, reason: 'MissingInput', growth: 0 })
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
    assert.deepStrictEqual(applyTransaction(start, over), { state: start, reason: 'Overspend', growth: 0 })
  })

  test('refuses to spend more than the account holds, whatever the inputs do', () => {
    const owner = alice.address
    for (const balance of [0n, 1n, 29n]) {
      const state = withAmount(withAmount(start, { owner }, balance), { infohash: first, owner }, 30n)
      const bridge = { chain: RULES.chain, to: bob.address }
      for (const body of [{ to: bob.address }, { to: RULES.bridge, bridge }]) {
        const spent = pay(alice, { ...body, tokens: 30n, time: 0, prev: [first] }, { ...RULES, minRequest: 1n })
        assert.deepStrictEqual(applyTransaction(state, spent), { state, reason: 'Overspend', growth: 0 })
      }
      // What moves no money between accounts asks none.
      const kept = applyTransaction(state, pay(alice, { to: owner, tokens: 30n, time: 0, prev: [first] }))
      assert.deepStrictEqual([kept.reason, balanceOf(kept.state, owner)], ['None', balance])
    }
  })

  test('refuses what an output or an account cannot hold, and takes what just fits', () => {
    const second = '22'.repeat(20) as typeof first
    const prev = [first, second].sort()
    const spend = (state: State, to: typeof bob.address, tokens: bigint) =>
      applyTransaction(state, pay(alice, { to, tokens, time: 0, prev }))
    const vast = [first, second].reduce<State>(
      (state, infohash, i) => withAmount(state, { infohash, owner: alice.address }, i === 0 ? MAX_TOKENS : 8n),
      start,
    )
    assert.deepStrictEqual(spend(vast, bob.address, 7n), { state: vast, reason: 'Overflow', growth: 0 })
    assert.deepStrictEqual(spend(vast, alice.address, 8n), { state: vast, reason: 'Overflow', growth: 0 })
    assert.strictEqual(spend(vast, bob.address, 8n).reason, 'None')
    const full = withAmount(vast, { owner: bob.address }, MAX_TOKENS - 8n)
    assert.deepStrictEqual(spend(full, bob.address, 9n), { state: full, reason: 'Overflow', growth: 0 })
    assert.strictEqual(balanceOf(spend(full, bob.address, 8n).state, bob.address), MAX_TOKENS)
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

  test('does nothing for a deposit that its output or its account cannot hold, and shows by its openings why', () => {
    const entry = { kind: 'deposit', gross: 1_000n, to: bob.address } as const
    const output = { infohash: infohashOf(encodeTransaction(depositTransaction(RULES, 7n, entry))), owner: bob.address }
    const step = encodeStep({ kind: 'deposit', entry })
    for (const [name, openings] of [
      [output, 1],
      [{ owner: bob.address }, 2],
    ] as const) {
      const state = withAmount(start, name, MAX_TOKENS - 989n)
      const witness: Uint8Array[] = []
      assert.deepStrictEqual(applyStep(RULES, state, 7n, step, witness), { state, reason: 'None', growth: 0 })
      assert.strictEqual(witness.length, openings)
      const fits = applyStep(RULES, withAmount(start, name, MAX_TOKENS - 990n), 7n, step)
      assert.notStrictEqual(stateRoot(fits.state), stateRoot(state))
    }
  })

  test('does nothing for a deposit of nothing', () => {
    const step = encodeStep({ kind: 'deposit', entry: { kind: 'deposit', gross: 0n, to: bob.address } })
    assert.deepStrictEqual(applyStep(RULES, start, 0n, step), { state: start, reason: 'None', growth: 0 })
  })

  test('does nothing in a void step', () => {
    const step = encodeStep({ kind: 'void', fee: toGwei(9n), packedHash: ZERO_HASH })
    assert.deepStrictEqual(applyStep(RULES, start, 0n, step), { state: start, reason: 'None', growth: 0 })
  })

  test('moves outputs and accounts by the same sum on any state at all, and says how many entries it has more', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const world = new World(seed)
      let left = 60
      for (const next of stepCases(world)) {
        if (left-- === 0) break
        for (const each of next.name === 'valid' ? [...madeUpCases(world), next] : [next]) {
          const after = applyStep(RULES, each.state, each.queueIndex, each.step)
          assert.ok(after.reason === 'None' || after.state === each.state)
          assert.strictEqual(after.growth, [...entries(after.state)].length - [...entries(each.state)].length)
          const moved = difference(sumsOf(outputsOf(after.state)), sumsOf(outputsOf(each.state)))
          assert.deepStrictEqual(difference(sumsOf(balancesOf(after.state)), sumsOf(balancesOf(each.state))), moved)
          if (moved.size > 0) assert.deepStrictEqual(moved, crossing(each.step))
          for (const { value } of entries(after.state)) assert.ok(value > 0n && value <= MAX_TOKENS)
        }
      }
    }
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
