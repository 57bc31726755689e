// Which wrong blocks are pursued, and in which order: what could be final first, then the heaviest, whatever crowd there is; and when a case is closed.
// Long: the rules of one order.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hash, keptIdOf } from '../../../../node/protocol/ids.ts'
import { describeProblem } from '../../../../node/protocol/problems.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { living, Scene, told } from './accusation-scene.ts'

const DAY = 86_400n

test('of many wrong blocks the one that could be final first is pursued first, then the heaviest, and no more than there is room for', () => {
  const scene = new Scene()
  // Two right blocks race; on one of them stands a right block in a crowd of wrong ones, on the other one a wrong block alone.
  const [stale, trunk] = [living('stale', { at: 0n }), living('trunk', { at: 1n })]
  const right = living('right', { at: 20n, on: 'stale' })
  const crowd = Array.from({ length: 40 }, (_, i) => living(`light ${i}`, { at: BigInt(30 + i), on: 'stale' }))
  const heavy = living('heavy', { at: 90n, work: 99n, on: 'stale' })
  const alone = living('alone', { at: 100n, on: 'trunk' })
  scene.sees([stale, trunk, right, ...crowd, heavy, alone])
  for (const { id } of [...crowd, heavy, alone]) scene.finds(id, 'invalid')
  for (const { id } of [stale, trunk, right]) scene.finds(id, 'valid')
  scene.room = 3
  scene.accusations.accuse()
  assert.equal(scene.cases.all().length, 42, 'there is a case against each')
  assert.deepEqual(scene.pursued.slice(0, 2), ['alone', 'heavy'])
  assert.equal(scene.pursued.length, 3)
})

test('the heaviest of those that could be final at once goes first', () => {
  const scene = new Scene()
  const right = living('right', { at: 0n })
  const rivals = [3n, 9n, 1n, 7n].map((work) => living(`of ${work}`, { at: work, work }))
  scene.sees([right, ...rivals])
  scene.finds(right.id, 'valid')
  for (const { id } of rivals) scene.finds(id, 'invalid')
  scene.accusations.accuse()
  assert.deepEqual(scene.pursued, ['of 9', 'of 7', 'of 3', 'of 1'])
})

test('wrong blocks delay each other by nothing: each could be final a day after its publication, once the others are dead', () => {
  const scene = new Scene()
  const [right, rival] = [living('right', { at: 0n }), living('rival of a right one', { at: 10n, work: 99n })]
  const above = [living('one', { at: 20n, on: 'right' }), living('another', { at: 30n, on: 'right' })]
  scene.sees([right, rival, ...above])
  scene.finds(right.id, 'valid')
  for (const { id } of [rival, ...above]) scene.finds(id, 'invalid')
  scene.accusations.accuse()
  assert.deepEqual(scene.pursued, ['one', 'another', 'rival of a right one'])
})

test('what is alive to one of them only is pursued as well', () => {
  const scene = new Scene()
  const [here, there] = [living('here', { at: 0n }), living('there', { at: 1n })]
  scene.sees([here])
  scene.sees([there])
  for (const { id } of [here, there]) scene.finds(id, 'invalid')
  scene.accusations.accuse()
  assert.deepEqual(scene.pursued, ['here', 'there'])
})

test('of what several see differently the earlier time counts', () => {
  const scene = new Scene()
  const [right, hidden] = [living('right', { at: 0n }), living('hidden', { at: 1n })]
  const above = living('above', { at: DAY / 4n, on: 'right' })
  // To the first of them it races, to the second it is alone.
  scene.sees([right, hidden, above])
  scene.sees([hidden])
  scene.finds(right.id, 'valid')
  for (const { id } of [hidden, above]) scene.finds(id, 'invalid')
  scene.accusations.accuse()
  assert.deepEqual(scene.pursued, ['hidden', 'above'])
})

test('a block is pursued once for each look, and not again on a view that is older than that', () => {
  const scene = new Scene()
  const block = living('wrong', { at: 0n })
  scene.sees([block])
  scene.finds(block.id, 'invalid')
  for (let i = 0; i < 3; i++) scene.accusations.accuse()
  assert.equal(scene.pursued.length, 1)
  scene.look()
  scene.accusations.accuse()
  assert.equal(scene.pursued.length, 2)
})

test('a pursuit that ended is not taken up again on a look from before its end', () => {
  const scene = new Scene()
  const block = living('wrong', { at: 0n })
  scene.sees([block])
  scene.finds(block.id, 'invalid')
  scene.accusations.accuse()
  scene.underWay.add(keptIdOf(block.id))
  const { length } = scene.pursued
  scene.room = length
  scene.look()
  scene.accusations.accuse()
  scene.underWay.delete(keptIdOf(block.id))
  scene.room = 1_000
  scene.accusations.accuse()
  assert.equal(scene.pursued.length, length, 'what was seen then says nothing about how it ended')
  scene.look()
  scene.accusations.accuse()
  assert.equal(scene.pursued.length, length + 1)
})

test('one who falls silent keeps nobody from being pursued whom another one has alive', () => {
  for (const silent of [0, 1]) {
    const scene = new Scene()
    const block = living('wrong', { at: 0n })
    scene.sees([block])
    scene.sees([block])
    scene.finds(block.id, 'invalid')
    scene.accusations.accuse()
    scene.look(silent)
    scene.accusations.accuse()
    assert.equal(scene.pursued.length, 2)
  }
})

test('what was killed, and is alive to somebody, is pursued again: they lie, or Ethereum was reorganised', () => {
  const scene = new Scene()
  const block = living('wrong', { at: 0n })
  scene.sees([block])
  scene.finds(block.id, 'invalid')
  scene.accusations.accuse()
  scene.cases.close({ block: block.id, problem: '', deadline: toTime(0n), by: 'us' })
  scene.look()
  scene.accusations.accuse()
  assert.equal(scene.pursued.length, 2)
})

test('what nobody acts on is told of all the same', () => {
  const scene = new Scene({ isActing: false })
  const block = living('wrong', { at: 7n })
  scene.sees([block])
  scene.finds(block.id, 'invalid')
  scene.accusations.accuse()
  assert.deepEqual(scene.pursued, [])
  assert.deepEqual(scene.cases.all(), [
    { block: block.id, state: 'open', problem: describeProblem(2, 'WrongState'), deadline: 7n + DAY },
  ])
})

test('a case is closed when an endpoint calls the block refuted and nobody has it alive', () => {
  const scene = new Scene()
  const block = living('wrong', { at: 0n })
  scene.sees([block])
  scene.sees([block])
  scene.finds(block.id, 'invalid')
  scene.accusations.accuse()
  scene.sees([], { as: 0, refuted: [block.id] })
  scene.accusations.closeDead()
  assert.equal(scene.cases.get(block.id)?.state, 'open', 'one of them has it alive')
  scene.sees([], { as: 1 })
  scene.accusations.closeDead()
  assert.deepEqual([scene.cases.get(block.id)?.state, scene.cases.get(block.id)?.by], ['killed', 'others'])
})

test('while a pursuit is under way its case stays as it is: whoever is after it sees who killed it', () => {
  const scene = new Scene()
  const [refuted, gone] = [living('refuted', { at: 0n }), living('gone', { at: 1n })]
  scene.sees([refuted, gone])
  for (const { id } of [refuted, gone]) scene.finds(id, 'invalid')
  scene.accusations.accuse()
  for (const { id } of [refuted, gone]) scene.underWay.add(keptIdOf(id))
  scene.sees([], { as: 0, refuted: [refuted.id] })
  scene.nodeBlocks = [told('final', {}), told('refuted', { refuted: true, verdict: 'invalid' })]
  scene.accusations.closeDead()
  assert.deepEqual(
    scene.cases.all().map(({ block, state }) => [block, state]),
    [
      [refuted.id, 'open'],
      [gone.id, 'open'],
    ],
  )
  scene.underWay.clear()
  scene.accusations.closeDead()
  assert.deepEqual(
    scene.cases.all().map(({ block, state }) => [block, state]),
    [[refuted.id, 'killed']],
  )
})

test('a block that is seen under two names is one case and one pursuit, named whole once its header was seen', () => {
  const scene = new Scene()
  scene.goesOn = true
  const short = living('wrong', { at: 0n })
  const whole = { ...short, id: renamed(short.id) }
  scene.sees([short])
  scene.finds(short.id, 'invalid')
  scene.names.prove(whole.id)
  scene.accusations.accuse()
  scene.sees([whole])
  scene.finds(whole.id, 'invalid')
  for (let i = 0; i < 3; i++) {
    scene.accusations.accuse()
    scene.accusations.closeDead()
    scene.look()
  }
  assert.deepEqual(
    scene.cases.all().map(({ block, state }) => [block, state]),
    [[whole.id, 'open']],
  )
  assert.equal(scene.pursued.length, 1)
})

test('a node that calls a living block refuted, by a name that is not its own, closes no case', () => {
  const scene = new Scene()
  const block = living('wrong', { at: 0n })
  scene.sees([block])
  scene.finds(block.id, 'invalid')
  scene.accusations.accuse()
  const lie = { ...told('wrong', { refuted: true, verdict: 'invalid' }), id: renamed(block.id) }
  scene.nodeBlocks = [told('final', {}), lie]
  scene.accusations.closeDead()
  assert.deepEqual(
    scene.cases.all().map(({ state }) => state),
    ['open'],
  )
})

test('a block that the node called dead, and that is seen alive after that, is an alarm and an open case', () => {
  const scene = new Scene()
  const block = living('wrong', { at: 0n })
  scene.nodeBlocks = [told('final', {}), told('wrong', { refuted: true, verdict: 'invalid' })]
  scene.sees([])
  scene.accusations.closeDead()
  assert.equal(scene.cases.get(block.id)?.state, 'killed')
  scene.sees([block], { as: 0 })
  scene.finds(block.id, 'invalid')
  for (let i = 0; i < 3; i++) {
    scene.accusations.accuse()
    scene.accusations.closeDead()
    scene.look()
  }
  assert.equal(scene.cases.get(block.id)?.state, 'open')
  assert.equal(scene.lines.filter((line) => /is WRONG/.test(line)).length, 1)
  assert.equal(scene.alarms.filter((alarm) => alarm === `wrong-block ${block.id}`).length, 1)
})

test('of several blocks about which node and replay differ each is an alarm', () => {
  const scene = new Scene()
  const blocks = ['one', 'two', 'three'].map((name) => living(name, { at: 0n }))
  scene.sees(blocks)
  const verdicts = ['valid', 'invalid', 'valid'] as const
  for (const [i, { id }] of blocks.entries()) scene.finds(id, verdicts[i] ?? 'valid')
  scene.nodeBlocks = [
    told('final', {}),
    told('one', { verdict: 'invalid' }),
    told('two', { verdict: 'valid' }),
    told('three', { verdict: 'invalid' }),
  ]
  assert.throws(() => scene.accusations.compareWithNode(), { code: 'verdicts-differ' })
  assert.deepEqual(
    scene.alarms,
    blocks.map(({ id }) => `disagreement ${id}`),
  )
})

test('a right block that was refuted, and a wrong one that is final, are lamented once', () => {
  const scene = new Scene()
  const [right, wrong] = [living('right', { at: 0n }), living('wrong', { at: 1n })]
  scene.finds(right.id, 'valid')
  scene.finds(wrong.id, 'invalid')
  scene.sees([], { refuted: [right.id], final: wrong.id })
  // It is talked of for as long as the node lists it.
  scene.nodeBlocks = [told('final', {}), told('right', { refuted: true })]
  for (let i = 0; i < 3; i++) scene.accusations.closeDead()
  assert.deepEqual(scene.lines, [
    'the bridge refuted a block that our own replay finds RIGHT',
    'a WRONG block is final: the bridge is dead, or the one who says so lies',
  ])
})

test('what the node has as refuted is a case of somebody else’s, but for what stood on it', () => {
  const scene = new Scene()
  const wrong = told('wrong', { refuted: true, verdict: 'invalid', problem: 'step 0: MissingInput' })
  const above = told('above', {
    parent: wrong.id,
    refuted: true,
    verdict: 'invalid',
    problem: 'builds on an invalid block',
  })
  scene.nodeBlocks = [told('final', {}), wrong, above]
  scene.sees([])
  scene.accusations.closeDead()
  assert.deepEqual(
    scene.cases.all().map(({ block, state, by, problem }) => ({ block, state, by, problem })),
    [{ block: wrong.id, state: 'killed', by: 'others', problem: 'step 0: MissingInput' }],
  )
})

test('killed cases are kept for a while, open ones as long as the block is alive to anybody', () => {
  const scene = new Scene()
  const blocks = Array.from({ length: 400 }, (_, i) => living(`wrong ${i}`, { at: BigInt(i) }))
  scene.sees(blocks)
  for (const { id } of blocks) scene.finds(id, 'invalid')
  scene.accusations.accuse()
  for (const { id } of blocks.slice(0, 300))
    scene.cases.close({ block: id, problem: '', deadline: toTime(0n), by: 'us' })
  scene.sees([], { as: 0 })
  scene.accusations.closeDead()
  const states = scene.cases.all().map(({ state }) => state)
  assert.deepEqual([states.length, new Set(states)], [256, new Set(['killed'])])
})

test('node and own replay are compared: neither is a shield, and of a doubt only people hear', () => {
  const scene = new Scene()
  const [right, wrong, unknown] = [
    living('right', { at: 0n }),
    living('wrong', { at: 1n }),
    living('unknown', { at: 2n }),
  ]
  scene.sees([right, wrong, unknown])
  scene.finds(right.id, 'valid')
  scene.finds(wrong.id, 'invalid')
  scene.nodeBlocks = [
    told('final', {}),
    told('right', {}),
    told('wrong', { verdict: 'invalid' }),
    told('unknown', { verdict: 'invalid' }),
  ]
  scene.accusations.compareWithNode()
  scene.nodeBlocks = [told('final', {}), told('right', {}), told('wrong', { verdict: 'unknown' })]
  scene.accusations.compareWithNode()
  scene.nodeBlocks = [told('final', {}), told('wrong', {})]
  assert.throws(() => scene.accusations.compareWithNode(), { code: 'node-is-wrong' })
  scene.nodeBlocks = [told('final', {}), told('right', { verdict: 'invalid', problem: 'step 1: BadMemo' })]
  assert.throws(() => scene.accusations.compareWithNode(), { code: 'verdicts-differ' })
  assert.deepEqual(scene.cases.get(right.id)?.state, 'doubtful')
  scene.accusations.accuse()
  assert.deepEqual(scene.pursued, ['wrong'])
})

/** Another name that the contract cannot tell from this one. */
function renamed(id: Hash): Hash {
  return `0x${'ab'.repeat(8)}${id.slice(18)}` as Hash
}
