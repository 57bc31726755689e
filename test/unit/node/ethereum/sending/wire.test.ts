// What leaves of an attempt: the signed transaction as it is, or with the blobs of its call, which are nowhere else.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { privateKeyToAccount } from 'viem/accounts'
import { EthereumAccount } from '../../../../../node/ethereum/account.ts'
import { EMPTY_SIDECAR } from '../../../../../node/ethereum/blobs/empty-blob.ts'
import { wrapBlobTransaction } from '../../../../../node/ethereum/blobs/envelope.ts'
import type { BridgeCall } from '../../../../../node/ethereum/calls.ts'
import { Outbox } from '../../../../../node/ethereum/sending/outbox.ts'
import { checkBlobs, wireOf } from '../../../../../node/ethereum/sending/wire.ts'
import { toHash, ZERO_ADDRESS } from '../../../../../node/protocol/ids.ts'
import { GWEI, toGasPrice, toWei } from '../../../../../node/protocol/units.ts'

const signer = privateKeyToAccount(`0x${'7'.repeat(64)}`)
const network = { chain: 1n, bridge: ZERO_ADDRESS }
const ethereum = new EthereumAccount({ urls: ['http://127.0.0.1:1'], network, signer, now: Date.now })
const gasFees = { maxFeePerGas: toGasPrice(2n * GWEI), maxPriorityFeePerGas: toGasPrice(GWEI) }
const blobFees = { ...gasFees, maxFeePerBlobGas: toGasPrice(GWEI) }
const plain: BridgeCall = { name: 'publish', data: '0x0102', gas: 100_000n, bondGas: 0n }
const blobs: BridgeCall = { ...plain, sidecar: EMPTY_SIDECAR }
/** Has other blobs, as far as anybody can see. */
const others: BridgeCall = { ...plain, sidecar: { ...EMPTY_SIDECAR, hashes: [toHash(new Uint8Array(32).fill(1))] } }

async function attemptAt(call: BridgeCall, isCancel = false) {
  const fees = call.sidecar ? blobFees : gasFees
  const signed = await ethereum.sign(isCancel ? undefined : call, 0, fees, toWei(0n))
  return { ...signed, nonce: 0, fees, isCancel, sentMs: 0 }
}

test('an attempt at a call without blobs leaves as it is', async () => {
  for (const isCancel of [false, true]) {
    const attempt = await attemptAt(plain, isCancel)
    checkBlobs(plain, [attempt])
    assert.equal(wireOf(plain, attempt), attempt.raw)
    assert.ok(attempt.raw.startsWith('0x02'))
  }
})

test('one with blobs leaves with them, and is kept without', async () => {
  const attempt = await attemptAt(blobs)
  checkBlobs(blobs, [attempt])
  assert.equal(wireOf(blobs, attempt), wrapBlobTransaction(attempt.raw, EMPTY_SIDECAR))
  assert.ok(attempt.raw.startsWith('0x03') && attempt.raw.length < 1_000)
})

test('what takes one with blobs back has the empty blob, whatever the call has', async () => {
  const attempt = await attemptAt(others, true)
  checkBlobs(others, [attempt])
  assert.equal(wireOf(others, attempt), wrapBlobTransaction(attempt.raw, EMPTY_SIDECAR))
})

test('a call that comes without the blobs of its attempts, or with others, is not gone on with', async () => {
  const attempt = await attemptAt(blobs)
  assert.throws(() => checkBlobs(plain, [attempt]), RangeError)
  assert.throws(() => checkBlobs(others, [attempt]), RangeError)
  assert.throws(() => wireOf(plain, attempt), RangeError)
})

test('blobs and a price for them go together', async () => {
  await assert.rejects(ethereum.sign(blobs, 0, gasFees, toWei(0n)), RangeError)
  await assert.rejects(ethereum.sign(plain, 0, blobFees, toWei(0n)), RangeError)
})

test('the same call with other blobs is another call, and none with blobs has an intent', async () => {
  const outbox = new Outbox()
  const attempt = await attemptAt(blobs)
  await outbox.add(blobs, attempt)
  assert.deepEqual(outbox.find(blobs)?.attempts, [attempt])
  for (const call of [plain, others]) assert.equal(outbox.find(call), undefined)
  await assert.rejects(outbox.add({ ...blobs, intent: 'a wish' }, attempt), RangeError)
})
