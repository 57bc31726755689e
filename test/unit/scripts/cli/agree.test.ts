// What a person is shown before money leaves: amount, payee with checksum and name, network; and what becomes of each answer.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { TtxNode } from '../../../../node/node.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { genesisBlock } from '../../../../node/protocol/header.ts'
import { checksumAddress } from '../../../../node/protocol/ids.ts'
import { encodeOffer } from '../../../../node/protocol/offer.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { toGasPrice, toTime } from '../../../../node/protocol/units.ts'
import { saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { accountOf, genesisOf, RULES, signOffer } from '../../../../scripts/assure/models/world.ts'
import { boundNetworkFile } from '../../../../scripts/bound-network.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { log } from '../../../support/log.ts'

const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const genesis = genesisOf(alice)
const easiestTarget = 2n ** 240n
const PASSPHRASE = 'four random words here'
const [ALICE, BOB] = [checksumAddress(alice.address), checksumAddress(bob.address)]
const BRIDGE = checksumAddress(RULES.bridge)

/** Commands on a node of their own, without Ethereum, in a folder with the wallets of both. */
async function open(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-agree-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const state = stateRoot(genesisState(genesis))
  const definition = {
    ...{ rules: RULES, genesis, easiestTarget, minDeposit: 100n, floorPrice: toGasPrice(7n) },
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
  /** `answer` is typed at the question, after `meanwhile`; without one there is no terminal. */
  const run = async (args: readonly string[], answer?: string, meanwhile?: () => Promise<void>) => {
    const isTTY = answer !== undefined
    const shell = fakeShell({ folder, env: { TTX_PASSPHRASE: PASSPHRASE }, isTTY })
    const common = ['--node', node.rpcUrl, '--data', folder, '--log-level', 'silent']
    const ending = runCli([...args, ...common, ...(args.includes('--wallet') ? [] : ['--wallet', 'alice'])], shell)
    if (answer !== undefined && answer !== '') {
      await Promise.race([shell.seen('Type yes'), ending])
      await meanwhile?.()
      shell.stdin.write(answer)
    }
    return { exitCode: await ending, out: shell.out(), err: shell.err() }
  }
  const balanceOf = async (owner: string) => {
    const { out } = await run(['balance', owner, '--json'])
    return BigInt(JSON.parse(out).spendable)
  }
  return { run, balanceOf, folder, node }
}

test('at a terminal amount, payee and network are shown before the question, and yes pays', async (t) => {
  const { run, balanceOf } = await open(t)
  const { exitCode, out, err } = await run(['send', '5', bob.address], 'yes\n')
  assert.equal(exitCode, 0, err)
  const shown = err.slice(0, err.indexOf('Type yes'))
  for (const text of [`5 TTX`, `${BOB} (wallet "bob")`, `${ALICE} (wallet "alice")`, `chain ${RULES.chain}`, BRIDGE])
    assert.ok(shown.includes(text), `${text} in ${shown}`)
  for (const text of [BOB, ALICE, `chain ${RULES.chain}`, BRIDGE]) assert.ok(out.includes(text), `${text} in ${out}`)
  assert.ok(!out.includes(bob.address) && !err.includes(bob.address), 'no address without its checksum')
  assert.equal(await balanceOf(bob.address), 5n * 10n ** 18n)
})

for (const [how, answer, code, exit] of [
  ['another answer', 'no\n', 'not-confirmed', 1],
  ['Enter alone', '\n', 'not-confirmed', 1],
  ['Ctrl-C', '\x03', 'interrupted', 130],
  ['the end of the input', '\x04', 'no-answer', 1],
] as const) {
  test(`${how} at the question changes nothing`, async (t) => {
    const { run, balanceOf, folder } = await open(t)
    const offer = join(folder, 'offer.json')
    const { out } = await run(['send', '5', bob.address, '--json'])
    const { infohash, network } = JSON.parse(out)
    assert.deepEqual(network, { name: folder, chain: `${RULES.chain}`, bridge: RULES.bridge })
    const terms = {
      give: { tokens: 5n * 10n ** 18n },
      want: { tokens: 2n, asset: RULES.token },
      time: 1,
      prev: [infohash],
    }
    await writeFile(offer, encodeOffer(signOffer(bob, terms)))
    await rm(boundNetworkFile(folder))
    const before = await readdir(folder)
    const moves = [
      ['send', '1', bob.address],
      ['bridge', '1'],
      ['asset', 'issue', 'GOLD', '5'],
      ['offer', 'create', '--give', '1', '--want', '2', '--want-asset', RULES.token, '--units'],
      ['offer', 'take', offer],
    ]
    for (const command of moves) {
      const { exitCode, out: said, err } = await run(command, answer)
      assert.equal(exitCode, exit, `${command.join(' ')}: ${said}${err}`)
      assert.match(err, new RegExp(`code: ${code}`), command.join(' '))
      assert.match(err, /nothing was sent/, command.join(' '))
    }
    assert.equal(await balanceOf(alice.address), SUPPLY - 5n * 10n ** 18n)
    assert.deepEqual(await readdir(folder), before)
  })
}

test('nobody is asked with --yes, nor where there is no terminal', async (t) => {
  const { run } = await open(t)
  for (const [args, answer] of [
    [['send', '1', bob.address, '--yes'], ''],
    [['send', '1', bob.address], undefined],
    [['bridge', '1', '--yes'], ''],
  ] as const) {
    const { exitCode, err } = await run(args, answer)
    assert.deepEqual([exitCode, err], [0, ''], args.join(' '))
  }
})

test('who pays themselves is told so', async (t) => {
  const { run } = await open(t)
  const { err, out } = await run(['send', '1', alice.address], 'yes\n')
  assert.ok(err.includes(`${ALICE} (yourself, wallet "alice")`), err)
  assert.ok(out.includes(`${ALICE} (yourself, wallet "alice")`), out)
})

test('a folder that another command binds to another network while a person is asked signs nothing', async (t) => {
  const { run, folder, balanceOf } = await open(t)
  const other = { chain: `${RULES.chain}`, bridge: bob.address, genesis: genesisInfohash(genesis) }
  const text = JSON.stringify(other)
  const { exitCode, err } = await run(['send', '5', bob.address], 'yes\n', () =>
    writeFile(boundNetworkFile(folder), text),
  )
  assert.equal(exitCode, 1)
  assert.match(err, /code: folder-other-network/)
  assert.equal(await readFile(boundNetworkFile(folder), 'utf8'), text, 'the other command is not undone')
  assert.equal(await balanceOf(bob.address), 0n)
})

test('a folder is for the network of its first payment, and signs for no other one', async (t) => {
  const { run, folder, balanceOf } = await open(t)
  assert.equal((await run(['send', '1', bob.address])).exitCode, 0)
  const file = boundNetworkFile(folder)
  const right = { chain: `${RULES.chain}`, bridge: RULES.bridge, genesis: genesisInfohash(genesis) }
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), right)
  const before = await balanceOf(alice.address)
  const offer = join(folder, 'offer.json')
  const terms = { give: { tokens: 5n }, want: { tokens: 2n, asset: RULES.token }, time: 1, prev: [right.genesis] }
  await writeFile(offer, encodeOffer(signOffer(bob, terms)))
  const eth = ['--ethereum', 'http://127.0.0.1:9']
  for (const wrong of [{ chain: '1' }, { bridge: bob.address }, { genesis: 'ab'.repeat(20) }]) {
    await writeFile(file, JSON.stringify({ ...right, ...wrong }))
    for (const command of [
      ['send', '1', bob.address],
      ['bridge', '1'],
      ['asset', 'issue', 'GOLD', '5'],
      ['asset', 'withdraw', RULES.token, ...eth],
      ['deposit', '5', ...eth],
      ['deposit', '5', '--asset', RULES.token, ...eth],
      ['claim', ...eth],
      ['force', 'ab'.repeat(20), ...eth],
      ['offer', 'create', '--give', '1', '--want', '2', '--want-asset', 'ab'.repeat(20)],
      ['offer', 'take', offer, '--yes'],
      ['offer', 'withdraw', offer],
      ['maker', '--base', RULES.token, '--shop', 'bob', '--out', join(folder, 'shop')],
      ['miner', ...eth],
      ['relay', ...eth],
    ]) {
      const { exitCode, err } = await run(command)
      assert.deepEqual([exitCode, /code: (\S+)/.exec(err)?.[1]], [1, 'folder-other-network'], command.join(' '))
      assert.ok(err.includes(BRIDGE) && err.includes(file), err)
    }
  }
  assert.equal(await balanceOf(alice.address), before, 'looking is allowed')
  await writeFile(file, '{')
  assert.match((await run(['send', '1', bob.address])).err, /code: network-file-damaged/)
})

test('what nobody owns is refused, each for its own reason, and so are names that are not looked up', async (t) => {
  const { run, balanceOf } = await open(t)
  const before = await balanceOf(alice.address)
  for (const [payee, why] of [
    [`0x${'0'.repeat(40)}`, /the zero address/],
    [RULES.bridge, /the bridge itself/],
    [RULES.token, /the contract of wTTX/],
    ['vitalik.eth', /names of the ENS are not looked up/],
    ['Bob', /did you mean "bob"/],
  ] as const) {
    for (const command of ['send', 'bridge']) {
      const { exitCode, err } = await run([command, '1', payee])
      assert.deepEqual([exitCode, /code: (\S+)/.exec(err)?.[1]], [1, 'bad-address'], err)
      assert.match(err, why)
    }
  }
  assert.equal(await balanceOf(alice.address), before)
})

test('a wallet that is not there is said before its passphrase is asked for, with those that are', async (t) => {
  const { run } = await open(t)
  const { err } = await run(['send', '1', bob.address, '--wallet', 'default'])
  assert.match(err, /expected wallet "default".*wallets there: alice, bob; name one with --wallet/)
})

test('errors for people show amounts as people write them, and no base units below', async (t) => {
  const { run } = await open(t)
  const { err } = await run(['send', '2000000000', bob.address])
  assert.match(err, /code: insufficient-funds/)
  assert.doesNotMatch(err, /\d{19}/)
})
