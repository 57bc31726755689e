// A node that answers with something other than what it was asked for: nothing is written down or paid for on its word.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { force } from '../../../../node/client/ethereum/force.ts'
import { lookUpKnown } from '../../../../node/client/look-up.ts'
import { makeOffer } from '../../../../node/client/offers/make.ts'
import { standingOf } from '../../../../node/client/offers/standing.ts'
import { pay as payBy } from '../../../../node/client/pay.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { type BridgeCall, forcedBy } from '../../../../node/ethereum/calls.ts'
import type { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { packTransaction } from '../../../../node/protocol/packed.ts'
import { signDigest } from '../../../../node/protocol/signature.ts'
import { decodeTransaction, type SignedTransaction } from '../../../../node/protocol/transaction.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { accountOf, genesisOf, pay, signOffer } from '../../../../scripts/assure/models/world.ts'
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
    proof_export: async () => ({ torrent: new Uint8Array(), files: [stray, parent, stray, child.file], left: 0 }),
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
      proof_export: async () => ({ torrent: new Uint8Array(), files: files.map(({ file }) => file), left: 0 }),
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

test('inputs that cannot be are neither signed for, nor written into an offer that nobody could read', async (t) => {
  const ids = Array.from({ length: 9 }, (_, i) => `${i}a`.repeat(20) as Infohash)
  const [a = '', b = ''] = ids
  const maker = { address: alice.address, sign: (digest: Uint8Array) => signDigest(digest, alice.key) }
  const terms = { give: { tokens: 5n }, want: { tokens: 5n, asset: ids[8] as Infohash } }
  for (const [prev, sum, forPayment] of [
    [[a], 5n, 'paid'],
    [[a], 4n, 'bad-answer'],
    [[], 5n, 'bad-answer'],
    [[a, a], 9n, 'bad-answer'],
    [[a, b], 9n, 'paid'],
    [ids.slice(0, 5), 9n, 'paid'],
    [ids, 9n, 'bad-answer'],
  ] as [Infohash[], bigint, string][]) {
    const url = await serve(t, {
      account_inputs: async () => ({ prev, sum, unorderedAncestors: 0, relayBits: 0 }),
      tx_submit: async ({ file }) => ({ ...record, infohash: infohashOf(file), file: undefined }),
    })
    const node = createNodeClient(url)
    const codeOf = async (act: () => Promise<unknown>, ok: string) =>
      await act().then(
        () => ok,
        (error) => error.code,
      )
    const said = `${prev.length} inputs with ${sum}`
    assert.equal(await codeOf(() => payBy(node, maker, { to: bob.address, tokens: 5n }, 1), 'paid'), forPayment, said)
    // An offer asks for one input first.
    const forOffer = prev.length === 1 && sum >= 5n ? 'made' : 'bad-answer'
    const made = await codeOf(() => makeOffer(node, maker, terms, 1), 'made')
    assert.equal(made, forOffer, said)
  }
})

test('of an offer nothing is believed but what names its own inputs, and a file that spends them', async (t) => {
  const give = prev.map((infohash) => infohash)
  const offer = signOffer(alice, {
    give: { tokens: 5n },
    want: { tokens: 5n, asset: 'ab'.repeat(20) as Infohash },
    time: 1,
    prev: give,
  })
  const [input = '' as Infohash] = give
  const spending = pay(alice, { to: alice.address, tokens: 5n, time: 9, prev: give })
  const stranger = pay(bob, { to: alice.address, tokens: 5n, time: 9, prev: give })
  const seen = { infohash: input, status: 'final', value: 7n } as const
  for (const [outputs, file, expected] of [
    [[seen], undefined, 'open'],
    [[{ ...seen, infohash: 'cd'.repeat(20) as Infohash }], undefined, 'bad-answer'],
    [[], undefined, 'bad-answer'],
    [[seen, seen], undefined, 'bad-answer'],
    [[{ ...seen, spentBy: spending.infohash }], spending.file, 'withdrawn'],
    [[{ ...seen, spentBy: spending.infohash }], stranger.file, 'bad-answer'],
    [[{ ...seen, spentBy: stranger.infohash }], stranger.file, 'bad-answer'],
    // It says that something counts, and has nothing to show for it.
    [[{ ...seen, spentBy: spending.infohash }], undefined, 'unknown'],
  ] as [Result<'account_outputs'>['outputs'], Uint8Array | undefined, string][]) {
    const url = await serve(t, {
      account_outputs: async () => ({ outputs }),
      tx_get: async ({ infohash }) => ({ ...record, infohash, file }),
    })
    const standing = await standingOf(createNodeClient(url), offer, 0).then(
      ({ state }) => state,
      (error) => error.code,
    )
    assert.equal(standing, expected)
  }
})
