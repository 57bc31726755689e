// Amounts: exact both ways, and whatever two readers might take for two amounts is refused.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidArgumentError } from 'commander'
import fc from 'fast-check'
import { formatAmount } from '../../../../node/client/amount.ts'
import { MAX_TOKENS } from '../../../../node/protocol/rules.ts'
import { parseAmount } from '../../../../scripts/cli/amount.ts'

const seed = 20260101

test('written amounts are base units', () => {
  const cases: [string, bigint][] = [
    ['1', 10n ** 18n],
    ['1.5', 15n * 10n ** 17n],
    ['1.50', 15n * 10n ** 17n],
    ['0.000000000000000001', 1n],
    ['1000000000', 10n ** 27n],
    ['340282366920938463463.374607431768211455', MAX_TOKENS],
  ]
  for (const [text, tokens] of cases) assert.equal(parseAmount(text), tokens)
})

test('base units are written without zeros at the end', () => {
  assert.equal(formatAmount(0n), '0')
  assert.equal(formatAmount(1n), '0.000000000000000001')
  assert.equal(formatAmount(15n * 10n ** 17n), '1.5')
  assert.equal(formatAmount(10n ** 27n), '1000000000')
})

test(`what is written is read back as the same amount (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.bigInt(1n, MAX_TOKENS), (tokens) => assert.equal(parseAmount(formatAmount(tokens)), tokens)),
    { seed, numRuns: 1_000 },
  )
})

test('ambiguous, empty, negative, too fine and too large amounts are refused', () => {
  const digits = 'digits with at most one decimal point'
  const cases: [string, string][] = [
    ...[
      '',
      ' ',
      '1e18',
      '1,5',
      '1,000',
      '1_000',
      '1 000',
      ' 1',
      '1 ',
      '+1',
      '-1',
      '.5',
      '1.',
      '01',
      '0x10',
      '1.2.3',
      '١',
      'NaN',
      'Infinity',
      '1 TTX',
    ].map((text): [string, string] => [text, digits]),
    ['0', 'more than zero'],
    ['0.000', 'more than zero'],
    ['1.0000000000000000001', 'at most 18 decimals'],
    ['340282366920938463463.374607431768211456', 'at most 340282366920938463463.374607431768211455 TTX'],
    ['9'.repeat(1_000), 'at most 340282366920938463463'],
  ]
  for (const [text, message] of cases) {
    assert.throws(
      () => parseAmount(text),
      (error) => error instanceof InvalidArgumentError && error.message.includes(message),
      JSON.stringify(text),
    )
  }
})
