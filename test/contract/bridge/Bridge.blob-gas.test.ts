// What refuting the worst step of a block in blobs costs: a forced transaction, whose bytes are there twice.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { proveRow } from '../../../miner/watch/refutation.ts'
import { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { refuteGas } from '../../../node/ethereum/calls.ts'
import { encodeRefutation } from '../../../node/ethereum/refute-call.ts'
import { writeBlobs } from '../../../node/protocol/blob.ts'
import { blobHeadOf } from '../../../node/protocol/blob-block.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import { pay } from '../../../scripts/assure/models/world.ts'
import { publishBlobs } from '../../support/contract/blob-stage.ts'
import { appliedStep, transactionStep, voidStep } from '../../support/contract/blocks.ts'
import { crowd, deepen, fund, hashes, payee, sender, touched } from '../../support/contract/deep-state.ts'
import { freshForEach } from '../../support/contract/fresh.ts'
import { Stage } from '../../support/contract/stage.ts'

const stage = await Stage.start('blobs')
await freshForEach(stage.fixture)

it('the worst step in blobs is refuted for 3,100,000 gas, within what a refutation is given', async (test) => {
  await using pool = new KzgPool()
  const { fixture, rules, tip } = stage
  const body = { to: payee, tokens: 10n ** 20n, time: 2 ** 40 - 1, prev: hashes(8), memo: '~'.repeat(140) }
  const { packed, infohash } = pay(sender, body, rules)
  const names = touched(body.prev, infohash)
  const before = deepen(crowd(fund(8, 10n ** 20n), names, 159), names, 159)
  const fee = await stage.force(packed)
  await stage.force(packed)
  const steps = [voidStep(fee, packed), appliedStep(fee, packed), transactionStep({ payee })]
  const state = stateRoot(before)
  const blobs = writeBlobs(steps.map((step) => ({ step, state, requests: 0, growth: 0 })))
  const known = (await pool.hashes(blobs)).map((hash) => hash ?? assert.fail('not a blob'))
  const head = { ...blobHeadOf(steps), stepCount: steps.length, growth: 0, state }
  const { whole } = await publishBlobs(stage, { blobs, head }, known)
  const open = (all: readonly Uint8Array[], elements: readonly number[]) => pool.openings(all, elements)
  const refutation = await proveRow(rules, { parent: tip.block, block: whole }, before, 1, open)
  const receipt = await fixture.prove(refutation)
  assert.equal(fixture.events(receipt, 'BlockRefuted').length, 1)
  test.diagnostic(`the worst step ${receipt.gasUsed}`)
  assert(receipt.gasUsed <= 3_100_000n)
  assert(receipt.gasUsed <= refuteGas(encodeRefutation(refutation)))
})
