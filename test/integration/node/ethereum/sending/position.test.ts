// Where an account stands by the word of its endpoint, and what an earlier process has begun: neither makes it sign what it would regret.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type BridgeCall, publishCall } from '../../../../../node/ethereum/calls.ts'
import type { Attempt } from '../../../../../node/ethereum/sending/attempt.ts'
import { TransactionSender } from '../../../../../node/ethereum/sending/sender.ts'
import { genesisState } from '../../../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../../../node/protocol/header.ts'
import { toGasPrice, toWei } from '../../../../../node/protocol/units.ts'
import { EthereumProxy } from '../../../../support/chain/ethereum-proxy.ts'
import { log } from '../../../../support/log.ts'
import { forge } from '../../../../support/miner/forge.ts'
import { EASIEST, Stage } from '../../../../support/stage.ts'

const FEES = { maxFeePerGas: toGasPrice(10n ** 10n), maxPriorityFeePerGas: toGasPrice(10n ** 9n) }

for (const nonce of [40, 10_000]) {
  test(`one answer with the nonce ${nonce} for a new account signs nothing, and the next one is believed`, async (t) => {
    const { stage, call } = await open(t)
    const proxy = stage.stack.use(await EthereumProxy.start(stage.anvil.url))
    const sender = stage.sender(stage.lastSigner(), {}, proxy.url)
    let lies = 1
    proxy.tamper = ({ method, params }) =>
      method === 'eth_getTransactionCount' && params[1] === 'pending' && lies-- > 0
        ? { instead: () => `0x${nonce.toString(16)}` }
        : undefined
    await assert.rejects(sender.send(call), { code: 'nonce-gap', retry: true })
    assert.equal(proxy.calls.filter(({ method }) => method === 'eth_sendRawTransaction').length, 0)
    assert.equal((await sender.send(call)).status, 'done')
    assert.equal(await sender.ethereum.nonce('latest'), 1)
  })
}

test('what an earlier process was taking back stays taken back, however long it was away', async (t) => {
  const { stage, sender, call } = await open(t)
  const { ethereum } = sender
  const { client } = stage.anvil
  await client.setAutomine(false)
  const rest = { nonce: 0, fees: FEES, sentMs: 0 }
  const real = {
    ...(await ethereum.sign(call, 0, FEES, toWei(call.bondGas * FEES.maxFeePerGas))),
    ...rest,
    isCancel: false,
  }
  const cancel = { ...(await ethereum.sign(undefined, 0, FEES, toWei(0n))), ...rest, isCancel: true }
  const made: Attempt[] = []
  const sending = sender.send(call, { attempts: [real, cancel], onAttempt: async (each) => void made.push(each) })
  await stage.until('it to be replaced', () => made.length > 0)
  await client.setAutomine(true)
  await client.mine({ blocks: 2 })
  assert.equal((await sending).status, 'cancelled')
  assert.ok(made.every(({ isCancel }) => isCancel))
})

test('on a chain that stands still a nonce that is taken counts as lost after a minute of it, however old the attempt is', async (t) => {
  const { stage, call } = await open(t)
  const proxy = stage.stack.use(await EthereumProxy.start(stage.anvil.url))
  const { ethereum } = stage.sender(stage.lastSigner(), {}, proxy.url)
  let nowMs = 10 ** 9
  const sender = new TransactionSender({ ethereum, log, now: () => nowMs }, { confirmations: 1, pollMs: 20 })
  const signed = await ethereum.sign(call, 0, FEES, toWei(call.bondGas * FEES.maxFeePerGas))
  const attempts = [{ ...signed, nonce: 0, fees: FEES, isCancel: false, sentMs: 0 }]
  await ethereum.broadcast((await ethereum.sign(undefined, 0, FEES, toWei(0n))).raw)
  let end: string | undefined
  const sending = sender.send(call, { attempts }).then(({ status }) => {
    end = status
  })
  const looks = () => proxy.calls.filter(({ method }) => method === 'eth_getTransactionReceipt').length
  const lookOn = async () => {
    const before = looks()
    await stage.until('ten looks', () => looks() >= before + 20)
  }
  await lookOn()
  nowMs += 59_000
  await lookOn()
  assert.equal(end, undefined)
  nowMs += 1_000
  await sending
  assert.equal(end, 'lost')
})

async function open(t: TestContext) {
  const stage = await Stage.open(t)
  const sender = stage.sender(await stage.signer(), { stuckMs: 50 })
  await stage.skip(86_400n)
  const { rules, genesis, genesisBlock } = stage.definition
  const ground = { id: stage.genesisId(), header: genesisBlock.header, state: genesisState(genesis) }
  const block = forge(rules, ground, [], EASIEST, sender.ethereum.account)
  const call: BridgeCall = publishCall(encodeSealed(genesisBlock), block)
  return { stage, sender, call }
}
