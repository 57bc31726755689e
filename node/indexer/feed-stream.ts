// The feed of a node as it is told (`GET /feed`, server-sent events), for a reader that would ask again and again otherwise.

import { Readable } from 'node:stream'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { placeOf } from '../http/place.ts'
import type { Result } from '../rpc/api.ts'
import { FEED_METHODS } from '../rpc/methods/feed.ts'

export type FeedEvent = Result<'feed_read'>['events'][number]

type Following = {
  /** Of a batch. As many are read ahead. */
  readonly most: number
  readonly signal: AbortSignal
  /** Without a word for so long the connection is dead: a node says something every 15 seconds. */
  readonly silenceMs?: number
}

const SILENCE_MS = 45_000
/** Characters of one event: a branch that changes has all its blocks in it. */
const LONGEST = 64 * 1024 * 1024
const EVENT = FEED_METHODS.feed_read.result.shape.events.element

/**
 * Batches of events behind that one, as they happen: what came while the last batch was in hand. Ends as soon as there is no such stream (any more),
 * whyever: `feed_read` says why. `node` is the URL of its RPC.
 */
export async function* followFeed(
  node: string,
  { sequence, epoch }: { readonly sequence: number; readonly epoch: number },
  { most, signal, silenceMs = SILENCE_MS }: Following,
): AsyncGenerator<readonly FeedEvent[]> {
  const ending = new AbortController()
  const told = tell(node, `${sequence}-${epoch}`, AbortSignal.any([signal, ending.signal]), silenceMs)
  const events = Readable.from(told, { highWaterMark: most })
  let wake = () => {}
  events
    .on('readable', () => wake())
    .on('close', () => wake())
    .on('error', () => undefined)
  try {
    for (;;) {
      const batch: FeedEvent[] = []
      while (batch.length < most) {
        const event: FeedEvent | null = events.read()
        if (event === null) break
        batch.push(event)
      }
      if (batch.length > 0) yield batch
      else if (events.closed) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    ending.abort()
    events.destroy()
  }
}

async function* tell(node: string, after: string, signal: AbortSignal, silenceMs: number): AsyncGenerator<FeedEvent> {
  const { address, headers } = placeOf(node)
  const url = new URL(address)
  url.pathname = url.pathname.replace(/\/*$/, '/feed')
  url.searchParams.set('after', after)
  const silent = new AbortController()
  const silence = setTimeout(() => silent.abort(), silenceMs)
  try {
    const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.any([signal, silent.signal]) })
    if (response.status !== 200 || response.body === null) return void (await response.body?.cancel())
    const heard = new TransformStream<Uint8Array, Uint8Array>({
      transform(part, out) {
        silence.refresh()
        out.enqueue(part)
      },
    })
    const messages = response.body
      .pipeThrough(heard)
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream({ maxBufferSize: LONGEST }))
    for await (const { event, data } of messages) {
      if (event !== undefined) return
      yield EVENT.parse(JSON.parse(data)) as FeedEvent // as the client of the RPC has it
    }
  } finally {
    clearTimeout(silence)
  }
}
