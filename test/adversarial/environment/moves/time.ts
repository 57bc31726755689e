// Moves of Ethereum itself: time that jumps, fees that do, and blocks that are taken back.

import type { Hex } from 'viem'
import { FINALITY_DEPTH } from '../honest.ts'
import type { Move } from './move.ts'

const MINUTE = 60
const HOUR = 3_600
const DAY = 24 * HOUR
/** Some of them end at the very second at which a rule changes. */
const JUMPS = [10 * MINUTE, 45 * MINUTE, HOUR, 2 * HOUR, 11 * HOUR, 12 * HOUR, 22 * HOUR, DAY, 2 * DAY, 9 * DAY]
const GWEI = 10 ** 9

const wait: Move = {
  name: 'let minutes pass',
  weight: 8,
  async make(ground, chance) {
    const seconds = BigInt(chance.size(1, HOUR))
    await ground.pass(seconds)
    return `${seconds} s`
  },
}

const jump: Move = {
  name: 'let hours or days pass',
  weight: 9,
  async make(ground, chance) {
    const seconds = BigInt((chance.pick(JUMPS) ?? HOUR) + chance.whole(-1, 1))
    // What is due is due to be done: no more than a day passes without anybody.
    if (seconds >= HOUR) await ground.settle()
    await ground.pass(seconds)
    return `${seconds} s`
  },
}

const fees: Move = {
  name: 'change the base fee',
  weight: 1,
  async make({ stage }, chance) {
    const baseFeePerGas = BigInt(chance.size(7, 300 * GWEI))
    await stage.anvil.client.setNextBlockBaseFeePerGas({ baseFeePerGas })
    await stage.anvil.client.mine({ blocks: 1 })
    return `${baseFeePerGas} wei`
  },
}

const reorganise: Move = {
  name: 'reorganise Ethereum',
  weight: 4,
  async make(ground, chance) {
    const { client } = ground.stage.anvil
    const { number } = await ground.head()
    const depth = Math.min(chance.whole(1, FINALITY_DEPTH), Number(number))
    const fate = chance.oneOf('dropped', 'put in elsewhere', 'put in all at once')
    const raw: Hex[] = []
    for (let at = number - BigInt(depth) + 1n; at <= number; at++) {
      const { transactions } = await client.getBlock({ blockNumber: at })
      for (const hash of transactions) {
        raw.push(await client.request<ReadRaw>({ method: 'eth_getRawTransactionByHash', params: [hash] }))
      }
    }
    const places = raw.map(() => chance.whole(0, depth - 1)).toSorted((a, b) => a - b)
    const pairs = raw.map((each, i) => [each, fate === 'put in elsewhere' ? (places[i] ?? 0) : 0] as const)
    await client.request<Reorganise>({ method: 'anvil_reorg', params: [depth, fate === 'dropped' ? [] : pairs] })
    await client.mine({ blocks: 1 })
    ground.reorganisations += 1
    return `${depth} blocks, ${raw.length} transactions ${fate}`
  },
}

type Reorganise = {
  Method: 'anvil_reorg'
  Parameters: [number, readonly (readonly [Hex, number])[]]
  ReturnType: null
}

type ReadRaw = { Method: 'eth_getRawTransactionByHash'; Parameters: [Hex]; ReturnType: Hex }

export const TIME_MOVES: readonly Move[] = [wait, jump, fees, reorganise]
