// Payments by several commands at once, and through a node whose answer does not come: none is paid twice, or said to be paid or to have failed where it may not.
// Long: one node and the proxies in front of it, for all ways in which an answer can be missing or false.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pay } from '../../../../node/client/pay.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { TtxNode } from '../../../../node/node.ts'
import { genesisState } from '../../../../node/protocol/genesis.ts'
import { genesisBlock } from '../../../../node/protocol/header.ts'
import { encodeOffer } from '../../../../node/protocol/offer.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { toGasPrice, toTime } from '../../../../node/protocol/units.ts'
import { Wallet } from '../../../../node/wallet/wallet.ts'
import { saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { accountOf, genesisOf, RULES, signOffer } from '../../../../scripts/assure/models/world.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { log } from '../../../support/log.ts'

const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const genesis = genesisOf(alice)
const easiestTarget = 2n ** 240n
const PASSPHRASE = 'four random words here'

/** Commands on a node of their own, without Ethereum. */
async function open(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-paid-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const state = stateRoot(genesisState(genesis))
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
  const saved = await saveWallet(join(folder, 'wallets'), 'alice', alice.key, PASSPHRASE, { scryptN: 4_096 })
  saved[Symbol.dispose]()
  const shellOf = () => fakeShell({ folder, env: { TTX_PASSPHRASE: PASSPHRASE } })
  const run = async (args: readonly string[], url = node.rpcUrl, shell = shellOf()) => {
    const exitCode = await runCli([...args, '--json', '--node', url, '--data', folder, '--wallet', 'alice'], shell)
    return { exitCode, ...JSON.parse(shell.out()) }
  }
  const balanceOf = async (owner: string) => BigInt((await run(['balance', owner])).spendable)
  return { run, balanceOf, shellOf, folder, rpcUrl: node.rpcUrl }
}

/** In front of a node: hands questions on, and then `onTaken` happens instead of an answer to those that have `method`. */
async function withoutAnswer(t: TestContext, url: string, onTaken: () => void, method = 'tx_submit'): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const headers = { 'content-type': 'application/json' }
    const answer = await (await fetch(url, { method: 'POST', headers, body })).text()
    if (!body.includes(`"${method}"`)) return response.writeHead(200, headers).end(answer)
    onTaken()
    return response.destroy()
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
}

type Answer = { readonly id: unknown; readonly result: object }

/** In front of a node: hands everything on, and changes what it answers to `tx_submit`. */
async function changing(t: TestContext, url: string, change: (answer: Answer) => object): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const headers = { 'content-type': 'application/json' }
    const answer = await (await fetch(url, { method: 'POST', headers, body })).text()
    const isSubmit = body.includes('"tx_submit"')
    response.writeHead(200, headers).end(isSubmit ? JSON.stringify(change(JSON.parse(answer))) : answer)
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  return `http://127.0.0.1:${port}`
}

type Cut = 'before the node has it' | 'after the node has it' | 'in the middle of the answer'

/** In front of a node: cuts the connection of a payment that is handed in, `times` times. */
async function cutting(t: TestContext, url: string, cut: Cut, times: number): Promise<string> {
  let cuts = 0
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const headers = { 'content-type': 'application/json' }
    const isCut = body.includes('"tx_submit"') && cuts++ < times
    if (isCut && cut === 'before the node has it') return response.destroy()
    const answer = await (await fetch(url, { method: 'POST', headers, body })).text()
    if (!isCut) return response.writeHead(200, headers).end(answer)
    if (cut === 'after the node has it') return response.destroy()
    response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(answer) })
    return response.write(answer.slice(0, answer.length / 2), () => response.destroy())
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
}

test('commands that pay at once, even the same, all pay', async (t) => {
  const { run, balanceOf } = await open(t)
  const paid = await Promise.all([1, 2, 3].map(() => run(['send', '5', bob.address])))
  assert.deepEqual(
    paid.map(({ exitCode, status }) => [exitCode, status]),
    paid.map(() => [0, 'accepted']),
  )
  assert.equal(new Set(paid.map(({ infohash }) => infohash)).size, 3)
  assert.equal(await balanceOf(bob.address), 15n * 10n ** 18n)
  assert.equal(await balanceOf(alice.address), SUPPLY - 15n * 10n ** 18n)
})

test('a payment whose money another one took in the meantime is not said to be made', async (t) => {
  const { rpcUrl } = await open(t)
  const node = createNodeClient(rpcUrl)
  const key = new Wallet(alice.key)
  const one = (tokens: bigint) => pay(node, key, { to: bob.address, tokens }, 1_800_000_000)
  const ends = await Promise.allSettled([one(1n), one(2n)])
  const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason.code] : []))
  assert.deepEqual(refused, ['transaction-conflicting'])
})

test('a question that Ctrl-C cuts off is not said to find no node', async (t) => {
  const { run, rpcUrl, shellOf } = await open(t)
  const shell = shellOf()
  const url = await withoutAnswer(t, rpcUrl, () => shell.controller.abort(), 'account_balance')
  const { exitCode, error } = await run(['balance', bob.address], url, shell)
  assert.deepEqual([exitCode, error.code], [130, 'interrupted'])
})

for (const cut of ['before the node has it', 'after the node has it', 'in the middle of the answer'] as const) {
  test(`a connection that is cut ${cut} once does not keep a payment from being made, once`, async (t) => {
    const { run, balanceOf, rpcUrl } = await open(t)
    const { exitCode, status } = await run(['send', '5', bob.address], await cutting(t, rpcUrl, cut, 1))
    assert.deepEqual([exitCode, status], [0, 'accepted'])
    assert.equal(await balanceOf(bob.address), 5n * 10n ** 18n)
  })

  test(`where it is cut ${cut} each time, the same command pays that payment, and once it was said a second one`, async (t) => {
    const { run, balanceOf, rpcUrl } = await open(t)
    const { exitCode, error } = await run(['send', '5', bob.address], await cutting(t, rpcUrl, cut, 100))
    assert.deepEqual([exitCode, error.code], [1, 'payment-under-way'])
    assert.match(error.message, /the connection was cut/)
    assert.doesNotMatch(error.message, /start one/)
    assert.notEqual((await run(['send', '6', bob.address])).earlier, true, 'another amount is another payment')
    const again = await run(['send', '5', bob.address])
    if (cut === 'before the node has it') {
      // The other payment took its money, as far as this node knows.
      assert.deepEqual(
        [again.error.code, again.error.facts.infohash],
        ['transaction-conflicting', error.facts.infohash],
      )
      assert.equal((await run(['send', '5', bob.address])).earlier, false)
      return
    }
    assert.deepEqual([again.exitCode, again.earlier, again.infohash], [0, true, error.facts.infohash])
    assert.equal(await balanceOf(bob.address), 11n * 10n ** 18n)
    assert.equal((await run(['send', '5', bob.address])).earlier, false)
    assert.equal(await balanceOf(bob.address), 16n * 10n ** 18n)
  })
}

test('what was kept and cannot be read stops the command, instead of a second payment', async (t) => {
  const { run, balanceOf, folder, rpcUrl } = await open(t)
  await run(['send', '5', bob.address], await cutting(t, rpcUrl, 'after the node has it', 100))
  const payments = join(folder, 'outbox', 'payments')
  const [kept = ''] = await readdir(payments)
  await rm(join(payments, kept))
  // Root reads everything: a link to itself stands for a file that the disk does not give out.
  await symlink(kept, join(payments, kept))
  const { exitCode, error } = await run(['send', '5', bob.address])
  assert.notEqual(exitCode, 0, JSON.stringify(error))
  assert.equal(await balanceOf(bob.address), 5n * 10n ** 18n)
})

test('a kept payment that is damaged, or older than a week by this clock, stops the command and says what to do', async (t) => {
  const { run, balanceOf, folder, rpcUrl } = await open(t)
  await run(['send', '5', bob.address], await cutting(t, rpcUrl, 'after the node has it', 100))
  const payments = join(folder, 'outbox', 'payments')
  const [name = ''] = await readdir(payments)
  const file = join(payments, name)
  const whole = await readFile(file)
  for (const content of ['', '{}', whole.subarray(0, 40), Buffer.alloc(whole.length)]) {
    await writeFile(file, content)
    const { exitCode, error } = await run(['send', '5', bob.address])
    assert.deepEqual([exitCode === 0, error.code, error.facts.file], [false, 'outbox-damaged', file])
  }
  await writeFile(file, whole)
  const now = Date.now()
  t.mock.timers.enable({ apis: ['Date'], now: now + 8 * 86_400_000 })
  const { error } = await run(['send', '5', bob.address])
  t.mock.timers.reset()
  assert.deepEqual([error.code, error.facts.file], ['payment-under-way', file])
  assert.match(error.message, /remove .* to pay again/)
  assert.equal((await run(['send', '5', bob.address])).earlier, true)
  assert.equal(await balanceOf(bob.address), 5n * 10n ** 18n)
})

for (const [name, change] of Object.entries({
  'says that it waits': { status: 'waiting' },
  'says that it is invalid': { status: 'invalid' },
  'does not know it': { status: 'unknown' },
  'speaks of another one': { infohash: 'ab'.repeat(20) },
  'refuses it by a rule that nobody knows': undefined,
})) {
  test(`a node that takes a payment and ${name} is not believed: the same command hands it in again`, async (t) => {
    const { run, balanceOf, rpcUrl } = await open(t)
    const lying = await changing(t, rpcUrl, (answer) =>
      change === undefined
        ? {
            jsonrpc: '2.0',
            id: answer.id,
            error: { code: -32_000, message: 'no', data: { family: 'rule', code: 'made-up', facts: {} } },
          }
        : { ...answer, result: { ...answer.result, ...change } },
    )
    const { exitCode, error } = await run(['send', '5', bob.address], lying)
    assert.equal(exitCode, 1, JSON.stringify(error))
    const again = await run(['send', '5', bob.address])
    assert.equal(again.earlier, true, JSON.stringify(again))
    assert.equal(await balanceOf(bob.address), 5n * 10n ** 18n)
    if (change === undefined) {
      assert.equal(error.code, 'unknown-rule')
      return
    }
    assert.deepEqual([error.code, error.facts.infohash], ['payment-under-way', again.infohash])
  })
}

test('who waits by a name waits for what that account made, whatever dust strangers sent to it since', async (t) => {
  const { run, rpcUrl } = await open(t)
  const { infohash } = await run(['send', '5', bob.address])
  const node = createNodeClient(rpcUrl)
  const stranger = new Wallet(bob.key)
  let dust = ''
  for (let i = 0; i < 3; i++) {
    const paid = await pay(node, stranger, { to: alice.address, tokens: 1n }, 1_800_000_000 + i)
    dust = paid.infohash
  }
  assert.equal((await run(['wait', alice.address, '--until', 'accepted'])).infohash, infohash)
  assert.equal((await run(['wait', 'alice', '--until', 'accepted'])).infohash, infohash)
  const [newest] = (await node.call('account_history', { owner: alice.address, limit: 1 })).transactions
  assert.equal(newest?.infohash, dust, 'the dust is newer')
})

test('where no node is there nothing is sent, and the next command signs anew', async (t) => {
  const { run, rpcUrl, balanceOf } = await open(t)
  const shut = createServer().listen(0, '127.0.0.1')
  await once(shut, 'listening')
  const { port } = shut.address() as AddressInfo // it listens on TCP
  shut.close()
  const { exitCode, error } = await run(['send', '5', bob.address], `http://127.0.0.1:${port}`)
  assert.deepEqual([exitCode, error.code, error.facts.problem], [1, 'node-unreachable', 'no-connection'])
  const paid = await run(['send', '5', bob.address], rpcUrl)
  assert.deepEqual([paid.exitCode, paid.earlier], [0, false])
  assert.equal(await balanceOf(bob.address), 5n * 10n ** 18n)
})

for (const command of ['send', 'bridge']) {
  test(`${command}: where the answer of the node does not come, nobody is told that it failed, and which one it may be`, async (t) => {
    const { run, rpcUrl, shellOf } = await open(t)
    for (const isCut of [false, true]) {
      const shell = shellOf()
      const url = await withoutAnswer(t, rpcUrl, () => isCut && shell.controller.abort())
      const { exitCode, error } = await run([command, '5', bob.address], url, shell)
      assert.deepEqual([exitCode, error.code], [1, 'payment-under-way'])
      assert.match(error.message, /before you pay again/)
      assert.equal((await run(['status', error.facts.infohash])).status, 'accepted')
      const again = await run([command, '5', bob.address])
      assert.deepEqual([again.exitCode, again.earlier, again.infohash], [0, true, error.facts.infohash])
    }
  })
}

test('offer take: where the answer of the node does not come, the same command finds what it did', async (t) => {
  const { run, rpcUrl, shellOf, balanceOf, folder } = await open(t)
  const { asset } = await run(['asset', 'issue', 'GOLD', '1000', '--decimals', '0'])
  const { infohash } = await run(['send', '5', bob.address])
  const terms = { give: { tokens: 5n * 10n ** 18n }, want: { tokens: 10n, asset }, time: 1, prev: [infohash] }
  const file = join(folder, 'offer.json')
  await writeFile(file, encodeOffer(signOffer(bob, terms)))
  const before = await balanceOf(alice.address)
  const shell = shellOf()
  const url = await withoutAnswer(t, rpcUrl, () => shell.controller.abort())
  const { exitCode, error } = await run(['offer', 'take', file, '--yes'], url, shell)
  assert.deepEqual([exitCode, error.code], [1, 'payment-under-way'])
  const again = await run(['offer', 'take', file, '--yes'])
  assert.deepEqual([again.exitCode, again.earlier, again.infohash], [0, true, error.facts.infohash])
  assert.equal((await balanceOf(alice.address)) - before, 5n * 10n ** 18n)
  assert.equal(await balanceOf(bob.address), 0n)
})
