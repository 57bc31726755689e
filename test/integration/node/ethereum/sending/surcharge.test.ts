// What goes into a lane that has been filled too fast: what is due goes along, also where others come first, and the rest comes back.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFunctionData, type Hex } from 'viem'
import { bridgeAbi } from '../../../../../deployments/bridge-abi.ts'
import { deposit } from '../../../../../node/client/ethereum/deposit.ts'
import { type BridgeCall, forceCall } from '../../../../../node/ethereum/calls.ts'
import { valueWith } from '../../../../../node/ethereum/sending/fees.ts'
import type { TransactionSender } from '../../../../../node/ethereum/sending/sender.ts'
import { LANES, type Lane } from '../../../../../node/protocol/queue.ts'
import { toGasPrice } from '../../../../../node/protocol/units.ts'
import { giveTokens } from '../../../../support/chain/give-tokens.ts'
import { Stage, stranger } from '../../../../support/stage.ts'

/** As many entries of a lane cost nothing on top. */
const FREE = 144
/** Others that may come first. */
const AHEAD = 64
const GWEI = 10n ** 9n
const PLENTY = 10n ** 18n

/** Has a shape, and cannot be valid. */
function junk(fill: number): Uint8Array {
  return Uint8Array.from({ length: 127 }, (_, i) => (i < 7 ? 0 : fill))
}

function forcing(count: number): Hex {
  const packed = Array.from(
    { length: count },
    (_, i) => `0x${Buffer.from(junk(1 + (i % 255))).toString('hex')}` as const,
  )
  return encodeFunctionData({ abi: bridgeAbi, functionName: 'force', args: [packed] })
}

async function surcharge({ anvil, bridge }: Stage, lane: Lane, entries: number, blockNumber?: bigint): Promise<bigint> {
  const args = [LANES.indexOf(lane), BigInt(entries)] as const
  return await anvil.client.readContract({
    ...{ ...bridge, functionName: 'surcharge', args },
    ...(blockNumber === undefined ? {} : { blockNumber }),
  })
}

/**
 * What is asked of this number of entries behind `ahead` others, as of a block, by default the newest. It leaks with each second: whoever asked since then was asked for
 * less, and for more than whoever asks later.
 */
async function behind(stage: Stage, lane: Lane, ahead: number, entries: number, blockNumber?: bigint): Promise<bigint> {
  const at = blockNumber ?? (await stage.anvil.client.getBlockNumber())
  return (await surcharge(stage, lane, ahead + entries, at)) - (await surcharge(stage, lane, ahead, at))
}

/** What an account lost by a transaction beside its gas, and what it had sent. */
async function costOf({ anvil, bridge }: Stage, hash: Hex) {
  const { client } = anvil
  const [{ from, value, maxFeePerGas, blockNumber }, receipt] = await Promise.all([
    client.getTransaction({ hash }),
    client.getTransactionReceipt({ hash }),
  ])
  assert.ok(blockNumber !== null)
  assert.equal(receipt.status, 'success')
  const balanceAt = (address: Hex, number: bigint) => client.getBalance({ address, blockNumber: number })
  const before = await balanceAt(from, blockNumber - 1n)
  const lost = before - (await balanceAt(from, blockNumber)) - receipt.gasUsed * receipt.effectiveGasPrice
  const owed = await client.readContract({ ...bridge, functionName: 'owed', args: [from] })
  assert.equal(owed, 0n, 'what was too much is not owed but back')
  assert.ok(maxFeePerGas !== undefined)
  return { value, lost, maxFeePerGas: toGasPrice(maxFeePerGas), blockNumber }
}

async function fill(stage: Stage, count: number): Promise<void> {
  const { anvil, bridge } = stage
  for (let left = count; left > 0; left -= 80) await anvil.send(bridge.address, forcing(Math.min(left, 80)), PLENTY)
}

test('the first entries of a lane cost nothing on top, and nothing is left behind', async (t) => {
  const stage = await Stage.open(t)
  const sender = stage.sender(await stage.signer())
  await send(sender, forceCall([junk(1), junk(2)]))
  const { hash } = await send(sender, forceCall([junk(3)]))
  const { value, lost } = await costOf(stage, hash)
  const [fee] = (await stage.forcedFees()).slice(-1)
  assert.equal(lost, (fee ?? 0n) * GWEI)
  assert.ok(value >= lost)
})

test('a forced transaction behind many sends the surcharge along, as if 64 others came first, and gets back what is too much', async (t) => {
  const stage = await Stage.open(t)
  assert.ok(stage.definition.floorPrice > 0n)
  await fill(stage, FREE + 40)
  const sender = stage.sender(await stage.signer())
  const packed = [junk(1), junk(2), junk(3)]
  const most = await behind(stage, 'forced', AHEAD, packed.length)
  const call = forceCall(packed)
  const { hash } = await send(sender, call)
  const { value, lost, maxFeePerGas, blockNumber } = await costOf(stage, hash)
  const fees = (await stage.forcedFees()).slice(-packed.length)
  const due = lost - fees.reduce((sum, fee) => sum + fee * GWEI, 0n)
  // A second leaks a hundredth of an entry between two blocks of Ethereum, so it may be a little less than just before.
  const before = await surcharge(stage, 'forced', packed.length, blockNumber - 1n)
  assert.ok(due > 0n && due <= before && due * 100n > before * 95n, `${due} of ${before}`)
  const bonds = valueWith(call, { maxFeePerGas, maxPriorityFeePerGas: maxFeePerGas }, stage.definition.floorPrice)
  const least = await behind(stage, 'forced', AHEAD - packed.length, packed.length, blockNumber)
  assert.ok(value - bonds <= most && value - bonds >= least, `${value - bonds}, between ${least} and ${most}`)
  assert.ok(least > due)
  // The lane of deposits has nothing of that.
  assert.equal(await surcharge(stage, 'deposits', FREE + 1), 0n)
})

test('a deposit counts though 64 others get into its block before it, and pays by what they have left', async (t) => {
  const stage = await Stage.open(t)
  const { anvil, bridge } = stage
  const { client } = anvil
  await fillWithDeposits(stage, FREE + 20)
  const least = stage.definition.minDeposit
  const sender = stage.sender(await stage.signer())
  await giveTokens(stage, sender.ethereum.account, least)
  const alone = await surcharge(stage, 'deposits', 1)
  await client.setAutomine(false)
  const depositing = deposit(sender, least, stranger('payee'))
  await stage.until('it to be in the pool', async () => {
    return (await client.getBlock({ blockTag: 'pending' })).transactions.length === 1
  })
  // Who offers more comes first.
  const { baseFeePerGas } = await client.getBlock()
  const fees = { maxFeePerGas: 1_000n * GWEI + (baseFeePerGas ?? 0n), maxPriorityFeePerGas: 900n * GWEI }
  const others: Hex[] = []
  for (let i = 0; i < AHEAD; i++) {
    const args = [least, stranger('first')] as const
    const sent = { ...fees, account: anvil.account, chain: null, gas: 200_000n, value: 10n ** 15n }
    others.push(await client.writeContract({ ...bridge, ...sent, functionName: 'deposit', args }))
  }
  await client.mine({ blocks: 1 })
  await client.setAutomine(true)
  const { transaction, index } = await depositing
  const ours = await client.getTransactionReceipt({ hash: transaction })
  for (const hash of others) {
    const theirs = await client.getTransactionReceipt({ hash })
    assert.equal(theirs.status, 'success')
    assert.equal(theirs.blockNumber, ours.blockNumber)
    assert.ok(theirs.transactionIndex < ours.transactionIndex)
  }
  assert.equal(index, BigInt(FREE + 20 + AHEAD))
  const { value, lost } = await costOf(stage, transaction)
  assert.ok(lost > alone, `${lost} after the others, ${alone} before`)
  assert.ok(value >= lost)
})

test('a deposit behind many sends the surcharge along, as if 64 others came first, and gets back what is too much', async (t) => {
  const stage = await Stage.open(t)
  await fillWithDeposits(stage, FREE + 20)
  const least = stage.definition.minDeposit
  const sender = stage.sender(await stage.signer())
  await giveTokens(stage, sender.ethereum.account, 2n * least)
  const most = await behind(stage, 'deposits', AHEAD, 1)
  const { transaction, index } = await deposit(sender, least, stranger('payee'))
  assert.equal(index, BigInt(FREE + 20))
  assert.equal(await stage.balanceOf(sender.ethereum.account), least)
  const { value, lost, blockNumber } = await costOf(stage, transaction)
  const asked = await behind(stage, 'deposits', AHEAD - 1, 1, blockNumber)
  assert.ok(value <= most && value >= asked && asked > 0n, `${value}, between ${asked} and ${most}`)
  const before = await surcharge(stage, 'deposits', 1, blockNumber - 1n)
  assert.ok(lost > 0n && lost <= before && lost * 100n > before * 95n, `${lost} of ${before}`)
  // Forced transactions cost nothing on top meanwhile.
  assert.equal(await surcharge(stage, 'forced', FREE + 1), 0n)
})

/** Others first, by an account that sends too much each time. */
async function fillWithDeposits(stage: Stage, count: number): Promise<void> {
  const { anvil, bridge, token } = stage
  const least = stage.definition.minDeposit
  const all = least * BigInt(count + AHEAD)
  await giveTokens(stage, anvil.account, all)
  await anvil.approve(token.address, bridge.address, all)
  for (let i = 0; i < count; i++) await anvil.call(bridge.address, 'deposit', [least, stranger('first')], 10n ** 15n)
}

async function send(sender: TransactionSender, call: BridgeCall): Promise<{ readonly hash: Hex }> {
  const outcome = await sender.send(call)
  assert.ok(outcome.status === 'done')
  return outcome.receipt
}
