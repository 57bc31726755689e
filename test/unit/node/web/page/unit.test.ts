// Amounts of assets as people write them: in the decimals that an asset claims, in base units where it claims none, and never rounded.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInfohash } from '../../../../../node/protocol/ids.ts'
import { formatIn, keyOf, readIn, unitOf, WHOLE_TTX } from '../../../../../node/web/page/assets/unit.ts'
import { de } from '../../../../../node/web/page/language/de.ts'
import { en } from '../../../../../node/web/page/language/en.ts'

const asset = parseInfohash('1'.repeat(40))

test('what an asset claims is how its amounts are written and read; without a claim they are base units', () => {
  const gold = unitOf(asset, { symbol: 'GOLD', decimals: 2 })
  assert.equal(formatIn(150n, gold, en), '1.5 GOLD')
  assert.equal(readIn(' 1.5 ', gold), 150n)
  assert.equal(readIn('1.505', gold), undefined)
  assert.equal(readIn('0', gold), undefined)
  const bare = unitOf(asset, undefined)
  assert.equal(formatIn(150n, bare, en), '150 units')
  assert.equal(formatIn(150n, bare, de), '150 Einheiten')
  assert.equal(readIn('150', bare), 150n)
  assert.equal(readIn('1.5', bare), undefined)
})

test('a name without decimals does not make base units whole ones', () => {
  assert.equal(formatIn(150n, unitOf(asset, { symbol: 'GOLD' }), en), '150 units')
})

test('what was written for one unit is of another one when its decimals become known', () => {
  assert.notEqual(keyOf(unitOf(asset, undefined)), keyOf(unitOf(asset, { decimals: 0 })))
  assert.notEqual(keyOf(unitOf(asset, { decimals: 18 })), keyOf(WHOLE_TTX))
  assert.equal(readIn('1', unitOf(undefined, undefined)), 10n ** 18n)
})
