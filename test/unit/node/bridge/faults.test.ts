// Endpoints that fail, lag, lie and leave out logs: the view does not move on, the status says why, and nothing is lost afterwards.
// Long: one list of faults.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alarm } from '../../../../node/bridge/answers.ts'
import type { BridgeFollower } from '../../../../node/bridge/follower.ts'
import { OperationError } from '../../../../node/errors.ts'
import { AgreeingChain } from '../../../../node/ethereum/agreeing/agreement.ts'
import type { BridgeEvent, BridgeReading, ChainBlock, LaneReading } from '../../../../node/ethereum/chain.ts'
import { type BlockKey, type Hash, keyOf, toHash } from '../../../../node/protocol/ids.ts'
import { LANES, type Lane, type LaneLengths } from '../../../../node/protocol/queue.ts'
import { isInBlobs, type PostedBody } from '../../../../node/protocol/replay.ts'
import type { Posted } from '../../../../node/protocol/trace.ts'
import { toGwei, toTime } from '../../../../node/protocol/units.ts'
import { comparable, Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { finalized, published } from '../../../support/bridge/scenario.ts'
import { FakeChain, type FakeEthereum, type UnplacedEvent } from '../../../support/chain/fake-ethereum.ts'

/** Tells what it is told to tell instead of the truth. */
class FaultyChain extends FakeChain {
  isSilent = false
  behind = 0
  dropped: (event: BridgeEvent) => boolean = () => false
  changed: (event: BridgeEvent) => BridgeEvent = (event) => event
  afterEvents: () => void = () => undefined
  misread: (reading: BridgeReading) => BridgeReading = (reading) => reading
  readonly #ethereum: FakeEthereum

  constructor(ethereum: FakeEthereum) {
    super(ethereum)
    this.#ethereum = ethereum
  }

  override async head(): Promise<ChainBlock> {
    if (this.isSilent) throw new OperationError('ethereum-silent', 'no answer', { retry: true })
    const block = await this.blockAt(this.#ethereum.head.number - BigInt(this.behind))
    assert.ok(block)
    return block
  }

  override async events(from: bigint, to: bigint): Promise<readonly BridgeEvent[]> {
    const events = (await super.events(from, to)).filter((event) => !this.dropped(event)).map(this.changed)
    this.afterEvents()
    return events
  }

  override async read(at: Hash, lengths: LaneLengths, blocks: readonly (Hash | BlockKey)[]): Promise<BridgeReading> {
    return this.misread(await super.read(at, lengths, blocks))
  }
}

async function start(driver: Driver, chain = new FaultyChain(driver.ethereum)) {
  const test = await TestFollower.start(chain, driver.forge.network, { finalityDepth: 8n })
  const alarms: Alarm[] = []
  test.follower.on('alarm', (alarm) => alarms.push(alarm))
  return { test, follower: test.follower, chain, alarms }
}

/** That the follower refuses to go on for this reason, and goes on as if nothing had been once that is over. */
async function assertStandsStill(
  follower: BridgeFollower,
  driver: Driver,
  code: string,
  mend: () => void,
): Promise<void> {
  const before = comparable(follower.view)
  const status = await follower.poll()
  assert.equal(status.state === 'unknown' ? status.code : status.state, code)
  assert.deepEqual(comparable(follower.view), before)
  mend()
  await assertFollows(follower, driver)
}

async function assertFollows(follower: BridgeFollower, driver: Driver): Promise<void> {
  assert.equal((await follower.poll()).state, 'live')
  await using fresh = await TestFollower.start(driver.ethereum.connect(), driver.forge.network)
  await fresh.follower.poll()
  assert.deepEqual(comparable(follower.view), comparable(fresh.follower.view))
}

const kinds = ['published', 'refuted', 'finalized', 'nominated', 'deposited', 'entered', 'forced'] as const
for (const kind of kinds) {
  test(`a left out event (${kind}) is found out before anything is believed`, async () => {
    const driver = new Driver(41)
    const { forge, ethereum } = driver
    const { test, follower, chain, alarms } = await start(driver)
    await using _ = test
    driver.run(20)
    const final = forge.blocks.get(ethereum.contract().final)
    assert.ok(final)
    const time = ethereum.head.time
    const { queue } = ethereum.contract()
    const indexIn = (lane: Lane) => BigInt(queue[lane].length)
    const [child, other] = [forge.make(final, [], { transactions: 1 }), forge.make(final, [], { isWrong: true })]
    driver.mine(published(child, time))
    assert.equal((await follower.poll()).state, 'live')
    const from = child.sealed.seal.miner
    const event: Record<typeof kind, UnplacedEvent> = {
      published: published(other, time),
      refuted: { kind: 'refuted', id: child.id, prover: from },
      finalized: finalized(child),
      nominated: { kind: 'nominated', parent: keyOf(final.id), block: keyOf(child.id) },
      deposited: { kind: 'deposited', index: indexIn('deposits'), from, to: from, gross: 5_000n, time },
      entered: {
        kind: 'entered',
        ...{ index: indexIn('assets'), asset: forge.world.contract(), to: from },
        ...{ amount: 5_000n, fee: toGwei(1n), time },
      },
      forced: { kind: 'forced', index: indexIn('forced'), from, fee: toGwei(1n), packed: new Uint8Array(127), time },
    }
    driver.mine(event[kind])
    chain.dropped = (candidate) => candidate.kind === kind
    await assertStandsStill(follower, driver, 'ethereum-logs-incomplete', () => {
      chain.dropped = () => false
    })
    const codes = alarms.map(({ code }) => code).filter((code) => code !== 'valid-block-refuted')
    assert.deepEqual(codes, ['ethereum-logs-incomplete'])
  })
}

const OTHER_READINGS: Readonly<Record<string, (lane: LaneReading) => LaneReading>> = {
  'an entry more': ({ length, hash }) => ({ length: length + 1n, hash }),
  'an entry less': ({ length, hash }) => ({ length: length - 1n, hash }),
  'other entries': ({ length }) => ({ length, hash: toHash(new Uint8Array(32).fill(7)) }),
  'entries without a hash': ({ length }) => ({ length, hash: undefined }),
}
for (const lane of LANES) {
  for (const way of Object.keys(OTHER_READINGS)) {
    test(`a contract that says ${way} of the lane of ${lane} is found out before anything is believed`, async () => {
      const driver = new Driver(41)
      const { test, follower, chain, alarms } = await start(driver)
      await using _ = test
      driver.run(40)
      assert.equal((await follower.poll()).state, 'live')
      const { queue } = driver.ethereum.contract()
      assert.ok(LANES.every((each) => queue[each].length > 0))
      driver.run(1)
      chain.misread = ({ lanes, ...reading }) => {
        return { ...reading, lanes: { ...lanes, [lane]: OTHER_READINGS[way]?.(lanes[lane]) } }
      }
      await assertStandsStill(follower, driver, 'ethereum-logs-incomplete', () => {
        chain.misread = (reading) => reading
      })
      const said = alarms.filter(({ code }) => code === 'ethereum-logs-incomplete')
      assert.equal(said.length, 1)
      assert.match(said[0]?.message ?? '', new RegExp(`the lane of ${lane} has`))
    })
  }
}

test('events left out of a long first sync are found out at its end, and taken in when they come', async () => {
  const driver = new Driver(42)
  driver.run(60)
  const { test, follower, chain } = await start(driver)
  await using _ = test
  chain.dropped = ({ kind, place }) => kind === 'published' && place.number < 30n
  assert.equal((await follower.poll()).state, 'unknown')
  chain.dropped = () => false
  await assertFollows(follower, driver)
})

test('nothing of a long first sync that the contract contradicts is kept, however much of it seemed to be final', async () => {
  const driver = new Driver(48)
  const { forge, ethereum } = driver
  let parent = forge.genesis
  for (let i = 0; i < 40; i++) {
    const block = forge.make(parent, [], { transactions: 1 })
    driver.grow(parent, block)
    parent = block
  }
  const last = ethereum.head.number
  const { test, follower, chain } = await start(driver)
  await using _ = test
  chain.dropped = ({ kind, place }) => kind === 'finalized' && place.number > last - 4n
  const status = await follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'ethereum-logs-incomplete')
  assert.equal(follower.view.root, forge.genesis.id)
  assert.equal(follower.view.blocks.size, 1)
  chain.dropped = () => false
  assert.equal((await follower.poll()).state, 'live')
  assert.equal(follower.view.final, ethereum.contract().final)
})

test('a publication whose content is not what its id commits to is not taken in', async () => {
  const driver = new Driver(43)
  const { test, follower, chain } = await start(driver)
  await using _ = test
  await follower.poll()
  const block = driver.forge.make(driver.forge.genesis, [], { transactions: 2 })
  driver.mine(published(block, driver.ethereum.head.time))
  const other = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 1)
  const withBody = (event: BridgeEvent, change: (body: Posted) => PostedBody) =>
    event.kind === 'published' && !isInBlobs(event.body) ? { ...event, body: change(event.body) } : event
  const lies: ((event: BridgeEvent) => BridgeEvent)[] = [
    (event) => withBody(event, (body) => ({ ...body, steps: body.steps.slice(0, -1) })),
    (event) => withBody(event, (body) => ({ ...body, states: other(body.states) })),
    (event) => withBody(event, () => ({ hashes: [block.id], entries: new Uint8Array(), requests: new Uint8Array() })),
    (event) => (event.kind === 'published' ? { ...event, sealed: other(event.sealed) } : event),
    (event) => (event.kind === 'published' ? { ...event, time: toTime(event.time + 1n) } : event),
  ]
  for (const lie of lies) {
    chain.changed = lie
    const status = await follower.poll()
    assert.equal(status.state === 'unknown' && status.code, 'ethereum-logs-incomplete')
    assert.equal(follower.view.blocks.size, 1)
  }
  chain.changed = (event) => event
  await assertFollows(follower, driver)
})

test('a silent endpoint and one that lags far behind leave the view as it is', async () => {
  const driver = new Driver(44)
  const { test, follower, chain } = await start(driver)
  await using _ = test
  driver.run(30)
  await follower.poll()
  chain.isSilent = true
  await assertStandsStill(follower, driver, 'ethereum-silent', () => {
    chain.isSilent = false
  })
  chain.behind = 20
  await assertStandsStill(follower, driver, 'ethereum-lags', () => {
    chain.behind = 0
  })
  chain.behind = 3
  await assertFollows(follower, driver)
})

test('two endpoints that disagree stop the follower, whatever they disagree about', async () => {
  const driver = new Driver(45)
  const [honest, liar] = [new FaultyChain(driver.ethereum), new FaultyChain(driver.ethereum)]
  const chain = new AgreeingChain([
    { name: 'http://one', chain: honest },
    { name: 'http://two', chain: liar },
  ])
  await using test = await TestFollower.start(chain, driver.forge.network, { finalityDepth: 8n })
  const { follower } = test
  driver.run(20)
  await follower.poll()
  do driver.run(1)
  while (driver.ethereum.head.events.length === 0)
  liar.dropped = () => true
  await assertStandsStill(follower, driver, 'ethereum-disagreement', () => {
    liar.dropped = () => false
  })
  // Another fork: the same numbers, other blocks.
  const other = new Driver(46)
  for (let i = driver.ethereum.blocks.length; i > 1; i--) other.mine()
  const forked = new AgreeingChain([
    { name: 'http://one', chain: honest },
    { name: 'http://two', chain: other.ethereum.connect() },
  ])
  await assert.rejects(forked.head(), { code: 'ethereum-disagreement', retry: true })
  // One that is only behind: what both have.
  liar.behind = 2
  driver.run(3)
  assert.equal((await chain.head()).number, driver.ethereum.head.number - 2n)
})

test('an Ethereum that is reorganised during every look at it is read once it rests, and not before', async () => {
  const driver = new Driver(56)
  const { test, follower, chain, alarms } = await start(driver)
  await using _ = test
  driver.run(20)
  assert.equal((await follower.poll()).state, 'live')
  driver.run(3)
  chain.afterEvents = () => driver.reorganise(2)
  await assertStandsStill(follower, driver, 'ethereum-moved', () => {
    chain.afterEvents = () => undefined
  })
  assert.deepEqual(
    alarms.map(({ code }) => code).filter((code) => code !== 'valid-block-refuted'),
    ['ethereum-moved'],
  )
})

test('a reorganisation below what was final is refused', async () => {
  const driver = new Driver(47)
  const { test, follower, alarms } = await start(driver)
  await using _ = test
  driver.run(40)
  assert.equal((await follower.poll()).state, 'live')
  driver.run(20)
  assert.equal((await follower.poll()).state, 'live')
  const before = comparable(follower.view)
  driver.reorganise(35)
  const status = await follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'ethereum-deep-reorganisation')
  assert.deepEqual(comparable(follower.view), before)
  assert.equal(alarms.at(-1)?.code, 'ethereum-deep-reorganisation')
})

test('a final block that our replay refutes is never adopted, unless Ethereum takes it back', async () => {
  const driver = new Driver(48)
  const { test, follower, alarms } = await start(driver)
  await using _ = test
  const { forge, ethereum } = driver
  const good = forge.make(forge.genesis, [], { transactions: 1 })
  const bad = forge.make(good, [], { transactions: 1, isWrong: true })
  const doomed = forge.make(bad, [], { transactions: 1 })
  driver.mine(
    published(good, ethereum.head.time),
    published(bad, ethereum.head.time),
    published(doomed, ethereum.head.time),
  )
  driver.mine(finalized(good))
  let branches = 0
  follower.on('branch', () => branches++)
  assert.equal((await follower.poll()).state, 'live')
  const told = branches
  assert.deepEqual(
    follower.branch().blocks.map(({ id }) => id),
    [good.id],
  )
  driver.mine(finalized(bad))
  driver.mine(finalized(doomed))
  assert.equal((await follower.poll()).state, 'dead')
  assert.deepEqual(
    alarms.map(({ code }) => code),
    ['bridge-dead'],
  )
  assert.equal(follower.view.final, good.id)
  assert.equal(follower.view.death?.block, bad.id)
  assert.equal(branches, told)
  driver.ethereum.drop(2)
  driver.mine()
  driver.mine()
  driver.mine()
  assert.equal((await follower.poll()).state, 'live')
  assert.equal(follower.view.death, undefined)
})

test('a valid block that the contract refutes raises the alarm', async () => {
  const driver = new Driver(49)
  const { test, follower, alarms } = await start(driver)
  await using _ = test
  const block = driver.forge.make(driver.forge.genesis, [], { transactions: 1 })
  driver.mine(published(block, driver.ethereum.head.time))
  driver.mine({ kind: 'refuted', id: block.id, prover: block.sealed.seal.miner })
  assert.equal((await follower.poll()).state, 'live')
  assert.deepEqual(
    alarms.map(({ code }) => code),
    ['valid-block-refuted'],
  )
  assert.equal(follower.parentBlock(block.id), undefined)
})

test('a bridge of another network is not followed', async () => {
  const driver = new Driver(50)
  const network = { ...driver.forge.network, rules: { ...driver.forge.network.rules, minRequest: 7n } }
  await using test = await TestFollower.start(driver.ethereum.connect(), network)
  const status = await test.follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'ethereum-other-bridge')
})

test('a database of another network is refused', async () => {
  const [one, two] = [new Driver(51), new Driver(52)]
  await using first = await TestFollower.start(one.ethereum.connect(), one.forge.network)
  await first.follower.poll()
  await first.follower.stop()
  await first.close()
  await assert.rejects(TestFollower.start(two.ethereum.connect(), two.forge.network, {}, first.folder), {
    code: 'other-network',
  })
})

test('an endpoint that knows no block before the bridge is not in sync', async () => {
  const driver = new Driver(53)
  const network = { ...driver.forge.network, deployedBlock: 90n as bigint }
  await using test = await TestFollower.start(driver.ethereum.connect(), network)
  const status = await test.follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'ethereum-lags')
})

test('a chain that moves while it is read is read again, without an alarm', async () => {
  const driver = new Driver(54)
  driver.run(20)
  let reorganisations = 3
  class Moving extends FaultyChain {
    override async read(at: Hash, lengths: LaneLengths, blocks: readonly (Hash | BlockKey)[]): Promise<BridgeReading> {
      if (reorganisations-- > 0 && reorganisations !== 1) driver.reorganise(2)
      return super.read(at, lengths, blocks)
    }
  }
  const { test, follower, alarms } = await start(driver, new Moving(driver.ethereum))
  await using _ = test
  await assertFollows(follower, driver)
  assert.deepEqual(alarms, [])
})

test('an endpoint whose newest block is too old is stuck', async () => {
  const driver = new Driver(55)
  driver.run(5)
  let nowMs = 1_000 * Number(driver.ethereum.head.time) + 60_000
  const freshness = { clock: () => nowMs, maxAgeMs: 60_000 }
  await using test = await TestFollower.start(driver.ethereum.connect(), driver.forge.network, { freshness })
  assert.equal((await test.follower.poll()).state, 'live')
  nowMs += 1
  const status = await test.follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'ethereum-stale')
  driver.run(1)
  assert.equal((await test.follower.poll()).state, 'live')
})
