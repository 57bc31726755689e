// When blocks become final: each reason with plain numbers, and that no promise was ever broken in random races.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FinalTime, finalTimeOf } from '../../../../node/bridge/final-time.ts'
import { preferredBranch } from '../../../../node/bridge/fork-choice.ts'
import { type DueCall, dueCalls } from '../../../../node/bridge/race.ts'
import { type BridgeBlock, blockOf, descent } from '../../../../node/bridge/view.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'
import { HOUR, Refused, ViewedRace } from '../../../support/bridge/viewed-race.ts'

function timeOf(model: ViewedRace, block: Hash): FinalTime {
  const time = finalTimeOf(model.view, block, toTime(model.now))
  assert(time)
  return time
}

/** Hours after `start`, and why. */
function said(model: ViewedRace, block: Hash, start: bigint) {
  const { earliest, latest, reason } = timeOf(model, block)
  return [Number(earliest - start) / 3_600, Number(latest - start) / 3_600, reason]
}

test('alone: a rival can come for twelve hours, and from then on the time is exact', () => {
  const model = new ViewedRace()
  const start = model.now
  const block = model.publish(model.root, 5n, true)
  assert.deepEqual(timeOf(model, block), {
    ...{ earliest: start + 24n * HOUR, latest: start + 48n * HOUR, reason: 'rival-possible', decisive: block },
    ...{ first: start, rivalUntil: start + 12n * HOUR, rivals: [], wrong: [], unjudged: [] },
  })
  model.now = start + 12n * HOUR - 1n
  assert.deepEqual(said(model, block, start), [24, 48, 'rival-possible'])
  model.now += 1n
  assert.deepEqual(said(model, block, start), [24, 24, 'alone'])
  model.now = start + 30n * HOUR
  assert.deepEqual(said(model, block, start), [30, 30, 'alone'])
})

test('a right rival: two days after the first, once the right branch is nominated and nothing can join', () => {
  const model = new ViewedRace()
  const start = model.now
  const first = model.publish(model.root, 5n, true)
  model.now += 2n * HOUR
  const second = model.publish(model.root, 5n, true)
  const above = model.publish(second, 5n, true)
  assert.deepEqual(said(model, second, start), [48, 48, 'race'])
  assert.deepEqual([timeOf(model, second).rivals, timeOf(model, second).first], [[first], start])
  model.now = start + 46n * HOUR
  assert.deepEqual(said(model, second, start), [48, 48, 'race'])
  // Nobody nominates. Half an hour later it cannot be done in time any more.
  model.now += HOUR / 2n
  assert.deepEqual(said(model, second, start), [48, 48.5, 'nomination'])
  model.now = start + 50n * HOUR
  assert.deepEqual(said(model, second, start), [51, 52, 'nomination'])
  model.nominate(model.root, first)
  model.now += HOUR / 2n
  assert.deepEqual(said(model, second, start), [51.5, 52.5, 'nomination'])
  model.nominate(model.root, above)
  assert.deepEqual(said(model, second, start), [51.5, 51.5, 'nomination'])
})

test('where something heavier on the same branch waits for its nomination, the hour can begin anew', () => {
  const model = new ViewedRace()
  const start = model.now
  const leader = model.publish(model.root, 5n, true)
  model.now += 1n
  model.publish(model.root, 5n, true)
  const above = model.publish(leader, 5n, true)
  model.nominate(model.root, leader)
  assert.deepEqual(said(model, leader, start), [48, 48, 'race'])
  model.now = start + 47n * HOUR
  assert.deepEqual(said(model, leader, start), [48, 49, 'nomination'])
  model.nominate(model.root, above)
  assert.deepEqual(said(model, leader, start), [48, 48, 'race'])
})

test('a wrong rival: it has to die, which is assumed within a day of its publication', () => {
  const model = new ViewedRace()
  const start = model.now
  const block = model.publish(model.root, 5n, true)
  model.now = start + 12n * HOUR - 600n
  const wrong = model.publish(model.root, 5n, false)
  assert.deepEqual(said(model, block, start), [24, 48, 'rival-possible'])
  model.now = start + 12n * HOUR
  const death = 36 - 1 / 6
  assert.deepEqual(said(model, block, start), [24, death, 'wrong-sibling'])
  assert.deepEqual(timeOf(model, block).wrong, [wrong])
  model.now = start + 30n * HOUR
  assert.deepEqual(said(model, block, start), [30, death, 'wrong-sibling'])
  model.refute(wrong)
  assert.deepEqual(said(model, block, start), [30, 30, 'alone'])
})

test('a wrong first block, once refuted, moves the hours on to the next one', () => {
  const model = new ViewedRace()
  const wrong = model.publish(model.root, 5n, false)
  model.now += 3n * HOUR
  const start = model.now
  const block = model.publish(model.root, 5n, true)
  assert.deepEqual([timeOf(model, block).first, timeOf(model, block).wrong], [start, [wrong]])
  assert.deepEqual(said(model, block, start), [24, 48, 'rival-possible'])
  model.refute(wrong)
  assert.deepEqual(said(model, block, start), [24, 48, 'rival-possible'])
  model.now = start + 12n * HOUR
  assert.deepEqual(said(model, block, start), [24, 24, 'alone'])
})

test('a wrong block in the slot is named, and nothing is settled while it stands there', () => {
  const model = new ViewedRace()
  const start = model.now
  const leader = model.publish(model.root, 5n, true)
  model.now += 1n
  model.publish(model.root, 5n, true)
  const heavy = model.publish(leader, 50n, false)
  model.nominate(model.root, heavy)
  assert.deepEqual(timeOf(model, leader).wrong, [heavy])
  // It should have died a day after its publication.
  model.now = start + 47n * HOUR
  assert.deepEqual(said(model, leader, start), [48, 49, 'nomination'])
  model.refute(heavy)
  assert.deepEqual(timeOf(model, leader).wrong, [])
})

test('the block on the way whose clock runs longest decides, and is named', () => {
  const model = new ViewedRace()
  const start = model.now
  const lower = model.publish(model.root, 5n, true)
  model.now += 1n
  model.publish(model.root, 5n, true)
  const above = model.publish(lower, 5n, true)
  model.now += 12n * HOUR
  const { decisive, rivals, reason } = timeOf(model, above)
  assert.deepEqual([decisive, reason, rivals.length], [lower, 'race', 1])
  assert.deepEqual(said(model, above, start), [48, 48, 'race'])
  assert.equal(finalTimeOf(model.view, model.root, toTime(model.now)), undefined)
})

const TICK = 600n
/** Moments of a race at which something changes, and the ones beside them, in ticks after its first block. */
const EDGES = [12n, 22n, 24n, 36n, 46n, 47n, 48n].flatMap((hours) => [-1n, 0n, 1n].map((by) => hours * 6n + by))

/**
 * An adversary with any amount of work publishes right and wrong blocks and nominates, most of all where a rule changes. The others do
 * what is assumed of them and no more: wrong blocks die within a day, nominations take up to an hour, finalization is at once. Where they are
 * `sleepy`, hardly anybody nominates for days on end; nothing that was said until they wake up counts then.
 */
function play(seed: number, ticks: number, sleepy: boolean) {
  const random = randomOf(seed)
  const below = (count: number) => Math.floor(random() * count)
  const pick = <T>(items: readonly T[]): T | undefined => items[below(items.length)]
  const model = new ViewedRace()
  const promises = new Map<Hash, { readonly at: bigint; readonly time: FinalTime }[]>()
  /** When each wrong block dies, and each nomination is made that is due now. */
  const deaths = new Map<Hash, bigint>()
  const patience = new Map<string, bigint>()
  const eagerness = 0.01 + random() * 0.05
  const counts = { final: 0, raced: 0, reasons: new Set<string>(), kept: 0 }

  for (let tick = 0; tick < ticks; tick++) {
    model.now += TICK
    attack()
    for (const block of descent(model.view, model.final)) bury(block)
    defend(isAsleep(tick))
    promise()
    if (isAsleep(tick)) {
      promises.clear()
      patience.clear()
    }
  }
  return counts

  function isAsleep(tick: number): boolean {
    return sleepy && tick % 600 < 400
  }

  function attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }

  function attack(): void {
    const blocks = [...descent(model.view, model.final)]
    const branch = preferredBranch(model.view)
    if (random() < 0.03) attempt(() => model.publish(branch.at(-1)?.id ?? model.final, 10n, true))
    const isEdge = blocks.some(({ publishedAt }) => EDGES.includes((model.now - publishedAt) / TICK))
    if (random() < (isEdge ? 4 : 1) * eagerness) {
      const parent = pick(blocks)
      // Heavier right branches would take the place of what was promised, so most right rivals are light.
      const work = random() < 0.2 ? 30n : 10n
      if (parent) {
        const [first] = blocks.filter((block) => block.sealed.header.parent === parent.id && !block.refuted)
        const free = random() < 0.5 ? work * 100n : work
        const own = first === undefined || random() < 0.1 ? free : first.work - parent.work
        attempt(() => model.publish(parent.id, own, random() < 0.5 && own === 10n))
      }
    }
    if (random() < (isEdge ? 0.3 : 0.03) * (sleepy ? 0.05 : 1)) {
      const [parent, block] = [pick([blockOf(model, model.final), ...branch]), pick(blocks)]
      if (parent && block && parent.id !== block.id) attempt(() => model.nominate(parent.id, block.id))
    }
  }

  function bury({ id, verdict, refuted, publishedAt, finality }: BridgeBlock): void {
    if (verdict.verdict === 'valid' || refuted || finality) return
    // Half of them at the last moment.
    const death = deaths.get(id) ?? publishedAt + (random() < 0.5 ? 24n * HOUR : TICK * BigInt(below(145)))
    deaths.set(id, death)
    if (model.now >= death) model.refute(id)
  }

  function defend(asleep: boolean): void {
    const waiting = new Set<string>()
    const isNow = (call: DueCall) => {
      if (call.call === 'finalize') return true
      if (asleep) return false
      // Up to an hour from when it is due; due again means another hour.
      const name = `${call.parent} ${call.block}`
      waiting.add(name)
      const until = patience.get(name) ?? model.now + TICK * BigInt(random() < 0.5 ? 6 : below(7))
      patience.set(name, until)
      return model.now >= until
    }
    for (let calls = dueCalls(model.view, toTime(model.now)).filter(isNow); calls.length > 0; ) {
      const [call] = calls
      if (call?.call === 'nominate') model.nominate(call.parent, call.block)
      else if (call !== undefined) finalize(call.block)
      calls = dueCalls(model.view, toTime(model.now)).filter(isNow)
    }
    for (const name of patience.keys()) if (!waiting.has(name)) patience.delete(name)
  }

  function finalize(block: Hash): void {
    const parent = model.final
    if ((model.view.blocks.get(parent)?.children.length ?? 0) > 1) counts.raced++
    assert.equal(block, preferredBranch(model.view)[0]?.id)
    assert.equal(blockOf(model, block).verdict.verdict, 'valid')
    model.finalize(block)
    counts.final++
    for (const { at, time } of promises.get(block) ?? []) {
      const { earliest, latest, reason } = time
      const told = `seed ${seed}: said at ${at} (${reason}): ${earliest} to ${latest}; became final at ${model.now}`
      assert(model.now >= earliest && model.now <= latest, told)
      counts.reasons.add(reason)
      counts.kept++
    }
    promises.delete(block)
  }

  /** A promise holds for a block that stays on the preferred branch: that no heavier one comes is assumed. */
  function promise(): void {
    const branch = preferredBranch(model.view).map(({ id }) => id)
    for (const id of promises.keys()) if (!branch.includes(id)) promises.delete(id)
    for (const id of branch) {
      const time = finalTimeOf(model.view, id, toTime(model.now))
      assert(time && time.earliest <= time.latest && time.earliest >= model.now)
      promises.set(id, [...(promises.get(id) ?? []), { at: model.now, time }])
    }
  }
}

test('in random races every block becomes final within the times that were said of it at any moment before', (t) => {
  const seeds = Array.from({ length: 25 }, (_, i) => i + 1)
  t.diagnostic(`seeds ${seeds[0]} to ${seeds.at(-1)}`)
  const counts = seeds.map((seed) => play(seed, 1_200, seed % 4 === 0))
  const sum = (of: (count: (typeof counts)[number]) => number) => counts.reduce((total, each) => total + of(each), 0)
  t.diagnostic(
    `${sum(({ final }) => final)} final, ${sum(({ raced }) => raced)} raced, ${sum(({ kept }) => kept)} promises`,
  )
  assert(sum(({ raced }) => raced) > 50)
  const reasons = new Set(counts.flatMap((count) => [...count.reasons]))
  assert.deepEqual([...reasons].toSorted(), ['alone', 'nomination', 'race', 'rival-possible', 'wrong-sibling'])
})
