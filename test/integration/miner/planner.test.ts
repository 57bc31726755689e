// What the miner looks at before it mines: cheap while nothing changes, at once when something does, never in vain.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stand } from '../../../miner/defence/stand.ts'
import { Planner, type Prospect } from '../../../miner/planner.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { formatHex, parseHex } from '../../../node/protocol/bytes.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { blockId, challengeOf } from '../../../node/protocol/header.ts'
import { type Infohash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { targetCeiling, targetFloor } from '../../../node/protocol/target.ts'
import { toGwei, toSeconds, toTime, toWork } from '../../../node/protocol/units.ts'
import type { Method, Result } from '../../../node/rpc/api.ts'
import { accountOf } from '../../../scripts/assure/models/world.ts'
import { log } from '../../support/log.ts'
import { EASIEST, holder, Stage, stranger } from '../../support/stage.ts'

const never = new AbortController().signal
const DEPOSIT = { index: 0n, kind: 'deposit', time: 1, gross: 5_000n, to: accountOf('x').address } as const
const FORCED = {
  index: 0n,
  kind: 'forced',
  time: 1,
  fee: toGwei(1n),
  packed: parseHex(forcedBytes().slice(2)),
} as const

test('the template is asked for again only when tip, transactions or queue have changed', async (t) => {
  const { stage, look, calls, real } = await open(t)
  const first = await look()
  await look()
  await look()
  assert.equal(calls.get('bridge_template'), 1)
  assert.equal(first.plan.content.steps.length, 0)
  await stage.request(real, holder, [genesisInfohash(stage.definition.genesis)], 10_000n, stranger('a'))
  const second = await look()
  assert.equal(calls.get('bridge_template'), 2)
  assert.equal(second.plan.content.requests, 1)
  await stage.anvil.call(stage.definition.rules.bridge, 'force', [[forcedBytes()]], 10n ** 17n)
  await stage.until('the forced transaction', async () => (await look()).plan.content.queueEntries === 1)
  // However many blocks there are, they are not looked at.
  assert.equal(calls.get('bridge_blocks'), undefined)
})

test('one slow plan, as the first in blobs is, holds up nothing; after two of them new payments wait until it has rested', async (t) => {
  const { stage, look, calls, real, change, skipMs } = await open(t)
  // Twice for each plan.
  const slow = (template: Result<'bridge_template'>) => ({
    ...template,
    get queue() {
      skipMs(5_000)
      return template.queue
    },
  })
  change(slow)
  await look()
  const request = (prev: Infohash) => stage.request(real, holder, [prev], 10_000n, stranger('a'))
  const first = await request(genesisInfohash(stage.definition.genesis))
  assert.equal((await look()).plan.content.requests, 1)
  await request(first)
  assert.equal((await look()).plan.content.requests, 1)
  assert.equal(calls.get('bridge_template'), 2)
  skipMs(51_000)
  assert.equal((await look()).plan.content.requests, 2)
})

test('a plan stays the same until its target may be easier by a twentieth, and keeps its steps then', async (t) => {
  const { stage, look, calls } = await open(t)
  const before = await look()
  const { genesisBlock } = stage.definition
  assert.equal(before.plan.header.target, targetFloor(genesisBlock.header.target))
  await stage.skip(2_700n)
  const late = await look()
  await stage.skip(20n)
  assert.equal((await look()).plan, late.plan, 'a fortieth easier')
  await stage.skip(60n)
  const eased = await look()
  assert.notEqual(eased.plan, late.plan)
  assert.equal(eased.plan.content, late.plan.content)
  const { timestamp } = await stage.anvil.client.getBlock()
  const elapsed = timestamp - stage.definition.deployedAt
  assert.equal(eased.plan.header.target, targetCeiling(EASIEST, toSeconds(elapsed), EASIEST))
  assert.equal(eased.plan.work.challenge, challengeOf(eased.plan.header))
  assert.equal(calls.get('bridge_template'), 1)
})

test('a block that the bridge would refuse is not to be mined, and is said why', async (t) => {
  const { look, change } = await open(t)
  change((template) => ({
    ...template,
    lanes: { ...template.lanes, deposits: 1n },
    queue: [DEPOSIT],
  }))
  const { obstacle, plan } = await look()
  assert.equal(plan.content.queueEntries, 1)
  assert.match(obstacle ?? '', /QueueOverrun/)
})

test('a template whose queue does not follow on its parent is refused', async (t) => {
  const { look, change } = await open(t)
  change((template) => ({ ...template, queue: [{ ...DEPOSIT, index: 1n }] }))
  await assert.rejects(look(), { code: 'bad-answer', message: /entry 0 of the lane of deposits/ })
  change((template) => ({ ...template, queue: [FORCED, DEPOSIT] }))
  await assert.rejects(look(), { code: 'bad-answer' })
  change((template) => ({ ...template, queue: [DEPOSIT, { ...FORCED, index: 1n }] }))
  await assert.rejects(look(), { code: 'bad-answer', message: /entry 0 of the lane of forced/ })
  change((template) => ({ ...template, queue: [{ index: 0n, kind: 'forced', time: 1 }] }))
  await assert.rejects(look(), { code: 'bad-answer', message: /all that its kind has/ })
})

test('what waits is as old as the oldest that waits, each lane by its own numbers, and what is gone makes nothing old', async (t) => {
  const { look, change, skipMs } = await open(t)
  const sinceOf = async (...queue: Result<'bridge_template'>['queue']) => {
    // A length that is not the contract's has the template read at each look.
    change((template) => ({ ...template, lanes: { ...template.lanes, assets: 1n }, queue }))
    return (await look()).sinceMs
  }
  const first = await sinceOf(DEPOSIT)
  skipMs(600_000)
  assert.equal(await sinceOf(DEPOSIT, FORCED), first)
  // A reorganisation takes the deposit away: the forced transaction, of the same number, has come now.
  const second = await sinceOf(FORCED)
  assert.ok(second >= first + 600_000)
  skipMs(600_000)
  assert.equal(await sinceOf(DEPOSIT, FORCED), second)
  assert.ok((await sinceOf(DEPOSIT)) >= second + 600_000)
  skipMs(600_000)
  const none = await sinceOf()
  assert.ok(none >= second + 1_200_000)
})

test('what a reorganisation put in the place of an entry is planned with, though the lanes are as long as before', async (t) => {
  const { stage, look } = await open(t)
  const { client, call } = { client: stage.anvil.client, call: stage.anvil.call.bind(stage.anvil) }
  const { bridge } = stage.definition.rules
  const consumed = async () => (await look()).plan.content.steps.map(({ step }) => formatHex(step.subarray(9)))
  const before = await client.snapshot()
  await call(bridge, 'force', [[forcedBytes()]], 10n ** 17n)
  const [first] = [formatHex(keccak(parseHex(forcedBytes().slice(2))))]
  await stage.until('the entry', async () => (await consumed())[0] === first)
  await client.revert({ id: before })
  const other = forcedBytes().replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
  await call(bridge, 'force', [[other]], 10n ** 17n)
  const second = formatHex(keccak(parseHex(other.slice(2))))
  await stage.until('the other entry in its place', async () => (await consumed())[0] === second)
})

test('a defence is planned at once on what the node has read of the queue, and with the rest as soon as it has that too', async (t) => {
  const { stage, look, defend, hide } = await open(t)
  await look()
  await stage.anvil.call(stage.definition.rules.bridge, 'force', [[forcedBytes()]], 10n ** 17n)
  hide(true)
  for (let i = 0; i < 3; i++) assert.equal((await defend())?.plan.content.queueEntries, 0)
  hide(false)
  await stage.until('the node to have it', async () => (await defend())?.plan.content.queueEntries === 1)
})

test('a node that is syncing for less than a minute is waited for, and after that it is a problem', async (t) => {
  const planning = await open(t)
  planning.say('syncing')
  assert.equal(await planning.try(), undefined)
  planning.skipMs(30_000)
  assert.equal(await planning.try(), undefined)
  planning.say(undefined)
  await planning.look()
  // A new one each time.
  planning.say('syncing')
  planning.skipMs(40_000)
  assert.equal(await planning.try(), undefined)
  planning.skipMs(60_000)
  await assert.rejects(planning.try(), { code: 'node-not-ready', message: /says syncing/ })
  planning.say(undefined)
  await planning.look()
  // What does not pass by itself is said at once.
  planning.say('unknown')
  await assert.rejects(planning.try(), { code: 'node-not-ready' })
})

async function open(t: Parameters<typeof Stage.open>[0]) {
  const stage = await Stage.open(t)
  const real = await stage.node()
  const sender = stage.sender(await stage.signer())
  const { ethereum } = sender
  const calls = new Map<Method, number>()
  let changed = (template: Result<'bridge_template'>) => template
  let said: Result<'node_info'>['bridge']['state'] | undefined
  let isHiding = false
  const node: NodeClient = {
    url: real.url,
    call: async (method, params, signal) => {
      calls.set(method, (calls.get(method) ?? 0) + 1)
      const result = await real.call(method, params, signal)
      if (method === 'node_info' && said !== undefined) {
        const info = result as Result<'node_info'>
        return { ...info, bridge: { ...info.bridge, state: said } } as typeof result
      }
      if (method === 'bridge_queue' && isHiding) return { entries: [], length: 0n } as unknown as typeof result
      if (method !== 'bridge_template') return result
      return changed(result as Result<'bridge_template'>) as typeof result
    },
  }
  const options = {
    ...{ payout: ethereum.account, weiPerTtx: 0n, marginPercent: 10n, unpaidSteps: 50, graceMs: 60_000 },
    rows: 'calldata' as const,
  }
  let skippedMs = 0
  const planner = new Planner(
    { node, ethereum, kzg: stage.stack.use(new KzgPool()), log, now: () => Date.now() + skippedMs },
    options,
  )
  return {
    stage,
    real,
    calls,
    try: async () => planner.look(await ethereum.head(), never),
    // Again while the node says that it is syncing, as it may for a moment after each skip.
    look: async () => {
      let prospect: Prospect | undefined
      await stage.until('the node to be live', async () => {
        prospect = await planner.look(await ethereum.head(), never)
        return prospect !== undefined
      })
      assert(prospect)
      return prospect
    },
    skipMs: (more: number) => {
      skippedMs += more
    },
    say: (state: typeof said) => {
      said = state
    },
    /** A block on genesis, for the sake of which nothing is. */
    defend: async () => {
      const id = blockId(stage.definition.genesisBlock)
      const on = {
        id,
        parent: ZERO_HASH,
        target: EASIEST,
        work: toWork(0n),
        publishedAt: toTime(0n),
        isRight: true,
      }
      const stand: Stand = { on, first: id, own: [], least: toWork(1n), wanted: toWork(1n) }
      return planner.defend(stand, await ethereum.head(), never)
    },
    hide: (hides: boolean) => {
      isHiding = hides
    },
    change: (how: typeof changed) => {
      changed = how
    },
  }
}

/** Has a shape, and an impossible signature. */
function forcedBytes() {
  return `0x0000${'ff'.repeat(125)}`
}
