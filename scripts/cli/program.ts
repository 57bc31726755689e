// The command line as a whole: the flags that all commands accept, and how a run ends.

import { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { GLOBAL_SETTINGS } from '../settings.ts'
import { formatHelp } from './common-options.ts'
import { type Act, createContext, formatJson } from './context.ts'
import { describeFailure, type ExitCode, formatFailure, isReaderGone } from './failure.ts'
import { printable, readable } from './printable.ts'
import { type Registration, registrationsFor } from './registry.ts'
import { addSettings } from './setting-flags.ts'
import type { Shell } from './shell.ts'

/** Runs one command line (without the program's name). Never throws: what goes wrong is written out. */
export async function runCli(
  argv: readonly string[],
  shell: Shell,
  registrations?: readonly Registration[],
): Promise<ExitCode> {
  const json = argv.includes('--json')
  try {
    await createProgram(shell, registrations ?? (await registrationsFor(argv)), json).parseAsync([...argv], {
      from: 'user',
    })
    return 0
  } catch (error) {
    const failure = describeFailure(error, shell.signal)
    const { exitCode, code, message, facts, stack } = failure
    if (exitCode === 0) return 0
    if (json) shell.stdout.write(printable(formatJson({ error: { code, message, facts } })))
    // Commander itself has reported wrong usage to people.
    if (code !== 'usage' && (!json || stack !== undefined)) shell.stderr.write(formatFailure(failure, shell.env))
    return exitCode
  }
}

/** `json`: leave it to the caller to report wrong usage. */
export function createProgram(shell: Shell, registrations: readonly Registration[], json = false): Command {
  const program = new Command('ttx')
    .description('TorrentTX: a currency whose transactions are torrents, and its proof-of-work bridge to Ethereum.')
    .version(packageJson.version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand(false)
    .option('--json', 'Print one JSON object on standard output, errors included')
    .configureHelp({ formatHelp })
    .configureOutput({
      writeOut: (text) => void shell.stdout.write(readable(text, shell.env)),
      writeErr: (text) => void (json || shell.stderr.write(readable(text, shell.env))),
    })
    .showHelpAfterError('(add --help for what this command accepts)')
    .exitOverride()
  addSettings(program, GLOBAL_SETTINGS)
  program.addHelpText(
    'after',
    '\nEach flag can also be set by a variable in the environment or in .env: see .env.example.\nttx <command> --help explains a command and shows an example.',
  )
  const act: Act = (handler) =>
    async function (...args) {
      await using resources = new AsyncDisposableStack()
      const context = createContext(shell, this.optsWithGlobals(), resources)
      const result = await handler(context, ...args)
      if (result === undefined) return
      try {
        await print(shell, context.json ? printable(formatJson(result.data)) : readable(`${result.text}\n`, shell.env))
      } catch (cause) {
        if (result.onUnread !== undefined) throw result.onUnread(cause)
        if (isReaderGone(cause)) return
        throw cause
      }
      await result.onPrinted?.()
    }
  for (const register of registrations) register(program, act)
  return program
}

/** Resolves when the reader of standard output can have it, whatever becomes of this process. */
function print({ stdout }: Shell, text: string): Promise<void> {
  return new Promise((resolve, reject) => stdout.write(text, (error) => (error ? reject(error) : resolve())))
}
