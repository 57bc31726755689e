// Runs one phase of `npm test` with its output on the terminal, and counts what passed and failed.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { isAbsolute, relative, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { z } from 'zod'

/** Numbers of tests; `skipped` includes those marked todo. `failures` says of what failed where it is and, as far as known, why. */
export type Tally = {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly failures: readonly string[]
}

export const noTests: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] }

// Not limits that a test may lean on: only a test that hangs, or a process that lives on after its tests, ever gets there.
const hungTestMs = 10 * 60_000
const silenceMs = 11 * 60_000

/** Files of a phase that are named with their time: what to look at when it takes long. */
const LONGEST = 10

/** Characters. */
const MOST_OF_A_REASON = 400

const untrackedPromises = new URL('./untracked-promises.ts', import.meta.url).href

const tallySchema = z.object({ passed: z.number(), failed: z.number(), skipped: z.number() })

/** Runs a tool that passes or fails as a whole. A pass counts as nothing, any exit status but 0 as one failure. */
export async function runCommand(command: string, args: readonly string[]): Promise<Tally> {
  return tallyOf(command, args, await once(spawn(command, args, { stdio: 'inherit' }), 'close'))
}

/** The same for one that runs beside others, which its output would be mixed with: that is written at its end. */
export async function runCommandAside(command: string, args: readonly string[]): Promise<() => Tally> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
  const end = await once(child, 'close').catch((error: unknown) => [undefined, error])
  return () => {
    process.stdout.write(Buffer.concat(output))
    return tallyOf(command, args, end)
  }
}

function tallyOf(command: string, args: readonly string[], [status, signal]: readonly unknown[]): Tally {
  if (status === 0) return noTests
  return failure(`${command} ${args.join(' ')}: expected exit status 0, got ${String(signal ?? status)}`)
}

/** Said at once, and again at the end of the run. */
export function failure(what: string): Tally {
  console.error(what)
  return { ...noTests, failed: 1, failures: [what] }
}

/**
 * Runs files with node:test, each in its own process. A file counts by the summary that its own process wrote at its end: one
 * that dies, exits early or holds no test has none, and counts as one failure.
 */
export async function runNodeTests(files: readonly string[], concurrency: number): Promise<Tally> {
  const watchdog = new AbortController()
  const timer = setTimeout(() => watchdog.abort(), silenceMs)
  const stream = run({
    files: [...files],
    concurrency,
    timeout: hungTestMs,
    signal: watchdog.signal,
    execArgv: ['--import', untrackedPromises],
  })
  const seen = new Set<string>()
  const failuresSeen = watchFailures(stream, files)
  let tally = noTests
  let failedInAll = 0
  const times: { readonly file: string; readonly seconds: number }[] = []
  stream.on('test:summary', ({ file, counts, duration_ms }) => {
    // The rest failed or was cancelled.
    const failed = counts.tests - counts.passed - counts.skipped - counts.todo
    if (file === undefined) {
      failedInAll = failed
      return
    }
    seen.add(file)
    times.push({ file: relative(process.cwd(), file), seconds: duration_ms / 1000 })
    tally = {
      ...tally,
      passed: tally.passed + counts.passed,
      failed: tally.failed + failed,
      skipped: tally.skipped + counts.skipped + counts.todo,
    }
  })
  for await (const text of stream.compose(spec)) {
    timer.refresh()
    process.stdout.write(text)
  }
  clearTimeout(timer)
  times.sort((a, b) => b.seconds - a.seconds)
  console.log(
    times
      .slice(0, LONGEST)
      .map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s ${file}`)
      .join('\n'),
  )
  const failures = failuresSeen()
  let incomplete = 0
  for (const file of files) {
    if ([...seen].some((path) => path === file || path.endsWith(`/${file}`))) continue
    const { failures: why } = failure(
      `${file}: expected its tests to run and its process to end, got no tests, an early exit or a process that lives on`,
    )
    failures.push(...why)
    incomplete++
  }
  return { ...tally, failed: Math.max(tally.failed + incomplete, failedInAll), failures }
}

/** Of a comparison what differed too, as far as it is short. */
function inOneLine(message: string): string {
  const lines = message.split('\n', 40).map((line) => line.trim())
  return lines
    .filter((line) => line !== '' && line !== '+ actual - expected')
    .join(' ')
    .slice(0, MOST_OF_A_REASON)
}

/** Returns what failed until the call: each test, and a file only if none of its tests did. */
function watchFailures(stream: ReturnType<typeof run>, files: readonly string[]): () => string[] {
  const failures: string[] = []
  const named = new Set<string>()
  const whole = new Map<string, string>()
  stream.on('test:fail', ({ name, file = '', details, skip, todo }) => {
    const { message, cause } = details.error
    const reason = inOneLine(cause instanceof Error ? cause.message : message)
    // A suite fails as well where one of its tests does, and so does a file.
    if (skip !== undefined || todo !== undefined || message.includes('subtest failed')) return
    if (isAbsolute(name) || files.includes(name)) {
      whole.set(resolve(name), reason)
      return
    }
    named.add(resolve(file))
    failures.push(`${relative(process.cwd(), file)}: ${name}: ${reason}`)
  })
  return () => {
    for (const [file, reason] of whole) {
      if (!named.has(file)) failures.push(`${relative(process.cwd(), file)}: failed outside of its tests: ${reason}`)
    }
    return failures
  }
}

/** Runs Hardhat's Solidity tests in a process of their own, which reports its counts over IPC. */
export async function runSolidityTests(files: readonly string[]): Promise<Tally> {
  const child = fork(new URL('./solidity.ts', import.meta.url), [...files])
  let tally: Tally | undefined
  child.on('message', (message) => {
    tally = { ...tallySchema.parse(message), failures: [] }
  })
  const [status, signal]: unknown[] = await once(child, 'close')
  if (tally === undefined || tally.passed + tally.failed + tally.skipped === 0) {
    return failure(`solidity tests: expected counts of tests, got none (exit ${String(signal ?? status)})`)
  }
  return status === 0 ? tally : { ...tally, failed: Math.max(tally.failed, 1) }
}
