// Which answer fits a question.

import { RuleError } from '../../protocol/rule-error.ts'
import { MAX_PART_BYTES, SYMBOL_BYTES, SYMBOLS } from '../limits.ts'
import type { Order } from '../store.ts'
import type { Answer, Message, Question } from './messages.ts'

export const ANSWERS = {
  get: 'files',
  count: 'counts',
  list: 'listed',
  order: 'ordered',
  sketch: 'symbols',
  ancestors: 'headers',
  rows: 'part',
} as const

export function isAnswer(message: Message): message is Answer {
  return Object.values(ANSWERS).some((type) => type === message.type)
}

/** Throws `RuleError('bad-answer')`. */
export function checkAnswer(question: Question, answer: Answer): Answer {
  const fits =
    answer.type === ANSWERS[question.type] &&
    (question.type !== 'get' || (answer.type === 'files' && answer.files.length === question.infohashes.length)) &&
    (question.type !== 'list' || (answer.type === 'listed' && isListOf(question.prefix, question.after, answer))) &&
    (question.type !== 'order' || (answer.type === 'ordered' && isOrderFrom(question, answer))) &&
    (question.type !== 'sketch' ||
      (answer.type === 'symbols' && answer.symbols.length === symbolsFrom(question) * SYMBOL_BYTES)) &&
    (question.type !== 'ancestors' || (answer.type === 'headers' && answer.headers.length <= question.most)) &&
    (question.type !== 'rows' || (answer.type === 'part' && isPartFrom(question.from, answer)))
  if (fits) return answer
  throw new RuleError('bad-answer', `expected an answer to ${question.type}, got ${answer.type} or the wrong content`)
}

/** It goes on, and says no more than was asked. */
function isOrderFrom({ from, most }: Question & { type: 'order' }, { infohashes, next, end }: Order): boolean {
  return infohashes.length <= most && (from < end ? next > from && next <= end : infohashes.length === 0)
}

/** All that there is from there, or as much as fits: a block could else come byte by byte, in millions of parts. */
function isPartFrom(from: number, { bytes, length }: Answer & { type: 'part' }): boolean {
  return bytes.length === Math.max(0, Math.min(MAX_PART_BYTES, length - from))
}

/** Every node keeps `SYMBOLS`: fewer are not an answer. */
function symbolsFrom({ from, most }: Question & { type: 'sketch' }): number {
  return Math.min(most, SYMBOLS - from)
}

function isListOf(prefix: string, after: string, answer: Answer & { type: 'listed' }): boolean {
  let last = after
  for (const infohash of answer.infohashes) {
    if (!infohash.startsWith(prefix) || infohash <= last) return false
    last = infohash
  }
  return !answer.more || answer.infohashes.length > 0
}
