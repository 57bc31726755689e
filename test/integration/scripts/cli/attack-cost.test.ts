// ttx attack-cost against the contract: what it says is the least that the bridge takes, and a wei less is refused.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { encodeFunctionData, type Hex } from 'viem'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { publishCall } from '../../../../node/ethereum/calls.ts'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../../node/protocol/header.ts'
import { type Hash, keyOf } from '../../../../node/protocol/ids.ts'
import { workOf } from '../../../../node/protocol/target.ts'
import { accountOf, pay } from '../../../../scripts/assure/models/world.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { readRecord } from '../../../support/chain/record.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { type Forged, forge } from '../../../support/miner/forge.ts'
import { holder, Stage } from '../../../support/stage.ts'

const BASE_FEE = 7_000_000_123n
const HOUR = 3_600

test('the prices are those of the contract, to the wei and to the hash', async (t) => {
  const stage = await Stage.open(t)
  const { definition, anvil } = stage
  const { client } = anvil
  const { rules } = definition
  const node = await stage.node()
  const account = await stage.signer(100_000n)
  await stage.skip(7_200n)

  const folder = await stage.folder()
  const common = ['--data', join(folder, 'data'), '--node', node.url, '--ethereum', anvil.url]
  const run = async (...flags: string[]) => {
    const shell = fakeShell({ folder })
    return { exitCode: await runCli(['attack-cost', ...flags, ...common], shell), out: shell.out(), err: shell.err() }
  }
  const costs = async () => {
    const { exitCode, out, err } = await run('--hash-rate', '1k', '--json')
    assert.equal(exitCode, 0, out + err)
    const data = JSON.parse(out)
    const of = (name: string) => data.attacks.find(({ attack }: { attack: string }) => attack === name)
    return { data, of }
  }
  /** Mines a block with this base fee, so that the newest block has it, and makes the next one have it too. */
  const holdPrices = async () => {
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: BASE_FEE })
    await client.mine({ blocks: 1 })
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: BASE_FEE })
  }
  /** Whether a transaction with this value went through; its block has the price that was asked for. */
  const isTaken = async (data: Hex, value: bigint, from = anvil.account) => {
    const to = rules.bridge
    await client.impersonateAccount({ address: from })
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: BASE_FEE })
    const hash = await client.sendTransaction({ account: from, to, data, value, gas: 5_000_000n, chain: null })
    const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 10 })
    const block = await client.getBlock({ blockNumber: receipt.blockNumber })
    assert.equal(block.baseFeePerGas, BASE_FEE)
    return receipt.status === 'success'
  }

  await holdPrices()
  await stage.seenBy(node)
  const { data, of } = await costs()
  assert.equal(data.baseFeeWei, `${BASE_FEE}`)
  assert.deepEqual([data.node, data.queueWaiting, data.overturn.displaced], ['live', '0', 0])
  assert.deepEqual(data.hashRate, { perSecond: 1_000, source: 'given' })
  assert.equal(data.next.seconds, Number(data.next.hashes) / 1_000)

  const bond = BigInt(data.bondWei)
  const rivalBond = BigInt(of('light-rival').bondWei)
  assert.deepEqual([rivalBond, BigInt(data.rivalBondWei)], [5n * bond, 5n * bond])
  const genesis = {
    id: stage.genesisId(),
    header: definition.genesisBlock.header,
    state: genesisState(definition.genesis),
  }
  const parent = encodeSealed(definition.genesisBlock)
  const target = BigInt(data.next.target)
  assert.equal(workOf(target), BigInt(of('light-rival').hashes))
  const miner = stage.sender(account).ethereum.account
  const first = forge(rules, genesis, [], target, miner)
  const publish = (block: Forged, beside?: Hash) => publishCall(parent, block, beside && keyOf(beside)).data
  assert.equal(await isTaken(publish(first), bond - 1n), false)
  assert.equal(await isTaken(publish(first), bond), true)

  // Beside it a rival needs the same work, not more.
  const prev = [genesisInfohash(definition.genesis)]
  const { packed } = pay(holder, { to: accountOf('bob').address, tokens: 1n, time: 1, prev }, rules)
  const rivalOf = (stated: bigint) => forge(rules, genesis, [{ kind: 'transaction', packed }], stated, miner)
  const harder = forge(rules, genesis, [], target - target / 8n, miner)
  assert.equal(await isTaken(publish(rivalOf(target)), rivalBond, miner), false)
  assert.equal(await isTaken(publish(harder, first.next.id), rivalBond, miner), false)
  assert.equal(await isTaken(publish(rivalOf(target), first.next.id), rivalBond - 1n, miner), false)
  assert.equal(await isTaken(publish(rivalOf(target), first.next.id), rivalBond, miner), true)

  // What a wrong block's author has for certain: the contract keeps half.
  const { bond: kept } = await readRecord(client, stage.bridge, first.next.id)
  assert.equal(BigInt(of('wrong-block').bondLostWei), bond - (kept / 2n) * 10n ** 9n)

  // A forced transaction pays its fee, and 128 of them buy a block of delay.
  const force = encodeFunctionData({ abi: bridgeAbi, functionName: 'force', args: [[`0x${formatHex(packed)}`]] })
  const fee = BigInt(of('queue-flood').feesWei) / 128n
  assert.equal(await isTaken(force, fee - 1n), false)
  assert.equal(await isTaken(force, fee), true)

  await stage.seenBy(node)
  const later = await costs()
  assert.equal(later.data.queueWaiting, '1')
  // The race is open, and its blocks are equal: one hash more on the later one would be ahead.
  assert.equal(later.data.overturn.displaced, 1)
  assert.deepEqual([later.of('heavier-branch').hashes, later.data.overturn.blocks], ['1', 1])
  assert.ok(later.data.overturn.closesAt - later.data.ethereumTime <= 22 * HOUR)

  // The same for people.
  const { out, exitCode } = await run('--hash-rate', '8.8M')
  assert.equal(exitCode, 0)
  assert.match(out, /^hash rate +8\.8 MH\/s$/m)
  for (const line of out.split('\n')) assert.ok(line.length <= 100, line)
  assert.match(
    out,
    /^A wrong block\n {2}work +[0-9]+ hashes \(less than a second expected\)\n {2}lost +[0-9.]+ ETH \(/m,
  )
  assert.match(out, /^open race +a new branch above 0x/m)
  assert.match(out, /^ {2}delay +1 d 1 h at most$/m)
  // What it would be on a chain whose gas is dearer: bonds follow, work does not.
  const dear = JSON.parse((await run('--gas-price', '70.00000123', '--blob-gas-price', '2', '--json')).out)
  assert.deepEqual([dear.baseFeeWei, dear.blobBaseFeeWei], [`${10n * BASE_FEE}`, '2000000000'])
  assert.deepEqual(dear.pricesFrom, { baseFee: 'given', blobBaseFee: 'given' })
  assert.equal(BigInt(dear.bondWei), 10n * bond)
  assert.equal(dear.next.hashes, later.data.next.hashes)
  const inBlobs = dear.attacks.find(({ attack }: { attack: string }) => attack === 'wrong-block-in-blobs')
  assert.equal(BigInt(inBlobs.blobWei), 131_072n * 2_000_000_000n)
  const given = await run('--gas-price', '10')
  assert.match(given.out, /^gas +10 gwei base fee \(given\), /m)
  for (const flag of ['-1', '1e3', 'cheap', '0.0000000001']) {
    assert.equal((await run('--gas-price', flag)).exitCode, 2, flag)
  }
  const measured = await run('--json')
  assert.equal(JSON.parse(measured.out).hashRate.source, 'measured')
  assert.ok(JSON.parse(measured.out).hashRate.perSecond > 10_000)
  assert.equal((await run('--hash-rate', '0')).exitCode, 2)
  assert.equal((await run('--hash-rate', 'fast')).exitCode, 2)
})
