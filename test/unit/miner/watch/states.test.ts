// States after blocks: no more are kept than there is room for, those of final blocks are, and any other is had again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Evidence } from '../../../../miner/watch/evidence/evidence.ts'
import { States } from '../../../../miner/watch/states.ts'
import type { ParentBlock } from '../../../../node/protocol/block.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { blockId, genesisBlock } from '../../../../node/protocol/header.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { outputsOf, stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep, type Step } from '../../../../node/protocol/step.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../../scripts/assure/models/world.ts'
import { log } from '../../../support/log.ts'
import { FakeKzg } from '../../../support/miner/fake-kzg.ts'
import { type Forged, forge, seal } from '../../../support/miner/forge.ts'

const holder = accountOf('holder')
const genesis = genesisOf(holder)
/** No work at all: nobody asks for it here. */
const easiestTarget = 2n ** 256n - 1n
const rootState = genesisState(genesis)
const rootBlock = genesisBlock({
  ...RULES,
  easiestTarget,
  state: stateRoot(rootState),
})
const root: ParentBlock = { id: blockId(rootBlock), header: rootBlock.header, state: rootState }
const { signal } = new AbortController()
/** Each of them has one step. */
const CHAIN = grow(6)
/** Room for the states of two of them. */
const ROOM = { keptSteps: 4 }

test('what was used longest ago is dropped, and asked for again; all else is at hand', async () => {
  const { states, asked, after } = open(ROOM)
  for (const i of [0, 1, 2, 3]) put(states, i)
  await after(2)
  await after(3)
  assert.deepEqual(asked, [])
  await after(2)
  put(states, 4)
  await after(2)
  await after(4)
  assert.deepEqual(asked, [])
  await after(3)
  assert.deepEqual(asked, [3])
})

test('a state that is put twice takes its room once', async () => {
  const { states, asked, after } = open(ROOM)
  put(states, 0)
  for (let i = 0; i < 5; i++) put(states, 1)
  await after(0)
  assert.deepEqual(asked, [])
})

test('those of final blocks stay, however many come', async () => {
  const { states, asked, after } = open({ keptSteps: 0 })
  put(states, 0)
  states.pin(new Set([idOf(0)]))
  for (const i of [1, 2, 3]) put(states, i)
  await after(0)
  assert.deepEqual(asked, [])
})

test('who serves no state keeps nobody from having it: it is replayed from genesis, and they are asked once', async () => {
  const { asked, after, serve } = open(ROOM)
  serve.error = new TypeError('the disk is damaged')
  assert.equal(stateRoot(await after(5)), CHAIN[5]?.next.header.state)
  assert.deepEqual(asked, [5])
})

for (const { takesMs, times } of [
  { takesMs: 4_000, times: 3 },
  { takesMs: 2_500, times: 5 }, // after the fourth the ten seconds are full, and not over
  { takesMs: 11_000, times: 1 },
]) {
  test(`who takes ${takesMs} ms to say that they have no state is asked ${times} times, then all is replayed; next time they are asked anew`, async () => {
    const { asked, after, serve } = open(ROOM)
    serve.takesMs = takesMs
    assert.equal(stateRoot(await after(5)), CHAIN[5]?.next.header.state)
    assert.deepEqual(asked, [5, 4, 3, 2, 1].slice(0, times))
    asked.length = 0
    assert.equal(stateRoot(await after(3)), CHAIN[3]?.next.header.state)
    assert.deepEqual(asked, [3, 2, 1, 0].slice(0, times))
  })
}

test('a state is not rebuilt through a wrong block, nor through one that cannot have been published', async () => {
  const wrong = wrongBlock()
  const odd = forge(RULES, { ...root, header: { ...root.header, height: 7n } }, [], easiestTarget, holder.address)
  for (const [block, code] of [
    [wrong, 'wrong-ground'],
    [odd, 'never-published'],
  ] as const) {
    const { states } = open(ROOM, [block])
    await assert.rejects(
      states.after(block.next.id, () => false, signal),
      { code, facts: { block: block.next.id } },
    )
  }
})

function open(options: { readonly keptSteps: number }, more: readonly Forged[] = []) {
  const asked: number[] = []
  /** `takesMs`: so long it takes, by the clock of the test, to answer that there is no state. */
  const serve: { error?: Error; takesMs?: number } = {}
  let nowMs = 0
  const source = {
    name: 'the chain of the test',
    limitMs: 1_000,
    block: async (id: Hash) => [...CHAIN, ...more].find(({ next }) => next.id === id),
    forced: async () => new Map(),
    isFinal: async () => false,
    snapshot: async (id: Hash) => {
      asked.push(CHAIN.findIndex(({ next }) => next.id === id))
      if (serve.error !== undefined) throw serve.error
      nowMs += serve.takesMs ?? 0
      if (serve.takesMs !== undefined) return undefined
      const block = CHAIN.find(({ next }) => next.id === id)
      return block && outputsOf(block.next.state)
    },
  }
  const known = { sealed: rootBlock, transaction: genesis }
  const evidence = new Evidence({ sources: [source], log, blobs: new FakeKzg(), genesis: known })
  const states = new States({ evidence, rules: RULES, log }, { ...options, now: () => nowMs })
  return { states, asked, serve, after: (i: number) => states.after(idOf(i), () => true, signal) }
}

function put(states: States, i: number): void {
  const block = CHAIN[i]
  assert.ok(block)
  states.put(block.next.id, block.next.state, 1)
}

function idOf(i: number): Hash {
  const block = CHAIN[i]
  assert.ok(block)
  return block.next.id
}

/** A right payment, and a state that it does not lead to. */
function wrongBlock(): Forged {
  const { packed } = pay(holder, { to: accountOf('x').address, tokens: 6n, time: 9, prev: [genesisInfohash(genesis)] })
  return seal(
    RULES,
    root,
    [{ step: encodeStep({ kind: 'transaction', packed }), after: rootState }],
    easiestTarget,
    holder.address,
  )
}

/** One payment in each. */
function grow(count: number): readonly Forged[] {
  const grown: Forged[] = []
  let last = genesisInfohash(genesis)
  for (let time = 0; time < count; time++) {
    const { packed, infohash } = pay(holder, { to: accountOf(`${time}`).address, tokens: 5n, time, prev: [last] })
    const step: Step = { kind: 'transaction', packed }
    grown.push(forge(RULES, grown.at(-1)?.next ?? root, [step], easiestTarget, holder.address))
    last = infohash
  }
  return grown
}
