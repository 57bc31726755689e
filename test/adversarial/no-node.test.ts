// Attacked: the node that watchers lean on. It is gone, and never comes back.
// What must hold: with a file that says what the network is and an endpoint of Ethereum, `ttx watch` begins and kills, and so do `ttx verify`, `ttx diff`
// and `ttx refute`; without such a file they say that there is no node.

import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { finalizeCall } from '../../node/ethereum/calls.ts'
import { saveWallet } from '../../node/wallet/wallet-folder.ts'
import { accountOf } from '../../scripts/assure/models/world.ts'
import { dataFolder } from '../../scripts/data-folder.ts'
import { deploymentOf } from '../support/chain/deployment-of.ts'
import { Author } from '../support/miner/author.ts'
import { startTtx, until } from '../support/processes/processes.ts'
import { Stage } from '../support/stage.ts'

const PASSPHRASE = 'nobody guesses this in a test'
const HOUR = 3_600n
/** Nobody listens there. */
const NODE = 'http://127.0.0.1:1'

test('everybody who watches can do without a node', async (t) => {
  const stage = await Stage.open(t)
  const author = await Author.open(stage)
  await stage.skip(24n * HOUR)
  // A past that is final, with entries of the queue that only Ethereum's logs still have.
  await author.force(4)
  const old = await author.publish(author.genesis, { voids: 4 })
  await stage.skip(24n * HOUR)
  await author.sender.send(finalizeCall(old.sealedBytes))
  const right = await author.publish(old)
  const { id: wrong } = await author.publish(old, { payments: 1, theft: 'thief', rival: true })

  const folder = await stage.folder()
  const { wallets } = dataFolder(folder)
  const watcher = accountOf('watcher')
  await mkdir(wallets, { recursive: true })
  await writeFile(join(folder, 'passphrase'), PASSPHRASE, { mode: 0o600 })
  await writeFile(join(folder, 'deployment.json'), deploymentOf(stage.definition))
  ;(await saveWallet(wallets, 'watcher', watcher.key, PASSPHRASE, { scryptN: 4_096 }))[Symbol.dispose]()
  await stage.anvil.client.setBalance({ address: watcher.address, value: 10n ** 21n })
  const env = {
    TTX_DATA: folder,
    TTX_NODE: NODE,
    TTX_ETHEREUM: stage.anvil.url,
    TTX_WALLET: 'watcher',
    TTX_PASSPHRASE_FILE: join(folder, 'passphrase'),
    TTX_POLL_MS: '50',
    TTX_CONFIRMATIONS: '1',
    TTX_MAX_ETHEREUM_AGE: '0',
    TTX_LOG_JSON: 'true',
  }
  const whole = { ...env, TTX_DEPLOYMENT: join(folder, 'deployment.json') }
  const run = async (args: readonly string[], vars: Readonly<Record<string, string>> = whole) => {
    const { exitCode, out } = await startTtx([...args, '--json'], vars).finished
    return { exitCode, answer: JSON.parse(out) }
  }
  const isRefuted = async (id: typeof wrong) => (await author.sender.ethereum.record(id)).isRefuted

  await t.test('verify', async () => {
    assert.equal((await run(['verify', right.id])).answer.verdict, 'valid')
    const { verdict, step, problem } = (await run(['verify', wrong])).answer
    assert.deepEqual([verdict, step, problem], ['invalid', 1, 'MissingInput'])
    assert.equal((await run(['verify', `0x${'9'.repeat(64)}`])).answer.verdict, 'unknown')
  })
  await t.test('diff', async () => {
    const { answer } = await run(['diff', right.id, wrong])
    assert.deepEqual(
      [answer.a.verdict, answer.b.verdict, answer.race],
      ['valid', 'invalid', { ahead: 'a', by: 'life' }],
    )
  })
  await t.test('without a file of the network', async () => {
    const { exitCode, answer } = await run(['verify', wrong], env)
    assert.deepEqual([exitCode, answer.error.code], [1, 'node-unreachable'])
  })
  await t.test('refute', async () => {
    const tried = await run(['refute', wrong, '--dry-run'])
    assert.deepEqual([tried.exitCode, tried.answer.refuted], [0, false])
    const { exitCode, answer } = await run(['refute', wrong])
    assert.deepEqual([exitCode, answer.by], [0, 'us'])
    assert.ok(await isRefuted(wrong))
  })
  await t.test('watch', async () => {
    await using watching = startTtx(['watch', '--defend'], whole)
    await watching.said(/^account/m)
    const { id } = await author.publish(right, { theft: 'other thief' })
    await until('the death', async () => ((await isRefuted(id)) ? true : undefined))
    await watching.said(/killed a wrong block/)
    assert.equal(await isRefuted(right.id), false)
    const { exitCode } = await watching.stop()
    assert.equal(exitCode, 0)
  })
})
