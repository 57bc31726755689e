// The program `ttx`: hands the process's streams, variables and signals to the command line.

import process from 'node:process'
import { describeFailure, formatFailure, interrupted } from './cli/failure.ts'
import { runCli } from './cli/program.ts'

const controller = new AbortController()

// npm passes Ctrl-C on to us, although we got it from the terminal already.
const SAME_KEY_MS = 500
let stoppingSinceMs: number | undefined
let hasReader = true

function stop(signal: NodeJS.Signals): void {
  if (stoppingSinceMs !== undefined && performance.now() - stoppingSinceMs > SAME_KEY_MS) process.exit(130)
  if (stoppingSinceMs !== undefined) return
  stoppingSinceMs = performance.now()
  if (signal === 'SIGINT') process.stderr.write('\nttx: stopping; once more to stop at once\n')
  controller.abort(interrupted())
}

/** Our output is not read any more: the terminal is gone, or the reader has had enough, as in `ttx wallet list | head -1`. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'EIO')
}

function loseReader(error: unknown): void {
  if (!isGone(error)) die(error)
  hasReader = false
  controller.abort(interrupted())
}

function die(error: unknown): void {
  if (isGone(error)) {
    loseReader(error)
    return
  }
  const failure = describeFailure(error, controller.signal)
  process.stderr.write(formatFailure(failure, process.env))
  process.exit(failure.exitCode)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
process.on('uncaughtException', die)
process.on('unhandledRejection', die)
process.stdout.on('error', loseReader)
process.stderr.on('error', loseReader)

const exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  folder: process.cwd(),
  signal: controller.signal,
})
process.exitCode = hasReader ? exitCode : 0
