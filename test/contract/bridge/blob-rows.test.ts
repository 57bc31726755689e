// Rows in blobs one by one: the judge of the contract and the one of the nodes say the same of each, and a proof that is none is none.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Hex } from 'viem'
import type { Refutation } from '../../../node/ethereum/refute-call.ts'
import { firstStepElement } from '../../../node/protocol/blob.ts'
import { rowJudgeOf, splitHead } from '../../../node/protocol/blob-block.ts'
import { readRow } from '../../../node/protocol/blob-row.ts'
import type { Verdict } from '../../../node/protocol/block.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { toBytes, toHash, ZERO_ADDRESS } from '../../../node/protocol/ids.ts'
import type { QueueEntry } from '../../../node/protocol/queue.ts'
import { requestLeaf, requestProofs } from '../../../node/protocol/requests.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import { readLanes } from '../../../node/protocol/step.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import { rightBlocks } from '../../../scripts/assure/models/blobs/right-blocks.ts'
import { type RowCase, rowCases } from '../../../scripts/assure/models/blobs/row-cases.ts'
import { blockOf } from '../../../scripts/assure/models/blobs/row-draft.ts'
import { publishedAs, sceneOf } from '../../../scripts/assure/models/blobs/scene.ts'
import { flipBit } from '../../../scripts/assure/models/step-cases.ts'
import { World } from '../../../scripts/assure/models/world.ts'
import { packedBytes, someHash } from '../../support/contract/blocks.ts'
import { believedProof, RowTrials } from '../harness/row-trials.ts'

/** Rows in the ordinary run; more with FUZZ_RUNS, others with FUZZ_SEED. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 1_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const AT_ONCE = 480
/** How many of the rows are also shown by proofs in which something is wrong. */
const DOUBTED = 0.25

/** A call of the judge, and what may come of it: `right`, `wrong`, or an error. */
type Trial = { readonly data: Hex; readonly expected: readonly string[]; readonly about: string }
type Proof = Refutation['proof']

const MISSTATED = ['WrongEnd', 'WrongEntry', 'WrongRequests', 'OtherRequest']
/** What a run of the ordinary length has met. */
const MET = [
  ...['right', 'wrong', 'NotForced', 'NotNeeded', 'BadProof', 'BadWitness', 'OtherBlobs'].map(
    (each) => `judge: ${each}`,
  ),
  ...['valid', 'Malformed', ...MISSTATED, 'WrongState', 'WrongVoid', 'WrongGrowth'].map((each) => `node: ${each}`),
  ...['MissingInput', 'Overspend', 'BadSignature', 'OutputExists', 'Overflow'].map((each) => `node: ${each}`),
]

describe(`rows in blobs before both judges (${runs} rows, seed ${seed})`, () => {
  const seen = new Map<string, number>()
  const count = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1)
  let trials: RowTrials
  before(async () => {
    trials = await RowTrials.start()
  })
  after(() => trials[Symbol.asyncDispose]())

  it('are wrong without a shape wherever they are, and nothing of them is replayed', async () => {
    const world = new World(seed)
    const [state, begin] = [stateRoot(world.state), firstStepElement(2)]
    const due: QueueEntry = { kind: 'forced', fee: toGwei(0n), packed: packedBytes({ payee: ZERO_ADDRESS }) }
    const bytes = new Uint8Array(31).fill(0xe0)
    const cases = [
      [bytes.with(0, 4), []],
      [bytes.with(0, 0), []],
      [bytes.with(0, 6), []],
      // Of an entry that is due, with its transaction, of which nobody can say where it ends.
      [concat(Uint8Array.of(2), new Uint8Array(8), bytes.slice(9)), [due]],
    ] as const
    const calls: Hex[] = []
    for (const [step, entries] of cases) {
      const scene = sceneOf(world, world.state, { deposits: 5n, assets: 4n, forced: 3n })
      for (const each of entries) scene.book.append(each)
      const nothing = { state, requests: 0, growth: 0 }
      const stated = { before: { ...nothing, end: begin }, own: { ...nothing, end: begin + 1 } }
      const block = blockOf(scene, { stepCount: 2, index: 0, step, ...stated, entries, requests: [] })
      assert(block)
      const verdict = rowJudgeOf(world.rules, scene.parent.sealed, block, scene.book.reader)(world.state, 0)
      assert.equal(verdict.verdict === 'invalid' && verdict.problem, 'Malformed')
      const refutation = await believedProof(scene, block, world.state, 0, { problem: 'Malformed' })
      const more = { ...refutation, proof: { ...refutation.proof, witness: Uint8Array.of(0) } }
      calls.push(trials.encode(scene, block, refutation), trials.encode(scene, block, more))
    }
    const expected = cases.flatMap(() => ['wrong', 'NotNeeded'])
    assert.deepEqual(await trials.judge(calls), expected)
  })

  it('that are right are not wrong by a request of their block, theirs or that of another', async () => {
    for (const { scene, post, steps } of rightBlocks(seed)) {
      const block = publishedAs(scene, post)
      assert(block)
      const { requests } = splitHead(block)
      const proofs = requestProofs(requests)
      const stateBefore = (index: number) => (index === 0 ? scene.parent.state : steps[index - 1]?.after)
      // One with a forced request, and a step before a request that is none itself and has the same number.
      const isForced = requests.some(({ step }) => steps[step]?.step[0] === 2)
      const isShared = requests.some(({ step }, i) => step > (requests[i - 1]?.step ?? -1) + 1)
      if (requests.length < 2 || !isForced || !isShared) continue
      const [calls, expected]: [Hex[], string[]] = [[], []]
      for (const [index] of steps.entries()) {
        const { block: header, parent, proof } = await believedProof(scene, block, stateBefore(index), index)
        const own = requests.findIndex(({ step }) => step === index)
        for (const [number, asked] of requests.entries()) {
          const request = [requestLeaf(asked), ...(proofs[number] ?? [])]
          const shown = { ...proof, witness: new Uint8Array(), request }
          calls.push(trials.encode(scene, block, { block: header, parent, proof: shown }))
          expected.push(own === -1 || own === number ? 'NotNeeded' : 'BadProof')
        }
      }
      assert.deepEqual(await trials.judge(calls), expected)
      return
    }
  })

  it('are right for both or wrong for both, and no changed proof says otherwise', async (test) => {
    let waiting: Trial[] = []
    for (const row of rowCases(seed, runs)) {
      waiting.push(...(await trialsOf(row)))
      if (waiting.length < AT_ONCE) continue
      await settle(waiting)
      waiting = []
    }
    await settle(waiting)
    for (const line of [...seen].toSorted()) test.diagnostic(line.join(': '))
    // A run that never met an answer would have compared nothing for it.
    if (runs >= 2_000) for (const name of MET) assert(seen.has(name), `the run did not meet ${name}`)
  })

  async function settle(all: readonly Trial[]): Promise<void> {
    const answers = await trials.judge(all.map(({ data }) => data))
    for (const [i, { expected, about }] of all.entries()) {
      const answer = answers[i] ?? 'nothing'
      assert(expected.includes(answer), `${about}: expected ${expected.join(' or ')}, got ${answer}`)
      count(`judge: ${answer}`)
    }
  }

  async function trialsOf(row: RowCase): Promise<Trial[]> {
    const { scene, block, index, before: state, name } = row
    const { world, parent, book } = scene
    const verdict = rowJudgeOf(world.rules, parent.sealed, block, book.reader)(state, index)
    const problem = verdict.verdict === 'invalid' ? verdict.problem : undefined
    count(`node: ${problem ?? verdict.verdict}`)
    const about = `${name}, row ${index} of ${block.sealed.header.stepCount}, for the node ${problem ?? verdict.verdict}`
    const forced = forcedOf(row)
    const shown = { ...(problem ? { problem } : {}), ...(problem === 'WrongVoid' && forced ? { forced } : {}) }
    const refutation = await believedProof(scene, block, state, index, shown)
    const trialOf = (what: string, change: Partial<Proof>, ...expected: string[]): Trial => {
      const changed = { ...refutation, proof: { ...refutation.proof, ...change } }
      return { data: trials.encode(scene, block, changed), expected, about: `${about}, ${what}` }
    }
    const all = [trialOf('honestly', {}, ...expectedOf(verdict))]
    if (problem === undefined && forced) {
      // Only a void step is judged by the transaction in it.
      const asVoid = await believedProof(scene, block, state, index, { forced })
      const isVoid = asVoid.proof.step[0] === 3
      all.push(trialOf('with what is forced', asVoid.proof, ...(isVoid ? expectedOf(verdict) : ['NotForced'])))
    }
    if (world.random() > DOUBTED) return all
    const { hashes, step, witness } = refutation.proof
    all.push(
      trialOf('other blobs', { hashes: [...hashes.slice(1), otherHash(hashes.length)] }, 'OtherBlobs'),
      trialOf('an element more', { step: concat(step, new Uint8Array(31)) }, 'BadRowLength'),
      trialOf('an element less', { step: step.slice(0, -31) }, 'BadRowLength'),
      trialOf('a step behind the last', { index: block.sealed.header.stepCount }, 'NoSuchStep'),
    )
    if (problem === 'Malformed' || MISSTATED.includes(problem ?? '')) {
      const nothing = Uint8Array.of(0)
      return [
        ...all,
        trialOf('a witness too many', { witness: nothing }, 'NotNeeded'),
        trialOf('a transaction too many', { witness: new Uint8Array(), forced: nothing }, 'NotNeeded'),
        trialOf('both of them', { witness: nothing, forced: nothing }, 'NotNeeded'),
      ]
    }
    all.push(
      trialOf('a longer witness', { witness: concat(witness, Uint8Array.of(0)) }, 'BadWitness'),
      trialOf('a request that does not differ', { request: [someHash(1)] }, 'NotNeeded', 'BadProof'),
    )
    if (witness.length > 0) all.push(trialOf('a changed witness', { witness: flipBit(world, witness) }, 'BadWitness'))
    return all
  }
})

function expectedOf({ verdict }: Verdict): string[] {
  // Who does not know the transaction of a void step cannot know more.
  if (verdict === 'unknown') return ['right', 'wrong']
  return [verdict === 'valid' ? 'right' : 'wrong']
}

/** The forced transaction that the queue has where the row is, if it has one there. */
function forcedOf({ scene, block, index }: RowCase): Uint8Array | undefined {
  const place = readLanes(scene.parent.sealed.header.lanes, splitHead(block).entries).places[index]
  const entry = place && scene.book.reader(place)
  const { step } = readRow(block.blobs, block.sealed.header.stepCount, index)
  return entry?.kind === 'forced' && step ? entry.packed : undefined
}

function otherHash(number: number) {
  return toHash(concat(Uint8Array.of(1), toBytes(someHash(number)).subarray(1)))
}
