// The follower and the real ledger where blobs come after their blocks became final: as with every node that begins late, or was off for a day.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { OperationError } from '../../../../node/errors.ts'
import { Ledger } from '../../../../node/ledger/ledger.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { finalized, type MadeBlock, published } from '../../../support/bridge/scenario.ts'

const DEPTH = 4n

type Shape = { readonly isInBlobs: boolean; readonly isFinal: boolean; readonly isWrong?: boolean }

/** A node and its ledger before a chain of such blocks, whose blobs are held back until `release`. */
async function begin(t: TestContext, seed: number, shapes: readonly Shape[]) {
  const driver = new Driver(seed)
  const { forge, ethereum } = driver
  const { rules, genesis } = forge.network
  const blocks: MadeBlock[] = []
  for (const { isInBlobs, isFinal, isWrong = false } of shapes) {
    const block = forge.make(blocks.at(-1) ?? forge.genesis, [], { transactions: 4, isInBlobs, isWrong })
    driver.mine(published(block, ethereum.head.time))
    assert.equal(block.inBlobs !== undefined, isInBlobs)
    if (isFinal) driver.mine(finalized(block))
    blocks.push(block)
  }
  for (let i = 0n; i < DEPTH; i++) driver.mine()
  const folder = await mkdtemp(join(tmpdir(), 'ttx-ledger-'))
  const log = pino({ level: 'silent' })
  const ledger = new Ledger({ database: folder, rules, genesis, log, clock: () => 1_900_000_000_000 })
  await ledger.start()
  const released = new Set<Hash>()
  const find = async ({ hashes }: { readonly hashes: readonly Hash[] }) => {
    if (hashes.every((hash) => released.has(hash))) return forge.blobsOf(hashes)
    throw new OperationError('blobs-missing', 'expected blobs, got none', { retry: true })
  }
  const node = await TestFollower.start(
    ethereum.connect(),
    forge.network,
    { finalityDepth: DEPTH },
    undefined,
    undefined,
    {
      blobs: { find },
    },
  )
  t.after(async () => {
    await node[Symbol.asyncDispose]()
    await ledger.stop()
    await rm(folder, { recursive: true })
  })
  const { follower } = node
  let ordering = Promise.resolve()
  const failures: unknown[] = []
  follower.on('branch', (branch) => {
    ordering = ordering.then(() => ledger.setBranch(branch)).catch((error) => void failures.push(error))
  })
  return {
    ...{ driver, forge, ethereum, follower, blocks, failures },
    release: (block: MadeBlock | undefined) => {
      for (const hash of block?.inBlobs?.hashes ?? []) released.add(hash)
    },
    /** Heights of the ledger: what is final, and the tip. */
    heights: async () => {
      assert.equal(follower.status.state, 'live')
      await ordering
      const { final, blocks: above } = ledger.branch()
      return [final.height, (above.at(-1) ?? final).height].map(Number)
    },
    until: async (isDone: () => boolean) => {
      const deadline = performance.now() + 60_000
      for (; !isDone(); await delay(5)) {
        assert.ok(performance.now() < deadline, 'nothing more was judged')
        await follower.poll()
      }
      await follower.poll()
    },
  }
}

for (const [seed, form] of [
  [701, 'b'],
  [712, 'cbcbb'],
  [703, 'cbb.c.'],
  [704, 'bbc.'],
] as const) {
  // c in calldata, b in blobs; with a dot not final.
  const shapes = [...form.matchAll(/[bc]\.?/g)].map(([each]) => ({
    isInBlobs: each.startsWith('b'),
    isFinal: !each.endsWith('.'),
  }))
  test(`the ledger follows up to what is judged, and on when blobs come, also of final blocks (${form})`, async (t) => {
    const { driver, forge, ethereum, follower, blocks, failures, release, heights, until } = await begin(
      t,
      seed,
      shapes,
    )
    const verdictOf = (block: MadeBlock) => follower.view.blocks.get(block.id)?.verdict.verdict
    const finals = shapes.filter(({ isFinal }) => isFinal).length
    await follower.poll()
    for (const [i, block] of blocks.entries()) {
      if (!shapes[i]?.isInBlobs) continue
      assert.deepEqual(await heights(), [Math.min(i, finals), i])
      release(block)
      await until(() => verdictOf(block) === 'valid')
    }
    await until(() => blocks.every((block) => verdictOf(block) === 'valid'))
    assert.deepEqual(await heights(), [finals, blocks.length])
    driver.mine(published(forge.make(blocks.at(-1) ?? forge.genesis, []), ethereum.head.time))
    await follower.poll()
    assert.deepEqual(await heights(), [finals, blocks.length + 1])
    assert.deepEqual(failures, [])
  })
}

test('the ledger stays below a final block whose blobs show that it is wrong', async (t) => {
  const { follower, blocks, failures, release, heights, until } = await begin(t, 705, [
    { isInBlobs: false, isFinal: true },
    { isInBlobs: true, isFinal: true, isWrong: true },
    { isInBlobs: false, isFinal: false },
  ])
  await follower.poll()
  assert.deepEqual(await heights(), [1, 1])
  release(blocks[1])
  await until(() => follower.view.death !== undefined)
  assert.equal(follower.status.state, 'dead')
  assert.deepEqual(failures, [])
})
