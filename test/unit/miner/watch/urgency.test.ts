// The order of work: by the contract's clock, and then by weight.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LivingBlock } from '../../../../miner/watch/living.ts'
import { byUrgency } from '../../../../miner/watch/urgency.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { toTime, toWork } from '../../../../node/protocol/units.ts'
import { madeUpId } from '../../../support/miner/made-up-tree.ts'

const HOUR = 3_600n
const DAY = 24n * HOUR

test('an only child could be final a day after its publication', () => {
  assert.deepEqual(order({ a: { at: 5n } }), ['a 86405'])
})

test('one of several could be final two days after the first of them, whichever it is', () => {
  const { blocks } = tree({ a: { at: 5n }, b: { at: 100n }, c: { at: 11n * HOUR } })
  assert.deepEqual(
    byUrgency({ blocks }).map(({ finalFrom }) => finalFrom),
    [5n + 2n * DAY, 5n + 2n * DAY, 5n + 2n * DAY],
  )
})

test('nothing could be final before its parent', () => {
  // The parent races until the second day; its only child is a day old before that.
  assert.deepEqual(order({ a: { at: 0n }, b: { at: 60n, work: 9n }, child: { on: 'a', at: 120n, work: 3n } }), [
    `b ${2n * DAY}`,
    `child ${2n * DAY}`,
    `a ${2n * DAY}`,
  ])
})

test('of what could be final at the same time the heaviest comes first', () => {
  const crowd = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`light ${i}`, { at: BigInt(i), work: 1n }]))
  const [first, second] = order({ ...crowd, heavy: { at: 60n, work: 3n }, heavier: { at: 61n, work: 4n } })
  assert.deepEqual([first, second], [`heavier ${2n * DAY}`, `heavy ${2n * DAY}`])
})

test('a light only child comes before a crowd of heavy ones that race', () => {
  const crowd = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`heavy ${i}`, { at: BigInt(i), work: 100n }]))
  const alone = order({
    trunk: { at: 0n, work: 1n },
    child: { on: 'trunk', at: 70n, work: 2n },
    ...onTop(crowd, 'child'),
  })
  assert.deepEqual(alone.slice(0, 2), [`trunk ${DAY}`, `child ${DAY + 70n}`])
})

test('a sibling that is wrong keeps nobody from being an only child: whoever made it can have it refuted at any moment', () => {
  const blocks = { wrong: { at: 0n }, target: { at: 60n }, other: { at: 70n } }
  const isWrong =
    (...names: readonly string[]) =>
    (id: Hash) =>
      names.map(madeUpId).includes(id)
  assert.deepEqual(
    order(blocks, isWrong('wrong', 'other')),
    [`wrong ${2n * DAY}`, `target ${DAY + 60n}`, `other ${60n + 2n * DAY}`].sort(byTime),
  )
  assert.deepEqual(order(blocks, isWrong('wrong', 'target', 'other')), [
    `wrong ${DAY}`,
    `target ${DAY + 60n}`,
    `other ${DAY + 70n}`,
  ])
})

type Plan = { readonly at: bigint; readonly work?: bigint; readonly on?: string }

function tree(plans: Readonly<Record<string, Plan>>) {
  const blocks = new Map<Hash, LivingBlock>()
  for (const [name, { at, work = 1n, on = 'final' }] of Object.entries(plans)) {
    blocks.set(madeUpId(name), {
      id: madeUpId(name),
      parent: madeUpId(on),
      publishedAt: toTime(at),
      work: toWork(work),
    })
  }
  return { blocks }
}

/** Names with the times from which they could be final. */
function order(plans: Readonly<Record<string, Plan>>, isWrong?: (id: Hash) => boolean): string[] {
  const names = new Map(Object.keys(plans).map((name) => [madeUpId(name), name]))
  return byUrgency(tree(plans), isWrong).map(({ id, finalFrom }) => `${names.get(id)} ${finalFrom}`)
}

function onTop(plans: Readonly<Record<string, Plan>>, on: string): Record<string, Plan> {
  return Object.fromEntries(
    Object.entries(plans).map(([name, { at, work }]) => [name, { at: at + 100n, work: work ?? 1n, on }]),
  )
}

function byTime(a: string, b: string): number {
  return Number(a.split(' ')[1]) - Number(b.split(' ')[1])
}
