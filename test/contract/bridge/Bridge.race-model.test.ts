// Differential: random races on the contract and in the reference model must go the same way, move by move.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Hash, keyOf, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { targetCeiling, targetFloor, workOf } from '../../../node/protocol/target.ts'
import { toSeconds } from '../../../node/protocol/units.ts'
import { RaceModel } from '../../../scripts/assure/models/race.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { type TestBlock, transactionStep } from '../../support/contract/blocks.ts'
import { Reverted } from '../../support/contract/chain.ts'
import { Fixture } from '../../support/contract/fixture.ts'
import { pickMove, pickTime, type RaceMove } from '../../support/contract/race-driver.ts'

const FIRST_SEED = Number(process.env['FUZZ_SEED'] ?? 1)
/** Races in the ordinary run: 100. More with FUZZ_RUNS, one for six. */
const TREES = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 360) / 6)
const MOVES = 80
const FLAGS = { refuted: 1, final: 2, rival: 4, unpaid: 8 } as const

const fixture = await Fixture.deploy('harness')
const { chain, read } = fixture
const start = chain.time
after(() => fixture[Symbol.asyncDispose]())

class Race {
  readonly model = new RaceModel(fixture.genesis.id, start)
  readonly blocks = new Map<string, TestBlock>([[fixture.genesis.id, fixture.genesis]])
  /** How often each kind of move was accepted, and each error came. */
  readonly seen: Map<string, number>

  constructor(seen: Map<string, number>) {
    this.seen = seen
  }

  block(id: string): TestBlock {
    const block = this.blocks.get(id)
    assert(block)
    return block
  }

  async play(move: RaceMove, random: () => number): Promise<void> {
    const { unpaidUntil } = this.model
    const { expected, call } = this.#prepare(move, random)
    const actual = await outcomeOf(call)
    assert.equal(actual, expected, `${move.kind} at ${chain.time - start}: ${JSON.stringify(move)}`)
    this.#count(expected ?? `${move.kind} accepted`)
    if (move.kind === 'finalize' && expected === undefined) {
      if (this.model.unpaidUntil !== unpaidUntil) this.#count('first displaced')
      else if (this.model.tip.unpaid) this.#count('unpaid descendant')
      else this.#count('paid')
    }
  }

  /** What the contract keeps is what the model keeps. */
  async compare(random: () => number): Promise<void> {
    const { model } = this
    assert.equal(await read.finalBlock(), model.tip.id)
    assert.equal(await read.finalHeight(), BigInt(model.tip.height))
    assert.equal(await read.unpaidUntil(), model.unpaidUntil)
    for (const block of model.blocks) {
      const record = await read.blocks([keyOf(block.id as Hash)])
      const flags = Object.entries(FLAGS).filter(([name]) => block[name as keyof typeof FLAGS])
      assert.equal(
        record.flags & 15,
        flags.reduce((sum, [, flag]) => sum + flag, 0),
      )
      assert.equal(record.work, block.work)
      assert.equal(record.publishedAt, Number(block.time))
      assert.equal(record.bond !== 0, block.bond === 'held')
      const live = model.live(block.id)
      const keyAt = (i: number) => keyOf((live[i]?.id ?? ZERO_HASH) as Hash)
      assert.equal(record.firstChild, keyAt(0))
      // The list of live children, walked in both directions.
      for (const [i, child] of live.entries()) {
        const { previousSibling, nextSibling } = await read.blocks([keyOf(child.id as Hash)])
        assert.equal(previousSibling, keyAt(i - 1))
        assert.equal(nextSibling, keyAt(i + 1))
      }
      const [nominated, time] = await read.slotOf([keyOf(block.id as Hash)])
      const slot = model.slots.get(block.id)
      assert.deepEqual([nominated, BigInt(time)], [keyOf((slot?.block ?? ZERO_HASH) as Hash), slot?.time ?? 0n])
      const other = model.blocks[Math.floor(random() * model.blocks.length)] ?? block
      const pair = [keyOf(block.id as Hash), keyOf(other.id as Hash)] as const
      assert.equal(await read.isEligible(pair), model.isEligible(block.id, other.id))
    }
  }

  #count(name: string): void {
    this.seen.set(name, (this.seen.get(name) ?? 0) + 1)
  }

  #prepare(move: RaceMove, random: () => number): { expected: string | undefined; call: () => Promise<unknown> } {
    const { model } = this
    const now = chain.time
    switch (move.kind) {
      case 'publish': {
        const parent = this.block(move.parent)
        const block = this.#draft(parent, move.choice, random)
        const { parent: parentId, beside } = move
        const ownWork = workOf(block.header.target)
        const expected = model.publish({ id: block.id, parent: parentId, ownWork, beside }, now)
        if (expected === undefined) this.blocks.set(block.id, block)
        return { expected, call: () => fixture.publish(parent, block, beside ? { beside: beside as Hash } : {}) }
      }
      case 'refute':
        return { expected: model.refute(move.block), call: () => fixture.refute(this.block(move.block)) }
      case 'nominate': {
        const expected = model.nominate(move.parent, move.block, now)
        return { expected, call: () => fixture.nominate(this.block(move.parent), this.block(move.block)) }
      }
      case 'finalize':
        return { expected: model.finalize(move.block, now), call: () => fixture.finalize(this.block(move.block)) }
      case 'withdrawBond':
        return {
          expected: model.withdrawBond(move.block, now),
          call: () => fixture.withdrawBond(this.block(move.block)),
        }
    }
  }

  #draft(parent: TestBlock, choice: number, random: () => number): TestBlock {
    const easiest = fixture.genesis.header.target
    const time = this.model.find(parent.id)?.time ?? start
    const floor = targetFloor(parent.header.target)
    const ceiling = targetCeiling(parent.header.target, toSeconds(chain.time - time), easiest)
    const first = this.model.live(parent.id)[0]
    const firstTarget = first && this.block(first.id).header.target
    let target = ceiling
    // A rival needs the work of the first.
    if (choice < 0.8 && firstTarget !== undefined && firstTarget <= ceiling) target = firstTarget
    else if (choice < 0.7) target = floor
    else if (choice < 0.9) target = floor + ((ceiling - floor) * BigInt(Math.floor(choice * 1_000))) / 1_000n
    const payee = fixture.account(7)
    const steps = random() < 0.3 ? [transactionStep({ payee, request: true, tokens: 1_000n })] : []
    return fixture.draft(parent, { target, steps })
  }
}

async function outcomeOf(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (error instanceof Reverted) return error.errorName
    throw error
  }
}

test(`${TREES} random races go as in the model, from seed ${FIRST_SEED} on`, async () => {
  const seen = new Map<string, number>()
  for (let seed = FIRST_SEED; seed < FIRST_SEED + TREES; seed++) {
    const back = await chain.snapshot()
    chain.time = start
    const random = randomOf(seed)
    const race = new Race(seen)
    try {
      for (let i = 0; i < MOVES; i++) {
        chain.time = pickTime(race.model, chain.time, random)
        await race.play(pickMove(race.model, chain.time, random), random)
        if (i % 10 === 9) await race.compare(random)
      }
    } catch (error) {
      throw new Error(`the race of seed ${seed} went another way`, { cause: error })
    }
    await back()
  }
  console.log(Object.fromEntries([...seen].toSorted(([a], [b]) => a.localeCompare(b))))
  // A driver that never gets somewhere would prove nothing; a short run has no time for everything.
  if (TREES < 100) return
  const wanted = ['publish', 'nominate', 'finalize', 'refute', 'withdrawBond'].map((kind) => `${kind} accepted`)
  const errors = [
    'SiblingExists',
    'SameSecond',
    'RivalWorkDiffers',
    'RaceClosed',
    'StaleParent',
    'OldParent',
    'BlockIsRefuted',
    'NotEligible',
    'NotHeavier',
  ]
  const later = [
    'TooEarly',
    'NominationNeeded',
    'NotOnNominatedBranch',
    'NotChildOfFinal',
    'AlreadyFinal',
    'NoBond',
    'RaceOpen',
  ]
  for (const name of [
    ...wanted,
    ...errors,
    ...later,
    'BondForfeited',
    'first displaced',
    'unpaid descendant',
    'paid',
  ]) {
    assert((seen.get(name) ?? 0) >= 5, `${name} came up ${seen.get(name) ?? 0} times`)
  }
})
