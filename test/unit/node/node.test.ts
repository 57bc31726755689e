// A whole node, and two of them that find each other: payments, proofs, restarts and refusals without Ethereum.

import assert from 'node:assert'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createNodeClient } from '../../../node/client/rpc.ts'
import type { NetworkDefinition } from '../../../node/deployment.ts'
import { createLogger } from '../../../node/log.ts'
import { encodeProof, parseProof } from '../../../node/network/proof.ts'
import { type NodeOptions, TtxNode } from '../../../node/node.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { genesisBlock } from '../../../node/protocol/header.ts'
import { ZERO_HASH } from '../../../node/protocol/ids.ts'
import { SUPPLY } from '../../../node/protocol/rules.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import { toGasPrice, toTime } from '../../../node/protocol/units.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../scripts/assure/models/world.ts'
import { loadSettings } from '../../../scripts/settings.ts'

const alice = accountOf('alice')
const bob = accountOf('bob')
const genesis = genesisOf(alice)
const first = genesisInfohash(genesis)
const easiestTarget = 2n ** 240n
const definition: NetworkDefinition = {
  rules: RULES,
  genesis,
  genesisBlock: genesisBlock({ ...RULES, easiestTarget, state: stateRoot(genesisState(genesis)) }),
  easiestTarget,
  minDeposit: 100n,
  floorPrice: toGasPrice(7n),
  deployedBlock: 0n,
  deployedAt: toTime(0n),
}
const deps = {
  log: createLogger({ level: 'silent', json: true, colors: false }),
  clock: () => 1_800_000_000_000,
  version: '0.0.0',
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-node-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function startNode(t: TestContext, folder: string, options: Partial<NodeOptions> = {}) {
  const rpc = { host: '127.0.0.1', port: 0 }
  const node = new TtxNode(deps, { folder, definition, ethereum: [], rpc, network: {}, ...options })
  await node.start()
  t.after(() => node.stop())
  return { node, client: createNodeClient(node.rpcUrl) }
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await isTrue()) return
    await delay(50)
  }
  throw new Error(`waited in vain for ${what}`)
}

describe('node', () => {
  test('passes a payment on to its peer, which shows the same books', async (t) => {
    const one = await startNode(t, await folderOf(t))
    const two = await startNode(t, await folderOf(t), { network: { peers: [one.node.listenAddress] } })
    const { file, infohash } = pay(alice, { to: bob.address, tokens: 5n, time: 0, prev: [first] })
    const record = await one.client.call('tx_submit', { file })
    assert.strictEqual(record.status, 'accepted')
    await until('the payment at the other node', async () => {
      return (await two.client.call('account_balance', { owner: bob.address })).spendable === 5n
    })
    assert.strictEqual((await two.client.call('tx_where', { infohash })).status, 'accepted')
    await until('both to say that they agree', async () => {
      return (await two.client.call('node_info', {})).peers.some(({ agrees }) => agrees)
    })
    const inputs = await two.client.call('account_inputs', { owner: alice.address, tokens: 7n })
    assert.deepStrictEqual(inputs, { prev: [infohash], sum: SUPPLY - 5n, unorderedAncestors: 1, relayBits: 0 })
    const history = await two.client.call('account_history', { owner: bob.address })
    await assert.rejects(two.client.call('account_history', { owner: bob.address, cursor: 'x' }), /cursor/)
    assert.deepStrictEqual(
      history.transactions.map((tx) => tx.infohash),
      [infohash],
    )
  })

  test('says how it does, who is connected, and what went over each connection', async (t) => {
    const one = await startNode(t, await folderOf(t))
    const two = await startNode(t, await folderOf(t), { network: { peers: [one.node.listenAddress] } })
    await one.client.call('tx_submit', {
      file: pay(alice, { to: bob.address, tokens: 5n, time: 0, prev: [first] }).file,
    })
    await until('the payment at the other node', async () => {
      return (await two.client.call('account_balance', { owner: bob.address })).spendable === 5n
    })
    const [peer] = (await two.client.call('node_peers', {})).peers
    assert(peer !== undefined)
    assert.deepStrictEqual(
      [peer.address, peer.outgoing, peer.client, peer.received.transactions, peer.sent.transactions],
      [one.node.listenAddress, true, 'TorrentTX 0.0.0', 1, 0],
    )
    assert(peer.received.bytes > 0 && peer.sent.bytes > 0)
    const [other] = (await one.client.call('node_peers', {})).peers
    assert.deepStrictEqual([other?.outgoing, other?.received.transactions, other?.sent.transactions], [false, 0, 1])
    const { diskBytes, memoryBytes, confirmation, ...status } = await two.client.call('node_status', {})
    assert(diskBytes > 0 && memoryBytes > 0)
    assert.deepStrictEqual([confirmation.count, confirmation.block], [2, ZERO_HASH])
    await until('both to be in step, and to say the same', async () => {
      const { confirmation: own, peers } = await two.client.call('node_peers', {})
      const [said] = peers
      return said?.agreement.verdict === 'in-step' && said.confirmation?.weight === own.weight
    })
    assert.deepStrictEqual(
      { ...status, peers: { ...status.peers, agreeing: 0, inStep: 0 } },
      {
        at: deps.clock(),
        startedAt: deps.clock(),
        bridge: { state: 'off' },
        endpoints: [],
        peers: { outgoing: 1, incoming: 0, agreeing: 0, inStep: 0, otherBranch: 0 },
        transactions: { held: 2, unordered: 1, waiting: 0, wanted: 0 },
      },
    )
  })

  test('keeps what it knows, and refuses a second node in its folder and on its port', async (t) => {
    const folder = await folderOf(t)
    const { file } = pay(alice, { to: bob.address, tokens: 5n, time: 0, prev: [first] })
    const before = await startNode(t, folder)
    await before.client.call('tx_submit', { file })
    await assert.rejects(startNode(t, folder), { code: 'database-in-use' })
    const port = Number(new URL(before.node.rpcUrl).port)
    await assert.rejects(startNode(t, await folderOf(t), { rpc: { host: '127.0.0.1', port } }), { code: 'port-in-use' })
    await before.node.stop()
    const after = await startNode(t, folder)
    assert.strictEqual((await after.client.call('account_balance', { owner: bob.address })).spendable, 5n)
  })

  test('listens on an IPv6 host, and prints what another one takes as its peer', async (t) => {
    const one = await startNode(t, await folderOf(t), { network: { host: '::1' } })
    assert.match(one.node.listenAddress, /^\[::1\]:[0-9]+$/)
    const { peers = [] } = loadSettings({ peers: one.node.listenAddress }, {}, {})
    const two = await startNode(t, await folderOf(t), { network: { host: '::1', peers } })
    await until('both to know each other', async () => (await two.client.call('node_info', {})).peers.length === 1)
    const { torrent } = await one.client.call('proof_export', { infohash: first })
    assert.deepStrictEqual(parseProof(torrent).peers, [one.node.listenAddress])
  })

  test('gives its caller the reason why a transaction is refused, and stays as it was', async (t) => {
    const { client } = await startNode(t, await folderOf(t))
    const over = pay(alice, { to: bob.address, tokens: SUPPLY + 1n, time: 0, prev: [first] })
    const submitted = client.call('tx_submit', { file: over.file })
    await assert.rejects(submitted, {
      code: 'invalid-transaction',
      facts: { infohash: over.infohash, reason: 'Overspend' },
    })
    await assert.rejects(client.call('tx_submit', { file: new Uint8Array(5_000) }), { code: 'bad-transaction-file' })
    await client.call('tx_submit', { file: pay(alice, { to: bob.address, tokens: 1n, time: 0, prev: [first] }).file })
    const rival = await client.call('tx_submit', {
      file: pay(alice, { to: bob.address, tokens: 2n, time: 0, prev: [first] }).file,
    })
    assert.strictEqual(rival.status, 'conflicting')
    assert.strictEqual(rival.rivals.length, 1)
    assert.strictEqual((await client.call('account_balance', { owner: bob.address })).spendable, 1n)
    await assert.rejects(client.call('bridge_template', {}), { code: 'no-ethereum' })
  })

  test('takes a payment as a proof: by RPC, and from its folder at the start', async (t) => {
    const one = await startNode(t, await folderOf(t))
    const { file, infohash } = pay(alice, { to: bob.address, tokens: 5n, time: 0, prev: [first] })
    const { file: next, infohash: last } = pay(bob, { to: alice.address, tokens: 2n, time: 0, prev: [infohash] })
    await one.client.call('tx_submit', { file })
    await one.client.call('tx_submit', { file: next })
    const proof = await one.client.call('proof_export', { infohash: last })
    assert.deepStrictEqual(proof.files, [file])

    const alone = await startNode(t, await folderOf(t))
    const imported = await alone.client.call('proof_import', { torrent: proof.torrent, fetchMs: 0 })
    assert.strictEqual(imported.status, 'accepted')

    const folder = await folderOf(t)
    await mkdir(join(folder, 'proofs'))
    await writeFile(join(folder, 'proofs', 'payment.torrent'), proof.torrent)
    await writeFile(join(folder, 'proofs', 'junk.torrent'), 'junk')
    await writeFile(join(folder, 'proofs', 'huge.torrent'), new Uint8Array(1_000_000))
    execFileSync('bash', ['-c', 'mkfifo "$0"', join(folder, 'proofs', 'endless.torrent')])
    const two = await startNode(t, folder)
    await until('the ancestor to come from the node that the proof names', async () => {
      return (await two.client.call('tx_get', { infohash: last })).status === 'accepted'
    })
  })

  test('takes a payment on 50 unordered ancestors from one file that is dropped into its folder while it runs, and nobody seeds', async (t) => {
    const chain = [pay(alice, { to: bob.address, tokens: 1n, time: 0, prev: [first] })]
    for (let time = 1; time <= 50; time++) {
      chain.push(pay(alice, { to: bob.address, tokens: 1n, time, prev: [chain[time - 1]?.infohash ?? first] }))
    }
    const last = chain[50]?.infohash ?? first
    const payer = await startNode(t, await folderOf(t), { network: { dialsHints: 'anywhere' } })
    for (const { file } of chain) await payer.client.call('tx_submit', { file })
    const { torrent, left } = await payer.client.call('proof_export', { infohash: last })
    assert.strictEqual(left, 0)
    // It listens on loopback, where nobody outside reaches it.
    assert.deepStrictEqual(parseProof(torrent).peers, [])
    await payer.node.stop()

    const folder = await folderOf(t)
    const payee = await startNode(t, folder)
    await writeFile(join(folder, 'proofs', 'payment.torrent'), torrent)
    await until('the payment', async () => {
      return (await payee.client.call('account_balance', { owner: bob.address })).spendable === 51n
    })

    const lonely = await startNode(t, await folderOf(t))
    const bare = encodeProof(chain[50]?.file ?? new Uint8Array())
    await assert.rejects(lonely.client.call('proof_import', { torrent: bare, fetchMs: 200 }), {
      code: 'ancestors-not-found',
      facts: { infohash: last, count: 1, missing: [chain[49]?.infohash] },
    })
    const record = await lonely.client.call('tx_get', { infohash: last, fetchMs: 200 })
    assert.deepStrictEqual([record.status, record.missing], ['waiting', [chain[49]?.infohash]])
    assert.strictEqual((await lonely.client.call('proof_import', { torrent, fetchMs: 0 })).status, 'accepted')
  })
})
