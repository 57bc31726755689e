// ttx drill as a command line: what it lists, what it does not understand, and that it stays away from real chains.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { bridgeAbi } from '../../../../../deployments/bridge-abi.ts'
import { type Address, parseAddress, parseHash } from '../../../../../node/protocol/ids.ts'
import { PROBLEM_WORDS, REFUSED_BLOCKS } from '../../../../../node/protocol/problems.ts'
import { runCli } from '../../../../../scripts/cli/program.ts'
import { DevChain } from '../../../../../scripts/devnet/dev-chain.ts'
import { checkDevelopmentChain } from '../../../../../scripts/devnet/drill/arrange.ts'
import type { Result } from '../../../../../scripts/devnet/drill/drill.ts'
import { DRILL_KINDS, describeKind, expectedOf, modesOf } from '../../../../../scripts/devnet/drill/kinds.ts'
import { formatResult, formatSum } from '../../../../../scripts/devnet/drill/report.ts'
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

test('each kind is said with its number as it ends, with who killed it and why, and all are summed up in one line', () => {
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
  const nameOf = (account: Address) => (account === by ? 'watcher' : account)
  const results: readonly Result[] = [
    killed,
    { kind: 'deposit-altered', data: 'blobs', outcome: 'refused', error: 'QueueMismatch' },
    { kind: 'overspend', data: 'blobs', outcome: 'survived', block: hash, problem: 'Overspend' },
    { kind: 'bad-memo', data: 'calldata', outcome: 'wrong', got: 'the bridge accepted it' },
  ]
  const lines = results.flatMap((result, i) => formatResult(result, { number: i + 9, of: 12 }, nameOf).split('\n'))
  assert.deepEqual(lines, [
    ' 9/12  mint in calldata: killed by watcher after 0.3 s (4 s on Ethereum) for 197000 gas',
    `       step 0: WrongState, ${PROBLEM_WORDS.WrongState.meaning}`,
    '10/12  deposit-altered in blobs: refused by the bridge',
    `       QueueMismatch, ${REFUSED_BLOCKS.QueueMismatch}`,
    '11/12  overspend in blobs: survived',
    `       Overspend, block ${hash} lives; had the block become final, ${PROBLEM_WORDS.Overspend.loss}`,
    '12/12  bad-memo in calldata: ended otherwise',
    '       expected killed for BadMemo, got the bridge accepted it',
  ])
  assert.equal(
    formatSum(results, 311_040),
    '2 of 4 as they must be: 1 killed, 1 refused by the bridge, overspend in blobs survived, bad-memo in calldata ended otherwise; the slowest kill took 0.3 s (mint); 311.0 s in all',
  )
  assert.equal(formatSum(results.slice(1, 2), 950), '1 of 1 as they must be: 1 refused by the bridge; 0.9 s in all')
})

test('every way in which the drill’s blocks are refused has its words, and the bridge has each of these errors', () => {
  const refused = DRILL_KINDS.flatMap((kind) =>
    modesOf(kind).flatMap((mode) => {
      const expected = expectedOf(kind, mode)
      return 'refused' in expected ? [expected.refused] : []
    }),
  )
  assert.deepEqual(new Set(refused), new Set(Object.keys(REFUSED_BLOCKS)))
  const errors = new Set(bridgeAbi.flatMap((entry) => (entry.type === 'error' ? [entry.name] : [])))
  for (const name of Object.keys(REFUSED_BLOCKS)) assert.ok(errors.has(name as never), name)
})
