// Blocks in words, for lists that fit a terminal and for one block by itself.

import { formatEther } from '../../miner/profit.ts'
import { formatAmount } from '../../node/client/amount.ts'
import { GWEI, toWei } from '../../node/protocol/units.ts'
import type { Result } from '../../node/rpc/api.ts'
import { widthOf } from './columns.ts'
import { printableLine } from './printable.ts'
import { wrap } from './screen/fit.ts'
import { WIDTH } from './screen/live-line.ts'
import { formatMoment, formatSpan, formatUtc } from './time.ts'

type Summary = Result<'bridge_blocks'>['blocks'][number]

const INDENT = ' '.repeat(8)
const SHOWN_ID = 66

/**
 * Lines of at most 100 columns: of each block one with its id whole, so that it can be copied, one of columns, and where there is more to say
 * than a word, some that say it. `now` is unix seconds.
 */
export function formatBlocks(blocks: readonly Summary[], now: number): readonly string[] {
  if (blocks.length === 0) return []
  const cells = [COLUMNS, ...blocks.map(cellsOf)]
  const widths = COLUMNS.map((_, column) => widthOf(cells.map((row) => row[column] ?? '')))
  const [titles = '', ...rows] = cells.map((row) => columnsOf(row, widths))
  return [
    `HEIGHT  ${'BLOCK'.padEnd(SHOWN_ID)}  STATE`,
    titles,
    ...blocks.flatMap((block, i) => {
      const first = `${`${block.height}`.padEnd(6)}  ${block.id}  ${stateOf(block)}`
      const note = noteOf(block, now)
      const more = note === undefined ? [] : wrap(`${INDENT}${printableLine(note)}`, WIDTH, INDENT)
      return [first, rows[i] ?? '', ...more]
    }),
  ]
}

/** A line: what this node and Ethereum make of it, why, and when it can be final. */
export function describeState(block: Summary, now: number): string {
  const note = noteOf(block, now)
  return note === undefined ? stateOf(block) : `${stateOf(block)}: ${note}`
}

/** A line: what it moves over the bridge, and what its miner earns by that, or would have earned. */
export function describeMoney({ requested, deposited, fee, queueFees, refuted, verdict }: Summary): string {
  const isDead = refuted || verdict === 'invalid' || verdict === 'displaced'
  const earns = isDead ? 'would have earned' : 'earns'
  const moved =
    requested === undefined || deposited === undefined
      ? 'moves an amount that is not known, since what is below it is not'
      : `asks for ${formatAmount(requested)} TTX on Ethereum, brings ${formatAmount(deposited)} wTTX back`
  const queue = queueFees === 0n ? '' : ` and ${formatEther(toWei(queueFees * GWEI))} ETH`
  return `${moved}; its miner ${earns} ${formatAmount(fee)} wTTX${queue} of it`
}

const COLUMNS = ['PUBLISHED (UTC)', 'MINER', 'STEPS', 'REQUESTS', 'ASKED FOR', 'BROUGHT BACK', 'FEE'] as const

function cellsOf({ publishedAt, miner, steps, requests, requested, deposited, fee }: Summary): readonly string[] {
  const [asked, back] = [requested, deposited].map((amount) => (amount === undefined ? '?' : short(amount)))
  const at = formatUtc(publishedAt).replace(/:\d\d UTC$/, '')
  return [
    at,
    `${miner.slice(0, 6)}..${miner.slice(-4)}`,
    `${steps}`,
    `${requests}`,
    asked ?? '',
    back ?? '',
    short(fee),
  ]
}

/** Numbers to the right. */
function columnsOf(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
  return `${INDENT}${cells.join('  ')}`.trimEnd()
}

/** Tokens to six digits behind the point, rounded down: `--json` has them whole. */
function short(amount: bigint): string {
  const [whole = '0', fraction = ''] = formatAmount(amount).split('.')
  const digits = fraction.slice(0, 6).replace(/0+$/, '')
  if (whole === '0' && digits === '' && amount > 0n) return '<0.000001'
  return digits === '' ? whole : `${whole}.${digits}`
}

/** A word or two. */
function stateOf({ refuted, verdict, final, preferred }: Summary): string {
  if (refuted) return 'refuted'
  if (verdict === 'invalid') return 'INVALID'
  if (verdict === 'displaced') return 'displaced'
  if (verdict === 'unknown') return 'not judged'
  if (final) return 'final'
  return preferred ? 'valid' : 'valid, behind'
}

function noteOf(block: Summary, now: number): string | undefined {
  const { verdict, refuted, final, preferred, problem, finalizableAt } = block
  if (verdict !== 'valid') return problem ?? 'no reason given'
  if (refuted) return 'this node finds it right: its own software or the bridge is wrong'
  if (final) return undefined
  const notes = [
    ...(preferred ? [] : ['another branch is preferred']),
    ...(finalizableAt === undefined
      ? []
      : [
          finalizableAt > now
            ? `can be final in ${formatSpan(finalizableAt - now)}, ${formatUtc(finalizableAt)}`
            : `can be final since ${formatMoment(finalizableAt, now)}`,
        ]),
  ]
  return notes.length === 0 ? undefined : notes.join('; ')
}
