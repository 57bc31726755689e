// The endpoint of somebody at the command line lies. Must hold: a clear error and a failing exit code, never a stack trace, never a false
// success, and nothing sent; and a node that does not trust its own view says so wherever it is asked, and keeps nobody from refuting.

import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readAllBlocks } from '../../../node/client/all-blocks.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { saveWallet } from '../../../node/wallet/wallet-folder.ts'
import { accountOf } from '../../../scripts/assure/models/world.ts'
import { runCli } from '../../../scripts/cli/program.ts'
import { dataFolder } from '../../../scripts/data-folder.ts'
import {
  changeLogs,
  estimates,
  everythingReverts,
  type Lie,
  NO_ANSWERS,
  noMoney,
  nonceOff,
  otherChain,
  senseless,
} from '../../support/chain/lying-endpoint.ts'
import { fakeShell } from '../../support/fake-shell.ts'
import { holder, stranger } from '../../support/stage.ts'
import { Watched } from './watched.ts'

const PASSPHRASE = 'nobody guesses this in a test'
const user = accountOf('a user of the command line')

test('commands that ask Ethereum', async (t) => {
  const scene = await Watched.open(t)
  const { stage, node, liar } = scene
  const run = await commandLine(scene)
  await stage.anvil.client.setBalance({ address: user.address, value: 10n ** 20n })
  const wrong = await scene.publish('wrong')
  await stage.until('the node to judge it', async () => (await readAllBlocks(node)).blocks.length === 2)
  const prev = [genesisInfohash(stage.definition.genesis)]
  const infohash = await stage.request(node, holder, prev, 5_000n, stranger('recipient'))
  const commands = [
    ['refute', wrong, '--dry-run'],
    ['refute', wrong],
    ['force', infohash],
    ['deposit', '1'],
  ]
  const some = Object.entries(NO_ANSWERS).filter(([name]) => /breaks|web page/.test(name))
  const methods = ['eth_chainId', 'eth_getBlockByNumber', 'eth_call', 'eth_getBalance']
  const lies: Readonly<Record<string, Lie>> = {
    ...Object.fromEntries(some),
    'is of another chain': otherChain,
    'lets everything fail': everythingReverts,
    'has the account poor': noMoney,
    ...Object.fromEntries(
      methods.flatMap((method, i) =>
        [{}, '0x', true, null, [[[]]]]
          .filter((_, j) => (i + j) % 2 === 0)
          .map((result) => [`gives ${JSON.stringify(result)} for ${method}`, senseless(result, method)]),
      ),
    ),
  }
  const counts = async () => ({
    sent: await stage.anvil.client.getTransactionCount({ address: user.address, blockTag: 'pending' }),
    entries: await stage.laneLength('forced'),
  })
  for (const [name, lie] of Object.entries(lies)) {
    for (const command of commands) {
      const title = `${command.filter((word) => word.length < 20).join(' ')}: the endpoint ${name}`
      await t.test(title, async () => {
        const before = await counts()
        liar.tell(lie)
        const { exitCode, out } = await run(...command, '--ethereum', liar.url)
        const after = await counts()
        const answer = JSON.parse(out)
        if (exitCode === 0 && command[0] === 'force') {
          // The lie was about what did not matter: then it must have happened.
          assert.deepEqual(after, { sent: before.sent + 1, entries: before.entries + 1n })
          return
        }
        assert.deepEqual(after, before)
        if (exitCode === 0) return assert.ok(command.includes('--dry-run') && answer.refuted === false)
        assert.equal(exitCode, 1, out)
        assert.match(answer.error.code, /^(ethereum-|bridge-|call-reverted|unfunded-account|insufficient-wttx)/)
        assert.match(answer.error.message, /^expected |would fail|would be refused/)
      })
    }
  }
  liar.tellTheTruth()
  const { exitCode, out } = await run('refute', wrong, '--ethereum', liar.url)
  assert.equal(exitCode, 0, out)
  assert.ok(await scene.isRefuted(wrong))
})

test('a block is refuted by hand through two endpoints, of which the first lies', async (t) => {
  const scene = await Watched.open(t)
  const { stage, node, liar } = scene
  const run = await commandLine(scene)
  await stage.anvil.client.setBalance({ address: user.address, value: 10n ** 20n })
  const lies: Readonly<Record<string, Lie>> = {
    'breaks the connection': () => 'reset',
    'is of another chain': otherChain,
    'lets everything fail': everythingReverts,
    'has the account poor': noMoney,
    'has nonces that are too low': nonceOff(-7),
    'estimates hardly any gas': estimates(30_000n),
  }
  for (const [name, lie] of Object.entries(lies)) {
    await t.test(name, async () => {
      liar.tellTheTruth()
      const wrong = await scene.publish('wrong')
      await stage.until('the node to judge it', async () => {
        return (await node.call('bridge_blocks', {})).blocks.some(
          ({ id, verdict }) => id === wrong && verdict === 'invalid',
        )
      })
      liar.tell(lie)
      const endpoints = `${liar.url},${stage.anvil.url}`
      const tried = await run('refute', wrong, '--dry-run', '--ethereum', endpoints)
      assert.equal(tried.exitCode, 0, tried.out)
      const { exitCode, out } = await run('refute', wrong, '--ethereum', endpoints)
      assert.equal(exitCode, 0, out)
      assert.equal(JSON.parse(out).by, 'us')
      assert.ok(await scene.isRefuted(wrong))
    })
  }
})

test('commands that ask a node which is lied to', async (t) => {
  const scene = await Watched.open(t)
  const { stage, liar } = scene
  const node = await scene.nodeOf(liar.url)
  const run = await commandLine(scene, node.url)
  const wrong = await scene.publish('wrong')
  await stage.until('the node to judge it', async () => (await readAllBlocks(node)).blocks.length === 2)
  liar.tell(changeLogs(() => []))
  await scene.publish('right')
  await stage.until('its doubt', async () => (await node.call('node_info', {})).bridge.state === 'unknown')
  const verified = await run('verify', wrong)
  assert.equal(JSON.parse(verified.out).verdict, 'unknown')
  assert.match(verified.out, /does not trust its own view of Ethereum/)
  // With an endpoint of one's own it does not matter what the node says of itself.
  const own = ['--ethereum', stage.anvil.url]
  assert.equal(JSON.parse((await run('verify', wrong, ...own)).out).verdict, 'invalid')
  await stage.anvil.client.setBalance({ address: user.address, value: 10n ** 20n })
  const refuted = await run('refute', wrong, ...own)
  assert.equal(refuted.exitCode, 0, refuted.out)
  assert.ok(await scene.isRefuted(wrong))
  const genesis = genesisInfohash(stage.definition.genesis)
  const speak = await commandLine(scene, node.url, [])
  // Not in the moment in which it reads on.
  const saysSo = async () => /does not trust its own view of Ethereum/.test((await speak('status', genesis)).out)
  await stage.until('status to say so', saysSo)
  await t.test('status says so to programs too', async () => {
    const toldSo = async () =>
      /does not trust its own view of Ethereum|unknown/.test((await run('status', genesis)).out)
    await stage.until('status to say so', toldSo)
  })
  liar.tellTheTruth()
  await stage.until('it to be sure again', async () => (await node.call('node_info', {})).bridge.state === 'live')
  assert.equal(JSON.parse((await run('verify', wrong)).out).verdict, 'invalid')
})

/** `ttx`, in this process, with a wallet of its own. */
async function commandLine(scene: Watched, url = scene.node.url, format: readonly string[] = ['--json']) {
  const folder = await scene.stage.folder()
  const data = join(folder, 'data')
  const passphrase = join(folder, 'passphrase')
  const { wallets } = dataFolder(data)
  await mkdir(wallets, { recursive: true })
  await writeFile(passphrase, `${PASSPHRASE}\n`, { mode: 0o600 })
  const saved = await saveWallet(wallets, 'user', user.key, PASSPHRASE, { scryptN: 4_096 })
  saved[Symbol.dispose]()
  const common = [...format, '--data', data, '--wallet', 'user', '--passphrase-file', passphrase, '--node', url]
  return async (...argv: string[]) => {
    const shell = fakeShell({ folder })
    const fast = argv[0] === 'refute' && !argv.includes('--dry-run') ? ['--confirmations', '1', '--poll-ms', '20'] : []
    const exitCode = await runCli([...argv, ...common, ...fast], shell)
    return { exitCode, out: shell.out(), err: shell.err() }
  }
}
