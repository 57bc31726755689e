// The state to build on: from what is known, by replay, or from a snapshot, and never a wrong one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ParentStates } from '../../../miner/parent-state.ts'
import { OperationError } from '../../../node/errors.ts'
import { blockFiles } from '../../../node/protocol/block-torrent.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { blockId, decodeSealed, encodeSealed, genesisBlock } from '../../../node/protocol/header.ts'
import type { Hash } from '../../../node/protocol/ids.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import type { Step } from '../../../node/protocol/step.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import type { Method } from '../../../node/rpc/api.ts'
import type { NodeClient } from '../../../node/rpc/client.ts'
import { accountOf, genesisOf, pay, RULES } from '../../world.ts'
import { type Forged, forge } from './forge.ts'

const holder = accountOf('holder')
const genesis = genesisOf(holder)
const easiestTarget = 2n ** 243n

test('the state after genesis comes from its transaction', async () => {
  const { states, root, rootBlock } = chain(0)
  const parent = await states.blockOf(root, rootBlock, none)
  assert.equal(stateRoot(parent.state), rootBlock.header.state)
})

test('a block on a known one is replayed, a far one is rebuilt from its snapshot, and what is known is not asked for', async () => {
  const { states, root, rootBlock, blocks, calls } = chain(4)
  await states.blockOf(root, rootBlock, none)
  const [first, , , last] = blocks
  assert.ok(first && last)
  await states.blockOf(first.next.id, first.sealed, none)
  assert.equal(calls.get('bridge_files'), undefined)
  const rebuilt = await states.blockOf(last.next.id, last.sealed, none)
  assert.equal(stateRoot(rebuilt.state), stateRoot(last.next.state))
  assert.equal(calls.get('bridge_files'), 1)
  const asked = [...calls.values()]
  assert.equal((await states.blockOf(last.next.id, last.sealed, none)).state, rebuilt.state)
  assert.deepEqual([...calls.values()], asked)
})

test('where snapshots are gone, blocks are replayed from the nearest state that can be had', async () => {
  const { states, blocks, calls, without } = chain(4)
  const [, second, third, last] = blocks
  assert.ok(second && third && last)
  without(third.next.id, last.next.id)
  const { state } = await states.blockOf(last.next.id, last.sealed, none)
  assert.equal(stateRoot(state), stateRoot(last.next.state))
  assert.equal(calls.get('bridge_files'), 3)
})

test('a snapshot that is not the state of the block is refused', async () => {
  const { states, blocks, swap } = chain(4)
  const [, second, , last] = blocks
  assert.ok(second && last)
  swap(last.next.id, second.next.id)
  await assert.rejects(states.blockOf(last.next.id, last.sealed, none), { code: 'bad-snapshot', retry: true })
})

test('a node without the genesis transaction is called so', async () => {
  const { states, root, rootBlock, forgetGenesis } = chain(0)
  forgetGenesis()
  await assert.rejects(states.blockOf(root, rootBlock, none), { code: 'bad-snapshot' })
})

function none() {
  return undefined
}

/** A node that has a chain of blocks, each with one payment. */
function chain(length: number) {
  const state = genesisState(genesis)
  const rootBlock = genesisBlock({
    ...RULES,
    easiestTarget,
    state: stateRoot(state),
    genesis: genesisInfohash(genesis),
  })
  const root = blockId(rootBlock)
  const blocks: Forged[] = []
  let last = genesisInfohash(genesis)
  for (let i = 0; i < length; i++) {
    const parent = blocks.at(-1)?.next ?? { id: root, header: rootBlock.header, state }
    const { packed, infohash } = pay(holder, { to: accountOf(`${i}`).address, tokens: 5n, time: i, prev: [last] })
    const step: Step = { kind: 'transaction', packed }
    blocks.push(forge(RULES, parent, [step], easiestTarget, holder.address))
    last = infohash
  }
  const calls = new Map<Method, number>()
  const gone = new Set<Hash>()
  const swapped = new Map<Hash, Hash>()
  let file: Uint8Array | undefined = encodeTransaction(genesis)
  const find = (id: Hash) => blocks.find(({ next }) => next.id === id)
  const answer = (method: Method, id: Hash): unknown => {
    if (method === 'tx_get') return file === undefined ? {} : { file }
    if (method === 'bridge_files') {
      if (gone.has(id)) throw new OperationError('files-unknown', 'gone')
      const block = find(swapped.get(id) ?? id)
      assert.ok(block)
      const content = { ...block, header: block.sealed.header, requests: [], state: block.next.state }
      return { files: blockFiles(content) }
    }
    const block = find(id)
    const sealed = block?.sealedBytes ?? encodeSealed(rootBlock)
    const { parent } = decodeSealed(sealed).header
    return { parent, sealed, packedSteps: block?.steps ?? new Uint8Array(), states: block?.states ?? new Uint8Array() }
  }
  const node: NodeClient = {
    url: 'http://test',
    call: async (method, params) => {
      calls.set(method, (calls.get(method) ?? 0) + 1)
      const id = 'id' in params ? (params.id as Hash) : root
      return answer(method, id) as never
    },
  }
  return {
    states: new ParentStates(node, RULES),
    root,
    rootBlock,
    blocks,
    calls,
    without: (...ids: readonly Hash[]) => {
      for (const id of ids) gone.add(id)
    },
    swap: (id: Hash, other: Hash) => swapped.set(id, other),
    forgetGenesis: () => {
      file = undefined
    },
  }
}
