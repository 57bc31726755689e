// The model of assets: the rules keep the same books as plain words, and each rule is one whose absence shows.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { violations } from '../../../../scripts/assure/models/assets/chains.ts'
import { LANE_TRAPS } from '../../../../scripts/assure/models/assets/lanes.ts'
import { TRAPS } from '../../../../scripts/assure/models/assets/machine.ts'
import { playChains, playLanes, playLies, playPairs } from '../../../../scripts/assure/models/assets/play.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'

const SEED = Number(process.env['FUZZ_SEED'] ?? 1)

test(`coins of all assets are where plain words say, whatever is done with them (seed ${SEED})`, () => {
  for (const tally of [playPairs(() => false, 997), playChains(randomOf(SEED), (chains) => chains === 200)]) {
    assert.equal(violations(tally), 0, JSON.stringify(tally))
    assert(tally.accepted > 20 && tally.accepted < tally.steps, JSON.stringify(tally))
  }
})

test(`there is an answer on every state, also a made-up one (seed ${SEED})`, () => {
  assert.equal(playLies(randomOf(SEED), 500), 0)
})

test('what the contract reads of the lanes is what is meant, and there is always a right block', () => {
  const { blocks, differs, stuck } = playLanes(97)
  assert(blocks > 1_000)
  assert.deepEqual({ differs, stuck }, { differs: 0, stuck: 0 })
})

for (const trap of TRAPS) {
  test(`the model sees it: ${trap} (seed ${SEED})`, () => {
    assert(violations(playChains(randomOf(SEED), (chains) => chains === 400, trap)) > 0)
  })
}

for (const trap of LANE_TRAPS) {
  test(`the model sees it: ${trap}`, () => {
    assert(playLanes(97, trap).differs > 0)
  })
}
