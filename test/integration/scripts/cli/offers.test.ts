// Swaps by the command line, on the real bridge: a token comes in, is paid around, swapped for an issued coin between two nodes, and leaves; and two takers race.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createPublicClient, createWalletClient, http } from 'viem'
import { makeOffer } from '../../../../node/client/offers/make.ts'
import { standingOf } from '../../../../node/client/offers/standing.ts'
import { takeOffer } from '../../../../node/client/offers/take.ts'
import { pay, type Signer } from '../../../../node/client/pay.ts'
import { request } from '../../../../node/client/request.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { deployFactory } from '../../../../node/ethereum/gateways/factory.ts'
import { gatewayOf } from '../../../../node/ethereum/gateways/gateway.ts'
import { tokenBalanceOf } from '../../../../node/ethereum/gateways/token.ts'
import { type Address, parseAddress } from '../../../../node/protocol/ids.ts'
import { signDigest } from '../../../../node/protocol/signature.ts'
import { saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { type Account, accountOf } from '../../../../scripts/assure/models/world.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { exampleToken, mintData } from '../../../../scripts/devnet/example-token.ts'
import { countMoney } from '../../../support/count-money.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { holder, Stage, stranger } from '../../../support/stage.ts'

const DAY = 86_400n
const TIME = 1_800_000_000
const PASSPHRASE = 'correct horse battery staple'
/** Commands that ask no endpoint of Ethereum. */
const ONLY_NODE = ['status', 'wait']

for (const rows of ['calldata', 'blobs'] as const) {
  test(`a token comes in, is paid around, swapped for an issued coin by two wallets on two nodes, and leaves (${rows})`, async (t) => {
    const stage = await Stage.open(t)
    const transport = http(stage.anvil.url)
    const client = createPublicClient({ transport, pollingInterval: 10, cacheTime: 0 })
    const deployer = createWalletClient({ account: await stage.signer(), transport })
    const factory = await deployFactory(deployer, client, stage.definition.rules.bridge)
    const folder = await stage.folder()
    const token = await exampleToken(join(folder, 'token'), deployer, client)
    const asset = gatewayOf(factory, token)
    const definition = { ...stage.definition, gatewayFactory: factory }
    const nodes = { left: await stage.nodeOf(definition), right: await stage.nodeOf(definition) }
    await stage.miner(nodes.left, stage.sender(await stage.signer()), { rows })
    const passphrase = join(folder, 'passphrase')
    await writeFile(passphrase, `${PASSPHRASE}\n`, { mode: 0o600 })

    /** A person has a folder, and a node that they ask. */
    const personOf = (side: keyof typeof nodes) => {
      const common = ['--data', join(folder, side), '--passphrase-file', passphrase, '--log-level', 'silent']
      const toNode = ['--node', nodes[side].url]
      const links = [...toNode, '--ethereum', stage.anvil.url]
      const run = async (...argv: readonly string[]) => {
        const shell = fakeShell({ folder })
        const where =
          argv[0] === 'wallet' ? [] : ONLY_NODE.includes(argv[0] ?? '') || argv[1] === 'issue' ? toNode : links
        const exitCode = await runCli([...argv, '--json', ...common, ...where], shell)
        return { exitCode, ...JSON.parse(shell.out()) }
      }
      const done = async (...argv: readonly string[]) => {
        let result = await run(...argv)
        // Node, miner and commands are one process here, which may be too busy to answer in time; nothing was done then.
        for (let tries = 1; tries < 4 && result.error?.code === 'node-unreachable'; tries++) result = await run(...argv)
        assert.equal(result.exitCode, 0, JSON.stringify(result))
        await countMoney(stage.anvil.url, definition, nodes.left, { token, gateway: asset }, argv.join(' '))
        return result
      }
      return { run, done, wallets: join(folder, side, 'wallets') }
    }
    const [left, right] = [personOf('left'), personOf('right')]
    const walletOf = async ({ run }: typeof left, name: string): Promise<Address> => {
      const { address } = await run('wallet', 'create', '--wallet', name)
      await stage.anvil.client.setBalance({ address, value: 10n ** 20n })
      return parseAddress(address)
    }
    const [alice, bob, carol] = [
      await walletOf(left, 'alice'),
      await walletOf(left, 'bob'),
      await walletOf(right, 'carol'),
    ]
    const saved = await saveWallet(left.wallets, 'holder', holder.key, PASSPHRASE, { scryptN: 4_096 })
    saved[Symbol.dispose]()
    await stage.anvil.client.setBalance({ address: holder.address, value: 10n ** 20n })
    const held = (owner: Address) => tokenBalanceOf({ ask: (_, question) => question(client) }, token, owner)
    const mint = await deployer.sendTransaction({ to: token, data: mintData(alice, 100_000_000n), chain: null })
    await client.waitForTransactionReceipt({ hash: mint })

    // In: a block credits it. Then it goes on twice, and no block knows of that.
    await left.done('deposit', '100', '--asset', token, '--wallet', 'alice')
    await stage.until('the credit', async () => {
      return (await nodes.right.call('account_balance', { owner: alice, asset })).ordered === 100_000_000n
    })
    await left.done('send', '40', bob, '--asset', asset, '--wallet', 'alice')
    await left.done('send', '30', carol, '--asset', asset, '--wallet', 'bob')
    const { asset: gold } = await left.done('asset', 'issue', 'GOLD', '1000', '--decimals', '3', '--wallet', 'holder')

    // The maker asks one node, the taker another; between them goes a file.
    const file = join(folder, 'offer.json')
    await stage.until('both to have heard of both assets', async () => {
      const money = await nodes.right.call('account_balance', { owner: carol, asset })
      return (
        money.spendable === 30_000_000n && (await nodes.right.call('tx_get', { infohash: gold })).status === 'accepted'
      )
    })
    const give = ['--give', '30', '--give-asset', asset, '--want', '12.5', '--want-asset', gold]
    const made = await right.done('offer', 'create', ...give, '--unfinal', '--save', file, '--wallet', 'carol')
    assert.deepEqual([made.bound, made.want.tokens, made.unorderedAncestors], ['30000000', '12500', 2])
    const bound = await right.run('send', '1', bob, '--asset', asset, '--wallet', 'carol')
    assert.equal(bound.error.code, 'insufficient-funds')
    const inOffers = async (person: typeof left) =>
      (await person.done('balance', carol, '--asset', asset, '--wallet', 'carol')).inOffers
    assert.deepEqual([await inOffers(right), await inOffers(left)], ['30000000', '0'], 'the book is of the folder')
    const taken = await left.done('offer', 'take', file, '--yes', '--wallet', 'holder')
    assert.deepEqual([taken.status, taken.got.symbol, taken.paid.symbol], ['accepted', 'EXAMPLE', 'GOLD'])

    // What was got is paid on and asked for at once, still without a block.
    const asked = await left.done('bridge', '10', '--asset', asset, '--wallet', 'holder')
    await left.done('bridge', '0.00000000000001', bob, '--wallet', 'holder')
    await stage.until('a block with all of them', async () => {
      return (await right.done('status', taken.infohash)).status === 'ordered'
    })
    const [listed] = (await right.done('offer', 'list')).offers
    assert.deepEqual([listed.state, listed.by, listed.status], ['taken', taken.infohash, 'ordered'])
    const sum = async (of: string) => {
      const balances = [alice, bob, carol, holder.address].map((owner) =>
        nodes.right.call('account_balance', { owner, asset: of as Address }),
      )
      return (await Promise.all(balances)).map(({ ordered }) => ordered)
    }
    assert.deepEqual(await sum(asset), [60_000_000n, 10_000_000n, 0n, 20_000_000n])
    assert.deepEqual(await sum(gold), [0n, 0n, 12_500n, 987_500n])

    await stage.skip(DAY)
    await stage.until('finality', async () => {
      await stage.skip(12n) // what is final has blocks of Ethereum above it
      return (await left.done('status', asked.infohash)).status === 'final'
    })
    await left.done('claim', asked.infohash, '--wallet', 'holder')
    assert.equal(await held(holder.address), 9_900_000n)
    // What the gateway holds is what is on the TTX side, and the miner's 1%.
    assert.equal(await held(asset), 90_000_000n + 100_000n)
    const [ended] = (await right.done('offer', 'list')).offers
    assert.deepEqual([ended.state, ended.status], ['taken', 'final'])
  })
}

test('of two takers on two nodes that do not hear of each other one wins by the block, and the other one keeps everything', async (t) => {
  const stage = await Stage.open(t)
  const [one, two] = [await stage.node(), await stage.node({ isAlone: true })]
  const miner = await stage.miner(one, stage.sender(await stage.signer()))
  const [maker, bob, carol] = ['maker', 'bob', 'carol'].map(accountOf).map(signerOf) as [Signer, Signer, Signer]
  const balances = async (node: NodeClient, ...owners: Signer[]) => {
    const all = owners.map(({ address: owner }) => node.call('account_balance', { owner }))
    return (await Promise.all(all)).map(({ spendable }) => spendable)
  }
  for (const { address: to } of [bob, carol]) await pay(one, signerOf(holder), { to, tokens: 100n }, TIME)
  const issuance = { to: maker.address, tokens: 70n, issuance: true } as const
  const { infohash: gold } = await pay(one, signerOf(holder), issuance, TIME)
  await request(one, signerOf(holder), { tokens: 10_000n, recipient: stranger('x') }, TIME)
  await stage.until('both nodes to have all of it in a block', async () => {
    const where = [one, two].map((node) => node.call('tx_where', { infohash: gold }))
    return (await Promise.all(where)).every(({ status }) => status === 'ordered')
  })
  const terms = { give: { tokens: 50n, asset: gold }, want: { tokens: 30n } }
  const { offer, bound } = await makeOffer(two, maker, terms, TIME)
  assert.equal(bound, 70n)

  const options = { fetchMs: 0 }
  const won = await takeOffer(one, bob, offer, TIME, options)
  const lost = await takeOffer(two, carol, offer, TIME, options)
  assert.deepEqual([won.status, lost.status], ['accepted', 'accepted'])
  assert.deepEqual(await balances(two, carol), [70n])
  await assert.rejects(takeOffer(two, bob, offer, TIME, options), { code: 'offer-gone' })
  assert.equal((await takeOffer(one, bob, offer, TIME + 9, options)).isEarlier, true)

  await stage.skip(3_600n)
  await request(one, signerOf(holder), { tokens: 10_000n, recipient: stranger('y') }, TIME + 1)
  await stage.until('the block that decides', async () => {
    return (await two.call('tx_where', { infohash: won.infohash })).status === 'ordered'
  })
  // The nodes may see a block before its miner knows that its transaction is in one.
  await stage.until('the miner to know of its block', async () => miner.status().blocks.published >= 2)
  assert.equal(miner.status().blocks.published, 2)
  assert.equal((await two.call('tx_get', { infohash: lost.infohash })).status, 'conflicting')
  assert.deepEqual(await balances(two, bob, carol, maker), [70n, 100n, 30n])
  const got = [bob, carol, maker].map(({ address: owner }) => two.call('account_balance', { owner, asset: gold }))
  assert.deepEqual(
    (await Promise.all(got)).map(({ spendable }) => spendable),
    [50n, 0n, 20n],
  )
  const standing = await standingOf(two, offer, 0)
  assert.deepEqual([standing.state, 'by' in standing && standing.by], ['taken', won.infohash])
  await assert.rejects(takeOffer(two, carol, offer, TIME, options), { code: 'offer-gone' })
})

function signerOf({ address, key }: Account): Signer {
  return { address, sign: (digest) => signDigest(digest, key) }
}
