// A miner in words: the line that changes, and the table of `ttx miner status`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { liveLine, moneyRows, statusRows } from '../../../../../scripts/cli/commands/mine/words.ts'
import type { MinerReport } from '../../../../../scripts/miner-report.ts'
import { exampleReport } from '../../../../support/miner/example-report.ts'

const report = exampleReport()
const { network: _network, ...alone } = report

test('the line has state, rates, difficulty, expected time, share and money, and all of it fits a hundred columns', () => {
  const { profit: _profit, ...unpriced } = report.money
  assert.equal(
    liveLine(exampleReport({ money: unpriced }), 99),
    'searching #20  1.91 MH/s  60s 1.8M  15m 1.75M  134MH ~1 min  25% share  +1.23 TTX, -0.000003 ETH',
  )
  assert.equal(
    liveLine(report, 99),
    'searching #20  1.91 MH/s  60s 1.8M  15m 1.75M  134MH ~1 min  25% share  profit +0.00245 ETH',
  )
})

test('in less it leaves out what matters least', () => {
  assert.equal(liveLine(report, 80), 'searching #20  1.91 MH/s  60s 1.8M  134MH ~1 min  25% share  profit +0.00245 ETH')
  assert.equal(liveLine(report, 66), 'searching #20  1.91 MH/s  134MH ~1 min  profit +0.00245 ETH')
  assert.equal(liveLine(report, 30), 'searching #20  1.91 MH/s')
})

test('a miner that rests says how fast it was and what it has, and not what it does not do', () => {
  const { profit: _profit, ...unpriced } = report.money
  const money = { ...unpriced, earned: '12345678900000000000', ether: '0' }
  assert.equal(
    liveLine(exampleReport({ state: 'resting', money }), 100),
    'resting #20  1.91 MH/s  60s 1.8M  15m 1.75M  25% share  +12.3 TTX, 0 ETH  13 published, 12 final',
  )
  const great = { ...unpriced, earned: '1234567890000000000000', ether: '-912345000000000' }
  assert.match(liveLine(exampleReport({ state: 'resting', money: great }), 100), /\+1234 TTX, -0\.000912 ETH/)
})

test('whatever the figures are, the line fits', () => {
  const whole = fc.bigInt({ min: -(10n ** 28n), max: 10n ** 28n }).map(String)
  const rate = fc.double({ min: 0, max: 1e18, noNaN: true })
  const any = fc.record({
    earned: whole,
    ether: whole,
    profit: whole,
    rate,
    seconds: rate,
    height: fc.nat(),
    width: fc.integer({ min: 20, max: 100 }),
  })
  fc.assert(
    fc.property(any, ({ earned, ether, profit, rate: tenSeconds, seconds, height, width }) => {
      const rates = { tenSeconds, minute: tenSeconds / 3, quarterHour: tenSeconds / 7 }
      const money = { ...report.money, earned, ether, profit }
      const changes: Partial<MinerReport> = { rates, money, expectedSeconds: seconds, height: `${height}` }
      assert(liveLine(exampleReport(changes), width).length <= width)
    }),
    { seed: 3 },
  )
})

test('the table says of what the share is estimated, and how good that is', () => {
  const rows = Object.fromEntries(statusRows(report))
  assert.equal(
    rows['network'],
    '25% of it; all miners 7.2 MH/s, by the work of the last 25 blocks in 1 d 1 h (give or take 20%)',
  )
  assert.equal(rows['hash rate'], '1.91 MH/s over 10 s, 1.8 MH/s over 60 s, 1.75 MH/s over 15 min of searching')
  assert.equal(rows['searched'], '1 h 6 min since it was started, on 3 of 4 cores by kernel avx2')
  assert.match(Object.fromEntries(statusRows(alone))['network'] ?? '', /^unknown: too few blocks/)
})

test('what was earned and paid is there in TTX and in ETH, and with a price as one sum', () => {
  assert.deepEqual(moneyRows(report), [
    ['earned', '1.23 TTX, 0.000000003 ETH of forced transactions (0.02 TTX more once final)'],
    ['paid', '0.000002003 ETH for gas, 0.000001 ETH of lost bonds (0.04 ETH are out)'],
    ['profit', '+1.23 TTX, -0.000003 ETH = +0.002457 ETH'],
  ])
  const { profit: _profit, ...unpriced } = report.money
  assert.deepEqual(moneyRows(exampleReport({ money: unpriced })).at(-1), [
    'profit',
    '+1.23 TTX, -0.000003 ETH; as one sum with a --price',
  ])
})
