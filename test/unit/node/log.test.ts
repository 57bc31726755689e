// Log lines: a level that holds, JSON that parses, text that reads, and no secret in either.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../node/errors.ts'
import { createLogger, type LogLevel } from '../../../node/log.ts'

function collect(json: boolean, level: LogLevel = 'info') {
  const lines: string[] = []
  const log = createLogger({ json, level, colors: false }, { write: (line) => void lines.push(line) })
  return { log, lines }
}

test('a JSON line holds its level by name, the time, the facts and the message', () => {
  const { log, lines } = collect(true)
  log.child({ part: 'ledger' }).info({ infohash: 'ab', tokens: '10' }, 'accepted')
  const { time, ...rest } = JSON.parse(lines.join(''))
  assert.deepEqual(rest, { level: 'info', part: 'ledger', infohash: 'ab', tokens: '10', msg: 'accepted' })
  assert.equal(new Date(time).toISOString(), time)
})

test('a readable line holds the part, the message and the facts', () => {
  const { log, lines } = collect(false)
  log.child({ part: 'ledger' }).warn({ infohash: 'ab' }, 'in conflict')
  assert.match(lines.join(''), /^\[\d\d:\d\d:\d\d\] WARN: ledger: in conflict \{"infohash":"ab"\}\n$/)
})

test('what is below the level is left out', () => {
  const { log, lines } = collect(true, 'warn')
  log.info('quiet')
  log.warn('loud')
  assert.equal(lines.length, 1)
})

test('secrets are taken out of facts, children and nested facts, in both forms', () => {
  for (const json of [true, false]) {
    const { log, lines } = collect(json)
    const secret = 'do not show this'
    log.info({ passphrase: secret, settings: { passphrase: secret, deep: { privateKey: secret } } }, 'one')
    log.info({ words: secret, wallet: { seed: secret, mnemonic: secret } }, 'two')
    log.child({ secret }).info('three')
    assert.equal(lines.length, 3)
    assert.ok(!lines.join('').includes(secret), lines.join(''))
    assert.match(lines.join(''), /\[secret\]/)
  }
})

test('an error is logged with its code, facts, stack and cause', () => {
  const { log, lines } = collect(true)
  const cause = new Error('the disk is full')
  log.error({ error: new OperationError('wallet-not-written', 'expected', { facts: { file: 'x' }, cause }) }, 'failed')
  const { error } = JSON.parse(lines.join(''))
  assert.equal(error.code, 'wallet-not-written')
  assert.deepEqual(error.facts, { file: 'x' })
  assert.match(error.stack, /the disk is full/)
})
