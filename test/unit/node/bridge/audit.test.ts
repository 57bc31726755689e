// Which records are compared with the contract where there are more blocks than are looked at at once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { preferredBranch } from '../../../../node/bridge/fork-choice.ts'
import { auditedBlocks } from '../../../../node/bridge/records/audit.ts'
import { applyEvent, emptyView } from '../../../../node/bridge/records/fold.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { toTime, toWork } from '../../../../node/protocol/units.ts'
import { Forge, published } from '../../../support/bridge/scenario.ts'

/** Siblings, and a branch of three on the last one. */
function crowd(count: number) {
  const forge = new Forge(7)
  const { id, sealed } = forge.genesis
  const view = emptyView({ id, sealed, publishedAt: toTime(0n), work: toWork(0n), requests: [] })
  let parent = forge.genesis
  for (let i = 1; i <= count + 3; i++) {
    const block = forge.make(i <= count ? forge.genesis : parent, [])
    const number = BigInt(i)
    const event = {
      ...published(block, number),
      place: { number, hash: block.id, logIndex: 0, transaction: block.id, time: toTime(number) },
    }
    if (event.kind === 'published') applyEvent(view, event, new Map([[block.id, { verdict: 'valid', requests: [] }]]))
    parent = block
  }
  return view
}

test('each of many blocks has its turn, and the leading branch and what was reported have theirs always', () => {
  const view = crowd(2_500)
  const all = [...view.blocks.keys()]
  const leading = preferredBranch(view).map(({ id }) => id)
  assert.equal(leading.length, 4)
  const touched = all[1_234] as Hash
  const seen = new Set<Hash>()
  for (let turn = 0; turn < 3; turn++) {
    const asked = auditedBlocks(view, [touched], turn)
    assert.ok(asked.length <= 1_006, `${asked.length} at once`)
    assert.equal(new Set(asked).size, asked.length)
    for (const id of [view.final, touched, ...leading]) assert.ok(asked.includes(id))
    for (const id of asked) seen.add(id)
  }
  assert.deepEqual([...seen].toSorted(), all.toSorted())
})

test('of fewer, all are looked at', () => {
  const view = crowd(900)
  assert.deepEqual(auditedBlocks(view, [], 5).toSorted(), [...view.blocks.keys()].toSorted())
})
