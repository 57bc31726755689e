// How two rival blocks compare in the race above their fork: which is ahead, and by what rule. Pure.

import { type Hash, keyOf } from '../../node/protocol/ids.ts'

export type Contender = {
  readonly id: Hash
  /** Cumulative, expected hashes. */
  readonly work: bigint
  /** Unix seconds. */
  readonly publishedAt: number
  /** Whether it was seen to be valid, and is not refuted; whatever else decides nothing. */
  readonly isRight: boolean
  /** Whether its branch was made final, from the first block above the fork on. */
  readonly hasWon: boolean
}

/**
 * `by`: `final` (decided), `life` (the other is refuted, wrong, or not judged), `window` (the other was published too late to take part),
 * `work` (more of it, by `margin` hashes), `time` (earlier, by `margin` seconds), `id` (the smaller one, in one second).
 * `neither`: neither of the two can win.
 */
export type Lead =
  | { readonly ahead: 'a' | 'b'; readonly by: 'final' | 'life' | 'window' | 'id' }
  | { readonly ahead: 'a' | 'b'; readonly by: 'work' | 'time'; readonly margin: bigint }
  | { readonly ahead: 'neither'; readonly by: 'final' | 'life' | 'window' }

/**
 * By the race rule of docs/protocol.md section 7.5. `until` is the last second in which a block may be published to take part;
 * `isDecided`: some child of the fork is final.
 */
export function leadOf(a: Contender, b: Contender, until: number, isDecided: boolean): Lead {
  if (isDecided) return unequal(a.hasWon, b.hasWon, 'final')
  if (!a.isRight || !b.isRight) return unequal(a.isRight, b.isRight, 'life')
  const [countsA, countsB] = [a.publishedAt <= until, b.publishedAt <= until]
  if (!countsA || !countsB) return unequal(countsA, countsB, 'window')
  if (a.work !== b.work) return { ahead: a.work > b.work ? 'a' : 'b', by: 'work', margin: distance(a.work, b.work) }
  const [timeA, timeB] = [BigInt(a.publishedAt), BigInt(b.publishedAt)]
  if (timeA !== timeB) return { ahead: timeA < timeB ? 'a' : 'b', by: 'time', margin: distance(timeA, timeB) }
  return { ahead: keyOf(a.id) < keyOf(b.id) ? 'a' : 'b', by: 'id' }
}

/** Where a block is: what it builds on, and how high. */
export type Place = { readonly id: Hash; readonly parent: Hash; readonly height: bigint }

/** `above`: the blocks right above the fork on either side; where a block is the fork itself there is none. */
export type Fork = { readonly id: Hash; readonly aboveA?: Hash; readonly aboveB?: Hash }

/** Where the branches of two blocks meet; `undefined` if that is more than `most` blocks below the higher one. */
export async function findFork(
  place: (id: Hash) => Promise<Place>,
  a: Hash,
  b: Hash,
  most: number,
): Promise<Fork | undefined> {
  let [placeA, placeB] = [await place(a), await place(b)]
  let [aboveA, aboveB]: (Hash | undefined)[] = []
  for (let walked = 0; placeA.id !== placeB.id; walked++) {
    if (walked === most) return undefined
    const difference = placeA.height - placeB.height
    if (difference >= 0n) {
      aboveA = placeA.id
      placeA = await place(placeA.parent)
    }
    if (difference <= 0n) {
      aboveB = placeB.id
      placeB = await place(placeB.parent)
    }
  }
  return { id: placeA.id, ...(aboveA ? { aboveA } : {}), ...(aboveB ? { aboveB } : {}) }
}

function unequal(a: boolean, b: boolean, by: 'final' | 'life' | 'window'): Lead {
  return { ahead: a === b ? 'neither' : a ? 'a' : 'b', by }
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a
}
