// What a drill found, for people.

import type { Address } from '../../../node/protocol/ids.ts'
import type { Result } from './drill.ts'
import { DRILL_KINDS, describeKind, expectedOf, modesOf, usualModeOf } from './kinds.ts'
import type { Expectation } from './lie.ts'

/** One line for each kind that there is. */
export function formatKinds(): string {
  return formatColumns([
    ['KIND', 'MUST BE', 'WHERE', 'WHAT IT DOES'],
    ...DRILL_KINDS.map((kind) => [
      ...[kind, described(expectedOf(kind, usualModeOf(kind)))],
      ...[modesOf(kind).toSorted().join(', '), describeKind(kind)],
    ]),
  ])
}

/** `nameOf` says who an account is. */
export function formatReport(results: readonly Result[], nameOf: (account: Address) => string): string {
  return formatColumns([
    ['KIND', 'ROWS IN', 'OUTCOME', 'REASON', 'BY', 'ETHEREUM', 'WALL', 'PUBLISH GAS', 'REFUTE GAS'],
    ...results.map((result) => {
      if (result.outcome !== 'killed')
        return [result.kind, result.data, result.outcome, reasonOf(result), '', '', '', '', '']
      const { kind, data, outcome, by, seconds, wallMs, publishGas, refuteGas } = result
      const times = [`${seconds} s`, `${wallMs} ms`]
      return [kind, data, outcome, reasonOf(result), nameOf(by), ...times, `${publishGas}`, `${refuteGas}`]
    }),
  ])
}

/** As it happens. */
export function formatResult(result: Result): string {
  const start = `${result.kind} in ${result.data}: ${result.outcome}, ${reasonOf(result)}`
  return result.outcome === 'killed' ? `${start}, after ${result.wallMs} ms for ${result.refuteGas} gas` : start
}

function reasonOf(result: Result): string {
  switch (result.outcome) {
    case 'killed':
      return `step ${result.step}: ${result.problem}`
    case 'refused':
      return result.error
    case 'survived':
      return `${result.problem}, block ${result.block} lives`
    case 'wrong':
      return `expected ${described(expectedOf(result.kind, result.data))}, got ${result.got}`
  }
}

function described(expected: Expectation): string {
  return 'refused' in expected ? `refused: ${expected.refused}` : `killed: ${expected.problem}`
}

function formatColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
