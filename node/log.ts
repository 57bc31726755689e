// Log lines on standard error: readable ones for people, JSON for programs, secrets in neither.

import { createRequire } from 'node:module'
import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino'
import type { prettyFactory } from 'pino-pretty'
import { checksummed } from './checksummed.ts'

export type { Logger } from 'pino'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export type LogOptions = {
  readonly level: LogLevel
  /** One JSON object a line instead of readable text. */
  readonly json: boolean
  /** Colours in readable text; for a terminal. */
  readonly colors: boolean
}

// Facts whose value is a secret, at the top of a line and one or two objects deep.
const SECRET_FACTS = [
  'passphrase',
  'keystorePassphrase',
  'password',
  'words',
  'mnemonic',
  'seed',
  'privateKey',
  'secret',
]
const STANDARD_ERROR = 2

/**
 * The root logger; parts take `logger.child({ part: 'ledger' })`. Facts first, message last. Lines are written synchronously,
 * so that none is lost when the process ends. Amounts go in as decimal strings. `sink` is for tests.
 */
export function createLogger(options: LogOptions, sink?: DestinationStream): Logger {
  const stream = sink ?? destination({ dest: STANDARD_ERROR, sync: true })
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        ...(options.json ? {} : { log: (facts: Record<string, unknown>) => mapStrings(facts, checksummed) }),
      },
      serializers: { err: stdSerializers.err, error: stdSerializers.err },
      redact: { paths: SECRET_FACTS.flatMap((fact) => [fact, `*.${fact}`, `*.*.${fact}`]), censor: '[secret]' },
    },
    options.json ? stream : readable(stream, options.colors),
  )
}

/** Those at the top: what is nested is for programs. */
function mapStrings(facts: Record<string, unknown>, change: (text: string) => string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, typeof fact === 'string' ? change(fact) : fact]),
  )
}

// Not pino-pretty's own stream, which hands lines on later: what is logged just before the process ends would be lost.
function readable(stream: DestinationStream, colorize: boolean): DestinationStream {
  let format: ReturnType<typeof prettyFactory> | undefined
  return {
    write: (line) => {
      format ??= loadPretty()({
        colorize,
        translateTime: 'SYS:HH:MM:ss',
        singleLine: true,
        messageFormat: '{if part}{part}: {end}{msg}',
        ignore: 'part',
      })
      stream.write(format(line))
    },
  }
}

/** With the first line: most commands write none, and it takes a tenth of their start. */
function loadPretty(): typeof prettyFactory {
  const require = createRequire(import.meta.url)
  const pretty: { prettyFactory: typeof prettyFactory } = require('pino-pretty')
  return pretty.prettyFactory
}
