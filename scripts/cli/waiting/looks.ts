// What `ttx wait` says of one look at its node, on one line.

import { isCalledFor } from '../../../node/client/outlook.ts'
import type { Look } from '../../../node/client/wait.ts'
import type { MinerReport } from '../../miner-report.ts'
import { clockNote, formatSpan, formatUtc } from '../time.ts'
import { describeMinerShortly, describeSearch } from './reasons.ts'

/** `passed` is how many seconds ago the look was; Ethereum's clock is taken to go on as this machine's, which says `localNow` (unix seconds). */
export function describeLook(
  look: Look,
  miner: MinerReport | undefined,
  passed = 0,
  localNow = Math.floor(Date.now() / 1_000),
): string {
  const { status, waitingFor, relayBits, earliest, latest, away, ethereumTime, next } = look
  if (away !== undefined) return `the node is away: ${away}`
  const now = ethereumTime === undefined ? undefined : ethereumTime + passed
  const parts = [
    ...(earliest === undefined ? [] : [`at the earliest ${momentOf(earliest, now, localNow)}`]),
    ...(latest === undefined || latest === earliest ? [] : [`at the latest ${momentOf(latest, now, localNow)}`]),
    ...(relayBits === undefined
      ? []
      : [`and other nodes may refuse it ("ttx status" says why), so that it may not get to a miner`]),
    ...(next !== undefined && isCalledFor(next) ? [describeSearch(next)] : []),
    ...(next !== undefined && miner !== undefined ? [describeMinerShortly(miner)] : []),
  ]
  return `${status}: waits for ${[waitingFor, ...parts].join(', ')}`
}

function momentOf(at: number, now: number | undefined, localNow: number): string {
  if (now === undefined) return formatUtc(at)
  const moment = `${formatUtc(at)}${clockNote(now, localNow)}`
  return at <= now ? moment : `in ${formatSpan(at - now)} (${moment})`
}
