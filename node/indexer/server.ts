// The views of an index over HTTP: GET, JSON, no state of its own, so that any number of servers may read one database.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Logger } from '../log.ts'
import { type HttpOptions, HttpServer, isFromHere } from '../rpc/http-server.ts'
import type { Sql } from './sql.ts'
import { VIEWS } from './views.ts'

const HEADERS = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }
const BOUNDS = { maxBodyBytes: 0, maxConnections: 512, maxIdleMs: 60_000, maxUnreadBytes: 32 * 1024 * 1024 }

export class IndexServer extends HttpServer {
  constructor({ sql, log }: { readonly sql: Pick<Sql, 'query'>; readonly log: Logger }, options: HttpOptions) {
    const page = (request: IncomingMessage, response: ServerResponse) => void serve(sql, log, request, response)
    const door = () => ({ status: 405, why: 'expected GET' })
    super({ log, page, door, answer: async () => undefined, ...BOUNDS }, options)
  }
}

async function serve(
  sql: Pick<Sql, 'query'>,
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const say = (status: number, body: object) => {
    response.writeHead(status, HEADERS).end(request.method === 'HEAD' ? undefined : JSON.stringify(body))
  }
  if (!isFromHere(request)) return say(403, { error: 'requests from web pages of others are refused' })
  const [path = '/', search = ''] = (request.url ?? '/').split('?')
  const view = VIEWS.find((each) => each.path.test(path))
  if (view === undefined) return say(404, { error: 'there is no such view: see docs/feed.md' })
  try {
    const answer = await view.answer(sql.query, path, new URLSearchParams(search))
    if (answer === undefined) say(404, { error: 'the index has nothing of this name' })
    else say(200, answer)
  } catch (error) {
    if (error instanceof z.ZodError) return say(400, { error: z.prettifyError(error) })
    log.warn({ error }, 'a view of the index failed')
    response.setHeader('retry-after', '5')
    say(503, { error: 'the database of the index does not answer: see whether it runs; the index goes on by itself' })
  }
}
