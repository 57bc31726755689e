// `npm run soak [-- name …] [--runs N] [--seed S]`: the random tests of the contracts at length, in batches of which each can be
// repeated by its seed. Ctrl-C ends it at any time.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'

/** `runs` are counted in `unit`; a batch is what one process does, and `factor` what the test calls that number. */
type Soak = {
  readonly file: string
  readonly unit: string
  readonly runs: number
  readonly batch: number
  readonly factor?: number
}

const SOAKS: Readonly<Record<string, Soak>> = {
  differential: { file: 'Apply', unit: 'random steps, TypeScript against Solidity', runs: 100_000, batch: 5_000 },
  tree: { file: 'Tree', unit: 'random trees and their openings', runs: 500, batch: 50, factor: 60 },
  completeness: { file: 'refute-completeness', unit: 'mutations of right blocks', runs: 50_000, batch: 2_000 },
  soundness: { file: 'refute-soundness', unit: 'proofs against right blocks', runs: 100_000, batch: 5_000 },
  race: { file: 'Bridge.race-model', unit: 'random races, model against Solidity', runs: 2_000, batch: 100, factor: 6 },
  adversary: { file: 'race-properties', unit: 'races against an adversary', runs: 20_000, batch: 1_000, factor: 2 },
}
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
async function runSoak(name: string, { file, unit, runs, batch, factor = 1 }: Soak): Promise<boolean> {
  const total = runsGiven ?? runs
  const startedMs = performance.now()
  const path = `test/contract/${file}.test.ts`
  for (let done = 0, first = seed; done < total; first += SEED_STRIDE) {
    const count = Math.min(batch, total - done)
    const environment = { FUZZ_RUNS: String(count * factor), FUZZ_SEED: String(first) }
    const { status, output } = await runTest(path, environment)
    if (status !== 0) {
      console.log(output)
      const variables = Object.entries(environment).map(([key, value]) => `${key}=${value}`)
      console.log(`${name}: failed; again by: ${variables.join(' ')} npx node --test ${path}`)
      return false
    }
    done += count
    const minutes = (performance.now() - startedMs) / 60_000
    console.log(`${name}: ${done} of ${total} ${unit}, seed ${first}, ${minutes.toFixed(1)} min`)
  }
  return true
}

async function runTest(path: string, environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['--test', path], {
    env: { ...process.env, CI: 'true', HARDHAT_DISABLE_TELEMETRY: 'true', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [status]: unknown[] = await once(child, 'close')
  return { status, output }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0
}
