// What a tracker reads from strangers: the query of an HTTP announce or scrape (BEP 3, BEP 23), byte by byte.

import { type Infohash, toInfohash } from '../protocol/ids.ts'
import { RuleError } from '../protocol/rule-error.ts'
import type { AnnounceEvent } from './directory.ts'
import { DEFAULT_ADDRESSES, MAX_ADDRESSES, MAX_SCRAPED } from './limits.ts'

export type HttpAnnounce = {
  readonly infohash: Infohash
  readonly port: number
  readonly isSeeder: boolean
  readonly event: AnnounceEvent
  readonly want: number
  /** BEP 23: addresses as bytes, unless the client says that it cannot read them. */
  readonly isCompact: boolean
}

const EVENTS = ['started', 'completed', 'stopped'] as const

/** Throws `RuleError('bad-announce')`. What a client says of its address (`ip`, `ipv4`, `ipv6`) is not read: it could be anybody's. */
export function parseAnnounce(query: string): HttpAnnounce {
  const [infohash] = readInfohashes(query)
  const peerId = values(query, 'peer_id')[0]
  const port = readNumber(query, 'port')
  if (infohash === undefined) throw bad('has no info_hash')
  if (peerId?.length !== 20) throw bad('has no peer_id of 20 bytes')
  if (port === undefined || port < 1 || port > 65_535) throw bad('has no port from 1 to 65535')
  const event = readText(query, 'event')
  return {
    ...{ infohash, port },
    isSeeder: readNumber(query, 'left') === 0,
    event: EVENTS.find((each) => each === event) ?? 'none',
    want: Math.min(readNumber(query, 'numwant') ?? DEFAULT_ADDRESSES, MAX_ADDRESSES),
    isCompact: readText(query, 'compact') !== '0',
  }
}

/** Which infohashes are asked about. Throws `RuleError('bad-announce')`: of all at once nobody is told. */
export function parseScrape(query: string): readonly Infohash[] {
  const infohashes = readInfohashes(query)
  if (infohashes.length === 0) throw bad(`names no info_hash, and one of 1 to ${MAX_SCRAPED} is told of`)
  if (infohashes.length > MAX_SCRAPED) throw bad(`names more than ${MAX_SCRAPED} infohashes`)
  return infohashes
}

function readInfohashes(query: string): Infohash[] {
  return values(query, 'info_hash').map((bytes) => {
    if (bytes.length !== 20) throw bad('has an info_hash that is not of 20 bytes')
    return toInfohash(bytes)
  })
}

function readNumber(query: string, key: string): number | undefined {
  const text = readText(query, key)
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function readText(query: string, key: string): string | undefined {
  const [bytes] = values(query, key)
  return bytes && Buffer.from(bytes).toString('latin1')
}

/** All values of a key as bytes: they are not UTF-8, and `+` is a plus, since clients write a space as %20. */
function values(query: string, key: string): Uint8Array[] {
  const begin = `${key}=`
  return query
    .split('&', 1_000)
    .filter((part) => part.startsWith(begin))
    .map((part) => decodePercent(part.slice(begin.length)))
}

function decodePercent(text: string): Uint8Array {
  const plain = text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return Buffer.from(plain, 'latin1')
}

function bad(what: string): RuleError {
  return new RuleError('bad-announce', `expected a request to a tracker (BEP 3), but it ${what}`)
}
