// Attacked: the queue, with hundreds of small deposits and of forced transactions that are worth nothing.
// What must hold: blocks that satisfy the queue rule exist at every moment, each takes a share of its own off each lane and has room for
// requests beside them, deposits do not wait for what was forced before them, nobody can leave a lane out or get ahead of it, what comes
// too fast costs more, and the last to come gets through too.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAllBlocks } from '../../node/client/all-blocks.ts'
import { isRefusal } from '../../node/ethereum/refusals.ts'
import { type Address, parseInfohash } from '../../node/protocol/ids.ts'
import { LANES, type LaneLengths } from '../../node/protocol/queue.ts'
import { LANE_SHARE, UNIT } from '../../node/protocol/rules.ts'
import { accountOf } from '../../scripts/assure/models/world.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const DEPOSITS = 40
const JUNK = 240
const BATCH = 60
/** As many entries of a lane cost nothing on top. */
const FREE = 144
const GROSS = 1_000n

test('a flood of the queue delays nobody but itself', async (t) => {
  const arena = await Arena.open(t)
  const { stage, node } = arena
  const flooder = await arena.account('flooder')
  const credited = stranger('credited')
  const liar = await arena.startLiar()
  let miner = await arena.startMiner()
  await arena.startRelayer()

  // The flooder's wTTX come over the bridge like everybody's.
  const first = await stage.request(node, holder, [arena.genesis], UNIT, flooder.address)
  await arena.ordered(first)
  await stage.skip(25n * HOUR)
  await arena.until('the flooder to be paid', async () => (await stage.balanceOf(flooder.address)) > 0n)
  await miner.running.stop()
  await arena.countMoney()

  await flood(arena, flooder.address, credited)
  const request = await stage.request(node, holder, [first], 2n * UNIT, stranger('patient'))
  // Behind everything else in the queue: a request of one whom miners might leave out.
  const late = arena.signRequest(holder, [request], UNIT, stranger('late'))
  await arena.force([late.packed])
  await arena.countMoney()

  // An hour later nobody can leave the queue out, and nobody could ever take more than their share.
  await stage.skip(HOUR + 1n)
  await arena.seen()
  const { lanes } = await node.call('bridge_template', {})
  assert.deepEqual(lanes, { deposits: BigInt(DEPOSITS), assets: 0n, forced: BigInt(JUNK + 1) })
  const empty = liar.publish({ content: 'empty' })
  await assert.rejects(empty, (error) => isRefusal(error, 'QueueIgnored'))
  const more = liar.publish({ lie: 'deposit-invented' })
  await assert.rejects(more, (error) => isRefusal(error, 'QueueOverrun'))

  miner = await arena.startMiner('second-miner')
  const counts: LaneLengths[] = []
  for (let height = 2n; (counts.at(-1)?.forced ?? 0n) < JUNK + 1; height++) {
    await arena.until(`block ${height}`, async () => {
      const { blocks } = await readAllBlocks(node)
      const block = blocks.find((each) => each.height === height && each.verdict === 'valid')
      if (block !== undefined) counts.push(block.lanes)
      return block !== undefined
    })
  }
  // The deposits came after all the junk, and are through with the first block, which has its share of the junk too.
  assert.deepEqual(counts, [
    { deposits: BigInt(DEPOSITS), assets: 0n, forced: BigInt(LANE_SHARE) },
    { deposits: BigInt(DEPOSITS), assets: 0n, forced: BigInt(JUNK + 1) },
  ])
  const { blocks } = await readAllBlocks(node)
  const second = blocks.find(({ height }) => height === 2n)
  await arena.becomes({ infohash: request }, 'ordered', second?.id) // beside the flood there is room
  await arena.becomes(late, 'ordered')

  await stage.skip(25n * HOUR)
  for (const [name, net] of [
    ['patient', (UNIT * 198n) / 100n],
    ['late', (UNIT * 99n) / 100n],
  ] as const) {
    await arena.until(`${name} to be paid`, async () => (await stage.balanceOf(stranger(name))) === net)
  }
  await arena.seen()
  const { final } = await node.call('account_balance', { owner: credited })
  assert.equal(final, BigInt(DEPOSITS) * (GROSS - GROSS / 100n))
  const { unconsumed } = await arena.countMoney()
  assert.equal(unconsumed, 0n)
  // The flood has paid those who took it off the queue.
  const headers = await Promise.all(blocks.filter(({ height }) => height >= 2n).map(({ id }) => arena.headerOf(id)))
  const fees = sumOf(await stage.forcedFees())
  assert.equal(sumOf(headers.map(({ queueFees }) => queueFees)), fees)
  assert.ok(fees >= BigInt(JUNK))
})

function sumOf(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n)
}

/** Junk, and after it deposits, as fast as Ethereum takes them. */
async function flood(arena: Arena, from: Address, credited: Address): Promise<void> {
  const thief = accountOf('thief')
  const junk = Array.from({ length: JUNK }, (_, i) => {
    const prev = [parseInfohash(i.toString(16).padStart(40, '0'))]
    return arena.sign(thief, { to: thief.address, tokens: 1n, prev }).packed
  })
  const { client } = arena.stage.anvil
  const surcharge = async () =>
    await client.readContract({ ...arena.stage.bridge, functionName: 'surcharge', args: [LANES.indexOf('forced'), 1n] })
  for (let i = 0; i < JUNK; i += BATCH) {
    if (i + BATCH < FREE) assert.equal(await surcharge(), 0n)
    await arena.force(junk.slice(i, i + BATCH))
  }
  assert.ok((await surcharge()) > 0n)
  await arena.deposit(from, credited, GROSS, DEPOSITS)
}
