// What publishing a block in blobs costs, beside the gas of the blobs themselves, and within which limits.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { concat, encodeUint } from '../../../node/protocol/bytes.ts'
import { toBytes } from '../../../node/protocol/ids.ts'
import { carry, sendHead, someBlobHashes } from '../../support/contract/blob-stage.ts'
import { packedBytes, someHash, voidStep } from '../../support/contract/blocks.ts'
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
