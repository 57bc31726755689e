// Blocks in blobs that come through another contract: blobs belong to the whole transaction, so the event has all that there is of such a block, and
// who called the bridge matters for rivals alone.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { createPublicClient, encodeDeployData, encodeFunctionData, type Hex, http, parseAbi, parseGwei } from 'viem'
import { openJudge } from '../../../../miner/watch/open-judge.ts'
import { Watcher } from '../../../../miner/watch/watcher.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { connectEthereum } from '../../../../node/ethereum/agreeing/http-chain.ts'
import { BeaconEndpoint } from '../../../../node/ethereum/blobs/beacon.ts'
import { wrapBlobTransaction } from '../../../../node/ethereum/blobs/envelope.ts'
import { KzgPool } from '../../../../node/ethereum/blobs/kzg-pool.ts'
import { publishBlobsCall } from '../../../../node/ethereum/calls.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../../node/protocol/header.ts'
import { type Address, type Hash, parseAddress } from '../../../../node/protocol/ids.ts'
import { targetCeiling } from '../../../../node/protocol/target.ts'
import { toSeconds } from '../../../../node/protocol/units.ts'
import { accountOf, pay, randomOf } from '../../../../scripts/assure/models/world.ts'
import { log } from '../../../support/log.ts'
import { forgeInBlobs } from '../../../support/miner/forge-blobs.ts'
import { EASIEST, holder, Stage } from '../../../support/stage.ts'

const DAY = 86_400n
const { signal } = new AbortController()
const FORWARDER = new URL('../../../../artifacts/test/contract/harness/Meddler.sol/Meddler.json', import.meta.url)
const forwarderAbi = parseAbi(['constructor(bool burnsGas)', 'function act(address target, bytes data) payable'])

test('blocks in blobs through another contract are read, judged and refuted as any; a rival comes through it only if it is the miner', async (t) => {
  const scene = await open(t)
  const { stage, node, forwarder, forge, send, isRefuted, seen } = scene
  const sender = scene.account.address

  const first = await forge(parseAddress(sender.toLowerCase()), 'right')
  assert.equal(await send(first), 'success')
  await seen(first.id, 'valid')
  const { hashes, requests, steps, miner } = await node.call('bridge_block', { id: first.id })
  assert.deepEqual([hashes, requests, steps, miner], [first.hashes, 0, 1, sender.toLowerCase()])

  const beside = await stage.latestChild()
  const stolen = await forge(parseAddress(sender.toLowerCase()), 'right')
  assert.equal(await send(stolen, beside), 'reverted', 'its miner did not call the bridge')
  const rival = await forge(forwarder, 'right')
  assert.equal(await send(rival, beside), 'success')
  await seen(rival.id, 'valid')
  const wrong = await forge(forwarder, 'wrong')
  assert.equal(await send(wrong, await stage.latestChild()), 'success')
  await seen(wrong.id, 'invalid')

  const watcher = scene.watch()
  await stage.until('its death', () => isRefuted(wrong.id))
  await stage.until('the watcher to know', () => watcher.status().cases.some(({ state }) => state === 'killed'))
  assert.deepEqual(
    watcher.status().cases.map(({ block }) => block),
    [wrong.id],
  )
  for (const { id } of [first, rival]) {
    assert.deepEqual(await scene.judge.judge(id, signal), { verdict: 'valid' })
    assert.equal(await isRefuted(id), false)
  }
})

async function open(t: TestContext) {
  const stage = await Stage.open(t)
  await stage.skip(DAY)
  const node = await stage.node()
  const kzg = stage.stack.use(new KzgPool())
  const { anvil, definition } = stage
  const { rules, genesis, genesisBlock } = definition
  const ground = { id: stage.genesisId(), header: genesisBlock.header, state: genesisState(genesis) }
  const account = await stage.signer()
  const forwarder = await deployForwarder(stage)
  const prev = [genesisInfohash(genesis)]
  // A rival has the work of the first.
  const target = targetCeiling(EASIEST, toSeconds(DAY), EASIEST)
  // A machine that has much else to do takes its time over the proofs of a blob.
  const client = createPublicClient({ transport: http(anvil.url, { timeout: 120_000 }) })
  let count = 0
  let nonce = 0

  /** Another block on genesis. */
  const forge = async (miner: Address, kind: 'right' | 'wrong') => {
    count += 1
    const right = pay(holder, { to: accountOf('payee').address, tokens: 5n, time: count, prev }, rules).packed
    const thief = accountOf('thief')
    const wrong = pay(thief, { to: thief.address, tokens: 1n, time: count, prev }, rules).packed
    let sidecar = await kzg.sidecar([])
    const block = await forgeInBlobs(
      ...([rules, ground, [{ kind: 'transaction', packed: right }], target, miner] as const),
      kind === 'wrong' ? { wrong } : {},
      async (blobs) => {
        sidecar = await kzg.sidecar(blobs)
        return sidecar.hashes
      },
    )
    return { ...block, id: block.next.id, sidecar }
  }

  /** Sends it through the forwarder, in a transaction of an account that is its miner, or nobody. */
  const send = async (block: Awaited<ReturnType<typeof forge>>, beside?: Awaited<ReturnType<Stage['latestChild']>>) => {
    const call = publishBlobsCall(encodeSealed(genesisBlock), block, block.sidecar, beside)
    const signed = await account.signTransaction({
      ...{ type: 'eip4844', chainId: Number(rules.chain), nonce, to: forwarder, gas: 2_000_000n },
      data: encodeFunctionData({ abi: forwarderAbi, functionName: 'act', args: [rules.bridge, call.data] }),
      // A hundred million gas, at more than it costs here.
      value: 10n ** 8n * parseGwei('100'),
      ...{ maxFeePerGas: parseGwei('100'), maxPriorityFeePerGas: 0n, maxFeePerBlobGas: parseGwei('10') },
      blobVersionedHashes: block.sidecar.hashes,
    })
    nonce += 1
    const serializedTransaction: Hex = wrapBlobTransaction(signed, block.sidecar)
    const hash = await client.sendRawTransaction({ serializedTransaction })
    return (await client.waitForTransactionReceipt({ hash, pollingInterval: 10 })).status
  }

  const sender = stage.sender(await stage.signer())
  const chain = connectEthereum([anvil.url], rules)
  stage.stack.defer(() => chain.close())
  /** Who judges has no node: events and blobs are all there is. */
  const facts = {
    beacons: [new BeaconEndpoint(anvil.url, { now: Date.now })],
    logs: [{ name: 'anvil', chain }],
  }
  const network = { rules, genesis: { sealed: genesisBlock, transaction: genesis } }
  return {
    ...{ stage, node, account, forwarder, forge, send },
    isRefuted: async (id: Hash) => (await sender.ethereum.record(id)).isRefuted,
    seen: (id: Hash, verdict: string) =>
      stage.until(`the node to find ${id} ${verdict}`, async () => {
        const { blocks } = await node.call('bridge_blocks', {})
        return blocks.some((block) => block.id === id && block.verdict === verdict)
      }),
    judge: openJudge({ ...facts, rules, log, kzg, genesis: network.genesis }),
    watch: () => {
      const client = createNodeClient('http://127.0.0.1:9')
      const deps = { ...facts, log, now: Date.now, random: randomOf(1), sender, node: client, network }
      const watcher = stage.stack.use(new Watcher(deps, { defend: true, pollMs: 20 }))
      watcher.start()
      return watcher
    },
  }
}

async function deployForwarder({ anvil }: Stage): Promise<Address> {
  const { bytecode }: { bytecode: Hex } = JSON.parse(await readFile(FORWARDER, 'utf8'))
  const hash = await anvil.send(undefined, encodeDeployData({ abi: forwarderAbi, bytecode, args: [false] }))
  const { contractAddress } = await anvil.client.getTransactionReceipt({ hash })
  assert(contractAddress)
  return parseAddress(contractAddress.toLowerCase())
}
