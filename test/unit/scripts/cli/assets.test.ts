// Other assets on the command line, on a node without Ethereum: issued, listed, shown, refused while they may vanish, and paid by whoever insists.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import bencode from 'bencode'
import { pay, signTransaction } from '../../../../node/client/pay.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { gatewayOf } from '../../../../node/ethereum/gateways/gateway.ts'
import { TtxNode } from '../../../../node/node.ts'
import { genesisState } from '../../../../node/protocol/genesis.ts'
import { sha1 } from '../../../../node/protocol/hash.ts'
import { genesisBlock } from '../../../../node/protocol/header.ts'
import { toInfohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { signDigest } from '../../../../node/protocol/signature.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { decodeTransaction, encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { toGasPrice, toTime } from '../../../../node/protocol/units.ts'
import { saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { accountOf, genesisOf, RULES } from '../../../../scripts/assure/models/world.ts'
import { formatTable } from '../../../../scripts/cli/context.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { log } from '../../../support/log.ts'

const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const genesis = genesisOf(alice)
const easiestTarget = 2n ** 240n
const PASSPHRASE = 'four random words here'
const gatewayFactory = accountOf('factory').address

async function open(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-assets-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const state = stateRoot(genesisState(genesis))
  const definition = {
    ...{ rules: RULES, genesis, easiestTarget, minDeposit: 100n, floorPrice: toGasPrice(7n), gatewayFactory },
    ...{ deployedBlock: 0n, deployedAt: toTime(0n) },
    genesisBlock: genesisBlock({ ...RULES, easiestTarget, state }),
  }
  const deps = { log, clock: () => 1_800_000_000_000, version: '0.0.0' }
  const rpc = { host: '127.0.0.1', port: 0 }
  const node = new TtxNode(deps, { folder: join(folder, 'node'), definition, ethereum: [], rpc, network: {} })
  await node.start()
  t.after(() => node.stop())
  for (const [name, { key }] of Object.entries({ alice, bob })) {
    const saved = await saveWallet(join(folder, 'wallets'), name, key, PASSPHRASE, { scryptN: 4_096 })
    saved[Symbol.dispose]()
  }
  const common = ['--node', node.rpcUrl, '--data', folder]
  const text = async (...args: readonly string[]) => {
    const shell = fakeShell({ folder, env: { TTX_PASSPHRASE: PASSPHRASE } })
    const exitCode = await runCli([...args, ...common], shell)
    return { exitCode, out: shell.out(), err: shell.err() }
  }
  const json = async (...args: readonly string[]) => {
    const { exitCode, out } = await text(...args, '--json')
    return { exitCode, ...JSON.parse(out) }
  }
  const client = createNodeClient(node.rpcUrl)
  const issuer = { address: alice.address, sign: (digest: Uint8Array) => signDigest(digest, alice.key) }
  /** As anybody may who does not use this program: of 1,000 units, with whatever memo. The time makes it another one. */
  const issueTo = async (name: 'alice' | 'bob', memo: string, time = 1) => {
    const { address: to } = { alice, bob }[name]
    return (await pay(client, issuer, { to, tokens: 1_000n, issuance: true, memo }, time)).infohash
  }
  /** With which time an issuance would have an id as is wished. */
  const timeOf = async (name: 'alice' | 'bob', memo: string, isWished: (id: string) => boolean) => {
    const { address: to } = { alice, bob }[name]
    const { prev } = await client.call('account_inputs', { owner: alice.address, tokens: 1n })
    const idAt = (time: number) =>
      infohashOf(encodeTransaction(signTransaction(issuer, { to, tokens: 1_000n, issuance: true, memo, time, prev })))
    let time = 1_000
    while (!isWished(idAt(time))) time++
    return time
  }
  return { folder, json, text, issueTo, timeOf }
}

test('an asset is issued with its memo, and shown with its issuer, its units and what is not final about it', async (t) => {
  const { folder, json, text } = await open(t)
  const prospectus = join(folder, 'gold.txt')
  const torrent = join(folder, 'gold.torrent')
  await writeFile(prospectus, 'what gold is '.repeat(20_000))
  const described = ['--decimals', '6', '--prospectus', prospectus, '--torrent', torrent]
  const flags = [...described, '--wallet', 'alice']
  // What fails leaves nothing that is in the way of the next try.
  const poor = await json('asset', 'issue', 'GOLD', '1', ...described, '--wallet', 'bob')
  assert.equal(poor.error.code, 'insufficient-funds')
  const issued = await json('asset', 'issue', 'GOLD', '21000000.5', '--to', 'bob', ...flags)
  assert.equal(issued.exitCode, 0, JSON.stringify(issued))
  assert.deepEqual(
    [issued.status, issued.tokens, issued.to, issued.symbol, issued.decimals],
    ['accepted', '21000000500000', bob.address, 'GOLD', 6],
  )
  await writeFile(prospectus, 'another text')
  assert.equal((await json('asset', 'issue', 'GOLD', '1', ...flags)).error.code, 'file-not-written')
  const { info } = bencode.decode(await readFile(torrent))
  assert.equal(toInfohash(sha1(bencode.encode(info))), issued.prospectus)
  assert.equal(issued.memo, `GOLD 6 ${issued.prospectus}`)

  const shown = await json('asset', 'show', issued.asset)
  assert.deepEqual(
    [shown.kind, shown.asset, shown.symbol, shown.decimals, shown.issuer, shown.issuedTo, shown.issued, shown.isFinal],
    [3, issued.asset, 'GOLD', 6, alice.address, bob.address, '21000000500000', false],
  )
  assert.equal(shown.prospectus, issued.prospectus)
  assert.match(shown.warnings.join(), /not final \(accepted\)/)
  const { out } = await text('asset', 'show', issued.asset)
  assert.match(out, new RegExp(`^asset +${issued.asset}$`, 'm'))
  assert.match(out, /^issued +21000000\.5 GOLD, 21000000500000 units/m)
  assert.match(out, /^final +no: wallets refuse/m)

  const file = (await json('tx', 'show', issued.asset)).file
  const tx = decodeTransaction(new TextEncoder().encode(file))
  assert(tx.kind === 'signed' && tx.issuance)
})

test('an asset that is not final is refused with the way on, and paid by who takes the risk', async (t) => {
  const { json, text } = await open(t)
  const { asset } = await json('asset', 'issue', 'GOLD', '1000', '--decimals', '2', '--wallet', 'alice')
  const pay = (amount: string, ...flags: string[]) =>
    json('send', amount, 'bob', '--asset', asset, '--wallet', 'alice', ...flags)
  const refused = await pay('1.25')
  assert.deepEqual([refused.exitCode, refused.error.code], [1, 'asset-not-final'])
  assert.match(refused.error.message, new RegExp(`ttx wait ${asset}.*--unfinal`))
  const paid = await pay('1.25', '--unfinal')
  assert.deepEqual([paid.exitCode, paid.asset, paid.tokens], [0, asset, '125'])
  assert.equal((await pay('7', '--units', '--unfinal')).tokens, '7')
  assert.equal((await pay('1.234', '--unfinal')).error.code, 'bad-arguments')
  assert.equal((await pay('1000', '--unfinal')).error.code, 'insufficient-funds')
  const { out } = await text('balance', 'bob', '--asset', asset)
  assert.match(out, /^spendable +1\.32 GOLD$/m)
  assert.match((await text('balance', 'bob')).out, new RegExp(`^asset +1\\.32 GOLD of asset ${asset}$`, 'm'))
  const { transactions } = await json('tx', 'list', 'bob', '--asset', asset)
  assert.equal(transactions.length, 2)
  assert.deepEqual((await json('tx', 'list', 'bob')).transactions, [])
})

test('a name that imitates another asset of the wallet is told beside both ids, and money cannot be issued', async (t) => {
  const { json, text } = await open(t)
  const issue = (symbol: string) => json('asset', 'issue', symbol, '5', '--to', 'bob', '--wallet', 'alice')
  const { asset: real } = await issue('GOLD')
  const { asset: fake } = await issue('G0ld')
  const { assets } = await json('asset', 'list', 'bob')
  assert.equal(assets.length, 2)
  for (const each of assets) {
    const other = each.asset === real ? fake : real
    assert.match(each.warnings.join(), new RegExp(`reads like G[O0]l?L?[dD] of another asset: ${other}`))
  }
  assert.match(
    (await text('asset', 'show', fake, '--wallet', 'bob')).out,
    new RegExp(`careful.*reads like GOLD.*${real}`),
  )
  const whole = (await text('asset', 'list', 'bob')).out
  assert.doesNotMatch(whole, /this page only/)
  for (const part of [
    ['--limit', '1'],
    ['--after', '0'.repeat(40)],
  ])
    assert.match(
      (await text('asset', 'list', 'bob', ...part)).out,
      /^careful +names are compared within this page only/m,
    )
  assert.match((await text('asset', 'list', 'bob', '--limit', '1')).out, /^more +ttx asset list --after [0-9a-f]{40}$/m)
  const money = await issue('TTx')
  assert.deepEqual([money.exitCode, money.error.code], [1, 'bad-arguments'])
  for (const symbol of ['ÖL', '100', 'A B']) assert.equal((await issue(symbol)).exitCode, 2)
})

test('however many assets of one name somebody is sent, each is warned of in a few lines, and all are listed', async (t) => {
  const { json, text, issueTo } = await open(t)
  const count = 40
  for (let i = 0; i < count; i++) await issueTo('bob', 'GOLD 2', i)
  const { assets } = await json('asset', 'list', 'bob', '--limit', '500')
  assert.equal(assets.length, count)
  for (const { warnings } of assets) {
    const alike = warnings.filter((warning: string) => warning.includes('reads like'))
    assert.ok(alike.length <= 3, alike.join('\n'))
    assert.match(alike.at(-1), new RegExp(`${count - 3} more assets`))
  }
  const { out } = await text('asset', 'list', 'bob')
  assert.ok(out.split('\n').length < 6 * count)
})

test('an asset that hides among many others is told from the one that it imitates, or that not all were compared', async (t) => {
  const { text, issueTo, timeOf } = await open(t)
  const ids: string[] = []
  for (let i = 0; i < 130; i++) ids.push(await issueTo('bob', 'SPAM 2', i))
  // Behind all of the others in the list.
  await issueTo('bob', 'SILVER 2', await timeOf('bob', 'SILVER 2', (id) => ids.every((each) => each < id)))
  const fake = await issueTo('alice', 'S1LVER 2', 1)
  const { out } = await text('asset', 'show', fake, '--wallet', 'bob')
  assert.match(out, /careful +its name S1LVER reads like SILVER/)
})

test('a balance warns of an asset as its list does', async (t) => {
  const { text, issueTo } = await open(t)
  await issueTo('bob', 'TTX 2')
  const { out } = await text('balance', 'bob')
  assert.match(out, /^asset +10 TTX of asset [0-9a-f]{40}$/m)
  assert.match(out, /careful.*calls itself TTX, and is not TTX/)
  assert.match(out, /careful.*not final/)
})

test('a count that is none is refused before the node is asked', async (t) => {
  const { json } = await open(t)
  for (const list of [
    ['asset', 'list'],
    ['tx', 'list'],
  ])
    for (const count of ['abc', '0', '501', '1.5', '-1', '1e2', '', ' 5'])
      assert.deepEqual((await json(...list, 'bob', '--limit', count)).exitCode, 2, `${list} ${count}`)
})

test('a table has as many rows as it has', () => {
  assert.equal(formatTable(Array.from({ length: 300_000 }, () => ['a', 'b'])).length, 300_000 * 5 - 1)
})

test('an asset is not paid to itself, nor to its token, where nobody could spend it', async (t) => {
  const { json } = await open(t)
  const { address: token } = accountOf('token')
  const asset = gatewayOf(gatewayFactory, token)
  // Nothing is known of it here, so that it may be somebody.
  assert.equal((await json('send', '1', token, '--wallet', 'alice')).exitCode, 0)
  for (const payee of [asset, token]) {
    for (const command of ['send', 'bridge']) {
      const { error } = await json(command, '1', payee, '--asset', asset, '--units', '--wallet', 'alice')
      assert.deepEqual([error.code, error.facts.payee], ['bad-address', payee])
    }
  }
})

test('what is no asset, or cannot be moved so, is refused with what to do', async (t) => {
  const { json } = await open(t)
  const strange = 'f'.repeat(40)
  const contract = `0x${'ab'.repeat(20)}`
  const wallet = ['--wallet', 'alice']
  const codeOf = async (...args: string[]) => (await json(...args, ...wallet)).error.code
  assert.equal(await codeOf('asset', 'show', strange), 'unknown-asset')
  const { asset } = await json('asset', 'issue', 'GOLD', '5', ...wallet)
  const { infohash } = await json('send', '1', 'bob', ...wallet)
  assert.equal(await codeOf('asset', 'show', infohash), 'unknown-asset')
  assert.equal(await codeOf('send', '1', 'bob', '--asset', strange), 'unknown-asset')
  assert.equal(await codeOf('send', '1', 'bob', '--asset', contract), 'decimals-unknown')
  assert.equal(await codeOf('send', '1', 'bob', '--asset', contract, '--units'), 'insufficient-funds')
  assert.equal(await codeOf('bridge', '1', '--asset', asset), 'bad-arguments')
  assert.equal(await codeOf('send', '1', 'bob', '--units'), 'bad-arguments')
  assert.equal(await codeOf('deposit', '1', '--asset', asset), 'bad-arguments')
  assert.equal(await codeOf('claim', '--asset', asset), 'bad-arguments')
  assert.equal((await json('send', '1', 'bob', '--asset', 'gold', ...wallet)).exitCode, 2)
  const shown = await json('asset', 'show', contract, ...wallet)
  assert.deepEqual([shown.kind, shown.asset], [2, contract])
  assert.match(shown.unread, /--ethereum/)
})
