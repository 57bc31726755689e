// The judge on blocks whose rows are in blobs, whatever is in these: each lie by its name, and nothing said of a block whose blobs nobody has.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Evidence } from '../../../../miner/watch/evidence/evidence.ts'
import { Judge } from '../../../../miner/watch/judge.ts'
import { encodeRefutation } from '../../../../node/ethereum/refute-call.ts'
import { BLOB_BYTES, contentAt, elementAt } from '../../../../node/protocol/blob.ts'
import { elementsOfRow, readRow } from '../../../../node/protocol/blob-row.ts'
import { concat } from '../../../../node/protocol/bytes.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { RULES } from '../../../../scripts/assure/models/world.ts'
import { log } from '../../../support/log.ts'
import { FakeKzg } from '../../../support/miner/fake-kzg.ts'
import { mine } from '../../../support/miner/forge.ts'
import type { BlobForged, BlobLies } from '../../../support/miner/forge-blobs.ts'
import { BlobChain, genesis, holder, noise, root, rootBlock, theft, voidStep } from './blob-chain.ts'

const { signal } = new AbortController()

function open(world: BlobChain, options: { readonly keptSteps?: number } = {}) {
  const kzg = new FakeKzg()
  const known = { sealed: rootBlock, transaction: genesis }
  const evidence = new Evidence({ sources: [world.source], log, blobs: kzg, genesis: known }, { patienceMs: 10 })
  return { kzg, judge: new Judge({ evidence, rules: RULES, log, kzg }, options) }
}

/** Writes `value` over bytes of what counts of element `at`. */
function written(at: number, offset: number, ...value: number[]): BlobLies {
  return {
    blobs: ([first = new Uint8Array(), ...others]) => {
      const copy = first.slice()
      copy.set(value, 32 * at + 1 + offset)
      return [copy, ...others]
    },
  }
}

/** Byte 1 of an entry's second element is the first one of `end`; then `requests`, then `growth`. */
const SECOND = { end: 1, requests: 3, growth: 5 } as const

const LIES: Readonly<Record<string, { readonly step: number; readonly problem: string; readonly lies: BlobLies }>> = {
  'an end that is not the end of its step': {
    ...{ step: 1, problem: 'WrongEnd' },
    lies: written(3, SECOND.end, 0, 200),
  },
  'a step without a shape': {
    ...{ step: 2, problem: 'Malformed' },
    lies: { rows: (rows) => rows.map((row, i) => (i === 2 ? { ...row, step: Uint8Array.of(9) } : row)) },
  },
  'a state that the step does not lead to': {
    ...{ step: 1, problem: 'WrongState' },
    lies: { rows: (rows) => rows.map((row, i) => (i === 1 ? { ...row, state: rows[0]?.state ?? row.state } : row)) },
  },
  'a count of requests that is not theirs': {
    ...{ step: 1, problem: 'WrongRequests' },
    lies: written(3, SECOND.requests, 0, 0),
  },
  'a count of entries of the state that is not theirs': {
    ...{ step: 0, problem: 'WrongGrowth' },
    lies: written(1, SECOND.growth, 0, 0),
  },
  'another request in the head': {
    ...{ step: 1, problem: 'OtherRequest' },
    lies: { head: (head) => ({ ...head, requests: head.requests.with(30, (head.requests[30] ?? 0) ^ 1) }) },
  },
  'another growth in the header': { ...{ step: 3, problem: 'WrongGrowth' }, lies: { growth: 1 } },
}

for (const [name, { step, problem, lies }] of Object.entries(LIES)) {
  test(`${name}: wrong at its step, and proved by what the row has there`, async () => {
    const world = new BlobChain()
    const wrong = await world.inBlobs(
      root,
      world.paying(root, 4, (i) => i === 1),
      lies,
    )
    const { judge, kzg } = open(world)
    const { verdict, ...rest } = await judge.judge(wrong.next.id, signal)
    assert.equal(verdict, 'invalid')
    assert.partialDeepStrictEqual(rest, { step, problem })
    const { proof } = await judge.prove(wrong.next.id, signal)
    assertProves(wrong, step, proof)
    const { entries, step: elements } = elementsOfRow(wrong.blobs, 4, step)
    assert.equal(kzg.opened, entries.length + elements.length)
    assert.equal(proof.request?.length, problem === 'OtherRequest' ? 1 : undefined)
  })
}

test('a right block is right, and so is one in calldata above it, and a thief above that one is caught', async () => {
  const world = new BlobChain()
  const one = await world.inBlobs(
    root,
    world.paying(root, 5, (i) => i % 2 === 0),
  )
  const two = world.inCalldata(one.next, world.paying(one.next, 2))
  const wrong = await world.inBlobs(two.next, world.paying(two.next, 3), { wrong: theft() })
  const above = await world.inBlobs(wrong.next, world.paying(wrong.next, 1))
  for (const keptSteps of [0, 1_000]) {
    const { judge } = open(world, { keptSteps })
    const found = await judge.judge(wrong.next.id, signal)
    assert.partialDeepStrictEqual(found, { verdict: 'invalid', step: 3, problem: 'MissingInput' })
    assert.deepEqual(await judge.judge(two.next.id, signal), { verdict: 'valid' })
    assert.deepEqual(await judge.judge(above.next.id, signal), { verdict: 'doomed', by: wrong.next.id })
    assertProves(wrong, 3, (await judge.prove(wrong.next.id, signal)).proof)
  }
})

test('without its blobs a block is neither right nor wrong, nor is what builds on it; all else is judged, and it is as soon as they are there', async () => {
  const world = new BlobChain()
  const dark = await world.inBlobs(root, world.paying(root, 3), { wrong: theft() })
  const above = world.inCalldata(dark.next, [])
  const beside = await world.inBlobs(root, world.paying(root, 2))
  world.dark.add(dark.next.id)
  const { judge } = open(world)
  for (const { next } of [dark, above, dark]) {
    const judgement = await judge.judge(next.id, signal)
    assert.equal(judgement.verdict, 'unknown')
    assert.match(judgement.verdict === 'unknown' ? judgement.why : '', /all 1 blobs of block/)
    assert.equal(judge.verdictOn(next.id), undefined)
  }
  assert.deepEqual(await judge.judge(beside.next.id, signal), { verdict: 'valid' })
  world.dark.clear()
  assert.equal((await judge.judge(dark.next.id, signal)).verdict, 'invalid')
  assert.deepEqual(await judge.judge(above.next.id, signal), { verdict: 'doomed', by: dark.next.id })
})

test('the queue is asked for what right rows call void, and for no hash that a wrong one makes up', async () => {
  const world = new BlobChain()
  world.queue.push(noise(1), noise(2), noise(3))
  const voids = world.queue.map(voidStep)
  const right = await world.inBlobs(root, [...voids, ...world.paying(root, 1)])
  const madeUp = encodeStep(voidStep(noise(9)))
  const lies: BlobLies = { rows: (rows) => rows.map((row, i) => (i === 1 ? { ...row, step: madeUp } : row)) }
  const wrong = await world.inBlobs(root, [...voids, ...world.paying(root, 1)], lies)
  const { judge } = open(world)
  assert.deepEqual(await judge.judge(right.next.id, signal), { verdict: 'valid' })
  assert.deepEqual(world.entriesAsked, [0n, 1n, 2n])
  world.entriesAsked.length = 0
  const found = await open(world).judge.judge(wrong.next.id, signal)
  assert.partialDeepStrictEqual(found, { verdict: 'invalid', step: 1, problem: 'WrongEntry' })
  assert.deepEqual(world.entriesAsked, [0n], 'what is before it, and nothing that nobody has')
})

test('a void that is none is proved by the transaction', async () => {
  const world = new BlobChain()
  const [first] = world.paying(root, 1)
  assert(first?.kind === 'transaction')
  world.queue.push(first.packed)
  const wrong = await world.inBlobs(root, [voidStep(first.packed)])
  const { judge } = open(world)
  assert.partialDeepStrictEqual(await judge.judge(wrong.next.id, signal), { step: 0, problem: 'WrongVoid' })
  assert.deepEqual((await judge.prove(wrong.next.id, signal)).proof.forced, first.packed)
})

for (const [name, byte] of [
  ['zeros', 0],
  ['ones', 1],
  ['noise', 0x42],
] as const) {
  test(`blobs full of ${name} are wrong at the first step`, async () => {
    const world = new BlobChain()
    const blobs = () => [new Uint8Array(BLOB_BYTES).fill(byte), new Uint8Array(BLOB_BYTES).fill(byte)]
    const wrong = await world.inBlobs(root, world.paying(root, 3), { blobs })
    const { judge } = open(world)
    assert.partialDeepStrictEqual(await judge.judge(wrong.next.id, signal), { verdict: 'invalid', step: 0 })
    assertProves(wrong, 0, (await judge.prove(wrong.next.id, signal)).proof)
  })
}

test('a proof is made once, however often it is tried, and again only after many others', async () => {
  const world = new BlobChain()
  const wrong: BlobForged[] = []
  for (let i = 0; i < 34; i++) wrong.push(await world.inBlobs(root, [], { wrong: theft(`thief ${i}`) }))
  const { judge, kzg } = open(world)
  for (const { next } of wrong) await judge.judge(next.id, signal)
  const idOf = (i: number) => wrong[i]?.next.id ?? root.id
  const [one, same] = await Promise.all([judge.prove(idOf(0), signal), judge.prove(idOf(0), signal)])
  assert.equal(one, same)
  const each = kzg.opened
  assert.equal(await judge.prove(idOf(0), signal), one)
  assert.equal(kzg.opened, each)
  for (let i = 1; i < 32; i++) await judge.prove(idOf(i), signal)
  assert.equal(await judge.prove(idOf(0), signal), one, 'what is asked for stays')
  for (const i of [32, 33]) await judge.prove(idOf(i), signal)
  assert.equal(await judge.prove(idOf(0), signal), one)
  const opened = kzg.opened
  await judge.prove(idOf(1), signal)
  assert.ok(kzg.opened > opened, 'it had to make room')
  judge.keep(new Set([idOf(1)]), new Set([root.id]))
  await assert.rejects(judge.prove(idOf(0), signal), RangeError)
})

test('a proof that failed is made anew', async () => {
  const world = new BlobChain()
  const wrong = await world.inBlobs(root, [], { wrong: theft() })
  const { judge, kzg } = open(world)
  await judge.judge(wrong.next.id, signal)
  const { openings } = kzg
  kzg.openings = async () => Promise.reject(new RangeError('the thread died'))
  await assert.rejects(judge.prove(wrong.next.id, signal), { message: 'the thread died' })
  kzg.openings = openings
  assertProves(wrong, 0, (await judge.prove(wrong.next.id, signal)).proof)
})

test('a header that no bridge derives from what stands beside it is never judged', async () => {
  const world = new BlobChain()
  const right = await world.inBlobs(
    root,
    world.paying(root, 2, () => true),
  )
  const { judge } = open(world)
  for (const stepCount of [0, 1, 3_501]) {
    const odd = { ...right, ...mine({ ...right.sealed.header, stepCount }, holder.address, right.next.state) }
    world.blocks.set(odd.next.id, odd)
    const judgement = await judge.judge(odd.next.id, signal)
    assert.match(judgement.verdict === 'unknown' ? judgement.why : judgement.verdict, /it was made up/)
  }
})

function assertProves(
  { blobs, sealed, hashes }: BlobForged,
  index: number,
  proof: Awaited<ReturnType<Judge['prove']>>['proof'],
): void {
  const { stepCount } = sealed.header
  const { begin, end } = readRow(blobs, stepCount, index)
  const { entries, step } = elementsOfRow(blobs, stepCount, index)
  assert.equal(proof.index, index)
  assert.deepEqual(proof.hashes, hashes)
  assert.deepEqual(proof.step, contentAt(blobs, begin, end - begin))
  const none = new Uint8Array(96)
  const whole = entries.map((element) => concat(elementAt(blobs, element), none))
  const tops = step.map((element) => concat(elementAt(blobs, element).slice(0, 1), none))
  assert.deepEqual(proof.opening, concat(...whole, ...tops))
  assert.match(encodeRefutation({ block: sealed, parent: rootBlock, proof }), /^0x/)
}
