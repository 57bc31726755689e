// What to work at next: what waits for a block, or a block in defence of our own ones.

import type { Head } from '../node/ethereum/reader.ts'
import type { Defence } from './defence/defence.ts'
import type { Planner, Prospect } from './planner.ts'
import { type Decision, decideDefence } from './profit.ts'

export type Choice = { readonly prospect: Prospect; readonly decision: Decision }

export type ChoiceDeps = {
  readonly planner: Pick<Planner, 'defend' | 'rules'>
  readonly defence: Pick<Defence, 'stands' | 'stake'>
}

/** Places that are looked at in one round, since each costs some questions. */
const TRIES = 2

/**
 * The usual choice, unless our own blocks are in danger and worth a block in their defence. `hashRate` is hashes a second, zero if unknown.
 * Throws what node and endpoint throw.
 */
export async function chooseWork(
  { planner, defence }: ChoiceDeps,
  usual: Choice,
  head: Head,
  hashRate: number,
  signal: AbortSignal,
): Promise<Choice> {
  let unworthy: Decision | undefined
  for (const stand of defence.stands(head.next, hashRate).slice(0, TRIES)) {
    // Any block there will do.
    if (usual.decision.publish && stand.on.id === usual.prospect.parent) return usual
    const prospect = await planner.defend(stand, head, signal)
    if (prospect === undefined || prospect.obstacle !== undefined) continue
    const stake = defence.stake(stand)
    const decision = decideDefence(prospect.plan.content, prospect.policy, stake)
    if (decision.publish) return { prospect, decision }
    unworthy = decision
    break // those below it save less
  }
  // Where there is nothing else to say, why our own blocks are left alone.
  return usual.decision.code === 'nothing' && unworthy ? { ...usual, decision: unworthy } : usual
}
