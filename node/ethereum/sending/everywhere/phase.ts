// How far a call that is sent everywhere has come at one endpoint, as if that alone said the truth.

import type { Hash } from '../../../protocol/ids.ts'
import type { Receipt } from '../../reader.ts'
import type { Attempt } from '../attempt.ts'
import type { View } from './view.ts'

/**
 * `over`: what it is for has come about, and is deep enough if it was an attempt of ours (`receipt`: of one that succeeded). `settling`: an attempt is
 * in a block, and not deep enough. `failed`: an attempt is deep enough and had no effect. `pending`: this one can get in next.
 * `bare`: none can; one with the nonce `next` could.
 */
export type Phase =
  | { readonly state: 'over'; readonly receipt?: Receipt }
  | { readonly state: 'settling' }
  | { readonly state: 'failed'; readonly receipt: Receipt }
  | { readonly state: 'pending'; readonly attempt: Attempt }
  | { readonly state: 'bare'; readonly next: number }

export type PhaseFacts = {
  /** In the order in which they were signed. */
  readonly attempts: readonly Attempt[]
  readonly confirmations: number
  /** Whether an attempt had come to its end before this run began. */
  readonly isSpent: (hash: Hash) => boolean
  /** Whether the endpoint refused an attempt because it has another transaction with that nonce. */
  readonly isCrowdedOut: (hash: Hash) => boolean
  /** Whether an attempt has waited long enough for what is before it. */
  readonly isStuck: (attempt: Attempt) => boolean
  /** Nonces of what is under way, which get into blocks before others; and of those the ones that do so without fail. */
  readonly held: ReadonlySet<number>
  readonly heldEverywhere: ReadonlySet<number>
}

export function phaseOf(view: View, facts: PhaseFacts): Phase {
  const { attempts, confirmations, isSpent, isStuck } = facts
  const mined = attempts.flatMap((attempt) => {
    const receipt = view.receipts.get(attempt.hash)
    return receipt === undefined ? [] : [{ attempt, receipt }]
  })
  const isDeep = ({ block }: Receipt) => view.head.number - block + 1n >= BigInt(confirmations)
  const fresh = mined.filter(({ attempt }) => !isSpent(attempt.hash))
  if (fresh.some(({ receipt }) => !isDeep(receipt))) return { state: 'settling' }
  if (view.isOver) {
    const won = mined.find(({ attempt, receipt }) => receipt.success && !attempt.isCancel)
    return { state: 'over', ...(won && { receipt: won.receipt }) }
  }
  const [failed] = fresh
  if (failed !== undefined) {
    return view.isOver === undefined ? { state: 'settling' } : { state: 'failed', receipt: failed.receipt }
  }
  const attempt = fitting(view, facts)
  if (attempt !== undefined) return { state: 'pending', attempt }
  // Where an attempt has waited long enough for what is before it, another takes the place of that; else it comes after what the endpoint knows.
  const isBlocked = attempts.some((each) => each.nonce >= view.latest && isStuck(each))
  const next = isBlocked ? firstNotIn(facts.heldEverywhere, view.latest) : firstNotIn(facts.held, view.pending)
  return { state: 'bare', next }
}

/** What would get into the next block by the endpoint's own answers. */
function fitting(
  view: View,
  { attempts, isCrowdedOut, isStuck, held, heldEverywhere }: PhaseFacts,
): Attempt | undefined {
  const nonces = new Set(attempts.flatMap(({ nonce }) => (nonce >= view.latest ? [nonce] : [])))
  for (const nonce of [...nonces].toSorted((a, b) => a - b)) {
    const last = attempts.findLast((attempt) => attempt.nonce === nonce)
    if (last === undefined) continue
    const known = view.known.get(nonce)
    if (known === undefined && isCrowdedOut(last.hash)) continue
    // What is before a stuck one is what it is stuck behind.
    const isNext = isStuck(last)
      ? firstNotIn(heldEverywhere, view.latest) >= nonce
      : firstNotIn(held, view.pending) >= nonce
    if (isNext) return known ?? last
  }
  return undefined
}

function firstNotIn(held: ReadonlySet<number>, from: number): number {
  let nonce = from
  while (held.has(nonce)) nonce += 1
  return nonce
}
