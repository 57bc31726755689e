// tx_, account_ and proof_ over HTTP, of a real ledger: answers and errors are those that the description has (see serve.ts).

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { OperationError } from '../../../../node/errors.ts'
import { Ledger } from '../../../../node/ledger/ledger.ts'
import { encodeProof, parseProof } from '../../../../node/network/proof.ts'
import { OwnPayments } from '../../../../node/own-payments.ts'
import { encodeText } from '../../../../node/protocol/bytes.ts'
import { netOf } from '../../../../node/protocol/fee.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { depositTransaction } from '../../../../node/protocol/queue.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { transactionHandlers } from '../../../../node/rpc/handlers/transactions.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../../scripts/assure/models/world.ts'
import { log, serve } from '../../../support/rpc/serve.ts'

const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const genesis = genesisOf(alice)
const first = genesisInfohash(genesis)
const strange = 'f'.repeat(40) as Infohash

async function open(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-rpc-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const ledger = new Ledger({ database: folder, rules: RULES, genesis, log, clock: () => 1_800_000_000_000 })
  await ledger.start()
  t.after(() => ledger.stop())
  // Of a network, that nobody is there.
  const network = {
    publicAddress: () => undefined,
    holders: () => 0,
    fetch: async () => {
      throw new OperationError('transaction-not-found', 'nobody is there', { retry: true })
    },
  }
  const parts = {
    ledger,
    network,
    own: new OwnPayments(ledger),
    trackers: [],
    follower: undefined,
    settle: async () => undefined,
  }
  return createNodeClient(await serve(t, transactionHandlers(parts as never)))
}

test('a payment and a request are taken, found, counted and proved', async (t) => {
  const node = await open(t)
  const payment = pay(alice, { to: bob.address, tokens: 500n, time: 0, prev: [first] })
  const bridge = { chain: RULES.chain, to: bob.address }
  const request = pay(bob, { to: RULES.bridge, tokens: 200n, time: 1, prev: [payment.infohash], bridge })
  assert.equal((await node.call('tx_submit', { file: request.file })).status, 'waiting')
  assert.deepEqual((await node.call('tx_get', { infohash: request.infohash })).missing, [payment.infohash])
  assert.equal((await node.call('tx_submit', { file: payment.file })).status, 'accepted')
  const { status, bridging, unorderedAncestors } = await node.call('tx_where', { infohash: request.infohash })
  assert.deepEqual([status, unorderedAncestors, bridging?.net], ['accepted', 1, netOf(200n)])
  const { spendable, outputs } = await node.call('account_balance', { owner: bob.address })
  assert.deepEqual(
    [spendable, outputs],
    [300n, [{ infohash: request.infohash, value: 300n, status: 'accepted', own: true }]],
  )
  assert.equal((await node.call('account_balance', { owner: alice.address })).spendable, SUPPLY - 500n)
  assert.deepEqual(await node.call('account_inputs', { owner: bob.address, tokens: 250n }), {
    prev: [request.infohash],
    sum: 300n,
    unorderedAncestors: 2,
    relayBits: 0,
  })
  const listed = await node.call('tx_list', { limit: 1 })
  const listedAfter = await node.call('tx_list', { limit: 1, before: listed.next })
  assert.deepEqual(
    [...listed.transactions, ...listedAfter.transactions].map(({ infohash }) => infohash),
    [request.infohash, payment.infohash],
  )
  const newest = await node.call('account_history', { owner: bob.address, limit: 1 })
  assert(newest.cursor)
  const older = await node.call('account_history', { owner: bob.address, cursor: newest.cursor })
  assert.deepEqual(
    [newest, older].map(({ transactions }) => transactions.map(({ infohash }) => infohash)),
    [[request.infohash], [payment.infohash]],
  )
  const proof = await node.call('proof_export', { infohash: request.infohash })
  assert.deepEqual([proof.files, proof.left], [[payment.file], 0])
  assert.deepEqual(parseProof(proof.torrent).peers, [])
  const other = await open(t)
  assert.equal((await other.call('proof_import', { torrent: proof.torrent, fetchMs: 0 })).status, 'accepted')
})

test('what is refused is refused by a code that the method has', async (t) => {
  const node = await open(t)
  const tooMuch = pay(alice, { to: bob.address, tokens: SUPPLY + 1n, time: 0, prev: [first] })
  const submit = (file: Uint8Array) => node.call('tx_submit', { file })
  await assert.rejects(submit(encodeText('{}')), { name: 'RuleError', code: 'bad-transaction-file' })
  await assert.rejects(submit(tooMuch.file), { name: 'RuleError', code: 'invalid-transaction' })
  const { status, problem } = await node.call('tx_where', { infohash: tooMuch.infohash })
  assert.deepEqual([status, problem?.code, problem?.reason], ['invalid', 'invalid-transaction', 'Overspend'])
  const heir = pay(bob, { to: alice.address, tokens: 1n, time: 1, prev: [tooMuch.infohash] })
  await assert.rejects(submit(heir.file), { code: 'invalid-transaction' })
  assert.equal((await node.call('tx_get', { infohash: heir.infohash })).problem?.reason, 'MissingInput')
  const other = genesisOf(bob)
  await assert.rejects(submit(encodeTransaction(other)), { name: 'RuleError', code: 'not-signed' })
  const fetched = { infohash: strange, fetchMs: 10 }
  await assert.rejects(node.call('tx_get', fetched), { name: 'OperationError', code: 'transaction-not-found' })
  const inputs = { owner: bob.address, tokens: 1n }
  await assert.rejects(node.call('account_inputs', inputs), { code: 'insufficient-funds' })
  await assert.rejects(node.call('proof_export', { infohash: strange }), { code: 'unknown-transaction' })
  const imported = (torrent: Uint8Array) => node.call('proof_import', { torrent, fetchMs: 0 })
  await assert.rejects(imported(encodeText('x')), { name: 'RuleError', code: 'bad-bencoding' })
  await assert.rejects(imported(encodeText('de')), { name: 'RuleError', code: 'bad-proof' })
  await assert.rejects(imported(encodeText('d4:infod1:xi1eee')), { name: 'RuleError', code: 'bad-torrent' })
})

test('a deposit is taken from nobody, and one among the ancestors of a proof keeps the proof from nothing', async (t) => {
  const node = await open(t)
  const entry = { kind: 'deposit', gross: 8_080n, to: bob.address } as const
  const deposit = encodeTransaction(depositTransaction(RULES, 9n, entry))
  await assert.rejects(node.call('tx_submit', { file: deposit }), { code: 'deposit-not-queued' })
  const proofOf = (file: Uint8Array) => encodeProof(file, { peers: [], trackers: [] })
  await assert.rejects(node.call('proof_import', { torrent: proofOf(deposit), fetchMs: 0 }), {
    code: 'deposit-not-queued',
  })
  const spend = pay(bob, { to: alice.address, tokens: 3n, time: 6, prev: [infohashOf(deposit)] })
  const proof = { torrent: proofOf(spend.file), files: [deposit], fetchMs: 0 }
  const { status, missing } = await node.call('proof_import', proof)
  assert.deepEqual([status, missing], ['waiting', [infohashOf(deposit)]])
  assert.equal((await node.call('tx_get', { infohash: infohashOf(deposit) })).status, 'unknown')
})

test('money in more than eight outputs is there, and cannot be spent at once', async (t) => {
  const node = await open(t)
  let prev = first
  for (let time = 0; time < 10; time++) {
    const { file, infohash } = pay(alice, { to: bob.address, tokens: 10n, time, prev: [prev] })
    await node.call('tx_submit', { file })
    prev = infohash
  }
  await assert.rejects(node.call('account_inputs', { owner: bob.address, tokens: 100n }), { code: 'funds-spread' })
  const question = { owner: bob.address, tokens: 80n }
  const { prev: chosen } = await node.call('account_inputs', question)
  assert.equal(chosen.length, 8)
  await assert.rejects(node.call('account_inputs', { ...question, most: 7 }), { code: 'funds-spread' })
  const [left = first] = chosen
  const without = [left]
  assert.ok(!(await node.call('account_inputs', { ...question, without })).prev.includes(left))
  const tooMuch = { owner: bob.address, tokens: 91n, without }
  await assert.rejects(node.call('account_inputs', tooMuch), { code: 'insufficient-funds' })
})

test('account_assets lists all that is not TTX page by page, and balance, inputs and history are those of the asset that is named', async (t) => {
  const node = await open(t)
  const issued: Infohash[] = []
  let prev = first
  for (let time = 0; time < 5; time++) {
    const body = { to: bob.address, tokens: BigInt(100 + time), issuance: true, time, prev: [prev] } as const
    const { file, infohash } = pay(alice, body)
    assert.equal((await node.call('tx_submit', { file })).status, 'accepted')
    issued.push(infohash)
    prev = infohash
  }
  const owner = bob.address
  for (const limit of [1, 2, 5, 500]) {
    const found: { asset: string; spendable: bigint }[] = []
    let after: Result<'account_assets'>['next']
    do {
      const page: Result<'account_assets'> = await node.call('account_assets', {
        owner,
        limit,
        ...(after && { after }),
      })
      assert(page.assets.length <= limit)
      for (const { asset, spendable, ordered, final } of page.assets) {
        assert.deepEqual([ordered, final], [0n, 0n])
        found.push({ asset, spendable })
      }
      after = page.next
    } while (after !== undefined)
    assert.deepEqual(
      found,
      issued
        .map((asset, i) => ({ asset, spendable: BigInt(100 + i) }))
        .toSorted((a, b) => (a.asset < b.asset ? -1 : 1)),
      `limit ${limit}`,
    )
  }
  assert.deepEqual(await node.call('account_assets', { owner: alice.address }), { assets: [] })

  const [asset] = issued
  assert(asset)
  const spent = pay(bob, { to: alice.address, tokens: 30n, asset, time: 9, prev: [asset] })
  assert.equal((await node.call('tx_submit', { file: spent.file })).asset, asset)
  const balanceOf = async (whose: typeof bob) =>
    (await node.call('account_balance', { owner: whose.address, asset })).spendable
  assert.deepEqual([await balanceOf(bob), await balanceOf(alice)], [70n, 30n])
  assert.equal((await node.call('account_balance', { owner })).spendable, 0n)
  assert.deepEqual((await node.call('account_inputs', { owner, tokens: 70n, asset })).prev, [spent.infohash])
  await assert.rejects(node.call('account_inputs', { owner, tokens: 71n, asset }), { code: 'insufficient-funds' })
  const { transactions } = await node.call('account_history', { owner, asset })
  assert.deepEqual(
    transactions.map(({ infohash }) => infohash),
    [spent.infohash, asset],
  )
  assert.deepEqual((await node.call('account_assets', { owner: alice.address })).assets.length, 1)
})

test('account_outputs says of single outputs whether they are there, and what spends them', async (t) => {
  const node = await open(t)
  const issued = pay(alice, { to: bob.address, tokens: 100n, issuance: true, time: 1, prev: [first] })
  const paid = pay(alice, { to: bob.address, tokens: 7n, time: 2, prev: [issued.infohash] })
  const spent = pay(bob, { to: alice.address, tokens: 7n, time: 3, prev: [paid.infohash] })
  const rival = pay(bob, { to: bob.address, tokens: 7n, time: 4, prev: [paid.infohash] })
  for (const { file } of [issued, paid, spent, rival]) await node.call('tx_submit', { file })
  const nowhere = 'ab'.repeat(20) as Infohash
  const seen = async (owner: typeof bob, of: Infohash[], asset?: Infohash) =>
    (await node.call('account_outputs', { owner: owner.address, of, ...(asset && { asset }) })).outputs
  const [a, b, c, d] = [issued, paid, spent, rival].map(({ infohash }) => infohash) as [
    Infohash,
    Infohash,
    Infohash,
    Infohash,
  ]
  const status = 'accepted'
  assert.deepEqual(await seen(bob, [b, nowhere, a, d]), [
    { infohash: b, status, value: 7n, spentBy: c },
    { infohash: nowhere, status: 'unknown' },
    { infohash: a, status },
    { infohash: d, status: 'conflicting', value: 7n },
  ])
  assert.deepEqual(await seen(bob, [a, b], a), [
    { infohash: a, status, value: 100n },
    { infohash: b, status },
  ])
  const [change, got] = await seen(alice, [b, c])
  assert.deepEqual([change?.spentBy, change?.status, got], [undefined, status, { infohash: c, status, value: 7n }])
  for (const count of [0, 9]) {
    const params = { owner: bob.address, of: Array.from({ length: count }, () => a) }
    await assert.rejects(node.call('account_outputs', params), /expected array/)
  }
})
