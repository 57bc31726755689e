// Ethereum takes back each of the calls, 1 to 20 blocks deep, drops it or puts it in elsewhere. Must hold: the sender stays with it
// until it counts, once; node and ledger hold what Ethereum holds; nothing that can still be taken back is called final.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFunctionData } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../deployments/token-abi.ts'
import { openJudge } from '../../../miner/watch/open-judge.ts'
import { tryRefutation } from '../../../miner/watch/refuter.ts'
import { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import {
  claimCall,
  finalizeCall,
  nominateCall,
  publishCall,
  refuteCall,
  withdrawBondCall,
} from '../../../node/ethereum/calls.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../node/protocol/header.ts'
import { keyOf } from '../../../node/protocol/ids.ts'
import { targetCeiling } from '../../../node/protocol/target.ts'
import { toSeconds } from '../../../node/protocol/units.ts'
import { accountOf, pay } from '../../../scripts/assure/models/world.ts'
import { log } from '../../support/log.ts'
import { forge } from '../../support/miner/forge.ts'
import { EASIEST, holder } from '../../support/stage.ts'
import { type Fate, FINALITY_DEPTH, Reorganised } from './reorganised.ts'

const HOUR = 3_600n
const NOISE = `0x${'00'.repeat(7)}${'11'.repeat(120)}` as const
const REFUTED = 1
const FINAL = 2

const CASES: readonly (readonly [number, Fate])[] = [
  [301, 'dropped'],
  [302, 'put in elsewhere'],
]

for (const [seed, fate] of CASES) {
  test(`each call is taken back and ${fate} (seed ${seed})`, async (t) => {
    const scene = await Reorganised.open(t, seed, fate)
    const { stage, node, ethereum } = scene
    const { definition } = stage
    const { rules } = definition
    const { client } = stage.anvil
    const self = ethereum.account
    const first = genesisInfohash(definition.genesis)
    const parent = encodeSealed(definition.genesisBlock)
    const genesis = {
      id: stage.genesisId(),
      header: definition.genesisBlock.header,
      state: genesisState(definition.genesis),
    }
    const target = targetCeiling(EASIEST, toSeconds(24n * HOUR), EASIEST)
    const request = pay(
      holder,
      { to: rules.bridge, tokens: 5_000_000n, time: 1, prev: [first], bridge: { chain: rules.chain, to: self } },
      rules,
    )
    const thief = accountOf('thief')
    const theft = pay(thief, { to: thief.address, tokens: 1n, time: 1, prev: [first] }, rules)
    const block = forge(rules, genesis, [{ kind: 'transaction', packed: request.packed }], target, self)
    const wrong = forge(rules, genesis, [], target, self, theft.packed)
    const rival = forge(rules, genesis, [], target, self)
    const { id } = block.next
    const where = () => node.call('tx_where', { infohash: request.infohash })

    await t.test('publish', async () => {
      await scene.takeBack(publishCall(parent, block), async () => (await scene.record(id)).publishedAt > 0)
      assert.equal((await where()).status, 'ordered')
    })
    await t.test('refute', async () => {
      await scene.send(publishCall(parent, wrong, keyOf(id)))
      await scene.seen()
      await using kzg = new KzgPool()
      const judge = openJudge({ node, rules, log, kzg })
      assert.equal((await judge.judge(wrong.next.id, t.signal)).verdict, 'invalid')
      const prepared = await tryRefutation([ethereum], wrong.next.id, await judge.prove(wrong.next.id, t.signal))
      assert.ok(prepared)
      await scene.takeBack(refuteCall(prepared.call.data, prepared.gas), async () => {
        return ((await scene.record(wrong.next.id)).flags & REFUTED) !== 0
      })
    })
    await t.test('nominate', async () => {
      await scene.send(publishCall(parent, rival, keyOf(id)))
      await scene.skipTo(id, 23n * HOUR)
      await scene.takeBack(nominateCall(genesis.id, id), async () => {
        const [nominated] = await client.readContract({
          ...stage.bridge,
          functionName: 'slotOf',
          args: [keyOf(genesis.id)],
        })
        return nominated === keyOf(id)
      })
    })
    await t.test('finalize', async () => {
      await scene.skipTo(id, 49n * HOUR)
      const call = finalizeCall(block.sealedBytes)
      const at = await scene.takeBack(call, async () => ((await scene.record(id)).flags & FINAL) !== 0)
      const { status } = await where()
      const isDeep = (await client.getBlockNumber()) - at >= FINALITY_DEPTH
      assert.ok(status === 'ordered' || isDeep, `it is called ${status} before its time`)
      await client.mine({ blocks: FINALITY_DEPTH })
      await stage.until('the ledger to call it final', async () => (await where()).status === 'final')
    })
    await t.test('claim', async () => {
      const { claims } = await node.call('bridge_claims', {})
      assert.equal(claims.length, 1)
      await scene.takeBack(claimCall(block.sealedBytes, claims), async () => (await stage.balanceOf(self)) > 4_000_000n)
      assert.deepEqual((await node.call('bridge_claims', {})).claims, [])
      assert.equal((await where()).bridging?.paid, true)
    })
    await t.test('deposit', async () => {
      const amount = 1_000_000n
      await client.impersonateAccount({ address: self })
      const approval = await client.writeContract({
        ...{ abi: tokenAbi, address: rules.token, functionName: 'approve', args: [rules.bridge, amount] },
        ...{ account: self, chain: null },
      })
      await client.waitForTransactionReceipt({ hash: approval, pollingInterval: 10 })
      const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'deposit', args: [amount, holder.address] })
      const call = { name: 'deposit', data, gas: 300_000n, bondGas: 0n }
      await scene.takeBack(call, async () => (await stage.laneLength('deposits')) === 1n)
    })
    await t.test('force', async () => {
      const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'force', args: [[NOISE]] })
      const call = { name: 'force', data, gas: 300_000n, bondGas: 50_000n }
      await scene.takeBack(call, async () => (await stage.laneLength('forced')) === 1n)
    })
    await t.test('withdrawBond', async () => {
      await scene.takeBack(withdrawBondCall(block.sealedBytes), async () => (await scene.record(id)).bond === 0n)
    })
    await scene.assertKnowsTheTruth()
  })
}
