// A log line of JSON as lines for people that fit a screen: time, message, then facts, with ids shortened.

import { printableLine } from '../printable.ts'
import { wrap } from './fit.ts'

export type Event = { readonly level: string; readonly lines: readonly string[] }

/** Ids longer than this are known by their ends. */
const LONGEST_HEX = 20
const ENDS = 6
/** The time of day and a space. */
const INDENT = ' '.repeat(9)
const UNSAID = new Set(['level', 'time', 'part', 'msg'])

/** `line` is one that `createLogger` writes as JSON; `width` is at least 40. */
export function eventLines(line: string, width: number): Event {
  const event: Readonly<Record<string, unknown>> = JSON.parse(line) // which pino wrote
  const level = String(event['level'])
  const time = new Date(String(event['time'])).toTimeString().slice(0, 8)
  const urgency = level === 'info' ? '' : `${level.toUpperCase()} `
  const facts = Object.entries(event).flatMap(([key, value]) => {
    const text = UNSAID.has(key) ? undefined : textOf(value)
    return text === undefined || text === '' ? [] : [`${key} ${text}`]
  })
  const message = [`${urgency}${event['msg'] ?? ''}`, ...(facts.length === 0 ? [] : [`(${facts.join(', ')})`])]
  return { level, lines: wrap(`${time} ${printableLine(message.join(' '))}`, width, INDENT) }
}

/** Of an error its message: the stack is in the JSON. */
function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value !== 'object') return shorten(String(value))
  if ('message' in value) return shorten(String(value.message))
  if (Array.isArray(value)) return value.map(textOf).join(' ')
  return Object.entries(value)
    .map(([key, each]) => `${key} ${textOf(each)}`)
    .join(' ')
}

function shorten(text: string): string {
  return text.replace(/\b(0x)?[0-9a-f]{20,}\b/g, (id) =>
    id.length <= LONGEST_HEX ? id : `${id.slice(0, ENDS)}…${id.slice(-ENDS)}`,
  )
}
