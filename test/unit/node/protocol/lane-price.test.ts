// The price of a lane: exact where it is written down, and monotone, bounded and without a jump everywhere else.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  DOUBLING_SECONDS,
  ENTRY_SECONDS,
  emptyAfter,
  FREE_SECONDS,
  levelAt,
  surchargeGas,
  surchargeOf,
} from '../../../../node/protocol/lane-price.ts'
import { toSeconds, toTime } from '../../../../node/protocol/units.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const RUNS = { seed, numRuns: 500 }
const NOW = toTime(1_767_225_600n)

const level = fc.bigInt({ min: 0n, max: 2n ** 40n }).map(toSeconds)
/** Where something happens: most random levels are beyond the last doubling. */
const busy = fc.bigInt({ min: 0n, max: 70n * DOUBLING_SECONDS }).map(toSeconds)
const moment = fc.bigInt({ min: 0n, max: 2n ** 40n }).map(toTime)

function entries(count: bigint) {
  return toSeconds(count * ENTRY_SECONDS)
}

describe(`lane price (seed ${seed})`, () => {
  it('asks for nothing up to 144 entries, and doubles what is 10,000 gas and the surcharge with each 450 more', () => {
    const cases = [
      [0n, 0n],
      [144n, 0n],
      [145n, 22n],
      [144n + 225n, 5_000n],
      [144n + 450n, 10_000n],
      [144n + 675n, 20_000n],
      [144n + 900n, 30_000n],
      [144n + 4_500n, 10_230_000n],
      [144n + 64n * 450n, 10_000n * (2n ** 64n - 1n)],
      [10n ** 12n, 10_000n * (2n ** 64n - 1n)],
    ] as const
    for (const [count, gas] of cases) assert.equal(surchargeGas(entries(count)), gas, `${count} entries`)
  })

  it('never falls with the level, and no entry raises it by more than the 450th part of what it is with the 10,000', () => {
    fc.assert(
      fc.property(fc.oneof(level, busy), (at) => {
        const [before, after] = [surchargeGas(at), surchargeGas(toSeconds(at + ENTRY_SECONDS))]
        assert(before >= 0n && before <= after)
        // Twice that where the step crosses into the next doubling.
        assert(450n * (after - before) <= 2n * (10_000n + before) + 450n)
      }),
      RUNS,
    )
  })

  it('is never below the power of two that it stands for, and at most 6.2% above it', () => {
    fc.assert(
      fc.property(fc.nat({ max: 20 * Number(DOUBLING_SECONDS) }), (above) => {
        const gas = Number(surchargeGas(toSeconds(Number(FREE_SECONDS) + above)))
        const exact = 10_000 * (2 ** (above / Number(DOUBLING_SECONDS)) - 1)
        assert(gas >= exact - 1 - 1e-9 * exact, `${gas} for ${exact}`)
        assert(gas <= exact + 0.062 * (exact + 10_000), `${gas} for ${exact}`)
      }),
      RUNS,
    )
  })

  it('leaks a second a second, down to nothing', () => {
    fc.assert(
      fc.property(moment, moment, fc.bigInt({ min: 0n, max: 10_000n }), (emptyAt, now, count) => {
        const full = emptyAfter(emptyAt, now, count)
        const before = levelAt(emptyAt, now)
        assert.equal(levelAt(full, now), before + count * ENTRY_SECONDS)
        assert.equal(
          levelAt(full, toTime(now + 1n)),
          [before + count * ENTRY_SECONDS - 1n, 0n].find((at) => at >= 0n),
        )
        assert.equal(levelAt(full, full), 0n)
      }),
      RUNS,
    )
  })

  it('asks the same of entries in one call as of the same entries one by one at that time', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 6n }), fc.bigInt({ min: 0n, max: 300n }), (ahead, count) => {
        let emptyAt = toTime(NOW + ahead)
        let sum = 0n
        for (let i = 0n; i < count; i++) {
          sum += surchargeOf(emptyAt, NOW, 1n)
          emptyAt = emptyAfter(emptyAt, NOW, 1n)
        }
        assert.equal(sum, surchargeOf(toTime(NOW + ahead), NOW, count))
        assert.equal(emptyAt, emptyAfter(toTime(NOW + ahead), NOW, count))
      }),
      { seed, numRuns: 50 },
    )
  })

  it('forgets 36 entries an hour: whoever enters no more pays nothing, for ever', () => {
    let emptyAt = toTime(0n)
    for (let hour = 0n; hour < 1_000n; hour++) {
      const now = toTime(NOW + 3_600n * hour)
      assert.equal(surchargeOf(emptyAt, now, 36n), 0n)
      emptyAt = emptyAfter(emptyAt, now, 36n)
    }
    assert.equal(levelAt(emptyAt, toTime(NOW + 3_600n * 1_000n)), 0n)
  })
})
