// ttx deposit and ttx force whose words nobody could read: run again they say what was done, do nothing twice, and the next one is on purpose.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { type Address, parseAddress } from '../../../../node/protocol/ids.ts'
import { UNIT } from '../../../../node/protocol/rules.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { giveTokens } from '../../../support/chain/give-tokens.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { holder, Stage, stranger } from '../../../support/stage.ts'

test('a command that did its work and could not say so finds it done when it is run again', async (t) => {
  const stage = await Stage.open(t)
  const node = await stage.node()
  const folder = await stage.folder()
  const passphrase = join(folder, 'passphrase')
  await writeFile(passphrase, 'correct horse battery staple\n', { mode: 0o600 })
  const links = ['--node', node.url, '--ethereum', stage.anvil.url]
  const common = ['--data', join(folder, 'data'), '--passphrase-file', passphrase, '--log-level', 'silent']
  const run = async (command: readonly string[], flags: readonly string[] = ['--json']) => {
    const shell = fakeShell({ folder })
    assert.equal(await runCli([...command, ...flags, ...common], shell), 0, shell.out() + shell.err())
    return shell.out()
  }
  /** Standard output is a full disk. */
  const runUnheard = async (command: readonly string[]) => {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('ENOSPC')) })
    stdout.on('error', () => undefined)
    assert.notEqual(await runCli([...command, ...common], { ...fakeShell({ folder }), stdout }), 0)
  }
  const entries = async () => (await stage.laneLength('deposits')) + (await stage.laneLength('forced'))
  const user: Address = parseAddress(JSON.parse(await run(['wallet', 'create'])).address)
  await stage.anvil.client.setBalance({ address: user, value: 10n ** 20n })
  await giveTokens(stage, user, 10n * UNIT)
  const prev = [genesisInfohash(stage.definition.genesis)]
  const infohash = await stage.request(node, holder, prev, 5_000n, stranger('recipient'))

  const commands = [
    [
      ['deposit', '1', ...links],
      /an earlier command sent this.*burned once; for a second deposit, run the command again/,
    ],
    [['force', infohash, ...links], /an earlier command sent this.*paid for once/],
  ] as const
  for (const [command, words] of commands) {
    const before = await entries()
    await runUnheard(command)
    assert.equal(await entries(), before + 1n, 'it was done')
    await runUnheard(command)
    const text = await run(command, [])
    assert.match(text, words)
    assert.equal(await entries(), before + 1n, 'and once only')
    const { earlier, transaction } = JSON.parse(await run(command))
    assert.equal(earlier, false, 'that was said, so this is another')
    assert.ok(!text.includes(transaction))
    assert.equal(await entries(), before + 2n)
  }
})
