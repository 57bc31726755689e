// What the race rule is for, on the reference model: with one honest watcher, no bad block is ever final, the heaviest branch
// that was published in time wins, and nobody can delay that, whatever somebody else publishes, refutes or nominates.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ModelBlock, RaceModel, RULE, type Rule } from '../../../scripts/assure/models/race.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'

const FIRST_SEED = Number(process.env['FUZZ_SEED'] ?? 1)
/** Races in the ordinary run: 300. More with FUZZ_RUNS, one for two. */
const RUNS = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 600) / 2)
const FINALS = 4
const TICK = 600n
const HOUR = 3_600n
/** The assumptions of the design: a bad block is refuted within a day, the heaviest branch is nominated within an hour. */
const REFUTED_WITHIN = 24n * HOUR
const NOMINATED_WITHIN = HOUR

class Simulation {
  readonly model: RaceModel
  readonly random: () => number
  now = 0n
  displaced = 0
  races = 0
  /** Hours between honest blocks, on average. */
  readonly #pace: number
  readonly #bad = new Set<string>()
  readonly #refuteAt = new Map<string, bigint>()
  /** For each parent the block that ought to be in its slot, and when somebody sees to it. */
  readonly #duties = new Map<string, { readonly block: string; readonly at: bigint }>()
  /** Work that the adversary has kept back. */
  #hoard = 0n
  #count = 0
  /** Blocks that were tried in this tick. */
  #inTick = 0

  constructor(seed: number, rule: Rule) {
    this.model = new RaceModel('genesis', 0n, rule)
    this.random = randomOf(seed)
    this.#pace = 1 + 15 * this.random() ** 2
  }

  tick(): void {
    this.now += TICK
    this.#inTick = 0
    this.#mineHonestly()
    this.#attack()
    this.#refute()
    this.#nominate()
    this.#finalize()
  }

  /** Once an hour or so somebody honest extends the best branch that is valid, where the rules allow it. */
  #mineHonestly(): void {
    if (this.random() * this.#pace > Number(TICK) / Number(HOUR)) return
    const best = this.model.heaviest(this.model.tip.id, (block) => this.#isValid(block)) ?? this.model.tip
    const beside = this.model.live(best.id)
    // Beside a bad block one publishes as a rival rather than to wait.
    if (beside.some((block) => this.#isValid(block))) return
    this.#publish(best.id, this.#workBeside(best.id, 10n), false)
  }

  #attack(): void {
    this.#hoard += BigInt(Math.floor(this.random() * 4))
    const { model, now } = this
    const favourite = this.model.heaviest(model.tip.id, (block) => !this.#isValid(block))
    if (favourite && this.random() < 0.3) model.nominate(model.tip.id, favourite.id, now)
    const first = model.live(model.tip.id)[0]
    const age = first ? now - first.time : 0n
    // Some adversaries love the last moment before a window ends.
    const lastMoment = [RULE.siblingSeconds, RULE.branchSeconds].some((end) => age <= end && age > end - TICK)
    if (this.random() > (lastMoment ? 0.7 : 0.04)) return
    const open = model.blocks.filter(
      ({ id, height, refuted }) => !refuted && height >= model.tip.height && this.#isOpen(id),
    )
    for (let burst = 1 + Math.floor(this.random() * 3); burst > 0; burst--) {
      const parent = this.random() < 0.4 ? model.tip : (open[Math.floor(this.random() * open.length)] ?? model.tip)
      const work = this.#workBeside(parent.id, this.random() < 0.5 ? 5n : this.#hoard)
      if (work <= this.#hoard && this.#publish(parent.id, work, this.random() < 0.4)) this.#hoard -= work
    }
    // Its own nominations, for whatever it likes.
    for (const { id } of model.blocks.slice(-5)) if (this.random() < 0.4) model.nominate(model.tip.id, id, now)
    // It may also give up its own bad blocks whenever that suits it.
    for (const id of this.#bad) if (this.random() < 0.02) model.refute(id)
  }

  #refute(): void {
    for (const [id, time] of this.#refuteAt) {
      if (time > this.now) continue
      this.model.refute(id)
      this.#refuteAt.delete(id)
    }
  }

  /**
   * For every live block with a race of its own, not only the final one, somebody nominates the heaviest eligible block, up to
   * an hour after it came to be that; a bad one nobody honest would.
   */
  #nominate(): void {
    const { model, now } = this
    for (const { id: parent, height, refuted } of model.blocks) {
      if (refuted || height < model.tip.height || model.live(parent).length < 2) continue
      const heaviest = this.model.heaviest(parent)
      let duty = this.#duties.get(parent)
      if (heaviest && duty?.block !== heaviest.id) {
        const delay = BigInt(Math.floor(this.random() * Number(NOMINATED_WITHIN / TICK + 1n))) * TICK
        duty = { block: heaviest.id, at: now + delay }
        this.#duties.set(parent, duty)
      }
      if (!heaviest || !duty || now < duty.at || this.#bad.has(heaviest.id)) continue
      if (model.wayFrom(parent, heaviest.id)?.some(({ id }) => this.#bad.has(id))) continue
      if (model.slots.get(parent)?.block === heaviest.id) continue
      assert.equal(model.nominate(parent, heaviest.id, now), undefined, 'the heaviest block can be nominated')
    }
  }

  #finalize(): void {
    const { model, now } = this
    const children = model.live(model.tip.id)
    const [first] = children
    const below = model.tip.id
    const best = this.model.heaviest(below)
    for (const child of children) {
      if (model.finalize(child.id, now) !== undefined) continue
      assert(!this.#bad.has(child.id), 'a bad block is final')
      if (children.length > 1) {
        this.races += 1
        if (child !== first) this.displaced += 1
        assert(best && model.wayFrom(below, best.id)?.includes(child), 'the heaviest branch lost')
      }
      return
    }
    if (first)
      assert(now < first.time + RULE.raceSeconds, `nothing is final ${now - first.time} s after the first live child`)
  }

  #publish(parent: string, ownWork: bigint, bad: boolean): boolean {
    this.#count += 1
    const id = `b${this.#count}`
    const beside = this.model.live(parent).at(-1)?.id
    // No two siblings are of one second.
    if (this.model.publish({ id, parent, ownWork, beside }, this.now + BigInt(this.#inTick++)) !== undefined)
      return false
    if (bad) {
      this.#bad.add(id)
      const delay = BigInt(Math.floor(this.random() * Number(REFUTED_WITHIN / TICK))) * TICK
      this.#refuteAt.set(id, this.now + delay)
    }
    return true
  }

  #workBeside(parent: string, work: bigint): bigint {
    const least = this.model.live(parent)[0]?.ownWork ?? 1n
    return work > least ? work : least
  }

  #isOpen(parent: string): boolean {
    const first = this.model.live(parent)[0]
    return first === undefined || this.now < first.time + RULE.siblingSeconds
  }

  #isValid(block: ModelBlock): boolean {
    const way = this.model.wayFrom(this.model.tip.id, block.id)
    return way?.every(({ id }) => !this.#bad.has(id)) ?? false
  }
}

function simulate(rule: Rule, first = 1, runs = 300) {
  const sums = { finals: 0, races: 0, displaced: 0 }
  for (let seed = first; seed < first + runs; seed++) {
    const simulation = new Simulation(seed, rule)
    try {
      while (simulation.model.chain.length <= FINALS) simulation.tick()
    } catch (error) {
      throw new Error(`seed ${seed}, ${simulation.now} s`, { cause: error })
    }
    sums.races += simulation.races
    sums.displaced += simulation.displaced
    sums.finals += FINALS
  }
  return sums
}

test(`${RUNS} races against an adversary, from seed ${FIRST_SEED} on: the good and heaviest branch is final in time`, () => {
  const sums = simulate(RULE, FIRST_SEED, RUNS)
  console.log(sums)
  assert(RUNS < 300 || (sums.races > 100 && sums.displaced > 20), 'the adversary never got a race')
})

// Each with one window moved: the adversary above is strong enough to show what the hours are for.
for (const [name, change] of [
  ['branches may grow for 40 hours', { branchSeconds: 40n * HOUR }],
  ['an only child is final after 12 hours', { aloneSeconds: 12n * HOUR }],
  ['a race is decided after 24 hours', { raceSeconds: 24n * HOUR }],
] as const) {
  test(`it would not hold where ${name}`, () => {
    assert.throws(() => simulate({ ...RULE, ...change }))
  })
}
