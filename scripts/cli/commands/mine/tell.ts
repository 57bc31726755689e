// What runs beside a miner: its screen, its file for others, and the blocks of late; and the sum when it ends.

import { setTimeout as delay } from 'node:timers/promises'
import type { Miner } from '../../../../miner/miner.ts'
import { type MoneyResult, resultSince } from '../../../../miner/money/result.ts'
import type { NetworkRateWatch } from '../../../../miner/network-rate.ts'
import type { MinerStatus } from '../../../../miner/status.ts'
import { Troubles } from '../../../../node/trouble.ts'
import { type MinerReport, removeMinerReport, writeMinerReport } from '../../../miner-report.ts'
import { type Process, reportOf } from './report.ts'
import type { Screen } from './screen.ts'

export type Telling = {
  readonly miner: Miner
  readonly screen: Screen
  /** The data folder. */
  readonly data: string
  readonly self: Process
  readonly network: NetworkRateWatch
}

/** What came of one start. `seconds` it ran, `searchedSeconds` of them it searched. */
export type Sum = {
  readonly seconds: number
  readonly searchedSeconds: number
  readonly blocks: Omit<MinerStatus['blocks'], 'lost'>
  readonly money: ReturnType<typeof resultSince>
  readonly report: MinerReport
}

const TELL_MS = 1_000
/** Others see how it does this often, and at each change. */
const WRITE_MS = 10_000

/** Until the signal aborts; then stops the miner, and adds up. */
export async function tell(telling: Telling, signal: AbortSignal): Promise<Sum> {
  const { miner, screen, data, self, network } = telling
  const before = miner.status()
  const startMs = performance.now()
  const troubles = new Troubles<'status file' | 'blocks of late'>(screen.log, signal)
  const watching = watchNetwork(network, troubles, signal)
  const report = () => reportOf(miner.status(), self, network.rate, Date.now())
  let [told, writtenMs] = ['', Number.NEGATIVE_INFINITY]
  while (!signal.aborted) {
    const now = report()
    const line = kindOf(miner.status())
    const isChange = line !== told
    told = line
    if (isChange) screen.change(now)
    else screen.tick(now)
    if (isChange || performance.now() - writtenMs >= WRITE_MS) {
      writtenMs = performance.now()
      await troubles.try('status file', () => writeMinerReport(data, now))
    }
    await delay(TELL_MS, undefined, { signal }).catch(() => undefined)
  }
  await watching
  await miner.stop()
  await removeMinerReport(data)
  return sumOf(before, miner.status(), (performance.now() - startMs) / 1_000, report())
}

async function watchNetwork(
  network: NetworkRateWatch,
  troubles: Troubles<'status file' | 'blocks of late'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await troubles.try('blocks of late', () => network.look(signal))
    await delay(TELL_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** What is told again once it changes. */
function kindOf({ state, reason, problem, blocks, work }: MinerStatus): string {
  // What kind of reason there is, not for which block and how much: others may change that as often as they like.
  const kind = reason.replace(/0x[0-9a-f]+|\d+/g, '')
  return [state, problem, blocks.published, blocks.final, work?.defends, work?.rows, kind].join(' ')
}

function sumOf(before: Before, after: MinerStatus, seconds: number, report: MinerReport): Sum {
  const { found, published, final } = after.blocks
  return {
    seconds: Math.round(seconds),
    searchedSeconds: report.searchedSeconds,
    blocks: {
      found: found - before.blocks.found,
      published: published - before.blocks.published,
      final: final - before.blocks.final,
    },
    money: resultSince(before.money, after.money),
    report,
  }
}

type Before = { readonly blocks: MinerStatus['blocks']; readonly money: MoneyResult }
