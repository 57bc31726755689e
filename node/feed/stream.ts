// The feed as server-sent events (WHATWG HTML, section 9.2): each has its number as its id, and a reader that comes back says the last one it has.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { OperationError } from '../errors.ts'
import type { LedgerFeed } from '../ledger/feed/feed.ts'
import { feedAnswer } from '../rpc/feed-wire.ts'
import { toWire } from '../rpc/json.ts'

/** Events that are read at once. */
const PAGE = 1_000
/** A line without meaning, so that a connection that died is noticed. */
const BEAT_MS = 15_000
const MOST_READERS = 16
/** A reader that has read nothing for this long leaves its place to others. */
const UNREAD_MS = 60_000

export class FeedStream {
  readonly #feed: Pick<LedgerFeed, 'read' | 'subscribe'>
  readonly #unreadMs: number
  readonly #readers = new Set<ServerResponse>()

  constructor(feed: Pick<LedgerFeed, 'read' | 'subscribe'>, unreadMs = UNREAD_MS) {
    this.#feed = feed
    this.#unreadMs = unreadMs
  }

  /** Keeps the connection until either side ends it. `Last-Event-ID`, or `?after=`, says where to go on; without, from the first event on. */
  serve(request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    const at = placeIn(request)
    if (at === undefined)
      return void refuse(response, headers, 400, 'expected Last-Event-ID, or ?after=, as in 1200-1767225600000 or 1200')
    if (this.#readers.size >= MOST_READERS)
      return void refuse(response, { ...headers, 'retry-after': '30' }, 503, 'too many readers')
    request.socket.setTimeout(0)
    this.#readers.add(response)
    void this.#tell(at, response, headers).finally(() => this.#readers.delete(response))
  }

  /** Ends all connections. Idempotent. */
  stop(): void {
    for (const each of this.#readers) each.end()
  }

  async #tell(
    at: { after: number; epoch?: number },
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
  ) {
    const closing = new AbortController()
    response.on('close', () => closing.abort())
    let wake = () => {}
    const stopListening = this.#feed.subscribe(() => wake())
    const beat = setInterval(
      () => response.headersSent && !response.writableNeedDrain && response.write(':\n\n'),
      BEAT_MS,
    )
    try {
      let place = at
      while (!closing.signal.aborted && !response.writableEnded) {
        const more = new Promise<void>((resolve) => {
          wake = resolve
          closing.signal.addEventListener('abort', () => resolve(), { once: true })
        })
        const { events } = await this.#feed.read({ ...place, limit: PAGE })
        if (!response.headersSent) {
          response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' })
          response.write('retry: 2000\n\n')
        }
        for (const event of events) {
          place = { after: event.sequence, epoch: event.epoch }
          const isRoom = response.write(
            `id: ${event.sequence}-${event.epoch}\ndata: ${JSON.stringify(toWire(feedAnswer(event)))}\n\n`,
          )
          if (!isRoom) await drained(response, closing.signal, this.#unreadMs)
          if (closing.signal.aborted) return
        }
        if (events.length < PAGE) await more
      }
    } catch (error) {
      const why = error instanceof OperationError ? { code: error.code, message: error.message } : { code: 'failed' }
      if (!response.headersSent) refuse(response, headers, 410, JSON.stringify(why))
      else response.end(`event: refused\ndata: ${JSON.stringify(why)}\n\n`)
    } finally {
      clearInterval(beat)
      stopListening()
    }
  }
}

function placeIn(request: IncomingMessage): { after: number; epoch?: number } | undefined {
  const query = new URL(request.url ?? '/', 'http://node').searchParams.get('after')
  const text = request.headers['last-event-id'] ?? query ?? '0'
  const [, after, epoch] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(`${text}`) ?? []
  if (after === undefined) return undefined
  return { after: Number(after), ...(epoch === undefined ? {} : { epoch: Number(epoch) }) }
}

async function drained(response: ServerResponse, signal: AbortSignal, mostMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const late = setTimeout(() => response.destroy(), mostMs)
  response.once('drain', resolve)
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clearTimeout(late)
}

function refuse(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  status: number,
  why: string,
): void {
  response.writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8' }).end(`${why}\n`)
}
