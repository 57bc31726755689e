// Addresses that a stranger wrote, into a proof for instance: which of them a node dials. Whoever makes proofs must not choose what this machine, or its
// neighbours behind the same router, are sent.

import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { formatAddress, isLoopbackAddress } from '../proof.ts'
import { hostOf } from './addresses.ts'
import { isPublicHost } from './reach.ts'

/** `loopback`: this machine only, by number. `public`: what can be reached from anywhere, names too. `anywhere`: all, as in tests. */
export type DialsHints = 'anywhere' | 'public' | 'loopback'

type Lookup = (name: string) => Promise<readonly LookupAddress[]>

/** A name that takes longer leads nowhere. */
const LOOKUP_MS = 2_000
/** Of one name; the first count. */
const MAX_ADDRESSES = 4

/**
 * Those of `addresses` (`host:port`) that may be dialled, in their order. A name becomes what it leads to now: looked up again by whoever dials, it could lead
 * elsewhere.
 */
export async function diallable(
  addresses: readonly string[],
  dialsHints: DialsHints,
  resolve: Lookup = (name) => lookup(name, { all: true }),
): Promise<string[]> {
  if (dialsHints === 'anywhere') return [...addresses]
  if (dialsHints === 'loopback') return addresses.filter(isLoopbackAddress)
  const found = await Promise.all(
    addresses.map(async (address) => {
      const host = hostOf(address)
      const hosts = isIP(host) === 0 ? await hostsOf(host, resolve) : [host]
      const port = Number(address.slice(address.lastIndexOf(':') + 1))
      return hosts.filter(isPublicHost).map((each) => formatAddress({ host: each, port }))
    }),
  )
  return [...new Set(found.flat())]
}

async function hostsOf(name: string, resolve: Lookup): Promise<readonly string[]> {
  const late = Promise.withResolvers<readonly LookupAddress[]>()
  const timer = setTimeout(() => late.resolve([]), LOOKUP_MS)
  try {
    const found = await Promise.race([resolve(name), late.promise])
    return found.slice(0, MAX_ADDRESSES).map(({ address }) => address)
  } catch {
    return []
  } finally {
    clearTimeout(timer)
  }
}
