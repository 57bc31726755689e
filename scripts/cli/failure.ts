// How the command line fails: which exit code, which words, which JSON.

import { CommanderError } from 'commander'
import { checksummed } from '../../node/checksummed.ts'
import { notWritten, refusalOf } from '../../node/disk.ts'
import { isOperationError, OperationError } from '../../node/errors.ts'
import { type Facts, RuleError } from '../../node/protocol/rule-error.ts'
import { printable, printableLine, readable } from './printable.ts'
import type { Shell } from './shell.ts'

/**
 * 0 done, 1 a rule or an operation failed, 2 wrong usage or setting, 130 Ctrl-C; and of sysexits.h: 65 what is on disk is damaged (a restart
 * does not help), 70 a bug of ours, 74 the disk refuses (a restart helps once somebody has seen to it).
 */
export type ExitCode = 0 | 1 | 2 | 65 | 70 | 74 | 130

export type Failure = {
  readonly exitCode: ExitCode
  readonly code: string
  readonly message: string
  readonly facts: Facts
  /** Only of what was not expected. */
  readonly stack?: string
}

const HELP_CODES = ['commander.help', 'commander.helpDisplayed', 'commander.version']

export function interrupted(): OperationError {
  return new OperationError('interrupted', 'expected to finish, got Ctrl-C; run the command again to go on', {
    retry: true,
  })
}

/** Of a write to our own output, which is not read any more: the terminal is gone, or the reader has had enough, as in `ttx wallet list | head -1`. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'EIO')
}

/** `signal` is that of the command: what an abort made fail counts as interrupted. */
export function describeFailure(error: unknown, signal: AbortSignal): Failure {
  // What failed while everything was put away most likely follows from what failed first.
  if (error instanceof SuppressedError) return describeFailure(error.suppressed, signal)
  if (error instanceof CommanderError) {
    const helped = HELP_CODES.includes(error.code) && error.exitCode === 0
    return {
      exitCode: helped ? 0 : 2,
      code: 'usage',
      message:
        error.code === 'commander.help'
          ? 'expected a command, got none; see --help'
          : error.message.replace(/^error: /, ''),
      facts: { problem: error.code },
    }
  }
  // A question to the node that Ctrl-C cut off says nothing about the node.
  const isAway = error instanceof OperationError && error.code === 'node-unreachable'
  if (signal.aborted && (isAway || (error instanceof Error && error.name === 'AbortError')))
    return describeFailure(interrupted(), signal)
  if (error instanceof OperationError || error instanceof RuleError) {
    const { code, message, facts } = error
    return { exitCode: exitCodeOf(error), code, message, facts }
  }
  const disk = refusedFile(error)
  if (disk !== undefined) return describeFailure(disk, signal)
  const cause =
    error instanceof Error ? error : new Error(`something that is not an error was thrown: ${String(error)}`)
  return { exitCode: 70, code: 'unexpected', message: cause.message, facts: {}, stack: cause.stack ?? cause.message }
}

/** Not base units, which the message says in decimals: they look like another amount. `--json` has them. */
function isForPeople([, fact]: readonly [string, unknown]): boolean {
  return !(typeof fact === 'string' && /^\d{13,}$/.test(fact))
}

const DISK = ['write-failed', 'wallet-not-written', 'ledger-failed', 'database-failed', 'database-unavailable']

const PASSED_ON: Readonly<Record<string, ExitCode>> = { 2: 2, 65: 65, 74: 74 }

function exitCodeOf(error: OperationError | RuleError): ExitCode {
  const { code } = error
  if (code === 'bad-setting') return 2
  if (code === 'interrupted') return 130
  if (code.endsWith('-damaged')) return 65
  if (DISK.includes(code)) return 74
  // A devnet ends as the process did without which it cannot go on.
  if (isOperationError(error, 'service-died')) return PASSED_ON[error.facts.exitCode] ?? 1
  return 1
}

const FILE_CALLS = ['open', 'write', 'mkdir', 'mkdtemp', 'rename', 'link', 'unlink', 'rm', 'rmdir', 'fsync', 'copyfile']

/** Of what no part has described: the system's own error about a file. */
function refusedFile(error: unknown): OperationError | undefined {
  if (!(error instanceof Error && 'syscall' in error && FILE_CALLS.some((each) => each === error.syscall)))
    return undefined
  if (refusalOf(error) === undefined) return undefined
  return notWritten('path' in error && typeof error.path === 'string' ? error.path : 'a file', error)
}

/** For people, on standard error. */
export function formatFailure(failure: Failure, env: Shell['env'] = {}): string {
  if (failure.stack !== undefined) {
    return `${printable(failure.stack)}\n\nttx: this was not expected and is a bug in ttx; please report it with the lines above and what you ran\n`
  }
  const facts = Object.entries(failure.facts)
    .filter(isForPeople)
    .map(
      ([name, value]) =>
        `  ${name}: ${checksummed(printableLine(`${Array.isArray(value) ? value.join(', ') : value}`))}\n`,
    )
  return `ttx: ${readable(failure.message, env)}\n  code: ${failure.code}\n${facts.join('')}`
}
