// Nominating, finalizing and getting bonds back, for our own blocks and for those of others.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publishCall } from '../../../node/ethereum/calls.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../node/protocol/header.ts'
import { keyOf } from '../../../node/protocol/ids.ts'
import { targetCeiling } from '../../../node/protocol/target.ts'
import { toSeconds } from '../../../node/protocol/units.ts'
import { forge } from '../../support/miner/forge.ts'
import { EASIEST, holder, Stage, stranger } from '../../support/stage.ts'

const HOUR = 3_600n

test('a race is nominated and finalized as the contract decides it, although the miner has no block in it', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const [other, racer] = [stage.sender(await stage.signer()), stage.sender(await stage.signer())]
  const { account } = other.ethereum
  const parent = {
    id: stage.genesisId(),
    header: stage.definition.genesisBlock.header,
    state: genesisState(stage.definition.genesis),
  }
  const sealedParent = encodeSealed(stage.definition.genesisBlock)
  await stage.skip(24n * HOUR)
  const target = targetCeiling(EASIEST, toSeconds(24n * HOUR), EASIEST)
  const { rules } = stage.definition
  const first = forge(rules, parent, [], target, account)
  const rival = forge(rules, parent, [], target, racer.ethereum.account)
  const heavy = forge(rules, rival.next, [], target >> 1n, account)
  await other.send(publishCall(sealedParent, first))
  await racer.send(publishCall(sealedParent, rival, keyOf(first.next.id)))
  await other.send(publishCall(rival.sealedBytes, heavy))
  const miner = await stage.miner(node, stage.sender(await stage.signer()))
  const slot = async () =>
    (await stage.anvil.client.readContract({ ...stage.bridge, functionName: 'slotOf', args: [keyOf(parent.id)] }))[0]
  await stage.skip(23n * HOUR)
  await stage.until('the nomination', async () => (await slot()) === keyOf(heavy.next.id))
  await stage.skip(25n * HOUR)
  await stage.until('the finality', async () => (await stage.finalBlock()) === rival.next.id)
  assert.equal(miner.status().problem, undefined)
  assert.ok(miner.status().money.gas > 0n)
})

test('of several miners only one pays for what is due, the block’s own first', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const owner = stage.sender(await stage.signer())
  const polite = stage.sender(await stage.signer())
  // The other one would step in only after half an hour.
  const other = await stage.miner(node, polite, { courtesyMs: 3_600_000 })
  const { account } = owner.ethereum
  const target = targetCeiling(EASIEST, toSeconds(24n * HOUR), EASIEST)
  await stage.skip(24n * HOUR)
  const parent = {
    id: stage.genesisId(),
    header: stage.definition.genesisBlock.header,
    state: genesisState(stage.definition.genesis),
  }
  const block = forge(stage.definition.rules, parent, [], target, account)
  await owner.send(publishCall(encodeSealed(stage.definition.genesisBlock), block))
  await stage.skip(24n * HOUR)
  await stage.until('the duty', async () => (await node.call('bridge_due', {})).finalize.length === 1)
  const own = await stage.miner(node, owner, { courtesyMs: 3_600_000 })
  await stage.until('the finality', async () => (await stage.finalBlock()) === block.next.id)
  // For a moment after each block of Ethereum the node says that it is syncing.
  await stage.until('no trouble', () => own.status().problem === undefined && other.status().problem === undefined)
  assert.equal(await polite.ethereum.nonce('pending'), 0)
})

test('bonds come back after two days and are withdrawn together with what else is owed', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const sender = stage.sender(await stage.signer())
  const miner = await stage.miner(node, sender)
  let last = genesisInfohash(stage.definition.genesis)
  for (let i = 0; i < 2; i++) {
    last = await stage.request(node, holder, [last], 10_000n, stranger(`${i}`))
    await stage.until('a block', () => miner.status().blocks.published === i + 1)
    await stage.skip(HOUR)
  }
  const bonds = miner.status().bonds
  assert.ok(bonds > 0n)
  const before = await sender.ethereum.balance()
  const spent = miner.status().money.gas
  await stage.skip(49n * HOUR)
  await stage.until('all bonds', () => miner.status().bonds === 0n && miner.status().blocks.final === 2)
  await stage.until('the coins', async () => (await sender.ethereum.owed()) === 0n)
  await stage.until('the last gas to be counted', async () => {
    const gas = miner.status().money.gas - spent
    return (await sender.ethereum.balance()) === before + bonds - gas
  })
})

test('where the payout goes elsewhere, bonds are released and sent there', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const sender = stage.sender(await stage.signer())
  const payout = stranger('payout')
  const miner = await stage.miner(node, sender, { payout })
  await stage.request(node, holder, [genesisInfohash(stage.definition.genesis)], 10_000n, stranger('a'))
  await stage.until('a block', () => miner.status().blocks.published === 1)
  const { bonds } = miner.status()
  await stage.skip(49n * HOUR)
  await stage.until('the bond to be there', async () => (await sender.ethereum.balance(payout)) === bonds)
  await stage.until('finality', () => miner.status().blocks.final === 1)
  assert.equal(await sender.ethereum.owed(payout), 0n)
  assert.equal(await stage.balanceOf(payout), 100n)
})
