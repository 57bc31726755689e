// How the command line fails: which exit code, which words, which JSON.

import { CommanderError } from 'commander'
import { checksummed } from '../../node/checksummed.ts'
import { OperationError } from '../../node/errors.ts'
import { type Facts, RuleError } from '../../node/protocol/rule-error.ts'
import { printable, printableLine, readable } from './printable.ts'

/** 0 done, 1 a rule or an operation failed, 2 wrong usage or setting, 70 a bug of ours (sysexits), 130 Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 70 | 130

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

/** `signal` is that of the command: what an abort made fail counts as interrupted. */
export function describeFailure(error: unknown, signal: AbortSignal): Failure {
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
    const exitCode = code === 'bad-setting' ? 2 : code === 'interrupted' ? 130 : 1
    return { exitCode, code, message, facts }
  }
  const cause =
    error instanceof Error ? error : new Error(`something that is not an error was thrown: ${String(error)}`)
  return { exitCode: 70, code: 'unexpected', message: cause.message, facts: {}, stack: cause.stack ?? cause.message }
}

/** Not base units, which the message says in decimals: they look like another amount. `--json` has them. */
function isForPeople([, fact]: readonly [string, unknown]): boolean {
  return !(typeof fact === 'string' && /^\d{13,}$/.test(fact))
}

/** For people, on standard error. */
export function formatFailure(failure: Failure): string {
  if (failure.stack !== undefined) {
    return `${printable(failure.stack)}\n\nttx: this was not expected and is a bug in ttx; please report it with the lines above and what you ran\n`
  }
  const facts = Object.entries(failure.facts)
    .filter(isForPeople)
    .map(
      ([name, value]) =>
        `  ${name}: ${checksummed(printableLine(`${Array.isArray(value) ? value.join(', ') : value}`))}\n`,
    )
  return `ttx: ${readable(failure.message)}\n  code: ${failure.code}\n${facts.join('')}`
}
