// What mining came to: fees of final blocks, less gas and what the contract kept.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Publication } from '../../../../miner/journal.ts'
import { resultOf, resultSince } from '../../../../miner/money/result.ts'
import { encodeSealed, genesisBlock } from '../../../../node/protocol/header.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { UNIT } from '../../../../node/protocol/rules.ts'
import { toBaseUnits, toGwei, toWei } from '../../../../node/protocol/units.ts'
import { RULES } from '../../../../scripts/assure/models/world.ts'

const GWEI = 10n ** 9n

test('fees are earned once final and pending before, those in ether beside those in wTTX', () => {
  const blocks = [
    entryOf('final', 5n, 2n),
    entryOf('published', 7n, 3n),
    entryOf('mined', 100n, 100n),
    entryOf('lost', 9n, 9n),
  ]
  assert.deepEqual(resultOf(blocks, toWei(11n), 0n), {
    ...{ earned: 5n, pending: 7n, queueFees: 2n * GWEI, pendingQueueFees: 3n * GWEI },
    ...{ gas: 11n, bondsLost: 0n, ether: 2n * GWEI - 11n },
  })
})

test('a final block that the contract pays nothing for earns nothing', () => {
  const { earned, queueFees, ether } = resultOf([{ ...entryOf('final', 0n, 2n), isUnpaid: true }], toWei(0n), 0n)
  assert.deepEqual([earned, queueFees, ether], [0n, 0n, 0n])
})

test('bonds count only where the contract kept them, whatever became of the block', () => {
  const kept = { bondLost: toWei(40n) }
  const blocks = [
    { ...entryOf('lost', 0n, 0n), ...kept },
    { ...entryOf('final', 0n, 0n), ...kept },
    { ...entryOf('published', 0n, 0n), bond: toWei(1_000n) },
  ]
  const { bondsLost, ether } = resultOf(blocks, toWei(1n), 0n)
  assert.deepEqual([bondsLost, ether], [80n, -81n])
})

test('with a price there is one sum', () => {
  // 0.5 TTX at 0.002 ETH are 0.001 ETH.
  const { profit } = resultOf([entryOf('final', UNIT / 2n, 0n)], toWei(4n * 10n ** 14n), 2n * 10n ** 15n)
  assert.equal(profit, 6n * 10n ** 14n)
})

test('what one start brought is what the start before had not', () => {
  const first = resultOf([entryOf('final', 5n, 0n)], toWei(7n), 10n ** 18n)
  const second = resultOf([entryOf('final', 5n, 0n), entryOf('final', 30n, 0n)], toWei(17n), 10n ** 18n)
  assert.deepEqual(resultSince(first, second), { earned: 30n, ether: -10n, profit: 20n })
})

function entryOf(stage: Publication['stage'], fee: bigint, queueFees: bigint): Publication {
  const { header } = genesisBlock({ ...RULES, easiestTarget: 2n ** 240n, state: ZERO_HASH })
  const seal = { miner: RULES.token, nonce: ZERO_HASH }
  const sealed = encodeSealed({ header: { ...header, queueFees: toGwei(queueFees) }, seal })
  return {
    ...{ version: 2, stage, foundMs: 0, sinceMs: 0, parent: sealed, sealed, attempts: [] },
    body: { steps: new Uint8Array(), states: new Uint8Array() },
    ...{ fee: toBaseUnits(fee), bond: toWei(0n) },
  }
}
