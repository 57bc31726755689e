// The transactions of a ledger from the newest on, as a page shows them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { block, GENESIS_BLOCK, GENESIS_INFOHASH, OWNER, openLedger, pay, person } from './world.ts'

const ALICE = person('alice')

test('the newest transactions come first, page by page, all of them or only those that no block has ordered', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const chain = [10n, 20n, 30n, 40n, 50n].reduce<ReturnType<typeof pay>[]>((made, tokens, time) => {
    made.push(pay({ from: OWNER, to: ALICE, tokens, prev: [made.at(-1)?.infohash ?? GENESIS_INFOHASH], time }))
    return made
  }, [])
  for (const { file } of chain) await ledger.submit(file, 'peer')
  const [settled, fresh] = [chain.slice(0, 3), chain.slice(3)]
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, settled)] })
  const all = [GENESIS_INFOHASH, ...chain.map(({ infohash }) => infohash)].toReversed()
  const pages = async (limit: number, unordered: boolean) => {
    const found: Infohash[] = []
    for (let page = await ledger.newest({ limit, unordered }); ; ) {
      assert(page.items.length <= limit)
      found.push(...page.items)
      if (page.next === undefined) return found
      page = await ledger.newest({ limit, unordered, before: page.next })
    }
  }
  for (const limit of [1, 2, 3, 100]) {
    assert.deepEqual(await pages(limit, false), all)
    assert.deepEqual(await pages(limit, true), fresh.map(({ infohash }) => infohash).toReversed())
  }
  assert.deepEqual(await ledger.newest({ limit: 5, unordered: false, before: 0 }), { items: [] })
})
