// The step function of the contract against the executable spec: random steps, states and witnesses, honest and not.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Hex, toFunctionSelector } from 'viem'
import { applyStep } from '../../../node/protocol/apply.ts'
import { concat, formatHex } from '../../../node/protocol/bytes.ts'
import { ZERO_ADDRESS } from '../../../node/protocol/ids.ts'
import { unpackTransaction } from '../../../node/protocol/packed.ts'
import { REASONS, type Reason } from '../../../node/protocol/rules.ts'
import { type State, stateRoot } from '../../../node/protocol/state.ts'
import { decodeStep } from '../../../node/protocol/step.ts'
import { insert } from '../../../node/protocol/tree.ts'
import { madeUpCases } from '../../../scripts/assure/models/made-up-states.ts'
import { flipBit, type StepCase, stepCases } from '../../../scripts/assure/models/step-cases.ts'
import { World } from '../../../scripts/assure/models/world.ts'
import { TestChain } from '../../support/contract/chain.ts'
import { deployHarness, type Harness } from '../harness/deploy.ts'

/** Steps in the ordinary run; more with FUZZ_RUNS, others with FUZZ_SEED. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 600)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const STEPS_PER_WORLD = 60
/** The answers that only states have to which no chain leads. */
const MADE_UP = [
  'account with less than the inputs',
  'overflow of an account',
  'overflow of an output',
  'deposit without effect, 1 openings',
  'deposit without effect, 2 openings',
  'place taken, deposit without effect, 1 openings',
  'place taken, deposit without effect, 2 openings',
  'place taken, MissingInput',
  'place taken, OutputExists of an account',
  'place taken, OutputExists of an output',
  'place taken, Overspend',
  'take, made-up amounts, MissingInput',
  'take, made-up amounts, Overflow',
  'take, made-up amounts, Overspend',
  'take, place taken, MissingInput',
  'take, place taken, OutputExists',
  'take, place taken, Overspend',
]

/** What valid steps there are. */
const FORMS = [
  'deposit',
  'entered',
  'void',
  'transfer of TTX',
  'transfer of what was entered',
  'transfer of what was issued',
  'request of TTX',
  'request of what was entered',
  'issuance',
  'take',
]

const BAD_WITNESS = toFunctionSelector('BadWitness(uint256)')

type Outcome = { readonly thrown: Hex; readonly reason: number; readonly post: Hex; readonly growth: bigint }
type Judged = StepCase & {
  readonly reason: Reason
  readonly post: Hex
  readonly growth: number
  readonly witness: readonly Uint8Array[]
}

describe(`Apply.applyStep against node/protocol (${runs} steps, seed ${seed})`, () => {
  let chain: TestChain
  let harness: Harness

  before(async () => {
    chain = await TestChain.start()
    harness = await deployHarness(chain, 'ApplyHarness')
  })
  after(() => chain[Symbol.asyncDispose]())

  async function applyWithEach(world: World, { state, queueIndex, step }: StepCase, witnesses: Uint8Array[]) {
    const args = [world.rules, stateRoot(state), queueIndex, hex(step), witnesses.map(hex)]
    return (await harness.call('applyWithEach', ...args)) as Outcome[]
  }

  it('gives the same reason, the same state and the same growth for any step', async (test) => {
    const seen = new Set<Reason>()
    const grown = new Set<number>()
    const valid = new Set<string>()
    const madeUp = new Map<string, number>()
    // Three times as many as of the others, which have a witness or many of their own to try for each.
    for (const [world, judged] of judgedCases(seed, 3 * runs)) {
      const [outcome] = await applyWithEach(world, judged, [concat(...judged.witness)])
      assert.deepEqual(outcome, answer(judged), describeCase(judged))
      seen.add(judged.reason)
      grown.add(judged.growth)
      if (judged.reason === 'None') valid.add(formOf(judged.step))
      const kind = kindOfMadeUp(judged)
      if (kind !== undefined) madeUp.set(kind, (madeUp.get(kind) ?? 0) + 1)
    }
    for (const [kind, count] of madeUp) test.diagnostic(`${count} × ${kind}`)
    if (runs < 600) return
    // A run that never met a reason would have compared nothing for it.
    assert.deepEqual([...seen].sort(), [...REASONS].sort())
    assert.deepEqual([...madeUp.keys()].sort(), [...MADE_UP].sort())
    assert.deepEqual([...valid].sort(), [...FORMS].sort())
    assert(Math.max(...grown) > 0 && Math.min(...grown) < -1 && grown.has(0), `no other growth than ${[...grown]}`)
  })

  it('takes no other witness at all: none that is cut, extended, flipped, reordered or stale', async () => {
    let stale: Uint8Array = Uint8Array.of(0, 0)
    for (const [world, judged] of judgedCases(seed + 1_000_000, Math.ceil(runs / 3))) {
      const truth = concat(...judged.witness)
      const liars = [...lies(world, judged.witness), stale].filter((lie) => Buffer.compare(lie, truth) !== 0)
      for (const [i, { thrown }] of (await applyWithEach(world, judged, liars)).entries()) {
        assert.equal(thrown, BAD_WITNESS, `lie ${i}: ${describeCase(judged)}`)
      }
      stale = truth
    }
  })

  it('judges a packed transaction as it does the step that carries it', async () => {
    for (const [world, judged] of judgedCases(seed + 2_000_000, Math.ceil(runs / 4))) {
      const decoded = decodeStep(judged.step)
      if (decoded?.kind !== 'transaction' && decoded?.kind !== 'applied') continue
      const witness = hex(concat(...judged.witness))
      const args = [world.rules, stateRoot(judged.state), hex(decoded.packed), witness]
      const result = await harness.call('applyTransaction', ...args)
      assert.deepEqual(
        result,
        [REASONS.indexOf(judged.reason), judged.post, BigInt(judged.growth)],
        describeCase(judged),
      )
    }
  })
})

/** The executable spec's answers to `count` cases, in worlds of growing states. */
function* judgedCases(first: number, count: number): Generator<[World, Judged]> {
  for (let done = 0; done < count; ) {
    const world = new World(first + done)
    // The first world is as small as can be: genesis alone.
    if (done > 0) world.endow()
    if (done > 0) world.state = withStrangers(world, world.state, 2 ** (world.random() * 9))
    let left = Math.min(STEPS_PER_WORLD, count - done)
    for (const next of cases(world)) {
      if (left-- === 0) break
      const witness: Uint8Array[] = []
      const { reason, state, growth } = applyStep(world.rules, next.state, next.queueIndex, next.step, witness)
      yield [world, { ...next, reason, post: stateRoot(state), growth, witness }]
      done++
    }
  }
}

/** What somebody may post, and what no chain leads to: a few of the latter for each step that moves the world on. */
function* cases(world: World): Generator<StepCase, void> {
  for (const next of stepCases(world)) {
    if (next.name === 'valid') yield* madeUpCases(world)
    yield next
  }
}

/** How a case on a made-up state ended, where only such a state ends so. */
function kindOfMadeUp({ name, state, step, reason, post, witness }: Judged): string | undefined {
  if (name === 'deposit onto amounts' && post === stateRoot(state))
    return `deposit without effect, ${witness.length} openings`
  if (name === 'place of a deposit taken') return `place taken, deposit without effect, ${witness.length} openings`
  if (formOf(step) === 'take' && (name === 'made-up amounts' || name === 'place taken'))
    return reason === 'None' ? undefined : `take, ${name}, ${reason}`
  if (name === 'place taken' && reason === 'OutputExists') {
    // Two outputs at most are opened behind the inputs, and then two accounts.
    return `place taken, OutputExists of an ${witness.length > (inputsOf(step) ?? 0) + 2 ? 'account' : 'output'}`
  }
  if (name === 'place taken' && reason !== 'None') return `place taken, ${reason}`
  const inputs = name === 'made-up amounts' ? inputsOf(step) : undefined
  if (inputs === undefined) return undefined
  if (reason === 'Overspend' && witness.length > inputs) return 'account with less than the inputs'
  return reason === 'Overflow' ? `overflow of ${witness.length > inputs ? 'an account' : 'an output'}` : undefined
}

/** One of `FORMS`. */
function formOf(step: Uint8Array): string {
  const decoded = decodeStep(step)
  if (decoded === undefined || !('packed' in decoded)) return decoded?.kind ?? 'shapeless'
  const fields = unpackTransaction(decoded.packed)
  if (fields?.kind === 'take') return 'take'
  if (fields?.issuance) return 'issuance'
  const of = fields?.asset === undefined ? 'TTX' : `what was ${fields.asset[0] === 2 ? 'entered' : 'issued'}`
  return `${fields?.request ? 'request' : 'transfer'} of ${of}`
}

function inputsOf(step: Uint8Array): number | undefined {
  const decoded = decodeStep(step)
  const fields = decoded && 'packed' in decoded ? unpackTransaction(decoded.packed) : undefined
  return fields && fields.prev.length + (fields.kind === 'take' ? fields.offer.prev.length : 0)
}

/** Changed witnesses of a true one whose parts are `openings`; some may come out as it was. */
function lies(world: World, openings: readonly Uint8Array[]): Uint8Array[] {
  const truth = concat(...openings)
  const cut = Math.floor(world.random() * (truth.length + 1))
  const byte = Uint8Array.of(Math.floor(world.random() * 256))
  return [
    new Uint8Array(),
    truth.slice(0, -1),
    truth.slice(1),
    truth.slice(0, cut),
    concat(truth, byte),
    concat(truth, truth),
    concat(truth.slice(0, cut), byte, truth.slice(cut)),
    concat(...openings.toReversed()),
    concat(...openings.slice(0, -1)),
    concat(...openings.slice(1)),
    Uint8Array.of(255),
    concat(Uint8Array.of(160), new Uint8Array(32 * 160 + 1)),
    ...Array.from({ length: 6 }, () => (truth.length === 0 ? byte : flipBit(world, truth))),
  ]
}

function answer({ reason, post, growth }: Judged): Outcome {
  return { thrown: '0x00000000', reason: REASONS.indexOf(reason), post, growth: BigInt(growth) }
}

function describeCase({ name, reason, step }: Judged): string {
  return `${name}, which is ${reason} in TypeScript: ${hex(step)}`
}

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}

/** Some entries more, so that paths are longer than a few accounts make them. Their keys are names of nothing. */
function withStrangers(world: World, state: State, count: number): State {
  let next = state
  for (let i = 0; i < count; i++) {
    const key = Uint8Array.from({ length: 32 }, () => Math.floor(world.random() * 256))
    next = insert(next, { key, value: 1n, name: { owner: ZERO_ADDRESS } })
  }
  return next
}
