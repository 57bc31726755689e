// Every lie of all but one of the endpoints: the call gets into a block all the same, at a bounded cost, and no end is believed that is none.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIES, PLACES } from '../../../../../support/sending/lies.ts'
import { Scene } from '../../../../../support/sending/scene.ts'

const GWEI = 1_000_000_000n

for (const [place, kinds] of Object.entries(PLACES)) {
  test(`${place} lies, in whatever way`, { concurrency: 4 }, async (t) => {
    const tests = Object.entries(LIES).map(([name, lie]) =>
      t.test(name, async (t) => {
        const scene = new Scene(t)
        const { chain } = scene
        const endpoints = kinds.map((kind, i) => chain.endpoint(`${kind} ${i}`, kind === 'liar' ? lie : undefined))
        const { end } = scene.send(endpoints)
        await scene.mineUntil('the death', () => chain.isDead)
        const liars = kinds.filter((kind) => kind === 'liar').length
        assert.ok(chain.included.length <= 1 + liars, `${chain.included.length} transactions: one for each at most`)
        for (const { price } of chain.included) assert.ok(price <= chain.baseFee + 8n * GWEI, `it paid ${price}`)
        await scene.mineUntil('the end', () => end.said !== undefined || end.error !== undefined)
        assert.ok(end.said?.status === 'over' || end.said?.status === 'disputed', `${end.said?.status} ${end.error}`)
      }),
    )
    await Promise.all(tests)
  })
}
