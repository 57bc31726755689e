// Blocks of Ethereum by their time: found wherever they are, in few questions, and not where times make no sense.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Moments } from '../../../../miner/watch/evidence/moments.ts'
import type { ChainBlock } from '../../../../node/ethereum/chain.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'
import { madeUpId } from '../../../support/miner/made-up-tree.ts'

const CHAINS: Readonly<Record<string, (i: number) => bigint>> = {
  'a block every twelve seconds': (i) => 1_700_000_000n + 12n * BigInt(i),
  'a first block of no time, as Ethereum has it': (i) => (i === 0 ? 0n : 1_438_269_973n + 13n * BigInt(i)),
  'slots that are missed': (i) => 1_700_000_000n + 12n * BigInt(i + (i % 7 === 0 ? 1 : 0) + 3 * Math.floor(i / 100)),
  'a long stop in the middle': (i) => 1_700_000_000n + BigInt(i) + (i > 600 ? 10_000_000n : 0n),
  'several blocks of one second': (i) => 1_700_000_000n + BigInt(Math.floor(i / 5)),
  'hundreds of blocks of one second': (i) => 1_700_000_000n + BigInt(Math.floor(i / 300)),
}

for (const [name, timeOf] of Object.entries(CHAINS)) {
  test(`with ${name} the first block of a time or later is found`, async () => {
    const chain = made(Array.from({ length: 1_000 }, (_, i) => timeOf(i)))
    const moments = new Moments(chain)
    const random = randomOf(7)
    for (let i = 0; i < 300; i++) {
      const time = timeOf(Math.floor(random() * 1_000)) - BigInt(Math.floor(random() * 3))
      const expected = chain.times.findIndex((each) => each >= time)
      assert.equal(await moments.find(toTime(time)), BigInt(expected), `time ${time}`)
    }
  })
}

test('what Ethereum has not come to yet is not found, and looked for anew', async () => {
  const chain = made([10n, 22n, 34n])
  const moments = new Moments(chain)
  assert.equal(await moments.find(toTime(40n)), undefined)
  chain.times.push(46n)
  assert.equal(await moments.find(toTime(40n)), 3n)
})

test('among twenty million blocks a search takes few questions, and the next one close by fewer', async () => {
  const length = 20_000_000n
  const timeOf = (number: bigint) => 1_438_269_973n + 12n * number + (number > 15_000_000n ? 3_600n : 0n)
  let asked = 0
  const blockAt = async (number: bigint): Promise<ChainBlock> => {
    asked += 1
    return { number, time: toTime(timeOf(number)), hash: madeUpId(`${number}`), parent: madeUpId(`${number}`) }
  }
  const moments = new Moments({ blockAt, head: () => blockAt(length - 1n) })
  assert.equal(await moments.find(toTime(timeOf(19_000_000n))), 19_000_000n)
  assert.ok(asked <= 40, `${asked} questions`)
  asked = 0
  for (let i = 0n; i < 100n; i++)
    assert.equal(await moments.find(toTime(timeOf(19_000_000n + 5n * i))), 19_000_000n + 5n * i)
  assert.ok(asked <= 400, `${asked} questions for a hundred searches`)
})

test('an endpoint whose times make no sense costs a bounded number of questions', async () => {
  let asked = 0
  const liar = {
    head: async () => block(1_000_000n, 5_000_000n),
    blockAt: async (number: bigint) => {
      asked += 1
      return block(number, number % 2n === 0n ? 4_999_999n : 1n)
    },
  }
  await new Moments(liar).find(toTime(2_500_000n)).catch((error) => assert.equal(error.code, 'ethereum-refused'))
  assert.ok(asked <= 90, `${asked} questions`)
  const falling = {
    head: async () => block(100n, 5_000n),
    blockAt: async (number: bigint) => block(number, 9_000n - number),
  }
  await assert.rejects(new Moments(falling).find(toTime(2_000n)), { code: 'ethereum-refused', retry: true })
  const hollow = { head: async () => block(100n, 5_000n), blockAt: async () => undefined }
  await assert.rejects(new Moments(hollow).find(toTime(2_000n)), { code: 'ethereum-refused', retry: true })
})

test('after a reorganisation nothing is remembered', async () => {
  const chain = made(Array.from({ length: 100 }, (_, i) => BigInt(10 * i)))
  const moments = new Moments(chain)
  assert.equal(await moments.find(toTime(500n)), 50n)
  for (let i = 40; i < 100; i++) chain.times[i] = BigInt(10 * i + 100)
  moments.forget()
  assert.equal(await moments.find(toTime(500n)), 40n)
})

function made(times: bigint[]) {
  return {
    times,
    head: async () => block(BigInt(times.length - 1), times.at(-1) ?? 0n),
    blockAt: async (number: bigint) => {
      const time = times[Number(number)]
      return time === undefined ? undefined : block(number, time)
    },
  }
}

function block(number: bigint, time: bigint): ChainBlock {
  return { number, time: toTime(time), hash: madeUpId(`${number}`), parent: madeUpId(`${number}`) }
}
