// What the watching commands share: judging one block, and verdicts in words.

import { describeDoubt, type Judge, type Judgement } from '../../../../miner/watch/judge.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { describeLoss, PROBLEM_WORDS, type Problem, type ProblemWords } from '../../../../node/protocol/problems.ts'
import { parseIdOf } from '../../ids/id-argument.ts'
import type { Court } from './court.ts'

const parseBlock = parseIdOf('block')

/**
 * Judges a block on what any source serves of it. Without an endpoint of its own it has only the node to say what Ethereum has, which must then
 * trust its own view.
 */
export async function judgeAt(
  { node, readers }: Court,
  judge: Judge,
  id: Hash,
  signal: AbortSignal,
): Promise<Judgement> {
  if (readers.length === 0) {
    await node.call('bridge_block', { id }, signal) // throws for a block that nobody knows
    const { bridge } = await node.call('node_info', {}, signal)
    if (bridge.state !== 'live') return { verdict: 'unknown', why: describeDoubt(bridge) }
  }
  return await judge.judge(id, signal)
}

/** Rows for people: the verdict, and both readings of a wrong step. */
export function describeJudgement(judgement: Judgement): [string, string][] {
  if (judgement.verdict === 'valid') return [['verdict', 'valid: every step was replayed']]
  if (judgement.verdict === 'doomed') {
    return [['verdict', `doomed: it builds on the wrong block ${judgement.by}, and dies with it`]]
  }
  if (judgement.verdict === 'unknown') return [['verdict', `unknown: ${judgement.why}`]]
  const { step, problem, stated, expected } = judgement
  return [
    ['verdict', `INVALID at step ${step}: ${problem}`],
    ['means', PROBLEM_WORDS[problem].meaning],
    ['loss', describeLoss(problem)],
    ['stated', `${stated} (state after the step)`],
    ['expected', expected ?? WITHOUT_STATE[problem] ?? 'no such step: it is invalid whatever it leads to'],
  ]
}

/** The same words for programs, beside the code; none unless a step is wrong. */
export function wordsOf(judgement: Judgement): Partial<ProblemWords> {
  return judgement.verdict === 'invalid' ? PROBLEM_WORDS[judgement.problem] : {}
}

/** For commander: the commands that it is for need no node, so that nobody could be asked whether it is a transaction of Ethereum. */
export function parseBlockId(text: string): Hash {
  const id = parseBlock(text)
  if (id.kind === 'hash') return id.hash
  throw new RangeError('only the id of a block is parsed as one')
}

/** Of problems that are not a matter of the state after the step. The last five are of blocks whose rows are in blobs. */
const WITHOUT_STATE: Partial<Record<Problem, string>> = {
  WrongVoid: 'the transaction applied: it is valid, and the block calls it void',
  WrongEnd: 'the end that follows from the size of the step: the block states another one',
  WrongEntry: 'what the queue has at this place: the step is another one, or the queue has nothing for it there',
  WrongRequests: 'as many requests as there are up to the step: the block counts others, or more than its header has',
  OtherRequest: 'the request of the step: what the publication lists under its number is another one',
  WrongGrowth: 'as many more entries of the state as there are: the block counts others',
}
