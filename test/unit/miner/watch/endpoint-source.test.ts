// Facts from the logs of an endpoint, by the times that the contract keeps: the right ones among several of a moment, and after a reorganisation too.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BlobFinder, EndpointSource } from '../../../../miner/watch/evidence/endpoint-source.ts'
import type { WantedBlobs } from '../../../../node/ethereum/blobs/blob-source.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { blockId, genesisBlock } from '../../../../node/protocol/header.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { toGasPrice, toGwei, toTime } from '../../../../node/protocol/units.ts'
import { accountOf, genesisOf, RULES } from '../../../../scripts/assure/models/world.ts'
import { FakeEthereum, type UnplacedEvent } from '../../../support/chain/fake-ethereum.ts'
import { type Forged, forge } from '../../../support/miner/forge.ts'
import { forgeInBlobs } from '../../../support/miner/forge-blobs.ts'
import { madeUpId } from '../../../support/miner/made-up-tree.ts'

const holder = accountOf('holder')
const genesis = genesisOf(holder)
/** No work at all: nobody asks for it here. */
const easiestTarget = 2n ** 256n - 1n
const rootState = genesisState(genesis)
const rootBlock = genesisBlock({
  ...RULES,
  easiestTarget,
  state: stateRoot(rootState),
})
const root = { id: blockId(rootBlock), header: rootBlock.header, state: rootState }
const { signal } = new AbortController()

const one = forge(RULES, root, [], easiestTarget, holder.address)
const two = forge(RULES, one.next, [], easiestTarget, holder.address)
const three = forge(RULES, two.next, [], easiestTarget, holder.address)
const entries = [1, 2, 3].map((byte) => Uint8Array.of(byte))

test('of several blocks that were published in one second each is found by its id, in whichever block of Ethereum it is', async () => {
  const { ethereum, source } = open()
  ethereum.mine([published(one), published(two)], 200n)
  ethereum.mine([], 200n)
  ethereum.mine([published(three)], 200n)
  ethereum.mine([], 201n)
  for (const { next, sealed, steps, states } of [one, two, three]) {
    assert.deepEqual(await source.block(next.id, signal), { sealed, steps, states })
  }
})

test('of a block in blobs the logs tell all but the blobs, and where these are looked for, after a reorganisation too', async () => {
  const { ethereum, wanted, source } = open()
  const { hashes, entries, requests, sealed, ...made } = await forgeInBlobs(
    RULES,
    root,
    [],
    easiestTarget,
    holder.address,
    { wrong: Uint8Array.from({ length: 127 }, (_, at) => (at < 7 ? 0 : 1)) },
  )
  const event = { ...published(one), id: made.next.id, sealed: made.sealedBytes, body: { hashes, entries, requests } }
  ethereum.mine([])
  ethereum.mine([event], 300n)
  assert.deepEqual(await source.block(made.next.id, signal), { sealed, hashes, entries, requests })
  assert.deepEqual(await source.blobs(made.next.id, hashes, signal), [Uint8Array.of(1)])
  ethereum.drop(1)
  ethereum.mine([], 312n)
  ethereum.mine([event], 324n)
  await source.blobs(made.next.id, hashes, signal)
  assert.deepEqual(wanted, [
    { hashes, block: { number: 2n, time: 300n } },
    { hashes, block: { number: 3n, time: 324n } },
  ])
  assert.equal(await source.blobs(madeUpId('nothing'), hashes, signal), undefined)
  assert.equal(wanted.length, 2)
})

test('what nobody published is not there, nor is genesis, which has no log', async () => {
  const { ethereum, source } = open()
  ethereum.mine([published(one)])
  assert.equal(await source.block(madeUpId('nothing'), signal), undefined)
  assert.equal(await source.block(root.id, signal), undefined)
})

test('entries of the queue are found however they came, together or one by one', async () => {
  const { ethereum, source } = open()
  ethereum.mine([forced(0), forced(1)])
  for (let i = 0; i < 20; i++) ethereum.mine([])
  ethereum.mine([forced(2)])
  const expected = new Map(entries.map((packed, i) => [BigInt(i), packed]))
  assert.deepEqual(await source.forced([0n, 1n, 2n], signal), expected)
})

test('what a reorganisation moved to another time is found at the second attempt', async () => {
  const { ethereum, source } = open()
  for (let i = 0; i < 20; i++) ethereum.mine([])
  ethereum.mine([published(one)])
  ethereum.mine([])
  assert.ok(await source.block(one.next.id, signal))
  // The same numbers, other times: what was learnt of the old ones leads astray.
  const { time } = ethereum.head
  ethereum.drop(12)
  for (let i = 0; i < 9; i++) ethereum.mine([], ethereum.head.time + 1n)
  ethereum.mine([published(one)], time)
  ethereum.mine([], time + 1n)
  await source.block(one.next.id, signal).catch(() => undefined)
  assert.deepEqual((await source.block(one.next.id, signal))?.sealed, one.sealed)
})

test('a block is final if the contract has it as final', async () => {
  const { ethereum, source } = open()
  ethereum.mine([published(one), published(two)])
  ethereum.mine([{ kind: 'finalized', id: one.next.id, miner: holder.address, fee: 0n }])
  assert.deepEqual(await Promise.all([one, two, three].map(({ next }) => source.isFinal(next.id, signal))), [
    true,
    false,
    false,
  ])
})

function open() {
  const { chain, bridge, token, minRequest } = RULES
  const ethereum = new FakeEthereum({
    ...{ chain, bridge, token, minRequest, minDeposit: 1n, floorPrice: toGasPrice(7n), easiestTarget },
    ...{ genesis: root.id, deployedAt: toTime(100n) },
  })
  const wanted: WantedBlobs[] = []
  const finder: BlobFinder = {
    find: async (each) => {
      wanted.push(each)
      return [Uint8Array.of(wanted.length)]
    },
  }
  return { ethereum, wanted, source: new EndpointSource({ name: 'one', chain: ethereum.connect() }, finder) }
}

function published({ parent, next, sealedBytes, steps, states }: Forged): UnplacedEvent {
  const { id } = next
  return {
    kind: 'published',
    id,
    parent: parent.id,
    miner: holder.address,
    torrent: genesisInfohash(genesis),
    sealed: sealedBytes,
    body: { steps, states },
    time: toTime(0n),
  }
}

function forced(i: number): UnplacedEvent {
  const packed = entries[i] ?? new Uint8Array()
  return { kind: 'forced', index: BigInt(i), from: holder.address, fee: toGwei(7n), packed, time: toTime(0n) }
}
