// What goes wrong on the way to Ethereum, each once: how an endpoint says so, in the words of all clients and providers, and what users are told.

import {
  BaseError,
  BlockNotFoundError,
  HttpRequestError,
  LimitExceededRpcError,
  ResourceNotFoundRpcError,
  RpcRequestError,
  TimeoutError,
} from 'viem'
import { OperationError } from '../errors.ts'

/**
 * `silent`: no answer, or one that the endpoint is out of order. `limited`: it answers later, if it is asked less. `behind`: it does not have this
 * block of Ethereum. `pruned`: it does not have it any more. `locked`: it wants a key or a password. `refused`: any other error.
 */
export type Failure = 'silent' | 'limited' | 'behind' | 'pruned' | 'locked' | 'refused'

// The same word, limit, has two meanings: too many questions, which waiting helps, and too long an answer, which it does not.
const TOO_WIDE =
  /block range|range.{0,20}(exceed|too (large|wide|big)|limit)|limited to a|more than \d+ (results|logs|blocks)|response size|query returned|too many (results|logs|blocks)/i
const TOO_MANY =
  /rate.?limit|too many (requests|connections)|request (rate|limit|count)|requests? per (second|minute|day)|compute units|(daily|monthly|credits?|capacity|throughput|quota|usage).{0,30}(exceed|limit|reached)|exceed.{0,30}(capacity|throughput|quota)|throttl|(try|retry) (again )?(later|in \d)|slow down/i
const BEHIND =
  /header not found|(unknown|no such|missing) (block|header)|block (\S+ )?(is )?(not found|unknown|does not exist)|header for hash not found|hash .{0,80}is not currently canonical|could not find block|after last accepted|beyond (the )?(current )?head|greater than (the )?(latest|current)|block height is \d+ but requested was|in the future/i
const PRUNED =
  /prun|history (is )?(not|un)available|historical (state|data|backend)|missing trie|older than|state (\S+ )?(is )?(not|un)available|maximum proof window|no longer (available|kept)|required historical/i
/** What clients say of a call that began and failed: geth and those after it, Nethermind, Besu, reth and anvil, Hardhat. */
const IN_CONTRACT =
  /revert|invalid ?(opcode|jump|instruction|operation)|out of gas|OutOfGas|stack (limit|under|over)|gas uint64 overflow|write protection|return data out of bounds|execution (aborted|timeout)|EVM error|VM (exception|execution)/i
const LIMIT_CODES = new Set([-32005, -32029, -32097, 429])
/** The contract's own words. */
const REVERT = 3

/** What an error of viem's is. Errors of ours and whatever an answer without sense leads to are `refused`. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof BaseError)) return 'refused'
  if (find(error, TimeoutError)) return 'silent'
  if (error.walk((inner) => inner instanceof RangeError) !== null) return 'refused' // an answer beyond all bounds
  const text = textOf(error)
  const status = statusOf(error)
  if (status === 429) return 'limited'
  if (status === 401 || status === 403) return TOO_MANY.test(text) ? 'limited' : 'locked'
  const http = find(error, HttpRequestError)
  if (http !== undefined && (http.status === undefined || http.status === 408 || http.status >= 500)) return 'silent'
  if (PRUNED.test(text)) return 'pruned'
  if (TOO_WIDE.test(text)) return 'refused'
  const code = find(error, RpcRequestError)?.code
  if (code === REVERT) return 'refused'
  if (find(error, LimitExceededRpcError) || (code !== undefined && LIMIT_CODES.has(code)) || TOO_MANY.test(text))
    return 'limited'
  if (find(error, BlockNotFoundError) || find(error, ResourceNotFoundRpcError) || BEHIND.test(text)) return 'behind'
  return 'refused'
}

/**
 * Whether a call of `eth_call` failed in the contract, whichever way, rather than on the way to it: what a contract says as its reason decides nothing
 * else.
 */
export function isFailureOfContract(error: unknown): boolean {
  if (!(error instanceof BaseError) || find(error, TimeoutError) || find(error, HttpRequestError)) return false
  return IN_CONTRACT.test(textOf(error))
}

/** Milliseconds after which an endpoint that is asked too much wants to be asked again; undefined where it does not say. `now` is unix milliseconds. */
export function waitOf(error: unknown, now: number): number | undefined {
  if (!(error instanceof BaseError)) return undefined
  const headers = find(error, HttpRequestError)?.headers ?? find(error, RpcRequestError)?.headers
  const after = headers?.get('retry-after') ?? headers?.get('x-ratelimit-reset-after')
  if (after !== undefined && after !== null) {
    const ms = /^\d+(\.\d+)?$/.test(after) ? 1_000 * Number(after) : Date.parse(after) - now
    if (Number.isFinite(ms) && ms >= 0) return ms
  }
  const [, value, unit] =
    /(?:again|retry)\s*(?:in|after)\s*(\d+(?:\.\d+)?)\s*(ms|milliseconds|s|seconds?|m|minutes?)\b/i.exec(
      textOf(error),
    ) ?? []
  if (value === undefined || unit === undefined) return undefined
  return Number(value) * (/^m(s|illi)/i.test(unit) ? 1 : /^s/i.test(unit) ? 1_000 : 60_000)
}

/** An error of viem's in our words: `what` was asked of the endpoint `name`. Errors of ours pass as they are. */
export function problemOf(name: string, what: string, cause: unknown): OperationError {
  if (cause instanceof OperationError) return cause
  const facts = { endpoint: name, what }
  const text = wordsOf(cause)
  switch (failureOf(cause)) {
    case 'silent':
      return new OperationError(
        'ethereum-silent',
        `expected Ethereum at ${name} to answer (${what}), got nothing of use: ${text}; check that the endpoint runs and can be reached, or name another with --ethereum`,
        { facts, retry: true, cause },
      )
    case 'limited':
      return new OperationError(
        'ethereum-limited',
        `expected Ethereum at ${name} to answer (${what}), but it wants fewer questions: ${text}; it is asked more slowly, wait, or use one that allows more`,
        { facts, retry: true, cause },
      )
    case 'locked':
      return new OperationError(
        'ethereum-locked',
        `expected Ethereum at ${name} to answer (${what}), but it wants a key or a password, or another one: ${text}; put it into the URL as its provider says`,
        { facts, retry: true, cause },
      )
    case 'pruned':
      return new OperationError(
        'ethereum-pruned-logs',
        `expected ${what} from ${name}, but it no longer keeps what is that old: ${text}; use an endpoint with full history`,
        { facts, cause },
      )
    default:
      return new OperationError('ethereum-refused', `expected ${what} from ${name}, got an error: ${text}`, {
        facts,
        retry: true,
        cause,
      })
  }
}

export function wrongChain(name: string, expected: bigint, got: bigint): OperationError {
  return new OperationError(
    'ethereum-wrong-chain',
    `expected chain ${expected} at ${name}, got chain ${got}; name an endpoint of this network with --ethereum`,
    { facts: { endpoint: name, expected: `${expected}`, got: `${got}` } },
  )
}

export function noBridge(name: string, bridge: string): OperationError {
  return new OperationError(
    'ethereum-no-bridge',
    `expected the bridge at ${bridge} on ${name}, got no such contract; check the address, and that the endpoint is in sync`,
    { facts: { endpoint: name, bridge }, retry: true },
  )
}

export function closed(name: string): OperationError {
  return new OperationError('ethereum-closed', `the connection to ${name} was closed by this program`)
}

/** Where a command needs Ethereum and no endpoint is set. */
export function noEndpoint(): OperationError {
  return new OperationError(
    'ethereum-missing',
    'expected an Ethereum endpoint, got none; name one with --ethereum URL or TTX_ETHEREUM',
  )
}

/** Endpoints without user, path and query, which often hold keys. Throws `OperationError('bad-endpoint')`. */
export function nameOf(urls: readonly string[]): string {
  if (urls.length === 0) throw badEndpoint('none')
  const names = urls.map((url) => {
    const { protocol, host } = URL.parse(url) ?? { protocol: '', host: '' }
    if (protocol !== 'http:' && protocol !== 'https:') throw badEndpoint(protocol || 'no URL')
    return `${protocol}//${host}`
  })
  return names.join(' or ')
}

function badEndpoint(got: string): OperationError {
  return new OperationError(
    'bad-endpoint',
    `expected http or https URLs of Ethereum endpoints, at least one, got ${got}; WebSockets are not used`,
  )
}

/** Of viem's errors the part without URLs and bodies; others come from answers that make no sense. */
function wordsOf(cause: unknown): string {
  if (!(cause instanceof BaseError))
    return cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
  const { details } = cause
  // Whatever its type says, viem has none where it wraps an error that is not its own.
  const shortMessage: string = (cause.shortMessage as string | undefined) ?? cause.name
  return details === undefined || shortMessage.includes(details) ? shortMessage : `${shortMessage} ${details}`
}

function textOf(error: BaseError): string {
  const parts: string[] = []
  error.walk((inner) => {
    if (inner instanceof BaseError) parts.push(inner.shortMessage, inner.details ?? '')
    else if (inner instanceof Error) parts.push(inner.message)
    if (typeof inner === 'object' && inner !== null && 'code' in inner) parts.push(String(inner.code))
    return false
  })
  return parts.join(' ')
}

function statusOf(error: BaseError): number | undefined {
  return find(error, HttpRequestError)?.status ?? find(error, RpcRequestError)?.status
}

function find<T extends BaseError>(error: BaseError, kind: new (...args: never[]) => T): T | undefined {
  let found: T | undefined
  error.walk((inner) => {
    if (inner instanceof kind) found ??= inner
    return false
  })
  return found
}
