// A node's RPC as a censor sees it: all calls go through, but some transactions are never offered to the miner behind it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

const template = z.looseObject({
  result: z.looseObject({ candidates: z.array(z.looseObject({ infohash: z.string(), after: z.array(z.string()) })) }),
})

/** `hidden` holds infohashes; `*` hides all. */
export type Censor = AsyncDisposable & { readonly url: string; readonly hidden: Set<string> }

/** Listens on loopback, in front of the node at `url`. */
export async function startCensor(url: string): Promise<Censor> {
  const hidden = new Set<string>()
  const server = createServer((request, response) => {
    forward(url, hidden, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // of TCP, which is why it has no path
  return {
    url: `http://127.0.0.1:${port}`,
    hidden,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function forward(
  url: string,
  hidden: ReadonlySet<string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request)
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const json: unknown = await answer.json()
  const parsed = template.safeParse(json)
  if (parsed.success) {
    const out = new Set(hidden)
    const { result } = parsed.data
    // What builds on a hidden one cannot be offered either; ancestors come first.
    result.candidates = result.candidates.filter(({ infohash, after }) => {
      if (out.has('*') || out.has(infohash) || after.some((one) => out.has(one))) out.add(infohash)
      return !out.has('*') && !out.has(infohash)
    })
  }
  response.writeHead(answer.status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(parsed.success ? parsed.data : json))
}
