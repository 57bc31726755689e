// Whatever is wrong from outside gets an error that says what was expected, what came and what to do, and changes nothing.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { signTransaction } from '../../node/client/pay.ts'
import { createNodeClient } from '../../node/client/rpc.ts'
import { parseAddress, parseInfohash } from '../../node/protocol/ids.ts'
import { infohashOf } from '../../node/protocol/infohash.ts'
import { MAX_FILE_BYTES, UNIT } from '../../node/protocol/rules.ts'
import { encodeTransaction } from '../../node/protocol/transaction.ts'
import type { TransactionBody } from '../../node/protocol/typed-data.ts'
import type { Wallet } from '../../node/wallet/wallet.ts'
import { openWallet } from '../../node/wallet/wallet-folder.ts'
import { freePorts } from '../../scripts/devnet/ports.ts'
import { readEndpoints } from '../../scripts/endpoints.ts'
import { devnetPorts, type Running, startTtx, ttx, ttxJson, until } from '../support/processes/processes.ts'

const data = await mkdtemp(join(tmpdir(), 'ttx-bad-input-'))
const BOB = parseAddress(`0x${'b0'.repeat(20)}`)
const [deadPort = 0] = await freePorts(1)
const { ethereum: ethereumPort, flags: ports } = await devnetPorts()
let devnet: Running
let genesis: Wallet

before(async () => {
  // No miner, so that nothing changes unless a test changes it.
  devnet = startTtx(['devnet', '--data', data, '--no-miner', '--poll-ms', '600', '--block-seconds', '1', ...ports])
  await devnet.said(/It runs/)
  const passphrase = (await readFile(join(data, 'passphrase'), 'utf8')).trim()
  genesis = await openWallet(join(data, 'wallets'), 'genesis', passphrase)
  // A wallet that nobody ever gave anything.
  const made = await ttx(['wallet', 'create', '--wallet', 'poor', '--data', data, '--json'])
  assert.equal(made.exitCode, 0, made.err)
})

after(async () => {
  genesis[Symbol.dispose]()
  await devnet.stop()
  await rm(data, { recursive: true, force: true })
})

/** Runs a command that must fail, and checks that the node is as it was. */
async function fails(args: readonly string[], code: string, message: RegExp, exitCode = 1): Promise<void> {
  const state = await snapshot()
  const { exitCode: got, out, err } = await ttx([...args, '--data', data])
  assert.equal(got, exitCode, `${out}\n${err}`)
  assert.match(err, message)
  assert.match(err, /expected /i)
  assert.match(err, new RegExp(`\\n {2}code: ${code}\\n`))
  assert.doesNotMatch(err, /\n {4}at /, 'a stack is for bugs')
  assert.deepEqual(await snapshot(), state)
}

/** All that must not change: what the node holds, and the wTTX side. */
async function snapshot() {
  const node = createNodeClient(readEndpoints(data)?.node ?? '')
  const { count, fingerprint, bridge } = await node.call('node_info', {})
  const [{ spendable, outputs }, bob] = await Promise.all([
    node.call('account_balance', { owner: genesis.address }),
    node.call('account_balance', { owner: BOB }),
  ])
  return { count, fingerprint, final: bridge.final, tip: bridge.tip, spendable, outputs, bob: bob.spendable }
}

async function genesisOutput() {
  const node = createNodeClient(readEndpoints(data)?.node ?? '')
  const { outputs } = await node.call('account_balance', { owner: genesis.address })
  const [output] = outputs
  assert.ok(output)
  return output
}

async function body(): Promise<TransactionBody> {
  const { infohash } = await genesisOutput()
  return { to: BOB, tokens: UNIT, time: 1_800_000_000, prev: [infohash] }
}

async function fileOf(name: string, content: Uint8Array | string): Promise<string> {
  const file = join(data, name)
  await writeFile(file, content)
  return file
}

async function submitFails(content: Uint8Array | string, code: string, message: RegExp): Promise<void> {
  await fails(['tx', 'submit', await fileOf('bad.json', content)], code, message)
}

test('a transaction file that is no transaction, not canonical, or too long', async () => {
  const file = new TextDecoder().decode(encodeTransaction(signTransaction(genesis, await body())))
  await submitFails('{"from":', 'bad-transaction-file', /expected JSON/)
  await submitFails(
    '{"tokens":"1"}',
    'bad-transaction-file',
    /got this: not a transaction: signature must be .*; let a wallet write it/,
  )
  await submitFails(JSON.stringify(JSON.parse(file), undefined, 2), 'bad-transaction-file', /canonical JSON/)
  await submitFails(
    `${file}${' '.repeat(2_000)}`,
    'file-too-long',
    new RegExp(`at most ${MAX_FILE_BYTES} bytes .* got \\d+ bytes`),
  )
  await fails(['tx', 'submit', join(data, 'nowhere.json')], 'file-missing', /nowhere\.json.*check the path/)
})

test('a transaction that spends too much, what is not there, or by another hand', async () => {
  const good = await body()
  const { value } = await genesisOutput()
  const signed = signTransaction(genesis, good)
  const over = encodeTransaction(signTransaction(genesis, { ...good, tokens: value + 1n }))
  const overspends = /its inputs or its account hold less than it spends; spend less/
  for (let times = 0; times < 2; times++) await submitFails(over, 'invalid-transaction', overspends)
  const forged = encodeTransaction({ ...signed, tokens: 2n * UNIT })
  await submitFails(forged, 'invalid-transaction', /not made by the sender.*; sign it with the key of its sender/)
  const nothing = encodeTransaction(signTransaction(genesis, { ...good, to: parseAddress(`0x${'00'.repeat(20)}`) }))
  await submitFails(nothing, 'invalid-transaction', /payee is zero/)
  const tooLittle = {
    ...good,
    tokens: 1n,
    to: (await network()).bridge,
    bridge: { chain: (await network()).chain, to: BOB },
  }
  await submitFails(
    encodeTransaction(signTransaction(genesis, tooLittle)),
    'invalid-transaction',
    /less than the minimum/,
  )
  await fails(['send', '1', BOB, '--wallet', 'poor'], 'insufficient-funds', /expected/i)
})

test('a transaction that is handed in again, and a rival of it', async () => {
  const good = await body()
  const file = encodeTransaction(signTransaction(genesis, good))
  const first = await ttx(['tx', 'submit', await fileOf('good.json', file), '--data', data, '--json'])
  assert.equal(first.exitCode, 0, first.err)
  assert.equal(JSON.parse(first.out).status, 'accepted')
  await submitFails(file, 'already-known', /counts once/)
  const rival = encodeTransaction(signTransaction(genesis, { ...good, tokens: 3n * UNIT }))
  const lost = new RegExp(`rivals came first.*rivals: ${infohashOf(file)}`, 's')
  for (let times = 0; times < 2; times++) await submitFails(rival, 'conflicting', lost)
})

test('a wrong passphrase, an unknown wallet, and no passphrase at all', async () => {
  const wrong = await fileOf('wrong', 'not the passphrase\n')
  await fails(['send', '1', BOB, '--wallet', 'genesis', '--passphrase-file', wrong], 'wrong-passphrase', /passphrase/)
  await fails(['send', '1', BOB, '--wallet', 'nobody'], 'wallet-missing', /ttx wallet create/)
})

test('an account without ETH or wTTX, and amounts and recipients that no side takes', async () => {
  const { infohash } = await ttxJson<{ infohash: string }>(['send', '1', BOB, '--wallet', 'genesis', '--data', data])
  await fails(['force', infohash, '--wallet', 'poor'], 'unfunded-account', /got 0 ETH; send ETH there.*devnet fund/)
  await fails(['miner', '--wallet', 'poor'], 'unfunded-account', /expected ETH for gas/)
  await fails(['relay', '--wallet', 'poor'], 'unfunded-account', /expected ETH for gas/)
  await fails(['deposit', '1', '--wallet', 'genesis'], 'insufficient-wttx', /expected 1 wTTX.*got 0/)
  await fails(['deposit', '0.5', '--wallet', 'genesis'], 'below-minimum', /at least 1 wTTX, got 0\.5/)
  await fails(['deposit', '1', `0x${'00'.repeat(20)}`, '--wallet', 'genesis'], 'bad-address', /somebody owns/)
  await fails(['bridge', '0.5', '--wallet', 'genesis'], 'below-minimum', /at least 1 TTX, got 0\.5/)
  await fails(
    ['send', '1', 'nobody', '--wallet', 'genesis'],
    'bad-address',
    /name of a wallet .* got "nobody"; wallets/,
  )
})

test('an Ethereum URL that does not answer, or answers for another chain', async () => {
  const dead = `http://127.0.0.1:${deadPort}`
  await fails(['balance', BOB, '--ethereum', dead], 'ethereum-silent', /expected Ethereum at .* to answer.*--ethereum/)
  await fails(['miner', '--wallet', 'genesis', '--ethereum', dead], 'ethereum-silent', /to answer/)
  const other = join(data, 'other')
  const node = ['node', '--deployment', join(data, 'deployment.json'), '--rpc-port', '0', '--listen-port', '0']
  const started = await ttx([...node, '--data', other, '--ethereum', dead])
  assert.equal(started.exitCode, 1)
  assert.match(started.err, /code: ethereum-silent/)
  await fails(['balance', BOB, '--ethereum', 'localhost'], 'bad-setting', /http:\/\/ or https:\/\//, 2)
})

test('a node that does not answer', async () => {
  const { exitCode, err } = await ttx(['balance', BOB, '--data', data, '--node', `http://127.0.0.1:${deadPort}`])
  assert.equal(exitCode, 1)
  assert.match(err, /no node answers at .*ttx node.*--node/)
  assert.match(err, /code: node-unreachable/)
})

test('ports in use', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await until('the port to be taken', async () => (server.listening ? true : undefined))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const node = ['node', '--deployment', join(data, 'deployment.json'), '--data', join(data, 'other')]
  const flags: [string, string][] = [
    ['--rpc-port', '--listen-port'],
    ['--listen-port', '--rpc-port'],
  ]
  for (const [taken, free] of flags) {
    const { exitCode, err } = await ttx([...node, taken, `${address.port}`, free, '0'])
    assert.equal(exitCode, 1)
    assert.match(err, new RegExp(`expected port ${address.port} to be free .*${taken}`))
    assert.match(err, /code: port-in-use/)
  }
  server.close()
})

test('a second node on the same folder', async () => {
  const node = ['node', '--deployment', join(data, 'deployment.json'), '--rpc-port', '0', '--listen-port', '0']
  const { exitCode, err } = await ttx([...node, '--data', data, '--ethereum', `http://127.0.0.1:${ethereumPort}`])
  assert.equal(exitCode, 1)
  assert.match(err, /expected|another node/)
  assert.doesNotMatch(err, /\n {4}at /)
})

test('a second miner on the same journal', async () => {
  const miner = startTtx(['miner', '--wallet', 'miner', '--data', data])
  try {
    await miner.said(/threads/)
    await fails(['miner', '--wallet', 'miner'], 'already-runs', /expected no other miner on .*process \d+/)
  } finally {
    await miner.stop()
  }
})

test('proofs that are none, amounts that are none, ids that are unknown', async () => {
  await fails(
    ['proof', 'import', await fileOf('a.torrent', 'x'.repeat(4_194_305))],
    'file-too-long',
    /at most 4194304 bytes/,
  )
  await fails(['proof', 'import', await fileOf('b.torrent', 'no bencoding')], 'bad-bencoding', /expected/)
  const unknown = parseInfohash('5'.repeat(40))
  await fails(['force', unknown, '--wallet', 'genesis'], 'nothing-to-force', /unknown/)
  await fails(['status', unknown], 'unknown-transaction', /nobody delivered/)
  await fails(['tx', 'show', unknown], 'unknown-transaction', /nobody delivered/)
  await fails(['proof', 'export', unknown, join(data, 'c.torrent')], 'unknown-transaction', /expected transaction/)
  const block = `0x${'7'.repeat(64)}`
  await fails(['block', 'show', block], 'unknown-id', /block/)
  await fails(['verify', block], 'unknown-block', /block/)
  await fails(['refute', block, '--dry-run'], 'unknown-block', /block/)
  await fails(['diff', block, `0x${'8'.repeat(64)}`], 'unknown-block', /block/)
  await fails(['claim', unknown, '--wallet', 'genesis'], 'nothing-to-claim', /not a bridge request/)
  await fails(['claim', '--wallet', 'genesis'], 'nothing-to-claim', /got none/)
  const { exitCode, err } = await ttx(['send', '1e18', BOB, '--data', data])
  assert.equal(exitCode, 2)
  assert.match(err, /Expected an amount of TTX/)
})

async function network() {
  return (await createNodeClient(readEndpoints(data)?.node ?? '').call('node_info', {})).network
}
