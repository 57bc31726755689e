// The torrent that a publication names is a hint for the swarm: what it names decides nothing, and nobody is served another block's files for it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockTorrent } from '../../../../node/protocol/block-torrent.ts'
import { parseInfohash } from '../../../../node/protocol/ids.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import type { MadeBlock } from '../../../support/bridge/scenario.ts'

const NOWHERE = parseInfohash('ab'.repeat(20))

test('files are those of the block, by its id, whatever its publication names', async () => {
  const driver = new Driver(101)
  const { forge, ethereum } = driver
  await using seen = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 2n })
  const { follower } = seen
  const old = forge.make(forge.genesis, [], { transactions: 3 })
  const { torrent } = old
  driver.grow(forge.genesis, old)
  // Six that name the torrent of the first, and six that name one that exists nowhere, one on the other.
  const liars: MadeBlock[] = []
  for (let i = 0; i < 12; i++) {
    const parent = liars.at(-1) ?? old
    const block = forge.make(parent, [], { transactions: 1, torrent: i % 2 === 0 ? torrent : NOWHERE })
    driver.grow(parent, block)
    liars.push(block)
  }
  assert.equal((await follower.poll()).state, 'live')
  const files = await follower.filesOf(torrent)
  assert.ok(files)
  assert.deepEqual(await filesById(old), files)
  assert.equal(await follower.filesOf(NOWHERE), undefined)
  for (const { id } of liars) assert.equal(follower.block(id)?.verdict.verdict, 'valid')
  for (const block of liars) {
    const own = await filesById(block)
    assert.ok(own)
    assert.ok(own.some(({ name, bytes }) => name === 'steps.bin' && Buffer.from(bytes).equals(block.steps)))
  }

  async function filesById({ id }: MadeBlock) {
    const content = await follower.contentOf(id)
    return content && blockTorrent(content).files
  }
})
