// ttx benchmark: what this machine's threads do with each kernel.

import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError } from 'commander'
import type { Measured } from '../../../../miner/work/benchmark.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import type { Act, CliContext, Result } from '../../context.ts'
import { formatHashRate } from '../../hash-rate.ts'
import { addSettings } from '../../setting-flags.ts'
import { threadsOf } from './miner.ts'

type Options = { readonly seconds: number }

const SECONDS = 4
const MOST_SECONDS = 600

export function registerBenchmark(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('benchmark')
        .helpGroup(AUDIENCE.mine)
        .summary('how fast this machine searches')
        .description(
          'Measure how many hashes a second this machine does with each kernel that the miner has, on one thread and on all that --threads says. It needs neither node nor wallet, and ends by itself.',
        )
        .option('--seconds <seconds>', 'how long it measures, all rows together', parseSeconds, SECONDS)
        .action(act(run)),
      ['threads'],
    ),
    'ttx benchmark',
    'ttx benchmark --threads 8 --seconds 30 --json',
  )
}

async function run({ settings, log, signal, say }: CliContext, { seconds }: Options): Promise<Result> {
  // Loaded only here: other commands start sooner without it.
  const { measureTrial, trialsOf } = await import('../../../../miner/work/benchmark.ts')
  const cores = availableParallelism()
  const trials = trialsOf(threadsOf(settings.threads, cores))
  say(`measuring for ${seconds} s; what else runs here slows it down`)
  const measured: Measured[] = []
  for (const trial of trials) measured.push(await measureTrial(trial, (1_000 * seconds) / trials.length, log, signal))
  return {
    data: {
      cores,
      seconds,
      rows: measured.map((row) => ({ ...row, hashesPerSecond: Math.round(row.hashesPerSecond) })),
    },
    text: tableOf(measured, cores),
  }
}

function tableOf(measured: readonly Measured[], cores: number): string {
  const head = ['kernel', 'threads', 'rate', 'a thread', 'to the first row']
  const first = measured[0]?.hashesPerSecond ?? 0
  const rows = measured.map(({ kernel, threads, hashesPerSecond }) => [
    kernel,
    `${threads} of ${cores}`,
    formatHashRate(hashesPerSecond),
    formatHashRate(hashesPerSecond / threads),
    `${(hashesPerSecond / first).toFixed(1)} x`,
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds
  throw new InvalidArgumentError(
    `Expected seconds, more than 0 and at most ${MOST_SECONDS}; got ${JSON.stringify(text)}.`,
  )
}
