// When a call that is sent everywhere has come to its end: in doubt it has not.

import type { Receipt } from '../../reader.ts'
import type { Phase } from './phase.ts'

/**
 * `over`: every endpoint that answers says so; `receipt` is that of an attempt which did it, as one of them says. `failed`: an attempt
 * is in a block, and nothing has come of it. `disputed`: some say that it is over, and others not, for longer than it takes to learn of a block.
 */
export type Ending =
  | { readonly status: 'over'; readonly receipt?: Receipt }
  | { readonly status: 'failed'; readonly receipt: Receipt }
  | { readonly status: 'disputed' }

/**
 * `isHeard`: every endpoint is among these, or was silent since the first one said that it has come to its end, for as long as an answer may take.
 * `isLate`: since then those that are behind had the time to follow.
 */
export function endingOf(
  phases: readonly Phase[],
  { isHeard, isLate }: { readonly isHeard: boolean; readonly isLate: boolean },
): Ending | undefined {
  const over = phases.flatMap((phase) => (phase.state === 'over' ? [phase] : []))
  const [failed] = phases.flatMap((phase) => (phase.state === 'failed' ? [phase] : []))
  if (over.length === 0 && failed === undefined) return undefined
  if (!isLate && !(isHeard && phases.every(isFinished))) return undefined
  if (over.length === phases.length) {
    const [receipt] = over.flatMap((phase) => phase.receipt ?? [])
    return { status: 'over', ...(receipt && { receipt }) }
  }
  return over.length > 0 || failed === undefined
    ? { status: 'disputed' }
    : { status: 'failed', receipt: failed.receipt }
}

/** Whether nothing will change at an endpoint unless somebody acts. */
export function isFinished({ state }: Phase): boolean {
  return state === 'over' || state === 'failed'
}
