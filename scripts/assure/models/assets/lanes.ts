// The lanes of the assets model: which entries a block may consume, by words and by what the contract reads, one step after another.

const LANES = [0, 1, 2] as const
/** Entries of a lane that a block takes at most. */
const SHARE = 1

/** `length` entries, of which the parent has consumed `count`, and those from `young` on are younger than an hour. */
type LaneState = { readonly length: number; readonly count: number; readonly young: number }
export type Queue = readonly [LaneState, LaneState, LaneState]

/** An entry by its number, or a transaction that a miner chose. */
export type QueueStep = { readonly lane: (typeof LANES)[number]; readonly index: number } | 'transaction'

/** Each makes the contract accept what it must not, or refuse everything. */
export const LANE_TRAPS = [
  'lanes in any order',
  'entries after transactions',
  'the share is all there is',
  'old ones may wait',
  'entries of no lane',
] as const
export type LaneTrap = (typeof LANE_TRAPS)[number]

/** What the contract does: it reads the steps in their order, and compares counts and running hashes in the end. */
export function isTaken(queue: Queue, steps: readonly QueueStep[], trap?: LaneTrap): boolean {
  const counts = queue.map(({ count }) => count)
  const hashes = queue.map(({ count }) => numbersBelow(count).join())
  let [consumed, last] = [0, 0]
  for (const [i, step] of steps.entries()) {
    if (step === 'transaction') continue
    const { lane, index } = step
    if (consumed !== i && trap !== 'entries after transactions') return false
    if (lane < last && trap !== 'lanes in any order') return false
    consumed = i + 1
    last = lane
    counts[lane] = (counts[lane] ?? 0) + 1
    hashes[lane] = [...(hashes[lane] ? [hashes[lane]] : []), index].join()
  }
  return queue.every(({ length, count, young }, lane) => {
    const [end, hash] = [counts[lane] ?? 0, hashes[lane]]
    const most = trap === 'the share is all there is' ? length : Math.min(length, count + SHARE)
    if (end > most) return false
    if (hash !== numbersBelow(end).join() && trap !== 'entries of no lane') return false
    return end === count + SHARE || end === length || end >= young || trap === 'old ones may wait'
  })
}

/** What it should do: of each lane the next ones, in their order, first lane first, transactions after that, and no old one left that there is room for. */
export function isMeant(queue: Queue, steps: readonly QueueStep[]): boolean {
  return blocksOf(queue).some((entries) => {
    const [begin, rest] = [steps.slice(0, entries.length), steps.slice(entries.length)]
    return JSON.stringify(begin) === JSON.stringify(entries) && rest.every((step) => step === 'transaction')
  })
}

/** The entries of all right blocks. */
export function blocksOf(queue: Queue): readonly QueueStep[][] {
  return LANES.reduce<QueueStep[][]>(
    (blocks, lane) => blocks.flatMap((block) => rangesOf(queue[lane], lane).map((range) => [...block, ...range])),
    [[]],
  )
}

/** All states of the lanes with up to `most` entries. */
export function* queues(most: number): Generator<Queue> {
  const lanes: LaneState[] = []
  for (let length = 0; length <= most; length++) {
    for (let count = 0; count <= length; count++) {
      for (let young = count; young <= length; young++) lanes.push({ length, count, young })
    }
  }
  for (const a of lanes) for (const b of lanes) for (const c of lanes) yield [a, b, c]
}

/** All sequences of up to `most` steps. */
export function sequences(entries: number, most: number): readonly (readonly QueueStep[])[] {
  const steps: QueueStep[] = ['transaction']
  for (const lane of LANES) for (let index = 0; index < entries; index++) steps.push({ lane, index })
  let last: readonly (readonly QueueStep[])[] = [[]]
  const all = [...last]
  for (let length = 1; length <= most; length++) {
    last = last.flatMap((sequence) => steps.map((step) => [...sequence, step]))
    all.push(...last)
  }
  return all
}

function rangesOf({ length, count, young }: LaneState, lane: (typeof LANES)[number]): QueueStep[][] {
  const ranges: QueueStep[][] = []
  for (let end = count; end <= Math.min(length, count + SHARE); end++) {
    const isEnough = end === length || end - count === SHARE || end >= young
    if (isEnough) ranges.push(numbersBelow(end - count).map((i) => ({ lane, index: count + i })))
  }
  return ranges
}

function numbersBelow(end: number): readonly number[] {
  return Array.from({ length: end }, (_, i) => i)
}
