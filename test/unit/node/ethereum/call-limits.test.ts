// The gas that goes along with calls that carry much: enough for the calldata floor of a coming fork as well (EIP-7976), whatever fills a block.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forceCall, publishCall, TRANSACTION_GAS } from '../../../../node/ethereum/calls.ts'
import { encodeSealed, genesisBlock } from '../../../../node/protocol/header.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { BYTE_LIMIT, LANE_SHARE, STEP_LIMIT } from '../../../../node/protocol/rules.ts'
import { RULES } from '../../../../scripts/assure/models/world.ts'

const FLOOR_GAS = 64n
/** Bytes of the longest packed transaction, and of the steps of it, of a deposit and of an entry of the lane of assets. */
const [LONGEST, FORCED, DEPOSIT, ASSET] = [407, 416, 37, 57]

const root = genesisBlock({ ...RULES, easiestTarget: 2n ** 216n, state: ZERO_HASH })
const floorOf = (data: string) => 21_000n + FLOOR_GAS * (BigInt(data.length - 2) / 2n)

test('a publication has gas for each of its bytes at 64, be it full of the largest entries of all lanes or of bytes', () => {
  const share = LANE_SHARE
  const contents = [
    [0, 0],
    [share, share * DEPOSIT],
    [share, share * FORCED],
    [2 * share, share * (FORCED + DEPOSIT)],
    [3 * share, share * (FORCED + DEPOSIT + ASSET)],
    [STEP_LIMIT, BYTE_LIMIT - 32 * STEP_LIMIT],
    [Math.floor(BYTE_LIMIT / (FORCED + 32)), FORCED * Math.floor(BYTE_LIMIT / (FORCED + 32))],
  ] as const
  for (const [stepCount, bytes] of contents) {
    const sealed = { ...root, header: { ...root.header, stepCount } }
    const block = { sealed, steps: new Uint8Array(bytes).fill(7), states: new Uint8Array(32 * stepCount).fill(7) }
    const { data, gas } = publishCall(encodeSealed(root), block)
    assert.ok(gas >= floorOf(data) && gas <= TRANSACTION_GAS, `${stepCount} steps of ${bytes} bytes: ${gas}`)
  }
})

test('so has a call that forces a hundred of the longest transactions', () => {
  const { data, gas } = forceCall(Array.from({ length: 100 }, () => new Uint8Array(LONGEST).fill(7)))
  assert.ok(gas >= floorOf(data) && gas <= TRANSACTION_GAS)
})
