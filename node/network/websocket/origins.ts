// Which web pages may be peers of a node: a browser lets any page connect to any address, and says truthfully where the page is from.

import { hostGroup, isPrivate } from '../places/addresses.ts'

/** `remote`: any page, but none that runs on the node's own machine or network; or the origins that may, as in `https://wallet.example.org`. */
export type WebSocketOrigins = 'none' | 'any' | 'remote' | readonly string[]

/**
 * Whether a request `from` a host, which came `to` an address of the node, may become a connection. Without `origin` (RFC 6454) it is not from a page, and could say
 * whatever it likes. With `remote`, what comes from here is refused, also by a public address: a page that the node's own user visits would learn that they run a
 * node, and what it alone holds.
 */
export function isAllowedOrigin(
  origins: WebSocketOrigins,
  origin: string | undefined,
  { from, to }: { readonly from: string; readonly to: string },
): boolean {
  if (origins === 'none') return false
  if (origins === 'any' || origin === undefined) return true
  if (origins === 'remote') return !isPrivate(from) && hostGroup(from) !== hostGroup(to)
  return origins.includes(origin)
}
