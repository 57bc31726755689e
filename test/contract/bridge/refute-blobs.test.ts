// Blocks in blobs on the bridge, with real blobs: the judge that is deployed kills the wrong ones by real openings, and none of the right ones.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { proveRow, refuteStep } from '../../../miner/watch/refutation.ts'
import { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { refuteGas } from '../../../node/ethereum/calls.ts'
import { encodeRefutation, type Refutation } from '../../../node/ethereum/refute-call.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import type { AppliedStep } from '../../../node/protocol/blob-block.ts'
import { replayBlobs } from '../../../node/protocol/blob-block.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import type { Hash } from '../../../node/protocol/ids.ts'
import { queueIndexes } from '../../../node/protocol/step.ts'
import { HARMLESS } from '../../../scripts/assure/models/blobs/lies/harmless.ts'
import { LIES } from '../../../scripts/assure/models/blobs/lies/lies.ts'
import { QueueBook } from '../../../scripts/assure/models/blobs/queue-book.ts'
import { postOf, type RightBlobs } from '../../../scripts/assure/models/blobs/right-blocks.ts'
import { type BlobPost, publishedAs } from '../../../scripts/assure/models/blobs/scene.ts'
import { flipBit } from '../../../scripts/assure/models/step-cases.ts'
import { type BlobPublication, publishBlobs } from '../../support/contract/blob-stage.ts'
import { someHash } from '../../support/contract/blocks.ts'
import { assertReverts, Reverted } from '../../support/contract/chain.ts'
import { RandomChain, type RightBlock } from '../../support/contract/random-chain.ts'
import { readerOf, waitingAfter } from '../../support/queue.ts'

/** Rounds over all lies; more with FUZZ_RUNS, others with FUZZ_SEED. */
const runs = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 60) / 60)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const LIES_PER_BLOCK = 15

describe(`blocks in real blobs (${runs} rounds of lies, seed ${seed})`, () => {
  const pool = new KzgPool()
  const open = (blobs: readonly Uint8Array[], elements: readonly number[]) => pool.openings(blobs, elements)
  let chain: RandomChain
  before(async () => {
    chain = await RandomChain.start(seed, 'blobs')
  })
  after(async () => {
    await pool.stop()
    await chain[Symbol.asyncDispose]()
  })

  it('are refused, refuted or right, whatever is changed', async (test) => {
    const seen = new Map<string, number>()
    const queue = Array.from({ length: runs }, () => Object.keys(LIES)).flat()
    while (queue.length > 0) {
      const right = rightOf(await chain.next())
      for (const name of queue.splice(0, LIES_PER_BLOCK)) {
        const told = LIES[name]?.(right)
        if (told === undefined) continue
        const outcome = await judge(right, told, name)
        assert(!(name in HARMLESS) || outcome === 'right', `${name} is ${outcome}`)
        seen.set(`${name}: ${outcome}`, (seen.get(`${name}: ${outcome}`) ?? 0) + 1)
      }
      await extend(right)
    }
    for (const line of [...seen].toSorted()) test.diagnostic(line.join(': '))
    const refuted = [...seen.keys()].filter((line) => line.endsWith(': refuted'))
    assert(refuted.length > 30, `only ${refuted.length} lies led to a refutation`)
  })

  it('are not convicted by a proof in which anything is changed, if they are right', async () => {
    const right = rightOf(await chain.next())
    const { rules } = chain.stage
    const { whole, block } = await post(right.post)
    const { parent, world } = right.scene
    for (let index = 0; index < Math.min(4, right.steps.length); index++) {
      const before = index === 0 ? parent.state : right.steps[index - 1]?.after
      const honest = await proveRow(rules, { parent: parent.sealed, block: whole }, before, index, open)
      await assertReverts(chain.stage.fixture.prove(honest), 'StepIsRight')
      const { proof } = honest
      for (const change of [
        { opening: flipBit(world, proof.opening) },
        { opening: proof.opening.slice(0, -1) },
        { step: flipBit(world, proof.step) },
        { step: concat(proof.step, new Uint8Array(31)) },
        { index: index + 1 },
        { hashes: proof.hashes.slice(1) },
        { hashes: [...proof.hashes, ...proof.hashes] },
        { request: [someHash(1)] },
        { forced: new Uint8Array(127) },
        { witness: concat(proof.witness, Uint8Array.of(0)) },
      ]) {
        await assertRefused({ ...honest, proof: { ...proof, ...change } })
      }
      await assertRefused({ ...honest, parent: block })
    }
  })

  async function assertRefused(refutation: Refutation): Promise<void> {
    await assert.rejects(chain.stage.fixture.prove(refutation))
  }

  /** Publishes it and does what a watcher does, who has the event and the blobs. All is as before then. */
  async function judge(right: RightBlobs, told: BlobPost, about: string): Promise<'refused' | 'refuted' | 'right'> {
    const { stage } = chain
    const { rules } = stage
    const { parent } = right.scene
    const back = await stage.snapshot()
    try {
      const isRefused = publishedAs(right.scene, told) === undefined
      const published = await post(told, isRefused).catch((error: unknown) => {
        if (error instanceof Reverted) return undefined
        throw error
      })
      if (published === undefined) return 'refused'
      assert(!isRefused, `${about}: the contract accepts what no model does`)
      const { whole, block } = published
      const before = { id: stage.tip.block.id, header: parent.sealed.header, state: parent.state }
      const verdict = replayBlobs(rules, before, whole, readerOf(stage.queue))
      assert(verdict.verdict !== 'unknown', `${about}: unknown`)
      if (verdict.verdict === 'valid') return 'right'
      const refutation = await refuteStep(rules, parent, whole, readerOf(stage.queue), verdict, open)
      const proved = await stage.fixture.prove(refutation)
      const [event] = stage.fixture.events(proved, 'BlockRefuted')
      assert.equal(event?.args.id, block.id, about)
      assert(proved.gasUsed <= refuteGas(encodeRefutation(refutation)), `${about}: it used ${proved.gasUsed} gas`)
      return 'refuted'
    } catch (error) {
      throw new Error(`${about}: ${error instanceof Error ? error.message : error}`, { cause: error })
    } finally {
      await back()
    }
  }

  /** What no model accepts has no header either, and hashes that do not matter. */
  async function post(told: BlobPost, isRefused = false): Promise<BlobPublication> {
    const hashes = await pool.hashes(told.blobs)
    const known = hashes.map((hash): Hash => hash ?? assert.fail('not a blob'))
    try {
      return await publishBlobs(chain.stage, told, known)
    } catch (error) {
      if (isRefused && !(error instanceof Reverted)) throw new Error('accepted', { cause: error })
      throw error
    }
  }

  async function extend(right: RightBlobs): Promise<void> {
    const { block } = await post(right.post)
    chain.stage.tip = { block, state: right.steps.at(-1)?.after }
  }

  /** The block with what the lies know of it. */
  function rightOf({ steps, forced }: RightBlock): RightBlobs {
    const { stage, world } = chain
    const { block, state } = stage.tip
    const { lanes } = block.header
    const book = new QueueBook(lanes)
    for (const entry of waitingAfter(stage.queue, lanes)) book.append(entry)
    const indexes = queueIndexes(lanes, steps)
    let before = state
    const applied = steps.map((step, i): AppliedStep => {
      const { state: next, growth } = applyStep(stage.rules, before, indexes[i] ?? 0n, step)
      before = next
      return { step, after: next, growth }
    })
    return { scene: { world, parent: { sealed: block, state }, book }, steps: applied, forced, post: postOf(applied) }
  }
})
