// Views of made-up blocks in any shape and number, to measure and to test what is read from a view.

import type { BlockVerdict, BridgeBlock, BridgeView, Nomination } from '../../node/bridge/view.ts'
import { encodeUint } from '../../node/protocol/bytes.ts'
import { genesisBlock, type SealedHeader } from '../../node/protocol/header.ts'
import { type Hash, toHash, ZERO_ADDRESS, ZERO_HASH } from '../../node/protocol/ids.ts'
import { ofLanes } from '../../node/protocol/queue.ts'
import { addWork, later, type Time, toSeconds, toTime, toWork, type Work } from '../../node/protocol/units.ts'

export type Planted = {
  /** The block on which it builds, by its number: 0 is the final block, the first of the list has number 1. */
  readonly on: number
  /** Seconds after the final block; not before the block on which it builds. */
  readonly at: number
  /** Its own, expected hashes. */
  readonly work?: bigint
  readonly verdict?: BlockVerdict
  readonly refuted?: boolean
}

/** Block `block` is in the slot of block `of`, from this many seconds after the final block. */
export type PlantedSlot = { readonly of: number; readonly block: number; readonly at: number }

/** Of the final block, unix seconds. */
export const GROUND_TIME = toTime(1_000_000n)

const VALID: BlockVerdict = { verdict: 'valid' }
const target = 2n ** 216n - 1n
const ground = genesisBlock({
  chain: 31_337n,
  bridge: ZERO_ADDRESS,
  easiestTarget: target,
  state: ZERO_HASH,
})

/** Ids neither ascend nor descend, so that ties go either way. */
export function plantedId(number: number): Hash {
  return toHash(encodeUint((BigInt(number + 1) * 0x9e3779b97f4a7c15n) % 2n ** 64n, 32))
}

/** A view whose final block has these above it, in the order of publication. */
export function plant(list: readonly Planted[], slots: readonly PlantedSlot[] = []): BridgeView {
  const children = [...list, undefined].map((): Hash[] => [])
  const blocks: BridgeBlock[] = [blockOf(0, ground, GROUND_TIME, toWork(0n), children[0] ?? [])]
  for (const [i, { on, at, work = 5n, verdict = VALID, refuted = false }] of list.entries()) {
    const number = i + 1
    const parent = blocks[on]
    if (parent === undefined) throw new RangeError(`block ${number} builds on block ${on}, which is not there yet`)
    children[on]?.push(plantedId(number))
    const header = { ...ground.header, parent: parent.id, height: parent.sealed.header.height + 1n }
    const sealed = { header, seal: ground.seal }
    const block = blockOf(
      number,
      sealed,
      later(GROUND_TIME, toSeconds(at)),
      addWork(parent.work, toWork(work)),
      children[number] ?? [],
    )
    blocks.push({ ...block, verdict, refuted })
  }
  return {
    root: plantedId(0),
    final: plantedId(0),
    blocks: new Map(blocks.map((block) => [block.id, block])),
    slots: new Map(slots.map(({ of, block, at }) => [plantedId(of), nomination(block, at)])),
    queue: ofLanes(() => ({ start: 0n, startHash: ZERO_HASH, entries: [] })),
    claimed: new Map(),
  }
}

function blockOf(
  number: number,
  sealed: SealedHeader,
  publishedAt: Time,
  work: Work,
  children: readonly Hash[],
): BridgeBlock {
  const place = { number: BigInt(number), hash: ZERO_HASH, logIndex: 0, transaction: ZERO_HASH, time: publishedAt }
  const rest = { verdict: VALID, refuted: false, requests: [] }
  return { id: plantedId(number), sealed, publishedAt, work, place, children, ...rest }
}

function nomination(block: number, at: number): Nomination {
  const time = later(GROUND_TIME, toSeconds(at))
  return { block: plantedId(block), place: { number: 0n, hash: ZERO_HASH, logIndex: 0, transaction: ZERO_HASH, time } }
}
