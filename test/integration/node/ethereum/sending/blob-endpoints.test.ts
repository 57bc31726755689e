// What endpoints say of blobs, or do not know of them: prices, trials, other transactions of the account, and that they take none.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { GWEI, toGasPrice, toWei } from '../../../../../node/protocol/units.ts'
import { BlobStage, zeros } from '../../../../support/sending/blob-stage.ts'

test('where an endpoint holds another transaction of the account, it is said so, and blobs go as soon as that one is gone', async (t) => {
  const stage = await BlobStage.open(t)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const sender = await stage.sender()
  const fees = { maxFeePerGas: toGasPrice(3n * GWEI), maxPriorityFeePerGas: toGasPrice(GWEI) }
  const { raw } = await sender.ethereum.sign(undefined, 0, fees, toWei(0n))
  await sender.ethereum.broadcast(raw)
  const sending = sender.send(stage.post(zeros(1)))
  await stage.until('the reason', () => sender.problem?.code === 'account-busy')
  assert.match(`${sender.problem?.cause}`, /address already reserved/)
  await client.mine({ blocks: 1 })
  await stage.until('it to be in the pool', async () => (await sender.ethereum.nonce('pending')) === 2)
  await client.mine({ blocks: 1 })
  assert.equal((await sending).status, 'done')
})

test('a call is sent without a trial where the endpoint hides its blobs from the contract, and not where that refuses it', async (t) => {
  const stage = await BlobStage.open(t)
  const rules = stage.proxy.tamper
  const data = `0xb4dd397f${'0'.repeat(64)}`
  let words: unknown = { code: 3, message: 'execution reverted', data }
  stage.proxy.tamper = (asked) => {
    if (asked.method !== 'eth_call') return rules(asked)
    return { error: words as { code: number; message: string } }
  }
  const sender = await stage.sender()
  const sidecar = zeros(1)
  assert.equal((await sender.send(stage.post(sidecar))).status, 'done')
  words = { code: -32_602, message: 'unknown field `blobVersionedHashes`' }
  assert.equal((await sender.send(stage.post(zeros(2)))).status, 'done')
  words = { code: 3, message: 'execution reverted', data: `0xb4dd397f${'7'.padStart(64, '0')}` }
  await assert.rejects(sender.send(stage.post(zeros(1))), { code: 'bridge-refused' })
})

test('the trial of a call shows its blobs to the contract', async (t) => {
  const stage = await BlobStage.open(t)
  const sender = await stage.sender()
  const sidecar = zeros(1)
  await sender.send(stage.post(sidecar))
  const trials = stage.proxy.calls.filter(({ method }) => method === 'eth_call')
  const shown = trials.map(({ params }) => params[0] as { blobVersionedHashes?: unknown; blobs?: unknown })
  assert.ok(trials.length > 0)
  for (const each of shown) assert.deepEqual([each.blobVersionedHashes, each.blobs], [sidecar.hashes, undefined])
})

test('the price of blobs comes from the history of fees where an endpoint has it nowhere else', async (t) => {
  const stage = await BlobStage.openDear(t)
  const { ethereum } = await stage.sender()
  await stage.mineAt(1n)
  const price = await ethereum.blobBaseFee()
  stage.proxy.tamper = ({ method }) =>
    method === 'eth_blobBaseFee' ? { error: { code: -32_601, message: 'the method does not exist' } } : undefined
  assert.equal(await ethereum.blobBaseFee(), price)
})

test('a chain without blobs is called so before anything is signed', async (t) => {
  const stage = await BlobStage.open(t, ['--hardfork', 'shanghai'])
  const sender = await stage.sender()
  const call = stage.post(zeros(1))
  await assert.rejects(sender.send(call), { code: 'ethereum-refused', message: /price of blobs.*no blobs/ })
  assert.equal(sender.signed(call), undefined)
})

test('where the only endpoint takes no blob transactions, that is the end of it', async (t) => {
  const stage = await BlobStage.open(t)
  stage.proxy.tamper = ({ method }) =>
    method === 'eth_sendRawTransaction'
      ? { error: { code: -32_000, message: 'transaction type not supported' } }
      : undefined
  const sender = await stage.sender()
  const call = stage.post(zeros(1))
  await assert.rejects(sender.send(call), { code: 'ethereum-refused', message: /type not supported/ })
  assert.equal(sender.signed(call), undefined)
})

test('blobs above their cap are not bought, and those that cannot be paid are not either', async (t) => {
  const stage = await BlobStage.openDear(t)
  await stage.mineAt(1n)
  const sender = await stage.sender({ maxFeePerBlobGas: toGasPrice(50n * GWEI) })
  const call = stage.post(zeros(1))
  await assert.rejects(sender.send(call), {
    code: 'fee-cap',
    retry: true,
    message: /blob gas for at most 50000000000 wei/,
  })
  // Enough for the gas.
  await stage.anvil.client.setBalance({ address: sender.ethereum.account, value: 3n * 10n ** 15n })
  await assert.rejects((await stage.sender()).send(call), { code: 'unfunded-account' })
})

test('blobs have longer than other transactions to get to an endpoint', async (t) => {
  const stage = await BlobStage.open(t)
  const { ethereum } = await stage.sender({}, undefined, 3_000)
  stage.proxy.tamper = async ({ method }) => {
    if (method === 'eth_sendRawTransaction') await delay(4_000)
    return { instead: () => `0x${'1'.repeat(64)}` }
  }
  await assert.rejects(ethereum.broadcast('0x02c0'), { code: 'ethereum-silent' })
  await ethereum.broadcast('0x03c0')
})

test('nothing with blobs is sent everywhere', async (t) => {
  const stage = await BlobStage.open(t)
  const sender = await stage.sender()
  const errand = { call: stage.post(zeros(1)), endpoints: [sender.ethereum], isOver: async () => false }
  await assert.rejects(sender.sendEverywhere(errand), RangeError)
})
