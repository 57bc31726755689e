// What an account does not pay on the word of an endpoint: a floor price, a surcharge, or blobs, beyond what it would pay.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_SIDECAR } from '../../../../../node/ethereum/blobs/empty-blob.ts'
import { BOND_GAS, type BridgeCall } from '../../../../../node/ethereum/calls.ts'
import type { Head } from '../../../../../node/ethereum/reader.ts'
import { suggestFees, valueWith } from '../../../../../node/ethereum/sending/fees.ts'
import { Offers } from '../../../../../node/ethereum/sending/offers.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../../../node/protocol/ids.ts'
import { addWei, GWEI, toGasPrice, toTime, toWei } from '../../../../../node/protocol/units.ts'

const CAP = toGasPrice(100n * GWEI)
const BLOB_CAP = toGasPrice(80n * GWEI)
const HEAD: Head = {
  ...{ number: 1n, hash: ZERO_HASH, time: toTime(1_000_000n), next: toTime(1_000_012n) },
  baseFee: toGasPrice(GWEI),
}
const FEES = suggestFees(toGasPrice(GWEI), toGasPrice(1n))
const publish: BridgeCall = { name: 'publish', data: '0x', gas: 200_000n, bondGas: BOND_GAS }
const deposit: BridgeCall = {
  // Much more goes along than it uses: new words of storage are to become dearer.
  ...{ name: 'deposit', data: '0x', gas: 620_000n, bondGas: 0n },
  queues: { lane: 'deposits', entries: 1 },
}

const blobs: BridgeCall = { name: 'publish', data: '0x', gas: 200_000n, bondGas: 0n, sidecar: EMPTY_SIDECAR }

function offers({ floorPrice = GWEI, surcharge = 0n, balance = 10n ** 24n, blobPrice = GWEI } = {}): Offers {
  const parameters = { token: ZERO_ADDRESS, minRequest: 1n, easiestTarget: 1n, genesis: ZERO_HASH }
  const floor = toGasPrice(floorPrice)
  const ethereum = {
    account: ZERO_ADDRESS,
    tip: async () => toGasPrice(1n),
    blobBaseFee: async () => toGasPrice(blobPrice),
    parameters: async () => ({ ...parameters, floorPrice: floor }),
    surchargeOf: async ({ queues }: BridgeCall) => toWei(queues ? surcharge : 0n),
    valueGoingWith: async (call: BridgeCall) =>
      addWei([valueWith(call, FEES, floor), toWei(call.queues ? surcharge : 0n)]),
    balance: async () => toWei(balance),
  }
  return new Offers(ethereum, { maxFeePerGas: CAP, maxFeePerBlobGas: BLOB_CAP })
}

test('a floor price up to the cap of fees is paid, and one above it is not, whatever the balance', async () => {
  await offers({ floorPrice: CAP }).checkFunds(publish, FEES)
  const lied = offers({ floorPrice: CAP + 1n }).checkFunds(publish, FEES)
  await assert.rejects(lied, { code: 'fee-cap', facts: { cap: `${CAP}`, price: `${CAP + 1n}` } })
  // The bond of a rival counts it more than once.
  const rival = { ...publish, floors: 5 }
  await offers({ floorPrice: CAP / 5n }).checkFunds(rival, FEES)
  const dear = offers({ floorPrice: CAP / 5n + 1n }).checkFunds(rival, FEES)
  await assert.rejects(dear, { code: 'fee-cap', facts: { cap: `${CAP}`, price: `${CAP + 5n}` } })
})

test('what puts down no bond does not ask for the floor price', async () => {
  await offers({ floorPrice: 10n ** 15n }).checkFunds(deposit, FEES)
})

test('a surcharge up to what the call may use today is paid, and a wei more is not, however much gas goes along', async () => {
  const most = 195_000n * CAP
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

test('only a call with blobs has an offer for blobs, and only its attempts are replaced with one', async () => {
  const { maxFeePerBlobGas, ...gas } = await offers().first(HEAD, undefined, blobs)
  assert.deepEqual([maxFeePerBlobGas, gas], [8n * GWEI, await offers().first(HEAD, undefined, publish)])
  const attempt = { hash: ZERO_HASH, raw: '0x', nonce: 0, isCancel: false, sentMs: 0 } as const
  const replaced = await offers().dearer({ ...attempt, fees: { ...gas, maxFeePerBlobGas } }, HEAD)
  assert.equal(replaced.maxFeePerBlobGas, 16n * GWEI + 1n)
  assert.ok(!('maxFeePerBlobGas' in (await offers().dearer({ ...attempt, fees: gas }, HEAD))))
})

test('blobs up to half their cap are bought, and dearer ones only in the last hours before a deadline', async () => {
  const [half, above] = [BLOB_CAP / 2n, BLOB_CAP / 2n + 1n]
  assert.equal((await offers({ blobPrice: half }).first(HEAD, undefined, blobs)).maxFeePerBlobGas, BLOB_CAP)
  await assert.rejects(offers({ blobPrice: above }).first(HEAD, undefined, blobs), {
    code: 'fee-cap',
    facts: { cap: `${BLOB_CAP}`, price: `${BLOB_CAP + 2n}` },
  })
  const soon = toTime(HEAD.time + 3_600n)
  assert.equal((await offers({ blobPrice: above }).first(HEAD, soon, blobs)).maxFeePerBlobGas, BLOB_CAP + 2n)
  await offers({ blobPrice: 10n ** 15n }).first(HEAD, undefined, publish)
})

test('a replacement for blobs above their cap waits', async () => {
  const fees = { ...FEES, maxFeePerBlobGas: toGasPrice(BLOB_CAP / 2n) }
  const last = { hash: ZERO_HASH, raw: '0x', nonce: 0, isCancel: false, sentMs: 0, fees } as const
  await assert.rejects(offers().replacement(blobs, last, HEAD, undefined), { code: 'fee-cap', retry: true })
  const lower = { ...last, fees: { ...fees, maxFeePerBlobGas: toGasPrice(BLOB_CAP / 2n - 1n) } }
  assert.equal((await offers().replacement(blobs, lower, HEAD, undefined)).maxFeePerBlobGas, BLOB_CAP - 1n)
})

test('what is offered for blobs has to be in the account too', async () => {
  const fees = { ...FEES, maxFeePerBlobGas: toGasPrice(5n * GWEI) }
  const needed = blobs.gas * FEES.maxFeePerGas + 131_072n * 5n * GWEI
  await offers({ balance: needed }).checkFunds(blobs, fees)
  await assert.rejects(offers({ balance: needed - 1n }).checkFunds(blobs, fees), {
    code: 'unfunded-account',
    facts: { call: 'publish', account: ZERO_ADDRESS, balance: `${needed - 1n}`, needed: `${needed}` },
  })
})

test('an attempt with blobs is too cheap once either price has outgrown it, and any other one is', async () => {
  const attempt = { hash: ZERO_HASH, raw: '0x', nonce: 0, isCancel: false, sentMs: 0 } as const
  const fees = { ...FEES, maxFeePerBlobGas: toGasPrice(5n * GWEI) }
  const isTooCheap = (blobPrice: bigint, baseFee = GWEI) =>
    offers({ blobPrice }).isTooCheap({ ...attempt, fees }, { ...HEAD, baseFee: toGasPrice(baseFee) })
  assert.deepEqual([await isTooCheap(5n * GWEI), await isTooCheap(5n * GWEI + 1n)], [false, true])
  assert.deepEqual([await isTooCheap(1n, (3n * GWEI) / 2n), await isTooCheap(1n, (3n * GWEI) / 2n + 1n)], [false, true])
  assert.equal(await offers().isTooCheap({ ...attempt, fees: FEES }, HEAD), true)
})
