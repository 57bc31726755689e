// The options that nearly all commands take: each help names them in one line, and `ttx help options` explains them.

import type { Command, Help, Option } from 'commander'
import { GLOBAL_SETTINGS, type SettingKey } from '../settings.ts'

/** In the order in which they are named. */
export const COMMON_SETTINGS: readonly SettingKey[] = ['node', 'deployment', 'ethereum', 'beacon', ...GLOBAL_SETTINGS]

/** Those that a command takes, its parents' among them: what its help shows in one line. */
function commonOptionsOf(command: Command): readonly Option[] {
  const all: Option[] = []
  for (let each: Command | null = command; each !== null; each = each.parent) all.push(...each.options)
  const json = all.filter(({ long }) => long === '--json' && command.parent !== null)
  const shared = COMMON_SETTINGS.flatMap((key) => all.filter((option) => option.attributeName() === key))
  return [...shared, ...json]
}

/** For commander: its own text, and the line of common options below it. */
export function formatHelp(command: Command, helper: Help): string {
  const text = helper.constructor.prototype.formatHelp.call(helper, command, helper)
  const names = commonOptionsOf(command).map(({ long }) => long)
  const width = helper.helpWidth ?? 80
  const line = `Common options, explained by "ttx help options": ${names.join(', ')}`
  return `${text}\n${helper.boxWrap(line, width)}\n`
}
