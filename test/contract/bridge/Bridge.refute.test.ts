// Every way in which a block can be wrong: publish refuses it, or one proof kills it. On the contract that is deployed.
// Long, since each kind of wrongness has a test of its own.

import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import { proveStep } from '../../../miner/watch/refutation.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import type { Verdict } from '../../../node/protocol/block.ts'
import { concat, encodeUint } from '../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import {
  type Address,
  type Hash,
  type Infohash,
  keyOf,
  parseInfohash,
  ZERO_ADDRESS,
} from '../../../node/protocol/ids.ts'
import { packTransaction } from '../../../node/protocol/packed.ts'
import { type EntryName, entryKey, outputsOf, type State, stateRoot } from '../../../node/protocol/state.ts'
import { insert } from '../../../node/protocol/tree.ts'
import type { TransactionBody } from '../../../node/protocol/typed-data.ts'
import { type Account, accountOf, pay, signBody } from '../../../scripts/assure/models/world.ts'
import { amountOf, forge } from '../../../scripts/devnet/drill/forge.ts'
import { appliedStep, depositStep, proofOf, transactionStep, voidStep } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { founder, genesisTransaction, HOUR, MIN_REQUEST } from '../../support/contract/fixture.ts'
import { publishedOf, Stage, type Tip } from '../../support/contract/stage.ts'

type Problem = Extract<Verdict, { verdict: 'invalid' }>['problem']

const stage = await Stage.start('bridge')
const { fixture, rules } = stage
const { chain, read } = fixture
const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const [holder, prover, somebody] = [fixture.account(0), fixture.account(6), fixture.account(5)]
let time = 1_767_225_600

// A final block after which alice has three outputs and bob one; the founder has wTTX, and the rest.
fixture.pass(HOUR)
const genesis = genesisInfohash(genesisTransaction)
const gifts: Infohash[] = []
let change: Infohash = genesis
const opening = [alice, alice, alice, bob].map((to) => {
  const step = transfer(founder, { to: to.address, tokens: 1_000n, prev: [change] })
  change = step.infohash
  gifts.push(change)
  return step.step
})
const toEthereum = transfer(founder, { ...requestTo(holder), tokens: 1_000_000n, prev: [change] })
await stage.extend([...opening, toEthereum.step], { isFinal: true })
await fixture.claim(stage.tip.block, proofOf(stage.tip.block, 4))
const [a0, a1, a2, b0] = gifts as [Infohash, Infohash, Infohash, Infohash]
const start = chain.time
let back = await stage.snapshot()

after(() => stage[Symbol.asyncDispose]())
beforeEach(async () => {
  await back()
  back = await stage.snapshot()
  chain.time = start + HOUR
})

function requestTo(to: Address, chainId = rules.chain) {
  return { to: rules.bridge, bridge: { chain: chainId, to } }
}

/** A step that the rules take, whatever the state. */
function transfer(from: Account, body: Omit<TransactionBody, 'time'>) {
  time += 1
  const { packed, infohash, tx } = pay(from, { ...body, time }, rules)
  return { step: concat(Uint8Array.of(4), packed), packed, infohash, tx }
}

/** A step of whatever somebody signed. */
function signed(from: Account, body: Omit<TransactionBody, 'time'>): Uint8Array {
  time += 1
  return concat(Uint8Array.of(4), packTransaction(signBody(from, { ...body, time })))
}

const right = (prev: Infohash = a2) => transfer(alice, { to: bob.address, tokens: 300n, prev: [prev] })

/** That the block, published with these steps and states, dies by its step `at` for this reason. */
async function assertConvicted(
  problem: Problem,
  steps: readonly Uint8Array[],
  { at = 0, states, parent = stage.tip }: { at?: number; states?: readonly Hash[]; parent?: Tip } = {},
): Promise<void> {
  const block = await stage.publish(stage.draft(steps, states, parent), parent)
  const verdict = stage.judge(block, parent)
  assert(verdict.verdict === 'invalid', verdict.verdict)
  assert.deepEqual([verdict.step, verdict.problem], [at, problem])
  const refutation = stage.refutationOf(block, parent)
  assert(refutation)
  const [event] = fixture.events(await fixture.prove(refutation, prover), 'BlockRefuted')
  assert.deepEqual([event?.args.id, event?.args.prover.toLowerCase()], [block.id, prover])
  assert.equal((await read.blocks([keyOf(block.id)])).flags & 1, 1)
  await assertReverts(fixture.finalize(block), parent === stage.tip ? 'BlockIsRefuted' : 'NotChildOfFinal')
}

/** The same for a block whose second of three steps is right, but leads to another state than it states. */
async function assertStateConvicted(step: Uint8Array, lie: (after: State) => State): Promise<void> {
  const steps = [right().step, step, transfer(bob, { to: alice.address, tokens: 1n, prev: [b0] }).step]
  const states = stage.statesOf(steps)
  const told = lie(states[1] as State)
  // The liar goes on from there.
  const { state: last, reason } = applyStep(rules, told, 0n, steps[2] as Uint8Array)
  assert.equal(reason, 'None')
  await assertConvicted('WrongState', steps, { at: 1, states: [states[0] as State, told, last].map(stateRoot) })
}

async function assertRefused(error: string, steps: readonly Uint8Array[], states?: readonly Hash[]): Promise<void> {
  await assertReverts(fixture.publish(stage.tip.block, stage.draft(steps, states)), error)
}

/** The step with one byte changed, counted from the start of its packed transaction. */
function altered({ packed }: { packed: Uint8Array }, offset: number, bytes: Uint8Array): Uint8Array {
  const copy = packed.slice()
  copy.set(bytes, offset)
  return concat(Uint8Array.of(4), copy)
}

describe('a transaction', () => {
  it('with a bad signature convicts its block', async () => {
    for (const r of [new Uint8Array(32), new Uint8Array(32).fill(255)]) {
      await assertConvicted('BadSignature', [altered(right(), 7, r)])
    }
    await assertConvicted('BadSignature', [right(a1).step, altered(right(), 39, new Uint8Array(32).fill(255))], {
      at: 1,
    })
  })

  it('that takes an input of somebody else convicts its block', async () => {
    await assertConvicted('MissingInput', [transfer(bob, { to: bob.address, tokens: 5n, prev: [a0] }).step])
    const both = transfer(bob, { to: bob.address, tokens: 5n, prev: [a0, b0].sort() as Infohash[] })
    await assertConvicted('MissingInput', [both.step])
  })

  it('that takes an input which never was convicts its block', async () => {
    await assertConvicted('MissingInput', [right(parseInfohash('77'.repeat(20))).step])
  })

  it('that takes an input which was spent in an ancestor convicts its block', async () => {
    const parent = await stage.publish(stage.draft([right().step]))
    const tip = { block: parent, state: stage.statesOf(parent.steps)[0] }
    await assertConvicted('MissingInput', [right(a1).step, right().step], { at: 1, parent: tip })
  })

  it('that takes an input which was spent earlier in the block convicts its block', async () => {
    await assertConvicted('MissingInput', [right().step, right(a0).step, right().step], { at: 2 })
  })

  it('that takes an input twice convicts its block', async () => {
    await assertConvicted('BadPrev', [signed(alice, { to: bob.address, tokens: 1_500n, prev: [a0, a0] })])
    const descending = [a0, a1].sort().reverse()
    await assertConvicted('BadPrev', [signed(alice, { to: bob.address, tokens: 1_500n, prev: descending })])
  })

  it('that spends more than its inputs hold convicts its block', async () => {
    await assertConvicted('Overspend', [right().step, signed(alice, { to: bob.address, tokens: 1_001n, prev: [a0] })], {
      at: 1,
    })
  })

  it('with a field against the rules convicts its block', async () => {
    const body = { to: bob.address, tokens: 5n, prev: [a0] }
    await assertConvicted('ZeroTokens', [signed(alice, { ...body, tokens: 0n })])
    await assertConvicted('BadMemo', [signed(alice, { ...body, memo: 'a"b' })])
    for (const to of [ZERO_ADDRESS, rules.bridge]) await assertConvicted('BadPayee', [signed(alice, { ...body, to })])
  })

  it('that creates an output which exists convicts its block', async () => {
    // No chain gets there but by a collision of SHA-1, so this one begins with the output that is to come.
    const { step, infohash, tx } = transfer(founder, { to: bob.address, tokens: 5n, prev: [genesis] })
    for (const owner of [bob.address, founder.address]) {
      const name = { infohash, owner }
      const state = insert(genesisState(genesisTransaction), { key: entryKey(name), value: 5n, name })
      await using other = await Stage.start('bridge', { state, infohash: genesis })
      other.fixture.pass(HOUR)
      const block = await other.publish(other.draft([step]))
      const refutation = other.refutationOf(block)
      assert(refutation && tx.prev[0] === genesis)
      assert.equal(other.fixture.events(await other.fixture.prove(refutation), 'BlockRefuted').length, 1)
    }
  })
})

describe('a result', () => {
  const paid = () => transfer(alice, { to: bob.address, tokens: 300n, prev: [a0] })

  /** Lies about entries of which the names follow from the transaction. */
  const changing = (names: (infohash: Infohash) => readonly [EntryName, bigint][]) => async () => {
    const { step, infohash } = paid()
    await assertStateConvicted(step, (state) =>
      names(infohash).reduce((forged, [name, by]) => forge(forged, name, by), state),
    )
  }

  it(
    'with the wrong change convicts its block',
    changing((infohash) => [[{ infohash, owner: alice.address }, 1n]]),
  )
  it(
    'without the change convicts its block',
    changing((infohash) => [[{ infohash, owner: alice.address }, -700n]]),
  )
  it(
    'with a wrong credit to the payee convicts its block',
    changing((infohash) => [
      [{ infohash, owner: bob.address }, 1n],
      [{ owner: bob.address }, 1n],
    ]),
  )
  it(
    'with a wrong account convicts its block',
    changing(() => [[{ owner: bob.address }, -1n]]),
  )
  it(
    'with an account that was not debited convicts its block',
    changing(() => [[{ owner: alice.address }, 300n]]),
  )
  it(
    'with the credit for another convicts its block',
    changing((infohash) => [
      [{ infohash, owner: bob.address }, -300n],
      [{ infohash, owner: founder.address }, 300n],
    ]),
  )
  it(
    'with the input still there convicts its block',
    changing(() => [[{ infohash: a0, owner: alice.address }, 1_000n]]),
  )
  it(
    'with money of nobody convicts its block',
    changing(() => [
      [{ infohash: genesis, owner: bob.address }, 10n ** 27n],
      [{ owner: bob.address }, 10n ** 27n],
    ]),
  )

  it('under another infohash convicts its block', async () => {
    const { step, infohash } = paid()
    const wrong = parseInfohash(infohash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')))
    await assertStateConvicted(step, (state) =>
      [alice, bob].reduce((forged, { address: owner }) => {
        const value = amountOf(forged, { infohash, owner })
        return forge(forge(forged, { infohash, owner }, -value), { infohash: wrong, owner }, value)
      }, state),
    )
  })

  it('that is no result at all convicts its block, first step or last', async () => {
    const steps = [right().step, right(a1).step]
    const states = stage.statesOf(steps).map(stateRoot)
    const before = stage.tip.block.header.state
    await assertConvicted('WrongState', steps, { at: 0, states: [before, states[1] as Hash] })
    await assertConvicted('WrongState', steps, { at: 1, states: [states[0] as Hash, before] })
    await assertConvicted('WrongState', steps, { at: 0, states: states.toReversed() })
  })
})

describe('a request', () => {
  const body = (tokens = 500n, to = somebody) => ({ ...requestTo(to), tokens, prev: [a0] })

  it('that nobody made convicts its block', async () => {
    const phantom = transactionStep({ request: true, payee: somebody, tokens: 10n ** 26n })
    await assertConvicted('BadSignature', [right().step, phantom], { at: 1 })
  })

  it('of another amount, or for another recipient, convicts its block', async () => {
    await assertConvicted('MissingInput', [altered(transfer(alice, body()), 91, encodeUint(501n, 16))])
    await assertConvicted('MissingInput', [altered(transfer(alice, body()), 90, Uint8Array.of(0))])
  })

  it('that was signed for another chain, or as a payment, convicts its block', async () => {
    await assertConvicted('MissingInput', [signed(alice, { ...body(), ...requestTo(somebody, 1n) })])
    const payment = right()
    const asRequest = (payment.packed[0] ?? 0) | 0x10
    await assertConvicted('MissingInput', [altered(payment, 0, Uint8Array.of(asRequest))])
  })

  it('below the minimum, or for nobody, convicts its block', async () => {
    await assertConvicted('BelowMinimum', [signed(alice, body(MIN_REQUEST - 1n))])
    for (const to of [ZERO_ADDRESS, rules.bridge, rules.token]) {
      await assertConvicted('BadPayee', [signed(alice, body(500n, to))])
    }
  })

  it('of exactly the minimum is right', async () => {
    const steps = [transfer(alice, body(MIN_REQUEST)).step]
    const block = await stage.publish(stage.draft(steps))
    assert.equal(stage.judge(block).verdict, 'valid')
    const proof = proveStep(rules, { parent: stage.tip.block, block: publishedOf(block) }, stage.tip.state, 0)
    await assertReverts(fixture.prove(proof), 'StepIsRight', [0n])
  })

  it('of more than its inputs hold convicts its block, and of more than there is it is not even published', async () => {
    await assertConvicted('Overspend', [signed(alice, body(1_001n))])
    await assertRefused('SupplyExceeded', [signed(alice, body(10n ** 27n))])
  })

  it('that leaves the state as it was convicts its block', async () => {
    const steps = [transfer(alice, body()).step]
    await assertConvicted('WrongState', steps, { states: [stage.tip.block.header.state] })
  })
})

describe('a deposit', () => {
  it('that is not the one in the queue is refused', async () => {
    await stage.deposit(10_000n, alice.address, holder)
    for (const lie of [depositStep(10_001n, alice.address), depositStep(10_000n, bob.address)]) {
      await assertRefused('QueueMismatch', [lie])
    }
    await assertRefused('QueueOverrun', [depositStep(10_000n, alice.address), depositStep(10_000n, alice.address)])
  })

  it('of which the block credits another amount, owner or entry, or nothing, convicts it', async () => {
    const step = await stage.deposit(10_000n, alice.address, holder)
    const [after] = stage.statesOf([step])
    const wholly = [{ owner: alice.address }, { infohash: depositInfohash(after), owner: alice.address }]
    const lies: State[] = [
      wholly.reduce((state, name) => forge(state, name, 100n), after),
      forge(after, { owner: alice.address }, -9_900n),
      applyStep(rules, stage.tip.state, 0n, depositStep(10_000n, bob.address)).state,
      applyStep(rules, stage.tip.state, 1n, step).state,
      stage.tip.state,
    ]
    for (const lie of lies) await assertConvicted('WrongState', [step], { states: [stateRoot(lie)] })
  })

  it('that is not the first of the queue, nor of its block, is judged by its own number', async () => {
    await stage.extend([await stage.deposit(10_000n, alice.address, holder)], { isFinal: true })
    const steps = [
      await stage.deposit(10_000n, alice.address, holder),
      await stage.deposit(10_000n, bob.address, holder),
    ]
    const [first, second] = stage.statesOf(steps) as [State, State]
    const [other, lie] = [
      applyStep(rules, first, 1n, steps[1] as Uint8Array).state,
      forge(second, { owner: bob.address }, 1n),
    ]
    for (const state of [other, lie]) {
      await assertConvicted('WrongState', steps, { at: 1, states: [first, state].map(stateRoot) })
    }
    await stage.extend(steps)
  })

  /** The output that the state has and the tip has not. */
  function depositInfohash(state: State): Infohash {
    const infohash = parseInfohash(
      [...outputsOfAlice(state)].find((each) => !outputsOfAlice(stage.tip.state).has(each)) ?? '',
    )
    return infohash
  }
})

describe('a forced transaction', () => {
  const good = () => transfer(alice, { to: bob.address, tokens: 300n, prev: [a0] })
  const bad = () => transfer(bob, { to: bob.address, tokens: 300n, prev: [a0] })

  it('cannot be ignored, altered, or come later', async () => {
    const { packed } = good()
    const fee = await stage.force(packed)
    fixture.pass(HOUR)
    await assertRefused('QueueIgnored', [])
    await assertRefused('QueueMismatch', [appliedStep(fee + 1n, packed)])
    await assertRefused('QueueMismatch', [appliedStep(fee, altered({ packed }, 91, encodeUint(301n, 16)).slice(1))])
    await assertRefused('QueueMismatch', [voidStep(fee, bad().packed)])
    await assertRefused('QueueStepTooLate', [right().step, appliedStep(fee, packed)])
    await stage.extend([appliedStep(fee, packed)])
  })

  it('that is called applied although it is invalid convicts the block', async () => {
    const { packed } = bad()
    const fee = await stage.force(packed)
    await assertConvicted('MissingInput', [appliedStep(fee, packed)])
    await stage.extend([voidStep(fee, packed)])
  })

  it('that is called void although it is valid convicts the block', async () => {
    const [reallyVoid, { packed }] = [bad().packed, good()]
    const fee = await stage.force(reallyVoid)
    await stage.force(packed)
    await assertConvicted('WrongVoid', [voidStep(fee, reallyVoid), voidStep(fee, packed)], { at: 1 })
  })

  it('that is void, but is said to change the state, convicts the block', async () => {
    const { packed } = bad()
    const fee = await stage.force(packed)
    const state = forge(stage.tip.state, { owner: bob.address }, 1n)
    await assertConvicted('WrongState', [voidStep(fee, packed)], { states: [stateRoot(state)] })
  })

  it('that is applied without its effect convicts the block', async () => {
    const { packed } = good()
    const fee = await stage.force(packed)
    await assertConvicted('WrongState', [appliedStep(fee, packed)], { states: [stage.tip.block.header.state] })
  })
})

describe('what publish can see', () => {
  it('it refuses: too many steps or bytes, steps without shape, states without steps', async () => {
    const state = stage.tip.block.header.state
    const fill = (count: number) => Array.from({ length: count }, () => state)
    const plain = transactionStep({ payee: somebody })
    const longest = transactionStep({ payee: somebody, inputs: 8, memo: 140 })
    const sized = (count: number, step: Uint8Array) => Array.from({ length: count }, () => step)
    await assertRefused('TooManySteps', sized(501, depositStep(1_000n, somebody)), fill(501))
    await assertRefused('TooManyBytes', sized(300, longest), fill(300))
    await assertRefused('MalformedStep', [plain.slice(0, -1)], fill(1))
    await assertRefused('MalformedStep', [concat(Uint8Array.of(5), plain.slice(1))], fill(1))
    await assertRefused('MalformedStep', [plain, Uint8Array.of(4, 0x20, ...plain.slice(2))], fill(2))
    await assertRefused('StatesMismatch', [plain], fill(2))
    await assertRefused('StatesMismatch', [plain, plain], fill(1))
  })
})

/** Infohashes of the outputs that alice has. */
function outputsOfAlice(state: State): Set<string> {
  return new Set(outputsOf(state).flatMap(({ owner, infohash }) => (owner === alice.address ? [infohash] : [])))
}
