// The JSON-RPC 2.0 server of a node: HTTP POST on loopback, for any table of methods; and the page of the node, if it has one.

import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { type Entry, type HttpOptions, HttpServer, refuseHost, refuseRequest, type ServePage } from './http-server.ts'
import { answerMessage } from './json-rpc.ts'
import type { MethodTable, Service } from './methods/table.ts'

type Deps<T extends MethodTable> = Service<T> & { readonly log: Logger; readonly page?: ServePage | undefined }

export const MAX_BODY_BYTES = 16 * 1024 * 1024
/** Room for the longest answer that a client of ours accepts. */
const MOST_UNREAD_BYTES = 256 * 1024 * 1024
/** A call may wait for peers for a minute. */
const BOUNDS = { maxBodyBytes: MAX_BODY_BYTES, maxConnections: 256, maxIdleMs: 0, maxUnreadBytes: MOST_UNREAD_BYTES }

export class RpcServer<T extends MethodTable> extends HttpServer {
  constructor({ log, page, ...service }: Deps<T>, options: HttpOptions) {
    const onBug = (error: unknown) => log.error({ error }, 'RPC method failed: this is a bug')
    const answer = (message: unknown) => answerMessage(service, message, onBug)
    super({ log, door, answer, page, ...BOUNDS }, options)
  }
}

/** A web page of others must not reach the node behind the user's back: no cross-site requests, no DNS rebinding, no form posts. */
function door(request: IncomingMessage): Entry {
  const refused = refuseHost(request) ?? refuseRequest(request)
  if (refused !== undefined) return refused
  const { origin, host } = request.headers
  // Of our own page it is where we listen.
  const isOwn = origin === undefined || origin === `http://${host}`
  return isOwn ? {} : { status: 403, why: 'requests from web pages of others are refused' }
}
