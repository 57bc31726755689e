// What an address says of its owner: which host, and which range of addresses that somebody can get many of at once.

export function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.') || host.startsWith('::ffff:127.')
}

/** Whom a limit or a ban means by an address: all of an IPv6 subnet (64 bits) are one, since its owner has them all. */
export function hostGroup(host: string): string {
  return mappedOf(host) ?? (host.includes(':') ? groupsOf(host).slice(0, 4).join(':') : host)
}

/** All that a customer may have of IPv6, 48 bits (RFC 6177 has /48 as the most); undefined of IPv4. Most have less, so that one host says little of its site. */
export function siteOf(host: string): string | undefined {
  if (mappedOf(host) !== undefined || !host.includes(':')) return undefined
  return groupsOf(host).slice(0, 3).join(':')
}

/**
 * The range of an address: IPv4 by 16 bits, as Bitcoin Core's `CNetAddr::GetGroup` (netaddress.cpp) without a map of networks; IPv6 by 32, what a provider gets.
 * Addresses of one range are cheap to come by together, those of many ranges are not.
 */
export function rangeOf(host: string): string {
  const ipv4 = mappedOf(host) ?? (host.includes(':') ? undefined : host)
  if (ipv4 === undefined) return groupsOf(host).slice(0, 2).join(':')
  return /^\d+\.\d+\.\d+\.\d+$/.test(ipv4) ? ipv4.split('.').slice(0, 2).join('.') : ipv4
}

/** Loopback, link-local, or of a private network (RFC 1918, RFC 4193): its ranges say nothing of who has how many addresses. */
export function isPrivate(host: string): boolean {
  const ipv4 = mappedOf(host) ?? host
  return (
    isLoopback(host) || /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(ipv4) || /^f[cde]/i.test(host)
  )
}

/** The host of `host:port` or `[host]:port`. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
}

/** Of an IPv4 address that is written as one of IPv6. */
function mappedOf(host: string): string | undefined {
  return /^::ffff:([0-9.]+)$/i.exec(host)?.[1]
}

function groupsOf(host: string): string[] {
  const [head = '', tail] = host.split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  while (tail !== undefined && groups.length + rest.length < 8) groups.push('0')
  return [...groups, ...rest]
}
