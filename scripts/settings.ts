// Every setting there is, once: what may be set, how, to what, and why. Flags come first, then the environment, then `.env`.

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'dotenv'
import { z } from 'zod'
import { OperationError } from '../node/errors.ts'
import { LOG_LEVELS } from '../node/log.ts'

/** How a setting is given and explained. */
export type SettingInfo = {
  readonly env: `TTX_${string}`
  /** As commander takes it; its long name in camelCase is the setting's key. Absent: a secret has no flag, since others can list those. */
  readonly flag?: string
  /** One sentence without a full stop. */
  readonly about: string
  /** For `.env.example`. */
  readonly example: string
  /** Never shown, not even in errors. */
  readonly secret?: true
}

const info = z.registry<SettingInfo>()
const path = z
  .string()
  // `--data --json` is a flag that lost its value.
  .regex(/^[^-]/, 'a path (one that begins with - is written with ./ before it)')
  .transform(expandPath)

export const settingsSchema = z.strictObject({
  network: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a name of 1 to 32 characters a-z, 0-9 and -')
    .default('devnet')
    .register(info, {
      env: 'TTX_NETWORK',
      flag: '--network <name>',
      about: 'Name of the network; it picks the data folder unless that is set',
      example: 'devnet',
    }),
  data: path.optional().register(info, {
    env: 'TTX_DATA',
    flag: '--data <folder>',
    about: 'Data folder, where wallets and everything else are kept (default: ~/.torrenttx/<network>)',
    example: '~/.torrenttx/devnet',
  }),
  wallet: z.string().min(1, 'a name').default('default').register(info, {
    env: 'TTX_WALLET',
    flag: '--wallet <name>',
    about: 'Name of the wallet that a command uses',
    example: 'default',
  }),
  passphrase: z.string().min(1).optional().register(info, {
    env: 'TTX_PASSPHRASE',
    about: 'Passphrase of the wallet; a file is better, since other programs of yours can read the environment',
    example: 'correct horse battery staple',
    secret: true,
  }),
  passphraseFile: path.optional().register(info, {
    env: 'TTX_PASSPHRASE_FILE',
    flag: '--passphrase-file <file>',
    about: 'File that holds the passphrase of the wallet; used where TTX_PASSPHRASE is not set',
    example: '~/.torrenttx/passphrase',
  }),
  logLevel: z
    .enum(LOG_LEVELS)
    .default('info')
    .register(info, {
      env: 'TTX_LOG_LEVEL',
      flag: '--log-level <level>',
      about: `Least level of what is logged to standard error: ${LOG_LEVELS.join(', ')}`,
      example: 'info',
    }),
  logJson: z.union([z.boolean(), z.stringbool()], { error: 'true or false' }).default(false).register(info, {
    env: 'TTX_LOG_JSON',
    flag: '--log-json',
    about: 'Log lines as JSON instead of readable text',
    example: 'true',
  }),
})

export type SettingKey = keyof z.output<typeof settingsSchema>
/** `data` is absolute. */
export type Settings = z.output<typeof settingsSchema> & { readonly data: string }
/** Settings that every command takes; the others are flags only of the commands that use them. */
export const GLOBAL_SETTINGS: readonly SettingKey[] = [
  'network',
  'data',
  'wallet',
  'passphraseFile',
  'logLevel',
  'logJson',
]
export const SETTING_KEYS = Object.keys(settingsSchema.shape) as readonly SettingKey[]

/** Throws a plain error where a setting was not registered: our bug. */
export function settingInfo(key: SettingKey): SettingInfo {
  const found = info.get(settingsSchema.shape[key])
  if (found === undefined) throw new Error(`setting ${key} says nothing about itself`)
  return found
}

/** What holds where nothing is set, as text for `--help`. */
export function settingDefault(key: SettingKey): string | undefined {
  const parsed = settingsSchema.shape[key].safeParse(undefined)
  return parsed.success && parsed.data !== undefined ? String(parsed.data) : undefined
}

/** The variables of `<folder>/.env`; none where there is no such file. Throws `OperationError('bad-setting')` if it cannot be read. */
export function readDotenv(folder: string): Readonly<Record<string, string>> {
  const file = join(folder, '.env')
  try {
    return parse(readFileSync(file))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {}
    throw new OperationError('bad-setting', `expected to read ${file}, got ${cause}; check its owner and mode`, {
      facts: { file },
      cause,
    })
  }
}

/**
 * Settings from three sources, the earlier ones first; an empty variable counts as not set. Flags are keyed as settings are, and
 * keys that are no settings are left alone. Throws `OperationError('bad-setting')`.
 */
export function loadSettings(
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
  dotenv: Readonly<Record<string, string>>,
): Settings {
  const given: Partial<Record<SettingKey, unknown>> = {}
  const sources: Partial<Record<SettingKey, string>> = {}
  for (const key of SETTING_KEYS) {
    const { env } = settingInfo(key)
    const places = [
      ['the command line', flags[key]],
      ['the environment', environment[env] || undefined],
      ['.env', dotenv[env] || undefined],
    ] as const
    const place = places.find(([, value]) => value !== undefined)
    if (place === undefined) continue
    sources[key] = place[0]
    given[key] = place[1]
  }
  if (sources.passphraseFile === 'the command line') delete given.passphrase // the flag was meant
  const parsed = settingsSchema.safeParse(given)
  if (!parsed.success) throw badSetting(parsed.error, given, sources)
  const settings = parsed.data
  return { ...settings, data: settings.data ?? join(homedir(), '.torrenttx', settings.network) }
}

/** Names in `.env` that look like settings and are none: most likely a slip of the pen. */
export function unknownSettings(dotenv: Readonly<Record<string, string>>): string[] {
  const known = new Set<string>(SETTING_KEYS.map((key) => settingInfo(key).env))
  return Object.keys(dotenv).filter((name) => name.startsWith('TTX_') && !known.has(name))
}

function expandPath(text: string): string {
  return resolve(text === '~' || text.startsWith('~/') ? join(homedir(), text.slice(1)) : text)
}

function badSetting(
  error: z.ZodError,
  given: Partial<Record<SettingKey, unknown>>,
  sources: Partial<Record<SettingKey, string>>,
): OperationError {
  const issue = error.issues[0]
  const key = SETTING_KEYS.find((known) => known === issue?.path[0])
  if (issue === undefined || key === undefined) throw error
  const { env, flag, secret } = settingInfo(key)
  const name = [flag?.split(' ')[0], env].filter((part) => part !== undefined).join(' or ')
  const source = sources[key] ?? 'nowhere'
  const came = secret ? 'something else (not shown)' : JSON.stringify(given[key])
  const expected = issue.code === 'invalid_value' ? `one of ${issue.values.join(', ')}` : issue.message
  return new OperationError(
    'bad-setting',
    `expected ${name} to be ${expected}, got ${came} from ${source}; correct it there`,
    {
      facts: { setting: key, source, ...(secret ? {} : { value: String(given[key]) }) },
    },
  )
}
