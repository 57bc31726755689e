// Attacked: the last hour before finality, after a day on which every defender was away. Lies are at many heights, beside and on top of
// a long right branch.
// What must hold: one node without any data and one watcher, started an hour before the deadline, replay everything from Ethereum alone,
// kill each wrong block in time, and the right branch becomes final to its end.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hash } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import type { LieKind } from '../../scripts/devnet/drill/lies.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const HEIGHTS = 12
const KINDS: readonly LieKind[] = [
  'mint',
  'phantom-request',
  'wrong-change',
  'request-kept',
  'state-bit',
  'foreign-input',
]

test('a defender who comes an hour before the deadline is in time', async (t) => {
  const arena = await Arena.open(t)
  const { stage } = arena
  const liar = await arena.startLiar()
  let { parent, left } = await arena.endow(liar)
  const first = parent
  const wrong: Hash[] = []
  const right: Hash[] = []
  for (let i = 0; i < HEIGHTS; i++) {
    await stage.skip(HOUR)
    const request = arena.signRequest(holder, [left], UNIT / 100n, stranger(`height ${i}`))
    await arena.submit(request)
    const { id } = await liar.publish({ parent })
    await stage.skip(60n)
    // Beside it, so that both have the same parent; and on top of the wrong one another that is right by itself.
    if (i % 2 === 0) {
      const lie = await liar.publish({ parent, rival: true, lie: KINDS[i / 2] ?? 'mint' })
      await liar.publish({ parent: lie.id, content: [] })
      wrong.push(lie.id)
    }
    right.push(id)
    parent = id
    left = request.infohash
    await arena.seen()
  }
  wrong.push((await liar.publish({ parent, lie: 'wrong-credit' })).id)
  await arena.skipTo(first, 23n * HOUR)
  assert.equal((await arena.refutations()).length, 0)

  const late = await arena.startNode()
  await arena.startWatcher('late', late)
  for (const id of wrong) await arena.until(`the death of ${id}`, () => arena.isRefuted(id))
  assert.equal((await arena.refutations()).length, wrong.length)
  await arena.seen(late)
  const tips = await Promise.all(
    [arena.node, late].map(async (node) => (await node.call('node_info', {})).bridge.tip?.id),
  )
  assert.deepEqual(tips, [parent, parent])

  await arena.startRelayer()
  await arena.skipTo(parent, 24n * HOUR)
  for (const id of [first, ...right]) await arena.until(`the finality of ${id}`, () => arena.isFinal(id))
  for (let i = 0; i < HEIGHTS; i++) await arena.paid(stranger(`height ${i}`), (UNIT / 10_000n) * 99n)
  await arena.countMoney()
})
