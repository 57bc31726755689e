// Prompts: the answer arrives and is shown nowhere; the end of the input and Ctrl-C are errors and no hang.

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { interrupted } from '../../../../scripts/cli/failure.ts'
import { askHidden, readInput } from '../../../../scripts/cli/prompt.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

const options = { folder: tmpdir(), isTTY: true }
const code = (expected: string) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === expected

test('an answer is returned, edited as typed, and shown nowhere', async () => {
  const shell = fakeShell(options)
  const answer = askHidden(shell, 'Passphrase')
  await shell.seen('Passphrase: ')
  shell.stdin.write('hunterr')
  shell.stdin.write('\x7f2\r')
  assert.equal(await answer, 'hunter2')
  await shell.seen('Passphrase: \n')
  assert.equal(shell.out(), '')
  assert.equal(shell.err(), 'Passphrase: \n')
})

test('one question may follow another', async () => {
  const shell = fakeShell(options)
  for (const text of ['one', 'two']) {
    const answer = askHidden(shell, text)
    await shell.seen(`${text}: `)
    shell.stdin.write(`${text}\n`)
    assert.equal(await answer, text)
  }
})

test('the end of the input is told', async () => {
  const shell = fakeShell(options)
  const answer = askHidden(shell, 'Passphrase')
  shell.stdin.end()
  await assert.rejects(answer, code('no-answer'))
})

test('Ctrl-C at the prompt, which a terminal in raw mode sends as a character, interrupts', async () => {
  const shell = fakeShell(options)
  const answer = askHidden(shell, 'Passphrase')
  shell.stdin.write('hunt\x03')
  await assert.rejects(answer, code('interrupted'))
})

test('a signal interrupts a prompt and the reading of standard input, before and during', async () => {
  for (const wait of [
    (shell: ReturnType<typeof fakeShell>) => askHidden(shell, 'Passphrase'),
    (shell: ReturnType<typeof fakeShell>) => readInput(shell, 100),
  ]) {
    const shell = fakeShell(options)
    const waiting = wait(shell)
    shell.controller.abort(interrupted())
    await assert.rejects(waiting, code('interrupted'))
    await assert.rejects(wait(shell), code('interrupted'))
  }
})

test('standard input is read whole, up to its limit', async () => {
  const shell = fakeShell(options)
  const text = readInput(shell, 8)
  shell.stdin.write('1234')
  shell.stdin.end('5678')
  assert.equal(await text, '12345678')
  const longer = fakeShell(options)
  const tooLong = readInput(longer, 8)
  longer.stdin.end('123456789')
  await assert.rejects(tooLong, code('input-too-long'))
})
