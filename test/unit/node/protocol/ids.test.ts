// Ids as text: either case is read, anything else is a rule error that quotes it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress, parseHash, parseInfohash } from '../../../../node/protocol/ids.ts'

const PARSERS = [
  { parse: parseAddress, prefix: '0x', digits: 40, code: 'bad-address' },
  { parse: parseInfohash, prefix: '', digits: 40, code: 'bad-infohash' },
  { parse: parseHash, prefix: '0x', digits: 64, code: 'bad-hash' },
] as const

for (const { parse, prefix, digits, code } of PARSERS) {
  test(`${digits} hex digits after "${prefix}" are read in either case, and all else is ${code}`, () => {
    const right = `${prefix}${'aB'.repeat(digits / 2)}`
    assert.equal(parse(right), right.toLowerCase())
    for (const wrong of ['', 'x', prefix, `${right}a`, right.slice(0, -1), `${right.slice(0, -1)}g`, ` ${right}`])
      assert.throws(() => parse(wrong), { name: 'RuleError', code }, wrong)
  })
}
