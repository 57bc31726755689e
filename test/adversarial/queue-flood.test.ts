// Attacked: the queue, with hundreds of small deposits and of forced transactions that are worth nothing.
// What must hold: blocks that satisfy the queue rule exist at every moment, each takes a quarter of the step limit off the queue and
// has room for requests beside it, nobody can leave the queue out or get ahead of it, and the last to come gets through too.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAllBlocks } from '../../node/client/all-blocks.ts'
import { isRefusal } from '../../node/ethereum/refusals.ts'
import { type Address, parseInfohash } from '../../node/protocol/ids.ts'
import { QUEUE_SHARE, UNIT } from '../../node/protocol/rules.ts'
import { accountOf } from '../../scripts/assure/models/world.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const DEPOSITS = 40
const JUNK = 240
const BATCH = 60
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
  const { queueLength } = await node.call('bridge_template', {})
  assert.equal(queueLength, BigInt(DEPOSITS + JUNK + 1))
  const empty = liar.publish({ content: 'empty' })
  await assert.rejects(empty, (error) => isRefusal(error, 'QueueIgnored'))
  const more = liar.publish({ lie: 'deposit-invented' })
  await assert.rejects(more, (error) => isRefusal(error, 'QueueOverrun'))

  miner = await arena.startMiner('second-miner')
  const counts: number[] = []
  for (let height = 2n; counts.reduce((sum, count) => sum + count, 0) < DEPOSITS + JUNK + 1; height++) {
    let consumed: bigint | undefined
    await arena.until(`block ${height}`, async () => {
      const { blocks } = await readAllBlocks(node)
      consumed = blocks.find((block) => block.height === height && block.verdict === 'valid')?.queueCount
      return consumed !== undefined
    })
    counts.push(Number(consumed ?? 0n) - counts.reduce((sum, count) => sum + count, 0))
  }
  assert.deepEqual(counts, [QUEUE_SHARE, QUEUE_SHARE, DEPOSITS + JUNK + 1 - 2 * QUEUE_SHARE])
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

/** Deposits and junk, as fast as Ethereum takes them. */
async function flood(arena: Arena, from: Address, credited: Address): Promise<void> {
  await arena.deposit(from, credited, GROSS, DEPOSITS)
  const thief = accountOf('thief')
  const junk = Array.from({ length: JUNK }, (_, i) => {
    const prev = [parseInfohash(i.toString(16).padStart(40, '0'))]
    return arena.sign(thief, { to: thief.address, tokens: 1n, prev }).packed
  })
  for (let i = 0; i < JUNK; i += BATCH) await arena.force(junk.slice(i, i + BATCH))
}
