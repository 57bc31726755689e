// The side of the rows model that decodes: what `publish` refuses, and whether one row is wrong, out of openings.
//
// A trap takes one rule away, or puts one in that looks right: the model has to see what it does.

import { type Header, isRight, type Parent, type Rights } from './rights.ts'
import {
  APPLIED,
  type Blob,
  COUNTS,
  DEPOSIT,
  ENDS,
  GROWTHS,
  growthOf,
  KINDS,
  run,
  SIZES,
  STATES,
  VOID,
} from './step.ts'

/** Each makes right blocks refutable, or lets wrong ones stand. */
export const TRAPS = [
  'consumed above steps',
  'empty block states a state',
  'empty block with a head',
  'any path convicts',
  'ends unchecked',
  'queue unchecked',
  'requests unchecked',
  'count of no request unchecked',
  'growth unchecked',
  'growth of the last row unchecked',
  'growth of a row alone',
  'last row must end with the blobs',
  'last row reads an end from entry n-1',
  'counts come from the prover',
  'forced before deposits',
] as const
/** It looks like one, and changes nothing. */
export const HARMLESS = 'beyond the root is no verdict'
export type Trap = (typeof TRAPS)[number] | typeof HARMLESS

export type Tally = { blocks: number; right: number; rightRefuted: number; wrongStands: number }

export function newTally(): Tally {
  return { blocks: 0, right: 0, rightRefuted: 0, wrongStands: 0 }
}

/** Judges a block by both sides. The rules hold if no right block is refuted and no wrong one stands. */
export function judge(tally: Tally, rights: Rights, parent: Parent, header: Header, blob: Blob, trap?: Trap): void {
  if (!isAccepted(parent, header, trap)) return
  const right = isRight(rights, header, blob)
  let refutable = false
  for (let i = 0; i < header.steps && !refutable; i++) refutable = isWrong(i, parent, header, blob, trap)
  tally.blocks += 1
  if (right) tally.right += 1
  if (right && refutable) tally.rightRefuted += 1
  if (!right && !refutable) tally.wrongStands += 1
}

/** What `publish` checks, beyond the queue itself. */
function isAccepted(parent: Parent, header: Header, trap: Trap | undefined): boolean {
  const { steps, state, growth, head, deposits, forced } = header
  if (deposits + forced > steps && trap !== 'consumed above steps') return false
  if (steps > 0) return true
  if (growth !== 0) return false
  if (state !== parent.state && trap !== 'empty block states a state') return false
  return head.length === 0 || trap === 'empty block with a head'
}

type Row = {
  readonly before: number
  readonly at: number
  /** Requests before it, and with it. */
  readonly from: number
  readonly to: number
  readonly after: number
  /** Entries of the state before it more than before the first, and with it. */
  readonly grown: number
  readonly growth: number
  /** Where it must end; not asked for of the last one. */
  readonly end: number | undefined
}

function isWrong(i: number, parent: Parent, header: Header, blob: Blob, trap: Trap | undefined): boolean {
  const read = (at: number) => blob[at] ?? 0
  const { before, at, from, to, after, grown, growth, end } = rowOf(i, parent, header, read)
  const kind = read(at) % KINDS
  const size = SIZES[kind]
  if (kind === 0 || size === undefined) return true
  const [x, y] = [read(at + 1), read(at + 2)]
  const next = at + size
  if (end !== undefined && next !== end && trap !== 'ends unchecked') return true
  if (end === undefined && trap === 'last row reads an end from entry n-1' && next !== endAt(i, read)) return true
  if (end === undefined && trap === 'last row must end with the blobs' && next !== blob.length) return true
  if (!isInPlace(i, kind, x, parent, header, trap) && trap !== 'queue unchecked') return true
  const post = run(before, kind, x, y)
  if (post === undefined || post.state !== after) return true
  const isAsked = trap !== 'growth unchecked' && (trap !== 'growth of the last row unchecked' || end !== undefined)
  const sum = (trap === 'growth of a row alone' ? 0 : grown) + growthOf(before, after)
  if (isAsked && growth !== sum % GROWTHS) return true
  if (trap === 'requests unchecked') return false
  const { request } = post
  if (trap === 'counts come from the prover') return [0, 1, 2, 3].some((count) => to !== count + (request ? 1 : 0))
  if (request === undefined) return to !== from && trap !== 'count of no request unchecked'
  if (to !== from + 1) return true
  const leaf = header.head[from]
  if (leaf === undefined) return trap !== HARMLESS
  // "Folding what should be there does not give the root": siblings that are garbage do the same.
  if (trap === 'any path convicts') return true
  return leaf[0] !== i || leaf[1] !== request.to || leaf[2] !== request.amount
}

function rowOf(i: number, parent: Parent, header: Header, read: (at: number) => number): Row {
  const { steps, state, head } = header
  const isLast = i === steps - 1
  return {
    before: i === 0 ? parent.state : read(2 * i - 2) % STATES,
    at: i === 0 ? 2 * steps : endAt(i - 1, read),
    from: i === 0 ? 0 : read(2 * i - 1) % COUNTS,
    to: isLast ? head.length : read(2 * i + 1) % COUNTS,
    after: isLast ? state : read(2 * i) % STATES,
    grown: i === 0 ? 0 : growthAt(i - 1, read),
    growth: isLast ? header.growth : growthAt(i, read),
    end: isLast ? undefined : endAt(i, read),
  }
}

function endAt(entry: number, read: (at: number) => number): number {
  return Math.floor(read(2 * entry + 1) / COUNTS) % ENDS
}

function growthAt(entry: number, read: (at: number) => number): number {
  return Math.floor(read(2 * entry + 1) / (COUNTS * ENDS)) % GROWTHS
}

/** Whether the step is what the queue has at its place, and none of the queue if it has nothing there. */
function isInPlace(
  i: number,
  kind: number,
  x: number,
  { queues }: Parent,
  { deposits, forced }: Header,
  trap: Trap | undefined,
): boolean {
  const isForced = kind === APPLIED || kind === VOID
  const isDeposit = (at: number) => kind === DEPOSIT && x % 2 === queues.deposits[at]
  const isForcedEntry = (at: number) => isForced && x % 4 === queues.forced[at]
  if (i >= deposits + forced) return !isForced && kind !== DEPOSIT
  if (trap === 'forced before deposits') return i < forced ? isForcedEntry(i) : isDeposit(i - forced)
  return i < deposits ? isDeposit(i) : isForcedEntry(i - deposits)
}
