// `npm run soak [-- name …] [--runs N] [--seed S]`: the random tests of the contracts, and of the whole environment, at length, in batches
// that can each be repeated by their seed. Ctrl-C ends it at any time.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { addReports, formatReport, type Report } from './report.ts'
import { pathOf, SOAKS, type Soak, type Variables } from './soaks.ts'

/** Seeds of two batches lie so far apart: no test counts further from the one that it gets. */
const SEED_STRIDE = 10_000

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, seed: { type: 'string', default: '1' } },
})
const unknown = positionals.filter((name) => !(name in SOAKS))
const runsGiven = flags.runs === undefined ? undefined : Number(flags.runs)
const seed = Number(flags.seed)
if (unknown.length > 0 || !isCount(runsGiven ?? 1) || !isCount(seed)) {
  console.error(
    `soak: expected names among ${Object.keys(SOAKS).join(', ')}, and whole numbers from 1 on, got ${process.argv.slice(2).join(' ')}`,
  )
  process.exitCode = 2
} else {
  for (const [name, soak] of Object.entries(SOAKS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    if (!(await runSoak(name, soak))) {
      process.exitCode = 1
      break
    }
  }
}

/** Says what is done after each batch; ends at the first that fails, and says how to repeat it. */
async function runSoak(name: string, soak: Soak): Promise<boolean> {
  const { file, unit, runs, batch, factor = 1, variables: given = {} } = soak
  const total = runsGiven ?? runs
  const startedMs = performance.now()
  const path = pathOf(file)
  const reports: Report[] = []
  for (let done = 0, first = seed; done < total; first += SEED_STRIDE) {
    const count = Math.min(batch, total - done)
    const variables = { FUZZ_RUNS: String(count * factor), FUZZ_SEED: String(first), ...given }
    const { status, output, report } = await runTest(path, variables)
    if (status !== 0) {
      console.log(output)
      const again = Object.entries(variables).map(([key, value]) => `${key}=${value}`)
      console.log(`${name}: failed; again by: ${again.join(' ')} npx node --test '${path}'`)
      return false
    }
    if (report === undefined) for (const said of saidIn(output)) console.log(`${name}: ${said}`)
    if (report !== undefined) reports.push(report)
    done += count
    const minutes = (performance.now() - startedMs) / 60_000
    console.log(`${name}: ${done} of ${total} ${unit}, seed ${first}, ${minutes.toFixed(1)} min`)
  }
  if (reports.length > 0) console.log(formatReport(reports.reduce(addReports)))
  return true
}

/** A test that says what its run was like writes one line of JSON into the file of FUZZ_REPORT. */
async function runTest(path: string, variables: Variables) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-soak-'))
  const file = join(folder, 'report')
  const quiet = { CI: 'true', HARDHAT_DISABLE_TELEMETRY: 'true' }
  const child = spawn(process.execPath, ['--test', path], {
    env: { ...process.env, ...quiet, FUZZ_REPORT: file, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [status]: unknown[] = await once(child, 'close')
  const text = await readFile(file, 'utf8').catch(() => undefined)
  await rm(folder, { recursive: true })
  const report: Report | undefined = text === undefined ? undefined : JSON.parse(text)
  return { status, output, report }
}

/** What a test has told beside its result: its diagnostics, without the counts of the runner. */
function saidIn(output: string): string[] {
  return [...output.matchAll(/^\s*ℹ (.*)$/gm)]
    .map(([, text = '']) => text)
    .filter((text) => !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(text))
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0
}
