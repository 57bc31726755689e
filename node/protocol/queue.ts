// Ethereum's queue of deposits and forced transactions, which every branch must carry, in lanes that do not wait for each other.

import { concat, encodeUint } from './bytes.ts'
import { netOf } from './fee.ts'
import { keccak } from './hash.ts'
import { type Address, type Hash, toBytes, toHash, ZERO_HASH } from './ids.ts'
import type { Rules } from './rules.ts'
import type { DepositTransaction } from './transaction.ts'
import type { Gwei } from './units.ts'

/** wTTX was burned. `gross` is base units before the fee. */
export type DepositEntry = { readonly kind: 'deposit'; readonly gross: bigint; readonly to: Address }
/** A packed transaction was forced. `fee` is for the miner that consumes it. */
export type ForcedEntry = { readonly kind: 'forced'; readonly fee: Gwei; readonly packed: Uint8Array }
/** A contract on Ethereum, `asset`, entered some of itself. `amount` is credited whole; `fee` is for the miner that consumes it. */
export type EnteredEntry = {
  readonly kind: 'entered'
  readonly fee: Gwei
  readonly amount: bigint
  readonly to: Address
  readonly asset: Address
}
export type QueueEntry = DepositEntry | EnteredEntry | ForcedEntry

/** The lanes, in the order in which a block consumes them and the contract numbers them. */
export const LANES = ['deposits', 'assets', 'forced'] as const
export type Lane = (typeof LANES)[number]

/** How many entries of a lane were consumed so far, and their running hash. */
type LanePoint = { readonly count: bigint; readonly hash: Hash }
/** Where a block leaves the lanes. */
export type LanePoints = { readonly [Each in Lane]: LanePoint }

/** How many entries each lane ever got. */
export type LaneLengths = { readonly [Each in Lane]: bigint }

/** Of a queue in which nothing was ever. */
export const NO_LENGTHS: LaneLengths = { assets: 0n, deposits: 0n, forced: 0n }

/** Where an entry is: `index` is its number in its lane, from 0. */
export type QueuePlace = { readonly lane: Lane; readonly index: bigint }

const LANE_OF: { readonly [Kind in QueueEntry['kind']]: Lane } = {
  deposit: 'deposits',
  entered: 'assets',
  forced: 'forced',
}

/** The lane in which entries of a kind wait. */
export function laneOf(kind: QueueEntry['kind']): Lane {
  return LANE_OF[kind]
}

/** The same of each lane. */
export function ofLanes<T>(make: (lane: Lane) => T): { [Each in Lane]: T } {
  return { assets: make('assets'), deposits: make('deposits'), forced: make('forced') }
}

/** How many entries of each lane were consumed. */
export function countsOf(points: LanePoints): LaneLengths {
  return ofLanes((lane) => points[lane].count)
}

/** Before the first entry. */
export const EMPTY_LANES: LanePoints = ofLanes(() => ({ count: 0n, hash: ZERO_HASH }))

export function entryHash(entry: QueueEntry): Hash {
  switch (entry.kind) {
    case 'deposit':
      return toHash(keccak(concat(Uint8Array.of(1), encodeUint(entry.gross, 16), toBytes(entry.to))))
    case 'entered': {
      const { fee, amount, to, asset } = entry
      const rest = [encodeUint(fee, 8), encodeUint(amount, 16), toBytes(to), toBytes(asset)]
      return toHash(keccak(concat(Uint8Array.of(5), ...rest)))
    }
    case 'forced':
      return forcedHash(entry.fee, keccak(entry.packed))
  }
}

/** The entry hash of a forced transaction when only its Keccak-256 is known. */
export function forcedHash(fee: Gwei, packedHash: Uint8Array): Hash {
  return toHash(keccak(concat(Uint8Array.of(2), encodeUint(fee, 8), packedHash)))
}

/** Running hash after one more entry: 27 bytes of Keccak-256, then 5 zero bytes. */
export function nextQueueHash(queueHash: Hash, entry: Hash): Hash {
  return toHash(keccak(concat(toBytes(queueHash), toBytes(entry))).fill(0, 27))
}

/** The transaction into which entry `index` of its lane turns. */
export function depositTransaction(
  rules: Rules,
  index: bigint,
  entry: DepositEntry | EnteredEntry,
): DepositTransaction {
  const isEntered = entry.kind === 'entered'
  return {
    kind: 'deposit',
    deposit: { ...(isEntered ? { asset: entry.asset } : {}), bridge: rules.bridge, chain: rules.chain, index },
    to: entry.to,
    tokens: isEntered ? entry.amount : netOf(entry.gross),
  }
}

/** The entry that step `index` of a block consumes: its first steps do, lane by lane. Undefined behind them. */
export function placeOfStep(before: LanePoints, after: LanePoints, index: number): QueuePlace | undefined {
  let left = BigInt(index)
  for (const lane of LANES) {
    const consumed = after[lane].count - before[lane].count
    if (left < consumed) return { lane, index: before[lane].count + left }
    left -= consumed
  }
  return undefined
}
