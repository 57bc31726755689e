// Where others reach this node: what its peers see of it, and what is said to strangers of that. None is better than a wrong one.

import { BlockList, isIP } from 'node:net'
import { rangeOf } from './addresses.ts'

/** Peers of different ranges of addresses that must have named the same address. */
const LEAST_VOTES = 2
/** Voters that are remembered, the oldest go first. */
const MAX_VOTERS = 64

/** Special-purpose addresses (RFC 6890) which nobody reaches over the Internet. */
const NOT_PUBLIC = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  NOT_PUBLIC.addSubnet(network, bits, 'ipv4')
}
/** Global unicast (RFC 4291), less documentation (RFC 3849), Teredo and 6to4, which are as good as the IPv4 address inside. */
const GLOBAL = new BlockList()
GLOBAL.addSubnet('2000::', 3, 'ipv6')
const NOT_GLOBAL = new BlockList()
for (const [network, bits] of [
  ['2001:db8::', 32],
  ['2001::', 32],
  ['2002::', 16],
] as const) {
  NOT_GLOBAL.addSubnet(network, bits, 'ipv6')
}

/** Whether an IP address, without brackets, can be reached from anywhere. A name is not one. */
export function isPublicHost(host: string): boolean {
  const plain = unmapped(host)
  const family = isIP(plain)
  if (family === 4) return !NOT_PUBLIC.check(plain, 'ipv4')
  return family === 6 && GLOBAL.check(plain, 'ipv6') && !NOT_GLOBAL.check(plain, 'ipv6')
}

/** As BEP 10 has it in `yourip`: 4 or 16 bytes; undefined of what is not an address. */
export function encodeHost(host: string): Uint8Array | undefined {
  const plain = unmapped(host)
  if (isIP(plain) === 4) return Uint8Array.from(plain.split('.').map(Number))
  if (isIP(plain) !== 6 || plain.includes('%') || plain.includes('.')) return undefined
  const [head = '', tail] = plain.split('::')
  const parts = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(':'))
  const [before, after] = [parts(head), parts(tail)]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const groups = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16))
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/** The address in a `yourip`; undefined of what has another length. */
export function decodeHost(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return undefined
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0))
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(1, -1)
}

/** What peers say of this node's address. */
export class Reach {
  /** By the range of the peer, so that who has many addresses of one has one vote. */
  readonly #votes = new Map<string, string>()
  #isReached = false

  /** Of a peer that introduced itself: where it is, which of both dialled, and the address that it sees, if it says so. */
  add({ host, outgoing, sees }: { readonly host: string; readonly outgoing: boolean; readonly sees?: string }): void {
    if (!isPublicHost(host)) return
    // Strangers come in as often as they like: only peers that this node chose have a vote.
    if (!outgoing) this.#isReached = true
    else if (sees !== undefined && isPublicHost(sees)) {
      const voter = rangeOf(host)
      this.#votes.delete(voter)
      this.#votes.set(voter, sees)
      const [oldest] = this.#votes.keys()
      if (this.#votes.size > MAX_VOTERS && oldest !== undefined) this.#votes.delete(oldest)
    }
  }

  /** The address that more than half of the peers see, if there are two of them at least, and somebody outside has reached this node. */
  get host(): string | undefined {
    if (!this.#isReached) return undefined
    const counts = new Map<string, number>()
    for (const host of this.#votes.values()) counts.set(host, (counts.get(host) ?? 0) + 1)
    for (const [host, count] of counts) if (count >= LEAST_VOTES && 2 * count > this.#votes.size) return host
    return undefined
  }
}

function unmapped(host: string): string {
  return /^::ffff:([0-9.]+)$/i.exec(host)?.[1] ?? host
}
