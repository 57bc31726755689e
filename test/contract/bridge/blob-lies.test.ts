// Blocks in blobs with one thing changed: the contract refuses them, or one proof kills them, or they are right, and then none does.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Hex } from 'viem'
import { refuteStep } from '../../../miner/watch/refutation.ts'
import type { Refutation } from '../../../node/ethereum/refute-call.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import { type BlobBlock, blobHeadOf, postedIn, replayBlobs, splitHead } from '../../../node/protocol/blob-block.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { blockId } from '../../../node/protocol/header.ts'
import { requestsIn } from '../../../node/protocol/requests.ts'
import { type State, stateRoot } from '../../../node/protocol/state.ts'
import { queueIndexes } from '../../../node/protocol/step.ts'
import { splitPosted } from '../../../node/protocol/trace.ts'
import { HARMLESS } from '../../../scripts/assure/models/blobs/lies/harmless.ts'
import { LIES } from '../../../scripts/assure/models/blobs/lies/lies.ts'
import { rightBlocks } from '../../../scripts/assure/models/blobs/right-blocks.ts'
import { publishedAs, type Scene } from '../../../scripts/assure/models/blobs/scene.ts'
import { flipBit } from '../../../scripts/assure/models/step-cases.ts'
import { someHash } from '../../support/contract/blocks.ts'
import { believedProof, openNothing, RowTrials, statedOpening } from '../harness/row-trials.ts'

/** Lies in the ordinary run; more with FUZZ_RUNS, others with FUZZ_SEED. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 1_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const LIES_PER_BLOCK = 20
const AT_ONCE = 240

type Trial = { readonly data: Hex; readonly isAllowed: (answer: string) => boolean; readonly about: string }

describe(`blocks in blobs (${runs} lies, seed ${seed})`, () => {
  const seen = new Map<string, number>()
  const count = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1)
  let trials: RowTrials
  let waiting: Trial[] = []
  before(async () => {
    trials = await RowTrials.start()
  })
  after(() => trials[Symbol.asyncDispose]())

  it('are refused, refuted, or right, whatever is changed', async (test) => {
    let done = 0
    for (const right of rightBlocks(seed)) {
      const { scene, post } = right
      const block = publishedAs(scene, post)
      assert(block, 'a right block is published')
      await tryAll(scene, block, `a right block before lie ${done}`)
      for (let i = 0; i < LIES_PER_BLOCK && done < runs; i++, done++) {
        const [name, lie] = scene.world.pick(Object.entries(LIES))
        const told = lie(right)
        if (told === undefined) continue
        const published = publishedAs(scene, told)
        const outcome = published ? await judge(scene, published, `${name} (seed ${seed}, lie ${done})`) : 'refused'
        assert(!(name in HARMLESS) || outcome === 'right', `${name} is ${outcome}`)
        count(`${name}: ${outcome}`)
      }
      if (waiting.length >= AT_ONCE) await settle()
      if (done >= runs) break
    }
    await settle()
    for (const line of [...seen].toSorted()) test.diagnostic(line.join(': '))
    // Each lie was met, and most of them led to a refutation.
    if (runs < 2_000) return
    for (const name of Object.keys(LIES)) {
      const isMet = ['right', 'refused', 'refuted'].some((outcome) => seen.has(`${name}: ${outcome}`))
      assert(isMet, `${name} was never told`)
    }
  })

  async function settle(): Promise<void> {
    const answers = await trials.judge(waiting.map(({ data }) => data))
    for (const [i, { about, isAllowed }] of waiting.entries()) {
      const answer = answers[i] ?? 'nothing'
      assert(isAllowed(answer), `${about}: ${answer}`)
      count(`judge: ${answer}`)
    }
    waiting = []
  }

  /** What a watcher does with a published block. */
  async function judge(scene: Scene, block: BlobBlock, about: string): Promise<'right' | 'refuted'> {
    const { world, parent, book } = scene
    const before = { id: blockId(parent.sealed), header: parent.sealed.header, state: parent.state }
    const verdict = replayBlobs(world.rules, before, block, book.reader)
    assert(verdict.verdict !== 'unknown', `${about}: unknown`)
    if (verdict.verdict === 'valid') {
      assertRight(scene, block, about)
      const index = Math.floor(world.random() * block.sealed.header.stepCount)
      await tryRow(scene, block, index, statesOf(scene, block)[index], about)
      return 'right'
    }
    const refutation = await refuteStep(world.rules, parent, block, book.reader, verdict, openNothing)
    const opening = statedOpening(block, verdict.step)
    const data = trials.encode(scene, block, { ...refutation, proof: { ...refutation.proof, opening } })
    waiting.push({ data, isAllowed: (answer) => answer === 'wrong', about: `${about}, ${verdict.problem}` })
    return 'refuted'
  }

  async function tryAll(scene: Scene, block: BlobBlock, about: string): Promise<void> {
    const states = statesOf(scene, block)
    for (let i = 0; i < block.sealed.header.stepCount; i++) {
      await tryRow(scene, block, i, states[i], about)
    }
  }

  /** That the row is right before the judge, and no changed proof convicts it. */
  async function tryRow(scene: Scene, block: BlobBlock, index: number, state: State, about: string): Promise<void> {
    const honest = await believedProof(scene, block, state, index)
    const push = (what: string, refutation: Refutation, isAllowed = (answer: string) => answer !== 'wrong') => {
      waiting.push({
        data: trials.encode(scene, block, refutation),
        isAllowed,
        about: `${about}, row ${index}, ${what}`,
      })
    }
    push('honestly', honest, (answer) => answer === 'right')
    const [name, change] = scene.world.pick(Object.entries(PROOF_LIES))
    push(name, { ...honest, proof: { ...honest.proof, ...change(scene, honest.proof) } })
  }
})

type Proof = Refutation['proof']

/** A proof of a right row with one member changed. What the blobs state stays: that is for the openings to show. */
const PROOF_LIES: Readonly<Record<string, (scene: Scene, proof: Proof) => Partial<Proof>>> = {
  'no witness': () => ({ witness: new Uint8Array() }),
  'a witness cut': ({ world }, { witness }) => ({
    witness: witness.slice(0, Math.floor(world.random() * witness.length)),
  }),
  'a witness extended': (_, { witness }) => ({ witness: concat(witness, Uint8Array.of(0)) }),
  'a witness flipped': ({ world }, { witness }) => (witness.length === 0 ? {} : { witness: flipBit(world, witness) }),
  'a forced transaction': ({ world }) => ({ forced: world.pick([new Uint8Array(127), new Uint8Array(1)]) }),
  'a request of nobody': () => ({ request: [someHash(1)] }),
  'a request with siblings': () => ({ request: [someHash(1), someHash(2), someHash(3)] }),
  'no request, in many words': (_, { hashes }) => ({ request: [...hashes] }),
  'no hashes': () => ({ hashes: [] }),
  'a hash more': (_, { hashes }) => ({ hashes: [...hashes, ...hashes.slice(0, 1)] }),
  'an element more': (_, { step }) => ({ step: concat(step, new Uint8Array(31)) }),
  'no elements': () => ({ step: new Uint8Array() }),
}

/** The true state before each step of a right block, and the one after it. */
function statesOf({ world, parent }: Scene, block: BlobBlock): State[] {
  const { steps } = splitPosted(postedIn(block))
  const indexes = queueIndexes(parent.sealed.header.lanes, steps)
  const states = [parent.state]
  for (const [i, step] of steps.entries()) {
    // The empty state is undefined.
    states.push(applyStep(world.rules, states[i], indexes[i] ?? 0n, step).state)
  }
  return states
}

/** By another way than the replay: the steps alone, and all that they add up to. */
function assertRight(scene: Scene, block: BlobBlock, about: string): void {
  const { header } = block.sealed
  const { steps, states } = splitPosted(postedIn(block))
  const truth = statesOf(scene, block)
  assert.deepEqual(states, truth.slice(1).map(stateRoot), about)
  assert.equal(header.state, states.at(-1), about)
  assert.deepEqual(blobHeadOf(steps), { entries: block.entries, requests: block.requests }, about)
  assert.deepEqual(splitHead(block).requests, requestsIn(steps), about)
  const indexes = queueIndexes(scene.parent.sealed.header.lanes, steps)
  let growth = 0
  for (const [i, step] of steps.entries()) {
    const applied = applyStep(scene.world.rules, truth[i], indexes[i] ?? 0n, step)
    assert.equal(applied.reason, 'None', about)
    growth += applied.growth
  }
  assert.equal(header.growth, growth, about)
}
