// JSON-RPC 2.0 (https://www.jsonrpc.org/specification) without a transport: a message in, its answer out, over any table of methods.

import { OperationError } from '../errors.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { toWire } from './json.ts'
import type { AnyService } from './methods/table.ts'
import { readParams } from './params.ts'

/** `id` is what the caller sent, whatever it is. */
export type Answer =
  | { readonly jsonrpc: '2.0'; readonly id: unknown; readonly result: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: unknown; readonly error: AnswerError }
export type AnswerError = { readonly code: number; readonly message: string; readonly data?: unknown }
type Request = { readonly id?: unknown; readonly method: unknown; readonly params?: unknown }

export const MOST_REQUESTS = 100
/** Requests of a batch that run at the same time. */
const MOST_AT_ONCE = 8
/** Characters of the answers to a batch, beyond which nothing more of it is begun. */
const MOST_ANSWERS_LENGTH = 32 * 1024 * 1024
export const PARSE_ERROR = -32_700
export const INVALID_REQUEST = -32_600
export const METHOD_NOT_FOUND = -32_601
export const INVALID_PARAMS = -32_602
export const INTERNAL_ERROR = -32_603
/** As Ethereum's endpoints have it (EIP-1474). */
export const LIMIT_EXCEEDED = -32_005
/** Of a `RuleError` or an `OperationError`, whose code and facts are in `data`. */
export const DOMAIN_ERROR = -32_000

/**
 * The answer to a request or a batch of them, of which some run at the same time; undefined if there is nothing to answer, since all were
 * notifications. `onBug` gets what a handler threw by mistake. Never throws.
 */
export async function answerMessage(
  service: AnyService,
  message: unknown,
  onBug: (error: unknown) => void,
): Promise<Answer | readonly Answer[] | undefined> {
  if (typeof message !== 'object' || message === null) {
    return errorAnswer(null, { code: INVALID_REQUEST, message: 'expected a JSON-RPC 2.0 request' })
  }
  if (!Array.isArray(message)) return answerOne(service, message, onBug)
  if (message.length === 0 || message.length > MOST_REQUESTS) {
    return errorAnswer(null, { code: INVALID_REQUEST, message: `a batch has 1 to ${MOST_REQUESTS} requests` })
  }
  const answers = (await answerAll(service, message, onBug)).filter((answer) => answer !== undefined)
  // A single answer goes without its array, against the specification: as it always did, and callers may count on it.
  return answers.length > 1 ? answers : answers[0]
}

async function answerAll(
  service: AnyService,
  messages: readonly unknown[],
  onBug: (error: unknown) => void,
): Promise<readonly (Answer | undefined)[]> {
  const answers: (Answer | undefined)[] = []
  let length = 0
  const waiting = messages.entries()
  const work = async () => {
    for (const [i, message] of waiting) {
      const answer = length > MOST_ANSWERS_LENGTH ? tooMuch(message) : await answerOne(service, message, onBug)
      if (answer !== undefined && 'result' in answer) length += JSON.stringify(answer.result).length
      answers[i] = answer
    }
  }
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, work))
  return answers
}

function tooMuch(message: unknown): Answer | undefined {
  if (isRequest(message) && message.id === undefined) return undefined
  const words = 'the answers to this batch are too long: send this request in another one'
  return errorAnswer(idOf(message), { code: LIMIT_EXCEEDED, message: words })
}

export function errorAnswer(id: unknown, error: AnswerError): Answer {
  return { jsonrpc: '2.0', id, error }
}

/** The answer to one request; undefined for a notification. */
export async function answerOne(
  service: AnyService,
  message: unknown,
  onBug: (error: unknown) => void,
): Promise<Answer | undefined> {
  if (!isRequest(message)) {
    return errorAnswer(idOf(message), { code: INVALID_REQUEST, message: 'Invalid Request' })
  }
  const { id } = message
  const outcome = await run(service, message, onBug)
  if (id === undefined) return undefined
  return 'error' in outcome ? errorAnswer(id, outcome.error) : { jsonrpc: '2.0', id, result: outcome.result ?? null }
}

async function run(
  { methods, handlers, errorOf }: AnyService,
  { method, params }: Request,
  onBug: (error: unknown) => void,
): Promise<{ readonly result: unknown } | { readonly error: AnswerError }> {
  const isKnown = typeof method === 'string' && Object.hasOwn(methods, method)
  const [spec, handler] = isKnown ? [methods[method], handlers[method]] : []
  if (!isKnown || spec === undefined || handler === undefined) {
    return { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } }
  }
  try {
    const read = readParams(method, spec.params, params)
    if ('problem' in read) return { error: { code: INVALID_PARAMS, message: read.problem } }
    // What the schema of a method reads is what its handler accepts: see `Service`.
    return { result: toWire(await handler(read.params as never)) }
  } catch (error) {
    const known = errorOf?.(error) ?? domainError(error)
    if (known !== undefined) return { error: known }
    onBug(error)
    return { error: { code: INTERNAL_ERROR, message: 'the node failed to answer; its log says why' } }
  }
}

function domainError(error: unknown): AnswerError | undefined {
  if (error instanceof RuleError) {
    const data = { family: 'rule', code: error.code, facts: error.facts }
    return { code: DOMAIN_ERROR, message: error.message, data }
  }
  if (error instanceof OperationError) {
    const data = { family: 'operation', code: error.code, facts: error.facts, retry: error.retry }
    return { code: DOMAIN_ERROR, message: error.message, data }
  }
  return undefined
}

function isRequest(message: unknown): message is Request {
  return (
    typeof message === 'object' &&
    message !== null &&
    'jsonrpc' in message &&
    message.jsonrpc === '2.0' &&
    'method' in message &&
    !('result' in message || 'error' in message)
  )
}

/** Null where it is not known, as the specification has it. */
function idOf(message: unknown): string | number | null {
  const id = typeof message === 'object' && message !== null && 'id' in message ? message.id : null
  return typeof id === 'string' || typeof id === 'number' ? id : null
}
