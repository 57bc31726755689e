// The web page of a node: its files as they were built, and what tells it of changes. Nothing of it is from elsewhere, and nothing elsewhere may use it.

import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import type { FeedStream } from '../feed/stream.ts'
import { isFromHere } from '../rpc/http-server.ts'
import type { Changes } from './changes.ts'

/** What a browser asks for, by path: the file, its kind, and the same compressed by gzip. */
type SiteFile = {
  readonly body: Uint8Array
  readonly gzip: Uint8Array | undefined
  readonly type: string
  /** Its name has a hash of it. */
  readonly isForever: boolean
}
export type SiteFiles = ReadonlyMap<string, SiteFile>

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}
/** Of every answer. A wallet's extension brings its own code past this; nothing else can be run, loaded, framed or sent anywhere. */
const GUARD: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types layout-worker",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}
/**
 * The page has no service worker. One that another program left at this address, which may have been its own yesterday, stands between browser and node;
 * the browser asks for its script now and then (Service Workers, section 5.4), gets this, and is rid of it.
 */
const NO_WORKER = `addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => {
  const leave = async () => {
    await registration.unregister()
    for (const client of await clients.matchAll()) await client.navigate(client.url)
  }
  event.waitUntil(leave())
})
`
const EVENTS = '/events'
const FEED = '/feed'
const INDEX = '/index.html'
const FOREVER = 'public, max-age=31536000, immutable'

/** Of a folder that `scripts/make/page.ts` has built. Throws what reading it throws. */
export async function readSite(folder: string): Promise<SiteFiles> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(folder.length))
  const known = new Set(names)
  const read = async (path: string): Promise<[string, SiteFile][]> => {
    const type = TYPES[extname(path)]
    if (type === undefined) return []
    const body = await readFile(join(folder, path))
    const gzip = known.has(`${path}.gz`) ? await readFile(join(folder, `${path}.gz`)) : undefined
    return [[path, { body, gzip, type, isForever: path.startsWith('/assets/') }]]
  }
  return new Map((await Promise.all(names.map(read))).flat())
}

/**
 * Answers a GET or HEAD of the page. Whoever calls it has made sure that the name of the host is ours. Every path without a dot in its last part is a view
 * of the page, which reads it itself.
 */
export function serveSite(
  {
    files,
    changes,
    feed,
  }: { readonly files: SiteFiles; readonly changes: Changes; readonly feed?: FeedStream | undefined },
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = pathOf(request.url ?? '/')
  if (request.headers['service-worker'] !== undefined) {
    response.writeHead(200, { ...GUARD, 'content-type': TYPES['.js'], 'cache-control': 'no-store' }).end(NO_WORKER)
    return
  }
  if (path === EVENTS) {
    if (request.method !== 'GET') refuse(response, 405, 'expected GET')
    else if (isFromHere(request)) changes.serve(request, response, { ...GUARD, 'cache-control': 'no-store' })
    else refuse(response, 403, 'only the page of this node may listen')
    return
  }
  if (path === FEED) {
    if (!isFromHere(request)) refuse(response, 403, 'only the page of this node may listen')
    else if (feed === undefined) refuse(response, 404, 'this node keeps no feed: start it with --feed 256')
    else if (request.method === 'HEAD') response.writeHead(200, GUARD).end()
    else feed.serve(request, response, { ...GUARD, 'cache-control': 'no-store' })
    return
  }
  const isView = !(path.split('/').at(-1) ?? '').includes('.')
  const file = files.get(isView ? INDEX : path)
  if (file === undefined) {
    refuse(response, 404, 'there is no such file')
    return
  }
  const compressed = /\bgzip\b/.test(`${request.headers['accept-encoding'] ?? ''}`) ? file.gzip : undefined
  const body = compressed ?? file.body
  response.writeHead(200, {
    ...GUARD,
    'content-type': file.type,
    'content-length': `${body.length}`,
    'cache-control': file.isForever ? FOREVER : 'no-cache',
    vary: 'accept-encoding',
    ...(compressed ? { 'content-encoding': 'gzip' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { ...GUARD, 'content-type': 'text/plain; charset=utf-8' }).end(`${why}\n`)
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}
