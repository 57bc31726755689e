// A wrong block in blobs on a real chain: the watcher gets the blobs from the beacon route alone, and kills it by openings that the contract accepts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFunctionData, toHex } from 'viem'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { Watcher } from '../../../../miner/watch/watcher.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { connectEthereum } from '../../../../node/ethereum/agreeing/http-chain.ts'
import { BeaconEndpoint } from '../../../../node/ethereum/blobs/beacon.ts'
import { KzgPool } from '../../../../node/ethereum/blobs/kzg-pool.ts'
import { BOND_GAS } from '../../../../node/ethereum/calls.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../../node/protocol/header.ts'
import { ZERO_KEY } from '../../../../node/protocol/ids.ts'
import { describeProblem } from '../../../../node/protocol/problems.ts'
import { targetCeiling } from '../../../../node/protocol/target.ts'
import { toSeconds } from '../../../../node/protocol/units.ts'
import { accountOf, pay, randomOf } from '../../../../scripts/assure/models/world.ts'
import { log } from '../../../support/log.ts'
import { forgeInBlobs } from '../../../support/miner/forge-blobs.ts'
import { EASIEST, holder, Stage } from '../../../support/stage.ts'

const DAY = 86_400n

test('without a node a wrong block in blobs is unknown as long as nobody has the blobs, and dies when a beacon node has', async (t) => {
  const stage = await Stage.open(t)
  await stage.skip(DAY)
  const kzg = stage.stack.use(new KzgPool())
  const { rules, genesis, genesisBlock } = stage.definition
  const ground = { id: stage.genesisId(), header: genesisBlock.header, state: genesisState(genesis) }
  const liar = stage.sender(await stage.signer())
  const prev = [genesisInfohash(genesis)]
  const right = pay(holder, { to: accountOf('payee').address, tokens: 5n, time: 1, prev }, rules).packed
  const thief = accountOf('thief')
  const wrong = pay(thief, { to: thief.address, tokens: 1n, time: 1, prev }, rules).packed
  let sidecar = await kzg.sidecar([])
  const block = await forgeInBlobs(
    ...([rules, ground, [{ kind: 'transaction', packed: right }]] as const),
    ...([targetCeiling(EASIEST, toSeconds(DAY), EASIEST), liar.ethereum.account, { wrong }] as const),
    async (blobs) => {
      sidecar = await kzg.sidecar(blobs)
      return sidecar.hashes
    },
  )
  const { header, seal } = block.sealed
  const publication = {
    target: header.target,
    torrent: `0x${'0'.repeat(40)}`,
    miner: seal.miner,
    nonce: seal.nonce,
    beside: ZERO_KEY,
  } as const
  const head = {
    ...{ stepCount: header.stepCount, growth: header.growth & 0xffff, state: header.state },
    ...{ entries: toHex(block.entries), requests: toHex(block.requests) },
  }
  const args = [toHex(encodeSealed(genesisBlock)), publication, head] as const
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'publishBlobs', args })
  const call = { name: 'publishBlobs', data, gas: 1_000_000n, bondGas: BOND_GAS, sidecar }
  assert.equal((await liar.send(call)).status, 'done')

  const chain = connectEthereum([stage.anvil.url], rules)
  stage.stack.defer(() => chain.close())
  const sender = stage.sender(await stage.signer())
  const anvil = new BeaconEndpoint(stage.anvil.url, { now: Date.now })
  let isThere = false
  const beacon = {
    name: 'late',
    deliver: async (...asked: Parameters<typeof anvil.deliver>) => (isThere ? await anvil.deliver(...asked) : []),
  }
  const watcher = stage.stack.use(
    new Watcher(
      {
        ...{ log, now: Date.now, random: randomOf(1), sender, beacons: [beacon] },
        node: createNodeClient('http://127.0.0.1:9'),
        logs: [{ name: 'anvil', chain }],
        network: { rules, genesis: { sealed: genesisBlock, transaction: genesis } },
      },
      { defend: true, pollMs: 20 },
    ),
  )
  watcher.start()
  await stage.until('it to miss the blobs', () => /all 1 blobs of block/.test(watcher.status().problem ?? ''))
  assert.deepEqual(watcher.status().cases, [])
  isThere = true
  await stage.until('the death', async () => (await sender.ethereum.record(block.next.id)).isRefuted)
  await stage.until('it to know', () => watcher.status().cases.some(({ state }) => state === 'killed'))
  const [killed] = watcher.status().cases
  assert.partialDeepStrictEqual(killed, { by: 'us', problem: describeProblem(1, 'MissingInput') })
  t.diagnostic(`${killed?.gas} gas`)
})
