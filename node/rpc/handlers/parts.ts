// The running parts of a node, as the RPC's methods use them.

import { finalTimeOf } from '../../bridge/final-time.ts'
import type { BridgeFollower } from '../../bridge/follower.ts'
import type { BlockVerdict } from '../../bridge/view.ts'
import type { NetworkDefinition } from '../../deployment.ts'
import { OperationError } from '../../errors.ts'
import type { TransactionLedger } from '../../ledger/types.ts'
import type { Network } from '../../network/network.ts'
import type { NodeStore } from '../../network-store.ts'
import type { Hash } from '../../protocol/ids.ts'
import type { Result } from '../api.ts'

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
  throw new OperationError(
    'no-ethereum',
    'expected a node that follows Ethereum, got one that does not; start it with --ethereum URL',
  )
}

/** Unix seconds on Ethereum's clock: that of the newest block that was seen. */
export function ethereumTime(follower: BridgeFollower): bigint {
  return follower.status.at?.time ?? 0n
}

/** When a block can be final, as the RPC says it; nothing for one that leads nowhere, or is final. */
export function finalTimeAnswer(follower: BridgeFollower, id: Hash): Result<'bridge_block'>['finalTime'] {
  const time = finalTimeOf(follower.view, id, ethereumTime(follower))
  if (time === undefined) return undefined
  const { earliest, latest, reason, decisive, first, rivalUntil, rivals, wrong } = time
  return {
    earliest: Number(earliest),
    latest: Number(latest),
    ...{ reason, decisive, first: Number(first), rivals: [...rivals], wrong: [...wrong] },
    ...(rivalUntil === undefined ? {} : { rivalUntil: Number(rivalUntil) }),
  }
}

/** What is wrong with a block, or why nobody knows, in a few words; nothing for a valid one. */
export function problemOf(verdict: BlockVerdict): string | undefined {
  switch (verdict.verdict) {
    case 'valid':
      return undefined
    case 'invalid':
      return `step ${verdict.step}: ${verdict.problem}`
    case 'doomed':
      return `stands on the invalid block ${verdict.by}`
    case 'displaced':
      return 'stands where another block is final: it was not looked at, and can never be final'
    case 'unknown':
      return verdict.why
  }
}
