// A new node begins at the final block: who lies about it loses, who delivers nothing is waited for or done without, and a crash loses nothing.

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import type { BeginningSource } from '../../../../node/bridge/beginning.ts'
import type { BridgeFollower, FollowerDeps } from '../../../../node/bridge/follower.ts'
import { OperationError } from '../../../../node/errors.ts'
import { type BlockFile, blockTorrent } from '../../../../node/protocol/block-torrent.ts'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import { encodeSealed } from '../../../../node/protocol/header.ts'
import { type Infohash, parseInfohash } from '../../../../node/protocol/ids.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import type { MadeBlock } from '../../../support/bridge/scenario.ts'
import { FakeChain } from '../../../support/chain/fake-ethereum.ts'

const OPTIONS = { finalityDepth: 2n }
const LIE = parseInfohash('11'.repeat(20))
const OTHER_LIE = parseInfohash('22'.repeat(20))

type Source = Partial<BeginningSource> & Pick<BeginningSource, 'fetch'>

/** Final blocks of heights 1 to 5, one above them, and blocks of Ethereum that make them final for good. */
function world() {
  const driver = new Driver(71)
  const { forge, ethereum } = driver
  let parent = forge.genesis
  for (let i = 0; i < 6; i++) {
    const block = forge.make(parent, [], { transactions: 2 })
    driver.grow(parent, block)
    parent = block
  }
  for (let i = 0; i < 3; i++) driver.mine()
  const final = [...forge.blocks.values()].find(({ sealed }) => sealed.header.height === 5n)
  assert.ok(final)
  return { driver, forge, ethereum, final, tip: parent }
}

function filesOf(block: MadeBlock): readonly BlockFile[] {
  const { sealed, state, steps, states } = block
  return blockTorrent({ sealed, requests: [], state, steps, states }).files
}

function begun(
  { forge, ethereum }: ReturnType<typeof world>,
  source: Source,
  more: Partial<FollowerDeps> = {},
  folder?: string,
) {
  const beginning: BeginningSource = { mode: () => 'final', told: () => [], patienceMs: () => 1_000, ...source }
  return TestFollower.start(new Forgetful(ethereum), forge.network, OPTIONS, folder, undefined, { beginning, ...more })
}

/** Has no events of the past in questions about single blocks, so that what peers say is all there is; of all the past only if it is asked to. */
class Forgetful extends FakeChain {
  override async events(from: bigint, to: bigint) {
    if (from < to) return await super.events(from, to)
    throw new OperationError('ethereum-pruned-logs', 'expected old logs, got none', { retry: false })
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  const error = new OperationError('download-aborted', 'nobody delivered it in time', { retry: true })
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(error), { once: true }))
}

/** Every five milliseconds this many bytes more of 268,435,456, until it is given up. */
async function trickle(
  step: number,
  signal: AbortSignal,
  onProgress: (bytes: number, total: number) => void,
): Promise<never> {
  let bytes = 0
  const timer = setInterval(() => {
    bytes += step
    onProgress(bytes, 268_435_456)
  }, 5)
  return await aborted(signal).finally(() => clearInterval(timer))
}

function rootOf({ view }: BridgeFollower) {
  return view.blocks.get(view.root)?.sealed.header.height
}

test('who says that something else is the final block loses by it, is not believed, and holds nothing up', async () => {
  const made = world()
  const { final, forge } = made
  const sealed = encodeSealed(final.sealed)
  const below = forge.blocks.get(final.sealed.header.parent)
  assert.ok(below)
  const fetched: Infohash[] = []
  const blamed: Infohash[] = []
  const blame = (torrent: Infohash) => () => void blamed.push(torrent)
  await using young = await begun(made, {
    told: (id) => {
      assert.equal(id, final.id)
      return [LIE, OTHER_LIE, final.torrent].map((torrent) => ({ sealed, torrent, blame: blame(torrent) }))
    },
    fetch: async (torrent) => {
      fetched.push(torrent)
      // The balances of another block, none at all, and the right ones.
      if (torrent === LIE) return filesOf(below)
      return torrent === OTHER_LIE ? [{ name: 'outputs.bin', bytes: new Uint8Array(100) }] : filesOf(final)
    },
  })
  const status = await young.follower.poll()
  assert.equal(status.state, 'live', status.state === 'unknown' ? status.problem : '')
  assert.equal(rootOf(young.follower), 5n)
  assert.deepEqual(fetched, [LIE, OTHER_LIE, final.torrent])
  assert.deepEqual(blamed, [LIE, OTHER_LIE])
  assert.equal(young.follower.beginning, undefined)
})

test('a torrent that trickles without an end has turns, and the right one has its own', async () => {
  const made = world()
  const { final } = made
  const sealed = encodeSealed(final.sealed)
  const turns: Infohash[] = []
  await using young = await begun(made, {
    patienceMs: () => 300,
    told: () => [LIE, OTHER_LIE, final.torrent].map((torrent) => ({ sealed, torrent })),
    fetch: async (torrent, signal, onProgress) => {
      turns.push(torrent)
      // The right one takes longer than its first turn.
      if (torrent === final.torrent && turns.length > 3) return filesOf(final)
      return await trickle(1_000_000, signal, onProgress)
    },
  })
  assert.equal((await young.follower.poll()).state, 'live')
  assert.equal(rootOf(young.follower), 5n)
  assert.deepEqual(turns, [LIE, OTHER_LIE, final.torrent, LIE, OTHER_LIE, final.torrent])
})

test('a seeder that sends a little now and then does not keep a node from beginning at genesis', async () => {
  const { forge, ethereum, final } = world()
  const beginning: BeginningSource = {
    mode: () => 'final-or-genesis',
    patienceMs: () => 300,
    told: () => [{ sealed: encodeSealed(final.sealed), torrent: LIE }],
    fetch: (_, signal, onProgress) => trickle(16_384, signal, onProgress),
  }
  await using young = await TestFollower.start(ethereum.connect(), forge.network, OPTIONS, undefined, undefined, {
    beginning,
  })
  assert.equal((await young.follower.poll()).state, 'live')
  assert.equal(rootOf(young.follower), 0n)
})

test('where nobody delivers the final block, a node that must begin there says so and tries again', async () => {
  const made = world()
  const { final } = made
  let isSeeded = false
  await using young = await begun(made, {
    patienceMs: () => 30,
    told: () => [{ sealed: encodeSealed(final.sealed), torrent: final.torrent }],
    fetch: async (_, signal) => (isSeeded ? filesOf(final) : await aborted(signal)),
  })
  const status = await young.follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'final-not-seeded')
  assert.match(status.state === 'unknown' ? status.problem : '', /--from-genesis/)
  isSeeded = true
  assert.equal((await young.follower.poll()).state, 'live')
  assert.equal(rootOf(young.follower), 5n)
})

test('a node that may begin at genesis does so where nobody delivers the final block and old logs are there, and only then', async () => {
  const made = world()
  const { forge, ethereum } = made
  const either: Source = {
    mode: () => 'final-or-genesis',
    patienceMs: () => 30,
    fetch: (_, signal) => aborted(signal),
  }
  await using pruned = await begun(made, either)
  const status = await pruned.follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'final-not-seeded')
  const beginning: BeginningSource = { mode: () => 'final-or-genesis', told: () => [], ...either }
  await using whole = await TestFollower.start(ethereum.connect(), forge.network, OPTIONS, undefined, undefined, {
    beginning,
  })
  assert.equal((await whole.follower.poll()).state, 'live')
  assert.equal(rootOf(whole.follower), 0n)
})

test('the ledger gets the balances before anything else is told, and after a crash in the middle of it once more', async () => {
  const made = world()
  const { final } = made
  const source: Source = {
    told: () => [{ sealed: encodeSealed(final.sealed), torrent: final.torrent }],
    fetch: async () => filesOf(final),
  }
  let isTold = false
  const crashed = await begun(made, source, {
    onBegun: async () => {
      throw new OperationError('database-failed', 'the disk is full', { retry: false })
    },
  })
  crashed.follower.on('branch', () => {
    isTold = true
  })
  assert.equal((await crashed.follower.poll()).state, 'unknown')
  assert.equal(isTold, false)
  await crashed.follower.stop()
  await crashed.close()
  const given: (readonly [string, string])[] = []
  const nothing: Source = { fetch: () => assert.fail('all is here') }
  await using again = await begun(
    made,
    nothing,
    { onBegun: async ({ id }, outputs) => void given.push([id, formatHex(await outputs())]) },
    crashed.folder,
  )
  assert.ok(again.follower.isBegun)
  const outputs = filesOf(final).find(({ name }) => name === 'outputs.bin')
  assert.ok(outputs)
  assert.deepEqual(given, [[final.id, formatHex(outputs.bytes)]])
  assert.equal((await again.follower.poll()).state, 'live')
  await again.close()
  await rm(crashed.folder, { recursive: true })
})
