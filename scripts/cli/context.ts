// What every command is given, and how its result reaches the caller.

import type { Command } from 'commander'
import { createLogger, type Logger } from '../../node/log.ts'
import { type DataFolder, dataFolder } from '../data-folder.ts'
import { readEndpoints } from '../endpoints.ts'
import { readNodeSettings } from '../node-settings.ts'
import { loadSettings, readDotenv, type Settings, type Surrounding, unknownSettings } from '../settings.ts'
import { printableLine, readable } from './printable.ts'
import type { Shell } from './shell.ts'

/** What a command hands back: `data` is the one JSON object of `--json` (a bigint becomes a decimal string), `text` the same for people. */
export type Result = {
  readonly data: object
  readonly text: string
  /** Called once it was written out, before what is in `context.resources` is closed. */
  readonly onPrinted?: () => Promise<void>
  /** What is thrown if nobody could read it, where that costs more than running the command again. */
  readonly onUnread?: (cause: unknown) => Error
}

export type CliContext = {
  readonly shell: Shell
  readonly settings: Settings
  readonly folder: DataFolder
  /** Whether a program reads standard output: then nothing but the result goes there. */
  readonly json: boolean
  readonly log: Logger
  /** Aborted by Ctrl-C. A command that lives on until then returns; one that is cut short throws `signal.reason`. */
  readonly signal: AbortSignal
  /** What lives until the result was written out. */
  readonly resources: AsyncDisposableStack
  /** Progress for people: standard output, or with `--json` standard error. */
  say(text: string): void
}

/** Turns a handler into an action of commander: arguments come as the command's parsers left them, then its own options. */
export type Act = <Args extends unknown[]>(
  handler: (context: CliContext, ...args: Args) => Promise<Result | undefined>,
) => (this: Command, ...args: Args) => Promise<void>

/** `flags` are a command's options with the global ones. Throws `OperationError('bad-setting')`. */
export function createContext(
  shell: Shell,
  flags: Readonly<Record<string, unknown>>,
  resources: AsyncDisposableStack,
): CliContext {
  const dotenv = readDotenv(shell.folder)
  const settings = loadSettings(flags, shell.env, dotenv, surroundingOf)
  const log = createLogger({
    level: settings.logLevel,
    json: settings.logJson ?? false,
    colors: shell.stderr.isTTY === true && shell.env['NO_COLOR'] === undefined,
  })
  for (const [source, variables] of [['.env', dotenv] as const, ['the environment', shell.env] as const])
    for (const name of unknownSettings(variables)) log.warn({ name, source }, 'no such setting; see .env.example')
  const json = flags['json'] === true
  return {
    shell,
    settings,
    folder: dataFolder(settings.data),
    json,
    log,
    signal: shell.signal,
    resources,
    say: (text) => void (json ? shell.stderr : shell.stdout).write(`${readable(text, shell.env)}\n`),
  }
}

/** What a devnet that runs on the data folder says of itself, else what its node runs with; a passphrase that is set otherwise is not touched. */
function surroundingOf(data: string): Surrounding {
  const endpoints = readEndpoints(data)
  if (endpoints === undefined) return readNodeSettings(data)
  const { node, ethereum, deployment, passphraseFile } = endpoints
  // anvil has the route for blobs, too.
  return { node, ethereum, beacon: ethereum, deployment, passphraseFile }
}

/** One line of JSON. */
export function formatJson(data: object): string {
  return `${JSON.stringify(data, (_key, value) => (typeof value === 'bigint' ? value.toString() : value))}\n`
}

/** Lines of name and value, the values in one column. A value is one line, whoever wrote it. */
export function formatTable(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = rows.reduce((most, [name]) => Math.max(most, name.length), 0)
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${printableLine(value)}`).join('\n')
}
