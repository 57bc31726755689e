// Symbols of assets: what is shown as one, what the memo of an issuance says, and which names are read as the same.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatClaim, isSymbol, MAX_DECIMALS, parseClaim } from '../../../../node/asset-claim.ts'
import { formatAmount } from '../../../../node/client/amount.ts'
import { imitatedBy, moneyImitatedBy } from '../../../../node/client/symbol.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { isMemo } from '../../../../node/protocol/members.ts'

const [one, two] = ['1', '2'].map((digit) => digit.repeat(40) as Infohash) as [Infohash, Infohash]

test('a symbol is of ASCII letters, digits and points, with a letter in it, and no longer than 16', () => {
  for (const text of ['GOLD', 'usdc', 'USDC.e', '1INCH', 'x', 'A'.repeat(16)]) assert(isSymbol(text), text)
  for (const text of [
    '',
    '100',
    '.A',
    'A B',
    'A'.repeat(17),
    'GОLD',
    'ＧＯＬＤ',
    'G\u200bOLD',
    'A"',
    'A\n',
    'A-B',
    '1.5',
  ])
    assert(!isSymbol(text), JSON.stringify(text))
})

test('the memo of an issuance says symbol, decimals and prospectus, and any other memo says nothing', () => {
  const claims = [
    { symbol: 'GOLD', decimals: 0 },
    { symbol: 'USDC.e', decimals: MAX_DECIMALS, prospectus: one },
  ]
  for (const claim of claims) {
    assert(isMemo(formatClaim(claim)))
    assert.deepEqual(parseClaim(formatClaim(claim)), claim)
  }
  assert.equal(formatClaim({ symbol: 'GOLD', decimals: 6, prospectus: one }), `GOLD 6 ${one}`)
  for (const memo of [
    undefined,
    '',
    'GOLD',
    'GOLD 06',
    'GOLD 39',
    'GOLD -1',
    'GOLD  6',
    'GOLD 6 x',
    `GOLD 6 ${one} y`,
    '1 6',
  ])
    assert.equal(parseClaim(memo), undefined, memo)
})

test('a name that reads like another is told, whatever its case, and with digits and letters that look alike', () => {
  const known = [{ asset: one, symbol: 'GOLDmill' }]
  for (const symbol of ['goldMILL', 'G0LDM1LL', 'GOLDRNIll', 'GOLD.mill', 'GOLDmill'])
    assert.deepEqual(imitatedBy({ asset: two, symbol }, known), known, symbol)
  assert.deepEqual(imitatedBy({ asset: two, symbol: 'GOLDmills' }, known), [])
  assert.deepEqual(imitatedBy({ asset: one, symbol: 'GOLDmill' }, known), [], 'not itself')
  assert.equal(moneyImitatedBy('ttx'), 'TTX')
  assert.equal(moneyImitatedBy('W.TTX'), 'wTTX')
  assert.equal(moneyImitatedBy('8TC'), 'BTC')
  assert.equal(moneyImitatedBy('WETH'), undefined)
})

test('amounts have as many decimals as the asset says', () => {
  assert.equal(formatAmount(1_500_000n, 6), '1.5')
  assert.equal(formatAmount(1_500_000n, 0), '1500000')
  assert.equal(formatAmount(1n, 38), `0.${'0'.repeat(37)}1`)
  assert.equal(formatAmount(0n, 6), '0')
})
