// The tables of docs/economics.md.

import { HONEST } from './attacks/kinds.ts'
import type { Row } from './compare.ts'
import type { Delays } from './measure.ts'

const HEAD = [
  'attack',
  'hash rate',
  'spent',
  'earned',
  'honest income',
  'profit',
  'others lose',
  'of it fees, TTX',
  'median delay',
  'longest',
  'forced: longest',
  'races',
  'overturned',
  'unpaid blocks',
]

/** One line for each attack and share; ETH a day, hours. */
export function attackTable(rows: readonly Row[]): string {
  return markdown(
    HEAD,
    rows.map((row) => [row.kind.name, `${Math.round(row.measured.share * 100)}%`, ...moneyOf(row), ...raceOf(row)]),
  )
}

/** For attacks that are decided by the budget: ETH in all, days, hours. */
export function budgetTable(rows: readonly Row[]): string {
  const head = [
    'attack',
    'hash rate',
    'budget',
    'days',
    'spent in all',
    'others lose in all',
    'median delay',
    'longest',
    'forced: longest',
  ]
  return markdown(
    head,
    rows.map((row) => {
      const { kind, measured, spent, damage } = row
      const { days, share, budget } = measured
      const money = [spent * days, damage * days].map((sum) => number(sum, 2))
      const base = [kind.name, share === 0 ? 'none' : `${Math.round(share * 100)}%`, `${budget}`, number(days, 0)]
      return [...base, ...money, ...delaysOf(row)]
    }),
  )
}

/** One line for each attack and base fee; ETH a day, hours. */
export function rivalTable(rows: readonly Row[]): string {
  const head = [
    'attack',
    'gwei',
    'spent',
    'others lose',
    'median delay',
    'longest',
    'races',
    'overturned',
    'unpaid blocks',
  ]
  const attacks = rows.filter(({ kind }) => kind.name !== HONEST.name)
  const sorted = [...new Set(attacks.map(({ kind }) => kind.name))].flatMap((name) =>
    attacks.filter(({ kind }) => kind.name === name),
  )
  return markdown(
    head,
    sorted.map((row) => {
      const [median, most, , ...races] = raceOf(row)
      const money = [row.spent, row.damage].map((sum) => number(sum, 3))
      return [row.kind.name, `${row.measured.gwei}`, ...money, median ?? '', most ?? '', ...races]
    }),
  )
}

/** What each name stands for. */
export function kindList(rows: readonly Row[]): string {
  const kinds = new Map(rows.map(({ kind }) => [kind.name, kind]))
  return [...kinds.values()].map(({ name, title }) => `- \`${name}\`: ${title}`).join('\n')
}

function moneyOf({ spent, earned, forgone, profit, noise, profits, damage, feesLost }: Row): string[] {
  const gain = `${number(profit, 3)} ± ${number(noise, 3)}`
  const money = [spent, earned, forgone].map((sum) => number(sum, 3))
  return [...money, profits ? `**${gain}**` : gain, number(damage, 3), number(feesLost, 0)]
}

function raceOf(row: Row): string[] {
  const { races, days } = row.measured
  const perDay = [races.raced, races.displaced].map((count) => number(count / days, 2))
  return [...delaysOf(row), ...perDay, `${Math.round((100 * races.unpaid) / Math.max(1, races.final))}%`]
}

function delaysOf({ measured: { plain, forced } }: Row): string[] {
  return [number(plain.median, 1), longest(plain), longest(forced)]
}

/** With the number of those who still waited. */
function longest({ longest: hours, waiting, count }: Delays): string {
  if (count === 0) return '-'
  return waiting > 0 ? `> ${number(hours, 0)} (${waiting} of ${count})` : number(hours, 1)
}

function number(value: number, digits: number): string {
  const text = value.toFixed(digits)
  return Number(text) === 0 ? (0).toFixed(digits) : text
}

/** Base fees of Ethereum for which attacks are priced, without a tip. */
export const GWEIS = [0.05, 1, 10, 50] as const

/** A table whose first column is text. */
export function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'))
  return [head, rule, ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}
