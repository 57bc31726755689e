// Random races: what a tree of blocks may meet in its life, with clocks that like to stand where a rule changes.

import { type RaceModel, RULE } from '../../../scripts/assure/models/race.ts'

/** What happens next. `choice` is a random number that picks the target of a new block. */
export type RaceMove =
  | { readonly kind: 'publish'; readonly parent: string; readonly choice: number; readonly beside?: string }
  | { readonly kind: 'refute' | 'finalize' | 'withdrawBond'; readonly block: string }
  | { readonly kind: 'nominate'; readonly parent: string; readonly block: string }

const WINDOWS = [
  RULE.siblingSeconds,
  RULE.branchSeconds,
  RULE.aloneSeconds,
  RULE.raceSeconds,
  RULE.nominationSeconds,
  RULE.bondSeconds,
]

/** The next moment: now, a little later, or just before, at, or after the end of some window that has not ended yet. */
export function pickTime(model: RaceModel, now: bigint, random: () => number): bigint {
  const luck = random()
  // Seldom, since everything that waits is over by then.
  if (luck < 0.01) return now + RULE.parentSeconds + BigInt(Math.floor(random() * 3)) - 1n
  if (luck < 0.25) return now
  if (luck < 0.5) return now + 1n
  if (luck < 0.8) return now + BigInt(Math.floor(random() * 2 * 3_600))
  const starts = [
    ...model.blocks.slice(-12).map(({ time }) => time),
    ...[...model.slots.values()].map(({ time }) => time),
  ]
  const ends = starts.flatMap((start) => WINDOWS.map((window) => start + window)).filter((end) => end > now + 1n)
  const end = pickFrom(ends.toSorted((a, b) => Number(a - b)).slice(0, 8), random)
  return end === undefined ? now + 1n : end + BigInt(Math.floor(random() * 3)) - 1n
}

/** The next move; some of them are wrong on purpose. */
export function pickMove(model: RaceModel, now: bigint, random: () => number): RaceMove {
  const blocks = model.blocks
  const any = () => (pickFrom(blocks, random) ?? model.genesis).id
  const children = model.live(model.tip.id)
  const child = () => (pickFrom(children, random) ?? model.genesis).id
  const recent = () => (pickFrom(blocks.slice(-4), random) ?? model.genesis).id
  const luck = random()
  if (luck < 0.45) {
    const spot = random()
    const open = blocks.filter(({ id, height }) => height >= model.tip.height && isOpen(model, id, now))
    // Branches have to grow to displace a first block: often the newest is built upon.
    const candidates = spot < 0.5 ? open.slice(-2) : open
    const parent = spot < 0.25 ? model.tip.id : spot < 0.85 ? (pickFrom(candidates, random) ?? model.tip).id : any()
    const siblings = model.live(parent)
    const named = random()
    const beside = named < 0.9 ? siblings.at(-1) : named < 0.97 ? pickFrom(siblings, random) : pickFrom(blocks, random)
    return { kind: 'publish', parent, choice: random(), ...(beside ? { beside: beside.id } : {}) }
  }
  if (luck < 0.65) {
    const heaviest = model.heaviest(model.tip.id)
    if (heaviest !== undefined && random() < 0.3) return { kind: 'nominate', parent: model.tip.id, block: heaviest.id }
    const block = random() < 0.6 ? recent() : any()
    const ancestors = blocks.filter(({ id }) => model.wayFrom(id, block) !== undefined)
    const spot = random()
    const parent = spot < 0.6 ? model.tip.id : spot < 0.9 ? (pickFrom(ancestors, random) ?? model.tip).id : any()
    return { kind: 'nominate', parent, block }
  }
  if (luck < 0.82) {
    const nominated = model.wayFrom(model.tip.id, model.slots.get(model.tip.id)?.block ?? '')?.at(-1)
    if (nominated !== undefined && random() < 0.5) return { kind: 'finalize', block: nominated.id }
    return { kind: 'finalize', block: random() < 0.9 ? child() : any() }
  }
  if (luck < 0.89) return { kind: 'refute', block: random() < 0.6 ? child() : any() }
  const lost = blocks.filter(({ rival, final, bond }) => rival && !final && bond === 'held')
  return { kind: 'withdrawBond', block: random() < 0.5 ? (pickFrom(lost, random) ?? model.tip).id : any() }
}

function isOpen(model: RaceModel, parent: string, now: bigint): boolean {
  const first = model.live(parent)[0]
  return first === undefined || now < first.time + RULE.siblingSeconds
}

function pickFrom<T>(items: readonly T[], random: () => number): T | undefined {
  return items[Math.floor(random() * items.length)]
}
