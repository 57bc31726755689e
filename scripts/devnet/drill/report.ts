// What a drill found, for people: each kind as it ends, and one line for all of them.

import { describeRefused } from '../../../node/ethereum/refusals.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import { describeLoss, describeProblem, PROBLEM_WORDS } from '../../../node/protocol/problems.ts'
import type { Result } from './drill.ts'
import { DRILL_KINDS, describeKind, expectedOf, modesOf, usualModeOf } from './kinds.ts'
import type { Expectation } from './lie.ts'

/** Which one of how many, from 1 on. */
export type Place = { readonly number: number; readonly of: number }

/** Each kind that there is: what it does, what must become of it and why, and who would have lost what. */
export function formatKinds(): string {
  const entries = DRILL_KINDS.map((kind) => {
    const expected = expectedOf(kind, usualModeOf(kind))
    return [
      `${kind} (${modesOf(kind).toSorted().join(', ')})`,
      `  does  ${describeKind(kind)}`,
      `  must  ${described(expected)}: ${meaningOf(expected)}`,
      ...('problem' in expected ? [`  else  ${PROBLEM_WORDS[expected.problem].loss}`] : []),
    ].join('\n')
  })
  return entries.join('\n')
}

/** As it happens: two lines, what became of which kind, and why. `nameOf` says who an account is. */
export function formatResult(result: Result, place: Place, nameOf: (account: Address) => string): string {
  const width = `${place.of}`.length
  const count = `${`${place.number}`.padStart(width)}/${place.of}`
  const indent = ' '.repeat(count.length + 2)
  return `${count}  ${result.kind} in ${result.data}: ${endOf(result, nameOf)}\n${indent}${whyOf(result)}`
}

/** One line: how many ended as they must, how, and after how long. `wallMs` is of all of it. */
export function formatSum(results: readonly Result[], wallMs: number): string {
  const killed = results.flatMap((result) => (result.outcome === 'killed' ? [result] : []))
  const refused = results.filter(({ outcome }) => outcome === 'refused').length
  const slowest = killed.toSorted((a, b) => b.wallMs - a.wallMs)[0]
  const ends = [
    ...(killed.length === 0 ? [] : [`${killed.length} killed`]),
    ...(refused === 0 ? [] : [`${refused} refused by the bridge`]),
    ...failuresOf(results).map(({ kind, data, outcome }) => `${kind} in ${data} ${ENDS[outcome]}`),
  ]
  const latest = slowest === undefined ? '' : `; the slowest kill took ${secondsText(slowest.wallMs)} (${slowest.kind})`
  const right = killed.length + refused
  return `${right} of ${results.length} as they must be: ${ends.join(', ')}${latest}; ${secondsText(wallMs)} in all`
}

/** Those that did not end as they must. */
export function failuresOf(results: readonly Result[]): readonly Extract<Result, { outcome: 'survived' | 'wrong' }>[] {
  return results.flatMap((result) => (result.outcome === 'survived' || result.outcome === 'wrong' ? [result] : []))
}

/** One line, for a failure's facts. */
export function formatFailure(result: Result): string {
  return `${result.kind} in ${result.data}: ${result.outcome}, ${whyOf(result)}`
}

const ENDS = { survived: 'survived', wrong: 'ended otherwise' } as const

function endOf(result: Result, nameOf: (account: Address) => string): string {
  if (result.outcome !== 'killed') return result.outcome === 'refused' ? 'refused by the bridge' : ENDS[result.outcome]
  const { by, wallMs, seconds, refuteGas } = result
  return `killed by ${nameOf(by)} after ${secondsText(wallMs)} (${seconds} s on Ethereum) for ${refuteGas} gas`
}

function whyOf(result: Result): string {
  switch (result.outcome) {
    case 'killed':
      return describeProblem(result.step, result.problem)
    case 'refused':
      return `${result.error}, ${describeRefused(result.error) ?? 'which this version does not know'}`
    case 'survived':
      return `${result.problem}, block ${result.block} lives; ${describeLoss(result.problem)}`
    case 'wrong':
      return `expected ${described(expectedOf(result.kind, result.data))}, got ${result.got}`
  }
}

function described(expected: Expectation): string {
  return 'refused' in expected ? `refused by the bridge with ${expected.refused}` : `killed for ${expected.problem}`
}

function meaningOf(expected: Expectation): string {
  if ('problem' in expected) return PROBLEM_WORDS[expected.problem].meaning
  return describeRefused(expected.refused) ?? 'which this version does not know'
}

function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
