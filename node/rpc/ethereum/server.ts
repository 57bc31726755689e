// The Ethereum-compatible RPC of a node: read-only, on a port of its own, for wallets and tools that know Ethereum only (docs/ethereum-rpc.md).

import type { Logger } from 'pino'
import { oneByOne } from '../../one-by-one.ts'
import { type HttpOptions, HttpServer } from '../http-server.ts'
import { answerOne, errorAnswer, INVALID_REQUEST, MOST_REQUESTS } from '../json-rpc.ts'
import { Budget } from './budget.ts'
import type { EthereumParts } from './call.ts'
import { doorOf } from './door.ts'
import { CODES, ethereumErrorOf } from './errors.ts'
import { METHODS } from './methods/methods.ts'

export type EthereumRpcDeps = EthereumParts & {
  readonly log: Logger
  /** Origins of the node's own pages. */
  readonly pages: () => readonly string[]
}

const BOUNDS = {
  maxBodyBytes: 256 * 1024,
  maxConnections: 256,
  maxIdleMs: 60_000,
  maxUnreadBytes: 32 * 1024 * 1024,
}
/** Requests that wait for those before them. */
const MOST_WAITING = 256

export class EthereumRpcServer extends HttpServer {
  constructor(deps: EthereumRpcDeps, options: HttpOptions) {
    const { log, pages } = deps
    const onBug = (error: unknown) =>
      log.error({ error }, 'method of the Ethereum-compatible RPC failed: this is a bug')
    const inTurn = oneByOne()
    let waiting = 0
    const answer = async (message: unknown, isWanted: () => boolean) => {
      if (waiting >= MOST_WAITING) return busy()
      waiting++
      return await inTurn(async () => (isWanted() ? await answerMessage(deps, message, onBug) : undefined)).finally(
        () => {
          waiting--
        },
      )
    }
    super({ log, door: doorOf(pages), answer, ...BOUNDS }, options)
  }
}

/** The calls of a batch one after another, within one budget. Undefined if all were notifications. */
async function answerMessage(
  parts: EthereumParts,
  message: unknown,
  onBug: (error: unknown) => void,
): Promise<unknown> {
  const service = serviceOf(parts)
  if (!Array.isArray(message)) return isNamed(message) ? await answerOne(service, message, onBug) : badId()
  if (message.length === 0 || message.length > MOST_REQUESTS) {
    const words = `a batch has 1 to ${MOST_REQUESTS} calls: send the others in another one`
    return errorAnswer(null, { code: INVALID_REQUEST, message: words })
  }
  const answers: unknown[] = []
  for (const each of message) {
    const answer = isNamed(each) ? await answerOne(service, each, onBug) : badId()
    if (answer !== undefined) answers.push(answer)
  }
  return answers.length === 0 ? undefined : answers
}

function serviceOf(parts: EthereumParts) {
  const call = { parts, budget: new Budget() }
  const handlers = Object.entries(METHODS).map(([name, { answer }]) => [
    name,
    async (params: never) => {
      call.budget.spend(1)
      return await answer(call, params)
    },
  ])
  return { methods: METHODS, handlers: Object.fromEntries(handlers), errorOf: ethereumErrorOf }
}

/** What goes back as it came is short, or a number. */
function isNamed(message: unknown): boolean {
  const id = typeof message === 'object' && message !== null && 'id' in message ? message.id : null
  return id === null || typeof id === 'number' || (typeof id === 'string' && id.length <= 256)
}

function badId() {
  return errorAnswer(null, { code: INVALID_REQUEST, message: 'expected an id that is a number or a short text' })
}

function busy() {
  return errorAnswer(null, { code: CODES.limit, message: 'too many requests wait: ask again later' })
}
