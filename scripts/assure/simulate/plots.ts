// The pictures of docs/economics: plain SVG, without a library.

import type { Row } from './compare.ts'
import { PLENTY } from './scenarios.ts'

/** By file name, without `.svg`. What a picture needs and the rows lack is left out of it. */
export function drawPlots(rows: readonly Row[]): Record<string, string> {
  return {
    delays: drawDelays(rows),
    'cost-and-delay': drawCost(rows),
    overturned: drawShares(
      rows,
      'Races that the attacker overturns, a day',
      ({ measured: { races, days } }) => races.displaced / days,
      DISPLACING,
    ),
    unpaid: drawShares(
      rows,
      'Part of all final blocks that earn nothing',
      ({ measured: { races } }) => races.unpaid / Math.max(1, races.final),
      DISPLACING,
    ),
    'queue-flood': drawFlood(rows),
  }
}

const DISPLACING = ['fee-sniping', 'spoiling', 'two-identities', 'censor', 'late-branch', 'late-branch-quiet'] as const
const DELAYING = [
  'light-forks',
  'daily-forks',
  'last-second',
  'two-identities',
  'fee-sniping',
  'spoiling',
  'censor',
  'late-branch-quiet',
] as const

const WIDTH = 900
const COLOURS = ['#0b6e99', '#b3382c', '#2f7d32', '#a36b00', '#6a3d9a', '#444444', '#d0579b', '#00897b'] as const

type Frame = { readonly left: number; readonly top: number; readonly width: number; readonly height: number }

/** Where the attack has a third of the hash rate, or most coins. */
function typical(rows: readonly Row[]): Row[] {
  return rows.filter(({ kind, measured: { share, budget } }) =>
    kind.needs === 'coins' ? budget === 100 : budget === PLENTY && share === 0.33,
  )
}

function drawDelays(rows: readonly Row[]): string {
  const chosen = typical(rows)
  const most = Math.max(60, ...chosen.map(({ measured }) => Math.min(140, measured.plain.longest)))
  const frame = { left: 170, top: 50, width: WIDTH - 200, height: chosen.length * 24 }
  const x = (hours: number) => frame.left + (frame.width * Math.min(hours, most)) / most
  const bars = chosen.map(({ kind, measured: { plain } }, i) => {
    const y = frame.top + 24 * i + 12
    const { sample, median, late, longest } = plain
    const early = sample[Math.floor(sample.length * 0.05)] ?? median
    return [
      text(frame.left - 8, y + 4, kind.name, 'end'),
      line(x(early), y, x(longest), y, '#999999'),
      `<rect x="${round(x(early))}" y="${y - 6}" width="${round(Math.max(1, x(late) - x(early)))}" height="12" fill="#9cc5d8"/>`,
      line(x(median), y - 8, x(median), y + 8, '#b3382c', 3),
      line(x(longest), y - 5, x(longest), y + 5, '#555555', 2),
    ].join('')
  })
  const ticks = [0, 12, 24, 36, 48, 60, 72, 84, 96, 108, 120, 132].filter((hours) => hours <= most)
  const title =
    'Hours until a request is payable: median (red), 5% to 95% (blue), longest. 33% of the hash rate, or 100 ETH'
  return svg(frame, title, [...grid(frame, ticks, x), ...bars])
}

function drawCost(rows: readonly Row[]): string {
  const frame = { left: 60, top: 50, width: WIDTH - 280, height: 360 }
  const [least, most, high] = [0.02, 50, 96]
  const x = logScale(frame, least, most)
  const y = (hours: number) => frame.top + frame.height - (frame.height * Math.min(hours, high)) / high
  const series = DELAYING.map((name) => ({
    name,
    points: rowsOf(rows, name).map((row) => ({
      x: x(Math.min(most, Math.max(least, -row.profit))),
      y: y(row.measured.plain.median),
      label: `${Math.round(row.measured.share * 100)}`,
    })),
  }))
  const rules = horizontal(frame, [0, 12, 24, 36, 48, 60, 72, 84, 96], y)
  const title =
    'Median hours until a request is payable, against ETH a day that the attack costs; numbers: % of the hash rate'
  return svg(frame, title, [...grid(frame, [0.02, 0.1, 0.5, 1, 5, 10, 50], x), ...rules, ...curves(frame, series)])
}

function drawFlood(rows: readonly Row[]): string {
  const flood = rows.filter(({ kind }) => kind.name === 'queue-flood')
  const frame = { left: 60, top: 50, width: WIDTH - 280, height: 300 }
  const high = niceAbove(Math.max(60, ...flood.map(({ measured }) => measured.forced.longest)))
  const x = logScale(frame, 1, 100)
  const y = (hours: number) => frame.top + frame.height - (frame.height * hours) / high
  const of = (name: string, value: (row: Row) => number) => ({
    name,
    points: flood.map((row) => ({ x: x(row.measured.budget), y: y(value(row)), label: '' })),
  })
  const series = [
    of('forced, longest', ({ measured }) => measured.forced.longest),
    of('forced, median', ({ measured }) => measured.forced.median),
    of('deposits, median', ({ measured }) => measured.deposits.median),
    of('other requests, median', ({ measured }) => measured.plain.median),
  ]
  const levels = [0, 0.25, 0.5, 0.75, 1].map((part) => part * high)
  const title = 'Hours until final, against the ETH that somebody has for flooding the queue'
  return svg(frame, title, [
    ...grid(frame, [1, 3, 10, 30, 100], x),
    ...horizontal(frame, levels, y),
    ...curves(frame, series),
  ])
}

function drawShares(
  rows: readonly Row[],
  title: string,
  value: (row: Row) => number,
  names: readonly string[],
): string {
  const frame = { left: 60, top: 50, width: WIDTH - 280, height: 320 }
  const high = niceAbove(Math.max(0.1, ...names.flatMap((name) => rowsOf(rows, name).map(value))))
  const x = (share: number) => frame.left + frame.width * share
  const y = (amount: number) => frame.top + frame.height - (frame.height * amount) / high
  const series = names.map((name) => ({
    name,
    points: rowsOf(rows, name).map((row) => ({ x: x(row.measured.share), y: y(value(row)), label: '' })),
  }))
  const levels = [0, 0.25, 0.5, 0.75, 1].map((part) => part * high)
  const parts = [...grid(frame, [0, 0.25, 0.5, 0.75, 1], x), ...horizontal(frame, levels, y), ...curves(frame, series)]
  return svg(frame, `${title}, by the attacker's part of the hash rate`, parts)
}

/** With plenty of money, by hash rate. */
function rowsOf(rows: readonly Row[], name: string): Row[] {
  return rows.filter(({ kind, measured }) => kind.name === name && measured.budget === PLENTY)
}

type Series = { readonly name: string; readonly points: readonly { x: number; y: number; label: string }[] }

function curves(frame: Frame, series: readonly Series[]): string[] {
  return series.map(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length] ?? '#444444'
    const path = points.map((point) => `${round(point.x)},${round(point.y)}`).join(' ')
    const dots = points.map(
      (point) =>
        `<circle cx="${round(point.x)}" cy="${round(point.y)}" r="3" fill="${colour}"/>${text(point.x + 4, point.y - 6, point.label, 'start', colour)}`,
    )
    const label = text(frame.left + frame.width + 20, frame.top + 12 + 18 * i, name, 'start', colour)
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${label}`
  })
}

function horizontal(frame: Frame, levels: readonly number[], y: (value: number) => number): string[] {
  return levels.map(
    (level) =>
      line(frame.left, y(level), frame.left + frame.width, y(level), '#dddddd') +
      text(frame.left - 8, y(level) + 4, `${Number(level.toPrecision(3))}`, 'end'),
  )
}

function logScale(frame: Frame, least: number, most: number): (value: number) => number {
  return (value) => frame.left + (frame.width * Math.log(value / least)) / Math.log(most / least)
}

/** The least 1, 2, 4 or 8 times a power of ten that is not below. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 4, 8, 10].find((factor) => factor * power >= value) ?? 10) * power
}

function grid(frame: Frame, ticks: readonly number[], x: (value: number) => number): string[] {
  const bottom = frame.top + frame.height
  return ticks.map(
    (tick) => line(x(tick), frame.top, x(tick), bottom, '#dddddd') + text(x(tick), bottom + 18, `${tick}`, 'middle'),
  )
}

function svg({ top, height }: Frame, title: string, parts: readonly string[]): string {
  const full = top + height + 40
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${full}" width="${WIDTH}" height="${full}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${full}" fill="#ffffff"/>`,
    text(16, 24, title, 'start', '#111111'),
    ...parts,
    '</svg>\n',
  ].join('\n')
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string, width = 1): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}" stroke-width="${width}"/>`
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end', colour = '#333333'): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${colour}">${safe}</text>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
