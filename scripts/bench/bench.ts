// `npm run bench [-- name …] [--json] [--against FOLDER] [--outputs N]`: runs all benches or those named, prints medians and ratios, and fails if one breaks a
// limit. `--against` is another checkout, for those that can compare with one. A new bench is a file here that exports `bench`, and a line in one of the lists below.

import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bench as assembly } from './assembly.ts'
import { bench as beginning } from './beginning.ts'
import { bench as blocks } from './blocks.ts'
import { bench as contractSize } from './contract-size.ts'
import { bench as fullBlock } from './full-block.ts'
import { bench as hashRate } from './hash-rate.ts'
import { benches as hostile } from './hostile.ts'
import { bench as kzg } from './kzg.ts'
import { bench as ledger } from './ledger.ts'
import { type Bench, type BenchResult, measure } from './measure.ts'
import { bench as publication } from './publication.ts'
import { benches as reconcile } from './reconcile.ts'
import { bench as stalls } from './stalls.ts'
import { benches as startUp } from './start-up.ts'
import { bench as steps } from './steps.ts'
import { growth, intake, benches as sync } from './sync/sync.ts'
import { bench as watcher } from './watcher.ts'

const benches: readonly Bench[] = [hashRate, ledger, blocks, assembly, fullBlock, stalls, steps, contractSize]
/** Of minutes; run only by name. */
const longBenches: readonly Bench[] = [
  beginning,
  kzg,
  publication,
  watcher,
  intake,
  ...growth,
  ...startUp,
  ...sync,
  ...reconcile,
  ...hostile,
]

const { positionals: names, values: flags } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, against: { type: 'string' }, outputs: { type: 'string' } },
})
const all = [...benches, ...longBenches]
const unknown = names.filter((name) => !all.some((bench) => bench.name === name))
if (unknown.length > 0) {
  console.error(
    `expected names among ${[...new Set(all.map(({ name }) => name))].join(', ')}; got ${unknown.join(', ')}`,
  )
  process.exitCode = 2
} else {
  await runAll(names.length === 0 ? benches : all.filter(({ name }) => names.includes(name)))
}

async function runAll(chosen: readonly Bench[]): Promise<void> {
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} threads, Node ${process.version}`
  if (!flags.json) console.log(machine)
  const results: BenchResult[] = []
  for (const bench of chosen) {
    const result = await measure(bench, {
      ...(flags.against === undefined ? {} : { against: resolve(flags.against) }),
      ...(flags.outputs === undefined ? {} : { outputs: Number(flags.outputs) }),
    })
    results.push(result)
    if (!flags.json) console.log(formatResult(result))
  }
  if (flags.json) console.log(JSON.stringify({ machine, results }, null, 2))
  if (results.some(({ broken }) => broken.length > 0)) process.exitCode = 1
}

function formatResult({ bench, title, unit, cases, broken }: BenchResult): string {
  const rows = [
    ['', `median, ${unit}`, 'least', 'greatest', 'ratio'],
    ...cases.map(({ name, median, least, greatest, ratio }) => [
      name,
      ...[median, least, greatest, ratio].map(formatNumber),
    ]),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  )
  return ['', `${bench}: ${title}`, ...lines, ...broken.map((sentence) => `FAILED: ${sentence}`)].join('\n')
}

/** Three significant digits, or whole numbers where they are longer. */
function formatNumber(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
