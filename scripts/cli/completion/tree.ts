// What can be typed after `ttx`, as data: what the completions of all shells are made from.

import type { Argument, Command, Option } from 'commander'

/** A command, with what may follow it. */
export type Place = {
  /** As typed, from `ttx` on. */
  readonly path: string
  readonly about: string
  /** Names of the commands below it. */
  readonly commands: readonly string[]
  readonly options: readonly Flag[]
  /** Whether files are among its arguments. */
  readonly takesFiles: boolean
  /** What its first argument may be, where that is one of a few words. */
  readonly words: readonly string[]
}

export type Flag = {
  /** Long and short, as in `--version` and `-V`. */
  readonly names: readonly string[]
  readonly about: string
  readonly value: 'none' | 'any' | 'file' | readonly string[]
}

/** In arguments and values of options, as in `--data <folder>`. */
const FILE_NAMES = /\b(file|files|folder|deployment)\b/

/** `program` and all below it, each once, from the outside in. */
export function placesOf(program: Command): readonly Place[] {
  return [placeOf(program), ...program.commands.flatMap(placesOf)]
}

function placeOf(command: Command): Place {
  const options: Flag[] = [{ names: ['--help', '-h'], about: 'Show this help', value: 'none' }]
  for (let each: Command | null = command; each !== null; each = each.parent) options.push(...each.options.map(flagOf))
  return {
    path: pathOf(command),
    about: command.summary() || command.description(),
    commands: command.commands.map((each) => each.name()),
    options,
    takesFiles: command.registeredArguments.some((argument) => isFile(argument)),
    words: command.registeredArguments[0]?.argChoices ?? [],
  }
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

function flagOf(option: Option): Flag {
  const takesNone = !option.required && !option.optional
  const value = takesNone
    ? 'none'
    : (option.argChoices ?? (FILE_NAMES.test(option.flags.replace(/^\S+/, '')) ? 'file' : 'any'))
  return {
    names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
    about: option.description,
    value,
  }
}

function isFile(argument: Argument): boolean {
  return FILE_NAMES.test(argument.name())
}
