// Text as a terminal may have it: what strangers wrote moves no cursor, hides nothing, and turns no line around.

import { checksummed } from '../../node/checksummed.ts'
import { asTyped, callOf } from './as-typed.ts'
import type { Shell } from './shell.ts'

/**
 * Controls of both sets, what begins a line elsewhere than the line feed, and all that only formats (Unicode's Cf): marks that turn the direction, and what
 * has no width, so that no two words look the same.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu
const LINE_FEED = '\n'

/** The same for people: with the checksums of addresses (EIP-55), and with commands as they are typed here. */
export function readable(text: string, env: Shell['env'] = {}): string {
  return asTyped(checksummed(printable(text)), callOf(env))
}

/** Words that somebody else chose, beside ours: in quotation marks, and without runs of blanks, which could push them into a line of their own. */
export function inQuotes(text: string): string {
  return `"${text.replaceAll('"', "'").replace(/\p{Zs}{2,}/gu, (run) => ` [${run.length} blanks] `)}"`
}

/** With each such character as JSON has it (`\u001b`), line feeds excepted. JSON stays the same JSON. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (found) => (found === LINE_FEED ? found : escaped(found)))
}

/** The same on one line. */
export function printableLine(text: string): string {
  return text.replace(UNSEEN, escaped)
}

function escaped(found: string): string {
  const units = Array.from({ length: found.length }, (_, i) => found.charCodeAt(i))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
