// What an account does not pay on the word of an endpoint: a floor price, or a surcharge, beyond what it would pay for gas.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BOND_GAS, type BridgeCall } from '../../../../../node/ethereum/calls.ts'
import { suggestFees, valueWith } from '../../../../../node/ethereum/sending/fees.ts'
import { Offers } from '../../../../../node/ethereum/sending/offers.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../../../node/protocol/ids.ts'
import { addWei, GWEI, toGasPrice, toWei } from '../../../../../node/protocol/units.ts'

const CAP = toGasPrice(100n * GWEI)
const FEES = suggestFees(toGasPrice(GWEI), toGasPrice(1n))
const publish: BridgeCall = { name: 'publish', data: '0x', gas: 200_000n, bondGas: BOND_GAS }
const deposit: BridgeCall = {
  ...{ name: 'deposit', data: '0x', gas: 195_000n, bondGas: 0n },
  queues: { lane: 'deposits', entries: 1 },
}

function offers({ floorPrice = GWEI, surcharge = 0n, balance = 10n ** 24n } = {}): Offers {
  const parameters = { token: ZERO_ADDRESS, minRequest: 1n, easiestTarget: 1n, genesis: ZERO_HASH }
  const floor = toGasPrice(floorPrice)
  const ethereum = {
    account: ZERO_ADDRESS,
    tip: async () => toGasPrice(1n),
    parameters: async () => ({ ...parameters, floorPrice: floor }),
    surchargeOf: async ({ queues }: BridgeCall) => toWei(queues ? surcharge : 0n),
    valueGoingWith: async (call: BridgeCall) =>
      addWei([valueWith(call, FEES, floor), toWei(call.queues ? surcharge : 0n)]),
    balance: async () => toWei(balance),
  }
  return new Offers(ethereum, CAP)
}

test('a floor price up to the cap of fees is paid, and one above it is not, whatever the balance', async () => {
  await offers({ floorPrice: CAP }).checkFunds(publish, FEES)
  const lied = offers({ floorPrice: CAP + 1n }).checkFunds(publish, FEES)
  await assert.rejects(lied, { code: 'fee-cap', facts: { cap: `${CAP}`, price: `${CAP + 1n}` } })
})

test('what puts down no bond does not ask for the floor price', async () => {
  await offers({ floorPrice: 10n ** 15n }).checkFunds(deposit, FEES)
})

test('a surcharge up to what the gas of the call may cost is paid, and a wei more is not', async () => {
  const most = deposit.gas * CAP
  await offers({ surcharge: most }).checkFunds(deposit, FEES)
  const crowded = offers({ surcharge: most + 1n }).checkFunds(deposit, FEES)
  await assert.rejects(crowded, {
    code: 'fee-cap',
    facts: { lane: 'deposits', cap: `${most}`, surcharge: `${most + 1n}` },
  })
  await offers({ surcharge: most + 1n }).checkFunds(publish, FEES)
})

test('the surcharge has to be in the account too', async () => {
  const surcharge = 10n ** 15n
  const needed = deposit.gas * FEES.maxFeePerGas + surcharge
  await offers({ surcharge, balance: needed }).checkFunds(deposit, FEES)
  await assert.rejects(offers({ surcharge, balance: needed - 1n }).checkFunds(deposit, FEES), {
    code: 'unfunded-account',
  })
})
