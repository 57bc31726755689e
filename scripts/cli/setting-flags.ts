// Settings as flags of commands.

import type { Command } from 'commander'
import { type SettingKey, settingDefault, settingInfo } from '../settings.ts'

/** Gives a command the flags of settings that are not global. */
export function addSettings(command: Command, keys: readonly SettingKey[]): Command {
  for (const key of keys) {
    const { flag, env, about } = settingInfo(key)
    const preset = settingDefault(key)
    const shown = preset === undefined || preset === 'false' ? env : `${env}, default: ${preset}`
    if (flag !== undefined) command.option(flag, `${about} [${shown}]`)
  }
  return command
}
