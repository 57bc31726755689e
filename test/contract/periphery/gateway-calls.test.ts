// The gas that goes along with calls of gateways: enough for what was measured with a plain token, on either fork.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TRANSACTION_GAS } from '../../../node/ethereum/calls.ts'
import { createGatewayCall, gatewayClaimCall, gatewayDepositCall } from '../../../node/ethereum/gateways/calls.ts'
import { deployFactoryCall } from '../../../node/ethereum/gateways/factory.ts'
import { ZERO_HASH } from '../../../node/protocol/ids.ts'
import { accountOf } from '../../../scripts/assure/models/world.ts'
import osaka from './gas.json' with { type: 'json' }
import amsterdam from './gas-amsterdam.json' with { type: 'json' }

const [token, gateway, factory, to] = ['token', 'gateway', 'factory', 'to'].map((name) => accountOf(name).address)
assert(token && gateway && factory && to)
const claim = { number: 1n, step: 2, recipient: to, gross: 3n, siblings: Array.from({ length: 9 }, () => ZERO_HASH) }
const sealed = new Uint8Array(417).fill(7)

test('a call has the gas that was measured with a plain token, on both forks, and a transaction has room for it', () => {
  for (const measured of [osaka, amsterdam]) {
    const limits: readonly (readonly [bigint, number])[] = [
      [createGatewayCall(factory, token).gas, measured.create],
      [gatewayDepositCall(gateway, 1n, to).gas, measured['deposit, first of all']],
      [gatewayClaimCall(gateway, sealed, [claim]).gas, measured['claim, first of all']],
      [
        gatewayClaimCall(
          gateway,
          sealed,
          Array.from({ length: 16 }, () => claim),
        ).gas,
        16 * measured['claim, new holder'],
      ],
      [deployFactoryCall(gateway, BigInt(measured['deploy the factory'])).gas, measured['deploy the factory']],
    ]
    for (const [i, [limit, used]] of limits.entries())
      assert.ok(limit > BigInt(used) && limit <= TRANSACTION_GAS, `${i}: ${limit} for ${used}`)
  }
  assert.throws(() => gatewayClaimCall(gateway, sealed, []), RangeError)
})
