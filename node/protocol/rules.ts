// The constants of the protocol and the parameters of one network.

import type { Address } from './ids.ts'
import { toSeconds } from './units.ts'

/** What the step function needs to know of a network, docs/protocol.md section 1. */
export type Rules = {
  /** EIP-155 id of the Ethereum chain of the bridge; above 0, below 2^64. */
  readonly chain: bigint
  readonly bridge: Address
  /** wTTX. */
  readonly token: Address
  /** Least amount of a bridge request, base units. */
  readonly minRequest: bigint
}

/** Base units in one TTX. */
export const UNIT = 10n ** 18n
/** What genesis creates, base units. */
export const SUPPLY = 1_000_000_000n * UNIT
/** The most that one entry of a state can hold, base units. */
export const MAX_TOKENS = 2n ** 128n - 1n
/** Bytes of a `tx.json`. */
export const MAX_FILE_BYTES = 1_536
export const MAX_INPUTS = 8
/** Characters. */
export const MAX_MEMO = 140
/** Steps in a block. */
export const STEP_LIMIT = 500
/** Bytes of packed steps and states (32 each) in a block. */
export const BYTE_LIMIT = 122_880
/** Entries of each lane of the queue that one block must be ready to consume. */
export const LANE_SHARE = 128
/** For how long a queue entry may be passed over. */
export const QUEUE_GRACE = toSeconds(3_600n)

/** As all that follows, section 7.5: siblings are accepted until the first live child is this old. */
export const SIBLING_SECONDS = toSeconds(12n * 3_600n)
/** Blocks take part in a race if they were published at most this long after the first live child. */
export const BRANCH_SECONDS = toSeconds(22n * 3_600n)
/** An only child can be final this long after its publication. */
export const ALONE_SECONDS = toSeconds(24n * 3_600n)
/** A race is decided this long after its first live child. */
export const RACE_SECONDS = toSeconds(48n * 3_600n)
/** A nomination has to stand for this long. */
export const NOMINATION_SECONDS = toSeconds(3_600n)
/** Bonds are held for this long. */
export const BOND_SECONDS = toSeconds(48n * 3_600n)
/** Blocks between a parent and what may be nominated for it. */
export const MAX_DEPTH = 128

/** Why a step is invalid. The numbers are those of the contract's `Reason`. */
export const REASONS = [
  'None',
  'Malformed',
  'ZeroTokens',
  'BadMemo',
  'BadPrev',
  'BadPayee',
  'BelowMinimum',
  'BadSignature',
  'MissingInput',
  'Overspend',
  'OutputExists',
  'Overflow',
  'BadAsset',
  'BadOffer',
] as const
export type Reason = (typeof REASONS)[number]
