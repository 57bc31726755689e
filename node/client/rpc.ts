// The typed client of a node's JSON-RPC, for everything that is not the node. It runs in a browser too.

import { z } from 'zod'
import { readBounded } from '../bounded-answer.ts'
import { OperationError } from '../errors.ts'
import { encodeText } from '../protocol/bytes.ts'
import type { RuleError } from '../protocol/rule-error.ts'
import { API, type CallParams, type Method, type Result } from '../rpc/api.ts'
import { toWire } from '../rpc/json.ts'
import { operationErrorOf, ruleErrorOf } from './errors.ts'

export type NodeClient = {
  /** Where the node is, for people: without user, password and path, which may be secrets. */
  readonly url: string
  /**
   * Calls a method. Throws the `RuleError` or `OperationError` that the node threw, or `OperationError` with the code
   * `node-unreachable` (retry) or `bad-answer`. What this version does not know is `node-failed` or `unknown-rule`.
   */
  readonly call: <M extends Method>(method: M, params: CallParams<M>, signal?: AbortSignal) => Promise<Result<M>>
}

const ANSWER = z.object({
  jsonrpc: z.literal('2.0'),
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).optional(),
})
const DOMAIN_ERROR = z.object({
  family: z.enum(['rule', 'operation']),
  code: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
  retry: z.boolean().optional(),
})

export type NodeClientOptions = {
  /** For a call. Default 60,000. */
  readonly timeoutMs?: number
  /** Bytes of an answer, at most. Default 256 MiB: all of a large state. Less for a node that is not one's own. */
  readonly mostBytes?: number
}

const DEFAULTS = { timeoutMs: 60_000, mostBytes: 2 ** 28 }

/** `given` is where the node's RPC listens; user and password in it are sent as HTTP's basic authentication. */
export function createNodeClient(given: string, options: NodeClientOptions = {}): NodeClient {
  const { timeoutMs, mostBytes } = { ...DEFAULTS, ...options }
  const place = placeOf(given)
  const { url } = place
  return {
    url,
    call: async (method, params, signal) => {
      const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]
      const request = { jsonrpc: '2.0', id: 1, method, params: toWire(params) }
      const answer = ANSWER.safeParse(await post(place, request, AbortSignal.any(limits), mostBytes)).data
      if (answer?.error !== undefined) throw translate(answer.error)
      if (answer?.result === undefined) throw badAnswer(url, 'no JSON-RPC response')
      const result = API[method].result.safeParse(answer.result)
      if (result.success) return result.data as Result<typeof method>
      throw new OperationError(
        'bad-answer',
        `the node at ${url} answered ${method} in a form that this version does not know`,
        {
          facts: { url, method },
          cause: result.error,
        },
      )
    },
  }
}

/** `address` without the credentials, which `fetch` refuses in a URL and repeats in its error. */
type Place = { readonly url: string; readonly address: string; readonly headers: Readonly<Record<string, string>> }

function placeOf(given: string): Place {
  const parsed = URL.parse(given)
  if (parsed === null) return { url: 'a URL that is none', address: given, headers: {} }
  const url = `${parsed.protocol}//${parsed.host}`
  const { username, password } = parsed
  if (username === '' && password === '') return { url, address: given, headers: {} }
  const credentials = encodeText(`${decoded(username)}:${decoded(password)}`)
  parsed.username = ''
  parsed.password = ''
  return { url, address: parsed.href, headers: { authorization: `Basic ${btoa(String.fromCharCode(...credentials))}` } }
}

/** As it is where a percent sign in it begins no escape. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function post(
  { url, address, headers }: Place,
  request: unknown,
  signal: AbortSignal,
  mostBytes: number,
): Promise<unknown> {
  let response: Response
  try {
    // A connection that is kept can be closed by the node in the moment in which it is used again: nobody would know whether the call arrived.
    const all = { 'content-type': 'application/json', connection: 'close', ...headers }
    response = await fetch(address, { method: 'POST', headers: all, body: JSON.stringify(request), signal })
  } catch (cause) {
    const advice = 'start one with `ttx node` or `ttx devnet`, or name another with --node URL'
    throw new OperationError('node-unreachable', `no node answers at ${url}: ${advice}`, {
      facts: { url },
      retry: true,
      cause,
    })
  }
  if (response.status !== 200) throw badAnswer(url, `HTTP ${response.status}`)
  try {
    return JSON.parse(await readBounded(response, mostBytes))
  } catch (cause) {
    if (cause instanceof RangeError) throw badAnswer(url, cause.message)
    return undefined
  }
}

function badAnswer(url: string, what: string): OperationError {
  return new OperationError('bad-answer', `what answers at ${url} is not a TorrentTX node: ${what}`, {
    facts: { url, what },
  })
}

function translate(error: { code: number; message: string; data?: unknown }): RuleError | OperationError {
  const data = DOMAIN_ERROR.safeParse(error.data)
  if (!data.success) return new OperationError('node-failed', error.message, { facts: { rpcCode: error.code } })
  const { family, ...stated } = { ...data.data, message: error.message }
  return family === 'rule' ? ruleErrorOf(stated) : operationErrorOf(stated)
}
