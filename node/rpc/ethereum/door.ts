// Who may ask the Ethereum-compatible RPC: programs, extensions of browsers, and the node's own pages; no other page.

import type { IncomingMessage } from 'node:http'
import { type Entry, refuseHost, refuseRequest } from '../http-server.ts'

/** Wallets in browsers. Their ids differ from browser to browser, and a page can have no such origin. */
const EXTENSIONS = /^(chrome|moz)-extension:\/\/[a-zA-Z0-9-]{1,64}$/
/** Seconds for which a browser remembers that it may ask: Chromium's most is 7,200. */
const REMEMBER = '7200'

/**
 * Checks the name under which the node was reached first (DNS rebinding), then the origin (RFC 6454), if there is one. `own` are origins of the
 * node's own pages. A preflight is answered as Fetch and Private Network Access have it.
 */
export function doorOf(own: () => readonly string[]): (request: IncomingMessage) => Entry {
  return (request) => {
    const { origin, host = '' } = request.headers
    const wrongHost = refuseHost(request)
    if (wrongHost !== undefined) return wrongHost
    const isAllowed = origin === undefined || EXTENSIONS.test(origin) || [`http://${host}`, ...own()].includes(origin)
    if (!isAllowed) {
      return {
        status: 403,
        why: 'requests from web pages are refused: ask by the wallet in your browser, or by a program',
      }
    }
    const headers = corsOf(origin)
    if (request.method !== 'OPTIONS') return { ...refuseRequest(request), headers }
    const isPrivate = request.headers['access-control-request-private-network'] === 'true'
    const asked = { 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'content-type' }
    return {
      status: 204,
      headers: {
        ...headers,
        allow: 'POST, OPTIONS',
        ...(origin === undefined ? {} : { ...asked, 'access-control-max-age': REMEMBER }),
        ...(isPrivate ? { 'access-control-allow-private-network': 'true' } : {}),
      },
    }
  }
}

function corsOf(origin: string | undefined): Readonly<Record<string, string>> {
  return origin === undefined ? { vary: 'origin' } : { 'access-control-allow-origin': origin, vary: 'origin' }
}
