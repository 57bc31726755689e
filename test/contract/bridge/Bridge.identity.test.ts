// The money of a whole world, by the real rules on both sides: at every moment the sums make what genesis made.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Hex } from 'viem'
import { assembleBlock, replayBlock, requestsOf } from '../../../node/protocol/block.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { netOf } from '../../../node/protocol/fee.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import type { QueueEntry } from '../../../node/protocol/queue.ts'
import { SUPPLY } from '../../../node/protocol/rules.ts'
import { outputsOf, type State, stateRoot } from '../../../node/protocol/state.ts'
import { encodeStep, type Step } from '../../../node/protocol/step.ts'
import { World } from '../../../scripts/assure/models/world.ts'
import { proofOf, type TestBlock } from '../../support/contract/blocks.ts'
import { Fixture, HOUR, MIN_DEPOSIT, MIN_REQUEST } from '../../support/contract/fixture.ts'
import { readerOf } from '../../support/queue.ts'

const SEED = 20_260_101
const ROUNDS = 12
const sketch = new World(SEED, 8)
const fixture = await Fixture.deploy('harness', { state: sketch.state, infohash: sketch.genesis })
const { chain, read, wttx } = fixture
const rules = { chain: 31_337n, bridge: fixture.bridge, token: fixture.token, minRequest: MIN_REQUEST }
const world = new World(SEED, 8, rules)
after(() => fixture[Symbol.asyncDispose]())

/** What waits in the queue, from entry `world.queueIndex` on. */
const queue: QueueEntry[] = []
/** Net amounts that final blocks have not paid yet. */
let unpaid = 0n
let finalState: State = world.state
let final: TestBlock = fixture.genesis

async function checkSums(): Promise<void> {
  const outputs = outputsOf(finalState).reduce((sum, { value }) => sum + value, 0n)
  assert.equal(await read.finalBlock(), final.id)
  assert.equal(final.header.supply, outputs, 'the contract and the state count the same TTX')
  const underWay = queue
    .slice(Number(world.queueIndex))
    .reduce((sum, entry) => sum + (entry.kind === 'deposit' ? entry.gross : 0n), 0n)
  assert.equal(outputs + (await wttx.totalSupply()) + underWay + unpaid, SUPPLY)
}

/** Valid steps on the present state: all of the queue, then payments and requests. */
function chooseSteps(): { step: Uint8Array; after: State }[] {
  const steps: { step: Uint8Array; after: State }[] = []
  const add = (step: Step) => {
    world.apply(step)
    steps.push({ step: encodeStep(step), after: world.state })
  }
  for (const entry of queue.slice(Number(world.queueIndex)))
    if (entry.kind === 'deposit') add({ kind: 'deposit', entry })
  for (let i = 0; i < 12; i++) add({ kind: 'transaction', packed: world.transaction().packed })
  return steps
}

async function publishAndFinalize(parent: TestBlock): Promise<TestBlock> {
  const before = { id: parent.id, header: parent.header, state: world.state }
  const steps = chooseSteps()
  const draft = fixture.draft(parent, {
    steps: steps.map(({ step }) => step),
    states: steps.map(({ after }) => stateRoot(after)),
  })
  const { header, block: bytes } = assembleBlock(rules, before, draft.header.target, steps)
  assert.deepEqual(draft.header, header)
  const block = await fixture.extend(parent, { steps: draft.steps, states: draft.states })
  const { verdict } = replayBlock(rules, before, { sealed: block, ...bytes }, readerOf(queue))
  assert.equal(verdict, 'valid')
  fixture.pass(24n * HOUR)
  const [event] = fixture.events(await fixture.finalize(block), 'BlockFinalized')
  assert.equal(event?.args.fee, header.fee)
  finalState = world.state
  final = block
  unpaid += requestsOf(rules, bytes.steps).reduce((sum, { tokens }) => sum + netOf(tokens), 0n)
  return block
}

async function claimAll(block: TestBlock): Promise<Address[]> {
  const requests = requestsOf(rules, concat(...block.steps))
  for (const { step, to, tokens } of requests) {
    const held = await wttx.balanceOf([to])
    await fixture.claim(block, proofOf(block, step))
    assert.equal((await wttx.balanceOf([to])) - held, netOf(tokens))
    unpaid -= netOf(tokens)
    await checkSums()
  }
  return requests.map(({ to }) => to)
}

async function depositFrom(holder: Hex): Promise<void> {
  const held = await wttx.balanceOf([holder])
  if (held < MIN_DEPOSIT) return
  const gross = MIN_DEPOSIT + ((held - MIN_DEPOSIT) * BigInt(Math.floor(world.random() * 1_000))) / 1_000n
  await chain.request('hardhat_impersonateAccount', [holder])
  await chain.request('hardhat_setBalance', [holder, '0xde0b6b3a7640000'])
  await fixture.approve(gross, holder)
  const { address: to } = world.pick(world.accounts)
  await fixture.deposit(gross, to, holder)
  queue.push({ kind: 'deposit', gross, to })
  await checkSums()
}

test(`the sums hold through ${ROUNDS} blocks of real transactions, claims and deposits (seed ${SEED})`, async () => {
  let tip = fixture.genesis
  const holders: Address[] = []
  let paid = 0
  await checkSums()
  for (let round = 0; round < ROUNDS; round++) {
    fixture.pass(HOUR)
    tip = await publishAndFinalize(tip)
    await checkSums()
    const recipients = await claimAll(tip)
    paid += recipients.length
    holders.push(...recipients)
    for (let i = 0; i < 3 && holders.length > 0; i++) await depositFrom(world.pick(holders))
  }
  assert.equal(unpaid, 0n)
  assert(paid > 10 && queue.length > 10, `${paid} requests and ${queue.length} deposits are too few to show anything`)
})
