// Why something waits for a block, in rows for people: what is searched and how long that takes, what would help, and what would not.

import { formatAmount } from '../../../node/client/amount.ts'
import type { NextBlock } from '../../../node/client/outlook.ts'
import { isCalledFor } from '../../../node/client/outlook.ts'
import type { MinerReport } from '../../miner-report.ts'
import { formatHashes, formatHashRate } from '../hash-rate.ts'
import { formatMoment, formatSpan } from '../time.ts'

export type Rows = [string, string][]

export type Reasons = {
  readonly next: NextBlock
  /** Of a miner on this data folder. */
  readonly miner: MinerReport | undefined
  /** A devnet runs here: its clock can be moved. */
  readonly isDevnet: boolean
  /** What a block costs its miner at least at present prices, ether; `undefined` if no endpoint was asked. */
  readonly cost?: string
  readonly kind: 'request' | 'payment' | 'deposit'
  readonly infohash: string
}

/** A rate for comparison where nobody's is known: about that of one thread. */
const COMPARED = 1e6

/** `now` is Ethereum's time, unix seconds. */
export function reasonRows(reasons: Reasons, now: number): Rows {
  const { next } = reasons
  const rows: Rows = [['next block', describeNext(next)]]
  if (isCalledFor(next)) rows.push(['called for', describeCalls(reasons)])
  rows.push(['miner', describeMiner(reasons.miner)], ...helpRows(reasons, now))
  return rows
}

function describeNext(next: NextBlock): string {
  return `${next.height}: ${describeSearch(next)}`
}

export function describeSearch({ hashes }: NextBlock): string {
  return `${formatHashes(hashes)} expected, ${formatSearch(Number(hashes) / COMPARED)} at ${formatHashRate(COMPARED)}`
}

function describeCalls({ next, cost }: Reasons): string {
  const { requests, entries, fee } = next.waiting
  const who = [
    ...(requests > 0 ? [`${requests} ${requests === 1 ? 'request' : 'requests'}`] : []),
    ...(entries > 0 ? [`${entries} ${entries === 1 ? 'entry' : 'entries'} of the queue`] : []),
  ].join(' and ')
  const price =
    cost === undefined ? '' : `; a block costs its miner ${cost} ETH of gas and more, so that some wait for more fees`
  return `by ${who}, with fees of ${formatAmount(fee)} TTX${price}`
}

function describeMiner(miner: MinerReport | undefined): string {
  if (miner === undefined)
    return 'none of this data folder says what it does, and nobody can know whether others search'
  const { pid, state, height, because } = miner
  const on = height === undefined ? '' : ` block ${height}`
  const who = `process ${pid} on this machine`
  if (isSearching(miner)) return `${who} searches${on} and ${describeRate(miner)}`
  return `${who} is ${state}: ${because}`
}

/** On one line with other things. */
export function describeMinerShortly(miner: MinerReport): string {
  return isSearching(miner) ? `the miner here ${describeRate(miner)}` : `the miner here is ${miner.state}`
}

function describeRate({ hashesPerSecond, expectedSeconds }: MinerReport): string {
  const rate = hashesPerSecond === 0 ? '' : `makes ${formatHashRate(hashesPerSecond)}`
  const time =
    expectedSeconds === undefined ? '' : `needs ${formatSearch(expectedSeconds)} on average, from any moment on`
  return [rate, time].filter((each) => each !== '').join(', ') || 'has not said how fast'
}

function isSearching({ state }: MinerReport): boolean {
  return state === 'searching'
}

function helpRows({ next, isDevnet, kind, infohash }: Reasons, now: number): Rows {
  const { easesAt, easesBy } = next
  if (kind === 'payment' && !isCalledFor(next)) {
    return [
      ['would help', `"ttx bridge" or a deposit of anybody, "ttx force ${infohash}", or a miner with --payments-wait`],
      ['would not', 'waiting alone: no miner has to order payments that nothing carries'],
    ]
  }
  const rows: Rows = []
  if (easesAt !== undefined) {
    const skip = isDevnet ? ' ("ttx devnet skip 2h" lets that pass at once)' : ''
    const from = easesAt > now ? `from ${formatMoment(easesAt, now)} on` : 'from now on'
    rows.push(['would help', `time: ${from} the search gets twice as easy with each ${formatSpan(easesBy)}${skip}`])
  }
  if (kind !== 'deposit')
    rows.push(['would not', '"ttx force": it makes miners take what their blocks leave out, and finds no block'])
  return rows
}

/** How long a search takes on average; seconds. */
function formatSearch(seconds: number): string {
  if (seconds < 1) return 'less than a second'
  return formatSpan(Math.round(seconds))
}
