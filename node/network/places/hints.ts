// Addresses that strangers told, in a proof, by peer exchange, in the DHT, at a tracker, of themselves: which of them a node dials. None of them must choose what
// this machine, or its neighbours behind the same router, are sent.

import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { formatAddress, isLoopbackAddress } from '../proof.ts'
import { hostOf } from './addresses.ts'
import { isPublicHost } from './reach.ts'

/** `loopback`: this machine only, by number. `public`: what can be reached from anywhere, names too. `anywhere`: all, as in tests. */
export type DialsHints = 'anywhere' | 'public' | 'loopback'

/**
 * Whether an address (`host:port`) that was found, other than in a proof, may be dialled: with `public` one that can be reached from anywhere, by number. A name
 * could lead elsewhere a moment later. With `loopback` a node finds others only where its user says: its own trackers and its own DHT.
 */
export function mayBeFound(address: string, dialsHints: DialsHints): boolean {
  return dialsHints !== 'public' || isPublicHost(hostOf(address))
}

/** Of a name, the addresses that it leads to. */
type Resolve = (name: string) => Promise<readonly string[]>

/** A name server that takes longer says nothing. */
const LOOKUP_MS = 1_000
/** Of one name; the first count. */
const MAX_ADDRESSES = 4

/**
 * Those of `addresses` (`host:port`) that may be dialled, in their order. A name becomes what it leads to now: looked up again by whoever dials, it could lead
 * elsewhere.
 */
export async function diallable(
  addresses: readonly string[],
  dialsHints: DialsHints,
  resolve: Resolve = askNameServers,
): Promise<string[]> {
  if (dialsHints === 'anywhere') return [...addresses]
  if (dialsHints === 'loopback') return addresses.filter(isLoopbackAddress)
  const found = await Promise.all(
    addresses.map(async (address) => {
      const host = hostOf(address)
      const hosts = isIP(host) === 0 ? await hostsOf(host, resolve) : [host]
      const port = Number(address.slice(address.lastIndexOf(':') + 1))
      return hosts.map((each) => formatAddress({ host: each, port })).filter((each) => mayBeFound(each, dialsHints))
    }),
  )
  return [...new Set(found.flat())]
}

/** A name of one label is one of this machine, or of this house. */
async function hostsOf(name: string, resolve: Resolve): Promise<readonly string[]> {
  if (!name.includes('.')) return []
  return (await resolve(name)).slice(0, MAX_ADDRESSES)
}

/** Not by `lookup`, which holds one of the few threads that files and databases need for as long as a stranger's name server likes. */
async function askNameServers(name: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: LOOKUP_MS, tries: 1 })
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  // A name that leads nowhere, or whose servers are silent, leads nowhere now.
  return found.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}
