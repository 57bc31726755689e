// Commands that are asked about a transaction: what nobody knows is an error, and what was refused is refused for the same reason again.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { TtxNode } from '../../../../node/node.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { genesisBlock } from '../../../../node/protocol/header.ts'
import { depositTransaction } from '../../../../node/protocol/queue.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { toGasPrice, toTime } from '../../../../node/protocol/units.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../../scripts/assure/models/world.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { log } from '../../../support/log.ts'

const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const genesis = genesisOf(alice)
const first = genesisInfohash(genesis)
const easiestTarget = 2n ** 240n
const state = stateRoot(genesisState(genesis))

/** Commands on the node of one's own, without Ethereum. */
async function open(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-asked-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const definition = {
    ...{
      rules: RULES,
      genesis,
      easiestTarget,
      minDeposit: 100n,
      floorPrice: toGasPrice(7n),
      deployedBlock: 0n,
      deployedAt: toTime(0n),
    },
    genesisBlock: genesisBlock({ ...RULES, easiestTarget, state }),
  }
  const deps = { log, clock: () => 1_800_000_000_000, version: '0.0.0' }
  const rpc = { host: '127.0.0.1', port: 0 }
  const node = new TtxNode(deps, { folder: join(folder, 'node'), definition, ethereum: [], rpc, network: {} })
  await node.start()
  t.after(() => node.stop())
  const run = async (...args: readonly string[]) => {
    const shell = fakeShell({ folder })
    const exitCode = await runCli([...args, '--json', '--node', node.rpcUrl, '--data', folder], shell)
    return { exitCode, ...JSON.parse(shell.out()) }
  }
  const submit = async (file: Uint8Array) => {
    await writeFile(join(folder, 'tx.json'), file)
    return run('tx', 'submit', join(folder, 'tx.json'))
  }
  return { run, submit }
}

test('a transaction that nobody knows is an error in every command that is asked about one', async (t) => {
  const { run } = await open(t)
  const unknown = 'abcdef0123'.repeat(4)
  for (const command of [['status'], ['tx', 'show'], ['proof', 'export']]) {
    const { exitCode, error } = await run(...command, unknown)
    assert.deepEqual([exitCode, error.code], [1, 'unknown-transaction'], command.join(' '))
    assert.match(error.message, new RegExp(`${unknown}.*`))
  }
  assert.equal((await run('status', first)).exitCode, 0)
  assert.equal((await run('tx', 'show', first)).exitCode, 0)
})

test('a file that was refused is refused for the same reason again, and one that stands is known', async (t) => {
  const { run, submit } = await open(t)
  const tooMuch = pay(alice, { to: bob.address, tokens: SUPPLY + 7n, time: 3, prev: [first] })
  const payment = pay(alice, { to: bob.address, tokens: 11n, time: 4, prev: [first] })
  const rival = pay(alice, { to: bob.address, tokens: 12n, time: 5, prev: [first] })
  for (let times = 0; times < 3; times++) {
    const { exitCode, error } = await submit(tooMuch.file)
    assert.deepEqual([exitCode, error.code, error.facts.reason], [1, 'invalid-transaction', 'Overspend'])
  }
  assert.equal((await submit(payment.file)).status, 'accepted')
  for (let times = 0; times < 3; times++) {
    const { exitCode, error } = await submit(rival.file)
    assert.deepEqual([exitCode, error.code, error.facts.rivals], [1, 'conflicting', [payment.infohash]])
  }
  const again = await submit(payment.file)
  assert.deepEqual([again.exitCode, again.error.code, again.error.facts.status], [1, 'already-known', 'accepted'])
  assert.equal((await run('tx', 'show', rival.infohash)).status, 'conflicting')
  const reached = await run('wait', payment.infohash, '--until', 'accepted')
  assert.deepEqual([reached.exitCode, reached.status], [0, 'accepted'])
  const lost = await run('wait', rival.infohash)
  assert.deepEqual([lost.exitCode, lost.error.code], [1, 'transaction-conflicting'])
})

test('a deposit that nobody made is refused each time, and the node knows nothing of it afterwards', async (t) => {
  const { run, submit } = await open(t)
  const deposit = depositTransaction(RULES, 5n, { kind: 'deposit', gross: 4_321n, to: bob.address })
  for (let times = 0; times < 2; times++) {
    const { exitCode, error } = await submit(encodeTransaction(deposit))
    assert.deepEqual([exitCode, error.code], [1, 'deposit-not-queued'])
    assert.equal((await run('status', error.facts.infohash)).error.code, 'unknown-transaction')
  }
})

test('a signature that ends in its bare parity is refused, and it is said what to add', async (t) => {
  const { submit } = await open(t)
  const { tx } = pay(alice, { to: bob.address, tokens: 13n, time: 6, prev: [first] })
  const parity = (tx.signature[64] ?? 0) - 27
  const end = (last: number) =>
    encodeTransaction({ ...tx, signature: Uint8Array.of(...tx.signature.subarray(0, 64), last) })
  for (let times = 0; times < 2; times++) {
    const { exitCode, error } = await submit(end(parity))
    assert.deepEqual([exitCode, error.code, error.facts.reason], [1, 'invalid-transaction', 'BadSignature'])
    assert.match(
      error.message,
      new RegExp(`last byte of the signature is ${parity}, .* add 27 to it, .* ${parity === 0 ? '1b' : '1c'},`),
    )
  }
  assert.doesNotMatch((await submit(end(29))).error.message, /add 27/)
  assert.equal((await submit(end(parity + 27))).status, 'accepted')
})

test('ids are read as they lie in the clipboard, and a mistyped address is refused before anything is asked', async (t) => {
  const { run } = await open(t)
  for (const text of [first.toUpperCase(), ` ${first}\n`, `magnet:?xt=urn:btih:${first}&dn=tx`])
    assert.equal((await run('status', text)).infohash, first)
  const wrong = '0x27B1fdB04752BBc536007A920D24ACB045561c2f'
  for (const command of [['send', '1'], ['bridge', '2'], ['deposit', '3'], ['tx', 'list'], ['balance']]) {
    const { exitCode, error } = await run(...command, wrong)
    assert.deepEqual([exitCode, error.code], [1, 'bad-address'], command.join(' '))
    assert.match(error.message, /EIP-55/)
  }
})
