// Every block forever: after a restart the torrents of all blocks come over the wire, by their infohashes, and a crowd of questions stops nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeFollower } from '../../../../node/bridge/follower.ts'
import type { TorrentFile } from '../../../../node/network/store.ts'
import { blockTorrent } from '../../../../node/protocol/block-torrent.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { Lab } from './lab.ts'
import { MemoryStore } from './memory-store.ts'

const OPTIONS = { finalityDepth: 2n }

/** A store whose blocks are those of a follower. */
class FollowedStore extends MemoryStore {
  readonly #follower: BridgeFollower

  constructor(follower: BridgeFollower) {
    super()
    this.#follower = follower
  }

  override blockFiles(torrent: Infohash): Promise<readonly TorrentFile[] | undefined> {
    return this.#follower.filesOf(torrent)
  }
}

/** A follower that was started again after this many final blocks. */
async function restarted(blocks: number, keep: bigint | 'all') {
  const driver = new Driver(81)
  const { forge, ethereum } = driver
  const first = await TestFollower.start(ethereum.connect(), forge.network, { ...OPTIONS, keep })
  let parent = forge.genesis
  for (let i = 0; i < blocks; i++) {
    const block = forge.make(parent, [], { transactions: 2 })
    driver.grow(parent, block)
    parent = block
    if (i % 5 === 0) assert.equal((await first.follower.poll()).state, 'live')
  }
  await first.follower.poll()
  await first.close()
  const again = await TestFollower.start(ethereum.connect(), forge.network, { ...OPTIONS, keep }, first.folder)
  const made = [...forge.blocks.values()].filter(({ id }) => id !== forge.genesis.id)
  return { follower: again.follower, made, stop: () => again.close() }
}

test('after a restart the torrents of all blocks, however old, come over the wire, and the RPC has the same files', async () => {
  await using lab = new Lab()
  const { follower, made, stop } = await restarted(50, 0n)
  lab.defer(stop)
  assert.equal((await follower.history()).from, 0n)
  const server = await lab.node({}, new FollowedStore(follower))
  const client = await lab.node({ peers: [server] })
  for (const { id, torrent } of made) {
    const hints = { peers: [server.address] }
    const files = await client.network.fetchBlock(torrent, AbortSignal.timeout(20_000), hints)
    const content = await follower.contentOf(id)
    assert.ok(content)
    const { files: ours, infohash } = blockTorrent(content)
    assert.equal(infohash, torrent)
    assert.deepEqual(
      files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('hex')]),
      ours.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('hex')]),
    )
  }
})

test('whoever asks for all old blocks at once gets a few of them, and who asks for one afterwards gets it', async (t) => {
  const { follower, made, stop } = await restarted(60, 'all')
  t.after(stop)
  const all = await Promise.all(made.map(({ torrent }) => follower.filesOf(torrent)))
  const served = all.filter((files) => files !== undefined).length
  assert.ok(served >= 1 && served <= 8, `${served} of ${all.length} were made`)
  for (const { torrent } of made.slice(0, 3)) assert.ok(await follower.filesOf(torrent))
})

test('states near the final block stay on disk as far back as was asked for, and few of the others', async (t) => {
  const all = await restarted(70, 'all')
  t.after(all.stop)
  const few = await restarted(70, 5n)
  t.after(few.stop)
  const [every, some] = await Promise.all([all, few].map(({ follower }) => follower.history()))
  assert.ok(every && some)
  assert.equal(some.keep, 5n)
  assert.ok(some.states < every.states, `${some.states} of ${every.states} states`)
})
