// Prices along the curve: the least that may be wanted, at every size of number, and never a unit to the maker's loss.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  after,
  byPrice,
  type Curve,
  feeIn,
  keepsProduct,
  PPM,
  shareOf,
  wantFor,
} from '../../../../../node/client/maker/curve.ts'
import { MAX_TOKENS } from '../../../../../node/protocol/rules.ts'

const SEED = 20_261_130
/** Of every length, not only long ones. */
const tokens = fc.integer({ min: 1, max: 128 }).chain((bits) => fc.bigInt(1n, 2n ** BigInt(bits) - 1n))
const curve: fc.Arbitrary<Curve> = fc.record({ give: tokens, want: tokens })
const fee = fc.bigInt(0n, PPM / 2n)

test('what is wanted is enough with the fee, and a unit less is not', (t) => {
  t.diagnostic(`seed ${SEED}`)
  const property = fc.property(curve, tokens, fee, (there, give, millionths) => {
    const want = wantFor(there, give, millionths)
    if (want === undefined) return
    const isEnough = (got: bigint) => got * (PPM - millionths) * (there.give - give) >= there.want * give * PPM
    assert(isEnough(want))
    assert(!isEnough(want - 1n))
    assert(want >= 1n && want <= MAX_TOKENS)
    assert(keepsProduct(there, { give, want }))
    const next = after(there, { give, want })
    assert(next.give * next.want >= there.give * there.want)
    assert(feeIn(want, millionths) < want)
  })
  fc.assert(property, { seed: SEED, numRuns: 2_000 })
})

test('what cannot be given has no price: all of it, more, nothing, or where the other side is empty', () => {
  for (const give of [0n, 10n, 11n, MAX_TOKENS]) assert.equal(wantFor({ give: 10n, want: 10n }, give, 0n), undefined)
  assert.equal(wantFor({ give: 10n, want: 0n }, 1n, 0n), undefined)
  assert.equal(wantFor({ give: 1n, want: 5n }, 1n, 0n), undefined)
  assert.equal(wantFor({ give: 2n, want: MAX_TOKENS }, 1n, 0n), MAX_TOKENS)
  assert.equal(wantFor({ give: 2n, want: MAX_TOKENS }, 1n, 1n), undefined)
  assert.equal(wantFor({ give: MAX_TOKENS, want: 1n }, 1n, 0n), 1n)
  assert.equal(wantFor({ give: MAX_TOKENS, want: MAX_TOKENS }, MAX_TOKENS / 2n, 0n), MAX_TOKENS - 1n)
})

test('prices by hand: a hundredth of 1,000 for a hundredth of 2,000, and the fee', () => {
  // 2,000 x 10 / 990 = 20.2…, and 1.5% of what comes in: 20.51…
  assert.equal(wantFor({ give: 1_000n, want: 2_000n }, 10n, 0n), 21n)
  assert.equal(wantFor({ give: 1_000_000n, want: 2_000_000n }, 10_000n, 15_000n), 20_510n)
  assert.equal(feeIn(20_510n, 15_000n), 307n)
})

test('an asset of 77 decimals has no whole unit, and is priced as any', () => {
  const one = 10n ** 77n
  assert(one > MAX_TOKENS)
  const there = { give: MAX_TOKENS, want: 12n }
  const give = shareOf(there.give, 20_000n)
  const want = wantFor(there, give, 15_000n)
  assert.equal(want, 1n)
  assert(keepsProduct(there, { give, want }))
  assert.equal(shareOf(3n, 20_000n), 1n)
})

test('rungs are in the order of their prices, however large they are', () => {
  const rungs = [
    { give: MAX_TOKENS, want: MAX_TOKENS },
    { give: MAX_TOKENS, want: MAX_TOKENS - 1n },
    { give: 1n, want: MAX_TOKENS },
    { give: 3n, want: 2n },
  ]
  assert.deepEqual(
    rungs.toSorted(byPrice).map((rung) => rungs.indexOf(rung)),
    [3, 1, 0, 2],
  )
  assert.equal(byPrice({ give: 2n, want: 4n }, { give: 1n, want: 2n }), 0)
})
