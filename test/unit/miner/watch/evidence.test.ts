// Facts about blocks, from sources that are silent, slow, wrong or lie: only what hangs on the hash that was asked for is taken.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Evidence } from '../../../../miner/watch/evidence/evidence.ts'
import { checkPosted, isPosted } from '../../../../miner/watch/evidence/posted.ts'
import type { Source } from '../../../../miner/watch/evidence/source.ts'
import { Names } from '../../../../miner/watch/names.ts'
import type { PublishedBlock } from '../../../../node/protocol/block.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { blockId, encodeSealed, genesisBlock } from '../../../../node/protocol/header.ts'
import { parseHash, toHash } from '../../../../node/protocol/ids.ts'
import { outputsOf, stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep, type Step } from '../../../../node/protocol/step.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../../scripts/assure/models/world.ts'
import { log } from '../../../support/log.ts'
import { FakeKzg } from '../../../support/miner/fake-kzg.ts'
import { type Forged, forge, seal } from '../../../support/miner/forge.ts'
import { madeUpId } from '../../../support/miner/made-up-tree.ts'

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
const root = { id: blockId(rootBlock), header: rootBlock.header, state: rootState }
const { signal } = new AbortController()
const NOISE = [1, 2, 3].map((i) => Uint8Array.from({ length: 127 }, (_, at) => (at < 7 ? 0 : i)))

const block = forgeOne(2)
const other = forgeOne(3)
const posted: PublishedBlock = { sealed: block.sealed, steps: block.steps, states: block.states }

const WRONG: Readonly<Record<string, PublishedBlock>> = {
  'another block': { sealed: other.sealed, steps: other.steps, states: other.states },
  // What the last step leads to is the same.
  'other steps': { ...posted, steps: posted.steps.with(20, (posted.steps[20] ?? 0) ^ 1) },
  'another state in the middle': { ...posted, states: posted.states.with(5, (posted.states[5] ?? 0) ^ 1) },
  'another state at the end': { ...posted, states: posted.states.with(40, (posted.states[40] ?? 0) ^ 1) },
  'a step less': { ...posted, steps: posted.steps.slice(0, posted.steps.length / 2) },
  'a state less': { ...posted, states: posted.states.slice(0, 32) },
  'no steps at all': { ...posted, steps: new Uint8Array(), states: new Uint8Array() },
  'bytes that are no steps': { ...posted, steps: Uint8Array.of(9, 9, 9) },
}

for (const [name, wrong] of Object.entries(WRONG)) {
  test(`${name} under the id of a block: the next source is asked`, async () => {
    const liar = source('liar', { block: async () => wrong })
    const honest = source('honest', { block: async () => posted })
    if (name !== 'bytes that are no steps')
      assert.throws(() => checkPosted(block.next.id, wrong), { code: 'bad-evidence' })
    const found = await evidenceOf(liar, honest).block(block.next.id, signal)
    assert.deepEqual(found, posted)
    await assert.rejects(evidenceOf(liar).block(block.next.id, signal), { code: 'no-evidence', retry: true })
  })
}

const SPELLINGS = { 'zeros, as who reads links knows it': '0', 'a wrong beginning, as a liar tells it': 'c' }

for (const [name, digit] of Object.entries(SPELLINGS)) {
  test(`a block that is asked for with ${name}, is found, and named whole from then on`, async () => {
    const names = new Names()
    const { id } = block.next
    const spelt = parseHash(`0x${digit.repeat(16)}${id.slice(18)}`)
    assert.equal(names.whole(spelt), spelt)
    const evidence = evidenceNaming(names, source('honest', { block: async () => posted }))
    await assert.rejects(evidence.block(spelt, signal), { code: 'no-evidence', retry: true })
    assert.equal(names.whole(spelt), id)
    assert.deepEqual(await evidence.block(names.whole(spelt), signal), posted)
  })
}

test('a header whose state is not the last of the states that it commits to is nobody’s', () => {
  const two = forgeOne(2)
  const lied = { ...two.sealed, header: { ...two.sealed.header, state: madeUpId('another state') } }
  assert.equal(isPosted({ sealed: lied, steps: two.steps, states: two.states }), false)
  assert.equal(isPosted({ sealed: two.sealed, steps: two.steps, states: two.states }), true)
})

test('whoever says that there is no such block is believed only if all say so', async () => {
  const none = source('none', {})
  const id = madeUpId('nothing')
  await assert.rejects(evidenceOf(none, none).block(id, signal), { code: 'unknown-block', retry: false })
  const broken = source('broken', {
    block: async () => {
      throw new TypeError('a bug')
    },
  })
  await assert.rejects(evidenceOf(none, broken).block(id, signal), (error: Error) => {
    assert.match(error.message, /got it from none: broken: a bug/)
    return true
  })
  assert.deepEqual(
    await evidenceOf(none, broken, source('honest', { block: async () => posted })).block(block.next.id, signal),
    posted,
  )
})

test('a slow source is not waited for, and whoever answers is asked first from then on', async () => {
  const asked: string[] = []
  const telling = (name: string, ms: number) =>
    source(name, {
      block: async (id) => {
        asked.push(name)
        await delay(ms, undefined, { ref: false })
        return id === other.next.id ? WRONG['another block'] : posted
      },
    })
  const evidence = evidenceOf(telling('slow', 60_000), telling('fast', 0))
  assert.deepEqual(await evidence.block(block.next.id, signal), posted)
  assert.deepEqual(asked, ['slow', 'fast'])
  await evidence.block(other.next.id, signal)
  assert.deepEqual(asked, ['slow', 'fast', 'fast'])
  await evidence.block(block.next.id, signal)
  assert.equal(asked.length, 3, 'what was found is kept')
})

test('of large blocks no more are kept than there is room for, the ones that were asked for last', async () => {
  // 244 kB each, of which 16 MB hold 65.
  const packed = pay(holder, {
    to: accountOf('payee').address,
    tokens: 5n,
    time: 1,
    prev: [genesisInfohash(genesis)],
    memo: 'm'.repeat(140),
  })
  const after = Array.from({ length: 500 }, () => ({
    step: encodeStep({ kind: 'transaction', packed: packed.packed }),
    after: rootState,
  }))
  const large = seal(RULES, root, after, easiestTarget, holder.address)
  const blocks = Array.from({ length: 130 }, (_, i) => {
    const nonce = parseHash(`0x${i.toString(16).padStart(64, '0')}`)
    const sealed = { ...large.sealed, seal: { ...large.sealed.seal, nonce } }
    return { ...large, sealed, sealedBytes: encodeSealed(sealed), next: { ...large.next, id: blockId(sealed) } }
  })
  let asked = 0
  const counted = source('counted', {
    block: async (id) => {
      asked += 1
      return blocks.find(({ next }) => next.id === id)
    },
  })
  const evidence = evidenceOf(counted)
  for (const { next } of blocks) await evidence.block(next.id, signal)
  assert.equal(asked, 130)
  await evidence.block(blocks[129]?.next.id ?? root.id, signal)
  assert.equal(asked, 130)
  await evidence.block(blocks[0]?.next.id ?? root.id, signal)
  assert.equal(asked, 131)
})

test('a source that hangs is given up after its time, and a signal ends all of it at once', async () => {
  const hanging = source('hanging', { block: (_, until) => untilAborted(until) }, 20)
  await assert.rejects(evidenceOf(hanging).block(block.next.id, signal), { code: 'no-evidence' })
  const patient = source('patient', { block: (_, until) => untilAborted(until) }, 3_600_000)
  const stop = new AbortController()
  const waiting = evidenceOf(patient, patient).block(block.next.id, stop.signal)
  stop.abort(new RangeError('stopped'))
  await assert.rejects(waiting, { name: 'RangeError', message: 'stopped' })
  await assert.rejects(evidenceOf(patient).block(block.next.id, stop.signal), { message: 'stopped' })
})

test('entries of the queue are taken from whoever has the right ones, some from here and some from there', async () => {
  const voids = NOISE.map((packed): Step => ({ kind: 'void', fee: toGwei(7n), packedHash: toHash(keccak(packed)) }))
  const made = forge(RULES, root, voids, easiestTarget, holder.address)
  const has = (...indices: readonly number[]) =>
    new Map(indices.map((i) => [BigInt(i), NOISE[i] ?? NOISE[0]] as [bigint, Uint8Array]))
  const one = source('one', { forced: async () => has(0) })
  const two = source('two', { forced: async () => new Map([...has(1), [2n, Uint8Array.of(1)]]) })
  const three = source('three', { forced: async () => has(2) })
  const forced = (index: bigint) => ({ lane: 'forced', index }) as const
  const queue = await evidenceOf(one, two, three).queueOf(root.header, made, signal)
  for (const [i, packed] of NOISE.entries())
    assert.deepEqual(queue(forced(BigInt(i))), { kind: 'forced', fee: 7n, packed })
  assert.equal(queue(forced(3n)), undefined)
  assert.equal(queue({ lane: 'deposits', index: 0n }), undefined)
  await assert.rejects(evidenceOf(one, two).queueOf(root.header, made, signal), { code: 'no-evidence' })
  // A block without void steps needs none of it.
  assert.equal((await evidenceOf().queueOf(root.header, block, signal))(forced(0n)), undefined)
})

test('a state is taken if its root is the one in the header; a wrong one is none', async () => {
  const { state, header, id } = block.next
  const right = source('right', { snapshot: async () => outputsOf(state) })
  const wrong = source('wrong', { snapshot: async () => outputsOf(rootState) })
  for (const sources of [[right], [wrong, right]]) {
    assert.equal(stateRoot(await evidenceOf(...sources).snapshot(id, header, signal)), header.state)
  }
  assert.equal(await evidenceOf(wrong, source('none', {})).snapshot(id, header, signal), undefined)
  const silent = source('silent', { snapshot: (_, until) => untilAborted(until) }, 20)
  await assert.rejects(evidenceOf(silent).snapshot(id, header, signal), { code: 'no-evidence' })
})

test('the state after genesis follows from its transaction, whoever has that', async () => {
  const { header } = rootBlock
  const file = (transaction: typeof genesis) => source('file', { genesis: async () => encodeTransaction(transaction) })
  for (const sources of [[file(genesis)], [file(genesisOf(accountOf('another'))), file(genesis)]]) {
    assert.equal(stateRoot(await evidenceOf(...sources).genesisState(header, signal)), header.state)
  }
  await assert.rejects(evidenceOf(file(genesisOf(accountOf('another')))).genesisState(header, signal), {
    code: 'no-evidence',
  })
  const start = { sealed: rootBlock, transaction: genesis }
  const known = new Evidence({ sources: [], log, blobs: new FakeKzg(), genesis: start })
  assert.equal(stateRoot(await known.genesisState(header, signal)), header.state)
  assert.deepEqual((await known.block(root.id, signal)).sealed, rootBlock)
})

test('a block is final if anybody says so, and not if nobody does or can', async () => {
  const yes = source('yes', { isFinal: async () => true })
  const no = source('no', {})
  const silent = source('silent', { isFinal: (_, until) => untilAborted(until) }, 20)
  for (const [sources, expected] of [
    [[no, yes], true],
    [[no, silent], false],
    [[no], false],
    [[], false],
  ] as const) {
    assert.equal(await evidenceOf(...sources).isFinal(block.next.id, signal), expected)
  }
})

function forgeOne(payments: number): Forged {
  let last = genesisInfohash(genesis)
  const steps = Array.from({ length: payments }, (_, i): Step => {
    const { packed, infohash } = pay(holder, { to: accountOf(`payee ${i}`).address, tokens: 5n, time: i, prev: [last] })
    last = infohash
    return { kind: 'transaction', packed }
  })
  return forge(RULES, root, steps, easiestTarget, holder.address)
}

function evidenceOf(...sources: readonly Source[]): Evidence {
  return evidenceNaming(new Names(), ...sources)
}

function evidenceNaming(names: Names, ...sources: readonly Source[]): Evidence {
  return new Evidence({ sources, log, blobs: new FakeKzg(), names }, { patienceMs: 10 })
}

/** One that has nothing, but for what is chosen. */
function source(name: string, chosen: Partial<Source>, limitMs = 1_000): Source {
  return {
    name,
    limitMs,
    block: async () => undefined,
    forced: async () => new Map(),
    isFinal: async () => false,
    ...chosen,
  }
}

async function untilAborted(until: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  until.addEventListener('abort', () => reject(until.reason), { once: true })
  // Nothing else keeps the process alive.
  const timer = setInterval(() => undefined, 1_000)
  return await promise.finally(() => clearInterval(timer))
}

test('what a source told of the queue before its time was up is there at the next try, and nobody is asked for it again', async () => {
  const voids = NOISE.map((packed): Step => ({ kind: 'void', fee: toGwei(7n), packedHash: toHash(keccak(packed)) }))
  const made = forge(RULES, root, voids, easiestTarget, holder.address)
  const asked: (readonly bigint[])[] = []
  const slow = source('slow', {
    limitMs: 20,
    forced: (indices, limit, tell) => {
      asked.push(indices)
      const [first] = indices
      // One at a try, a lie about another one, and then silence.
      if (first !== undefined) tell(first, NOISE[Number(first)] ?? new Uint8Array())
      tell(99n, Uint8Array.of(1))
      return new Promise((_, reject) => limit.addEventListener('abort', () => reject(limit.reason)))
    },
  })
  const evidence = evidenceOf(slow)
  const last = NOISE.length - 1
  for (let i = 0; i <= last; i++)
    await assert.rejects(evidence.queueOf(root.header, made, signal), { code: 'no-evidence' })
  const queue = await evidence.queueOf(root.header, made, signal)
  for (const [i, packed] of NOISE.entries())
    assert.deepEqual(queue({ lane: 'forced', index: BigInt(i) }), { kind: 'forced', fee: 7n, packed })
  assert.deepEqual(
    asked.map((indices) => indices.length),
    NOISE.map((_, i) => NOISE.length - i),
  )
})
