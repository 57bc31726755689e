// Which wrong blocks are pursued, and in which order: what could be final first, then the heaviest, whatever crowd there is; and when a case is closed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Accusations } from '../../../../miner/watch/accusations.ts'
import { Cases } from '../../../../miner/watch/cases.ts'
import type { Settled } from '../../../../miner/watch/judge.ts'
import type { LivingBlock } from '../../../../miner/watch/living.ts'
import type { NodeBlock, View } from '../../../../miner/watch/view.ts'
import { type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { madeUpId } from '../made-up-tree.ts'
import { log } from '../stage.ts'

const DAY = 86_400n
const FINAL = madeUpId('final')
const { signal } = new AbortController()

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

test('what is alive to one of them only is pursued as well', () => {
  const scene = new Scene()
  const [here, there] = [living('here', { at: 0n }), living('there', { at: 1n })]
  scene.sees([here])
  scene.sees([there])
  for (const { id } of [here, there]) scene.finds(id, 'invalid')
  scene.accusations.accuse()
  assert.deepEqual(scene.pursued, ['here', 'there'])
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

test('what nobody acts on is told of all the same', () => {
  const scene = new Scene({ isActing: false })
  const block = living('wrong', { at: 7n })
  scene.sees([block])
  scene.finds(block.id, 'invalid')
  scene.accusations.accuse()
  assert.deepEqual(scene.pursued, [])
  assert.deepEqual(scene.cases.all(), [
    { block: block.id, state: 'open', problem: 'step 2: WrongState', deadline: 7n + DAY },
  ])
})

test('a case is closed when an endpoint calls the block refuted and nobody has it alive; a right block that was refuted is lamented', () => {
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

test('what the node has as refuted is a case of somebody else’s, but for what stood on it', () => {
  const scene = new Scene()
  const wrong = told('wrong', { refuted: true, verdict: 'invalid', problem: 'step 0: MissingInput' })
  const above = told('above', {
    parent: wrong.id,
    refuted: true,
    verdict: 'invalid',
    problem: 'stands on an invalid block',
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
  for (const { id } of blocks.slice(0, 300)) scene.cases.close({ block: id, problem: '', deadline: 0n, by: 'us' })
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

class Scene {
  readonly cases = new Cases(log)
  readonly pursued: string[] = []
  readonly accusations: Accusations
  nodeBlocks: readonly NodeBlock[] = []
  room = 1_000
  readonly #verdicts = new Map<Hash, Settled>()
  readonly #views: View[] = []
  #looks = 1

  constructor({ isActing = true } = {}) {
    const scene = this
    this.accusations = new Accusations({
      ...{ log, cases: this.cases, isActing, signal },
      judge: {
        verdictOn: (id) => this.#verdicts.get(id),
        prove: () => Promise.reject(new Error('nobody asks for it here')),
      },
      lookout: {
        get looks() {
          return scene.#looks
        },
        get seers() {
          return scene.#views.map((view, i) => ({ name: `${i}`, view }))
        },
        nodeBlocks: () => this.nodeBlocks,
      },
      pursuits: {
        most: 1_000,
        get isFull() {
          return scene.pursued.length >= scene.room
        },
        isUnderWay: () => false,
        begin: ({ block }) => void this.pursued.push(NAMES.get(block) ?? block),
      },
    })
  }

  /** Another one sees this, or the one that is named by `as` from now on. */
  sees(blocks: readonly LivingBlock[], { as = this.#views.length, refuted = [] as readonly Hash[] } = {}): void {
    const tree = { final: FINAL, blocks: new Map(blocks.map((block) => [block.id, block])), refuted: new Set(refuted) }
    this.#views[as] = { tree, look: this.#looks }
  }

  /** All see the same once more. */
  look(): void {
    this.#looks += 1
    for (const [i, view] of this.#views.entries()) this.#views[i] = { ...view, look: this.#looks }
  }

  finds(id: Hash, verdict: 'valid' | 'invalid'): void {
    const wrong = { verdict: 'invalid', step: 2, problem: 'WrongState', stated: ZERO_HASH } as const
    this.#verdicts.set(id, verdict === 'valid' ? { verdict } : wrong)
  }
}

const NAMES = new Map<Hash, string>()

function living(
  name: string,
  { at, work = 1n, on = 'final' }: { at: bigint; work?: bigint; on?: string },
): LivingBlock {
  const id = madeUpId(name)
  NAMES.set(id, name)
  return { id, parent: madeUpId(on), publishedAt: at, work }
}

function told(name: string, chosen: Partial<NodeBlock>): NodeBlock {
  return {
    ...{
      id: madeUpId(name),
      parent: FINAL,
      height: 1n,
      miner: ZERO_ADDRESS,
      target: 1n,
      work: 1n,
      state: ZERO_HASH,
      steps: 0,
      requests: 0,
    },
    ...{
      queueCount: 0n,
      torrent: '00'.repeat(20) as NodeBlock['torrent'],
      publishedAt: 0,
      verdict: 'valid',
      refuted: false,
      final: false,
    },
    ...{ preferred: false, ...chosen },
  }
}
