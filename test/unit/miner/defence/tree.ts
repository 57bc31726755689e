// Trees of blocks for tests of races, told in short: which builds on which, after how many minutes, with how much work.

import type { RaceBlock } from '../../../../miner/defence/races.ts'
import { targetWith } from '../../../../miner/defence/stand.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { type Hash, toHash } from '../../../../node/protocol/ids.ts'
import { workOf } from '../../../../node/protocol/target.ts'
import { toTime, toWork } from '../../../../node/protocol/units.ts'

export type Planted = {
  readonly on?: string
  readonly minute?: number
  readonly work?: bigint
  readonly isRight?: boolean
}

export const FINAL = idOf('final')
export const START = 1_000_000n

export function idOf(name: string): Hash {
  return toHash(keccak(new TextEncoder().encode(name)))
}

/** In the order in which they are given, parents first; without `on`, a block builds on the final one. */
export function treeOf(planted: Readonly<Record<string, Planted>>): RaceBlock[] {
  const blocks = new Map<Hash, RaceBlock>()
  for (const [name, { on = 'final', minute = 0, work = 1_000n, isRight = true }] of Object.entries(planted)) {
    const [id, parent, target] = [idOf(name), idOf(on), targetWith(toWork(work))]
    const below = blocks.get(parent)?.work ?? 0n
    const publishedAt = START + 60n * BigInt(minute)
    blocks.set(id, {
      id,
      parent,
      target,
      work: toWork(below + workOf(target)),
      publishedAt: toTime(publishedAt),
      isRight,
    })
  }
  return [...blocks.values()]
}
