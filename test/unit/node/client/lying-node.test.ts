// A node that answers with something other than what it was asked for: nothing is written down or paid for on its word.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { force } from '../../../../node/client/ethereum/force.ts'
import { lookUpKnown } from '../../../../node/client/look-up.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { type BridgeCall, forcedBy } from '../../../../node/ethereum/calls.ts'
import type { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { packTransaction } from '../../../../node/protocol/packed.ts'
import { decodeTransaction, type SignedTransaction } from '../../../../node/protocol/transaction.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { accountOf, genesisOf, pay } from '../../../../scripts/assure/models/world.ts'
import { serve } from '../../../support/rpc/serve.ts'

const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const prev = [genesisInfohash(genesisOf(alice))]
const [asked, other] = [1n, 2n].map((tokens) => pay(alice, { to: bob.address, tokens, time: 4, prev }).file)

const record = {
  status: 'accepted',
  firstSeen: 1,
  missing: [],
  rivals: [],
  block: undefined,
  step: undefined,
  unorderedAncestors: 0,
  problem: undefined,
} satisfies Omit<Result<'tx_get'>, 'infohash' | 'file'>

test('the file of another transaction is not taken for the one that was asked for', async (t) => {
  const [wanted, given] = [asked ?? new Uint8Array(), other ?? new Uint8Array()]
  const url = await serve(t, {
    tx_get: async ({ infohash }) => ({ ...record, infohash, file: given }),
  })
  const node = createNodeClient(url)
  assert.equal((await lookUpKnown(node, infohashOf(given), 0)).file?.length, given.length)
  await assert.rejects(lookUpKnown(node, infohashOf(wanted), 0), { code: 'bad-answer' })
})

test('only what a transaction stands on is forced with it', async (t) => {
  const [parent, stray] = [asked ?? new Uint8Array(), other ?? new Uint8Array()]
  const child = pay(bob, { to: alice.address, tokens: 1n, time: 5, prev: [infohashOf(parent)] })
  const url = await serve(t, {
    node_info: async () => EXAMPLES.node_info.result as never,
    tx_get: async ({ infohash }) => ({ ...record, infohash, file: child.file }),
    proof_export: async () => ({ torrent: new Uint8Array(), files: [stray, parent, stray, child.file] }),
  })
  const packed = [parent, child.file].map((file) => packTransaction(decodeTransaction(file) as SignedTransaction)) // by their making
  assert.deepEqual(await forcedThrough(url, child.infohash), [packed])
})

test('parents are forced before their children, in whatever order a node tells of them', async (t) => {
  const chain = [pay(alice, { to: bob.address, tokens: 3n, time: 6, prev })]
  for (let i = 0; i < 4; i++) {
    const [from, to] = i % 2 === 0 ? [bob, alice] : [alice, bob]
    // The last one spends the first one's change too, so that there are two ways down.
    const ids = [chain.at(-1), i === 3 ? chain[0] : undefined].flatMap((each) => each?.infohash ?? [])
    chain.push(pay(from, { to: to.address, tokens: 1n, time: 7 + i, prev: ids }))
  }
  const last = chain.at(-1)
  assert.ok(last)
  for (const files of [chain.toReversed(), [...chain.slice(2), ...chain.slice(0, 2)], [...chain, ...chain]]) {
    const url = await serve(t, {
      node_info: async () => EXAMPLES.node_info.result as never,
      tx_get: async ({ infohash }) => ({ ...record, infohash, file: last.file }),
      proof_export: async () => ({ torrent: new Uint8Array(), files: files.map(({ file }) => file) }),
    })
    assert.deepEqual(await forcedThrough(url, last.infohash), [chain.map(({ packed }) => packed)])
  }
})

/** What each call would put into the queue that is sent for this transaction by what the node at `url` tells. */
async function forcedThrough(url: string, infohash: Infohash): Promise<readonly (readonly Uint8Array[])[]> {
  const calls: BridgeCall[] = []
  const send = async (call: BridgeCall) => {
    calls.push(call)
    throw new Error('nothing is sent in this test')
  }
  const sender = { open: () => undefined, signed: () => undefined, send } as unknown as TransactionSender // no more of it is asked for before
  await assert.rejects(force(createNodeClient(url), sender, infohash), /nothing is sent/)
  return calls.map(forcedBy)
}
