// What publishing a block in blobs costs, beside the gas of the blobs themselves, what refuting the worst step of one costs, and within which limits.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { proveRow } from '../../../miner/watch/refutation.ts'
import { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { refuteGas } from '../../../node/ethereum/calls.ts'
import { encodeRefutation } from '../../../node/ethereum/refute-call.ts'
import { writeBlobs } from '../../../node/protocol/blob.ts'
import { blobHeadOf } from '../../../node/protocol/blob-block.ts'
import { concat, encodeUint } from '../../../node/protocol/bytes.ts'
import { toBytes } from '../../../node/protocol/ids.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import { pay } from '../../../scripts/assure/models/world.ts'
import { carry, publishBlobs, sendHead, someBlobHashes } from '../../support/contract/blob-stage.ts'
import { appliedStep, packedBytes, someHash, transactionStep, voidStep } from '../../support/contract/blocks.ts'
import { crowd, deepen, fund, hashes, payee, sender, touched } from '../../support/contract/deep-state.ts'
import { freshForEach } from '../../support/contract/fresh.ts'
import { Stage } from '../../support/contract/stage.ts'

const stage = await Stage.start('blobs')
await freshForEach(stage.fixture)

const record = (step: number) => {
  const to = toBytes(someHash(step)).subarray(12)
  return concat(encodeUint(step, 4), to, encodeUint(10n ** 18n + BigInt(step), 16))
}
const records = (count: number) => concat(...Array.from({ length: count }, (_, i) => record(i)))

async function gasOf(head: Parameters<typeof sendHead>[1]): Promise<bigint> {
  const back = await stage.snapshot()
  const { receipt } = await sendHead(stage, head)
  await back()
  return receipt.gasUsed
}

it('a block in blobs costs 180,000 gas, and a record of its head 3,500', async (test) => {
  await carry(stage, someBlobHashes(1))
  const bare = await gasOf({ stepCount: 200 })
  const asking = await gasOf({ stepCount: 200, requests: records(200) })
  const forced = Array.from({ length: 10 }, (_, seed) => packedBytes({ payee: stage.fixture.account(5), seed }))
  const entries: Uint8Array[] = []
  for (const each of forced) entries.push(voidStep(await stage.force(each), each))
  const consuming = await gasOf({ stepCount: 200, entries: concat(...entries) })
  const [perRequest, perEntry] = [(asking - bare) / 200n, (consuming - bare) / 10n]
  await carry(stage, someBlobHashes(6))
  const full = await gasOf({ stepCount: 3_500, requests: records(200) })
  test.diagnostic(
    `no records ${bare}, a request ${perRequest}, a forced entry ${perEntry}, 3,500 steps with 200 requests ${full}`,
  )
  assert(bare <= 180_000n && perRequest <= 3_500n && perEntry <= 3_500n && full <= 900_000n)
})

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
