// What the simulation assumes of people, prices and Ethereum. None of it is a rule: rules come from the protocol and the contract.

import { UNIT } from '../../../../node/protocol/rules.ts'

export const ETHER = 10n ** 18n
export const HOUR = 3_600
export const DAY = 24 * HOUR
/** Seconds between blocks of Ethereum: all times of the contract are multiples of it. */
export const SLOT_SECONDS = 12

export const ASSUMED = {
  /** Base fee of Ethereum: its logarithm returns to that of the median, in an Ornstein-Uhlenbeck process with hourly steps. */
  baseFee: { medianGwei: 10, spread: 0.5, returnHours: 24, tipGwei: 1 },
  /** Wei for one TTX. */
  weiPerTtx: 10n ** 15n,
  /** Requests of users: how many an hour, and their amounts in TTX (log-normal). */
  requests: { perHour: 6, medianTtx: 200, spread: 1 },
  /** The same as forced transactions, by those who do not trust the miners. */
  forced: { perHour: 0.25, medianTtx: 200, spread: 1 },
  /** wTTX that goes back, as far as users have any. */
  deposits: { perHour: 1, medianTtx: 200, spread: 1 },
  /** The same of other assets. */
  assets: { perHour: 1, medianTtx: 200, spread: 1 },
  /** Other payments of users, which come evenly and pay nobody: how many an hour, and entries that the state has more by each. */
  payments: { perHour: 120, growth: 0.6 },
  /** Bytes of a usual step: two inputs, no memo. */
  paymentBytes: 148,
  /** Packed bytes of a forced transaction, and of the smallest that has the shape of one. */
  forcedBytes: { usual: 200, least: 127 },
  /** From sending to the block of Ethereum, seconds (log-normal): mostly the next block or two, sometimes minutes. */
  inclusion: { medianSeconds: 18, spread: 0.9 },
  /** Honest miners, by their parts of what hash rate the attacker does not have. */
  honestParts: [0.4, 0.3, 0.2, 0.1],
  /** All hash rate together, hashes a second: 2^50 hashes an hour. */
  hashRate: 2 ** 50 / HOUR,
  /** Honest watchers. Each is away with this chance when it is needed, and then comes back after this many hours on average. */
  watchers: { count: 3, away: 0.1, backHours: 6, reactionMedianSeconds: 60, reactionSpread: 1 },
  /** Where nothing is worth a block, miners look again after this long. */
  idleSeconds: 300,
  /** What a watcher computes for a block of 3,500 steps in six blobs: commitments, signatures, states (docs/measurements.md); one core. */
  judgeSeconds: 6,
  marginPercent: 10n,
  longestWaitSeconds: HOUR,
  unpaidSteps: 50,
} as const

/** Base units for whole or broken TTX. */
export function ttx(amount: number): bigint {
  return BigInt(Math.round(amount * 1e6)) * (UNIT / 1_000_000n)
}
