// Tells pages that something has changed, by server-sent events (WHATWG HTML, section 9.2): what, but not to what. A page asks for what it shows.

import type { IncomingMessage, ServerResponse } from 'node:http'

/** What a page has to ask for again: payments and balances, blocks and requests. */
export type Topic = 'transactions' | 'bridge'

/** Changes within this time are told at once. */
const TOGETHER_MS = 250
/** A line without meaning, so that a connection that died is noticed. */
const BEAT_MS = 15_000
/** All tabs of a browser share one. */
const MOST_LISTENERS = 32
/** A page that does not read what it is told is let go of. */
const MOST_UNREAD_BYTES = 64 * 1024

export class Changes {
  readonly #listeners = new Set<ServerResponse>()
  readonly #changed = new Set<Topic>()
  #telling: NodeJS.Timeout | undefined
  #beating: NodeJS.Timeout | undefined

  /** Costs nothing while nobody listens. */
  note(topic: Topic): void {
    if (this.#listeners.size === 0) return
    this.#changed.add(topic)
    this.#telling ??= setTimeout(() => this.#tell(), TOGETHER_MS)
  }

  /** Keeps the connection until either side ends it. */
  serve(request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    if (this.#listeners.size >= MOST_LISTENERS) {
      response.writeHead(503, { ...headers, 'retry-after': '30' }).end('too many pages listen')
      return
    }
    request.socket.setTimeout(0)
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' })
    response.write('retry: 2000\n\n')
    this.#listeners.add(response)
    this.#beating ??= setInterval(() => this.#send(':\n\n'), BEAT_MS)
    response.on('close', () => {
      this.#listeners.delete(response)
      if (this.#listeners.size === 0) this.#rest()
    })
  }

  /** Ends all connections. Idempotent. */
  stop(): void {
    for (const each of this.#listeners) each.end()
    this.#listeners.clear()
    this.#rest()
  }

  #tell(): void {
    this.#telling = undefined
    const topics = [...this.#changed]
    this.#changed.clear()
    this.#send(`data: ${JSON.stringify(topics)}\n\n`)
  }

  #send(text: string): void {
    for (const each of this.#listeners) {
      if (each.writableLength > MOST_UNREAD_BYTES) each.destroy()
      else each.write(text)
    }
  }

  #rest(): void {
    clearTimeout(this.#telling)
    clearInterval(this.#beating)
    this.#telling = undefined
    this.#beating = undefined
    this.#changed.clear()
  }
}
