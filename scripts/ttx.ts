#!/usr/bin/env node
// The program `ttx`: hands the process's streams, variables and signals to the command line.

import process from 'node:process'
import { describeFailure, formatFailure, interrupted } from './cli/failure.ts'
import { runCli } from './cli/program.ts'

const controller = new AbortController()

function stop(): void {
  if (controller.signal.aborted) process.exit(130)
  process.stderr.write('\nttx: stopping; once more to stop at once\n')
  controller.abort(interrupted())
}

function die(error: unknown): never {
  const failure = describeFailure(error, controller.signal)
  process.stderr.write(formatFailure(failure))
  process.exit(failure.exitCode)
}

process.on('SIGINT', stop)
process.on('SIGTERM', stop)
process.on('uncaughtException', die)
process.on('unhandledRejection', die)
// Who reads us may have had enough, as in `ttx wallet list | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? process.exit(0) : die(error)))

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  folder: process.cwd(),
  signal: controller.signal,
})
