// ttx miner status: what the miner of a data folder says of itself.

import type { Command } from 'commander'
import { OperationError } from '../../../../node/errors.ts'
import { readMinerReport, type Seen } from '../../../miner-report.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { formatMoment } from '../../time.ts'
import { statusRows } from './words.ts'

export function registerMinerStatus(miner: Command, act: Act): void {
  addExamples(
    miner
      .command('status')
      .summary('what the miner of this data folder does')
      .description(
        'Show what the miner that runs on the data folder says of itself: what it does and why, its hash rate while it searches, the time that the next block is expected to take, its share of the network, and what mining has brought and cost. It asks neither the node nor the miner.',
      )
      .action(act(status)),
    'ttx miner status',
    'ttx miner status --json',
  )
}

async function status({ folder }: CliContext): Promise<Result> {
  const nowMs = Date.now()
  const seen = await readMinerReport(folder.root, nowMs)
  if (seen === undefined) {
    throw new OperationError(
      'no-miner',
      `expected a miner that runs on ${folder.root}, got none; start one with "ttx miner", or name its folder with --data`,
      { facts: { folder: folder.root } },
    )
  }
  return {
    data: { is: seen.is, ...seen.report },
    text: formatTable([['miner', describe(seen, nowMs)], ...statusRows(seen.report)]),
  }
}

function describe({ is, report: { pid, account, at } }: Seen, nowMs: number): string {
  const written = formatMoment(Math.floor(at / 1_000), Math.floor(nowMs / 1_000))
  if (is === 'running') return `runs as process ${pid}, for ${account}`
  if (is === 'stale') return `process ${pid} has said nothing since ${written}: it is stopped, or cannot write`
  return `does NOT run: process ${pid} is gone, and said this last ${written}`
}
