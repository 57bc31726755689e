// The way of a token by the command line: its gateway is made, it is deposited, paid on, leaves, and is claimed; and an issuance that becomes final.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createPublicClient, createWalletClient, encodeFunctionData, type Hex, http } from 'viem'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { gatewayAbi } from '../../../../deployments/gateway-abi.ts'
import { approveCall } from '../../../../node/ethereum/gateways/calls.ts'
import { deployFactory } from '../../../../node/ethereum/gateways/factory.ts'
import { gatewayOf } from '../../../../node/ethereum/gateways/gateway.ts'
import { allowanceOf, tokenBalanceOf } from '../../../../node/ethereum/gateways/token.ts'
import { type Address, checksumAddress, parseAddress } from '../../../../node/protocol/ids.ts'
import { GWEI } from '../../../../node/protocol/units.ts'
import { saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { exampleToken, mintData } from '../../../../scripts/devnet/example-token.ts'
import { countMoney } from '../../../support/count-money.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { holder, Stage, stranger } from '../../../support/stage.ts'

const DAY = 86_400n
const PASSPHRASE = 'correct horse battery staple'
/** Commands that ask no endpoint of Ethereum. */
const ONLY_NODE = ['status']

test('a token comes through its gateway, is paid on, leaves and is claimed, each by one command', async (t) => {
  const stage = await Stage.open(t)
  const transport = http(stage.anvil.url)
  const client = createPublicClient({ transport, pollingInterval: 10, cacheTime: 0 })
  const deployer = createWalletClient({ account: await stage.signer(), transport })
  const factory = await deployFactory(deployer, client, stage.definition.rules.bridge)
  const folder = await stage.folder()
  const token = await exampleToken(join(folder, 'token'), deployer, client)
  assert.equal(await exampleToken(join(folder, 'token'), deployer, client), token, 'the same again')
  const asset = gatewayOf(factory, token)
  const network = { ...stage.definition, gatewayFactory: factory }
  const withGateways = await stage.nodeOf(network)
  const miner = await stage.miner(withGateways, stage.sender(await stage.signer()))

  const passphrase = join(folder, 'passphrase')
  await writeFile(passphrase, `${PASSPHRASE}\n`, { mode: 0o600 })
  const common = ['--data', join(folder, 'data'), '--passphrase-file', passphrase, '--log-level', 'silent']
  const toNode = ['--node', withGateways.url]
  const links = [...toNode, '--ethereum', stage.anvil.url]
  const run = async (...argv: readonly string[]) => {
    const shell = fakeShell({ folder })
    const exitCode = await runCli([...argv, '--json', ...common], shell)
    return { exitCode, err: shell.err(), ...JSON.parse(shell.out()) }
  }
  const done = async (...argv: readonly string[]) => {
    const where = ONLY_NODE.includes(argv[0] ?? '') || argv[1] === 'issue' ? toNode : links
    let result = await run(...argv, ...where)
    // Node, miner and commands are one process here, which may be too busy to answer in time; nothing was done then.
    for (let tries = 1; tries < 4 && result.error?.code === 'node-unreachable'; tries++)
      result = await run(...argv, ...where)
    assert.equal(result.exitCode, 0, JSON.stringify(result))
    await countMoney(stage.anvil.url, network, withGateways, { token, gateway: asset }, argv.join(' '))
    return result
  }
  const walletOf = async (name: string): Promise<Address> => {
    const { address } = await run('wallet', 'create', '--wallet', name)
    await stage.anvil.client.setBalance({ address, value: 10n ** 20n })
    return parseAddress(address)
  }
  const saved = await saveWallet(join(folder, 'data', 'wallets'), 'holder', holder.key, PASSPHRASE, { scryptN: 4_096 })
  saved[Symbol.dispose]()
  const [alice, bob] = [await walletOf('alice'), await walletOf('bob')]
  const held = (owner: Address) => tokenBalanceOf({ ask: (_, question) => question(client) }, token, owner)
  const mint = await deployer.sendTransaction({ to: token, data: mintData(alice, 1_000_000_000n), chain: null })
  await client.waitForTransactionReceipt({ hash: mint })

  const tooMuch = await run('deposit', '1001', '--asset', token, '--wallet', 'alice', ...links)
  assert.deepEqual([tooMuch.exitCode, tooMuch.error.code], [1, 'insufficient-tokens'])
  const nowhere = await run('deposit', '1', token, '--asset', token, '--wallet', 'alice', ...links)
  assert.equal(nowhere.error.code, 'bad-address')
  const noToken = await run('deposit', '1', '--units', '--asset', stranger('x'), '--wallet', 'alice', ...links)
  assert.equal(noToken.error.code, 'bad-address')

  const first = await done('deposit', '250.5', '--asset', token, '--wallet', 'alice')
  assert.match(first.err, /making the gateway.*allowing the gateway/s)
  assert.deepEqual(
    [first.asset, first.token, first.gross, first.credit, first.symbol, first.decimals],
    [asset, token, '250500000', '250500000', 'EXAMPLE', 6],
  )
  const waiting = fakeShell({ folder })
  await runCli(['status', first.infohash, ...toNode, ...common], waiting)
  assert.doesNotMatch(waiting.out(), /wTTX/)
  // By the asset as well as by the token, and without making anything twice.
  const second = await done('deposit', '1', bob, '--asset', asset, '--wallet', 'alice')
  assert.doesNotMatch(second.err, /making the gateway/)
  assert.equal(await held(asset), 251_500_000n)
  const anvil = stage.anvil.client
  await anvil.setNextBlockBaseFeePerGas({ baseFeePerGas: 7n * GWEI })
  await anvil.mine({ blocks: 1 })
  const dear = await run('deposit', '3', '--asset', token, '--wallet', 'alice', '--max-gas-price', '5', ...links)
  assert.deepEqual([dear.error.code, dear.error.facts.cap], ['fee-cap', '5000000000'])
  assert.match(dear.error.message, /allow more with --max-gas-price/)
  assert.equal(await held(asset), 251_500_000n)
  // An allowance that is left over, as by a deposit that was given up, is set to zero first.
  await anvil.impersonateAccount({ address: alice })
  const { data } = approveCall(token, asset, 5n)
  const leftOver = await anvil.sendTransaction({ account: alice, to: token, data, chain: null })
  await client.waitForTransactionReceipt({ hash: leftOver })
  await anvil.stopImpersonatingAccount({ address: alice })
  await done('deposit', '7', bob, '--units', '--asset', asset, '--wallet', 'alice')
  assert.equal(await allowanceOf({ ask: (_, question) => question(client) }, token, alice, asset), 0n)
  assert.equal(await held(asset), 251_500_007n)

  const balance = async (owner: Address) =>
    BigInt((await done('balance', owner, '--asset', asset, '--wallet', 'alice')).ordered)
  await stage.until('the block that credits it', async () => (await balance(alice)) === 250_500_000n)
  const shown = await done('asset', 'show', asset, '--wallet', 'alice')
  assert.deepEqual([shown.kind, shown.isGateway, shown.token, shown.symbol], [2, true, token, 'EXAMPLE'])
  assert.deepEqual(shown.warnings, [])
  const meant = await run('send', '1', bob, '--asset', token, '--wallet', 'alice', ...links)
  assert.deepEqual([meant.error.code, meant.error.facts.gateway], ['bad-arguments', asset])
  // Who forgets --asset, and names it where the payee belongs.
  for (const payee of [asset, token]) {
    for (const command of ['send', 'bridge']) {
      const { error } = await run(command, '1', payee, '--wallet', 'alice', ...links)
      assert.deepEqual([error.code, error.facts.asset], ['bad-address', asset])
    }
    const { error } = await run('deposit', '1', payee, '--wallet', 'alice', ...links)
    assert.equal(error.code, 'bad-address')
  }
  // An account with a key can enter an asset of its own, and be paid.
  await anvil.impersonateAccount({ address: bob })
  const { bridge } = stage.definition.rules
  const enter = encodeFunctionData({ abi: bridgeAbi, functionName: 'enter', args: [9n, alice] })
  const own = await anvil.sendTransaction({ account: bob, to: bridge, data: enter, value: 10n ** 16n, chain: null })
  await client.waitForTransactionReceipt({ hash: own })
  await anvil.stopImpersonatingAccount({ address: bob })
  // Neither this nor a payment of it is what a block is made for.
  await done('bridge', '0.00000000000001', bob, '--wallet', 'holder')
  await stage.until('the block that credits it', async () => {
    return BigInt((await done('balance', alice, '--asset', bob, '--wallet', 'alice')).ordered) === 9n
  })
  assert.equal((await done('send', '4', bob, '--units', '--asset', bob, '--wallet', 'alice')).tokens, '4')
  const keyed = await run('send', '4', bob, '--units', '--asset', bob, '--wallet', 'alice', ...toNode)
  assert.match(keyed.error.message, /--ethereum/)
  const byToken = fakeShell({ folder })
  await runCli(['balance', '--asset', token, '--wallet', 'alice', ...links, ...common], byToken)
  assert.match(
    byToken.out(),
    new RegExp(`^perhaps +${checksumAddress(asset)}, the gateway of this token: [0-9]+ units$`, 'm'),
  )
  const byTokenToo = fakeShell({ folder })
  await runCli(['asset', 'show', token, ...links, ...common], byTokenToo)
  assert.match(byTokenToo.out(), new RegExp(`^if a token +it is the asset ${checksumAddress(asset)} on TTX$`, 'm'))
  const wrongName = await run('claim', '--asset', token, '--wallet', 'alice', ...links)
  assert.deepEqual([wrongName.error.code, wrongName.error.facts.gateway], ['no-gateway', asset])
  const strange = await done('asset', 'show', token)
  assert.equal(strange.isGateway, false)

  const paid = await done('send', '20.25', bob, '--asset', asset, '--wallet', 'alice')
  assert.equal(paid.tokens, '20250000')
  const asked = await done('bridge', '10', '--asset', asset, '--wallet', 'bob')
  assert.deepEqual([asked.gross, asked.net, asked.asset], ['10000000', '9900000', asset])
  const early = await run('claim', asked.infohash, '--wallet', 'bob', ...links)
  assert.deepEqual([early.exitCode, early.error.code], [1, 'nothing-to-claim'])

  const issued = await done('asset', 'issue', 'GOLD', '1000', '--decimals', '3', '--to', alice, '--wallet', 'holder')
  assert.equal(
    (await run('send', '1', bob, '--asset', issued.asset, '--wallet', 'alice', ...links)).error.code,
    'asset-not-final',
  )
  // Neither of them is what a block is made for.
  await done('bridge', '0.00000000000001', bob, '--wallet', 'holder')
  await stage.until('a block with all of them', async () => (await done('status', asked.infohash)).status === 'ordered')
  await stage.skip(DAY)
  await stage.until('finality', async () => {
    await stage.skip(12n) // what is final has blocks of Ethereum above it
    return (await done('status', asked.infohash)).status === 'final'
  })
  assert.ok(miner.status().blocks.published > 0)

  const claimed = await done('claim', '--asset', asset, '--wallet', 'bob')
  assert.deepEqual(
    claimed.claims.map(({ infohash, net, recipient }: Record<string, string>) => [infohash, net, recipient]),
    [[asked.infohash, '9900000', bob]],
  )
  assert.equal(await held(bob), 9_900_000n)
  const again = await run('claim', asked.infohash, '--wallet', 'bob', ...links)
  assert.deepEqual([again.exitCode, again.error.code], [1, 'nothing-to-claim'])
  assert.match(again.error.message, /has paid what was asked for/)
  const supply = await client.readContract({ abi: gatewayAbi, address: asset as Hex, functionName: 'supply' })
  assert.equal(supply, 241_500_007n)

  const payout = miner.status().account
  const due = await done('balance', payout, '--asset', asset, '--wallet', 'alice')
  assert.equal(due.owed, '100000')
  const drawn = await done('asset', 'withdraw', asset, payout, '--wallet', 'alice')
  assert.deepEqual([drawn.amount, drawn.account, drawn.token, drawn.earlier], ['100000', payout, token, false])
  assert.equal(await held(payout), 100_000n)
  for (const [gateway, code] of [
    [asset, 'nothing-owed'],
    [token, 'no-gateway'],
    [issued.asset, 'bad-arguments'],
  ]) {
    const { error } = await run('asset', 'withdraw', gateway, payout, '--wallet', 'alice', ...links)
    assert.equal(error.code, code)
  }

  const gold = await done('send', '1.5', bob, '--asset', issued.asset, '--wallet', 'alice')
  assert.equal(gold.tokens, '1500')
  assert.equal((await done('asset', 'show', issued.asset)).isFinal, true)
  assert.equal(await readFile(join(folder, 'token'), 'utf8'), `${token}\n`)
})

test('without a factory of gateways no token comes, and the way to one is told', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const folder = await stage.folder()
  const links = ['--node', node.url, '--ethereum', stage.anvil.url]
  const env = { TTX_PASSPHRASE: PASSPHRASE }
  const run = async (...argv: readonly string[]) => {
    const shell = fakeShell({ folder, env })
    await runCli([...argv, '--json', '--data', join(folder, 'data')], shell)
    return JSON.parse(shell.out())
  }
  const { address } = await run('wallet', 'create')
  await stage.anvil.client.setBalance({ address, value: 10n ** 20n })
  const { error } = await run('deposit', '1', '--asset', stranger('token'), ...links)
  assert.equal(error.code, 'no-gateway')
  assert.match(error.message, /ttx deploy-gateways FILE/)
})
