// The side of the rows model that encodes: every right block on a parent, and what must be in its blob where.

import {
  APPLIED,
  type Blob,
  DEPOSIT,
  growthOf,
  KINDS,
  PAYMENT,
  REQUEST,
  run,
  SIZES,
  STATES,
  TELLING,
  tell,
  VOID,
} from './step.ts'

/** What waits: what deposits bring, and forced transactions. */
export type Queues = { readonly deposits: readonly number[]; readonly forced: readonly number[] }
export type Parent = { readonly state: number; readonly queues: Queues }
/** A leaf of the requests' tree: of which step, to whom, how much. */
export type Leaf = readonly [step: number, to: number, amount: number]

/** What a block says of itself: `head` is what its requests' root stands for. */
export type Header = {
  readonly steps: number
  readonly state: number
  /** Entries that the state has more, modulo `GROWTHS`. */
  readonly growth: number
  readonly head: readonly Leaf[]
  readonly deposits: number
  readonly forced: number
}

/** Element `at`, modulo `by`, must be `value`; what is beyond the blobs reads as zero. */
type Must = { readonly at: number; readonly by: number; readonly value: number }
/** By header; several blocks may have the same one. */
export type Rights = ReadonlyMap<string, { readonly header: Header; readonly blobs: readonly (readonly Must[])[] }>

function keyOf({ state, growth, head, deposits, forced }: Header): string {
  return [state, growth, deposits, forced, ...head.flat()].join()
}

/** All right blocks of this many steps. */
export function rightsOf(parent: Parent, steps: number): Rights {
  const { queues } = parent
  const found = new Map<string, { header: Header; blobs: Must[][] }>()
  for (let deposits = 0; deposits <= queues.deposits.length; deposits++) {
    for (let forced = 0; forced <= queues.forced.length && deposits + forced <= steps; forced++) {
      for (const chosen of choices(queues, deposits, forced, steps)) {
        const block = encode(parent, chosen, { deposits, forced })
        if (block === undefined) continue
        const known = found.get(keyOf(block.header))
        if (known === undefined) found.set(keyOf(block.header), { header: block.header, blobs: [block.must] })
        else known.blobs.push(block.must)
      }
    }
  }
  return found
}

export function isRight(rights: Rights, header: Header, blob: Blob): boolean {
  const blobs = rights.get(keyOf(header))?.blobs ?? []
  return blobs.some((must) => must.every(({ at, by, value }) => (blob[at] ?? 0) % by === value))
}

type Choice = readonly [kind: number, x: number, y: number]

function* choices(queues: Queues, deposits: number, forced: number, steps: number): Generator<readonly Choice[]> {
  const amounts: Choice[] = [0, 1].flatMap((x) => [0, 1].map((y): Choice => [REQUEST, x, y]))
  const free: Choice[] = [[PAYMENT, 0, 0], ...amounts]
  const places: (readonly Choice[])[] = [
    ...queues.deposits.slice(0, deposits).map((gross): Choice[] => [[DEPOSIT, gross, 0]]),
    ...queues.forced.slice(0, forced).map((packed): Choice[] => [
      [APPLIED, packed, 0],
      [VOID, packed, 0],
    ]),
    ...Array.from({ length: steps - deposits - forced }, () => free),
  ]
  yield* product(places)
}

export function* product<Item>(places: readonly (readonly Item[])[]): Generator<readonly Item[]> {
  const [first, ...rest] = places
  if (first === undefined) yield []
  else for (const item of first) for (const others of product(rest)) yield [item, ...others]
}

function encode(
  { state: before }: Parent,
  chosen: readonly Choice[],
  consumed: { readonly deposits: number; readonly forced: number },
): { readonly header: Header; readonly must: Must[] } | undefined {
  const steps = chosen.length
  const head: Leaf[] = []
  const must: Must[] = []
  let state = before
  let at = 2 * steps
  for (const [i, [kind, x, y]] of chosen.entries()) {
    const post = run(state, kind, x, y)
    if (post === undefined) return undefined
    state = post.state
    if (post.request) head.push([i, post.request.to, post.request.amount])
    must.push({ at, by: KINDS, value: kind })
    if (kind === APPLIED || kind === VOID) must.push({ at: at + 1, by: 4, value: x })
    if (kind === DEPOSIT || kind === REQUEST) must.push({ at: at + 1, by: 2, value: x })
    if (kind === REQUEST) must.push({ at: at + 2, by: 2, value: y })
    at += SIZES[kind] ?? 0
    // The last step has no entry: what would be in it is in the header.
    if (i < steps - 1) {
      must.push({ at: 2 * i, by: STATES, value: state })
      must.push({ at: 2 * i + 1, by: TELLING, value: tell(at, head.length, growthOf(before, state)) })
    }
  }
  return { header: { steps, state, growth: growthOf(before, state), head, ...consumed }, must }
}
