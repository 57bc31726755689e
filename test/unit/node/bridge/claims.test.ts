// Which final blocks have requests that can be paid, and what is looked up to say so.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blocksWithClaims } from '../../../../node/bridge/claims.ts'
import { type BridgeView, blockOf, payableNumbers, requestNumberOf } from '../../../../node/bridge/view.ts'
import { accountOf } from '../../../../scripts/assure/models/world.ts'
import { plant, plantedId } from '../../../../scripts/bench/planted-view.ts'

const LENGTH = 50
const REQUESTS = 20

/** A chain of final blocks with this many requests each, of which those of all but the last two are paid. */
function paidView(): BridgeView {
  const view = plant(Array.from({ length: LENGTH }, (_, i) => ({ on: i, at: i })))
  const requests = Array.from({ length: REQUESTS }, (_, step) => ({ step }))
  const blocks = [...view.blocks.values()].map((block) => {
    if (block.place === undefined || block.id === view.root) return block
    const { height } = block.sealed.header
    const header = { ...block.sealed.header, firstRequest: (height - 1n) * BigInt(REQUESTS), requestCount: REQUESTS }
    const sealed = { ...block.sealed, header }
    return { ...block, sealed, requests, finality: { place: block.place, fee: 0n, unpaid: false } }
  })
  const paid = blocks.slice(0, -2).flatMap((block) => payableNumbers(block).map((number) => [number, 1n] as const))
  return {
    ...view,
    final: plantedId(LENGTH),
    blocks: new Map(blocks.map((each) => [each.id, each])),
    claimed: new Map(paid),
  }
}

test('blocks come oldest first, from any final one on, and none from one that is not', () => {
  const view = paidView()
  const from = (id?: number) =>
    [...blocksWithClaims(view, id === undefined ? undefined : plantedId(id))].map(({ id }) => id)
  const last = [plantedId(LENGTH - 1), plantedId(LENGTH)]
  assert.deepEqual(from(), last)
  assert.deepEqual(from(LENGTH - 1), last)
  assert.deepEqual(from(LENGTH), last.slice(1))
  assert.deepEqual(from(LENGTH + 1), [])
})

test('requests of other assets are never waited for: the bridge pays none of them', () => {
  const view = paidView()
  const asset = accountOf('contract').address
  const last = blockOf(view, plantedId(LENGTH))
  const requests = last.requests.map(({ step }) => ({ step, asset }))
  const blocks = new Map(view.blocks).set(last.id, { ...last, requests })
  const ids = [...blocksWithClaims({ ...view, blocks })].map(({ id }) => id)
  assert.deepEqual(ids, [plantedId(LENGTH - 1)])
  const mixed = { ...last, requests: requests.map((each) => (each.step === 3 ? { step: 3 } : each)) }
  assert.deepEqual(payableNumbers(mixed), [last.sealed.header.firstRequest + 3n])
  assert.equal(requestNumberOf(mixed, 2), last.sealed.header.firstRequest + 2n)
})

test('the requests of a block that is paid whole are looked up once, also when others are paid', () => {
  const view = paidView()
  let lookups = 0
  class Counted extends Map<bigint, bigint> {
    override has(number: bigint): boolean {
      lookups++
      return super.has(number)
    }
  }
  const look = (claimed: ReadonlyMap<bigint, bigint>) => {
    lookups = 0
    const blocks = [...blocksWithClaims({ ...view, claimed: new Counted(claimed) })]
    return [blocks.length, lookups]
  }
  assert.deepEqual(look(view.claimed), [2, (LENGTH - 2) * REQUESTS + 2])
  assert.deepEqual(look(view.claimed), [2, 2])
  const more = new Map(view.claimed)
  for (const number of payableNumbers(blockOf(view, plantedId(LENGTH)))) more.set(number, 1n)
  assert.deepEqual(look(more), [1, 1 + REQUESTS])
  assert.deepEqual(look(more), [1, 1])
})
