// A transaction with blobs under way, in mempools with rules of their own for these: stuck, dropped, reorganised away, taken back, forgotten by a crash.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { EMPTY_SIDECAR } from '../../../../../node/ethereum/blobs/empty-blob.ts'
import { KzgPool, type Sidecar } from '../../../../../node/ethereum/blobs/kzg-pool.ts'
import type { Attempt } from '../../../../../node/ethereum/sending/attempt.ts'
import { Outbox } from '../../../../../node/ethereum/sending/outbox.ts'
import { BLOB_BYTES } from '../../../../../node/protocol/blob.ts'
import { GWEI, toGasPrice, toWei } from '../../../../../node/protocol/units.ts'
import { BlobStage } from '../../../../support/sending/blob-stage.ts'

const PARTS = ['maxFeePerGas', 'maxPriorityFeePerGas', 'maxFeePerBlobGas'] as const
const pool = new KzgPool()
after(() => pool.stop())
const made = new Map<number, Promise<Sidecar>>()

/** Of as many blobs. */
function sidecarOf(count: number): Promise<Sidecar> {
  const blobs = Array.from({ length: count }, (_, i) => new Uint8Array(BLOB_BYTES).fill(i + 1))
  const sidecar = made.get(count) ?? pool.sidecar(blobs)
  made.set(count, sidecar)
  return sidecar
}

test('a call goes with its blobs, the contract sees them, and all that they cost is told', async (t) => {
  const stage = await BlobStage.open(t)
  const file = await stage.file()
  const sender = await stage.sender({}, file)
  const sidecar = await sidecarOf(2)
  const outcome = await sender.send(stage.post(sidecar))
  assert.ok(outcome.status === 'done')
  assert.deepEqual(await stage.posted(), sidecar.hashes)
  const { gasUsed, gasPrice, blobCost, block } = outcome.receipt
  // At a wei, the least that there is, whatever was offered.
  assert.equal(blobCost, 2n * 131_072n)
  assert.equal(sender.spent, gasUsed * gasPrice + 2n * 131_072n)
  const beacon = await fetch(`${stage.anvil.url}/eth/v1/beacon/blobs/${block}`)
  assert.equal(((await beacon.json()) as { data: unknown[] }).data.length, 2)
  // What is signed is kept, and the blobs are not.
  assert.ok((await readFile(file)).length < 2_000)
})

test('a transaction below the price of blobs is replaced by one that offers twice as much for everything', async (t) => {
  const stage = await BlobStage.open(t)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const sender = await stage.sender()
  const attempts: Attempt[] = []
  const sending = sender.send(stage.post(await sidecarOf(1)), { onAttempt: async (each) => void attempts.push(each) })
  await stage.until('it to be in the pool', () => stage.isThere(attempts[0]?.hash))
  const rules = stage.proxy.tamper
  stage.proxy.tamper = (call) => (call.method === 'eth_blobBaseFee' ? { instead: () => '0x3b9aca01' } : rules(call))
  stage.nowMs += 60_000
  await stage.until('a replacement', () => stage.isThere(attempts[1]?.hash))
  assertDoubled(attempts)
  assert.equal(await stage.isThere(attempts[0]?.hash), false)
  await client.mine({ blocks: 1 })
  const outcome = await sending
  assert.ok(outcome.status === 'done')
  assert.equal(outcome.receipt.hash, attempts[1]?.hash)
  assert.equal(attempts.length, 2)
})

test('one that blobs have become too dear for is sent at the price of the day, where no mempool has it any more', async (t) => {
  const stage = await BlobStage.openDear(t)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const sender = await stage.sender()
  const attempts: Attempt[] = []
  const sending = sender.send(stage.post(await sidecarOf(1)), { onAttempt: async (each) => void attempts.push(each) })
  await stage.until('it to be in the pool', () => stage.isThere(attempts[0]?.hash))
  assert.equal(attempts[0]?.fees.maxFeePerBlobGas, GWEI)
  await stage.mineAt(50n)
  await stage.mineAt(1n)
  const price = await sender.ethereum.blobBaseFee()
  assert.ok(price > 20n * GWEI)
  assert.equal(await sender.ethereum.nonce('latest'), 0)
  assert.equal(await stage.isThere(attempts[0]?.hash), false)
  stage.nowMs += 60_000
  await stage.until('a replacement', () => stage.isThere(attempts[1]?.hash))
  await stage.mineAt(1n)
  const outcome = await sending
  assert.ok(outcome.status === 'done')
  assert.equal(outcome.receipt.hash, attempts[1]?.hash)
  assert.deepEqual(
    attempts.map(({ fees }) => fees.maxFeePerBlobGas),
    [GWEI, 2n * price],
  )
})

test('one that offers enough is left alone for five times as long, and is replaced then', async (t) => {
  const stage = await BlobStage.open(t)
  await stage.anvil.client.setAutomine(false)
  const sender = await stage.sender()
  const attempts: Attempt[] = []
  const sending = sender.send(stage.post(await sidecarOf(1)), { onAttempt: async (each) => void attempts.push(each) })
  await stage.until('it to be in the pool', () => stage.isThere(attempts[0]?.hash))
  const looks = () => stage.proxy.calls.filter(({ method }) => method === 'eth_getTransactionReceipt').length
  stage.nowMs += 299_000
  const before = looks()
  await stage.until('ten looks', () => looks() >= before + 10)
  assert.equal(attempts.length, 1)
  stage.nowMs += 1_000
  await stage.until('a replacement', () => stage.isThere(attempts[1]?.hash))
  assertDoubled(attempts)
  await stage.anvil.client.mine({ blocks: 1 })
  assert.equal((await sending).status, 'done')
})

test('one that a mempool dropped is handed over again with its blobs', async (t) => {
  const stage = await BlobStage.open(t)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const sender = await stage.sender()
  const sidecar = await sidecarOf(2)
  const call = stage.post(sidecar)
  const sending = sender.send(call)
  await stage.until('it to be in the pool', () => stage.isThere(sender.signed(call)))
  const hash = sender.signed(call)
  assert(hash)
  const handed = () => stage.proxy.calls.filter(({ method }) => method === 'eth_sendRawTransaction').length
  await client.dropTransaction({ hash })
  await stage.until('it to be handed over again', async () => handed() === 2 && (await stage.isThere(hash)))
  await client.mine({ blocks: 1 })
  const outcome = await sending
  assert.ok(outcome.status === 'done')
  assert.equal(outcome.receipt.hash, hash)
  assert.deepEqual(await stage.posted(), sidecar.hashes)
})

test('one that a reorganisation took out of its block is put in again', async (t) => {
  const stage = await BlobStage.open(t)
  const sender = await stage.sender({ confirmations: 3 })
  const sidecar = await sidecarOf(1)
  const call = stage.post(sidecar)
  let isSettled = false
  const sending = sender.send(call).finally(() => {
    isSettled = true
  })
  const isMined = async () => {
    const hash = sender.signed(call)
    return hash !== undefined && (await sender.ethereum.receipt(hash)) !== undefined
  }
  await stage.until('its block', isMined)
  await stage.anvil.reorganise(1)
  assert.equal(isSettled, false)
  await stage.until('its block after the reorganisation', isMined)
  await stage.anvil.client.mine({ blocks: 2 })
  assert.equal((await sending).status, 'done')
  assert.deepEqual(await stage.posted(), sidecar.hashes)
  assert.equal(await sender.ethereum.nonce('latest'), 1)
})

test('what the bridge would refuse by now is replaced by a transaction with a blob of zeros, and that is all it costs', async (t) => {
  const stage = await BlobStage.open(t)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const sender = await stage.sender()
  const attempts: Attempt[] = []
  const sending = sender.send(stage.post(await sidecarOf(2)), { onAttempt: async (each) => void attempts.push(each) })
  await stage.until('it to be in the pool', () => stage.isThere(attempts[0]?.hash))
  await stage.spoil()
  stage.nowMs += 60_000
  await stage.until('the cancellation', () => stage.isThere(attempts[1]?.hash))
  await stage.mineAt(1n)
  const outcome = await sending
  assert.equal(outcome.status, 'cancelled')
  assert.ok('refusal' in outcome && outcome.refusal?.code === 'call-reverted')
  assert.deepEqual([outcome.receipt.gasUsed, outcome.receipt.blobCost], [21_000n, 131_072n])
  assertDoubled(attempts)
  const transaction = await client.getTransaction({ hash: outcome.receipt.hash })
  assert.deepEqual(transaction.blobVersionedHashes, EMPTY_SIDECAR.hashes)
})

test('a process that was killed before a transaction left goes on with it once it has the blobs again', async (t) => {
  const stage = await BlobStage.open(t)
  const file = await stage.file()
  const call = stage.post(await sidecarOf(2))
  const attempt = await sign(await stage.sender(), call)
  const outbox = new Outbox(file)
  await outbox.add(call, attempt)
  await assert.rejects((await stage.sender()).send({ ...call, sidecar: await sidecarOf(1) }, { attempts: [attempt] }), {
    name: 'RangeError',
    message: /expected the blobs/,
  })
  const outcome = await (await stage.sender({}, file)).send(call)
  assert.ok(outcome.status === 'done')
  assert.equal(outcome.receipt.hash, attempt.hash)
  assert.deepEqual(await stage.posted(), call.sidecar?.hashes)
})

test('one that was killed afterwards hears that the transaction is known, and waits for it', async (t) => {
  const stage = await BlobStage.open(t)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const call = stage.post(await sidecarOf(1))
  const dying = new AbortController()
  const attempts: Attempt[] = []
  const first = await stage.sender()
  const killed = first.send(call, { signal: dying.signal, onAttempt: async (each) => void attempts.push(each) })
  await stage.until('it to be in the pool', () => stage.isThere(attempts[0]?.hash))
  dying.abort(new Error('killed'))
  await assert.rejects(killed, /killed/)
  // An endpoint that has it, and does not show it.
  const rules = stage.proxy.tamper
  let isHidden = true
  stage.proxy.tamper = (asked) =>
    asked.method === 'eth_getTransactionByHash' && isHidden ? { instead: () => null } : rules(asked)
  const sender = await stage.sender()
  const handed = () => stage.proxy.calls.filter(({ method }) => method === 'eth_sendRawTransaction').length
  const sending = sender.send(call, { attempts, onAttempt: async (each) => void attempts.push(each) })
  await stage.until('it to be handed over twice', () => handed() >= 3)
  assert.equal(sender.problem, undefined)
  isHidden = false
  await client.mine({ blocks: 1 })
  assert.equal((await sending).status, 'done')
  assert.equal(attempts.length, 1)
})

for (const kind of ['blobs wait for other transactions', 'others wait for blobs'] as const) {
  test(`of one account, ${kind}`, async (t) => {
    const stage = await BlobStage.open(t)
    const { client } = stage.anvil
    await client.setAutomine(false)
    const sender = await stage.sender()
    const calls = [stage.plain(), stage.post(await sidecarOf(1))]
    const [first, second] = kind.startsWith('blobs') ? calls : calls.toReversed()
    assert(first && second)
    const one = sender.send(first, { atOnce: true })
    const two = sender.send(second, { atOnce: true })
    await stage.until('the second to wait', () => sender.problem?.code === 'account-busy')
    await stage.until('the first to be in the pool', () => stage.isThere(sender.signed(first)))
    assert.equal(sender.signed(second), undefined)
    await client.mine({ blocks: 1 })
    assert.equal((await one).status, 'done')
    await stage.until('the second to be in the pool', () => stage.isThere(sender.signed(second)))
    await client.mine({ blocks: 1 })
    assert.equal((await two).status, 'done')
  })
}

async function sign({ ethereum }: Awaited<ReturnType<BlobStage['sender']>>, call: ReturnType<BlobStage['post']>) {
  const fees = {
    maxFeePerGas: toGasPrice(3n * GWEI),
    maxPriorityFeePerGas: toGasPrice(GWEI),
    maxFeePerBlobGas: toGasPrice(GWEI),
  }
  const signed = await ethereum.sign(call, 0, fees, toWei(0n))
  return { ...signed, nonce: 0, fees, isCancel: false, sentMs: Date.now() }
}

function assertDoubled(attempts: readonly Attempt[]): void {
  const [first, second] = attempts
  assert(first && second)
  assert.equal(first.nonce, second.nonce)
  for (const part of PARTS) assert.ok((second.fees[part] ?? 0n) > 2n * (first.fees[part] ?? 0n), part)
}
