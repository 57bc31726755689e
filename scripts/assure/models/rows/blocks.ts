// Which blocks the rows model looks at: all small ones, and right ones with something changed in them.

import { type Header, type Leaf, type Parent, product, type Queues, type Rights, rightsOf } from './rights.ts'
import { BLOB, type Blob, GROWTHS, growthOf, KINDS, STATES, TELLING, tell } from './step.ts'

export type Case = {
  readonly parent: Parent
  readonly header: Header
  readonly blob: Blob
  readonly rights: Rights
}

const QUEUES: readonly Queues[] = [
  { deposits: [], forced: [] },
  { deposits: [1], forced: [] },
  { deposits: [], forced: [2] },
  { deposits: [0], forced: [3] },
  { deposits: [0, 1], forced: [1] },
  { deposits: [], forced: [0, 3] },
]

const LEAVES: readonly Leaf[] = [0, 1, 2].flatMap((step) =>
  [0, 1].flatMap((to) => [1, 2].map((amount): Leaf => [step, to, amount])),
)
const ONES: readonly (readonly Leaf[])[] = [[], ...LEAVES.map((leaf) => [leaf])]
const HEADS: readonly (readonly Leaf[])[] = [
  ...ONES,
  ...LEAVES.flatMap((one) => LEAVES.filter((other) => one[0] <= other[0]).map((other) => [one, other])),
]

/** Each block of one step or none: all that an opening can say of it. */
export function* smallest(): Generator<Case> {
  for (const queues of QUEUES) {
    for (const state of range(STATES)) {
      const parent = { state, queues }
      const [none, one] = [rightsOf(parent, 0), rightsOf(parent, 1)]
      for (const claim of claims(parent, ONES)) {
        yield { parent, header: { ...claim, steps: 0 }, blob: Array(BLOB).fill(0), rights: none }
        for (const elements of product([range(12), range(12), range(12)])) {
          yield { parent, header: { ...claim, steps: 1 }, blob: [7, 9, ...elements, 5, 5, 5], rights: one }
        }
      }
    }
  }
}

/** Blocks of two steps with the headers that are near. */
export function* small(): Generator<Case> {
  const heads: readonly (readonly Leaf[])[] = [[], [[0, 0, 1]], [[1, 0, 1]], [[0, 0, 1], [1, 0, 1]]] // biome-ignore format: a table
  for (const queues of QUEUES) {
    for (const state of [2, 1]) {
      const parent = { state, queues }
      const rights = rightsOf(parent, 2)
      const near = [...claims(parent, heads)].map((claim) => ({ ...claim, steps: 2 }))
      for (const [after = 0, end = 0, count = 0, other = 0] of product([
        range(STATES),
        [0, 4, 5, 6, 7, 8, 9],
        range(3),
        range(2),
      ])) {
        const growth = (growthOf(state, after) + other) % GROWTHS
        const entry = [after, tell(end, count, growth), 1, 1]
        for (const elements of product([range(KINDS), range(KINDS), range(KINDS), range(KINDS)])) {
          const blob = [...entry, ...elements]
          for (const header of near) yield { parent, header, blob, rights }
        }
      }
    }
  }
}

/** Right blocks of up to three steps, nothing to three things changed in each, and anything in what does not count; without end. */
export function* changed(random: () => number): Generator<Case> {
  const below = (bound: number) => Math.floor(random() * bound)
  const tables = new Map<string, Rights>()
  const rightsFor = (parent: Parent, steps: number) => {
    const key = `${QUEUES.indexOf(parent.queues)} ${parent.state} ${steps}`
    const known = tables.get(key) ?? rightsOf(parent, steps)
    tables.set(key, known)
    return known
  }
  for (;;) {
    const parent = { state: below(STATES), queues: pick(QUEUES, below) }
    const steps = below(4)
    const rights = [...rightsFor(parent, steps).values()]
    let blob = Array.from({ length: BLOB * pick([1, 2, 2], below) }, () => below(TELLING))
    let header: Header = { steps, state: parent.state, growth: 0, head: [], deposits: 0, forced: 0 }
    if (rights.length > 0) {
      const right = pick(rights, below)
      header = right.header
      for (const { at, by, value } of pick(right.blobs, below)) {
        if (at < blob.length) blob[at] = by < TELLING ? value + by * below(3) : value
      }
    }
    if (random() < 0.06) blob = blob.map((element) => element % 8)
    for (let i = pick([0, 1, 1, 2, 3], below); i > 0; i--) header = change(header, parent, blob, below)
    yield { parent, header, blob, rights: rightsFor(parent, header.steps) }
  }
}

/** Changes one thing in the blob, or one in the header that it returns. */
function change(header: Header, { queues }: Parent, blob: number[], below: (bound: number) => number): Header {
  switch (below(10)) {
    case 4:
      return { ...header, state: below(STATES) }
    case 5:
      return { ...header, head: pick(HEADS, below) }
    case 6:
      return { ...header, deposits: below(queues.deposits.length + 1) }
    case 7:
      return { ...header, forced: below(queues.forced.length + 1) }
    case 8:
      return { ...header, steps: below(4) }
    case 9:
      return { ...header, growth: below(GROWTHS) }
    default: {
      const at = below(blob.length)
      const growsOneMore = ((blob[at] ?? 0) + tell(0, 0, 1)) % TELLING
      blob[at] = pick([below(TELLING), below(KINDS), 0, growsOneMore], below)
      return header
    }
  }
}

/** With the growth that leads to the state, and another one. */
function* claims(parent: Parent, heads: readonly (readonly Leaf[])[]): Generator<Omit<Header, 'steps'>> {
  const { queues } = parent
  for (const state of range(STATES)) {
    for (const head of heads) {
      for (const deposits of range(queues.deposits.length + 1)) {
        for (const forced of range(queues.forced.length + 1)) {
          const growth = growthOf(parent.state, state)
          yield { state, growth, head, deposits, forced }
          yield { state, growth: (growth + 1) % GROWTHS, head, deposits, forced }
        }
      }
    }
  }
}

function range(end: number): number[] {
  return Array.from({ length: end }, (_, i) => i)
}

function pick<Item>(items: readonly Item[], below: (bound: number) => number): Item {
  const item = items[below(items.length)]
  if (item === undefined) throw new RangeError('there is nothing to choose from')
  return item
}
