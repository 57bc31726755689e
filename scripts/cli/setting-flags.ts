// Settings as flags of commands.

import { type Command, Option } from 'commander'
import { type SettingKey, settingDefault, settingInfo } from '../settings.ts'
import { COMMON_SETTINGS } from './common-options.ts'

/** Gives a command the flags of settings that are not global. Those that most commands take its help only names, unless they are `shown`. */
export function addSettings(
  command: Command,
  keys: readonly SettingKey[],
  common: 'named' | 'shown' = 'named',
): Command {
  for (const key of keys) {
    const { flag, env, about } = settingInfo(key)
    const preset = settingDefault(key)
    const shown = preset === undefined || preset === 'false' ? env : `${env}, default: ${preset}`
    if (flag === undefined) continue
    command.addOption(
      new Option(flag, `${about} [${shown}]`).hideHelp(common === 'named' && COMMON_SETTINGS.includes(key)),
    )
  }
  return command
}
