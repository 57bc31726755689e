// Clients of Ethereum that others wrote, viem, ethers and web3.js, on the RPC of a real node: payments, assets, blocks, and all of it agrees.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Contract, JsonRpcProvider, id as keccakOfText, ZeroAddress } from 'ethers'
import { createPublicClient, erc20Abi, getAddress, type Hex, http, parseAbiItem } from 'viem'
import { Web3Eth } from 'web3-eth'
import { pay, type Signer } from '../../../../node/client/pay.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { type Address, type Hash, type Infohash, parseAddress } from '../../../../node/protocol/ids.ts'
import { SUPPLY, UNIT } from '../../../../node/protocol/rules.ts'
import { signDigest } from '../../../../node/protocol/signature.ts'
import { chainIdOf } from '../../../../node/rpc/ethereum/chain-id.ts'
import { type Account, accountOf } from '../../../../scripts/assure/models/world.ts'
import { holder, Stage, stranger } from '../../../support/stage.ts'

const DAY = 86_400n
const TIME = 1_800_000_000
const ETHER = 10n ** 18n
const [alice, bob] = [accountOf('alice'), accountOf('bob')]

test('viem, ethers and web3.js see the same payments, tokens, logs and blocks, and the balances add up', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node({ forWallets: true })
  await stage.miner(node, stage.sender(await stage.signer()))
  const url = stage.ethereumUrlOf(node)
  const chainId = Number(chainIdOf(stage.definition))
  const viem = createPublicClient({ transport: http(url), pollingInterval: 50, cacheTime: 0 })
  const batching = createPublicClient({ transport: http(url, { batch: true }), cacheTime: 0 })
  const ethers = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 })
  t.after(() => ethers.destroy())
  const web3 = new Web3Eth(url)

  assert.deepEqual(
    [await viem.getChainId(), Number((await ethers.getNetwork()).chainId), Number(await web3.getChainId())],
    [chainId, chainId, chainId],
  )
  assert.equal(await viem.getBlockNumber(), 0n)

  // Accepted, and in no block.
  const gold = await send(node, holder, { to: alice.address, tokens: 1_000_000n, issuance: true, memo: 'GOLD 2' })
  const inTtx = await send(node, holder, { to: bob.address, tokens: 5n * UNIT, memo: 'for lunch' })
  const inGold = await send(node, alice, { to: bob.address, tokens: 250_000n, asset: gold })
  const [token, ownToken] = [`0x${gold}` as const, parseAddress(stage.anvil.account.toLowerCase())]
  assert.deepEqual(await everywhere(bob.address), [5n * UNIT, 5n * UNIT, 5n * UNIT])
  assert.equal(await viem.getBalance({ address: bob.address, blockTag: 'safe' }), 0n)
  const waiting = await viem.getTransaction({ hash: hashOf(inTtx) })
  assert.deepEqual([waiting.blockNumber, waiting.value, waiting.to], [null, 5n * UNIT, bob.address])
  assert.equal((await ethers.getTransaction(hashOf(inTtx)))?.blockNumber, null)
  assert.equal(await ethers.getTransactionReceipt(hashOf(inTtx)), null)
  await assert.rejects(viem.getTransactionReceipt({ hash: hashOf(inTtx) }), /could not be found/)

  // Ordered: another asset comes in from Ethereum, and a request has a block made.
  await stage.anvil.call(stage.bridge.address, 'enter', [700n, alice.address], ETHER)
  const asked = await send(node, bob, {
    ...{ to: stage.definition.rules.bridge, tokens: UNIT },
    bridge: { chain: stage.definition.rules.chain, to: stranger('recipient') },
  })
  const mined = await ethers.waitForTransaction(hashOf(asked), 1, 120_000)
  assert.equal(mined?.status, 1)
  const receipt = await viem.waitForTransactionReceipt({ hash: hashOf(inGold) })
  assert.deepEqual([receipt.status, receipt.effectiveGasPrice, receipt.gasUsed], ['success', 0n, 21_000n])
  await stage.until('what came in to be credited', async () => (await tokenBalance(ownToken, alice.address)) === 700n)
  assert.equal(await viem.getBalance({ address: bob.address, blockTag: 'safe' }), 4n * UNIT)
  assert.deepEqual(await everywhere(bob.address), [4n * UNIT, 4n * UNIT, 4n * UNIT])

  // The final block is still that of genesis.
  assert.equal(await viem.getBalance({ address: holder.address, blockTag: 'finalized' }), SUPPLY)
  assert.equal(await viem.getBalance({ address: bob.address, blockTag: 'finalized' }), 0n)

  // Tokens.
  const contract = { address: token, abi: erc20Abi } as const
  const name = await batching.readContract({ ...contract, functionName: 'symbol' })
  const [decimals, supply] = await Promise.all([
    batching.readContract({ ...contract, functionName: 'decimals' }),
    batching.readContract({ ...contract, functionName: 'totalSupply' }),
  ])
  assert.deepEqual([name, decimals, supply], ['GOLD', 2, 1_000_000n])
  const interface_ = erc20Abi.map((each) => JSON.stringify(each))
  const goldOfEthers = new Contract(token, `[${interface_.join(',')}]`, ethers)
  assert.equal(await goldOfEthers.getFunction('balanceOf')(bob.address), 250_000n)
  assert.equal(await goldOfEthers.getFunction('allowance')(bob.address, alice.address), 0n)
  assert.equal(await goldOfEthers.getFunction('name')(), 'GOLD')
  await assert.rejects(
    goldOfEthers.getFunction('transfer').staticCall(alice.address, 1n),
    /there are no contracts here/,
  )
  const ofWeb3 = await web3.call({ to: token, data: `0x70a08231${bob.address.slice(2).padStart(64, '0')}` })
  assert.equal(BigInt(ofWeb3), 250_000n)

  // Receipt, log, block and balances of one payment say the same, whoever asks.
  const block = await viem.getBlock({ blockNumber: receipt.blockNumber, includeTransactions: true })
  assert.equal(block.hash, receipt.blockHash)
  const inBlock = block.transactions.find(({ hash }) => hash === hashOf(inGold))
  assert.deepEqual([inBlock?.to, inBlock?.from, inBlock?.value], [token, alice.address, 0n])
  assert.deepEqual(inBlock, await viem.getTransaction({ hash: hashOf(inGold) }))
  const transfer = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 value)')
  const logs = await viem.getLogs({ event: transfer, address: token, fromBlock: 0n, toBlock: 'latest', strict: true })
  assert.deepEqual(
    logs.map(({ args, transactionHash }) => [args.from, args.to, args.value, transactionHash]),
    [
      [ZeroAddress, getAddress(alice.address), 1_000_000n, hashOf(gold)],
      [getAddress(alice.address), getAddress(bob.address), 250_000n, hashOf(inGold)],
    ],
  )
  assert.deepEqual(
    receipt.logs.map(({ logIndex }) => logIndex),
    [logs[1]?.logIndex],
  )
  const topics = [keccakOfText('Transfer(address,address,uint256)')]
  const range = { address: token, topics, fromBlock: 0, toBlock: 'latest' }
  const logsOfEthers = await ethers.getLogs(range)
  const logsOfWeb3 = await web3.getPastLogs({ ...range, fromBlock: '0x0' })
  assert.deepEqual(
    [logsOfEthers, logsOfWeb3].map((each) => each.map((log) => (typeof log === 'string' ? log : log.data))),
    [logs, logs].map((each) => each.map(({ data }) => data)),
  )
  assert.deepEqual(await goldOfEthers.queryFilter('Transfer', 0).then((found) => found.length), 2)
  const numberOfBlock = Number(receipt.blockNumber)
  assert.equal((await ethers.getBlock(numberOfBlock))?.hash, block.hash)
  assert.equal((await web3.getBlock(numberOfBlock)).hash, block.hash)
  const receiptOfWeb3 = await web3.getTransactionReceipt(hashOf(inGold))
  assert.deepEqual([receiptOfWeb3.blockHash, receiptOfWeb3.status], [block.hash, 1n])
  const counts = [await viem.getTransactionCount(bob), await ethers.getTransactionCount(bob.address)]
  assert.deepEqual([...counts, Number(await web3.getTransactionCount(bob.address))], [1, 1, 1])
  const moved = logs.reduce((sum, { args }) => sum + movedTo(bob.address, args), 0n)
  assert.equal(moved, await tokenBalance(token, bob.address))

  // Fees, and sending.
  // Of a base fee of zero ethers makes a gas price alone.
  assert.equal((await ethers.getFeeData()).gasPrice, 0n)
  assert.deepEqual(await viem.estimateFeesPerGas(), { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n })
  assert.equal(await viem.estimateGas({ account: bob.address, to: alice.address, value: 1n }), 21_000n)
  await assert.rejects(viem.sendRawTransaction({ serializedTransaction: '0x02' }), /is not supported/)
  await assert.rejects(ethers.send('eth_sendRawTransaction', ['0x02']), /is not supported/)

  // Final: the balances of the final block are at hand, also while later payments are in none.
  await stage.skip(DAY)
  await stage.until('finality', async () => {
    const { final } = (await node.call('node_info', {})).bridge
    return final !== undefined && final.height >= receipt.blockNumber
  })
  // Final is what is some blocks of Ethereum deep.
  await stage.skip(1n)
  await stage.until('finality for good', async () => {
    return (await viem.getBlock({ blockTag: 'finalized' })).number >= receipt.blockNumber
  })
  await send(node, bob, { to: alice.address, tokens: UNIT })
  assert.equal(await viem.getBalance({ address: bob.address, blockTag: 'finalized' }), 4n * UNIT)
  const ofBob = { functionName: 'balanceOf', args: [bob.address] } as const
  assert.equal(await viem.readContract({ ...contract, ...ofBob, blockTag: 'finalized' }), 250_000n)
  assert.deepEqual(await everywhere(bob.address), [3n * UNIT, 3n * UNIT, 3n * UNIT])
  assert.deepEqual(
    (await viem.getLogs({ address: token, fromBlock: 0n })).map(({ data }) => data),
    logs.map(({ data }) => data),
  )

  async function everywhere(address: Address) {
    return [await viem.getBalance({ address }), await ethers.getBalance(address), await web3.getBalance(address)]
  }

  async function tokenBalance(address: Hex, owner: Address) {
    return await viem.readContract({ address, abi: erc20Abi, functionName: 'balanceOf', args: [owner] })
  }
})

async function send(node: NodeClient, from: Account, payment: Parameters<typeof pay>[2]): Promise<Infohash> {
  const signer: Signer = { address: from.address, sign: (digest) => signDigest(digest, from.key) }
  return (await pay(node, signer, payment, TIME)).infohash
}

function hashOf(infohash: Infohash): Hash {
  return `0x${'0'.repeat(24)}${infohash}` as Hash
}

function movedTo(owner: Address, { from, to, value }: { from: string; to: string; value: bigint }): bigint {
  return (to.toLowerCase() === owner ? value : 0n) - (from.toLowerCase() === owner ? value : 0n)
}
