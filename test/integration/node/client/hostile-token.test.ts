// Tokens that mislead those who deposit them: what else they enter, what they answer, and who made their gateway.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Abi, createPublicClient, createWalletClient, encodeDeployData, type Hex, http } from 'viem'
import { claimAsset } from '../../../../node/client/ethereum/claim-asset.ts'
import { deposit } from '../../../../node/client/ethereum/deposit.ts'
import { depositToken } from '../../../../node/client/ethereum/deposit-token.ts'
import { withdrawAsset } from '../../../../node/client/ethereum/withdraw-asset.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { OperationError } from '../../../../node/errors.ts'
import { createGatewayCall } from '../../../../node/ethereum/gateways/calls.ts'
import { deployFactory } from '../../../../node/ethereum/gateways/factory.ts'
import { gatewayOf } from '../../../../node/ethereum/gateways/gateway.ts'
import { readTokenClaim, tokenBalanceOf, tokenOfGateway } from '../../../../node/ethereum/gateways/token.ts'
import { type Address, parseAddress, toInfohash, ZERO_ADDRESS } from '../../../../node/protocol/ids.ts'
import { assetViews } from '../../../../scripts/cli/assets/views.ts'
import type { NodeLink } from '../../../../scripts/cli/link.ts'
import { exampleToken } from '../../../../scripts/devnet/example-token.ts'
import { giveTokens } from '../../../support/chain/give-tokens.ts'
import { Stage, stranger } from '../../../support/stage.ts'

type Contract = { readonly address: Address; readonly abi: Abi }

async function open(t: TestContext) {
  const stage = await Stage.open(t)
  const transport = http(stage.anvil.url)
  const client = createPublicClient({ transport, pollingInterval: 10, cacheTime: 0 })
  const signer = await stage.signer()
  const wallet = createWalletClient({ account: signer, transport })
  const { bridge } = stage.definition.rules
  const mined = async (hash: Hex) => {
    const receipt = await client.waitForTransactionReceipt({ hash })
    assert.equal(receipt.status, 'success')
    return receipt
  }
  const deploy = async (name: string, args: readonly unknown[] = []): Promise<Contract> => {
    const place = `../../../../artifacts/test/contract/harness/RudeTokens.sol/${name}.json`
    const { abi, bytecode } = JSON.parse(await readFile(new URL(place, import.meta.url), 'utf8'))
    const receipt = await mined(
      await wallet.sendTransaction({ data: encodeDeployData({ abi, bytecode, args }), chain: null }),
    )
    return { address: parseAddress(`${receipt.contractAddress}`.toLowerCase()), abi }
  }
  const act = async ({ address, abi }: Contract, functionName: string, args: readonly unknown[], value = 0n) => {
    await mined(await wallet.writeContract({ address, abi, functionName, args, value, chain: null }))
  }
  const factory = await deployFactory(wallet, client, bridge)
  return { stage, client, wallet, signer, bridge, factory, deploy, act }
}

test('what a token enters of its own along the way is not taken for what the gateway entered', async (t) => {
  const { stage, signer, bridge, factory, deploy, act } = await open(t)
  const token = await deploy('EnteringToken')
  const owner = parseAddress(signer.address.toLowerCase())
  await act(token, 'mint', [owner, 1_000n])
  await act(token, 'enterAlong', [bridge, 5_000_000n], 10n ** 18n)
  const { credit, index, gateway } = await depositToken(stage.sender(signer), {
    factory,
    token: token.address,
    amount: 7n,
    to: owner,
  })
  assert.deepEqual([credit, index, gateway], [7n, 1n, gatewayOf(factory, token.address)])
})

test('a token that fails in any way says nothing, and soon', async (t) => {
  const { stage, signer, factory, deploy } = await open(t)
  const { address } = await deploy('RudeToken')
  const { ethereum } = stage.sender(signer)
  const started = performance.now()
  assert.deepEqual(await readTokenClaim(ethereum, address), {})
  assert.equal(await tokenOfGateway(ethereum, factory, address), undefined)
  assert.equal(await tokenBalanceOf(ethereum, address, stranger('x')), 2n ** 200n)
  assert.ok(performance.now() - started < 2_000)
})

test('the reason of a token is told as its own', async (t) => {
  const { stage, signer, factory, deploy } = await open(t)
  const { address } = await deploy('RudeToken')
  await assert.rejects(
    depositToken(stage.sender(signer), { factory, token: address, amount: 7n, to: stranger('x') }),
    (error) => {
      assert(error instanceof OperationError)
      assert.equal(error.code, 'call-reverted')
      assert.match(error.message, /approve would be refused by the contract.*"\\u001b\[2Jdone\\nttx: all is well"/)
      return true
    },
  )
})

test('nothing is allowed to a gateway of a factory that is not ours, or of another bridge', async (t) => {
  const { stage, client, wallet, signer, bridge, deploy, act } = await open(t)
  const token = await deploy('EnteringToken')
  const owner = parseAddress(signer.address.toLowerCase())
  await act(token, 'mint', [owner, 1_000n])
  const sent = await client.getTransactionCount({ address: owner })
  const another = await deployFactory(wallet, client, stranger('another bridge'))
  for (const factory of [stranger('nobody'), token.address, bridge, another]) {
    const deposit = { factory, token: token.address, amount: 7n, to: owner }
    await assert.rejects(depositToken(stage.sender(signer), deposit), { code: 'deployment-differs' })
  }
  assert.equal(await client.getTransactionCount({ address: owner }), sent + 1, 'but for the factory itself')
})

test('what nobody has the key of is not credited: the bridge, a token, any contract, but for an account that delegated itself', async (t) => {
  const { stage, signer, bridge, factory, deploy, act } = await open(t)
  const token = await deploy('EnteringToken')
  const owner = parseAddress(signer.address.toLowerCase())
  await act(token, 'mint', [owner, 1_000n])
  await act(token, 'enterAlong', [bridge, 1n], 10n ** 18n)
  await giveTokens(stage, owner, 10_000n)
  const sender = stage.sender(signer)
  const gateway = gatewayOf(factory, token.address)
  const { token: wttx } = stage.definition.rules
  const give = (to: Address) => depositToken(sender, { factory, token: token.address, amount: 7n, to })
  for (const to of [ZERO_ADDRESS, bridge, wttx, token.address, factory, gateway])
    await assert.rejects(give(to), { code: 'bad-address' })
  for (const to of [ZERO_ADDRESS, bridge, wttx, token.address, factory])
    await assert.rejects(deposit(sender, 1_000n, to), { code: 'bad-address' })
  const delegated = stranger('delegated')
  await stage.anvil.client.setCode({ address: delegated, bytecode: `0xef0100${factory.slice(2)}` })
  assert.equal((await give(delegated)).credit, 7n)
  assert.equal((await deposit(sender, 1_000n, delegated)).credit, 990n)
})

test('a gateway of a factory that is not of this bridge is not shown as one, nor with the name of its token', async (t) => {
  const { stage, client, wallet, signer } = await open(t)
  const bridge = stranger('another bridge')
  // Returns a word of zeros for whatever it is asked.
  await stage.anvil.client.setCode({ address: bridge, bytecode: '0x5f5f5260205ff3' })
  const another = await deployFactory(wallet, client, bridge)
  const token = await exampleToken(join(await stage.folder(), 'token'), wallet, client)
  const { data, to } = createGatewayCall(another, token)
  const hash = await wallet.sendTransaction({ data, ...(to && { to }), chain: null })
  await client.waitForTransactionReceipt({ hash })
  const asset = gatewayOf(another, token)
  const { ethereum } = stage.sender(signer)
  assert.equal(await tokenOfGateway(ethereum, another, asset), token)
  const node = { info: { network: { gatewayFactory: another } } } as NodeLink // of which no more is asked for
  const view = await assetViews(node, ethereum, 0).of(asset)
  assert(view.kind === 2)
  assert.deepEqual([view.isGateway, view.token, view.symbol], [undefined, undefined, undefined])
  assert.match(`${view.unread}`, /ttx verify-deployment/)
  // Nor is it asked to send what it says that it owes.
  const owner = parseAddress(signer.address.toLowerCase())
  const sent = await client.getTransactionCount({ address: owner })
  for (const account of [owner, stranger('a miner')]) {
    const drawing = withdrawAsset(stage.sender(signer), { factory: another, asset, account })
    await assert.rejects(drawing, { code: 'deployment-differs' })
  }
  const call = async () => ({ request: undefined })
  const silent = { url: 'a node', call } as unknown as NodeClient // which is asked for a request, and has none
  const claiming = claimAsset(silent, stage.sender(signer), {
    factory: another,
    asset,
    requests: [toInfohash(new Uint8Array(20))],
  })
  await assert.rejects(claiming, { code: 'deployment-differs' })
  assert.equal(await client.getTransactionCount({ address: owner }), sent)
})

test('an allowance that is left over is in the way of no deposit, whatever a token has against changing one', async (t) => {
  const { stage, signer, factory, deploy, act } = await open(t)
  const owner = parseAddress(signer.address.toLowerCase())
  const sender = stage.sender(signer)
  for (const name of ['CautiousToken', 'GreedyToken']) {
    const token = await deploy(name)
    await act(token, 'mint', [owner, 1_000n])
    await act(token, 'approve', [gatewayOf(factory, token.address), 5n])
    const { credit } = await depositToken(sender, { factory, token: token.address, amount: 7n, to: owner })
    assert.equal(credit, 7n, name)
  }
})
