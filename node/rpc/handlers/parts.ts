// The running parts of a node, as the RPC's methods use them.

import type { BridgeFollower } from '../../bridge/follower.ts'
import type { NetworkDefinition } from '../../deployment.ts'
import { OperationError } from '../../errors.ts'
import type { TransactionLedger } from '../../ledger/types.ts'
import type { Network } from '../../network/network.ts'
import type { NodeStore } from '../../network-store.ts'

export type NodeParts = {
  readonly version: string
  readonly definition: NetworkDefinition
  readonly ledger: TransactionLedger
  readonly network: Network
  readonly store: NodeStore
  readonly trackers: readonly string[]
  /** Absent in a node without Ethereum. */
  readonly follower: BridgeFollower | undefined
  /** Resolves when the ledger orders by what the follower knows. */
  readonly settle: () => Promise<void>
}

/** Throws `OperationError('no-ethereum')` in a node without Ethereum. */
export function followerOf({ follower }: NodeParts): BridgeFollower {
  if (follower !== undefined) return follower
  throw new OperationError('no-ethereum', 'this node does not follow Ethereum: start it with --ethereum URL')
}

/** Unix seconds on Ethereum's clock: that of the newest block that was seen. */
export function ethereumTime(follower: BridgeFollower): bigint {
  return follower.status.at?.time ?? 0n
}
