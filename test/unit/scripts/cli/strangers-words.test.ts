// What strangers wrote (the reason of a token, the error of an endpoint, the answer of a node) moves no cursor, hides nothing and adds no line.

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import { type CliContext, formatTable, type Result } from '../../../../scripts/cli/context.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import type { Registration } from '../../../../scripts/cli/registry.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

/** Escape, bell, return, backspace, delete, CSI in one byte, right to left, line separator. */
const WORDS = 'paid\u001b[2J\u0007\r\b\u007f\u009b2J\u202e\u2066\u2028 ÖL'
const SHOWN = 'paid\\u001b[2J\\u0007\\u000d\\u0008\\u007f\\u009b2J\\u202e\\u2066\\u2028 ÖL'

async function run(act: (context: CliContext) => Promise<Result>, ...flags: string[]) {
  const register: Registration = (program, wrap) => void program.command('show').action(wrap(act))
  const shell = fakeShell({ folder: tmpdir() })
  await runCli(['show', ...flags], shell, [register])
  return { out: shell.out(), err: shell.err() }
}

test('of a result for people such characters are shown as what they are', async () => {
  const rows = [
    ['memo', WORDS],
    ['symbol', 'GOLD\nstatus  final'],
  ] as const
  const show = async () => ({ data: {}, text: formatTable(rows) })
  assert.equal((await run(show)).out, `memo    ${SHOWN}\nsymbol  GOLD\\u000astatus  final\n`)
})

test('of a failure and of progress likewise', async () => {
  const fail = async ({ say }: CliContext): Promise<Result> => {
    say(WORDS)
    throw new OperationError('node-failed', WORDS, {
      facts: { rpcCode: 1, endpoint: `${WORDS}\n  code: none` } as never,
    })
  }
  const { out, err } = await run(fail)
  assert.equal(out, `${SHOWN}\n`)
  assert.equal(err, `ttx: ${SHOWN}\n  code: node-failed\n  rpcCode: 1\n  endpoint: ${SHOWN}\\u000a  code: none\n`)
})

test('a program reads the same text, whatever a terminal is shown of it', async () => {
  const { out } = await run(async () => ({ data: { memo: `${WORDS}\n` }, text: '' }), '--json')
  assert.equal(JSON.parse(out).memo, `${WORDS}\n`)
  assert.ok(out.includes(SHOWN.replace('\\u0007\\u000d\\u0008', '\\u0007\\r\\b')), out)
})
