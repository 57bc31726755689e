// `npm test`: runs lint, types, build, Solidity tests and every test/**/*.test.ts, and ends with `N passed, N failed`.
//
// `npm test -- unit ledger` runs only the phases and files whose name or path contains one of the words. Only tests
// count as passed; a tool that fails, a file that ends early or holds no test, and a run without any test count as failed.
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { bundlePackages } from '../../make/bundled-packages.ts'
import { buildPage } from '../../make/page.ts'
import { findTestPhases } from './phases.ts'
import { failure, noTests, runCommand, runCommandAside, runNodeTests, runSolidityTests, type Tally } from './run.ts'

const root = new URL('../../..', import.meta.url).pathname

process.chdir(root)
// Hardhat asks the network for nothing where these are set; every child inherits them.
process.env['CI'] = 'true'
process.env['HARDHAT_DISABLE_TELEMETRY'] = 'true'
// Each file is a process of its own, and compiling the same modules again is a fifth of what the unit tests cost.
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules', '.cache', 'ttx')

const { positionals: filters } = parseArgs({ allowPositionals: true, options: {} })
const { phases, unmatched } = findTestPhases(root, filters)
const results: { readonly name: string; readonly tally: Tally; readonly seconds: number }[] = []

for (const word of unmatched) {
  const what = `npm test: expected a part of a phase name or of a test file's path, got "${word}", which matches none`
  results.push({ name: `filter ${word}`, tally: failure(what), seconds: 0 })
}

// The compiler keeps one core busy for as long as lint, types and the first tests take, which need nothing of it.
const building = phases.some((phase) => phase.needsBuild)
  ? runCommandAside('npm', ['run', '--silent', 'build'])
  : undefined
// A filtered run is for working on one thing: lint and types are left to the whole run and to `npm run check`.
if (filters.length === 0) await runPhase('check', () => runCommand('npm', ['run', '--silent', 'check']))

// Loading modules is half of what a small test or command costs. Last of all, as the build and the checks are not tests.
process.env['NODE_OPTIONS'] = [process.env['NODE_OPTIONS'], await bundlePackages(root)].filter(Boolean).join(' ')
await buildPage(root.replace(/\/$/, ''))
let isBuilt: boolean | undefined
for (const phase of phases) {
  if (phase.needsBuild) isBuilt ??= (await runPhase('build', async () => (await building)?.() ?? noTests)).failed === 0
  if (phase.needsBuild && !isBuilt) {
    await runPhase(phase.name, async () => failure(`${phase.name}: not run, because the contracts do not build`))
  } else if (phase.language === 'solidity') {
    await runPhase(phase.name, () => runSolidityTests(phase.files))
  } else {
    await runPhase(phase.name, () => runNodeTests(phase.files, phase.concurrency))
  }
}

console.log('')
for (const { name, tally, seconds } of results) {
  const rest = tally.skipped > 0 ? `, ${tally.skipped} skipped or to do` : ''
  console.log(`${name.padEnd(12)} ${tally.passed} passed, ${tally.failed} failed${rest} (${seconds.toFixed(1)} s)`)
}
for (const what of results.flatMap(({ tally }) => tally.failures)) console.log(`failed: ${what}`)
const passed = results.reduce((sum, { tally }) => sum + tally.passed, 0)
let failed = results.reduce((sum, { tally }) => sum + tally.failed, 0)
if (passed + failed === 0) {
  console.error(`npm test: expected tests in ${relative(process.cwd(), root) || '.'}/test, found none that ran`)
  failed = 1
}
console.log(`${passed} passed, ${failed} failed`)
// Not process.exit(): what is still on its way to a pipe must get there.
process.exitCode = failed === 0 ? 0 : 1

async function runPhase(name: string, run: () => Promise<Tally>): Promise<Tally> {
  console.log(`\n== ${name}`)
  const startedMs = performance.now()
  let tally: Tally
  try {
    tally = await run()
  } catch (error) {
    console.error(error)
    tally = failure(`${name}: could not be run: ${String(error)}`)
  }
  results.push({ name, tally, seconds: (performance.now() - startedMs) / 1000 })
  return tally
}
