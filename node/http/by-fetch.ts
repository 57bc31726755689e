// Asks by `fetch`, for browsers.

import { readBounded } from '../bounded-answer.ts'
import type { HttpAnswer, HttpQuestion } from './question.ts'

/**
 * Throws `RangeError` beyond the bounds of the answer, and what `fetch` and reading throw: a browser does not say whether anything was sent, so that it
 * is never a `NoConnectionError`.
 */
export async function post(question: HttpQuestion): Promise<HttpAnswer> {
  const { url, headers, body, signal, mostBytes, bytesAValue, onPart } = question
  const all = { 'content-type': 'application/json', ...headers }
  const response = await fetch(url, { method: 'POST', headers: all, body, signal, redirect: 'manual' })
  const text = await readBounded(response, mostBytes, bytesAValue, onPart)
  return { status: response.status, headers: new Map(response.headers), text }
}
