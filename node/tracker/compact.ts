// Addresses as trackers send them: 6 bytes each of IPv4 (BEP 23), 18 of IPv6 (BEP 7), and host names as sockets give them made plain.

import { encodeHost } from '../network/places/reach.ts'
import { concat, encodeUint } from '../protocol/bytes.ts'
import { type Endpoint, familyOf } from './directory.ts'

/** Those of one family, one after another. */
export function encodeCompact(addresses: readonly Endpoint[], family: 4 | 6): Uint8Array {
  return concat(
    ...addresses
      .filter(({ host }) => familyOf(host) === family)
      .flatMap(({ host, port }) => {
        const bytes = encodeHost(host)
        return bytes === undefined ? [] : [bytes, encodeUint(port, 2)]
      }),
  )
}

/** IPv4 that came through a socket of IPv6 as IPv4, and no zone of an interface. */
export function plainHost(host: string): string {
  return host.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}
