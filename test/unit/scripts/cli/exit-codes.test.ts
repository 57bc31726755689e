// Which exit code a failure has: what a supervisor decides by whether to start again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import { describeFailure } from '../../../../scripts/cli/failure.ts'

const { signal } = new AbortController()

/** As the system says it. */
function refused(code: string, syscall: string, path?: string): Error {
  return Object.assign(new Error(`${code}: refused, ${syscall}`), { code, syscall, ...(path && { path }) })
}

test('what the disk refuses, and no part has described, is one sentence and 74', () => {
  for (const [code, words] of [
    ['ENOSPC', /a full disk; free some space/],
    ['EROFS', /a read-only disk; make it writable/],
    ['EACCES', /no right to write there; give the folder/],
    ['EIO', /an error of the disk itself; look at the disk/],
  ] as const) {
    const failure = describeFailure(refused(code, 'open', '/data/x'), signal)
    assert.equal(failure.exitCode, 74, code)
    assert.equal(failure.code, 'write-failed')
    assert.equal(failure.stack, undefined)
    assert.match(failure.message, words)
    assert.match(failure.message, /\/data\/x/)
  }
})

test('a refusal that is not about a file, and a file that is not there, stay what they are', () => {
  assert.equal(describeFailure(refused('EACCES', 'listen'), signal).exitCode, 70)
  assert.equal(describeFailure(refused('ENOENT', 'open', '/data/x'), signal).exitCode, 70)
})

test('damage is 65, a disk that refuses 74, all else that is expected 1', () => {
  const codeOf = (error: Error) => describeFailure(error, signal).exitCode
  assert.equal(codeOf(new OperationError('database-damaged', 'm')), 65)
  assert.equal(codeOf(new OperationError('journal-damaged', 'm')), 65)
  assert.equal(codeOf(new OperationError('database-unavailable', 'm')), 74)
  assert.equal(codeOf(new OperationError('ledger-failed', 'm')), 74)
  assert.equal(codeOf(new OperationError('database-in-use', 'm')), 1)
})

test('a devnet ends as the process ended that no restart brings back', () => {
  for (const [own, its] of [
    [74, '74'],
    [65, '65'],
    [2, '2'],
    [1, 'SIGKILL'],
  ] as const) {
    const died = new OperationError('service-died', 'm', { facts: { exitCode: its } })
    assert.equal(describeFailure(died, signal).exitCode, own)
  }
})

test('what fails while things are put away does not hide what failed first', () => {
  const first = new OperationError('write-failed', 'the first')
  const both = new SuppressedError(refused('ENOTDIR', 'rm'), first, 'both')
  assert.equal(describeFailure(both, signal).message, 'the first')
})
