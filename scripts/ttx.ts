// The program `ttx`: hands the process's streams, variables and signals to the command line.

import process from 'node:process'
import { describeFailure, formatFailure, interrupted, isReaderGone } from './cli/failure.ts'
import { runCli } from './cli/program.ts'

const controller = new AbortController()

// npm passes Ctrl-C on to us, although we got it from the terminal already.
const SAME_KEY_MS = 500
let stoppingSinceMs: number | undefined
let hasReader = true
let hasEnded = false

function stop(signal: NodeJS.Signals): void {
  if (stoppingSinceMs !== undefined && performance.now() - stoppingSinceMs > SAME_KEY_MS) process.exit(130)
  if (stoppingSinceMs !== undefined) return
  stoppingSinceMs = performance.now()
  if (signal === 'SIGINT') process.stderr.write('\nttx: stopping; once more to stop at once\n')
  controller.abort(interrupted())
}

function loseReader(error: unknown): void {
  if (!isReaderGone(error)) {
    // The command that wrote knows better what is lost by it.
    setImmediate(() => hasEnded || die(error))
    return
  }
  hasReader = false
  controller.abort(interrupted())
}

function die(error: unknown): void {
  if (isReaderGone(error)) {
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
hasEnded = true
// Who has read enough is content, unless what nobody read is lost for good.
process.exitCode = hasReader || exitCode === 74 ? exitCode : 0
