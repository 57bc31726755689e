// Attacked: everybody's payments, by accounts that cannot be paid: contracts that refuse coins or burn all gas while they get them, as
// recipient of a request, as sender of a bond, as miner and as prover.
// What must hold: coins are fetched and never sent, wTTX asks nobody, so such an account blocks itself and nobody else: not the batch
// that it is in, not the finality of its block, not the death of another one, not one withdrawal.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { encodeDeployData, encodeFunctionData, type Hex, parseAbi, parseEventLogs } from 'viem'
import { type BridgeCall, withdrawBondCall, withdrawCall } from '../../node/ethereum/calls.ts'
import { isRefusal, readRefusal } from '../../node/ethereum/refusals.ts'
import { type Address, parseAddress, parseHash } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import {
  holdBlocks,
  mineBlock,
  outbid,
  type Pending,
  PUBLISHING,
  pendingCalls,
  releaseBlocks,
} from '../support/chain/mempool.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const BOND = 10n ** 18n
const ARTIFACT = new URL('../../artifacts/test/contract/harness/Meddler.sol/Meddler.json', import.meta.url)
const ABI = parseAbi(['constructor(bool burnsGas)', 'function act(address target, bytes data) payable'])

test('accounts that take no coins harm only themselves', async (t) => {
  const arena = await Arena.open(t)
  const { stage } = arena
  const [liar, watcher] = await Promise.all([arena.startLiar(), arena.startWatcher()])
  const { parent, left } = await arena.endow(liar)
  const refuses = await deploy(arena, false)
  const burns = await deploy(arena, true)
  const innocent = stranger('innocent')
  const recipients = [refuses, innocent, burns]

  // One block for all of them, with a bond of the first, who is its miner too.
  let prev = left
  const requests = recipients.map((recipient) => {
    const request = arena.signRequest(holder, [prev], UNIT / 10n, recipient)
    prev = request.infohash
    return request.packed
  })
  await holdBlocks(arena)
  const displaced = assert.rejects(liar.publish({ parent, content: requests, payout: refuses, data: 'calldata' }))
  const [publication] = await pendingCalls(arena, ['publish'])
  const published = await meddle(arena, refuses, publication, BOND)
  await releaseBlocks(arena)
  await displaced
  const { logs } = await stage.anvil.client.getTransactionReceipt({ hash: published })
  const [event] = parseEventLogs({ abi: stage.bridge.abi, eventName: 'BlockPublished', logs })
  const block = parseHash(event?.args.id ?? '')
  assert.equal(event?.args.miner.toLowerCase(), refuses)

  // A wrong block on it, killed by the other one with a copied proof; then one that the watcher kills.
  await arena.seen()
  await holdBlocks(arena)
  const lie = liar.publish({ parent: block, lie: 'mint' })
  await pendingCalls(arena, PUBLISHING)
  await mineBlock(arena)
  const wrong = await lie
  const [refutation] = await pendingCalls(arena, ['refute'])
  await meddle(arena, burns, refutation)
  await releaseBlocks(arena)
  assert.ok(await arena.isRefuted(wrong.id))
  const [killed] = await arena.refutations()
  assert.equal(killed?.args.prover.toLowerCase(), burns)
  const next = await liar.publish({ parent: block, lie: 'wrong-change' })
  await arena.until('the death of the next one', () => arena.isRefuted(next.id))

  // Finality, fees and claims.
  await arena.skipTo(block, 24n * HOUR)
  await arena.until('its finality', () => arena.isFinal(block))
  const relayer = await arena.startRelayer()
  for (const recipient of [innocent, burns]) await arena.paid(recipient, (UNIT / 1_000n) * 99n)
  await arena.paid(refuses, (UNIT / 1_000n) * 99n + (3n * UNIT) / 1_000n)
  await relayer.running.said(/"claimed":3/)
  const { address: relaying } = relayer.account
  assert.equal(await stage.anvil.client.getTransactionCount({ address: relaying }), 1, 'in one batch')

  // Bond and reward wait forever; everybody else fetches what is theirs.
  await arena.skipTo(block, 48n * HOUR)
  const outsider = await arena.sender('outsider')
  await arena.send(outsider, withdrawBondCall(await arena.sealed(block)))
  assert.equal(await arena.owed(refuses), BOND)
  for (const meddler of [refuses, burns]) {
    const owed = await arena.owed(meddler)
    assert.ok(owed > 0n)
    await assert.rejects(tryAs(arena, meddler, withdrawCall(meddler)), (error) => isRefusal(error, 'TransferFailed'))
    assert.equal(await arena.owed(meddler), owed)
  }
  const { address } = watcher.account
  await watcher.running.stop()
  const reward = await arena.owed(address)
  assert.ok(reward > 0n)
  // Anybody may bring it to them.
  await arena.send(outsider, withdrawCall(address))
  assert.equal(await arena.owed(address), 0n)
  await arena.countMoney()
})

/** The account calls the bridge as somebody else was about to, and comes first. */
async function meddle(arena: Arena, meddler: Address, call: Pending | undefined, value = 0n): Promise<Hex> {
  assert.ok(call)
  const { address } = await arena.account('puppeteer')
  return await outbid(arena, address, call, { value, to: meddler, data: encodeAct(arena, call.input) })
}

async function tryAs(arena: Arena, to: Address, call: BridgeCall): Promise<void> {
  const { address: account } = await arena.account('puppeteer')
  try {
    await arena.stage.anvil.client.call({ account, to, data: encodeAct(arena, call.data), gas: 10_000_000n })
  } catch (error) {
    throw readRefusal(call.name, error) ?? error
  }
}

function encodeAct({ stage }: Arena, data: Hex): Hex {
  return encodeFunctionData({ abi: ABI, functionName: 'act', args: [stage.bridge.address, data] })
}

async function deploy({ stage }: Arena, burnsGas: boolean): Promise<Address> {
  const { bytecode }: { bytecode: Hex } = JSON.parse(await readFile(ARTIFACT, 'utf8'))
  const hash = await stage.anvil.send(undefined, encodeDeployData({ abi: ABI, bytecode, args: [burnsGas] }))
  const { contractAddress } = await stage.anvil.client.getTransactionReceipt({ hash })
  assert.ok(contractAddress)
  return parseAddress(contractAddress.toLowerCase())
}
