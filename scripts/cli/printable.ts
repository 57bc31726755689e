// Text as a terminal may have it: what strangers wrote moves no cursor, hides nothing, and turns no line around.

import { checksummed } from '../../node/checksummed.ts'
import { asTyped, callOf } from './as-typed.ts'
import type { Shell } from './shell.ts'

/** Controls of both sets, marks that turn the direction of what follows, and what begins a line elsewhere than the line feed. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
const LINE_FEED = '\n'

/** The same for people: with the checksums of addresses (EIP-55), and with commands as they are typed here. */
export function readable(text: string, env: Shell['env'] = {}): string {
  return asTyped(checksummed(printable(text)), callOf(env))
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
  return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
}
