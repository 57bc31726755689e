// When a call that is sent everywhere has come to its end: in doubt it has not.

import type { Receipt } from '../../ethereum.ts'
import type { Phase } from './phase.ts'

/**
 * `over`: every endpoint that answers says so; `receipt` is that of an attempt which did it, by the word of one of them. `failed`: an attempt
 * is in a block, and nothing has come of it. `disputed`: some say that it is over, and others not, for longer than it takes to learn of a block.
 */
export type Ending =
  | { readonly status: 'over'; readonly receipt?: Receipt }
  | { readonly status: 'failed'; readonly receipt: Receipt }
  | { readonly status: 'disputed' }

/** Where not all say that it is over. `isPatient`: those that are behind may yet follow the others. */
export function endingOf(phases: readonly Phase[], isPatient: boolean): Ending | undefined {
  const isOver = phases.some(({ state }) => state === 'over')
  const [failed] = phases.flatMap((phase) => (phase.state === 'failed' ? [phase] : []))
  if (!isOver && failed === undefined) return undefined
  if (isPatient && !phases.every(isFinished)) return undefined
  return isOver || failed === undefined ? { status: 'disputed' } : { status: 'failed', receipt: failed.receipt }
}

/** Whether nothing will change by itself at an endpoint. */
export function isFinished({ state }: Phase): boolean {
  return state === 'over' || state === 'failed'
}
