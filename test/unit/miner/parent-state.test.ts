// The state to build on: from what is known, from the node's files or by replay, whatever of it is missing or wrong, and never a wrong one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ParentStates } from '../../../miner/parent-state.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'
import { blockFiles } from '../../../node/protocol/block-torrent.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { blockId, decodeSealed, encodeSealed, genesisBlock } from '../../../node/protocol/header.ts'
import { type Hash, toHash } from '../../../node/protocol/ids.ts'
import { countsOf, type Lane, type QueuePlace } from '../../../node/protocol/queue.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import type { Step } from '../../../node/protocol/step.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import type { Method } from '../../../node/rpc/api.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../scripts/assure/models/world.ts'
import { type Forged, forge } from '../../support/miner/forge.ts'

const holder = accountOf('holder')
const genesis = genesisOf(holder)
// Far easier than any bridge allows: nothing here is about work.
const easiestTarget = 2n ** 255n

test('the state after genesis comes from its transaction', async () => {
  const { states, root, rootBlock } = chain(0)
  const parent = await states.blockOf(root, rootBlock)
  assert.equal(stateRoot(parent.state), rootBlock.header.state)
})

test('a block on a known one is replayed, a far one is rebuilt from its snapshot, and what is known is not asked for', async () => {
  const { states, root, rootBlock, blocks, calls } = chain(4)
  await states.blockOf(root, rootBlock)
  const [first, , , last] = blocks
  assert.ok(first && last)
  await states.blockOf(first.next.id, first.sealed)
  assert.equal(calls.get('bridge_files'), undefined)
  const rebuilt = await states.blockOf(last.next.id, last.sealed)
  assert.equal(stateRoot(rebuilt.state), stateRoot(last.next.state))
  assert.equal(calls.get('bridge_files'), 1)
  const asked = [...calls.values()]
  assert.equal((await states.blockOf(last.next.id, last.sealed)).state, rebuilt.state)
  assert.deepEqual([...calls.values()], asked)
})

test('where snapshots are gone, blocks are replayed from the nearest state that can be had', async () => {
  const { states, blocks, calls, told, without } = chain(4)
  const [, second, third, last] = blocks
  assert.ok(second && third && last)
  without(third.next.id, last.next.id)
  const { state } = await states.blockOf(last.next.id, last.sealed)
  assert.equal(stateRoot(state), stateRoot(last.next.state))
  assert.equal(calls.get('bridge_files'), 3)
  assert.deepEqual(told, [])
})

for (const [how, spoil] of [
  ['those of another block', ({ swap, blocks: [first] }: Chain, id: Hash) => first && swap(id, first.next.id)],
  ['cut off', ({ garble }: Chain, id: Hash) => garble(id, (outputs) => outputs.subarray(1))],
  ['empty', ({ garble }: Chain, id: Hash) => garble(id, () => new Uint8Array())],
  ['twice', ({ garble }: Chain, id: Hash) => garble(id, (outputs) => Buffer.concat([outputs, outputs]))],
] as const) {
  test(`where the files that the node serves are ${how}, it is said, and the block is replayed`, async () => {
    const node = chain(4)
    const [, second, third, last] = node.blocks
    assert.ok(second && third && last)
    for (const { next } of [second, third, last]) spoil(node, next.id)
    const { state } = await node.states.blockOf(last.next.id, last.sealed)
    assert.equal(stateRoot(state), stateRoot(last.next.state))
    assert.deepEqual(
      node.told.map(({ code, facts }) => [code, facts['block']]),
      [last, third, second].map(({ next }) => ['bad-snapshot', next.id]),
    )
  })
}

test('the queue is read as far back as a replay needs it, and no further', async () => {
  const { states, blocks, calls, asked, without } = chain(5, [1, 3])
  const last = blocks.at(-1)
  assert.ok(last)
  without(...blocks.map(({ next }) => next.id))
  const { state, header } = await states.blockOf(last.next.id, last.sealed)
  assert.equal(stateRoot(state), stateRoot(last.next.state))
  assert.deepEqual(countsOf(header.lanes), { deposits: 0n, assets: 0n, forced: 2n })
  assert.deepEqual(
    asked.map(({ lane, index }) => [lane, index]),
    [
      ['forced', 0n],
      ['forced', 1n],
    ],
  )
  assert.equal(calls.get('bridge_queue'), 2)
})

test('a void step whose entry the node does not have is no verdict, and is said', async () => {
  const { states, blocks, without, forgetQueue } = chain(3, [1])
  const last = blocks.at(-1)
  assert.ok(last)
  without(...blocks.map(({ next }) => next.id))
  forgetQueue()
  const unknown = {
    code: 'state-unknown',
    retry: true,
    message: /step 0 of that block .* entry 0 of the lane of forced /,
  }
  await assert.rejects(states.blockOf(last.next.id, last.sealed), unknown)
})

test('a block that is wrong by our own replay is nothing to build on, whatever the node says', async () => {
  const { states, blocks, without, change } = chain(2)
  const [first, last] = blocks
  assert.ok(first && last)
  without(first.next.id, last.next.id)
  change(last.next.id, (block) => ({ ...block, states: new Uint8Array(32) }))
  const wrong = { code: 'state-unknown', message: /own replay finds it wrong: WrongState/ }
  await assert.rejects(states.blockOf(last.next.id, last.sealed), wrong)
  change(last.next.id, () => ({ ...first, sealedBytes: last.sealedBytes }))
  await assert.rejects(states.blockOf(last.next.id, last.sealed), { code: 'state-unknown' })
  change(last.next.id, (block) => ({ ...block, states: new Uint8Array(31) }))
  await assert.rejects(states.blockOf(last.next.id, last.sealed), { code: 'state-unknown', message: /32 bytes/ })
})

test('another header under the id of an ancestor is refused', async () => {
  const { states, blocks, without, change } = chain(3)
  const [first, second, last] = blocks
  assert.ok(first && second && last)
  without(second.next.id, last.next.id)
  change(second.next.id, () => first)
  await assert.rejects(states.blockOf(last.next.id, last.sealed), { code: 'bad-answer', retry: true })
})

test('a node that has no state of 129 blocks is not followed any further', async () => {
  const { states, blocks, calls, without } = chain(130)
  const [first, , third] = blocks
  const last = blocks.at(-1)
  assert.ok(first && third && last)
  without(...blocks.map(({ next }) => next.id))
  await assert.rejects(states.blockOf(last.next.id, last.sealed), { code: 'state-unknown', retry: true })
  assert.equal(calls.get('bridge_files'), 129)
  // One whose files are there is near enough.
  const found = await states.blockOf(third.next.id, third.sealed)
  assert.equal(stateRoot(found.state), stateRoot(third.next.state))
})

test('a node that cannot be reached is no reason to replay anything', async () => {
  const { states, blocks, calls, fail } = chain(3)
  const last = blocks.at(-1)
  assert.ok(last)
  fail(new OperationError('node-unreachable', 'nobody answers', { retry: true }))
  await assert.rejects(states.blockOf(last.next.id, last.sealed), { code: 'node-unreachable' })
  assert.deepEqual([...calls], [['bridge_files', 1]])
})

test('a node with another genesis, or none, is called so', async () => {
  const { states, root, rootBlock, forgetGenesis } = chain(0)
  forgetGenesis(encodeTransaction(genesisOf(accountOf('somebody else'))))
  await assert.rejects(states.blockOf(root, rootBlock), { code: 'state-unknown' })
  forgetGenesis()
  await assert.rejects(states.blockOf(root, rootBlock), { code: 'state-unknown' })
})

type Chain = ReturnType<typeof chain>
type Served = Pick<Forged, 'sealedBytes' | 'steps' | 'states'>

/** A node that has a chain of blocks, each with one payment; those of `voids` begin with a forced transaction that is void. */
function chain(length: number, voids: readonly number[] = []) {
  const state = genesisState(genesis)
  const rootBlock = genesisBlock({
    ...RULES,
    easiestTarget,
    state: stateRoot(state),
  })
  const root = blockId(rootBlock)
  const blocks: Forged[] = []
  const queue: Uint8Array[] = []
  let last = genesisInfohash(genesis)
  for (let i = 0; i < length; i++) {
    const parent = blocks.at(-1)?.next ?? { id: root, header: rootBlock.header, state }
    const steps: Step[] = []
    if (voids.includes(i)) {
      const packed = pay(accountOf('poor'), { to: accountOf(`${i}`).address, tokens: 5n, time: i, prev: [last] }).packed
      queue.push(packed)
      steps.push({ kind: 'void', fee: toGwei(7n), packedHash: toHash(keccak(packed)) })
    }
    const { packed, infohash } = pay(holder, { to: accountOf(`${i}`).address, tokens: 5n, time: i, prev: [last] })
    steps.push({ kind: 'transaction', packed })
    blocks.push(forge(RULES, parent, steps, easiestTarget, holder.address))
    last = infohash
  }
  const calls = new Map<Method, number>()
  const asked: QueuePlace[] = []
  const told: OperationError[] = []
  const gone = new Set<Hash>()
  const swapped = new Map<Hash, Hash>()
  const garbled = new Map<Hash, (outputs: Uint8Array) => Uint8Array>()
  const changed = new Map<Hash, (block: Forged) => Served>()
  let failure: OperationError | undefined
  let file: Uint8Array | undefined = encodeTransaction(genesis)
  const find = (id: Hash) => blocks.find(({ next }) => next.id === id)
  const filesOf = (id: Hash) => {
    if (gone.has(id)) throw new OperationError('files-unknown', 'gone')
    const block = find(swapped.get(id) ?? id)
    assert.ok(block)
    const files = blockFiles({ ...block, requests: [], state: block.next.state })
    const garble = garbled.get(id) ?? ((outputs: Uint8Array) => outputs)
    return files.map(({ name, bytes }) => ({ name, bytes: name === 'outputs.bin' ? garble(bytes) : bytes }))
  }
  const answer = (method: Method, id: Hash, place: QueuePlace): unknown => {
    if (failure !== undefined) throw failure
    if (method === 'node_info') return { network: { genesis: genesisInfohash(genesis) } }
    if (method === 'tx_get') return file === undefined ? {} : { file }
    if (method === 'bridge_files') return { files: filesOf(id) }
    if (method === 'bridge_queue') {
      asked.push(place)
      const entries = queue.map((packed, i) => ({ index: BigInt(i), kind: 'forced', time: 1, fee: 7n, packed }))
      return { entries: entries.slice(Number(place.index)), length: BigInt(queue.length) }
    }
    const block = find(id)
    const none = { sealedBytes: encodeSealed(rootBlock), steps: new Uint8Array(), states: new Uint8Array() }
    const { sealedBytes: sealed, steps, states } = (block && changed.get(id)?.(block)) ?? block ?? none
    return { parent: decodeSealed(sealed).header.parent, sealed, packedSteps: steps, states }
  }
  const node: NodeClient = {
    url: 'http://test',
    call: async (method, params) => {
      calls.set(method, (calls.get(method) ?? 0) + 1)
      const id = 'id' in params ? (params.id as Hash) : root
      const { lane, from: index } = { lane: 'forced', from: 0n, ...params } as { lane: Lane; from: bigint }
      return answer(method, id, { lane, index }) as never
    },
  }
  return {
    states: new ParentStates(node, RULES, (problem) => told.push(problem)),
    root,
    rootBlock,
    blocks,
    calls,
    asked,
    told,
    without: (...ids: readonly Hash[]) => {
      for (const id of ids) gone.add(id)
    },
    swap: (id: Hash, other: Hash) => swapped.set(id, other),
    garble: (id: Hash, how: (outputs: Uint8Array) => Uint8Array) => garbled.set(id, how),
    change: (id: Hash, how: (block: Forged) => Served) => changed.set(id, how),
    fail: (error: OperationError) => {
      failure = error
    },
    forgetQueue: () => queue.splice(0),
    forgetGenesis: (other?: Uint8Array) => {
      file = other
    },
  }
}
