// Amounts whose sum is beyond 128 bits, on the contract that is deployed. All money together is below 2^90, so only a state that is a lie
// already has such; the bridge begins with one. A step on it has an answer all the same, and a deposit is never invalid.

import assert from 'node:assert/strict'
import { after, beforeEach, it } from 'node:test'
import { proveStep } from '../../../miner/watch/refutation.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { type Address, type Infohash, toBytes, toInfohash } from '../../../node/protocol/ids.ts'
import { infohashOf } from '../../../node/protocol/infohash.ts'
import { depositTransaction } from '../../../node/protocol/queue.ts'
import { MAX_TOKENS, type Rules, SUPPLY } from '../../../node/protocol/rules.ts'
import { type EntryName, type State, stateRoot } from '../../../node/protocol/state.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import { withAmount } from '../../../scripts/assure/models/made-up-states.ts'
import { accountOf } from '../../../scripts/assure/models/world.ts'
import { someHash } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { founder, genesisTransaction, HOUR, MIN_REQUEST } from '../../support/contract/fixture.ts'
import { publishedOf, Stage, type Tip } from '../../support/contract/stage.ts'
import {
  assertConvicted,
  assertDies,
  assertRight,
  bringOut,
  requestTo,
  transfer,
  withAmounts,
} from '../../support/contract/verdicts.ts'

/** A full account; one whose outputs are beyond 128 bits together; and one whose output of a deposit is full before it comes. */
const [full, vast, brimming] = [accountOf('full'), accountOf('vast'), accountOf('brimming')]
const nobody = accountOf('nobody').address
const [coin, second, third] = [1, 2, 3].map((number) => toInfohash(toBytes(someHash(number)).subarray(12))) as [
  Infohash,
  Infohash,
  Infohash,
]
const genesis = genesisInfohash(genesisTransaction)
const GROSS = 1_000n
const CREDIT = 990n

// The name of a deposit's output follows from the address of the bridge, which is the same each time.
await using probe = await Stage.start('bridge')
const amounts: [EntryName, bigint][] = [
  [{ infohash: coin, owner: full.address }, 5n],
  [{ owner: full.address }, MAX_TOKENS],
  [{ infohash: coin, owner: vast.address }, MAX_TOKENS],
  [{ infohash: second, owner: vast.address }, 8n],
  [{ owner: vast.address }, MAX_TOKENS],
  [outputOfDeposit(probe.rules, 1n, brimming.address), MAX_TOKENS - CREDIT + 1n],
]
const state = withAmounts(genesisState(genesisTransaction), amounts)
const stage = await Stage.start('bridge', { state, infohash: genesis })
const { fixture, rules } = stage
assert.deepEqual(rules, probe.rules)
const holder = fixture.account(0)
const { infohash: change } = await bringOut(stage, genesis)
const start = fixture.chain.time
let back = await stage.snapshot()

after(() => stage[Symbol.asyncDispose]())
beforeEach(async () => {
  await back()
  back = await stage.snapshot()
  fixture.chain.time = start + HOUR
})

function outputOfDeposit(network: Rules, index: bigint, to: Address): EntryName {
  const tx = depositTransaction(network, index, { kind: 'deposit', gross: GROSS, to })
  return { infohash: infohashOf(encodeTransaction(tx)), owner: to }
}

it('a payment into an account that cannot hold it convicts its block', async () => {
  const pay = (tokens: bigint) => transfer(stage, founder, { to: full.address, tokens, prev: [change] })
  for (const tokens of [1n, SUPPLY - 1_000_000n]) await assertConvicted(stage, 'Overflow', pay(tokens))
  // The owner of a full account can pay, and be paid back.
  const paid = transfer(stage, full, { to: nobody, tokens: 5n, prev: [coin] })
  await assertRight(stage, [paid.step, pay(5n).step])
})

it('inputs whose change no output can hold convict their block, and a payment of them to oneself', async () => {
  const prev = [coin, second].sort()
  await assertConvicted(stage, 'Overflow', transfer(stage, vast, { to: nobody, tokens: 7n, prev }))
  await assertConvicted(stage, 'Overflow', transfer(stage, vast, { to: vast.address, tokens: 7n, prev }))
  await assertRight(stage, [transfer(stage, vast, { to: nobody, tokens: 8n, prev }).step])
})

it('inputs whose change no output can hold convict a block with a request, also on a parent that is wrong', async () => {
  const told = withAmount(stage.tip.state, { infohash: third, owner: vast.address }, MIN_REQUEST)
  const anything = transfer(stage, founder, { to: nobody, tokens: 1n, prev: [change] }).step
  const parent: Tip = { block: await stage.publish(stage.draft([anything], [stateRoot(told)])), state: told }
  const request = (tokens: bigint) => {
    const body = { ...requestTo(stage, fixture.account(5)), tokens, prev: [coin, second, third].sort() }
    return transfer(stage, vast, body).step
  }
  const wrong = stage.draft([request(MIN_REQUEST + 7n)], [someHash(1)], parent)
  await assertDies(stage, await stage.publish(wrong, parent), 0, 'Overflow', parent)
  const right = await stage.publish(stage.draft([request(MIN_REQUEST + 8n)], undefined, parent), parent)
  const proof = proveStep(rules, { parent: parent.block, block: publishedOf(right) }, told, 0)
  await assertReverts(fixture.prove(proof), 'StepIsRight')
})

it('a deposit changes nothing where its output or its account cannot hold it, and is never invalid', async () => {
  const steps: Uint8Array[] = []
  for (const to of [full.address, brimming.address, nobody]) steps.push(await stage.deposit(GROSS, to, holder))
  fixture.pass(HOUR)
  const before = stage.tip.state
  const [, , after] = stage.statesOf(steps) as [State, State, State]
  assert.deepEqual(stage.statesOf(steps).map(stateRoot), [before, before, after].map(stateRoot))
  assert.notEqual(stateRoot(after), stateRoot(before))
  // Anyone who credits the part that would fit is convicted.
  const half = withAmount(before, outputOfDeposit(rules, 0n, full.address), CREDIT)
  const otherHalf = withAmount(before, { owner: brimming.address }, CREDIT)
  for (const [at, states] of [
    [half, before, after],
    [before, otherHalf, after],
  ].entries()) {
    await assertDies(stage, await stage.publish(stage.draft(steps, states.map(stateRoot))), at, 'WrongState')
  }
  await assertRight(stage, steps)
})
