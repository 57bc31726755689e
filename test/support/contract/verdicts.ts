// What tests of the judge assert on the deployed contract: one proof kills a wrong block, and none a right one.

import assert from 'node:assert/strict'
import { proveStep } from '../../../miner/watch/refutation.ts'
import type { Verdict } from '../../../node/protocol/block.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { type Hash, toBytes, toInfohash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { unpackTransaction } from '../../../node/protocol/packed.ts'
import { SUPPLY } from '../../../node/protocol/rules.ts'
import { type EntryName, type State, stateOf, stateRoot } from '../../../node/protocol/state.ts'
import type { TransactionBody } from '../../../node/protocol/typed-data.ts'
import { withAmount } from '../../../scripts/assure/models/made-up-states.ts'
import { type Account, accountOf, pay } from '../../../scripts/assure/models/world.ts'
import { proofOf, someHash, type TestBlock } from './blocks.ts'
import { assertReverts } from './chain.ts'
import { founder, HOUR } from './fixture.ts'
import { publishedOf, type Stage, type Tip } from './stage.ts'

type Problem = Extract<Verdict, { verdict: 'invalid' }>['problem']
/** A step that the rules take, whatever the state. */
export type Transfer = ReturnType<typeof transfer>

/** What a liar asks for once it owns all money. */
const LOOT = toInfohash(toBytes(someHash(99)).subarray(12))
let time = 1

/** No two of them are the same. */
export function transfer({ rules }: Stage, from: Account, body: Omit<TransactionBody, 'time'>) {
  time += 1
  const { packed, infohash } = pay(from, { ...body, time }, rules)
  return { step: concat(Uint8Array.of(4), packed), packed, infohash, from }
}

export function requestTo({ rules }: Stage, to: TransactionBody['to']) {
  return { to: rules.bridge, bridge: { chain: rules.chain, to } }
}

/** Brings a million of the founder's base units to account 0 on Ethereum, by a final block. Answers the founder's request. */
export async function bringOut(stage: Stage, prev: TransactionBody['prev'][number]): Promise<Transfer> {
  const { fixture } = stage
  fixture.pass(HOUR)
  const request = transfer(stage, founder, {
    ...requestTo(stage, fixture.account(0)),
    tokens: 1_000_000n,
    prev: [prev],
  })
  await assertRight(stage, [request.step])
  await fixture.claim(stage.tip.block, proofOf(stage.tip.block, 0))
  return request
}

/** A state with these amounts in place of its own. */
export function withAmounts(state: State, amounts: readonly (readonly [EntryName, bigint])[]): State {
  return amounts.reduce((next, [name, value]) => withAmount(next, name, value), state)
}

/** That no block with this step lives, whatever it states after it, and nothing is minted. */
export async function assertConvicted(stage: Stage, problem: Problem, step: Transfer): Promise<void> {
  const { wttx } = stage.fixture
  const minted = await wttx.totalSupply()
  for (const { steps, states } of stories(stage, step)) {
    await assertDies(stage, await stage.publish(stage.draft(steps, states)), 0, problem)
  }
  assert.equal(await wttx.totalSupply(), minted)
}

/** That a published block dies by its step `at`, and never becomes final. */
export async function assertDies(
  stage: Stage,
  block: TestBlock,
  at: number,
  problem: Problem,
  parent = stage.tip,
): Promise<void> {
  const { fixture } = stage
  const verdict = stage.judge(block, parent)
  assert(verdict.verdict === 'invalid', verdict.verdict)
  assert.deepEqual([verdict.step, verdict.problem], [at, problem])
  const refutation = stage.refutationOf(block, parent)
  assert(refutation)
  const [event] = fixture.events(await fixture.prove(refutation), 'BlockRefuted')
  assert.equal(event?.args.id, block.id)
  fixture.pass(24n * HOUR)
  await assertReverts(fixture.finalize(block), parent === stage.tip ? 'BlockIsRefuted' : 'NotChildOfFinal')
}

/** Publishes a right block of these steps, of which none can be refuted, and makes it final. Answers it with the state after it. */
export async function assertRight(stage: Stage, steps: readonly Uint8Array[]): Promise<Tip> {
  const { fixture, rules, tip: parent } = stage
  const states = stage.statesOf(steps)
  const block = await stage.extend(steps)
  for (const [i] of steps.entries()) {
    const before = states[i - 1] ?? parent.state
    const proof = proveStep(rules, { parent: parent.block, block: publishedOf(block) }, before, i)
    await assertReverts(fixture.prove(proof), 'StepIsRight')
  }
  fixture.pass(24n * HOUR)
  await fixture.finalize(block)
  return stage.tip
}

/** What a liar may state after its step: that nothing happened, or anything, or that it owns all money, which it asks for at once. */
function stories(stage: Stage, { step, from: liar }: Transfer): { steps: Uint8Array[]; states: Hash[] }[] {
  // No more than the contract knows to be there, which it would refuse at once.
  const fields = unpackTransaction(step.slice(1))
  const all = SUPPLY - 2_000_000n - (fields?.request ? fields.tokens : 0n)
  const told = stateOf([{ infohash: LOOT, owner: liar.address, value: all }])
  const thief = accountOf('thief').address
  const loot = transfer(stage, liar, { ...requestTo(stage, thief), tokens: all - 1n, prev: [LOOT] })
  const left = stateOf([{ infohash: loot.infohash, owner: liar.address, value: 1n }])
  return [
    { steps: [step], states: [stateRoot(stage.tip.state)] },
    { steps: [step], states: [someHash(7)] },
    { steps: [step], states: [ZERO_HASH] },
    { steps: [step, loot.step], states: [told, left].map(stateRoot) },
  ]
}
