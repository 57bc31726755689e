// What a node tells one that has just connected: the branch from its final block on, and what was mined and is not on Ethereum yet.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BridgeView, blockOf } from '../../../node/bridge/view.ts'
import { type NetworkStoreDeps, NodeStore } from '../../../node/network-store.ts'
import { decodeSealed, encodeSealed } from '../../../node/protocol/header.ts'
import { parseInfohash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { type Planted, plant, plantedId } from '../../../scripts/bench/planted-view.ts'

const WRONG = { verdict: 'invalid', step: 1, problem: 'Overspend', stated: ZERO_HASH } as const
/** Three of a branch, and beside its second a wrong one. */
const BRANCH: readonly Planted[] = [
  { on: 0, at: 1 },
  { on: 1, at: 2 },
  { on: 2, at: 3 },
  { on: 1, at: 4, verdict: WRONG },
]

/** Of every block here. */
const torrent = parseInfohash('ab'.repeat(20))

/** Only what the headers are read from. Of the block with which the node began it knows no torrent. */
function storeOf(
  made: BridgeView | undefined,
  mined: readonly Uint8Array[] = [],
  settled = made && blockOf(made, made.final),
): NodeStore {
  const view = made && {
    ...made,
    blocks: new Map([...made.blocks].map(([id, block]) => [id, id === made.root ? block : { ...block, torrent }])),
  }
  const ledger = { genesis: '', subscribe: () => () => undefined }
  const pool = { blocks: mined.map((sealed) => ({ sealed, torrent })) }
  return new NodeStore({
    ledger,
    pool,
    follower: view && { view, settled, torrentOf: ({ torrent: own }: { torrent: unknown }) => own },
  } as unknown as NetworkStoreDeps)
}

function sealedOf(view: BridgeView, number: number): Uint8Array {
  const block = view.blocks.get(plantedId(number))
  assert(block)
  return encodeSealed(block.sealed)
}

test('it is told the final block and the branch that leads from there, oldest first, then what was mined on it', () => {
  const view = { ...plant([...BRANCH]), final: plantedId(1) }
  const mined = sealedOf(plant([...BRANCH, { on: 3, at: 9 }]), 5)
  assert.deepEqual(
    storeOf(view, [mined]).headers(),
    [...[1, 2, 3].map((number) => sealedOf(view, number)), mined].map((sealed) => ({ sealed, torrent })),
  )
})

test('it is told from the block on that is final for good, with which a new node begins', () => {
  const view = { ...plant([...BRANCH]), final: plantedId(2) }
  const told = storeOf(view, [], blockOf(view, plantedId(1))).headers()
  assert.deepEqual(
    told.map(({ sealed }) => decodeSealed(sealed).header.height),
    [1n, 2n, 3n],
  )
})

test('genesis is told to nobody, since nobody mined it', () => {
  assert.deepEqual(storeOf(plant([])).headers(), [])
  const heights = storeOf(plant([...BRANCH]))
    .headers()
    .map(({ sealed }) => decodeSealed(sealed).header.height)
  assert.deepEqual(heights, [1n, 2n, 3n])
})

test('a node without Ethereum tells what was mined, as far as it knows', () => {
  const mined = sealedOf(plant([...BRANCH]), 2)
  assert.deepEqual(storeOf(undefined, [mined]).headers(), [{ sealed: mined, torrent }])
})

test('what a peer brings is of its host, and what the owner asked for by its infohash is of the owner', async () => {
  const sources: string[] = []
  const submit = async (_: Uint8Array, source: string) => {
    sources.push(source)
    return { status: 'accepted', missing: [], isNew: true }
  }
  const deps = { ledger: { genesis: '', subscribe: () => () => undefined, submit }, pool: { blocks: [] } }
  const store = new NodeStore(deps as unknown as NetworkStoreDeps)
  await store.onTransaction(torrent, new Uint8Array(), { id: 'cd'.repeat(20), host: '5.6.7.8' })
  await store.onTransaction(torrent, new Uint8Array(), { id: 'cd'.repeat(20), host: '' })
  await store.onTransaction(torrent, new Uint8Array(), { id: '', host: '' })
  assert.deepEqual(sources, ['5.6.7.8', '', 'asked'])
})
