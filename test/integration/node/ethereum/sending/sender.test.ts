// A transaction under way: stuck, refused meanwhile, reorganised away, forgotten by a crash, or never affordable. Long because each has a test.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../../../node/errors.ts'
import { EthereumAccount } from '../../../../../node/ethereum/account.ts'
import { type BridgeCall, publishCall, withdrawCall } from '../../../../../node/ethereum/calls.ts'
import { LAG_BLOCKS } from '../../../../../node/ethereum/chain.ts'
import { isRefusal } from '../../../../../node/ethereum/refusals.ts'
import type { Attempt } from '../../../../../node/ethereum/sending/attempt.ts'
import type { TransactionSender } from '../../../../../node/ethereum/sending/sender.ts'
import type { SenderOptions } from '../../../../../node/ethereum/sending/sender-options.ts'
import { genesisState } from '../../../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../../../node/protocol/header.ts'
import { type Address, ZERO_ADDRESS } from '../../../../../node/protocol/ids.ts'
import { toGasPrice, toTime, toWei } from '../../../../../node/protocol/units.ts'
import { accountOf } from '../../../../../scripts/assure/models/world.ts'
import { EthereumProxy } from '../../../../support/chain/ethereum-proxy.ts'
import { forge } from '../../../../support/miner/forge.ts'
import { EASIEST, Stage } from '../../../../support/stage.ts'

test('a stuck transaction is replaced by one that offers an eighth more, bond included, and only one counts', async (t) => {
  const { stage, sender, publish } = await open(t, { stuckMs: 100 })
  await stage.anvil.client.setAutomine(false)
  const attempts: Attempt[] = []
  const sending = sender.send(publish(sender.ethereum.account), { onAttempt: async (each) => void attempts.push(each) })
  await stage.until('a replacement', () => attempts.length >= 2)
  await stage.anvil.client.setAutomine(true)
  await stage.anvil.client.mine({ blocks: 1 })
  const outcome = await sending
  assert.equal(outcome.status, 'done')
  const [first, second] = attempts
  assert.ok(first !== undefined && second !== undefined)
  assert.equal(first.nonce, second.nonce)
  assert.ok(second.fees.maxFeePerGas * 8n >= first.fees.maxFeePerGas * 9n)
  assert.ok(second.fees.maxPriorityFeePerGas * 8n >= first.fees.maxPriorityFeePerGas * 9n)
  assert.equal(await sender.ethereum.nonce('latest'), 1)
})

test('what the bridge would refuse by now is cancelled before it costs more', async (t) => {
  const { stage, sender, publish } = await open(t)
  const rival = stage.sender(await stage.signer())
  const { client } = stage.anvil
  await client.setAutomine(false)
  const attempts: Attempt[] = []
  const sending = sender.send(publish(sender.ethereum.account), { onAttempt: async (each) => void attempts.push(each) })
  await stage.until('it to be in the pool', async () => {
    const [hash] = attempts.map((each) => each.hash)
    return hash !== undefined && (await sender.ethereum.isKnown(hash))
  })
  // Too dear for the first, so only the rival's gets into the block.
  const price = (attempts[0]?.fees.maxFeePerGas ?? 0n) * 2n
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas: price })
  const faster = publish(rival.ethereum.account)
  const fees = { maxFeePerGas: toGasPrice(price * 3n), maxPriorityFeePerGas: toGasPrice(price) }
  const signed = await rival.ethereum.sign(faster, 0, fees, toWei(20_000_000n * fees.maxFeePerGas))
  await rival.ethereum.broadcast(signed.raw)
  await client.mine({ blocks: 1 })
  assert.equal((await rival.ethereum.receipt(signed.hash))?.success, true)
  await stage.until('the cancellation', () => attempts.some(({ isCancel }) => isCancel))
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  const outcome = await sending
  assert.equal(outcome.status, 'cancelled')
  assert.ok('refusal' in outcome && outcome.refusal)
  assert.ok(isRefusal(outcome.refusal, 'SiblingExists'))
  assert.equal(outcome.receipt.gasUsed, 21_000n)
})

test('what a reorganisation dropped is sent again, and counts only with its confirmations', async (t) => {
  const { stage, sender, publish } = await open(t, { confirmations: 3 })
  const { client } = stage.anvil
  let isSettled = false
  const hashes: string[] = []
  const onAttempt = async ({ hash }: Attempt) => void hashes.push(hash)
  const sending = sender.send(publish(sender.ethereum.account), { onAttempt }).finally(() => {
    isSettled = true
  })
  const isMined = async () => {
    const [hash] = hashes
    return hash !== undefined && (await sender.ethereum.receipt(hash as Attempt['hash'])) !== undefined
  }
  await stage.until('its block', isMined)
  await stage.anvil.reorganise(1)
  assert.equal(isSettled, false)
  await stage.until('its block after the reorganisation', isMined)
  await client.mine({ blocks: 1 })
  assert.equal(isSettled, false)
  await client.mine({ blocks: 1 })
  assert.equal((await sending).status, 'done')
  assert.equal(hashes.length, 1)
})

test('a crash after signing is harmless, whether the transaction got out or not', async (t) => {
  const { stage, sender, publish } = await open(t)
  const call = publish(sender.ethereum.account)
  const attempts = [await signedAttempt(sender, call, 0)]
  const again = () => stage.sender(stage.lastSigner())
  const outcome = await again().send(call, { attempts })
  assert.equal(outcome.status, 'done')
  const repeated = await again().send(call, { attempts })
  assert.deepEqual(repeated, outcome)
  assert.equal(await sender.ethereum.nonce('latest'), 1)
})

test('a nonce that another transaction of the account took means that the call is lost, once that one is five blocks deep', async (t) => {
  const { stage, sender, publish } = await open(t)
  const call = publish(sender.ethereum.account)
  const attempts = [await signedAttempt(sender, call, 0)]
  const fees = { maxFeePerGas: toGasPrice(10n ** 10n), maxPriorityFeePerGas: toGasPrice(10n ** 9n) }
  await sender.ethereum.broadcast((await sender.ethereum.sign(undefined, 0, fees, toWei(0n))).raw)
  const { client } = stage.anvil
  await client.mine({ blocks: Number(LAG_BLOCKS) - 1 })
  const proxy = stage.stack.use(await EthereumProxy.start(stage.anvil.url))
  let end: string | undefined
  const sending = stage
    .sender(stage.lastSigner(), {}, proxy.url)
    .send(call, { attempts })
    .then(({ status }) => {
      end = status
    })
  // Until then it may be that one machine knows of a nonce that is used, and another one does not have the transaction that used it.
  const looks = () => proxy.calls.filter(({ method }) => method === 'eth_getTransactionReceipt').length
  await stage.until('ten looks', () => looks() >= 10)
  assert.equal(end, undefined)
  await client.mine({ blocks: 1 })
  await sending
  assert.equal(end, 'lost')
})

test('an account that cannot pay is named with what it has and what it needs', async (t) => {
  const { stage, publish } = await open(t)
  const sender = stage.sender(await stage.signer(0n))
  const { account } = sender.ethereum
  await assert.rejects(sender.send(publish(account)), (error) => {
    assert.ok(error instanceof OperationError)
    assert.equal(error.code, 'unfunded-account')
    assert.equal(error.facts['account'], account)
    assert.equal(error.facts['balance'], '0')
    assert.match(error.message, /send \d+ wei or more/)
    return true
  })
})

test('gas above the cap is not bought', async (t) => {
  const { sender } = await open(t, { maxFeePerGas: toGasPrice(1n) })
  await assert.rejects(sender.send(withdrawCall(ZERO_ADDRESS)), { code: 'fee-cap', retry: true })
})

test('a stuck transaction whose replacement would be too dear waits, says so, and goes on when gas is cheap', async (t) => {
  const { stage, sender, publish } = await open(t, { stuckMs: 50, maxFeePerGas: toGasPrice(2_700_000_000n) })
  const { client } = stage.anvil
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 1_000_000_000n })
  await client.mine({ blocks: 1 })
  await client.setAutomine(false)
  const sending = sender.send(publish(sender.ethereum.account))
  await stage.until('the cap', () => sender.problem?.code === 'fee-cap')
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  assert.equal((await sending).status, 'done')
  assert.equal(sender.problem, undefined)
})

test('what has a deadline goes past the cap when that is near, and not before', async (t) => {
  const { stage, sender, publish, client, time, cap } = await openCapped(t)
  for (const [hours, isPast] of [[7n, false] as const, [2n, true] as const]) {
    await client.request({ method: 'anvil_dropAllTransactions' } as never) // no type of viem has it
    const attempts: Attempt[] = []
    const [onAttempt, ended] = [async (each: Attempt) => void attempts.push(each), new AbortController()]
    const options = { onAttempt, signal: ended.signal, deadline: toTime(time + hours * 3_600n) }
    const sending = sender.send(publish(sender.ethereum.account), options)
    const isDear = () => attempts.some(({ fees }) => fees.maxFeePerGas > cap)
    await stage.until('it to be bid as high as it may', () => sender.problem?.code === 'fee-cap' || isDear())
    assert.equal(isDear(), isPast)
    ended.abort(new Error('enough'))
    await assert.rejects(sending, /enough/)
  }
})

test('a call without a deadline is paid for as the one with a deadline behind it', async (t) => {
  const { stage, sender, publish, client, time, cap } = await openCapped(t)
  const attempts: Attempt[] = []
  const first = sender.send(publish(sender.ethereum.account), { onAttempt: async (each) => void attempts.push(each) })
  await stage.until('the cap', () => sender.problem?.code === 'fee-cap')
  const other = publish(accountOf('another miner').address)
  const second = sender.send(other, { atOnce: true, deadline: toTime(time + 3_600n) })
  await stage.until('the first to be dearer than the cap', () => attempts.some(({ fees }) => fees.maxFeePerGas > cap))
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  assert.equal((await first).status, 'done')
  assert.notEqual((await second).status, 'lost')
})

test('what is under way before a call is no gap, whatever the endpoint says of nonces', async (t) => {
  const { stage, publish } = await open(t)
  const proxy = stage.stack.use(await EthereumProxy.start(stage.anvil.url))
  proxy.tamper = ({ method, params }) =>
    method === 'eth_getTransactionCount' ? { instead: () => proxy.ask(method, [params[0], 'latest']) } : undefined
  const sender = stage.sender(stage.lastSigner(), { stuckMs: 50 }, proxy.url)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const kinds: boolean[][] = [[], []]
  const sent = kinds.map((kind, i) => {
    const onAttempt = async ({ isCancel }: Attempt) => void kind.push(isCancel)
    return sender.send(publish(accountOf(`miner ${i}`).address), { atOnce: true, onAttempt })
  })
  await stage.until('the first to be replaced', () => (kinds[0]?.length ?? 0) >= 3)
  const { pending } = await client.getTxpoolContent()
  const [mine = {}] = Object.values(pending)
  assert.deepEqual(
    Object.values(mine).map(({ to }) => to?.toLowerCase()),
    [stage.definition.rules.bridge, stage.definition.rules.bridge],
    'nothing but the two calls is there',
  )
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  assert.equal((await sent[0])?.status, 'done')
  await sent[1]
})

test('an endpoint that refuses a transaction is quoted', async (t) => {
  const { sender } = await open(t)
  await assert.rejects(sender.ethereum.broadcast('0x02c0'), { code: 'ethereum-refused', retry: true })
})

test('a refusal says what the contract said and what to do', async (t) => {
  const { stage, sender, publish } = await open(t)
  const { account } = sender.ethereum
  await assert.rejects(sender.send(withdrawCall(ZERO_ADDRESS)), { ...refusedWith('NothingOwed'), retry: false })
  await assert.rejects(sender.send(publish(account, EASIEST >> 2n)), {
    ...refusedWith('TargetOutOfRange'),
    retry: true,
  })
  await sender.send(publish(account))
  await assert.rejects(sender.send(publish(account)), refusedWith('AlreadyPublished'))
  const other = stage.sender(await stage.signer())
  await assert.rejects(other.send(publish(other.ethereum.account)), {
    code: 'bridge-refused',
    message: /SiblingExists.*build on their block/s,
  })
})

test('an aborted wait leaves the transaction to the next start', async (t) => {
  const { stage, sender, publish } = await open(t)
  await stage.anvil.client.setAutomine(false)
  const call = publish(sender.ethereum.account)
  const attempts: Attempt[] = []
  const stop = new AbortController()
  const sending = sender.send(call, { signal: stop.signal, onAttempt: async (each) => void attempts.push(each) })
  await stage.until('it to be in the pool', async () => {
    const [first] = attempts
    return first !== undefined && (await sender.ethereum.isKnown(first.hash))
  })
  stop.abort(new OperationError('stopped', 'stopped by the test'))
  await assert.rejects(sending, { code: 'stopped' })
  await stage.anvil.client.setAutomine(true)
  await stage.anvil.client.mine({ blocks: 1 })
  assert.equal((await stage.sender(stage.lastSigner()).send(call, { attempts })).status, 'done')
})

test('an endpoint that is silent, of another chain, or without the bridge is called so', async (t) => {
  const { stage, sender } = await open(t)
  const { chain, bridge } = stage.definition.rules
  const connect = (urls: readonly string[], network: { chain: bigint; bridge: Address }) => {
    const ethereum = new EthereumAccount(
      { urls, network, signer: stage.lastSigner(), now: Date.now },
      { retries: 1, backoffMs: 1 },
    )
    stage.stack.defer(() => ethereum.close())
    return ethereum
  }
  const { url } = stage.anvil
  const silent = 'http://127.0.0.1:1/secret-key'
  await assert.rejects(connect([silent], { chain, bridge }).head(), (error) => {
    assert.ok(error instanceof OperationError)
    assert.equal(error.code, 'ethereum-silent')
    assert.ok(error.retry && !error.message.includes('secret'))
    return true
  })
  await assert.rejects(connect([url], { chain: 1n, bridge }).head(), { code: 'ethereum-wrong-chain' })
  await assert.rejects(connect([url], { chain, bridge: ZERO_ADDRESS }).head(), {
    code: 'ethereum-no-bridge',
    retry: true,
  })
  assert.equal((await connect([silent, url], { chain, bridge }).head()).number, (await sender.ethereum.head()).number)
  assert.throws(() => connect([], { chain, bridge }), { code: 'bad-endpoint' })
  assert.throws(() => connect(['ws://127.0.0.1:1'], { chain, bridge }), { code: 'bad-endpoint' })
  sender.ethereum.close()
  await assert.rejects(sender.ethereum.head(), { code: 'ethereum-closed' })
})

test('two calls of one account go one after another', async (t) => {
  const { sender, publish } = await open(t)
  const { account } = sender.ethereum
  const first = sender.send(publish(account))
  const second = sender.send(withdrawCall(ZERO_ADDRESS))
  await assert.rejects(second, refusedWith('NothingOwed'))
  assert.equal((await first).status, 'done')
})

/** Nothing is mined, and soon a replacement costs more than the cap. */
async function openCapped(t: Parameters<typeof Stage.open>[0]) {
  const cap = 2_700_000_000n
  const opened = await open(t, { stuckMs: 50, maxFeePerGas: toGasPrice(cap) })
  const { client } = opened.stage.anvil
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 1_000_000_000n })
  await client.mine({ blocks: 1 })
  await client.setAutomine(false)
  const { time } = await opened.sender.ethereum.head()
  return { ...opened, client, time, cap }
}

async function open(t: Parameters<typeof Stage.open>[0], options: SenderOptions = {}) {
  const stage = await Stage.open(t)
  const sender = stage.sender(await stage.signer(), options)
  const { definition } = stage
  await stage.skip(86_400n)
  const parent = {
    id: await stage.finalBlock(),
    header: definition.genesisBlock.header,
    state: genesisState(definition.genesis),
  }
  /** Publishes an empty block for a miner. */
  const publish = (miner: Address, target = EASIEST): BridgeCall => {
    const block = forge(definition.rules, parent, [], target, miner)
    return publishCall(encodeSealed(definition.genesisBlock), block)
  }
  return { stage, sender, publish }
}

/** What the journal holds of a call that was signed before a crash. */
async function signedAttempt({ ethereum }: TransactionSender, call: BridgeCall, nonce: number): Promise<Attempt> {
  const fees = { maxFeePerGas: toGasPrice(3n * 10n ** 9n), maxPriorityFeePerGas: toGasPrice(10n ** 9n) }
  const signed = await ethereum.sign(call, nonce, fees, toWei(call.bondGas * fees.maxFeePerGas))
  return { ...signed, nonce, fees, isCancel: false, sentMs: Date.now() }
}

function refusedWith(error: string): { code: string; message: RegExp } {
  return { code: 'bridge-refused', message: new RegExp(`refused by the bridge with ${error}\\(`) }
}
