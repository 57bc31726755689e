// Attacked: a watcher, with all kinds of lies in quick succession: many beside each other, many on top of each other, nobody waiting for
// anything in between, first while it sleeps and then while it is awake.
// What must hold: the bridge refuses what it can judge by itself, every root of what is left is killed by a proof of its own, whatever
// builds on it dies with it and is never refuted for itself, and the honest block that comes after all that carries the whole queue.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAllBlocks } from '../../node/client/all-blocks.ts'
import { isOperationError } from '../../node/errors.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import { LANES } from '../../node/protocol/queue.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { accountOf } from '../../scripts/assure/models/world.ts'
import { expectedOf } from '../../scripts/devnet/drill/kinds.ts'
import type { Expectation } from '../../scripts/devnet/drill/lie.ts'
import { LIE_KINDS, type LieKind } from '../../scripts/devnet/drill/lies.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import type { LiarProcess } from '../support/processes/liar-client.ts'
import { arenaModeOf } from '../support/processes/rows.ts'
import { holder, stranger } from '../support/stage.ts'

const LEVELS = 3

test('every kind of lie dies, however many there are at once', async (t) => {
  const arena = await Arena.open(t)
  const liar = await arena.startLiar()
  const parent = await arrange(arena, liar)
  const published = LIE_KINDS.filter((kind) => 'problem' in expectationOf(kind))
  const refused = LIE_KINDS.filter((kind) => 'refused' in expectationOf(kind))

  await t.test('the bridge refuses what needs no proof', async () => {
    assert.ok(refused.length >= 5)
    for (const kind of refused) {
      await assert.rejects(liar.publish({ parent, rival: true, lie: kind }), (error) => {
        assert.ok(isOperationError(error, 'bridge-refused'), `${error}`)
        assert.deepEqual({ refused: error.facts.error }, expectationOf(kind), `${kind}: ${error.message}`)
        return true
      })
    }
  })

  await t.test('a watcher that wakes up among all of them kills each root once', async () => {
    assert.ok(published.length >= 25)
    const roots: Hash[] = []
    const descendants: Hash[] = []
    for (const [i, kind] of published.entries()) {
      let on = await lieAbout(liar, kind, parent)
      roots.push(on)
      // Some of them at the bottom of a branch, of other lies or of blocks that would be right by themselves.
      for (let level = 0; i % 5 === 0 && level < LEVELS; level++) {
        const order = level % 2 === 0 ? ({ content: [] } as const) : ({ lie: 'mint' } as const)
        on = (await liar.publish({ parent: on, ...order })).id
        descendants.push(on)
      }
    }
    await arena.startWatcher()
    await allDead(arena, roots)
    for (const id of descendants) assert.equal(await arena.isRefuted(id), false, 'what stands on a lie dies by its way')
    assert.deepEqual((await arena.refutations()).map(({ args }) => args.id).toSorted(), roots.toSorted())
  })

  await t.test('awake, it does not fall behind', async () => {
    const before = (await arena.refutations()).length
    const roots: Hash[] = []
    for (const kind of published.toReversed().filter((_, i) => i % 3 === 0))
      roots.push(await lieAbout(liar, kind, parent))
    await allDead(arena, roots)
    assert.equal((await arena.refutations()).length, before + roots.length)
  })

  await t.test('the honest block comes through, with the whole queue', async () => {
    const miner = await arena.startMiner()
    await arena.startRelayer('second-relayer')
    await arena.seen()
    const { lanes: all } = await arena.node.call('bridge_template', {})
    let honest: Hash | undefined
    await arena.until('the honest block', async () => {
      const { blocks } = await readAllBlocks(arena.node)
      const own = blocks.filter((block) => block.miner === miner.account.address)
      honest = own.find(({ lanes }) => LANES.every((lane) => lanes[lane] === all[lane]))?.id
      return honest !== undefined
    })
    assert.ok(honest)
    await arena.skipTo(honest, 24n * HOUR)
    const id = honest
    await arena.until('its finality', () => arena.isFinal(id))
    await arena.paid(stranger('forced'), (UNIT * 99n) / 100n)
    const { unconsumed } = await arena.countMoney()
    assert.equal(unconsumed, 0n)
    // The liar's part of the one honest block that it published in the beginning, and nothing else.
    assert.equal(await arena.stage.balanceOf((await arena.account('liar')).address), UNIT / 200n)
  })
})

/** Everything that lies are about: money of the liar's own and of others, outputs that are gone, and a queue that is an hour old. */
async function arrange(arena: Arena, liar: LiarProcess): Promise<Hash> {
  const { left } = await arena.endow(liar)
  const [owner, { address: depositor }] = await Promise.all([arena.account('liar'), arena.account('depositor')])
  const { outputs } = await arena.node.call('account_balance', { owner: owner.address })
  const spending = arena.sign(owner, { to: owner.address, tokens: 1n, prev: outputs.map(({ infohash }) => infohash) })
  const request = arena.signRequest(holder, [left], UNIT / 2n, depositor)
  await arena.submit(spending)
  await arena.submit(request)
  await arena.stage.skip(HOUR)
  const { id } = await liar.publish()
  await arena.skipTo(id, 24n * HOUR)
  const bringer = await arena.startWatcher('bringer')
  const relayer = await arena.startRelayer()
  await arena.paid(depositor, (UNIT * 99n) / 200n)
  await bringer.running.stop()
  await relayer.running.stop()

  await arena.deposit(depositor, stranger('credited'), 10_000n, 2)
  const valid = arena.signRequest(holder, [request.infohash], UNIT, stranger('forced'))
  const thief = accountOf('thief')
  const invalid = arena.sign(thief, { to: thief.address, tokens: UNIT, prev: [request.infohash] })
  await arena.enter(1_000_000n, owner.address)
  await arena.force([valid.packed, invalid.packed])
  await arena.stage.skip(HOUR)
  await arena.seen()
  return id
}

/** A sibling of whatever is there. */
async function lieAbout(liar: LiarProcess, lie: LieKind, parent: Hash): Promise<Hash> {
  const told = await liar.publish({ parent, rival: true, lie })
  assert.deepEqual({ problem: told.problem }, expectationOf(lie), lie)
  return told.id
}

function expectationOf(lie: LieKind): Expectation {
  return expectedOf(lie, arenaModeOf(lie))
}

async function allDead(arena: Arena, roots: readonly Hash[]): Promise<void> {
  for (const id of roots) await arena.until(`the death of ${id}`, () => arena.isRefuted(id))
}
