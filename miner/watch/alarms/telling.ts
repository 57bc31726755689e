// What happens to cases and tasks of a watcher, as alarms.

import { OperationError } from '../../../node/errors.ts'
import { keptIdOf } from '../../../node/protocol/ids.ts'
import { PROBLEM_WORDS } from '../../../node/protocol/problems.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { type Case, dateOf } from '../cases.ts'
import type { Settled } from '../judge.ts'
import type { AlarmFacts, Raise } from './alarm.ts'

/** `block ID refutation`, the task of a pursuit. */
const REFUTATION = /^block (0x[0-9a-f]{64}) refutation$/

/** `isActing`: it is being killed. */
export function tellWrong(
  alarms: Raise,
  { block, deadline }: Case,
  { step, problem }: Extract<Settled, { verdict: 'invalid' }>,
  isActing: boolean,
): void {
  const { meaning, loss } = PROBLEM_WORDS[problem]
  const message = `Block ${block} on Ethereum is wrong: step ${step}, ${meaning}. Had it become final, ${loss}.`
  const advice = isActing ? '' : ` Nobody kills it from here: run "ttx refute ${block}".`
  const facts = { block, step, code: problem, meaning, loss, canBeFinalAt: dateOf(deadline) }
  alarms.raise('wrong-block', keptIdOf(block), `${message}${advice}`, facts)
}

export function tellDeath(alarms: Raise, { block, problem, by = 'others', gas, reward, transaction }: Case): void {
  alarms.raise('killed', keptIdOf(block), `Wrong block ${block} is dead, killed by ${by} (${problem}).`, {
    ...{ block, by },
    ...(gas === undefined ? {} : { gas: `${gas}` }),
    ...(reward === undefined ? {} : { rewardWei: `${reward}` }),
    ...(transaction === undefined ? {} : { transaction }),
  })
}

export function tellTrouble(alarms: Raise, task: string, problem: Error): void {
  // Has an alarm of its own, or only makes room for others.
  const code = codeOf(problem)
  if (task === 'comparing verdicts' || code === 'refutation-unfinished') return
  const [, block] = REFUTATION.exec(task) ?? []
  if (block === undefined) {
    alarms.raise('trouble', `${task} ${code}`, `${task}: ${textOf(problem)}.`, { code })
    return
  }
  const message = `The refutation of block ${block} did not go through: ${textOf(problem)}.`
  alarms.raise('kill-failed', `${block} ${code}`, message, { block, code })
}

/** How many wrong blocks live, and which of them could be final first. */
export function standingOf(cases: readonly Case[]): AlarmFacts {
  const living = cases.filter(({ state }) => state === 'open' || state === 'tried')
  const [first] = living.toSorted((a, b) => (a.deadline < b.deadline ? -1 : 1))
  return { alive: living.length, ...(first ? { first: first.block, canBeFinalAt: dateOf(first.deadline) } : {}) }
}

function codeOf(problem: Error): string {
  return problem instanceof OperationError || problem instanceof RuleError ? problem.code : 'bug'
}

/** Our own errors have no secrets in their messages; others may quote whole URLs. */
function textOf(problem: Error): string {
  return codeOf(problem) === 'bug' ? 'a bug, which the log of the watcher has whole' : problem.message
}
