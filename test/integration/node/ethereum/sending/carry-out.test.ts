// What a user is told of a transaction that had no effect: it failed, it was taken back, or another one took its place.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { carryOut } from '../../../../../node/client/ethereum/carry-out.ts'
import { type BridgeCall, publishCall } from '../../../../../node/ethereum/calls.ts'
import { LAG_BLOCKS } from '../../../../../node/ethereum/chain.ts'
import type { TransactionSender } from '../../../../../node/ethereum/sending/sender.ts'
import { genesisState } from '../../../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../../../node/protocol/header.ts'
import type { Address } from '../../../../../node/protocol/ids.ts'
import { toGasPrice, toWei } from '../../../../../node/protocol/units.ts'
import { forge } from '../../../../support/miner/forge.ts'
import { EASIEST, Stage } from '../../../../support/stage.ts'

const DEAR = { maxFeePerGas: toGasPrice(10n ** 12n), maxPriorityFeePerGas: toGasPrice(10n ** 11n) }

test('another transaction of the account takes its place: it is lost, and nobody says try again', async (t) => {
  const { stage, sender, call, sent } = await open(t)
  const failed = assert.rejects(carryOut(sender, call), { code: 'transaction-lost', retry: false })
  await sent()
  await sender.ethereum.broadcast((await sender.ethereum.sign(undefined, 0, DEAR, toWei(0n))).raw)
  await stage.anvil.client.mine({ blocks: 1 + Number(LAG_BLOCKS) })
  await failed
})

test('somebody else comes first in the same block: it failed, and may be tried again', async (t) => {
  const { stage, sender, call, publish, sent } = await open(t)
  const rival = stage.sender(await stage.signer())
  const failed = assert.rejects(carryOut(sender, call), { code: 'transaction-failed', retry: true })
  await sent()
  const faster = publish(rival.ethereum.account)
  await rival.ethereum.broadcast(
    (await rival.ethereum.sign(faster, 0, DEAR, toWei(faster.bondGas * DEAR.maxFeePerGas))).raw,
  )
  await stage.anvil.client.mine({ blocks: 1 })
  await failed
})

/** Nothing is mined by itself. */
async function open(t: TestContext) {
  const stage = await Stage.open(t)
  const sender = stage.sender(await stage.signer())
  const { definition } = stage
  await stage.skip(86_400n)
  const parent = {
    id: await stage.finalBlock(),
    header: definition.genesisBlock.header,
    state: genesisState(definition.genesis),
  }
  const publish = (miner: Address): BridgeCall =>
    publishCall(encodeSealed(definition.genesisBlock), forge(definition.rules, parent, [], EASIEST, miner))
  const call = publish(sender.ethereum.account)
  await stage.anvil.client.setAutomine(false)
  const sent = () => stage.until('it to be in the pool', () => isInPool(sender, call))
  return { stage, sender, publish, call, sent }
}

async function isInPool(sender: TransactionSender, call: BridgeCall): Promise<boolean> {
  const hash = sender.signed(call)
  return hash !== undefined && (await sender.ethereum.isKnown(hash))
}
