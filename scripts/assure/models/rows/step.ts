// The toy ledger of the rows model: six kinds of steps, three states, and a step function that both of its sides share.

/** An element of a blob is a small number, read as what its place makes of it. */
export type Blob = readonly number[]

/** Elements of a blob. */
export const BLOB = 8
export const STATES = 3
/** Ends of steps are read modulo this, counts of requests modulo `COUNTS`, growth modulo `GROWTHS`: below zero it wraps around. */
export const ENDS = 64
export const COUNTS = 4
export const GROWTHS = 5

/** Kind 0 has no shape. */
export const KINDS = 6
export const DEPOSIT = 1
export const APPLIED = 2
export const VOID = 3
export const PAYMENT = 4
export const REQUEST = 5

/** In elements, by kind. */
export const SIZES = [0, 2, 2, 2, 1, 3] as const

type Request = { readonly to: number; readonly amount: number }
export type Post = { readonly state: number; readonly request?: Request }

/** What the second element of an entry says, and what that is read modulo. */
export function tell(end: number, count: number, growth: number): number {
  return COUNTS * (ENDS * growth + end) + count
}
export const TELLING = COUNTS * ENDS * GROWTHS

/** How many entries a state has more than another: as many as it has money. */
export function growthOf(before: number, after: number): number {
  return (GROWTHS + after - before) % GROWTHS
}

/** Undefined where the step is invalid. `x` and `y` are the elements behind the kind's. */
export function run(state: number, kind: number, x: number, y: number): Post | undefined {
  if (kind === DEPOSIT) return { state: Math.min(state + 1 + (x % 2), STATES - 1) }
  if (kind === APPLIED) return force(state, x % 4)
  if (kind === VOID) return force(state, x % 4) === undefined ? { state } : undefined
  if (kind === PAYMENT) return state > 0 ? { state: STATES - state } : undefined
  const amount = 1 + (x % 2)
  return state >= amount ? { state: state - amount, request: { to: y % 2, amount } } : undefined
}

function force(state: number, packed: number): Post | undefined {
  const amount = 1 + (packed & 1)
  if (state < amount) return undefined
  return packed >> 1 ? { state: state - amount, request: { to: 0, amount } } : { state: (state + 1) % STATES }
}
