// The views of an index over HTTP: GET, JSON, no state of its own, so that any number of servers may read one database.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Logger } from '../log.ts'
import { type HttpOptions, HttpServer, isFromHere } from '../rpc/http-server.ts'
import { wholeBuild } from './apply.ts'
import type { Sql } from './sql.ts'
import { VIEWS } from './views.ts'

const HEADERS = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }
const BOUNDS = { maxBodyBytes: 0, maxConnections: 512, maxIdleMs: 60_000, maxUnreadBytes: 32 * 1024 * 1024 }

export class IndexServer extends HttpServer {
  constructor({ sql, log }: { readonly sql: Pick<Sql, 'query'>; readonly log: Logger }, options: HttpOptions) {
    const whole = readerOfWhole(sql)
    const page = (request: IncomingMessage, response: ServerResponse) => void serve(sql, whole, log, request, response)
    const door = () => ({ status: 405, why: 'expected GET' })
    super({ log, page, door, answer: async () => undefined, ...BOUNDS }, options)
  }
}

async function serve(
  sql: Pick<Sql, 'query'>,
  whole: ReturnType<typeof readerOfWhole>,
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
    const read = () => view.answer(sql.query, path, new URLSearchParams(search))
    const answer = await (view.isOfPart ? read() : whole(read))
    if (answer === NOT_WHOLE) {
      response.setHeader('retry-after', '5')
      say(503, { error: 'the index is being made from what the node knows: /status says how far it is' })
    } else if (answer === undefined) say(404, { error: 'the index has nothing of this name' })
    else say(200, answer)
  } catch (error) {
    if (error instanceof z.ZodError) return say(400, { error: z.prettifyError(error) })
    log.warn({ error }, 'a view of the index failed')
    response.setHeader('retry-after', '5')
    say(503, { error: 'the database of the index does not answer: see whether it runs; the index goes on by itself' })
  }
}

const NOT_WHOLE = Symbol('of an index that is being made')

/** Reads of a whole index only: none of one that is emptied and made again meanwhile. */
function readerOfWhole(sql: Pick<Sql, 'query'>) {
  let known: string | undefined
  return async <T>(read: () => Promise<T>): Promise<T | typeof NOT_WHOLE> => {
    for (;;) {
      const before = known
      const answer = await read()
      const build = await wholeBuild(sql)
      if (build === undefined) return NOT_WHOLE
      known = build
      if (build === before) return answer
    }
  }
}
