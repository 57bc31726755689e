// What strangers wrote, on a terminal: it hides nothing, and what is JSON stays the same JSON.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inQuotes, printable, printableLine } from '../../../../scripts/cli/printable.ts'

test('what moves, turns, or has no width is shown by its number, and letters of all scripts as they are', () => {
  const seen = ['plain', 'Grüße', '表', 'שלום', 'سلام', '😀', 'e\u0301', ' ', '\u00a0']
  assert.deepEqual(seen.map(printableLine), seen)
  const unseen = [
    ...['\u001b', '\u007f', '\u009b', '\r', '\u2028', '\u202e', '\u2067', '\u200e', '\u061c'],
    ...['\u00ad', '\u200b', '\u200d', '\u2060', '\ufeff', '\ufff9', '\u{e0041}', '\u{1d173}'],
  ]
  for (const each of unseen) {
    const text = printableLine(`a${each}b`)
    assert.match(text, /^a(\\u[0-9a-f]{4}){1,2}b$/)
    assert.equal(JSON.parse(`"${text}"`), `a${each}b`)
    assert.deepEqual(JSON.parse(printable(JSON.stringify({ [each]: [each] }))), { [each]: [each] })
  }
  assert.equal(printable('a\nb\u200b'), 'a\nb\\u200b')
  assert.equal(printableLine('a\nb'), 'a\\u000ab')
})

test('words of others are quoted, and push nothing into a line of its own', () => {
  assert.equal(inQuotes('for the coffee'), '"for the coffee"')
  assert.equal(inQuotes(`tea${' '.repeat(60)}to  0x12`), '"tea [60 blanks] to [2 blanks] 0x12"')
  assert.equal(inQuotes('a\u2003\u00a0\u3000b "c"'), `"a [3 blanks] b 'c'"`)
})
