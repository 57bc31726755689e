// Who a command is for: the headings of `ttx --help`, in the order in which they are shown, and the examples below each command.

import type { Command } from 'commander'

export const AUDIENCE = {
  bridge: 'Hold, pay and bridge:',
  mine: 'Mine:',
  watch: 'Watch:',
  network: 'Run a network:',
  shell: 'At the prompt:',
} as const

/** Ends a command's help with examples, each a whole line as typed. */
export function addExamples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText(
    'after',
    `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}\n`).join('')}`,
  )
}
