// Text that fits a screen, whatever it says.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fitLine, wrap } from '../../../../../scripts/cli/screen/fit.ts'

test('parts that do not fit are left out, the least first, and the order stays', () => {
  const parts = [
    { text: 'first', rank: 3 },
    { text: 'second', rank: 1 },
    { text: '', rank: 9 },
    { text: 'third', rank: 2 },
  ]
  assert.equal(fitLine(parts, 100), 'first  second  third')
  assert.equal(fitLine(parts, 19), 'first  third')
  assert.equal(fitLine(parts, 11), 'first')
  assert.equal(fitLine(parts, 3), 'fir')
})

test('a wrapped text has all its words, and no line that is too long', () => {
  assert.deepEqual(wrap('one two three four', 9, '  '), ['one two', '  three', '  four'])
  assert.deepEqual(wrap('abcdefghij', 4, ' '), ['abcd', ' efg', ' hij'])
  const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 30 }), {
    minLength: 1,
  })
  fc.assert(
    fc.property(words, fc.integer({ min: 10, max: 40 }), (all, width) => {
      const lines = wrap(all.join(' '), width, '    ')
      assert(lines.every((line) => line.length <= width))
      assert.equal(
        lines
          .map((line) => line.trim())
          .join('')
          .replaceAll(' ', ''),
        all.join(''),
      )
    }),
    { seed: 1 },
  )
})
