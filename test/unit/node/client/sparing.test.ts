// A node that is kept from choosing what offers bind, of which there may be more than it leaves alone at once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sparing } from '../../../../node/client/offers/sparing.ts'
import { chooseInputs } from '../../../../node/client/pay.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { accountOf } from '../../../../scripts/assure/models/world.ts'

const MOST = 256
const owner = accountOf('maker').address
const asset = accountOf('contract').address
const ids = Array.from({ length: 1_000 }, (_, i) => i.toString(16).padStart(40, '0') as Infohash)

/** Chooses the first outputs that are not left alone, one for each unit; refuses to leave alone more than it can. */
function nodeOf(outputs: readonly Infohash[], options: { readonly isDeaf?: boolean } = {}) {
  const asked: number[] = []
  const call = async (_method: string, params: { tokens: bigint; without?: Infohash[] }) => {
    const { tokens, without = [] } = params
    asked.push(without.length)
    assert(without.length <= MOST && new Set(without).size === without.length)
    const left = options.isDeaf ? [] : without
    const prev = outputs.filter((each) => !left.includes(each)).slice(0, Number(tokens))
    return { prev, sum: tokens, unorderedAncestors: 0 }
  }
  return { asked, node: { url: 'a node', call: call as unknown as NodeClient['call'] } }
}

const boundOf = (outputs: readonly Infohash[]) => outputs.map((infohash) => ({ owner, infohash }))

for (const count of [0, 1, MOST - 1, MOST, MOST + 1, 900]) {
  test(`what ${count} offers bind is not chosen, wherever in the book it is`, async () => {
    const bound = ids.slice(0, count)
    for (const known of [bound, bound.toReversed()]) {
      // The node would choose the bound ones one after another; some of them lie between those that are free.
      const outputs = [...bound.slice(0, 90), ...ids.slice(count, count + 3), ...bound.slice(90)]
      const { node } = nodeOf(outputs)
      const { prev } = await chooseInputs(sparing(node, boundOf(known)), owner, { tokens: 3n })
      assert.deepEqual(prev, ids.slice(count, count + 3))
    }
  })
}

test('where all that a node can choose is bound, or it does not listen, nothing is chosen', async () => {
  const bound = ids.slice(0, 900)
  for (const [known, options] of [
    [bound, {}],
    [bound.slice(0, 5), { isDeaf: true }],
    [bound, { isDeaf: true }],
  ] as const) {
    const { node, asked } = nodeOf(ids, options)
    const chosen = chooseInputs(sparing(node, boundOf(known)), owner, { tokens: 3n })
    await assert.rejects(chosen, { code: 'too-many-offers' })
    assert(asked.length <= 1 + MOST / 2, `${asked.length} questions`)
  }
})

test('what is bound of another asset or owner is left out of the question', async () => {
  const { node, asked } = nodeOf(ids)
  const bound = [
    ...boundOf(ids.slice(0, 300)).map((each) => ({ ...each, asset })),
    ...boundOf(ids.slice(0, 300)).map((each) => ({ ...each, owner: asset })),
  ]
  const { prev } = await chooseInputs(sparing(node, bound), owner, { tokens: 1n })
  assert.deepEqual([prev, asked], [ids.slice(0, 1), [0]])
})
