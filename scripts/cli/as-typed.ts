// Commands that people are told to run, as they have to be typed here: `ttx` alone is a command only where somebody has put it into the PATH.

import type { Shell } from './shell.ts'

/** What stands before a command's name. */
export type Call = 'ttx' | 'npx ttx' | 'npm run -s ttx --'

/** A command that is quoted, in a column of its own, or behind a prompt; not one in the middle of a sentence, nor what somebody typed. */
const TOLD = /(?<=["`(]|\$ | {2})ttx (?=[a-z])/g

/** By what npm says of the program that it runs. */
export function callOf({ npm_lifecycle_event: script = '', npm_command: command }: Shell['env']): Call {
  if (['ttx', 'start', 'demo'].includes(script)) return 'npm run -s ttx --'
  return command === 'exec' ? 'npx ttx' : 'ttx'
}

/** `text` with each command in it as `call` begins it. */
export function asTyped(text: string, call: Call): string {
  return call === 'ttx' ? text : text.replace(TOLD, `${call} `)
}
