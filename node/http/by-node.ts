// Asks by Node's own client for HTTP/1.1: `fetch` takes longer to load than some commands to run.

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { BoundedText } from '../bounded-answer.ts'
import { type HttpAnswer, type HttpQuestion, NoConnectionError } from './question.ts'

// Not imported: to name all that a module has, Node looks at all of it, and `http` has a WebSocket, with which comes `fetch`.
const { request } = process.getBuiltinModule('node:http')

/** What a system calls that in whose course nothing is sent yet. */
const BEFORE: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo'])

/**
 * A redirection is an answer, and not followed. Throws `NoConnectionError` if nothing was sent, `RangeError` beyond the bounds of the answer, and what
 * the connection throws.
 */
export async function post(question: HttpQuestion): Promise<HttpAnswer> {
  const { mostBytes, bytesAValue, onPart } = question
  const response = await send(question)
  onPart?.()
  const text = new BoundedText(mostBytes, bytesAValue)
  for await (const part of await unpacked(response)) {
    onPart?.()
    text.add(part)
  }
  const headers = Object.entries(response.headers).map(([name, value]) => [name, `${value}`] as const)
  return { status: response.statusCode ?? 0, headers: new Map(headers), text: text.end() }
}

async function send({ url, headers, body, signal, isAlone }: HttpQuestion): Promise<IncomingMessage> {
  const ask = url.startsWith('https:') ? (await import('node:https')).request : request
  const own = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  // Sent by a server that packs; Node's client has no such header of its own.
  const all = { ...own, 'accept-encoding': 'gzip', ...headers }
  const sent = ask(url, { method: 'POST', headers: all, signal, ...(isAlone ? { agent: false } : {}) })
  try {
    const arrived = once(sent, 'response')
    sent.end(body)
    const [response] = await arrived
    return response
  } catch (error) {
    if (signal.aborted || !isUnsent(error)) throw error
    throw new NoConnectionError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Of a host with several addresses all that was tried. */
function isUnsent(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isUnsent)
  return error instanceof Error && 'syscall' in error && BEFORE.has(error.syscall)
}

async function unpacked(response: IncomingMessage): Promise<Readable> {
  const encoding = response.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return response
  if (encoding !== 'gzip') {
    response.destroy()
    throw new RangeError(`expected an answer that is packed by gzip, or not at all, got ${encoding.slice(0, 20)}`)
  }
  const { createGunzip } = await import('node:zlib')
  const unpacking = createGunzip()
  // One that ends takes the other along.
  response.on('error', (error) => unpacking.destroy(error))
  unpacking.on('close', () => response.destroy())
  return response.pipe(unpacking)
}
