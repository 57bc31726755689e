// Waiting for a stage: of a real ledger over HTTP as far as a node without Ethereum gets, and of answers as a node with it gives them.
// Long: each stage, and what can come between.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { QueuedEntry } from '../../../../node/bridge/queue-view.ts'
import type { BridgeView } from '../../../../node/bridge/view.ts'
import { waitsForBlock } from '../../../../node/client/outlook.ts'
import { createNodeClient, type NodeClient } from '../../../../node/client/rpc.ts'
import { type Look, type Progress, type Stage, type WaitOptions, wait } from '../../../../node/client/wait.ts'
import { OperationError } from '../../../../node/errors.ts'
import { LAG_BLOCKS } from '../../../../node/ethereum/chain.ts'
import { Ledger } from '../../../../node/ledger/ledger.ts'
import { OwnPayments } from '../../../../node/own-payments.ts'
import { netOf } from '../../../../node/protocol/fee.ts'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { type Infohash, toAddress, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import { toGwei, toTime } from '../../../../node/protocol/units.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { transactionHandlers } from '../../../../node/rpc/handlers/transactions.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../../scripts/assure/models/world.ts'
import { plant } from '../../../../scripts/bench/planted-view.ts'
import { log, serve } from '../../../support/rpc/serve.ts'
import { block, depositOf, GENESIS_BLOCK } from '../ledger/world.ts'

const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const genesis = genesisOf(alice)
const first = genesisInfohash(genesis)
const payment = pay(alice, { to: bob.address, tokens: 900n, time: 1, prev: [first] })
const rival = pay(alice, { to: bob.address, tokens: 901n, time: 2, prev: [first] })
type Bridge = { -readonly [M in keyof Result<'node_info'>['bridge']]: Result<'node_info'>['bridge'][M] }
const FAST = { pollMs: 1, fetchMs: 0, unknownMs: 60_000 } as const

/** `follower` is what a node with Ethereum has of the bridge. */
async function open(t: TestContext, follower?: { status: { state: string }; view: BridgeView }) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-wait-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const ledger = new Ledger({ database: folder, rules: RULES, genesis, log, clock: () => 1_800_000_000_000 })
  await ledger.start()
  t.after(() => ledger.stop())
  const fetch = async () => {
    throw new OperationError('transaction-not-found', 'nobody is there', { retry: true })
  }
  const definition = { rules: RULES }
  const network = { fetch, holders: () => 0 }
  const own = new OwnPayments(ledger)
  const parts = { ledger, network, own, definition, trackers: [], follower, settle: async () => undefined }
  const handlers = transactionHandlers(parts as never)
  // Of the bridge, that the block is not there: then there are no times.
  const bridge_block = async () => {
    throw new OperationError('unknown-block', 'no bridge here', { facts: { block: ZERO_HASH } })
  }
  const bridge: Bridge = { state: follower === undefined ? 'off' : 'live' }
  const node_info = async () => ({ ...EXAMPLES.node_info.result, bridge })
  return { ledger, bridge, node: createNodeClient(await serve(t, { ...handlers, bridge_block, node_info })) }
}

/** Waits, and does the next of `acts` each time that something new is reported. */
async function follow(node: NodeClient, infohash: Infohash, until: Stage, acts: readonly (() => unknown)[] = []) {
  const seen: Progress[] = []
  const left = [...acts]
  const onProgress = (progress: Progress) => {
    seen.push(progress)
    void left.shift()?.()
  }
  const where = await wait(node, infohash, { ...FAST, until, onProgress })
  return { where, seen: seen.map(({ status }) => status) }
}

test('a payment is followed from before it is known until it is final', async (t) => {
  const { node, ledger } = await open(t)
  const blocks = [block('one', 1n, [payment])]
  const { where, seen } = await follow(node, payment.infohash, 'final', [
    () => ledger.submit(payment.file, 'peer'),
    () => ledger.setBranch({ final: GENESIS_BLOCK, blocks }),
    () => ledger.setBranch({ final: blocks[0]?.id ?? ZERO_HASH, blocks }),
  ])
  assert.deepEqual(seen, ['unknown', 'accepted', 'ordered'])
  assert.deepEqual([where.status, where.block], ['final', blocks[0]?.id])
  for (const until of ['accepted', 'ordered', 'final'] as const) {
    assert.deepEqual((await follow(node, payment.infohash, until)).seen, [], 'what is passed needs no waiting')
  }
})

test('a deposit is accepted when the node has read its entry, and waits for a block then', async (t) => {
  const { node, ledger } = await open(t)
  const entry = { kind: 'deposit', gross: 31_000n, to: bob.address } as const
  const { infohash } = depositOf(0n, entry)
  const accepted = await follow(node, infohash, 'accepted', [() => ledger.depositEntry(0n, entry)])
  assert.deepEqual([accepted.seen, accepted.where.status], [['unknown'], 'waiting'])
  const blocks = [block('with it', 1n, [{ index: 0n, entry }])]
  const act = () => ledger.setBranch({ final: GENESIS_BLOCK, blocks })
  const ordered = await follow(node, infohash, 'ordered', [act])
  assert.deepEqual([ordered.seen, ordered.where.status], [['waiting'], 'ordered'])
})

test('what lost says so, and whether it can still come', async (t) => {
  const { node, ledger } = await open(t)
  await ledger.submit(payment.file, 'peer')
  await ledger.submit(rival.file, 'peer')
  const lost = (retry: boolean) => ({ code: 'transaction-conflicting', retry })
  await assert.rejects(follow(node, rival.infohash, 'accepted'), lost(true))
  const blocks = [block('of the rival', 1n, [payment])]
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks })
  await assert.rejects(follow(node, rival.infohash, 'ordered'), lost(true))
  await ledger.setBranch({ final: blocks[0]?.id ?? ZERO_HASH, blocks })
  await assert.rejects(follow(node, rival.infohash, 'final'), lost(false))
})

test('what is invalid, unknown, or no request, is never waited for in vain', async (t) => {
  const { node, ledger } = await open(t)
  const tooMuch = pay(alice, { to: bob.address, tokens: SUPPLY + 5n, time: 9, prev: [first] })
  await assert.rejects(ledger.submit(tooMuch.file, 'peer'))
  const { problem } = await node.call('tx_get', { infohash: tooMuch.infohash })
  assert.deepEqual([problem?.code, problem?.reason], ['invalid-transaction', 'Overspend'])
  await assert.rejects(follow(node, tooMuch.infohash, 'final'), {
    ...{ name: 'RuleError', code: 'invalid-transaction' },
    facts: { infohash: tooMuch.infohash, reason: 'Overspend' },
    message: new RegExp(problem?.message ?? 'no message'),
  })
  await ledger.submit(payment.file, 'peer')
  await assert.rejects(follow(node, payment.infohash, 'paid'), { code: 'no-request' })
  // What the bridge does not pay is not waited for either.
  const asset = toAddress(new Uint8Array(20).fill(0x5a))
  const entry = { kind: 'entered', fee: toGwei(1n), amount: 50n, to: alice.address, asset } as const
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('of an entry', 1n, [{ index: 0n, entry }])] })
  const bridge = { chain: RULES.chain, to: bob.address }
  const prev = [depositOf(0n, entry).infohash]
  const asked = pay(alice, { to: RULES.bridge, tokens: 50n, time: 9, prev, asset, bridge })
  await ledger.submit(asked.file, 'peer')
  const { asset: moved, bridging } = (await follow(node, asked.infohash, 'accepted')).where
  assert.deepEqual([moved, bridging?.asset, bridging?.gross, bridging?.net], [asset, asset, 50n, 50n])
  await assert.rejects(follow(node, asked.infohash, 'paid'), { code: 'no-request', message: /which the bridge pays/ })
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [] })
  let nowMs = 0
  const now = () => (nowMs += 1_000)
  const unknown: WaitOptions = { until: 'accepted', pollMs: 1, fetchMs: 1, unknownMs: 20_000, now }
  await assert.rejects(wait(node, rival.infohash, unknown), { code: 'unknown-transaction', retry: true })
  assert.ok(nowMs > 20_000 && nowMs < 40_000)
  const bounded: WaitOptions = { ...FAST, until: 'ordered', limitMs: 20_000, now }
  await assert.rejects(wait(node, payment.infohash, bounded), { code: 'waited-in-vain', message: /a miner/ })
})

test('a node that is away for a while is waited for, and one that stays away is not', async (t) => {
  const { node, ledger } = await open(t)
  await ledger.submit(payment.file, 'peer')
  const dead = createNodeClient('http://127.0.0.1:1')
  let isAway = true
  const comesBack: NodeClient = { url: node.url, call: (...call) => (isAway ? dead : node).call(...call) }
  const seen: Progress[] = []
  const onProgress = (progress: Progress) => {
    seen.push(progress)
    isAway = false
  }
  const { status } = await wait(comesBack, payment.infohash, { ...FAST, until: 'accepted', onProgress })
  assert.equal(status, 'accepted')
  assert.match(seen[0]?.away ?? '', /no node answers/)
  let nowMs = 0
  const now = () => (nowMs += 1_000)
  const waiting = wait(dead, payment.infohash, { ...FAST, until: 'accepted', awayMs: 30_000, now })
  await assert.rejects(waiting, { code: 'node-unreachable' })
  assert.ok(nowMs > 30_000)
})

test('the signal ends it with its reason', async (t) => {
  const { node, ledger } = await open(t)
  await ledger.submit(payment.file, 'peer')
  const controller = new AbortController()
  const reason = new Error('enough')
  const onProgress = () => controller.abort(reason)
  const options = { until: 'final', pollMs: 3_600_000, signal: controller.signal, onProgress } as const
  await assert.rejects(wait(node, payment.infohash, options), reason)
})

test('a request is followed until it is paid, with the times that the node knows, and is final only when the node says so', async (t) => {
  const bridge = { chain: RULES.chain, to: bob.address }
  const request = pay(alice, { to: RULES.bridge, tokens: 500n, time: 3, prev: [first], bridge })
  const { infohash, file } = request
  const base = { infohash, file, missing: [], rivals: [], unorderedAncestors: 0, elsewhere: [], unread: 0 }
  const asks = { recipient: bob.address, gross: 500n, net: netOf(500n) }
  const inBlock = { ...base, status: 'ordered', block: ZERO_HASH, step: 0 } as const
  const times = { payableAt: 1_800_000_100, payableAtLatest: 1_800_000_900 }
  const answers: readonly Result<'tx_where'>[] = [
    { ...base, status: 'accepted', bridging: { ...asks, paid: false, waitingFor: 'a miner' } },
    { ...inBlock, bridging: { ...asks, ...times, paid: false, waitingFor: 'its day' } },
    { ...inBlock, bridging: { ...asks, paid: true, waitingFor: 'nothing' } },
    { ...inBlock, status: 'final', bridging: { ...asks, paid: true, waitingFor: 'nothing' } },
  ]
  const left = [...answers]
  const tx_where = async () => {
    const next = left.shift()
    assert(next)
    return next
  }
  let ethereumTime = 1_800_000_000
  const node_info = async () => ({ ...EXAMPLES.node_info.result, bridge: { state: 'live' as const, ethereumTime } })
  const bridge_next = async () => ({ ...EXAMPLES.bridge_next.result, height: 7n, status: { state: 'live' as const } })
  const bridge_block = async () => ({ ...EXAMPLES.bridge_block.result, finalTime: undefined, final: true })
  const node = createNodeClient(await serve(t, { tx_where, node_info, bridge_next, bridge_block }))
  const seen: Look[] = []
  const onProgress = (look: Look) => void seen.push(look)
  const told = () => seen.splice(0).map(({ next: _next, ethereumTime: _time, ...progress }) => progress)
  assert.equal((await wait(node, infohash, { ...FAST, until: 'paid', onProgress })).status, 'ordered')
  const searched = { status: 'accepted', waitingFor: 'a miner to find block 7' }
  assert.deepEqual(told(), [
    searched,
    { status: 'ordered', waitingFor: 'its day', earliest: 1_800_000_100, latest: 1_800_000_900 },
  ])

  left.unshift(...answers.slice(0, 3))
  ethereumTime = 1_800_000_500
  assert.equal((await wait(node, infohash, { ...FAST, until: 'final', onProgress })).status, 'final')
  const due = 'somebody to finalize its block, which anyone may do now, as miners do'
  const deep =
    'more blocks of Ethereum: its block is final there, but so few blocks ago that they could still be reorganised'
  assert.deepEqual(told(), [
    searched,
    { status: 'ordered', waitingFor: due, latest: 1_800_000_900 },
    { status: 'ordered', waitingFor: deep },
  ])
})

test('a payment alone waits for something that calls for a block, and what a search takes is told at each look', async (t) => {
  const { infohash, file } = payment
  const base = { infohash, file, missing: [], rivals: [], unorderedAncestors: 0, elsewhere: [], unread: 0 }
  const left: ('accepted' | 'final')[] = ['accepted', 'accepted', 'accepted', 'final']
  const tx_where = async () => ({ ...base, status: left.shift() ?? ('final' as const) })
  const waiting = { ...EXAMPLES.bridge_next.result.waiting, requests: 0, entries: 0, payments: 1 }
  let hashes = 10n
  const bridge_next = async () => ({ ...EXAMPLES.bridge_next.result, hashes: hashes--, waiting })
  const node = createNodeClient(await serve(t, { tx_where, bridge_next }))
  const [looks, changes]: [Look[], Look[]] = [[], []]
  const options = { onLook: (look: Look) => void looks.push(look), onProgress: (look: Look) => void changes.push(look) }
  await wait(node, payment.infohash, { ...FAST, until: 'final', ...options })
  assert.deepEqual(
    looks.map(({ next }) => next?.hashes),
    [10n, 9n, 8n],
  )
  assert.deepEqual(
    changes.map(({ waitingFor }) => waitingFor),
    [waitsForBlock({ ...EXAMPLES.bridge_next.result, waiting }, false)],
  )
  assert.match(changes[0]?.waitingFor ?? '', /payments alone do not: a request of TTX, a deposit or a forced/)
})

test('while a node is behind Ethereum, or may read it late, what it does not know is no answer', async (t) => {
  const { node, bridge } = await open(t)
  let nowMs = 0
  const now = () => (nowMs += 1_000)
  const waits: string[] = []
  const acts = [
    () => Object.assign(bridge, { state: 'unknown', problem: 'nobody answers' }),
    () => Object.assign(bridge, { state: 'live', ethereumBlock: 100n, problem: undefined }),
    () => Object.assign(bridge, { ethereumBlock: 100n + LAG_BLOCKS }),
  ]
  /** Each state lasts longer than the node has to know it. */
  const longer: NodeClient = {
    url: node.url,
    call: async (...call) => {
      if (call[0] === 'node_info' && ++asked % 30 === 0) acts.shift()?.()
      return await node.call(...call)
    },
  }
  let asked = 0
  Object.assign(bridge, { state: 'syncing' })
  const onProgress = ({ waitingFor }: Progress) => void waits.push(waitingFor)
  const waiting = wait(longer, payment.infohash, { until: 'final', ...FAST, unknownMs: 20_000, now, onProgress })
  await assert.rejects(waiting, { code: 'unknown-transaction', retry: true })
  assert.equal(acts.length, 0, 'it ended before the node had read what it may read late')
  const expected = [/read Ethereum up to its newest/, /nobody answers/, new RegExp(`read block ${100n + LAG_BLOCKS}`)]
  assert.equal(waits.length, expected.length)
  for (const [i, pattern] of expected.entries()) assert.match(waits[i] ?? '', pattern)
})

test('on a chain that stands still, an id that nobody knows is waited for some minutes and no longer', async (t) => {
  const { node, bridge } = await open(t)
  Object.assign(bridge, { state: 'live', ethereumBlock: 100n })
  let nowMs = 0
  const now = () => (nowMs += 5_000)
  await assert.rejects(wait(node, payment.infohash, { until: 'final', ...FAST, unknownMs: 20_000, now }), {
    code: 'unknown-transaction',
  })
  assert.ok(nowMs > 140_000 && nowMs < 160_000)
})

test('a node that is away every other time gives nobody patience for ever', async (t) => {
  const { node } = await open(t)
  const dead = createNodeClient('http://127.0.0.1:1')
  let asked = 0
  const flickers: NodeClient = {
    url: node.url,
    call: (...call) => (call[0] === 'tx_where' && ++asked % 2 === 0 ? dead : node).call(...call),
  }
  let nowMs = 0
  const now = () => (nowMs += 1_000)
  const waiting = wait(flickers, payment.infohash, { until: 'final', ...FAST, unknownMs: 20_000, now })
  await assert.rejects(waiting, { code: 'unknown-transaction' })
  assert.ok(asked < 100)
})

test('a deposit that a reorganisation moved has another id, and one that it took away is gone: both are said', async (t) => {
  const entryOf = (gross: bigint, to = bob.address) => ({ kind: 'deposit', gross, to }) as const
  const queueOf = (...entries: QueuedEntry['entry'][]): BridgeView['queue'] => {
    const place = { number: 1n, hash: ZERO_HASH, logIndex: 0, transaction: ZERO_HASH, time: toTime(0n) }
    const rest = { from: ZERO_ADDRESS, time: toTime(0n), place, queueHash: ZERO_HASH }
    const deposits = {
      start: 0n,
      startHash: ZERO_HASH,
      entries: entries.map((entry, i) => ({ index: BigInt(i), entry, ...rest })),
    }
    return { ...plant([]).queue, deposits }
  }
  const mine = entryOf(31_000n)
  const other = entryOf(31_000n, alice.address)
  const follower = { status: { state: 'live' }, view: { ...plant([]), queue: queueOf(mine) } }
  const { node, ledger, bridge } = await open(t, follower)
  const [old, moved] = [depositOf(0n, mine).infohash, depositOf(1n, mine).infohash]
  await ledger.depositEntry(0n, mine)
  assert.equal((await follow(node, old, 'accepted')).where.reorganised, undefined)

  follower.view = { ...follower.view, queue: queueOf(other, mine) }
  await ledger.depositEntry(1n, mine)
  for (const until of ['accepted', 'final'] as const) {
    const error = { code: 'deposit-moved', retry: false, facts: { infohash: old, now: [moved] } }
    await assert.rejects(follow(node, old, until), { ...error, message: new RegExp(`ttx wait ${moved}`) })
  }
  assert.equal((await follow(node, moved, 'accepted')).where.reorganised, undefined)

  follower.view = { ...follower.view, queue: queueOf(other, entryOf(31_001n)) }
  const gone = {
    code: 'deposit-moved',
    message:
      /it is gone unless Ethereum includes its transaction again.*only once that transaction was dropped.*"ttx balance"/,
  }
  await assert.rejects(follow(node, moved, 'final'), { ...gone, retry: false })

  follower.view = { ...follower.view, queue: queueOf() }
  const { where } = await follow(node, old, 'accepted', [
    () => {
      follower.view = { ...follower.view, queue: queueOf(mine) }
    },
  ])
  assert.equal(where.status, 'waiting', 'its transaction may get into the same place again')
  follower.view = { ...follower.view, queue: queueOf() }
  Object.assign(bridge, { ethereumBlock: 100n })
  let nowMs = 0
  const now = () => (nowMs += 5_000)
  const waiting = wait(node, old, { until: 'final', ...FAST, unknownMs: 20_000, now })
  await assert.rejects(waiting, { ...gone, retry: true })

  follower.status = { state: 'unknown' }
  assert.equal(
    (await follow(node, old, 'accepted')).where.reorganised,
    undefined,
    'in doubt nothing is said of Ethereum',
  )
})
