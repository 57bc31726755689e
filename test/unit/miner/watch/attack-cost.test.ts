// What attacks cost: the arithmetic, and each bound on a delay against the model of the race that the contract is held against.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gasFigures } from '../../../../deployments/gas.ts'
import { type AttackName, costAttacks, type Situation } from '../../../../miner/watch/attack-cost.ts'
import { findOverturn } from '../../../../miner/watch/overturn.ts'
import { encodeUint } from '../../../../node/protocol/bytes.ts'
import { type Hash, toHash } from '../../../../node/protocol/ids.ts'
import { LANE_SHARE } from '../../../../node/protocol/rules.ts'
import { workOf } from '../../../../node/protocol/target.ts'
import { toGasPrice, toWei, toWork } from '../../../../node/protocol/units.ts'
import { RaceModel } from '../../../../scripts/assure/models/race.ts'

const GWEI = 10n ** 9n
const HOUR = 3_600n
/** What the shortest forced transaction pays for: itself and its 127 bytes. */
const FORCED_GAS = 5_000n + 64n * 127n
const situation: Situation = {
  baseFee: toGasPrice(7n * GWEI),
  floorPrice: toGasPrice(0n),
  tip: toGasPrice(GWEI),
  nextWork: toWork(1_000n),
  queueWaiting: 0n,
  surcharge: toWei(0n),
  overturn: { above: toHash(new Uint8Array(32)), displaced: 2, hashes: 5_000n, blocks: 3, isRival: true, closesAt: 9 },
}

function costOf(name: AttackName, changed: Partial<Situation> = {}) {
  const found = costAttacks({ ...situation, ...changed }).find(({ attack }) => attack === name)
  assert(found)
  return found
}

test('bonds are 20,000,000 gas, five times that for a rival, gas is paid at base fee and tip, and what is lost is their sum', () => {
  for (const attack of costAttacks(situation)) {
    assert.equal(attack.gasWei, attack.gas * 8n * GWEI)
    assert.equal(attack.lostWei, attack.gasWei + attack.feesWei + attack.bondLostWei)
    assert(attack.bondLostWei <= attack.bondWei && attack.delaySeconds >= 0n && attack.why.length > 40)
  }
  const bond = 20_000_000n * 7n * GWEI
  const light = costOf('light-rival')
  assert.deepEqual([light.bondWei, light.bondLostWei, light.hashes], [5n * bond, 5n * bond, 1_000n])
  assert.equal(light.gas, BigInt(gasFigures['publish, second sibling']))
  const wrong = costOf('wrong-block')
  assert.deepEqual([wrong.bondWei, wrong.bondLostWei], [bond, bond / 2n])
  const heavy = costOf('heavier-branch')
  assert.deepEqual([heavy.hashes, heavy.bondWei, heavy.bondLostWei], [5_000n, 7n * bond, 5n * bond])
  // An hour of empty blocks has 48 bonds in the contract at a time.
  assert.equal(costOf('empty-blocks').bondWei, 48n * bond)
  assert.deepEqual([costOf('false-proof').delaySeconds, costOf('false-proof').hashes], [0n, 0n])
})

test('a wrong block in blobs costs its blob on top, and is left out where there are none', () => {
  const price = toGasPrice(3n * GWEI)
  const inBlobs = costOf('wrong-block-in-blobs', { blobBaseFee: price })
  assert.equal(inBlobs.blobWei, 131_072n * price)
  assert.equal(inBlobs.lostWei, inBlobs.gasWei + inBlobs.blobWei + inBlobs.bondLostWei)
  assert.equal(inBlobs.bondLostWei, costOf('wrong-block').bondLostWei)
  assert.equal(inBlobs.delaySeconds, costOf('wrong-block').delaySeconds)
  assert.ok(costAttacks(situation).every(({ attack, blobWei }) => attack !== 'wrong-block-in-blobs' && blobWei === 0n))
})

test('however low the base fee, bonds and entries of the queue cost what they do at the floor, that of a rival at five times it, and gas does not', () => {
  const cheap = { baseFee: toGasPrice(GWEI / 20n), floorPrice: toGasPrice(3n * GWEI) }
  const light = costOf('light-rival', cheap)
  assert.equal(light.bondWei, 100_000_000n * 15n * GWEI)
  assert.equal(costOf('wrong-block', cheap).bondWei, 20_000_000n * 3n * GWEI)
  assert.equal(light.gasWei, light.gas * (GWEI / 20n + GWEI))
  assert.equal(costOf('queue-flood', cheap).feesWei, BigInt(LANE_SHARE) * FORCED_GAS * 3n * GWEI)
  const dear = { ...cheap, baseFee: toGasPrice(4n * GWEI) }
  assert.equal(costOf('light-rival', dear).bondWei, 100_000_000n * 15n * GWEI)
  assert.equal(costOf('wrong-block', dear).bondWei, 20_000_000n * 4n * GWEI)
  const dearer = { ...cheap, baseFee: toGasPrice(16n * GWEI) }
  assert.equal(costOf('light-rival', dearer).bondWei, 100_000_000n * 16n * GWEI)
})

test('half of an odd bond is rounded as the contract rounds it', () => {
  // 20,000,000 gas at 75 wei are 1.5 gwei: the contract keeps one, and a prover gets none of it.
  const wrong = costOf('wrong-block', { baseFee: toGasPrice(75n) })
  assert.deepEqual([wrong.bondWei, wrong.bondLostWei], [1_500_000_000n, 1_500_000_000n])
  const twice = costOf('wrong-block', { baseFee: toGasPrice(175n) })
  assert.deepEqual([twice.bondWei, twice.bondLostWei], [3_500_000_000n, 2_500_000_000n])
})

test('a flood pays for 128 entries a block, and what they cost on top, and what waits before a forced transaction puts it off', () => {
  const flood = costOf('queue-flood')
  assert.equal(flood.feesWei, BigInt(LANE_SHARE) * FORCED_GAS * 7n * GWEI)
  assert.equal(costOf('queue-flood', { surcharge: toWei(5n * GWEI) }).feesWei, flood.feesWei + 5n * GWEI)
  assert.equal(flood.gas, BigInt(LANE_SHARE) * BigInt(Math.ceil(gasFigures['force, 10'] / 10)))
  // The fee is whole gwei, rounded up.
  assert.equal(costOf('queue-flood', { baseFee: toGasPrice(1n) }).feesWei, BigInt(LANE_SHARE) * GWEI)
  const wait = (queueWaiting: bigint) => costOf('empty-blocks', { queueWaiting })
  assert.equal(wait(127n).delaySeconds, wait(0n).delaySeconds)
  assert.equal(wait(128n).delaySeconds, wait(0n).delaySeconds + HOUR)
  assert.equal(wait(1_000n).delaySeconds, wait(0n).delaySeconds + 7n * HOUR)
  assert.match(wait(1_000n).why, /as 1000 wait before it, the transaction is in block 8 of them/)
})

/** A model with a right block `right`, published at zero. */
function raceOf(): RaceModel {
  const model = new RaceModel('genesis', 0n)
  assert.equal(model.publish({ id: 'right', parent: 'genesis', ownWork: 10n }, 0n), undefined)
  return model
}

/** The first whole hour, and no second before it, at which the right block can be final. */
function assertFinalAt(model: RaceModel, time: bigint): void {
  assert.notEqual(model.finalize('right', time - 1n), undefined)
  assert.equal(model.finalize('right', time), undefined)
}

const rival = { id: 'other', parent: 'genesis', ownWork: 10n, beside: 'right' }

test('alone, a block is final after 24 hours: delays count from there', () => {
  assertFinalAt(raceOf(), 24n * HOUR)
})

test('a light rival delays by 25 hours at most, in whatever second it comes and however many come', () => {
  const end = 24n * HOUR + costOf('light-rival').delaySeconds
  for (const at of [1n, 5n * HOUR, 12n * HOUR - 3n]) {
    const model = raceOf()
    let beside = 'right'
    for (const [i, id] of ['other', 'more', 'most'].entries()) {
      assert.equal(model.publish({ ...rival, id, beside }, at + BigInt(i)), undefined)
      beside = id
    }
    // Somebody nominates at the last moment that costs nobody anything, or at the end of the race.
    model.nominate('genesis', 'right', end - HOUR)
    assertFinalAt(model, end)
  }
  const late = raceOf()
  assert.equal(late.publish(rival, 12n * HOUR), 'RaceClosed')
  assert.equal(late.publish({ ...rival, ownWork: 9n }, 12n * HOUR - 1n), 'RivalWorkDiffers')
  const inTime = raceOf()
  inTime.publish(rival, 12n * HOUR - 1n)
  inTime.nominate('genesis', 'right', 47n * HOUR)
  assertFinalAt(inTime, 48n * HOUR)
  assert.equal(costOf('last-second-rival').delaySeconds, costOf('light-rival').delaySeconds)
})

test('a wrong rival of the last second delays by 12 hours if it lives for a day, and not at all if it dies within 12 hours', () => {
  const at = 12n * HOUR - 1n
  for (const [life, end] of [
    [24n * HOUR, 24n * HOUR + costOf('wrong-block').delaySeconds - 1n],
    [12n * HOUR, 24n * HOUR],
    [1n, 24n * HOUR],
  ] as const) {
    const model = raceOf()
    model.publish(rival, at)
    model.publish({ id: 'heavy', parent: 'other', ownWork: 10n ** 9n }, at)
    // Its author nominates its branch: it is heavier than all else.
    assert.equal(model.nominate('genesis', 'heavy', at), undefined)
    assert.equal(model.nominate('genesis', 'right', at), 'NotHeavier')
    // Final at once when the wrong one dies, if its day is over by then, and not before.
    const death = at + life
    assert.notEqual(model.finalize('right', death), undefined)
    model.refute('other')
    if (death < end) assertFinalAt(model, end)
    else assert.equal(model.finalize('right', death), undefined)
    assert(death <= end)
  }
})

test('a nomination in the last second delays by an hour, once; one that is not heavier is refused', () => {
  const model = raceOf()
  model.publish(rival, 1n)
  model.publish({ id: 'above', parent: 'right', ownWork: 5n }, 22n * HOUR)
  model.publish({ id: 'late', parent: 'above', ownWork: 5n }, 22n * HOUR + 1n)
  model.nominate('genesis', 'right', 23n * HOUR)
  assert.equal(model.nominate('genesis', 'other', 48n * HOUR - 1n), 'NotHeavier')
  assert.equal(model.nominate('genesis', 'late', 48n * HOUR - 1n), 'NotEligible')
  assert.equal(model.nominate('genesis', 'above', 48n * HOUR - 1n), undefined)
  assert.equal(model.nominate('genesis', 'above', 48n * HOUR), 'NotHeavier')
  assertFinalAt(model, 48n * HOUR - 1n + costOf('late-nomination').delaySeconds)
})

const id = (number: number): Hash => toHash(encodeUint(number, 32))
const EASY = 2n ** 240n - 1n
const UNIT = workOf(EASY)

/** A block of `units` times the work of an easy one, above `parent`. */
function blockOn(parent: { id: Hash; height: bigint; work: bigint }, number: number, publishedAt: number, units = 1n) {
  const target = 2n ** 240n / units - 1n
  const work = parent.work + workOf(target)
  const rest = { verdict: 'valid', refuted: false, preferred: true } as const
  return { id: id(number), parent: parent.id, height: parent.height + 1n, target, work, publishedAt, ...rest }
}

const final = { ...blockOn({ id: id(0), height: 0n, work: 0n }, 1, 0), preferred: false }

test('with nothing above the final block, only the next block can be displaced', () => {
  assert.deepEqual(findOverturn([final], 100, toWork(7n)), {
    above: final.id,
    displaced: 0,
    hashes: 8n,
    blocks: 2,
    isRival: true,
  })
})

test('the lowest race that is open decides what can be displaced, and the work above its parent what that takes', () => {
  const a = blockOn(final, 2, 1_000)
  const b = blockOn(a, 3, 20_000)
  const c = blockOn(b, 4, 40_000)
  const blocks = [final, a, b, c]
  const hours = 3_600
  const open = findOverturn(blocks, 1_000 + 12 * hours - 1, toWork(1n))
  assert.deepEqual(open, {
    ...{ above: final.id, displaced: 3, hashes: 3n * UNIT + 1n },
    // A first block of the same work, and one of twice that, which lack one hash.
    ...{ blocks: 3, isRival: true, closesAt: 1_000 + 22 * hours },
  })
  const later = findOverturn(blocks, 1_000 + 12 * hours, toWork(1n))
  assert.deepEqual([later.above, later.displaced, later.hashes], [a.id, 2, 2n * UNIT + 1n])
  assert.equal(findOverturn(blocks, 40_000 + 12 * hours, toWork(1n)).displaced, 0)
})

test('a rival branch that is there saves its work until the race closes, wrong and refuted ones save nothing', () => {
  const hours = 3_600
  const a = blockOn(final, 2, 1_000)
  const b = blockOn(a, 3, 2_000, 2n)
  const lost = { preferred: false }
  const rival = { ...blockOn(final, 5, 3_000), ...lost }
  const above = { ...blockOn(rival, 6, 4_000), ...lost }
  const late = 1_000 + 22 * hours
  const saved = findOverturn([final, a, b, rival, above], late, toWork(1n))
  assert.deepEqual([saved.above, saved.displaced, saved.hashes, saved.isRival], [above.id, 2, UNIT + 1n, false])
  assert.equal(findOverturn([final, a, b, rival, above], late + 1, toWork(1n)).displaced, 0)
  const wrong = { ...rival, verdict: 'invalid' } as const
  assert.equal(findOverturn([final, a, b, wrong], late, toWork(1n)).displaced, 0)
  assert.equal(findOverturn([final, a, b, { ...rival, verdict: 'displaced' } as const], late, toWork(1n)).displaced, 0)
  assert.equal(findOverturn([final, a, b, { ...rival, refuted: true }], late, toWork(1n)).displaced, 0)
  // What builds on a wrong one saves nothing either; one that the node cannot judge may be right, and the figure is the least.
  assert.equal(findOverturn([final, a, b, wrong, above], late, toWork(1n)).displaced, 0)
  const unjudged = { ...rival, verdict: 'unknown' } as const
  assert.deepEqual(findOverturn([final, a, b, unjudged, above], late, toWork(1n)), saved)
  // Beside a wrong first block that is heavy, a rival needs as much work as that.
  const heavy = { ...blockOn(final, 7, 500, 16n), ...lost, verdict: 'invalid' } as const
  assert.equal(findOverturn([final, heavy, a], 2_000, toWork(1n)).hashes, 16n * UNIT)
})

test('what is read to find the lowest open race grows with the blocks, also where every race is closed', () => {
  const readsOf = (length: number, count: number) => {
    const blocks = [final]
    for (let i = 0; i < length; i++) blocks.push(blockOn(blocks[i] ?? final, i + 2, i))
    const crowd = Array.from({ length: count }, (_, i) => {
      const parent = blocks[i % length] ?? final
      return { ...blockOn(parent, 1_000 + i, 1_000), preferred: false }
    })
    let reads = 0
    const counted = [...blocks, ...crowd].map((block) => {
      const get = (each: typeof block, member: string | symbol) => {
        reads++
        return Reflect.get(each, member)
      }
      return new Proxy(block, { get })
    })
    assert.equal(findOverturn(counted, 100 * 3_600, toWork(1n)).displaced, 0)
    return reads
  }
  for (const count of [1_000, 4_000, 16_000]) assert(readsOf(128, count) < 20 * (count + 128), `${count}`)
})
