// Whole ledgers over loopback that differ: what each says of the other, as `node_peers` and the log do.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BridgeView } from '../../../../node/bridge/view.ts'
import { Ledger } from '../../../../node/ledger/ledger.ts'
import { Network } from '../../../../node/network/network.ts'
import { type NetworkStoreDeps, NodeStore } from '../../../../node/network-store.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { agreementsOf, toAgreement } from '../../../../node/rpc/handlers/agreements.ts'
import type { NodeParts } from '../../../../node/rpc/handlers/parts.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../../scripts/assure/models/world.ts'
import { plant, plantedId } from '../../../../scripts/bench/planted-view.ts'
import { SILENT, until } from '../network/lab.ts'

const [alice, bob, carol] = [accountOf('alice'), accountOf('bob'), accountOf('carol')]
const genesis = genesisOf(alice)
const first = genesisInfohash(genesis)
const WRONG = { verdict: 'invalid', step: 1, problem: 'Overspend', stated: plantedId(0) } as const

type Payment = { readonly file: Uint8Array; readonly infohash: Infohash }

function payment(from: typeof alice, to: typeof alice, tokens: bigint, prev: Infohash): Payment {
  return pay(from, { to: to.address, tokens, time: 0, prev: [prev] })
}

/** A started node of which the clock runs twenty times as fast, so that who waits for the other waits less. */
async function nodeWith(
  stack: AsyncDisposableStack,
  payments: readonly Payment[],
  { peers = [], view, isHeld = false }: { peers?: readonly Network[]; view?: BridgeView; isHeld?: boolean } = {},
) {
  const database = await mkdtemp(join(tmpdir(), 'ttx-agreement-'))
  stack.defer(() => rm(database, { recursive: true, force: true }))
  const ledger = stack.use(new Ledger({ database, rules: RULES, genesis, log: SILENT, clock: () => 1_800_000_000_000 }))
  await ledger.start()
  for (const { file } of payments) await ledger.submit(file, 'user')
  if (isHeld) ledger.hold()
  // Of blocks only the view is asked for, and of the pool nothing.
  const follower = view && { view, status: { state: 'live' }, settled: view.blocks.get(view.root), torrentOf: () => {} }
  const store = new NodeStore({ ledger, pool: { blocks: [] }, follower } as unknown as NetworkStoreDeps)
  const addresses = peers.map((peer) => `${peer.address().host}:${peer.address().port}`)
  const now = () => 20 * performance.now()
  const network = stack.use(new Network({ store, log: SILENT, now }, { peers: addresses }))
  await network.start()
  const parts = { ledger, network, store, follower } as unknown as NodeParts
  return {
    ledger,
    network,
    /** What it says of its only peer; undefined as long as it has none. */
    says: () => {
      const [one] = agreementsOf(parts)
      return one && toAgreement(parts, one.agreement)
    },
  }
}

test('a node that lacks payments is behind by so many, then in step', async () => {
  await using stack = new AsyncDisposableStack()
  const one = payment(alice, bob, 5n, first)
  const two = payment(bob, carol, 2n, one.infohash)
  const full = await nodeWith(stack, [one, two])
  const late = await nodeWith(stack, [], { peers: [full.network], isHeld: true })
  await until(() => full.says()?.verdict === 'behind' && late.says()?.verdict === 'ahead', 'both see who is behind')
  assert.deepEqual(full.says(), { verdict: 'behind', lacks: 2 })
  assert.deepEqual(late.says(), { verdict: 'ahead', has: 2 })
  late.ledger.release()
  await until(() => full.says()?.verdict === 'in-step' && late.says()?.verdict === 'in-step', 'both are in step')
})

test('two that saw the payments of a double spend in another order say which, and it is no fault', async () => {
  await using stack = new AsyncDisposableStack()
  const [x, y] = [payment(alice, bob, 5n, first), payment(alice, carol, 6n, first)]
  // What descends from one of them counts there alone, too.
  const child = payment(bob, carol, 1n, x.infohash)
  const left = await nodeWith(stack, [x, child])
  const right = await nodeWith(stack, [y], { peers: [left.network] })
  await until(
    () => left.says()?.verdict === 'first-seen' && right.says()?.verdict === 'first-seen',
    'both know why they differ',
    60_000,
  )
  assert.deepEqual(left.says(), {
    verdict: 'first-seen',
    lacks: 2,
    has: 1,
    rivals: [{ here: [x.infohash], there: y.infohash }],
  })
  const said = right.says()
  assert.deepEqual([said?.lacks, said?.has], [1, 2])
  assert.deepEqual(
    said?.rivals?.find(({ there }) => there === x.infohash),
    { here: [y.infohash], there: x.infohash },
  )
  assert.equal(left.network.peers().length, 1)
})

test('two that hold other blocks for wrong are on other branches since the last that both have', async () => {
  await using stack = new AsyncDisposableStack()
  // Blocks 1 and 2, and on them 3 and 4 or 5: each node holds the branch of the other for wrong.
  const blocks = (left: boolean) => [
    { on: 0, at: 1 },
    { on: 1, at: 2 },
    { on: 2, at: 3, ...(left ? {} : { verdict: WRONG }) },
    { on: 3, at: 4, ...(left ? {} : { verdict: { verdict: 'doomed', by: plantedId(3) } as const }) },
    { on: 2, at: 5, ...(left ? { verdict: WRONG } : {}) },
  ]
  const one = await nodeWith(stack, [], { view: plant(blocks(true)) })
  const other = await nodeWith(stack, [], { view: plant(blocks(false)), peers: [one.network] })
  await until(() => one.says()?.since !== undefined && other.says()?.since !== undefined, 'both say so')
  const since = { id: plantedId(2), height: 2n }
  assert.deepEqual(one.says(), { verdict: 'other-branch', lacks: 0, has: 0, since })
  assert.deepEqual(other.says(), { verdict: 'other-branch', lacks: 0, has: 0, since })
})
