// The pictures of docs/economics: plain SVG, without a library.

import type { Row } from './compare.ts'
import { PLENTY, SHARES } from './scenarios.ts'

/** By file name, without `.svg`. What a picture needs and the rows lack is left out of it. */
export function drawPlots(rows: readonly Row[]): Record<string, string> {
  return {
    delays: drawDelays(rows),
    'cost-and-delay': drawCost(rows),
    displacements: drawShares(
      rows,
      'Races that the attacker overturned, a day',
      ({ measured: { races, days } }) => races.displaced / days,
      ['fee-sniping', 'spoiling', 'two-identities', 'censor', 'late-branch', 'late-branch-quiet'],
    ),
    'fees-left': drawShares(rows, 'Fees of honest miners, part of what they earn without the attack', feesLeft, [
      'fee-sniping',
      'spoiling',
      'two-identities',
      'censor',
      'light-forks',
      'selfish',
    ]),
  }
}

const WIDTH = 900
const COLOURS = ['#0b6e99', '#b3382c', '#2f7d32', '#8a5a00', '#6a3d9a', '#444444'] as const

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
  return svg(frame.top + frame.height + 40, [title], [...grid(frame, ticks, x), ...bars])
}

function drawCost(rows: readonly Row[]): string {
  const chosen = typical(rows).filter(({ kind }) => kind.name !== 'honest' && kind.name !== 'washing')
  const height = 380
  const frame = { left: 60, top: 50, width: WIDTH - 330, height }
  const cost = ({ profit }: Row) => Math.max(0.003, -profit)
  const most = 200
  const x = (value: number) => frame.left + (frame.width * Math.log(value / 0.003)) / Math.log(most / 0.003)
  const y = (hours: number) => frame.top + height - (height * Math.min(hours, 60)) / 60
  const points = chosen.map((row, i) => {
    const [px, py] = [x(cost(row)), y(row.measured.plain.median)]
    const label = `${i + 1}  ${row.kind.name}: ${cost(row).toPrecision(2)} ETH, ${row.measured.plain.median.toFixed(0)} h`
    // Neighbours must not hide each other's numbers.
    const up =
      py -
      8 -
      11 *
        chosen.slice(0, i).filter((other) => isNear(x(cost(other)), px) && isNear(y(other.measured.plain.median), py))
          .length
    const colour = COLOURS[i % COLOURS.length] ?? '#444444'
    return [
      `<circle cx="${round(px)}" cy="${round(py)}" r="4" fill="${colour}"/>`,
      text(px, up, `${i + 1}`, 'middle', colour),
      text(frame.left + frame.width + 20, frame.top + 10 + 15 * i, label, 'start', colour),
    ].join('')
  })
  const ticks = [0.01, 0.1, 1, 10, 100]
  const lines = [0, 12, 24, 36, 48, 60].map(
    (hours) =>
      line(frame.left, y(hours), frame.left + frame.width, y(hours), '#dddddd') +
      text(frame.left - 8, y(hours) + 4, `${hours}`, 'end'),
  )
  const title =
    'Median delay of requests, hours, against what the attack costs, ETH a day with honest income forgone (33%, or 100 ETH)'
  const bottom = Math.max(frame.top + height + 40, frame.top + 30 + 15 * chosen.length)
  return svg(bottom, [title], [...grid(frame, ticks, x), ...lines, ...points])
}

function drawShares(
  rows: readonly Row[],
  title: string,
  value: (row: Row, rows: readonly Row[]) => number,
  names: readonly string[],
): string {
  const series = names.map((name) => ({
    name,
    points: SHARES.flatMap((share) => {
      const row = rows.find(
        ({ kind, measured }) => kind.name === name && measured.share === share && measured.budget === PLENTY,
      )
      return row ? [{ share, value: value(row, rows) }] : []
    }),
  }))
  const height = 320
  const frame = { left: 60, top: 50, width: WIDTH - 280, height }
  const most = Math.max(0.1, ...series.flatMap(({ points }) => points.map((point) => point.value)))
  const x = (share: number) => frame.left + frame.width * share
  const y = (amount: number) => frame.top + height - (height * Math.max(0, amount)) / most
  const lines = series.map(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length] ?? '#444444'
    const path = points.map((point) => `${round(x(point.share))},${round(y(point.value))}`).join(' ')
    const dots = points.map(
      (point) => `<circle cx="${round(x(point.share))}" cy="${round(y(point.value))}" r="3" fill="${colour}"/>`,
    )
    const label = text(frame.left + frame.width + 20, frame.top + 12 + 18 * i, name, 'start', colour)
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${label}`
  })
  const levels = [0, 0.25, 0.5, 0.75, 1].map((part) => part * most)
  const rules = levels.map(
    (level) =>
      line(frame.left, y(level), frame.left + frame.width, y(level), '#dddddd') +
      text(frame.left - 8, y(level) + 4, level.toPrecision(2), 'end'),
  )
  const ticks = [0, 0.25, 0.5, 0.75, 1]
  return svg(
    frame.top + height + 40,
    [`${title}, by the attacker's part of the hash rate`],
    [...grid(frame, ticks, x), ...rules, ...lines],
  )
}

function feesLeft(row: Row, rows: readonly Row[]): number {
  const { share, others, days } = row.measured
  const honest = rows.find(({ kind, measured }) => kind.name === 'honest' && measured.share === share)?.measured
  return honest ? others.fees / days / (honest.others.fees / honest.days) : 0
}

function grid(frame: Frame, ticks: readonly number[], x: (value: number) => number): string[] {
  const bottom = frame.top + frame.height
  return ticks.map(
    (tick) => line(x(tick), frame.top, x(tick), bottom, '#dddddd') + text(x(tick), bottom + 18, `${tick}`, 'middle'),
  )
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) < 14
}

function svg(height: number, title: readonly string[], parts: readonly string[]): string {
  const head = title.map((words, i) => text(16, 24 + 16 * i, words, 'start', '#111111'))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...head,
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
