// Attacked: the fees of the only block of a quiet day, by a rival as hard as it and a block that costs next to nothing: nobody builds on the
// first, and after twenty hours any target will do for the second.
// What must hold: a miner whose block is worth the gas of an empty one defends it, at once or when it is back, and is paid; one whose
// block is not worth that does not throw good money after bad.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hash, keyOf } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { type Actor, Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const PRICE = ['--price', '0.001']
const REQUEST = 1_000n * UNIT
const FEE = 10n * UNIT

for (const [how, flags] of [
  ['with a price of TTX', PRICE],
  ['without one', []],
] as const) {
  test(`a miner who is there, ${how}, defends its block as soon as the rival comes`, async (t) => {
    const { arena, liar, base, first, miner } = await open(t, flags)
    const rival = await liar.publish({ parent: base, rival: true, content: 'empty' })
    const defence = await childOf(arena, first)
    assert.equal(defence.miner, miner.account.address)
    assert.equal(defence.steps, 0)
    assert.ok((await workOf(arena, defence.id)) >= (await workOf(arena, first)), 'whoever goes on needs a whole block')

    await arena.skipTo(first, 20n * HOUR)
    const easy = await liar.publish({ parent: rival.id, content: 'empty' })
    assert.ok(16n * (await workOf(arena, easy.id)) <= (await workOf(arena, first)), 'the second block is easy')
    assert.equal(await arena.tip(), defence.id)
    await isPaid(arena, { base, first, miner, winner: defence.id })
    assert.equal((await arena.record(rival.id)).bond > 0n, true)
    assert.equal(await defences(arena, miner), 1)
  })
}

test('a miner who was away brings its branch back ahead', async (t) => {
  const { arena, liar, base, first, miner } = await open(t, PRICE)
  await miner.running.stop()
  const rival = await liar.publish({ parent: base, rival: true, content: 'empty' })
  await arena.skipTo(first, 20n * HOUR)
  const easy = await liar.publish({ parent: rival.id, content: 'empty' })
  assert.equal(await arena.tip(), easy.id)
  const back = await arena.startMiner('miner', PRICE)
  const defence = await childOf(arena, first)
  assert.equal(defence.miner, back.account.address)
  assert.equal(await arena.tip(), defence.id)
  await isPaid(arena, { base, first, miner: back, winner: defence.id })
})

test('a rival who goes on is answered for as long as the fees cover it', async (t) => {
  const { arena, liar, base, first, miner } = await open(t, PRICE)
  const rival = await liar.publish({ parent: base, rival: true, content: 'empty' })
  const defence = await childOf(arena, first)
  await arena.skipTo(first, 10n * HOUR)
  const level = await liar.publish({ parent: rival.id, content: 'empty', work: 'most' })
  const answer = await childOf(arena, defence.id)
  assert.equal(answer.miner, miner.account.address)
  await arena.skipTo(first, 20n * HOUR)
  await liar.publish({ parent: level.id, content: 'empty' })
  assert.equal(await arena.tip(), answer.id)
  await isPaid(arena, { base, first, miner, winner: answer.id })
  assert.equal(await defences(arena, miner), 2)
})

test('a block that is not worth its defence is given up, and the miner says so', async (t) => {
  const { arena, liar, base, first, miner } = await open(t, ['--price', '0.000000000000001'])
  const rival = await liar.publish({ parent: base, rival: true, content: 'empty' })
  await miner.running.said(/can displace one of our blocks with fees worth .* and that is not worth/)
  await arena.skipTo(first, 20n * HOUR)
  const easy = await liar.publish({ parent: rival.id, content: 'empty' })
  assert.equal(await arena.tip(), easy.id)
  await arena.skipTo(first, 23n * HOUR)
  await arena.until('the nomination', async () => (await arena.nominated(base)) === keyOf(easy.id))
  await arena.skipTo(first, 48n * HOUR)
  await arena.until('the rival to be final', () => arena.isFinal(rival.id))
  assert.equal(await defences(arena, miner), 0)
  await miner.running.said(/another block became final in its place/)
  await arena.skipTo(easy.id, 24n * HOUR)
  await arena.countMoney()
})

/** A miner has published one block, which took sixteen times the work of the easiest; then nobody asks for anything. */
async function open(t: Parameters<typeof Arena.open>[0], flags: readonly string[]) {
  const arena = await Arena.open(t)
  const liar = await arena.startLiar()
  let base: Hash | undefined
  for (let i = 0; i < 4; i++)
    base = (await liar.publish({ ...(base ? { parent: base } : {}), content: 'empty', work: 'most' })).id
  assert.ok(base)
  await arena.seen()
  const miner = await arena.startMiner('miner', flags)
  await arena.submit(arena.signRequest(holder, [arena.genesis], REQUEST, stranger('recipient')))
  const { id: first } = await childOf(arena, base)
  await miner.running.said(/published a block/)
  return { arena, liar, base, first, miner }
}

async function childOf(arena: Arena, parent: Hash) {
  type Block = Awaited<ReturnType<typeof arena.node.call<'bridge_children'>>>['blocks'][number]
  let child: Block | undefined
  await arena.until(`a block on ${parent}`, async () => {
    child = (await arena.node.call('bridge_children', { parent })).blocks.find(({ verdict }) => verdict === 'valid')
    return child !== undefined
  })
  assert.ok(child)
  return child
}

async function isPaid(arena: Arena, race: { base: Hash; first: Hash; miner: Actor; winner: Hash }): Promise<void> {
  const { base, first, miner, winner } = race
  await arena.startRelayer()
  await arena.skipTo(first, 23n * HOUR)
  await arena.until('the nomination', async () => (await arena.nominated(base)) === keyOf(winner))
  await arena.skipTo(first, 48n * HOUR)
  await arena.paid(stranger('recipient'), REQUEST - FEE)
  assert.ok(await arena.isFinal(first))
  assert.equal(await arena.stage.balanceOf(miner.account.address), FEE)
  await arena.countMoney()
}

/** Empty blocks of the miner, those below the final one included. */
async function defences({ stage }: Arena, { account }: Actor): Promise<number> {
  const range = { ...stage.bridge, fromBlock: 0n, strict: true, args: { miner: account.address } } as const
  const events = await stage.anvil.client.getContractEvents({ ...range, eventName: 'BlockPublished' })
  return events.filter(({ args }) => args.steps === '0x').length
}

/** Of this block alone. */
async function workOf(arena: Arena, id: Hash): Promise<bigint> {
  const { work, parent } = await arena.record(id)
  return work - (await arena.record(parent as Hash)).work
}
