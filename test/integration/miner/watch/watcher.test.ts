// The watcher on the real bridge, with a real node: wrong blocks die, right ones are left alone, and doubt does nothing. Long, as all of it shares one liar.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { WATCHER_FIGURES } from '../../../../miner/figures/watcher-figures.ts'
import type { Alarm, AlarmKind } from '../../../../miner/watch/alarms/alarm.ts'
import { Watcher, type WatcherDeps, type WatcherOptions } from '../../../../miner/watch/watcher.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { publishCall } from '../../../../node/ethereum/calls.ts'
import type { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { createLogger } from '../../../../node/log.ts'
import { addFigures } from '../../../../node/metrics/figures.ts'
import { Verdicts } from '../../../../node/metrics/verdicts.ts'
import { applyStep } from '../../../../node/protocol/apply.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../../node/protocol/header.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { describeProblem } from '../../../../node/protocol/problems.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { targetCeiling } from '../../../../node/protocol/target.ts'
import { toSeconds } from '../../../../node/protocol/units.ts'
import { Rounds } from '../../../../node/rounds.ts'
import { accountOf, pay, randomOf } from '../../../../scripts/assure/models/world.ts'
import { log } from '../../../support/log.ts'
import { forge, seal } from '../../../support/miner/forge.ts'
import { parseSamples } from '../../../support/scrape.ts'
import { EASIEST, holder, Stage } from '../../../support/stage.ts'

const DAY = 86_400n

test('a wrong block is killed, a second one beside it too, and half of each bond is the watcher’s', async (t) => {
  const { stage, node, liar } = await open(t)
  const sender = stage.sender(await stage.signer())
  const told: Alarm[] = []
  const watcher = watch(stage, node, sender, { defend: true }, { deliver: async (alarm) => void told.push(alarm) })
  const one = await publishWrong(stage, liar, 'thief')
  const two = await publishWrong(stage, liar, 'second thief', true)
  await stage.until('both to be dead', () => killed(watcher).length === 2)
  for (const id of [one, two]) assert.ok((await sender.ethereum.record(id)).isRefuted)
  for (const { by, gas, transaction } of watcher.status().cases) {
    assert.equal(by, 'us')
    assert.ok(gas !== undefined && gas < 800_000n)
    assert.ok(transaction !== undefined)
  }
  const rewards = watcher.status().cases.reduce((sum, { reward = 0n }) => sum + reward, 0n)
  assert.ok(rewards > 0n)
  assert.equal(await sender.ethereum.owed(), rewards)
  assert.equal(watcher.status().problem, undefined)

  const about = (kind: AlarmKind) => new Set(told.flatMap(({ alarm, block }) => (alarm === kind ? [block] : [])))
  await stage.until('the alarms', () => about('killed').size === 2)
  assert.equal(told[0]?.alarm, 'watching')
  assert.deepEqual(about('wrong-block'), new Set([one, two]))
  assert.deepEqual(about('killed'), new Set([one, two]))
  assert.ok(told.every(({ bridge, message }) => bridge === stage.definition.rules.bridge && message.endsWith('.')))

  // A watcher that starts again finds them dead, sends nothing, and does not say that somebody else did what it did itself.
  const nonce = await sender.ethereum.nonce('pending')
  await stage.until('the node to see it', async () => (await refutedOf(node)).length === 2)
  const lines: string[] = []
  const heard: Alarm[] = []
  const log = createLogger(
    { level: 'info', json: true, colors: false },
    { write: (line) => void lines.push(JSON.parse(line).msg) },
  )
  const again = watch(stage, node, sender, { defend: true }, { log, deliver: async (alarm) => void heard.push(alarm) })
  await stage.until('the new one to see both', () => killed(again).length === 2)
  assert.deepEqual(new Set(again.status().cases.map(({ by }) => by)), new Set(['others']))
  assert.equal(await sender.ethereum.nonce('pending'), nonce)
  assert.equal(lines.filter((line) => line === 'a wrong block was killed before we looked at it').length, 2)
  assert.ok(!lines.some((line) => /somebody else/.test(line)), lines.join('\n'))
  await again.stop()
  assert.deepEqual(
    heard.map(({ alarm }) => alarm),
    ['watching'],
    'what is dead is no alarm',
  )
})

test('a wrong block is in the figures of a watcher that only looks, with the time that is left, until somebody kills it', async (t) => {
  const { stage, node, liar } = await open(t)
  const registry = new Registry()
  const [verdicts, rounds] = [new Verdicts(registry), new Rounds()]
  const looking = watch(stage, node, stage.sender(await stage.signer()), {}, { verdicts, rounds })
  addFigures(registry, () => ({ status: looking.status(), nowMs: Date.now() }), WATCHER_FIGURES)
  const of = async (name: string) => parseSamples(await registry.metrics()).get(name)
  await stage.until('the watcher to see the same everywhere', () => looking.status().state === 'watching')
  assert.equal(await of('ttx_deadline_seconds{of="wrong-block"}'), undefined)
  await publishWrong(stage, liar, 'thief')
  await stage.until('the case', async () => (await of('ttx_watcher_cases{state="open"}')) === 1)
  const { timestamp } = await stage.anvil.client.getBlock()
  const left = (await of('ttx_deadline_seconds{of="wrong-block"}')) ?? 0
  assert.ok(Math.abs(left - (Number(timestamp) + 86_400 - Date.now() / 1_000)) < 120, `${left}`)
  await stage.until('the verdict', async () => (await of('ttx_verdicts_total{verdict="invalid"}')) === 1)
  assert.deepEqual(
    rounds
      .all()
      .map(({ part }) => part)
      .sort(),
    ['acting', 'judging', 'looking'],
  )
  watch(stage, node, stage.sender(await stage.signer()), { defend: true })
  await stage.until('its death', async () => (await of('ttx_watcher_cases{state="killed"}')) === 1)
  assert.equal(await of('ttx_deadline_seconds{of="wrong-block"}'), undefined)
  assert.equal(await of('ttx_verdicts_total{verdict="invalid"}'), 1)
})

test('wrong blocks die side by side, however many there are', async (t) => {
  const { stage, node, liar } = await open(t)
  const { client } = stage.anvil
  const crowd = 5
  const wrong: Hash[] = []
  for (let i = 0; i < crowd; i++) wrong.push(await publishWrong(stage, liar, `thief ${i}`, i > 0))
  await stage.until('the node to see all', async () => (await node.call('bridge_blocks', {})).blocks.length > crowd)
  await client.setAutomine(false)
  const sender = stage.sender(await stage.signer())
  const watcher = watch(stage, node, sender, { defend: true })
  await stage.until('all refutations to be in the pool', async () => (await sender.ethereum.nonce('pending')) === crowd)
  await client.mine({ blocks: 1 })
  await stage.until('the end of all', () => killed(watcher).length === crowd)
  for (const id of wrong) assert.ok((await sender.ethereum.record(id)).isRefuted)
  assert.equal(await sender.ethereum.nonce('latest'), crowd)
})

test('a block of right payments dies if one of its states is a lie, whichever it is', async (t) => {
  const { stage, node, liar } = await open(t)
  const sender = stage.sender(await stage.signer())
  const watcher = watch(stage, node, sender, { defend: true })
  let kills = 0
  for (const at of [0, 1, 2]) {
    const block = await publishLie(stage, liar, at)
    kills += 1
    await stage.until(`the death of lie ${at}`, () => killed(watcher).length === kills)
    assert.ok((await sender.ethereum.record(block)).isRefuted)
    const found = watcher.status().cases.find((each) => each.block === block)
    assert.equal(found?.problem, describeProblem(at, 'WrongState'))
  }
})

test('a right block is left alone, and is made final by the defender when its time has come', async (t) => {
  const { stage, node, liar } = await open(t)
  const sender = stage.sender(await stage.signer())
  const watcher = watch(stage, node, sender, { defend: true, courtesyMs: 0 })
  const block = forge(stage.definition.rules, genesisOf(stage), [], target(), liar.ethereum.account)
  await liar.send(publishCall(encodeSealed(stage.definition.genesisBlock), block))
  await stage.until('the watcher to see it', () => watcher.status().valid === 1)
  assert.deepEqual(watcher.status().cases, [])
  assert.equal(await sender.ethereum.nonce('pending'), 0)
  await stage.skip(DAY)
  await stage.until('its finality', async () => (await stage.finalBlock()) === block.next.id)
})

test('nothing stands before a refutation: what is due waits until no wrong block lives', async (t) => {
  const { stage, node, liar } = await open(t)
  const { rules, genesisBlock } = stage.definition
  const right = forge(rules, genesisOf(stage), [], target(), liar.ethereum.account)
  await liar.send(publishCall(encodeSealed(genesisBlock), right))
  await publishWrong(stage, liar, 'thief', true)
  await stage.skip(DAY)
  const sender = stage.sender(await stage.signer())
  await stage.anvil.client.setAutomine(false)
  const counted = counting(node)
  const watcher = watch(stage, counted.node, sender, { defend: true, courtesyMs: 0 })
  await stage.until('the refutation to be sent', async () => (await sender.ethereum.nonce('pending')) === 1)
  await counted.looks(stage, 10)
  assert.deepEqual([watcher.status().valid, await sender.ethereum.nonce('pending')], [1, 1])
  await stage.anvil.client.setAutomine(true)
  await stage.anvil.client.mine({ blocks: 1 })
  await stage.until('the finality of the right one', async () => (await stage.finalBlock()) === right.next.id)
})

test('what is in the way of a refutation stays in the status until it has passed', async (t) => {
  const { stage, node, liar } = await open(t)
  const sender = stage.sender(await stage.signer(0n))
  const counted = counting(node)
  const watcher = watch(stage, counted.node, sender, { defend: true })
  await publishWrong(stage, liar, 'thief')
  await stage.until('the trouble', () => /units of gas of refute/.test(watcher.status().problem ?? ''))
  for (let i = 0; i < 5; i++) {
    await counted.looks(stage, 2)
    assert.match(watcher.status().problem ?? '', /send coins to it/)
  }
})

test('two defenders race, and both succeed', async (t) => {
  const { stage, node, liar } = await open(t)
  const other = await stage.node()
  const watchers = [
    watch(stage, node, stage.sender(await stage.signer()), { defend: true }),
    watch(stage, other, stage.sender(await stage.signer()), { defend: true }),
  ]
  await publishWrong(stage, liar, 'thief')
  await stage.until('both to be content', () => watchers.every((each) => killed(each).length === 1))
  const by = watchers.flatMap((each) => each.status().cases.map((one) => one.by))
  assert.equal(by.filter((one) => one === 'us').length, 1)
  // An endpoint may show the block before a node has its bytes.
  await stage.until('nothing to be in the way', () => watchers.every((each) => each.status().problem === undefined))
})

test('a dry run says what it would do, and sends nothing; without --defend there is an alarm only', async (t) => {
  const { stage, node, liar } = await open(t)
  const sender = stage.sender(await stage.signer())
  const dry = watch(stage, node, sender, { defend: true, dryRun: true })
  const silent = watch(stage, node, undefined, {})
  const id = await publishWrong(stage, liar, 'thief')
  await stage.until(
    'both to see it',
    () => dry.status().cases[0]?.state === 'tried' && silent.status().cases.length === 1,
  )
  const [found] = dry.status().cases
  assert.ok(found?.gas !== undefined && found.reward !== undefined && found.gas > 100_000n && found.gas < 800_000n)
  assert.equal(found.reward / 10n ** 9n, (await sender.ethereum.record(id)).bond / (2n * 10n ** 9n))
  assert.equal(silent.status().cases[0]?.state, 'open')
  assert.equal(await sender.ethereum.nonce('pending'), 0)
  assert.equal((await sender.ethereum.record(id)).isRefuted, false)
})

test('while the node does not trust its view the watcher says so, and kills all the same', async (t) => {
  const { stage, node, liar } = await open(t)
  const sender = stage.sender(await stage.signer())
  const trust = { isThere: false }
  // Everything but the node's opinion of itself is real.
  const call: NodeClient['call'] = async (method, params, signal) => {
    const result = await node.call(method, params, signal)
    if (method !== 'bridge_blocks' || trust.isThere) return result
    return { ...result, status: { state: 'unknown', problem: 'endpoints disagree' } }
  }
  const watcher = watch(stage, { url: node.url, call }, sender, { defend: true })
  await publishWrong(stage, liar, 'thief')
  await stage.until('the death', () => killed(watcher).length === 1)
  assert.equal(watcher.status().state, 'unknown')
  assert.match(watcher.status().problem ?? '', /does not trust its own view of Ethereum \(endpoints disagree\)/)
  trust.isThere = true
  await stage.until('it to be sure again', () => watcher.status().state === 'watching')
})

async function open(t: Parameters<typeof Stage.open>[0]) {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const liar = stage.sender(await stage.signer(100_000n))
  await stage.skip(DAY)
  return { stage, node, liar }
}

function watch(
  stage: Stage,
  node: NodeClient,
  sender: TransactionSender | undefined,
  options: WatcherOptions,
  more: Partial<WatcherDeps> = {},
): Watcher {
  const deps = { log, now: Date.now, random: randomOf(1), node, ...(sender === undefined ? {} : { sender }), ...more }
  const watcher = stage.stack.use(new Watcher(deps, { pollMs: 50, ...options }))
  watcher.start()
  return watcher
}

/** A node, and how often its blocks were asked for. */
function counting({ url, call }: NodeClient) {
  let asked = 0
  const node: NodeClient = {
    url,
    call: async (method, params, signal) => {
      if (method === 'bridge_blocks') asked += 1
      return await call(method, params, signal)
    },
  }
  const looks = async (stage: Stage, more: number) => {
    const before = asked
    await stage.until('it to look some times more', () => asked >= before + more)
  }
  return { node, looks }
}

function killed(watcher: Watcher) {
  return watcher.status().cases.filter(({ state }) => state === 'killed')
}

async function refutedOf(node: NodeClient) {
  return (await node.call('bridge_blocks', {})).blocks.filter(({ refuted }) => refuted)
}

function genesisOf(stage: Stage) {
  const { definition } = stage
  return { id: stage.genesisId(), header: definition.genesisBlock.header, state: genesisState(definition.genesis) }
}

function target(): bigint {
  return targetCeiling(EASIEST, toSeconds(DAY), EASIEST)
}

/** A block whose only step spends what its sender does not own. */
async function publishWrong(stage: Stage, liar: TransactionSender, name: string, rival = false): Promise<Hash> {
  const { definition } = stage
  const thief = accountOf(name)
  const genesis = genesisInfohash(definition.genesis)
  const { packed } = pay(thief, { to: thief.address, tokens: 1n, time: 1, prev: [genesis] }, definition.rules)
  const block = forge(definition.rules, genesisOf(stage), [], target(), liar.ethereum.account, packed)
  const beside = rival ? await stage.latestChild() : undefined
  await liar.send(publishCall(encodeSealed(definition.genesisBlock), block, beside))
  return block.next.id
}

/** Three right payments, and for step `at` the state before it instead of the one after it. */
async function publishLie(stage: Stage, liar: TransactionSender, at: number): Promise<Hash> {
  const { definition } = stage
  const { rules } = definition
  const genesis = genesisOf(stage)
  let state = genesis.state
  let last = genesisInfohash(definition.genesis)
  const told = [0, 1, 2].map((i) => {
    const { packed, infohash } = pay(holder, { to: holder.address, tokens: 5n, time: i, prev: [last] }, rules)
    last = infohash
    const step = encodeStep({ kind: 'transaction', packed })
    const before = state
    state = applyStep(rules, state, BigInt(i), step).state
    return { step, after: i === at ? before : state }
  })
  const block = seal(rules, genesis, told, target(), liar.ethereum.account)
  await liar.send(publishCall(encodeSealed(definition.genesisBlock), block))
  return block.next.id
}
