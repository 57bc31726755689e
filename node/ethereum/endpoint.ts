// How viem reaches an endpoint of Ethereum: JSON-RPC 2.0 over HTTP, with the errors of its own transport, and bounds on what may come back.

import { custom, HttpRequestError, RpcRequestError, TimeoutError, type Transport } from 'viem'
import { z } from 'zod'
import { post } from '#post'
import { type Place, placeOf } from '../http/place.ts'
import type { HttpAnswer } from '../http/question.ts'
import { Stillness } from '../stillness.ts'

export type EndpointLimits = {
  /** For a whole answer, milliseconds. */
  readonly timeoutMs: number
  /** Without any part of it, milliseconds. */
  readonly stillMs: number
  /** Of an answer. */
  readonly mostBytes: number
  /** See `BoundedText`. */
  readonly bytesAValue: number
}

/** JSON-RPC 2.0, section 5.1. */
const INTERNAL_ERROR = -32_603
/** Some that stand before an endpoint say what is wrong without a code. */
const SAID = z.string().transform((message) => ({ code: INTERNAL_ERROR, message }))
const ANSWER = z.object({
  result: z.unknown().optional(),
  error: z.union([z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }), SAID]).nullish(),
})

type Call = { readonly jsonrpc: '2.0'; readonly id: number; readonly method: string; readonly params?: unknown }

/** `url` is http or https. What `closing` ends is a `HttpRequestError`. */
export function endpoint(url: string, limits: EndpointLimits, closing: AbortSignal): Transport {
  const place = placeOf(url)
  let id = 0
  const request = async ({ method, params }: { readonly method: string; readonly params?: unknown }) => {
    id += 1
    return await ask(place, { jsonrpc: '2.0', id, method, params }, limits, closing)
  }
  return custom({ request }, { retryCount: 0 })
}

async function ask(place: Place, body: Call, limits: EndpointLimits, closing: AbortSignal) {
  const { address: url, name } = place
  const { status, headers, text } = await answerTo(place, body, limits, closing)
  const answer = ANSWER.safeParse(parsed(text)).data
  const error = answer?.error ?? undefined
  if (status < 200 || status > 299) {
    const told = { headers: new Headers([...headers]), status, url, body }
    if (error !== undefined) throw new RpcRequestError({ ...told, error })
    const details =
      status >= 300 && status < 400 ? `a redirection from ${name}, which is not followed` : text.slice(0, 200)
    throw new HttpRequestError({ ...told, details })
  }
  if (error !== undefined) throw new RpcRequestError({ body, error, url })
  if (answer === undefined) throw new HttpRequestError({ body, url, details: 'what came is no answer of JSON-RPC 2.0' })
  return answer.result
}

async function answerTo(
  { address: url, headers }: Place,
  body: Call,
  { timeoutMs, stillMs, mostBytes, bytesAValue }: EndpointLimits,
  closing: AbortSignal,
): Promise<HttpAnswer> {
  const late = AbortSignal.timeout(timeoutMs)
  using stillness = new Stillness(stillMs)
  const signal = AbortSignal.any([closing, late, stillness.signal])
  const onPart = () => stillness.refresh()
  try {
    return await post({ url, headers, body: JSON.stringify(body), signal, mostBytes, bytesAValue, onPart })
  } catch (error) {
    if (late.aborted && !closing.aborted) throw new TimeoutError({ body, url })
    const cause = error instanceof Error ? error : new Error(String(error))
    throw new HttpRequestError({ body, url, cause })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
