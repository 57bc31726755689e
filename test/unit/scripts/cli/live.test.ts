// What is shown while something takes time: a line of a terminal, whole tables that change, and lines where nobody watches.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { showLive, showWhile } from '../../../../scripts/cli/live-line.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { serve } from '../../../support/rpc/serve.ts'

const CLEAR = '\r\u001b[2K'
const ordered: Result<'tx_where'> = { ...EXAMPLES.tx_get.result, status: 'ordered', elsewhere: [], unread: 0 }
const accepted: Result<'tx_where'> = { ...EXAMPLES.tx_submit.result, elsewhere: [], unread: 0 }

function nobodys(infohash: Infohash): Result<'tx_get'> {
  return { infohash, status: 'unknown', missing: [], rivals: [], unorderedAncestors: 0 }
}

/** A node that gives these answers about a transaction, the last one again and again. */
async function open(t: TestContext, ...answers: readonly Result<'tx_where'>[]) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-live-'))
  t.after(() => rm(folder, { recursive: true }))
  const left = [...answers]
  const where = async () => (left.length > 1 ? left.shift() : left[0]) ?? accepted
  const url = await serve(t, {
    node_info: async () => EXAMPLES.node_info.result,
    tx_get: async ({ infohash }) => (infohash === accepted.infohash ? EXAMPLES.tx_get.result : nobodys(infohash)),
    tx_where: where,
    bridge_block: async () => EXAMPLES.bridge_block.result,
    bridge_next: async () => EXAMPLES.bridge_next.result,
    account_history: async () => ({ transactions: [EXAMPLES.tx_submit.result, EXAMPLES.tx_get.result] }),
  })
  return { folder, flags: ['--data', folder, '--node', url] }
}

test('a line is written again in place, cut to the terminal, and gone at the end', async () => {
  const shell = fakeShell({ folder: '.', isTerminal: true })
  {
    using _line = showLive(shell, (seconds) => `asking\n (${seconds} s) ${'x'.repeat(200)}`)
    await shell.seen('/ asking')
  }
  const [first = '', second = ''] = shell.err().split(CLEAR).slice(1)
  assert.match(first, /^\| asking\\u000a \(0 s\) x+$/)
  assert.deepEqual([first.length, second.length], [79, 79])
  assert.ok(shell.err().endsWith(CLEAR))
})

test('without a terminal there is no such line', () => {
  const shell = fakeShell({ folder: '.' })
  showLive(shell, () => 'asking')[Symbol.dispose]()
  assert.equal(shell.err(), '')
})

test('status and tx show say on a terminal that the node asks its peers, before they fail', async (t) => {
  const { flags } = await open(t, accepted)
  for (const command of [['status'], ['tx', 'show']]) {
    const shell = fakeShell({ folder: '.', isTerminal: true })
    assert.equal(await runCli([...command, 'abcdef0123'.repeat(4), ...flags], shell), 1)
    const [, drawn = '', left] = shell.err().split(CLEAR)
    assert.match(drawn, /^\| the node at http:\/\/127\.0\.0\.1:\d+ asks its peers for abcdef0123/)
    assert.match(left ?? '', /^ttx: expected a transaction that the node or one of its peers has/)
  }
})

test('wait says on a terminal in place what it waits for, and else in a line for each change', async (t) => {
  const { flags } = await open(t, accepted, ordered)
  const { infohash } = accepted
  const terminal = fakeShell({ folder: '.', isTerminal: true })
  assert.equal(await runCli(['wait', infohash, '--until', 'ordered', ...flags], terminal), 0)
  assert.match(terminal.err(), /to be ordered: accepted: waits for a miner to find block 1, 131 kH/)
  assert.match(terminal.out(), /^infohash .*\nreached +ordered\n/)
  const again = await open(t, accepted, ordered)
  const pipe = fakeShell({ folder: '.' })
  assert.equal(await runCli(['wait', infohash, '--until', 'ordered', ...again.flags], pipe), 0)
  assert.match(
    pipe.out(),
    /^accepted: waits for a miner to find block 1, 131 kH expected, less than a second at 1 MH\/s\ninfohash/,
  )
})

test('who waits for an account waits for its newest transaction, and for its newest request until it is paid', async (t) => {
  const { flags } = await open(t, ordered)
  const run = async (...args: readonly string[]) => {
    const shell = fakeShell({ folder: '.' })
    const exitCode = await runCli(['wait', `0x${'70997970c5'.repeat(4)}`, '--json', ...args, ...flags], shell)
    return { exitCode, ...JSON.parse(shell.out()) }
  }
  assert.equal((await run('--until', 'ordered')).infohash, accepted.infohash)
  assert.equal((await run('--until', 'paid')).error.code, 'unknown-transaction')
})

test('status is shown again when something else is the case, and ends when nothing can change any more', async (t) => {
  const { flags } = await open(t, accepted, accepted, { ...ordered, status: 'final' })
  const shell = fakeShell({ folder: '.' })
  assert.equal(await runCli(['status', accepted.infohash, '--watch', ...flags], shell), 0)
  const shown = [...shell.out().matchAll(/^status +(\w+):/gm)].map(([, status]) => status)
  assert.deepEqual(shown, ['accepted', 'final'])
})

test('what takes longer than a second is shown with its seconds on a terminal, and taken away; nothing without one, or of what is quick', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const terminal = fakeShell({ folder: '.', isTerminal: true })
  const { promise, resolve } = Promise.withResolvers<number>()
  const shown = showWhile(terminal, 'working', promise)
  t.mock.timers.tick(999)
  assert.equal(terminal.err(), '')
  t.mock.timers.tick(1)
  assert.equal(terminal.err(), `${CLEAR}| working (1 s)`)
  resolve(7)
  assert.equal(await shown, 7)
  const before = terminal.err()
  assert.ok(before.endsWith(CLEAR))
  t.mock.timers.tick(5_000)
  assert.equal(terminal.err(), before)
  await assert.rejects(showWhile(terminal, 'failing', Promise.reject(new Error('no'))), /no/)
  const piped = fakeShell({ folder: '.' })
  const other = Promise.withResolvers<void>()
  const unseen = showWhile(piped, 'working', other.promise)
  t.mock.timers.tick(5_000)
  other.resolve()
  await unseen
  assert.deepEqual([terminal.err(), piped.err()], [before, ''])
})
