// The refutation of a row in blobs: what it opens, and that it brings what its problem needs and nothing else.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Opener, refuteStep } from '../../../../miner/watch/refutation.ts'
import { applyStep, applyTransaction, type Witness } from '../../../../node/protocol/apply.ts'
import { elementAt } from '../../../../node/protocol/blob.ts'
import { type BlobBlock, replayBlobs, splitHead } from '../../../../node/protocol/blob-block.ts'
import { elementsOfRow, readRow } from '../../../../node/protocol/blob-row.ts'
import { concat } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { toHash, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { requestLeaf, requestProofs } from '../../../../node/protocol/requests.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { verifyPacked } from '../../../../node/protocol/verify.ts'
import { RULES } from '../../../../scripts/assure/models/world.ts'
import { AT, applyAll, blockOf, type Changes, parent, readerOf, stepsOfScene } from '../../node/protocol/blob-scene.ts'

const { steps, queue } = stepsOfScene()
const applied = applyAll(steps)
const right = blockOf(applied)
const seal = { miner: ZERO_ADDRESS, nonce: ZERO_HASH }
const told = { sealed: { header: parent.header, seal }, state: parent.state }

/** The refutation of a wrong block, and the elements that were opened for it. */
async function refute(block: BlobBlock) {
  const verdict = replayBlobs(RULES, parent, block, readerOf(queue))
  assert(verdict.verdict === 'invalid')
  const opened: number[] = []
  const open: Opener = async (blobs, elements) => {
    opened.push(...elements)
    const [commitment, proof] = [new Uint8Array(48).fill(0xc0), new Uint8Array(48).fill(0xf0)]
    return elements.map((element) => ({ element: elementAt(blobs, element), commitment, proof }))
  }
  const { proof, ...headers } = await refuteStep(RULES, told, block, readerOf(queue), verdict, open)
  assert.deepEqual(headers, { block: block.sealed, parent: told.sealed })
  const { entries, step } = elementsOfRow(block.blobs, block.sealed.header.stepCount, verdict.step)
  assert.deepEqual(opened, [...entries, ...step])
  assert.equal(proof.opening.length, 128 * entries.length + 97 * step.length)
  assert.deepEqual([proof.index, proof.hashes], [verdict.step, block.hashes])
  const row = readRow(block.blobs, block.sealed.header.stepCount, verdict.step)
  if (row.step) assert.deepEqual(proof.step.subarray(0, row.step.length), row.step)
  return { problem: verdict.problem, proof }
}

/** What is in a byte of the blobs then. */
function byte(element: number, place: number, by: number): Changes {
  return { byte: [element, place, (elementAt(right.blobs, element)[place] ?? 0) ^ by] }
}

const beginOf = (index: number) => readRow(right.blobs, steps.length, index).begin
const beforeOf = (index: number) => applied[index - 1]?.after ?? parent.state

describe('refuteStep, of rows in blobs', () => {
  it('replays nothing where the row itself says what is wrong', async () => {
    for (const [changes, problem] of [
      [byte(beginOf(AT.payment), 1, 4), 'Malformed'],
      [byte(1, 3, 1), 'WrongEnd'],
      [byte(beginOf(AT.deposit), 10, 1), 'WrongEntry'],
      [byte(2 * AT.memo + 1, 5, 1), 'WrongRequests'],
    ] as const) {
      const { proof, ...found } = await refute(blockOf(applied, changes))
      assert.equal(found.problem, problem)
      assert.deepEqual([proof.witness.length, proof.forced, proof.request], [0, undefined, undefined])
    }
  })

  it('shows the leaf that the head has in the place of another request, with its siblings', async () => {
    const head = { entries: right.entries, requests: right.requests.with(-1, 1) }
    const { problem, proof } = await refute(blockOf(applied, { head }))
    assert.equal(problem, 'OtherRequest')
    const { requests } = splitHead({ ...right, ...head })
    const leaves = requests.map(requestLeaf)
    assert.deepEqual(proof.request, [leaves[1], ...(requestProofs(requests)[1] ?? [])])
    assert.equal(proof.request?.length, 2)
    assert.deepEqual([proof.witness.length, proof.forced], [0, undefined])
  })

  it('opens the true state before the step where it is to be replayed', async () => {
    for (const [changes, problem, index] of [
      [byte(2 * AT.payment, 1, 1), 'WrongState', AT.payment],
      [byte(2 * AT.memo + 1, 7, 1), 'WrongGrowth', AT.memo],
      [{ growth: right.sealed.header.growth + 1 }, 'WrongGrowth', AT.last],
    ] as const) {
      const { proof, ...found } = await refute(blockOf(applied, changes))
      assert.deepEqual([found.problem, proof.index], [problem, index])
      const witness: Witness = []
      applyStep(RULES, beforeOf(index), 0n, steps[index] ?? new Uint8Array(), witness)
      assert.deepEqual(proof.witness, concat(...witness))
      assert.deepEqual([proof.forced, proof.request], [undefined, undefined])
    }
  })

  it('brings the transaction of a void step that is not void', async () => {
    const [, forced] = queue
    assert(forced?.kind === 'forced')
    const step = encodeStep({ kind: 'void', fee: forced.fee, packedHash: toHash(keccak(forced.packed)) })
    const { problem, proof } = await refute(blockOf(applyAll([steps[AT.deposit] ?? step, step])))
    assert.deepEqual([problem, proof.forced, proof.request], ['WrongVoid', forced.packed, undefined])
    const verified = verifyPacked(RULES, forced.packed)
    assert(typeof verified !== 'string')
    const witness: Witness = []
    applyTransaction(beforeOf(AT.applied), verified, witness)
    assert.deepEqual(proof.witness, concat(...witness))
  })
})
