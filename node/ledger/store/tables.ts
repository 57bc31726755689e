// The tables of the ledger's database and the rows in them: text, so that a hex dump of the database can be read.

import type { Hash, Infohash } from '../../protocol/ids.ts'
import type { Input, Purse } from '../purse.ts'
import type { Status } from '../types.ts'
import type { Table } from './database.ts'

/** As `Status`, of what is stored: `held` waits for a deposit to be ordered. */
export type Standing = 'held' | 'accepted' | 'conflicting' | 'ordered' | 'final'

/** A stored transaction: its own facts, and where it stands. */
export type Entry = {
  readonly infohash: Infohash
  readonly kind: 'genesis' | 'deposit' | 'signed'
  readonly standing: Standing
  /** Seniority and order of arrival. */
  readonly seq: number
  /** Unix milliseconds. */
  readonly firstSeenMs: number
  /** Of the file. */
  readonly bytes: number
  /** What it spends; genesis and deposits nothing. */
  readonly inputs: readonly Input[]
  readonly outputs: readonly (readonly [Purse, bigint])[]
  /** Amount of a bridge request of TTX, else 0. */
  readonly request: bigint
  /** Block and step while ordered or final. Absent for a final one from before the snapshot. */
  readonly height?: number
  readonly step?: number
  /** Place among the candidates for a block: the `rankOf` its ordered inputs of TTX. Empty unless accepted. */
  readonly rank: string
  /** Accepted once, or the first rival of an output: shown to peers as long as it is not dead. */
  readonly isShown: boolean
  readonly isDead: boolean
  /** The tally (`tallyKey`) on which it counts as long as no block orders it; empty where nobody counts it. */
  readonly charge: string
  /** Zero bits that nodes ask for (`relayPrice`), where the own user handed it in with fewer; else 0. */
  readonly bitsAsked: number
  /** The most that was asked of an unordered ancestor that has fewer; else 0. */
  readonly ancestorBits: number
  /** Of before the snapshot: which outputs it created is known only as far as they were unspent there. */
  readonly isPartial: boolean
}

/** Who spends an output: all stored transactions that do, oldest first, and the one among them that stands (or empty). */
export type Spends = { readonly live: Infohash | ''; readonly all: readonly Infohash[] }

/** Sums in the order accepted, ordered, final, pendingOut; base units. */
export type Account = {
  readonly sums: readonly [bigint, bigint, bigint, bigint]
  readonly outputs: number
}

/** A file whose ancestors are not all here. `order` counts arrivals in the pool. */
export type Waiting = {
  readonly file: string
  readonly source: string
  readonly order: number
  readonly firstSeenMs: number
}

export type Block = { readonly id: Hash; readonly publishedAt: number }

export type Head = {
  readonly seq: number
  readonly count: number
  readonly weight: bigint
  readonly fingerprint: bigint
  readonly unorderedCount: number
  readonly unorderedFingerprint: bigint
  readonly conflicting: number
  /** Payments that no block has ordered and that are kept: accepted ones and held ones. */
  readonly charged: number
  /** Dead ones are kept in a ring: the next number to give, and the oldest that is still there. */
  readonly deadNext: number
  readonly deadFirst: number
  readonly finalHeight: number
  readonly tipHeight: number
  /** Height of the block with which a snapshot began; 0 if everything began at genesis. */
  readonly snapshotHeight: number
}

export const ENTRIES: Table<Entry> = { letter: 't', encode: encodeEntry, decode: decodeEntry, isCached: true }
/** Of `ENTRIES`, whether each is shared, and stands or not: read without all else, for walks over a million of them. */
export const SHARED: Pick<Table<'live' | 'rival' | undefined>, 'letter' | 'decode'> = {
  letter: 't',
  decode: (line, key) => {
    const standing = STANDINGS[Number(line.charAt(2))] ?? 'held' // each of the first two fields has one digit
    if (isLive({ standing })) return 'live'
    return standing === 'conflicting' && isShared(decodeEntry(line, key)) ? 'rival' : undefined
  },
}
/** `tx.json` of the stored ones (ASCII). */
export const FILES: Table<string> = text('f')
/** By `outputKey`. */
export const SPENDS: Table<Spends> = {
  letter: 's',
  isCached: true,
  encode: ({ live, all }) => `${live},${all.join(',')}`,
  decode: (line) => {
    const [live = '', ...all] = line.split(',') as Infohash[] // written above
    return { live: live as Infohash | '', all }
  },
}
/** Outputs of a snapshot whose transaction is not here, by infohash. */
export const BASE: Table<readonly (readonly [Purse, bigint])[]> = {
  letter: 'p',
  encode: encodeOutputs,
  decode: decodeOutputs,
}
/** By purse. */
export const ACCOUNTS: Table<Account> = {
  letter: 'a',
  isCached: true,
  encode: ({ sums, outputs }) => [...sums, outputs].join(' '),
  decode: (line) => {
    const [accepted = '0', ordered = '0', final = '0', out = '0', outputs = '0'] = line.split(' ')
    return { sums: [BigInt(accepted), BigInt(ordered), BigInt(final), BigInt(out)], outputs: Number(outputs) }
  },
}
/** Spendable outputs: purse, class, value in hex, infohash. */
export const UNSPENT: Table<string> = text('u')
/** Purse and seq: infohash. */
export const HISTORY: Table<string> = text('h')
/** Seq: infohash. */
export const ARRIVALS: Table<string> = text('q')
/** Rank and seq: infohash. */
export const CANDIDATES: Table<string> = text('y')
/** Of requests of TTX: descending power of two of the amount and seq: infohash. */
export const REQUESTS: Table<string> = text('r')
/** Seq: infohash. */
export const CONFLICTS: Table<string> = text('k')
/** By `tallyKey`: how many payments that no block has ordered are charged to one side of a coin. */
export const CHARGES: Table<number> = { letter: 'g', isCached: true, encode: String, decode: Number }
/** Number in the ring: infohash. */
export const DEAD: Table<string> = text('x')
/** Infohash. */
export const WAITING: Table<Waiting> = json('w')
/** Height. */
export const BLOCKS: Table<Block> = { ...json('b'), isCached: true }
/** Height: infohashes of a block, in step order. Those of before a snapshot have none. */
export const CONTENTS: Table<readonly Infohash[]> = json('c')
/** Work that a crash must not lose: seq: infohash of those to judge again, and infohashes of those to bury. */
export const TO_JUDGE: Table<string> = text('d')
export const TO_BURY: Table<string> = text('e')
export const META: Table<string> = text('m')
/** One row, with an empty key. */
export const HEAD: Table<Head> = {
  letter: 'z',
  isCached: true,
  encode: (head) => JSON.stringify(head, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  decode: (line) => {
    const head = JSON.parse(line) as Head & Record<'weight' | 'fingerprint' | 'unorderedFingerprint', string>
    return {
      ...head,
      weight: BigInt(head.weight),
      fingerprint: BigInt(head.fingerprint),
      unorderedFingerprint: BigInt(head.unorderedFingerprint),
    }
  },
}

export const EMPTY_HEAD: Head = {
  seq: 0,
  count: 0,
  weight: 0n,
  fingerprint: 0n,
  unorderedCount: 0,
  unorderedFingerprint: 0n,
  conflicting: 0,
  charged: 0,
  deadNext: 0,
  deadFirst: 0,
  finalHeight: 0,
  tipHeight: 0,
  snapshotHeight: 0,
}

/** Fixed width, so that keys sort as numbers do; below 2^48. */
export function numberKey(value: number): string {
  return value.toString(16).padStart(12, '0')
}

export function outputKey(infohash: Infohash, purse: Purse): string {
  return infohash + purse.slice(2)
}

/** The output that a key names. */
function outputOf(key: string): Input {
  return [key.slice(0, INFOHASH_DIGITS) as Infohash, `0x${key.slice(INFOHASH_DIGITS)}` as Purse] // written above
}

/** Of a coin: the payments of its owner, or those of all others whose money comes from it. */
export function tallyKey(coin: Input, isOwners: boolean): string {
  return (isOwners ? OWNERS : OTHERS) + outputKey(...coin)
}

export function isOwnersTally(tally: string): boolean {
  return tally.startsWith(OWNERS)
}

/** The coin of a tally. */
export function coinOf(tally: string): Input {
  return outputOf(tally.slice(1))
}

/** Stands: its outputs can be spent. */
export function isLive({ standing }: { readonly standing: Standing }): boolean {
  return standing === 'accepted' || isSettled(standing)
}

export function isSettled(standing: Standing | undefined): boolean {
  return standing === 'ordered' || standing === 'final'
}

export function isShared(entry: Entry): boolean {
  return isLive(entry) || (entry.standing === 'conflicting' && entry.isShown && !entry.isDead)
}

export function statusOf(entry: Entry): Exclude<Status, 'unknown' | 'invalid'> {
  return entry.standing === 'held' ? 'waiting' : entry.standing
}

const INFOHASH_DIGITS = 40
const OWNERS = 'o'
const OTHERS = 'x'
const KINDS = ['genesis', 'deposit', 'signed'] as const
const STANDINGS = ['held', 'accepted', 'conflicting', 'ordered', 'final'] as const

function encodeEntry(entry: Entry): string {
  const flags = (entry.isShown ? 1 : 0) | (entry.isDead ? 2 : 0) | (entry.isPartial ? 4 : 0)
  return [
    KINDS.indexOf(entry.kind),
    STANDINGS.indexOf(entry.standing),
    entry.seq,
    entry.firstSeenMs,
    entry.bytes,
    entry.inputs.map(([infohash, purse]) => `${infohash}:${purse}`).join(','),
    encodeOutputs(entry.outputs),
    entry.request,
    entry.height ?? '',
    entry.step ?? '',
    entry.rank,
    flags,
    entry.charge,
    entry.bitsAsked,
    entry.ancestorBits,
  ].join(' ')
}

function decodeEntry(line: string, key: string): Entry {
  const field = line.split(' ')
  const at = (i: number) => field[i] ?? ''
  const flags = Number(at(11))
  return {
    infohash: key as Infohash, // keys of this table are infohashes
    kind: KINDS[Number(at(0))] ?? 'signed',
    standing: STANDINGS[Number(at(1))] ?? 'conflicting',
    seq: Number(at(2)),
    firstSeenMs: Number(at(3)),
    bytes: Number(at(4)),
    inputs: decodeInputs(at(5)),
    outputs: decodeOutputs(at(6)),
    request: BigInt(at(7)),
    ...(at(8) === '' ? {} : { height: Number(at(8)), step: Number(at(9)) }),
    rank: at(10),
    isShown: (flags & 1) !== 0,
    isDead: (flags & 2) !== 0,
    charge: at(12),
    bitsAsked: Number(at(13)),
    ancestorBits: Number(at(14)),
    isPartial: (flags & 4) !== 0,
  }
}

function decodeInputs(line: string): Input[] {
  return line === '' ? [] : line.split(',').map((input) => input.split(':') as [Infohash, Purse]) // written above
}

function encodeOutputs(outputs: readonly (readonly [Purse, bigint])[]): string {
  return outputs.map(([purse, value]) => `${purse}:${value}`).join(',')
}

function decodeOutputs(line: string): [Purse, bigint][] {
  if (line === '') return []
  return line.split(',').map((output) => {
    const [purse = '', value = '0'] = output.split(':')
    return [purse as Purse, BigInt(value)] // written above
  })
}

function text(letter: string): Table<string> {
  return { letter, encode: (row) => row, decode: (line) => line }
}

function json<T>(letter: string): Table<T> {
  return { letter, encode: (row) => JSON.stringify(row), decode: (line) => JSON.parse(line) as T }
}
