// The tables of error codes hold what the sources throw and nothing else, and every code is met by a test.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { OPERATION_CODES } from '../../node/error-codes.ts'
import { RULE_CODES } from '../../node/protocol/rule-codes.ts'
import { UNPROVOKED } from '../architecture/error-codes.ts'
import { blank, readSources } from '../architecture/source.ts'

const TABLES = [
  'node/error-codes.ts',
  'node/protocol/rule-codes.ts',
  'node/rpc/methods/errors.ts',
  'test/architecture/error-codes.ts',
]
const CODES = [...new Set([...Object.keys(OPERATION_CODES), ...Object.keys(RULE_CODES)])]

const files = readSources(fileURLToPath(new URL('../../', import.meta.url))).filter(
  ({ path }) => !TABLES.includes(path),
)
const codeOf = (isWanted: (path: string) => boolean) =>
  files
    .filter(({ path }) => path.endsWith('.ts') && isWanted(path))
    .map(({ text }) => blank(text, 'comments'))
    .join('\n')

test('each code of the tables is used by the sources', () => {
  const sources = codeOf((path) => !path.startsWith('test/'))
  assert.deepEqual(
    CODES.filter((code) => !sources.includes(`'${code}'`)),
    [],
  )
})

test('each code of the tables is provoked by a test, but for those that are excused', () => {
  // A test that makes the error itself, or goes on where another one came, provokes nothing.
  const tests = codeOf((path) => path.startsWith('test/')).replaceAll(/(?:new \w+Error\(|!==)\s*'[a-z-]+'/g, '')
  // In quotes; or at the end of what a command says, or as a part of a pattern that this is compared with.
  const isNamed = (code: string) =>
    tests.includes(`'${code}'`) || new RegExp(`code: ${code}\\b|\\b${code}[\\\\|)/]`).test(tests)
  assert.deepEqual(
    CODES.filter((code) => !isNamed(code)),
    Object.keys(UNPROVOKED).toSorted(),
  )
})
