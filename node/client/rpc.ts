// The typed client of a node's JSON-RPC, for everything that is not the node. It runs in a browser too.

import { z } from 'zod'
import { post } from '#post'
import { OperationError } from '../errors.ts'
import { type Place, placeOf } from '../http/place.ts'
import { NoConnectionError } from '../http/question.ts'
import type { RuleError } from '../protocol/rule-error.ts'
import { API, type CallParams, type Method, type Result } from '../rpc/api.ts'
import { toWire } from '../rpc/json.ts'
import { operationErrorOf, ruleErrorOf } from './errors.ts'

export type NodeClient = {
  /** Where the node is, for people: without user, password and path, which may be secrets. */
  readonly url: string
  /**
   * Calls a method. Throws the `RuleError` or `OperationError` that the node threw, or `OperationError` with the code
   * `node-unreachable` (retry; see `NoAnswer`) or `bad-answer`. What this version does not know is `node-failed` or `unknown-rule`.
   */
  readonly call: <M extends Method>(method: M, params: CallParams<M>, signal?: AbortSignal) => Promise<Result<M>>
}

/**
 * Why no answer came, the fact `problem` of `node-unreachable`: nothing was sent where no connection was made (`no-connection`). Else the node may have
 * done what it was asked for: the connection was cut (`cut`), the time was over (`timeout`), or the caller did not want to wait any longer (`ended`).
 */
type NoAnswer = 'no-connection' | 'cut' | 'timeout' | 'ended'

/** JSON-RPC 2.0, section 5.1. */
const METHOD_NOT_FOUND = -32_601

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
  const url = place.name
  return {
    url,
    call: async (method, params, signal) => {
      const late = AbortSignal.timeout(timeoutMs)
      const limits = [late, ...(signal ? [signal] : [])]
      const failed = (cause: unknown) => {
        const problem = signal?.aborted
          ? 'ended'
          : late.aborted
            ? 'timeout'
            : cause instanceof NoConnectionError
              ? 'no-connection'
              : 'cut'
        return noAnswer(url, problem, timeoutMs, cause)
      }
      const request = { jsonrpc: '2.0', id: 1, method, params: toWire(params) }
      const answer = ANSWER.safeParse(await ask(place, request, AbortSignal.any(limits), mostBytes, failed)).data
      if (answer?.error?.code === METHOD_NOT_FOUND) throw otherProgram(url, method, answer.error.message)
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

async function ask(
  { name, address: url, headers }: Place,
  request: unknown,
  signal: AbortSignal,
  mostBytes: number,
  failed: (cause: unknown) => OperationError,
): Promise<unknown> {
  try {
    // A connection that is kept can be closed by the node in the moment in which it is used again: nobody would know whether the call arrived.
    const answer = await post({ url, headers, body: JSON.stringify(request), signal, mostBytes, isAlone: true })
    if (answer.status !== 200) throw badAnswer(name, `HTTP ${answer.status}`)
    return JSON.parse(answer.text)
  } catch (cause) {
    if (cause instanceof OperationError) throw cause
    if (cause instanceof RangeError) throw badAnswer(name, cause.message)
    if (cause instanceof SyntaxError) return undefined
    throw failed(cause)
  }
}

function noAnswer(url: string, problem: NoAnswer, timeoutMs: number, cause: unknown): OperationError {
  const message = {
    'no-connection': `no node answers at ${url}: start one with \`ttx node\` or \`ttx devnet\`, or name another with --node URL`,
    cut: `expected an answer of the node at ${url}, but the connection was cut before it came; see whether the node runs, and try again`,
    timeout: `expected an answer of the node at ${url} within ${timeoutMs / 1_000} s, got none; see whether the node is busy or was stopped, and try again`,
    ended: `expected an answer of the node at ${url}, but it was not waited for any longer`,
  }[problem]
  return new OperationError('node-unreachable', message, { facts: { url, problem }, retry: true, cause })
}

function otherProgram(url: string, method: string, message: string): OperationError {
  return new OperationError(
    'bad-answer',
    `expected a TorrentTX node of this version at ${url}, got something that has no method ${method} (${message}): an endpoint of Ethereum, or a node of another version; check --node`,
    { facts: { url, method } },
  )
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
