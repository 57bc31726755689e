// One endpoint among several, for what must not hang on any of them: each is asked separately, and none is waited for without end.

import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../errors.ts'
import { within } from '../../within.ts'
import type { EthereumAccount } from '../account.ts'

/** What is asked of an endpoint that is one of several. It may lie, lag, or never answer. */
export type Endpoint = Pick<
  EthereumAccount,
  | 'name'
  | 'id'
  | 'head'
  | 'tip'
  | 'nonce'
  | 'balance'
  | 'estimate'
  | 'simulate'
  | 'record'
  | 'broadcast'
  | 'receipt'
  | 'isKnown'
> & { readonly apart: () => readonly Endpoint[] }

/** Each endpoint once and separately, in their order. */
export function apart(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const each = endpoints.flatMap((endpoint) => endpoint.apart())
  return [...new Map(each.map((endpoint) => [endpoint.id, endpoint])).values()]
}

/** What the endpoint answers. Throws what that throws, the reason of `signal`, and `OperationError('ethereum-silent')` (retry) after `ms` milliseconds. */
export async function answerWithin<T>(
  endpoint: Pick<Endpoint, 'name'>,
  ms: number,
  answer: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const late = new AbortController()
  const answered = new AbortController()
  // A timer that keeps the process alive, as an answer under way does.
  const timer = delay(ms, undefined, { signal: answered.signal })
  timer.then(
    () => late.abort(silent(endpoint, ms)),
    () => undefined,
  )
  try {
    return await within(answer, signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]))
  } finally {
    answered.abort()
  }
}

function silent({ name }: Pick<Endpoint, 'name'>, ms: number): OperationError {
  return new OperationError(
    'ethereum-silent',
    `expected ${name} to answer within ${ms / 1_000} s, got nothing; check that the endpoint runs and can be reached`,
    { facts: { endpoint: name }, retry: true },
  )
}
