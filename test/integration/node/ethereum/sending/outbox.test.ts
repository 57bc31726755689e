// What an account has signed survives the process: nothing is sent twice, whenever that ends.

import assert from 'node:assert/strict'
import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { carryOut } from '../../../../../node/client/ethereum/carry-out.ts'
import { publishCall, withdrawCall } from '../../../../../node/ethereum/calls.ts'
import { LAG_BLOCKS } from '../../../../../node/ethereum/chain.ts'
import { isRefusal } from '../../../../../node/ethereum/refusals.ts'
import { Outbox } from '../../../../../node/ethereum/sending/outbox.ts'
import { TransactionSender } from '../../../../../node/ethereum/sending/sender.ts'
import { genesisState } from '../../../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../../../node/protocol/header.ts'
import { ZERO_ADDRESS } from '../../../../../node/protocol/ids.ts'
import { toGasPrice, toWei } from '../../../../../node/protocol/units.ts'
import { log } from '../../../../support/log.ts'
import { forge } from '../../../../support/miner/forge.ts'
import { EASIEST, Stage } from '../../../../support/stage.ts'

test('a call that waits in the pool when its process dies is gone on with, not sent again', async (t) => {
  const { stage, call, open } = await begin(t)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const first = await open()
  const ended = new AbortController()
  const dying = first.send(call, { signal: ended.signal })
  await stage.until('it to be in the pool', async () => (await first.ethereum.nonce('pending')) === 1)
  ended.abort(new Error('killed'))
  await assert.rejects(dying, /killed/)

  const second = await open()
  const going = second.send(call)
  await stage.until('the second to look', async () => (await client.getTxpoolStatus()).pending === 1)
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  assert.equal((await going).status, 'done')
  assert.equal(await second.ethereum.nonce('pending'), 1)
})

test('where nobody waits any longer for a call that left, it is said to be under way, and the next process goes on with it', async (t) => {
  const { stage, call, open } = await begin(t)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const first = await open()
  const patience = new AbortController()
  const left = carryOut(first, call, patience.signal)
  await stage.until('it to be in the pool', async () => (await first.ethereum.nonce('pending')) === 1)
  patience.abort()
  const transaction = first.signed(call)
  assert.ok(transaction)
  await assert.rejects(left, {
    ...{ code: 'transaction-under-way', retry: true },
    facts: { call: call.name, transaction },
  })

  const second = await open()
  const going = carryOut(second, call)
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  assert.equal((await going).hash, transaction)
  assert.equal(await second.ethereum.nonce('pending'), 1)
})

test('a call that was signed and never left is sent as it was signed', async (t) => {
  const { call, open, outbox } = await begin(t)
  const sender = await open()
  const { ethereum } = sender
  const fees = { maxFeePerGas: toGasPrice(10n ** 10n), maxPriorityFeePerGas: toGasPrice(10n ** 9n) }
  const signed = await ethereum.sign(call, 0, fees, toWei(call.bondGas * fees.maxFeePerGas))
  const kept = await outbox()
  await kept.add(call, { ...signed, nonce: 0, fees, isCancel: false, sentMs: Date.now() })
  const outcome = await (await open()).send(call)
  assert.ok(outcome.status === 'done')
  assert.equal(outcome.receipt.hash, signed.hash)
})

test('what a reorganisation takes out of its block later on is put in again, with the same transaction', async (t) => {
  const { stage, call, open, outbox } = await begin(t)
  const outcome = await (await open()).send(call)
  assert.ok(outcome.status === 'done')
  assert.equal((await outbox()).find(call)?.isSettled, true)
  await stage.anvil.client.request({ method: 'anvil_rollback', params: [1] } as never)
  const again = await open()
  assert.equal(await again.ethereum.receipt(outcome.receipt.hash), undefined)
  const repeated = await again.send(call)
  assert.ok(repeated.status === 'done')
  assert.equal(repeated.receipt.hash, outcome.receipt.hash)
})

test('the same call once more, after it counted, is another transaction', async (t) => {
  const { call, open } = await begin(t)
  const sender = await open()
  assert.equal((await sender.send(call)).status, 'done')
  await assert.rejects((await open()).send(call), (error) => isRefusal(error, 'AlreadyPublished'))
})

test('a nonce that somebody else used up frees the call', async (t) => {
  const { stage, call, open, outbox } = await begin(t)
  const sender = await open()
  const { ethereum } = sender
  const fees = { maxFeePerGas: toGasPrice(10n ** 10n), maxPriorityFeePerGas: toGasPrice(10n ** 9n) }
  const signed = await ethereum.sign(call, 0, fees, toWei(call.bondGas * fees.maxFeePerGas))
  await (await outbox()).add(call, { ...signed, nonce: 0, fees, isCancel: false, sentMs: Date.now() })
  await ethereum.broadcast((await ethereum.sign(undefined, 0, fees, toWei(0n))).raw)
  await stage.anvil.client.mine({ blocks: Number(LAG_BLOCKS) })
  const again = await open()
  assert.equal((await again.send(call)).status, 'lost')
  assert.equal((await outbox()).find(call), undefined)
  assert.equal((await again.send(call)).status, 'done')
})

test('old calls are forgotten once they are too deep to come back', async (t) => {
  const { call, outbox } = await begin(t)
  const kept = await outbox()
  const attempt = {
    ...{ hash: `0x${'1'.repeat(64)}`, raw: '0x02', nonce: 0, isCancel: false, sentMs: 0 },
    fees: { maxFeePerGas: toGasPrice(1n), maxPriorityFeePerGas: toGasPrice(1n) },
  } as const
  await kept.add(call, attempt as never)
  await kept.settle(call, 100n)
  await kept.add(withdrawCall(ZERO_ADDRESS), attempt as never)
  await kept.settle(withdrawCall(ZERO_ADDRESS), 164n)
  assert.equal(kept.find(call)?.isSettled, true)
  await kept.settle(withdrawCall(ZERO_ADDRESS), 165n)
  assert.equal((await outbox()).find(call), undefined)
})

test('a damaged outbox is named, and an unwritable one stops a transaction before it leaves', async (t) => {
  const { stage, call, open, file } = await begin(t)
  await writeFile(file, '{"version":1,"entries":[{}]}')
  await assert.rejects(new Outbox(file).load(), { code: 'outbox-damaged' })
  await writeFile(file, '{"version":1,"entries":[]}')
  const sender = await open(join(file, 'no folder', 'outbox.json'))
  await assert.rejects(sender.send(call), { code: 'write-failed', retry: true })
  assert.equal(
    await stage.anvil.client.getTransactionCount({ address: sender.ethereum.account, blockTag: 'pending' }),
    0,
  )
})

test('where the disk fails after a transaction left, its end is said all the same, and the next process goes on from there', async (t) => {
  const { stage, call, open, file } = await begin(t)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const sender = await open()
  const sending = sender.send(call)
  await stage.until('it to be in the pool', async () => (await sender.ethereum.nonce('pending')) === 1)
  const kept = await readFile(file)
  await rm(file)
  await mkdir(file) // what is written beside it cannot take its name
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  assert.equal((await sending).status, 'done')
  await rmdir(file)
  await writeFile(file, kept)
  const again = await open()
  assert.equal((await again.send(call)).status, 'done')
  assert.equal(await again.ethereum.nonce('pending'), 1)
})

async function begin(t: TestContext) {
  const stage = await Stage.open(t)
  const file = join(await stage.folder(), 'outbox.json')
  const signer = await stage.signer()
  const outbox = async () => {
    const opened = new Outbox(file)
    await opened.load()
    return opened
  }
  /** A sender as a new process has it; `elsewhere` is a file that was not loaded. */
  const open = async (elsewhere?: string) => {
    const { ethereum } = stage.sender(signer)
    const kept = elsewhere === undefined ? await outbox() : new Outbox(elsewhere)
    return new TransactionSender({ ethereum, log, now: Date.now, outbox: kept }, { confirmations: 1, pollMs: 20 })
  }
  await stage.skip(86_400n)
  const { definition } = stage
  const genesis = {
    ...{ id: stage.genesisId(), header: definition.genesisBlock.header },
    state: genesisState(definition.genesis),
  }
  const { ethereum } = await open()
  const block = forge(definition.rules, genesis, [], EASIEST, ethereum.account)
  return { stage, file, outbox, open, call: publishCall(encodeSealed(definition.genesisBlock), block) }
}
