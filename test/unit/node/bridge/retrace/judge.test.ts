// Whatever the judge of blocks finds right, the replay of the past finds right too: an honest old block must never be what kills a young node.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retrace } from '../../../../../node/bridge/retrace/check.ts'
import { decodePastBlock, encodePastBlock, type PastBlock } from '../../../../../node/bridge/retrace/past-block.ts'
import { applyStep } from '../../../../../node/protocol/apply.ts'
import { writeBlobs } from '../../../../../node/protocol/blob.ts'
import { type AppliedStep, blobHeadOf, blobRowsOf, deriveBlobHeader } from '../../../../../node/protocol/blob-block.ts'
import { blobHash } from '../../../../../node/protocol/blob-hash.ts'
import { assembleBlock, type ParentBlock } from '../../../../../node/protocol/block.ts'
import { encodeUint } from '../../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../../node/protocol/hash.ts'
import { blockId, genesisBlock, type SealedHeader } from '../../../../../node/protocol/header.ts'
import { toHash, ZERO_HASH } from '../../../../../node/protocol/ids.ts'
import { ofLanes, type QueueEntry } from '../../../../../node/protocol/queue.ts'
import { replay, type WholeBlock } from '../../../../../node/protocol/replay.ts'
import { stateRoot } from '../../../../../node/protocol/state.ts'
import { decodeStep, encodeStep, type Step, splitSteps, transactionIn } from '../../../../../node/protocol/step.ts'
import { toGwei } from '../../../../../node/protocol/units.ts'
import { verifyPacked } from '../../../../../node/protocol/verify.ts'
import { World } from '../../../../../scripts/assure/models/world.ts'
import { readerOf } from '../../../../support/queue.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 6)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const TARGET = 2n ** 240n

/** A chain of random right blocks, each as its poster would write it. */
class Chain {
  readonly world: World
  readonly queue: QueueEntry[] = []
  parent: ParentBlock
  #nonce = 0n

  constructor(worldSeed: number) {
    this.world = new World(worldSeed)
    this.world.endow()
    const { state, rules, queueIndex, assetIndex } = this.world
    const { header } = genesisBlock({ ...rules, easiestTarget: TARGET, state: stateRoot(state) })
    const counts = { deposits: queueIndex, assets: assetIndex, forced: 0n }
    const lanes = ofLanes((lane) => ({ count: counts[lane], hash: toHash(encodeUint(counts[lane], 32)) }))
    // Stands for what was consumed below, so that the numbers in the lanes are the queue's.
    for (let i = 0n; i < queueIndex; i++) this.queue.push({ kind: 'deposit', gross: 1n, to: rules.bridge })
    for (let i = 0n; i < assetIndex; i++)
      this.queue.push({ kind: 'entered', fee: toGwei(0n), amount: 1n, to: rules.bridge, asset: rules.bridge })
    this.parent = { id: ZERO_HASH, header: { ...header, lanes, height: 7n }, state }
  }

  next(isInBlobs: boolean): { readonly whole: WholeBlock; readonly past: PastBlock } {
    const { rules } = this.world
    const { steps, voids } = this.#steps()
    const { parent } = this
    if (!isInBlobs) {
      const { header, block } = assembleBlock(rules, parent, TARGET, steps)
      const sealed = this.#seal(header)
      return { whole: { sealed, ...block }, past: { sealed, rows: block, voids } }
    }
    const rows = blobRowsOf(steps)
    const blobs = writeBlobs(rows)
    const head = { hashes: blobs.map((blob) => blobHash(keccak(blob))), ...blobHeadOf(steps.map(({ step }) => step)) }
    const stated = { stepCount: steps.length, growth: rows.at(-1)?.growth ?? 0, state: stateRoot(this.world.state) }
    const sealed = this.#seal(deriveBlobHeader(rules, parent, TARGET, { ...head, ...stated }))
    return { whole: { sealed, blobs, ...head }, past: { sealed, rows: { blobs }, voids } }
  }

  #seal(header: SealedHeader['header']): SealedHeader {
    return { header, seal: { miner: this.world.rules.bridge, nonce: toHash(encodeUint(++this.#nonce, 32)) } }
  }

  /** Those of the queue first, lane by lane; of the forced ones the second half comes too late. */
  #steps(): { readonly steps: AppliedStep[]; readonly voids: Uint8Array[] } {
    const { world } = this
    const steps: AppliedStep[] = []
    const voids: Uint8Array[] = []
    const take = (step: Step) => {
      const encoded = encodeStep(step)
      const { reason, growth } = applyStep(world.rules, world.state, world.indexOf(step), encoded)
      if (reason !== 'None') return false
      world.apply(step)
      steps.push({ step: encoded, after: world.state, growth })
      return true
    }
    const some = Array.from({ length: 40 }, () => world.step())
    for (const kind of ['deposit', 'entered'] as const)
      for (const step of some) if (step.kind === kind && 'entry' in step && take(step)) this.queue.push(step.entry)
    const forced = some.flatMap((step) => (step.kind === 'applied' ? [step] : []))
    for (const { fee, packed } of [...forced, ...forced]) {
      this.queue.push({ kind: 'forced', fee, packed })
      if (take({ kind: 'applied', fee, packed })) continue
      assert.ok(take({ kind: 'void', fee, packedHash: toHash(keccak(packed)) }))
      voids.push(packed)
    }
    for (let i = 0; i < 12; i++) {
      const step = world.step()
      const packed = transactionIn(step)
      if (packed !== undefined) take({ kind: 'transaction', packed })
    }
    return { steps, voids }
  }
}

test(`right blocks with every kind of step lead to their headers, as the judge says (seed ${seed})`, () => {
  const kinds = new Set<string>()
  for (let run = 0; run < runs; run++) {
    const chain = new Chain(seed + run)
    let own: ParentBlock = chain.parent
    for (let i = 0; i < 5; i++) {
      const { whole, past } = chain.next(i % 2 === run % 2)
      const { rules } = chain.world
      const judged = replay(rules, chain.parent, whole, readerOf(chain.queue))
      assert.equal(
        judged.verdict,
        'valid',
        JSON.stringify(judged, (_, each) => (typeof each === 'bigint' ? `${each}` : each)),
      )
      own = retrace(rules, own, decodePastBlock(encodePastBlock(past)))
      assert.equal(own.id, blockId(whole.sealed))
      assert.equal(stateRoot(own.state), whole.sealed.header.state)
      chain.parent = { id: own.id, header: whole.sealed.header, state: chain.world.state }
      const { steps } = 'blobs' in past.rows ? { steps: undefined } : past.rows
      for (const step of steps === undefined ? [] : splitKinds(steps, rules)) kinds.add(step)
    }
  }
  for (const kind of ['deposit', 'entered', 'applied', 'void', 'transaction', 'take', 'asset', 'request'])
    assert.ok(kinds.has(kind), `no block had ${kind}, only ${[...kinds]}`)
})

function* splitKinds(steps: Uint8Array, rules: World['rules']): Generator<string> {
  for (const bytes of splitSteps(steps)) {
    const step = decodeStep(bytes)
    if (step === undefined) continue
    yield step.kind
    const packed = transactionIn(step)
    const verified = packed && verifyPacked(rules, packed)
    if (verified === undefined || typeof verified === 'string') continue
    const { tx } = verified
    if (tx.kind === 'take') yield 'take'
    if (tx.kind === 'signed' && tx.asset !== undefined) yield 'asset'
    if (tx.kind === 'signed' && tx.bridge !== undefined) yield 'request'
  }
}
