// The money of a whole world, by the real rules on both sides: at every moment the sums make what genesis made.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Hex } from 'viem'
import type { Asset } from '../../../node/protocol/asset.ts'
import { assembleBlock, replayBlock, requestsOf } from '../../../node/protocol/block.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { netOf } from '../../../node/protocol/fee.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import type { DepositEntry, EnteredEntry } from '../../../node/protocol/queue.ts'
import { SUPPLY } from '../../../node/protocol/rules.ts'
import { outputsOf, type State, stateRoot } from '../../../node/protocol/state.ts'
import { encodeStep, type Step } from '../../../node/protocol/step.ts'
import { toGwei } from '../../../node/protocol/units.ts'
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
const CONTRACTS = [fixture.account(2), fixture.account(3)]
after(() => fixture[Symbol.asyncDispose]())

/** The lanes of deposits and of assets: what waits there are those from `world.queueIndex` and `world.assetIndex` on. */
const queue: DepositEntry[] = []
const entered: EnteredEntry[] = []
/** What was asked for of each asset that was entered. */
const left = new Map<Asset, bigint>()
/** Net amounts that final blocks have not paid yet. */
let unpaid = 0n
let finalState: State = world.state
let final: TestBlock = fixture.genesis

async function checkSums(): Promise<void> {
  const held = new Map<Asset | undefined, bigint>()
  for (const { asset, value } of outputsOf(finalState)) held.set(asset, (held.get(asset) ?? 0n) + value)
  const outputs = held.get(undefined) ?? 0n
  assert.equal(await read.finalBlock(), final.id)
  assert.equal(final.header.supply, outputs, 'the contract and the state count the same TTX')
  const underWay = queue.slice(Number(world.queueIndex)).reduce((sum, { gross }) => sum + gross, 0n)
  assert.equal(outputs + (await wttx.totalSupply()) + underWay + unpaid, SUPPLY)
  // Nothing of an asset that was entered comes from nowhere, or goes there.
  for (const contract of CONTRACTS) {
    const own = entered.slice(0, Number(world.assetIndex)).filter(({ asset }) => asset === contract)
    const sum = own.reduce((total, { amount }) => total + amount, 0n)
    assert.equal((held.get(contract) ?? 0n) + (left.get(contract) ?? 0n), sum)
  }
}

/** Valid steps on the present state: all of the queue, then payments and requests. */
function chooseSteps(): { step: Uint8Array; after: State }[] {
  const steps: { step: Uint8Array; after: State }[] = []
  const add = (step: Step) => {
    world.apply(step)
    steps.push({ step: encodeStep(step), after: world.state })
  }
  for (const entry of queue.slice(Number(world.queueIndex))) add({ kind: 'deposit', entry })
  for (const entry of entered.slice(Number(world.assetIndex))) add({ kind: 'entered', entry })
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
  const { verdict } = replayBlock(rules, before, { sealed: block, ...bytes }, readerOf([...queue, ...entered]))
  assert.equal(verdict, 'valid')
  fixture.pass(24n * HOUR)
  const [event] = fixture.events(await fixture.finalize(block), 'BlockFinalized')
  assert.equal(event?.args.fee, header.fee)
  finalState = world.state
  final = block
  for (const { asset, tokens } of requestsOf(rules, bytes.steps)) {
    if (asset === undefined) unpaid += netOf(tokens)
    else left.set(asset, (left.get(asset) ?? 0n) + tokens)
  }
  return block
}

async function claimAll(block: TestBlock): Promise<Address[]> {
  const requests = requestsOf(rules, concat(...block.steps)).filter(({ asset }) => asset === undefined)
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

async function enterFrom(asset: Address): Promise<void> {
  const fee = toGwei(fixture.enterFee())
  const amount = 1n + BigInt(Math.floor(world.random() * 1e9))
  const { address: to } = world.pick(world.accounts)
  await fixture.enter(amount, to, asset)
  entered.push({ kind: 'entered', fee, amount, to, asset })
  await checkSums()
}

test(`the sums hold through ${ROUNDS} blocks of real transactions, claims, deposits and entries (seed ${SEED})`, async () => {
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
    for (let i = 0; i < 2; i++) await enterFrom(world.pick(CONTRACTS))
  }
  assert.equal(unpaid, 0n)
  assert(left.size > 0, 'no other asset left')
  assert(paid > 10 && queue.length > 10, `${paid} requests and ${queue.length} deposits are too few to show anything`)
})
