// A tracker over HTTP: announce and scrape (BEP 3, 7, 23, 48), the page, and the same for programs.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Encodable, encode } from '../network/torrent/bencode.ts'
import { concat, encodeText } from '../protocol/bytes.ts'
import { type Infohash, isInfohash, toBytes } from '../protocol/ids.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { encodeCompact, plainHost } from './compact.ts'
import type { Directory } from './directory.ts'
import type { Gate } from './gate.ts'
import { INTERVAL_SECONDS, MAX_HEADER_BYTES, MAX_LISTED, MIN_INTERVAL_SECONDS } from './limits.ts'
import { formatPage, PAGE_HEADERS } from './page.ts'
import { parseAnnounce, parseScrape } from './request.ts'

export type HttpDeps = {
  readonly directory: Directory
  readonly gate: Gate
  /** Milliseconds since 1970. */
  readonly startedAt: number
}

type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
}

const REQUEST_MS = 5_000
const PLAIN = { 'content-type': 'text/plain; charset=utf-8' }
const JSON_TYPE = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }
/** What a page costs its host, in requests. */
const PAGE_COST = 10
/** Rows of one page. */
const PAGE_ROWS = 200

/** Not listening yet, and for `GET` only. One request a connection: clients come back after half an hour. */
export function createHttpTracker(deps: HttpDeps): Server {
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS }
  return createServer({ ...limits, connectionsCheckingInterval: 1_000 }, (request, response) => {
    request.socket.pause()
    answerRequest(deps, request).then(
      (answer) => send(response, answer),
      () => response.destroy(),
    )
  })
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, connection: 'close', 'cache-control': 'no-store' }).end(body)
}

async function answerRequest({ directory, gate, startedAt }: HttpDeps, request: IncomingMessage): Promise<Answer> {
  const host = plainHost(request.socket.remoteAddress ?? '')
  const [path = '', query = ''] = splitOnce(request.url ?? '')
  const isPage = path === '/' || path === '/stats.json'
  if (!gate.takes(host, isPage ? PAGE_COST : 1))
    return failure(429, 'too many requests from this address; come back in a minute')
  switch (path) {
    case '/announce':
      return await refusing(() => announce(directory, gate, host, query))
    case '/scrape':
      return await refusing(async () => scrape(directory, parseScrape(query)))
    case '/':
      return page(directory, startedAt, new URLSearchParams(query))
    case '/stats.json':
      return stats(directory, startedAt, new URLSearchParams(query))
    default:
      return { status: 404, headers: PLAIN, body: 'expected /announce, /scrape, / or /stats.json\n' }
  }
}

async function announce(directory: Directory, gate: Gate, host: string, query: string): Promise<Answer> {
  const { port, isCompact, ...rest } = parseAnnounce(query)
  const verdict = rest.event === 'stopped' ? 'open' : await gate.judge(rest.infohash, host)
  if (verdict === 'unknown') return failure(200, 'the infohash is not of this network, or not known yet')
  if (verdict === 'busy') return failure(200, 'the tracker cannot tell now whether it knows the infohash; try again')
  const { seeders, leechers, addresses } = directory.announce({ ...rest, from: { host, port } })
  const known = {
    complete: seeders,
    incomplete: leechers,
    interval: INTERVAL_SECONDS,
    'min interval': MIN_INTERVAL_SECONDS,
  }
  const peers: Readonly<Record<string, Encodable>> = isCompact
    ? { peers: encodeCompact(addresses, 4), peers6: encodeCompact(addresses, 6) }
    : { peers: addresses.map((address) => ({ ip: address.host, port: address.port })) }
  return { status: 200, headers: PLAIN, body: encode({ ...known, ...peers }) }
}

/** The keys are bytes, which an encoder of text would spoil. */
function scrape(directory: Directory, infohashes: readonly Infohash[]): Answer {
  const files = [...new Set(infohashes)].sort().flatMap((infohash) => {
    const { seeders, leechers, completed } = directory.counts(infohash)
    const counts = encode({ complete: seeders, downloaded: completed, incomplete: leechers })
    return [encodeText('20:'), toBytes(infohash), counts]
  })
  return { status: 200, headers: PLAIN, body: concat(encodeText('d5:filesd'), ...files, encodeText('ee')) }
}

function page(directory: Directory, startedAt: number, query: URLSearchParams): Answer {
  const { rows, sought } = select(directory, query, PAGE_ROWS)
  const next = rows.length === PAGE_ROWS ? rows.at(-1)?.infohash : undefined
  return { status: 200, headers: PAGE_HEADERS, body: formatPage({ ...directory.size, startedAt, sought, rows, next }) }
}

function stats(directory: Directory, startedAt: number, query: URLSearchParams): Answer {
  const { rows } = select(directory, query, MAX_LISTED)
  const next = rows.length === MAX_LISTED ? { next: rows.at(-1)?.infohash } : {}
  const torrents = rows.map((row) => ({ ...row, since: new Date(row.since).toISOString() }))
  const body = { ...directory.size, since: new Date(startedAt).toISOString(), torrents, ...next }
  return { status: 200, headers: JSON_TYPE, body: `${JSON.stringify(body)}\n` }
}

/** The swarm of `infohash`, or those after `after`. */
function select(directory: Directory, query: URLSearchParams, most: number) {
  const sought = query.get('infohash')?.trim().toLowerCase() || undefined
  const after = query.get('after')
  if (sought === undefined) return { sought, rows: directory.list(isInfohash(after) ? after : undefined, most) }
  const found = isInfohash(sought) ? directory.swarm(sought) : undefined
  return { sought, rows: found === undefined ? [] : [found] }
}

/** A request that is wrong is told why, as clients expect it. */
async function refusing(answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof RuleError) return failure(200, error.message)
    throw error
  }
}

function failure(status: number, reason: string): Answer {
  return { status, headers: PLAIN, body: encode({ 'failure reason': reason }) }
}

function splitOnce(url: string): readonly string[] {
  const at = url.indexOf('?')
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)]
}
