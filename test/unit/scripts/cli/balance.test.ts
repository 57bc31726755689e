// A balance adds up line by line: what is final, what is ordered, change, and what others paid that no block has.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseInfohash } from '../../../../node/protocol/ids.ts'
import { UNIT } from '../../../../node/protocol/rules.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { serve } from '../../../support/rpc/serve.ts'

const owner = `0x${'70997970c5'.repeat(4)}`
const output = (digit: string, ttx: bigint, own?: boolean) => ({
  ...{ infohash: parseInfohash(digit.repeat(40)), value: ttx * UNIT, status: own === undefined ? 'final' : 'accepted' },
  ...(own === undefined ? {} : { own }),
})

async function balance(t: TestContext, outputs: Result<'account_balance'>['outputs'], ordered: bigint, final: bigint) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-balance-'))
  t.after(() => rm(folder, { recursive: true }))
  const spendable = outputs.reduce((sum, { value }) => sum + value, 0n)
  const url = await serve(t, {
    node_info: async () => EXAMPLES.node_info.result,
    account_balance: async () => ({ spendable, ordered, final, settled: spendable, outputs }),
    account_assets: async () => ({ assets: [] }),
  })
  const run = async (...more: readonly string[]) => {
    const shell = fakeShell({ folder })
    const exitCode = await runCli(['balance', owner, '--data', folder, '--node', url, ...more], shell)
    assert.equal(exitCode, 0, shell.err())
    return shell.out()
  }
  return { text: await run(), data: JSON.parse(await run('--json')) }
}

test('the lines below what can be spent add up to it, change and what others paid among them', async (t) => {
  const outputs = [output('a', 999n, true), output('b', 20n, false), output('c', 7n), output('d', 5n, true)] as const
  const { text, data } = await balance(t, [...outputs] as Result<'account_balance'>['outputs'], 4n * UNIT, 3n * UNIT)
  const amounts = [...text.matchAll(/^( {2}\w+|TTX) +([0-9]+) /gm)].map(([, name = '', amount]) => [
    name.trim(),
    Number(amount),
  ])
  const { TTX: _, ...parts } = Object.fromEntries([...amounts, ['TTX', 0]])
  assert.deepEqual(parts, { final: 3, ordered: 4, change: 1_004, received: 20 })
  assert.match(text, /^TTX +1031$/m)
  assert.equal(data.change, `${1_004n * UNIT}`)
})

test('after a payment of one TTX all but that is change, and nothing is said of what is not there', async (t) => {
  const { text } = await balance(t, [output('a', 999n, true)] as Result<'account_balance'>['outputs'], 0n, 0n)
  assert.match(text, /change +999 {2}\(of your own payments, which no block has ordered yet\)/)
  assert.doesNotMatch(text, /received/)
})

test('a wallet that is not there is said before anybody is asked for its passphrase', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-balance-'))
  t.after(() => rm(folder, { recursive: true }))
  const shell = fakeShell({ folder, isTTY: true })
  assert.equal(await runCli(['balance', '--data', folder, '--json'], shell), 1)
  const { error } = JSON.parse(shell.out())
  assert.equal(error.code, 'wallet-missing')
  assert.match(
    error.message,
    new RegExp(`expected wallet "default" at ${folder}/.* another folder with --data or --network`),
  )
  assert.equal(shell.err(), '')
})
