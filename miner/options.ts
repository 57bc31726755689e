// What miner and relayer are given and told: their parts from outside, and the choices of the people who run them.

import type { NodeClient } from '../node/client/rpc.ts'
import type { KzgPool } from '../node/ethereum/blobs/kzg-pool.ts'
import type { TransactionSender } from '../node/ethereum/sending/sender.ts'
import type { Logger } from '../node/log.ts'
import type { Asset } from '../node/protocol/asset.ts'
import type { Address } from '../node/protocol/ids.ts'
import type { Rounds } from '../node/rounds.ts'
import type { Rows } from './rows-choice.ts'
import type { PowPool } from './work/pow-pool.ts'

/** Time and chance, passed in so that tests decide both. */
export type Surroundings = {
  readonly log: Logger
  /** Of its process. */
  readonly rounds?: Rounds
  /** Unix milliseconds. */
  readonly now: () => number
  /** At least 0, below 1; need not be secret. */
  readonly random: () => number
}

export type MinerDeps = Surroundings & {
  readonly node: NodeClient
  /** One per account, shared by all that sends from it. The owner of its `ethereum` closes that after the miner has stopped. */
  readonly sender: TransactionSender
  /** The miner starts and stops it. */
  readonly pool: PowPool
  /** For blocks in blobs. Its owner stops it after the miner has stopped. */
  readonly kzg: Pick<KzgPool, 'hashes' | 'sidecar'>
}

export type MinerOptions = {
  /** Where the journal of our own blocks is kept; one folder for each account and network. */
  readonly folder: string
  /** Who gets fees and bonds. Default: the account that pays for the transactions. */
  readonly payout?: Address
  /** What 10^18 base units of wTTX are worth, in wei. Without it blocks are published only after the longest wait. */
  readonly weiPerTtx?: bigint
  /** Fees have to exceed the gas by this much. Default 10. */
  readonly marginPercent?: number
  /** After this long, what waits is published whatever it costs. Default one hour; 0: at once. */
  readonly longestWaitMs?: number
  /** After this long, payments alone are ordered by a block of their own, which earns nothing. Default: never, they ride along with what pays. */
  readonly paymentsWaitMs?: number
  /** Transactions without a fee that a block carries where it makes no profit: 0 to 500. Default 50. */
  readonly unpaidSteps?: number
  /** Other assets whose requests are carried: what the people who run it can price. Default: any, since they cost next to nothing beside others. */
  readonly assets?: 'any' | readonly Asset[]
  /** Where the rows of blocks are posted; `auto`, which is the default: where a block is worth most, in calldata on a chain without blobs. */
  readonly rows?: 'auto' | Rows
  /** Between two looks at the node and at Ethereum. Default 2,000. */
  readonly pollMs?: number
  /** Others get a chance for up to this long before this miner pays for their nominations and finalizations. Default 60,000. */
  readonly courtesyMs?: number
  /** The node may say for this long that it is syncing before that is a problem. Default 60,000. */
  readonly graceMs?: number
}

export type RelayerDeps = Surroundings & {
  readonly node: NodeClient
  /** See `MinerDeps`. */
  readonly sender: TransactionSender
}

export type RelayerOptions = {
  /** Pays only requests to these. Default: all. */
  readonly recipients?: readonly Address[]
  /** Passes over requests that pay less, base units of wTTX. Default 0. */
  readonly leastNet?: bigint
  /** Claims in one transaction, at most. Default 50. */
  readonly batch?: number
  /** Default 5,000. */
  readonly pollMs?: number
  /** Others get a chance for up to this long before this relayer pays. Default 30,000. */
  readonly courtesyMs?: number
}
