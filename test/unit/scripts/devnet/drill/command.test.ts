// ttx drill as a command line: what it lists, what it does not understand, and that it stays away from real chains.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { parseAddress, parseHash } from '../../../../../node/protocol/ids.ts'
import { runCli } from '../../../../../scripts/cli/program.ts'
import { DevChain } from '../../../../../scripts/devnet/dev-chain.ts'
import { checkDevelopmentChain } from '../../../../../scripts/devnet/drill/arrange.ts'
import type { Result } from '../../../../../scripts/devnet/drill/drill.ts'
import { DRILL_KINDS, describeKind } from '../../../../../scripts/devnet/drill/kinds.ts'
import { formatReport } from '../../../../../scripts/devnet/drill/report.ts'
import { fakeShell } from '../../../../support/fake-shell.ts'

async function run(...argv: string[]) {
  const shell = fakeShell({ folder: tmpdir() })
  const exitCode = await runCli(['drill', ...argv], shell)
  return { exitCode, out: shell.out(), err: shell.err() }
}

test('it lists every kind with what must become of it, without any node', async () => {
  const { exitCode, out } = await run('--list', '--json')
  assert.equal(exitCode, 0)
  const { kinds } = JSON.parse(out)
  assert.deepEqual(
    kinds.map(({ kind }: { kind: string }) => kind),
    DRILL_KINDS,
  )
  const text = await run()
  for (const kind of DRILL_KINDS) {
    assert.ok(text.out.includes(`${kind} `) && text.out.includes(describeKind(kind)), kind)
  }
})

test('a kind that there is not, no deadline and too great a crowd are wrong usage', async () => {
  const { exitCode, err } = await run('--bad', 'mint,nonsense')
  assert.equal(exitCode, 2)
  assert.match(err, /got "nonsense".*ttx drill --list/)
  assert.equal((await run('--bad', 'mint', '--deadline', '0')).exitCode, 2)
  assert.equal((await run('--bad', 'light-crowd', '--crowd', '5001')).exitCode, 2)
})

test('a chain with another number, or without a clock that can be moved, is refused', async (t) => {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { id, method } = JSON.parse(body)
    asked.push(method)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'method not found' } }))
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const chain = new DevChain(`http://127.0.0.1:${address.port}`)
  await assert.rejects(checkDevelopmentChain(1n, chain, 31_337n), { code: 'not-a-devnet' })
  assert.deepEqual(asked, [], 'nothing is even tried on such a chain')
  await assert.rejects(checkDevelopmentChain(31_337n, chain, 31_337n), { code: 'not-a-devnet' })
  assert.deepEqual(asked, ['evm_increaseTime'])
})

test('the report says who killed a block, and what is wrong where it lives on', () => {
  const hash = parseHash(`0x${'5'.repeat(64)}`)
  const by = parseAddress(`0x${'ab'.repeat(20)}`)
  const killed: Result = {
    kind: 'mint',
    data: 'calldata',
    outcome: 'killed',
    block: hash,
    rival: false,
    step: 0,
    problem: 'WrongState',
    by,
    publishedAt: 100,
    refutedAt: 104,
    seconds: 4,
    wallMs: 321,
    publishGas: 145_000n,
    refuteGas: 197_000n,
    reward: 1n,
    publication: hash,
    refutation: hash,
  }
  const lines = formatReport(
    [
      killed,
      { kind: 'deposit-altered', data: 'blobs', outcome: 'refused', error: 'QueueMismatch' },
      { kind: 'overspend', data: 'blobs', outcome: 'survived', block: hash, problem: 'Overspend' },
      { kind: 'bad-memo', data: 'calldata', outcome: 'wrong', got: 'the bridge accepted it' },
    ],
    (account) => (account === by ? 'watcher' : account),
  ).split('\n')
  assert.equal(lines.length, 5)
  assert.match(lines[1] ?? '', /^mint +calldata +killed +step 0: WrongState +watcher +4 s +321 ms +145000 +197000$/)
  assert.match(lines[2] ?? '', /^deposit-altered +blobs +refused +QueueMismatch$/)
  assert.match(lines[3] ?? '', /survived +Overspend, block 0x5+ lives$/)
  assert.match(lines[4] ?? '', /expected killed: BadMemo, got the bridge accepted it$/)
})
