// ttx verify and ttx refute on a real node and bridge: what is wrong with a block in words, and its death.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { publishCall } from '../../../../node/ethereum/calls.ts'
import { keyOf } from '../../../../node/protocol/ids.ts'
import { accountOf, pay } from '../../../../scripts/assure/models/world.ts'
import { interrupted } from '../../../../scripts/cli/failure.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { openJudged } from '../../../support/judged.ts'
import { forge } from '../../../support/miner/forge.ts'
import { Stage } from '../../../support/stage.ts'

test('verify tells right from wrong, a dry run sends nothing, and refute kills, once', async (t) => {
  const stage = await Stage.open(t)
  const { node, sender: liar, rules, miner, genesis, root, target, prev, judged } = await openJudged(stage)
  const thief = accountOf('thief')
  const { packed } = pay(thief, { to: thief.address, tokens: 1n, time: 1, prev }, rules)
  const wrong = forge(rules, genesis, [], target, miner, packed)
  const right = forge(rules, genesis, [], target, miner)
  await liar.send(publishCall(root, wrong))
  await liar.send(publishCall(root, right, keyOf(wrong.next.id)))
  await judged(3)

  const folder = await stage.folder()
  const passphrase = join(folder, 'passphrase')
  await writeFile(passphrase, 'correct horse battery staple\n', { mode: 0o600 })
  const common = ['--json', '--data', join(folder, 'data'), '--passphrase-file', passphrase]
  const links = ['--node', node.url, '--ethereum', stage.anvil.url]
  const run = async (...argv: string[]) => {
    const shell = fakeShell({ folder })
    const exitCode = await runCli([...argv, ...common], shell)
    assert.equal(exitCode, 0, shell.out() + shell.err())
    return JSON.parse(shell.out())
  }

  assert.equal((await run('verify', right.next.id, '--node', node.url)).verdict, 'valid')
  const { verdict, step, problem } = await run('verify', wrong.next.id, '--node', node.url)
  assert.deepEqual({ verdict, step, problem }, { verdict: 'invalid', step: 0, problem: 'MissingInput' })

  const tried = await run('refute', wrong.next.id, '--dry-run', ...links)
  assert.equal(tried.refuted, false)
  assert.match(tried.data, /^0x[0-9a-f]{1000,}$/)
  assert.ok(BigInt(tried.gas) > 100_000n && BigInt(tried.reward) > 0n)
  assert.equal((await liar.ethereum.record(wrong.next.id)).isRefuted, false)

  const { address } = await run('wallet', 'create')
  await stage.anvil.client.setBalance({ address, value: 10n ** 20n })
  const fast = ['--confirmations', '1', '--poll-ms', '20']
  const done = await run('refute', wrong.next.id, ...links, ...fast)
  assert.deepEqual([done.refuted, done.by], [true, 'us'])
  assert.equal((await liar.ethereum.record(wrong.next.id)).isRefuted, true)
  const again = await run('refute', wrong.next.id, ...links, ...fast)
  assert.deepEqual([again.refuted, again.by], [true, 'others'])

  const shell = fakeShell({ folder })
  assert.equal(await runCli(['refute', right.next.id, ...common, ...links], shell), 1)
  assert.equal(JSON.parse(shell.out()).error.code, 'nothing-to-refute')

  // The watcher does the same by itself, until Ctrl-C.
  const accomplice = accountOf('accomplice')
  const other = pay(accomplice, { to: accomplice.address, tokens: 1n, time: 1, prev }, rules)
  const second = forge(rules, genesis, [], target, miner, other.packed)
  await liar.send(publishCall(root, second, keyOf(right.next.id)))
  for (const [mode, says] of [
    ['--dry-run', 'tries refutations out'],
    ['--defend', 'kills wrong blocks'],
  ] as const) {
    const watching = fakeShell({ folder })
    const ended = runCli(['watch', mode, '--log-level', 'fatal', ...common, ...links, ...fast], watching)
    await watching.seen(says)
    const isDefended = mode === '--defend'
    if (isDefended) {
      await stage.until('the kill', async () => (await liar.ethereum.record(second.next.id)).isRefuted)
    }
    watching.controller.abort(interrupted())
    assert.equal(await ended, 0)
    assert.equal((await liar.ethereum.record(second.next.id)).isRefuted, isDefended)
  }
})
