// The running parts of a node, as the RPC's methods use them.

import type { FinalTime } from '../../bridge/final-time.ts'
import type { BridgeFollower } from '../../bridge/follower.ts'
import type { PastStatus } from '../../bridge/retrace/retrace.ts'
import type { BlockVerdict, BridgeBlock } from '../../bridge/view.ts'
import type { NetworkDefinition } from '../../deployment.ts'
import { OperationError } from '../../errors.ts'
import type { LedgerFeed } from '../../ledger/feed/feed.ts'
import type { TransactionLedger } from '../../ledger/types.ts'
import type { Network } from '../../network/network.ts'
import type { NodeStore } from '../../network-store.ts'
import type { OwnPayments } from '../../own-payments.ts'
import type { Hash } from '../../protocol/ids.ts'
import { describeProblem, PROBLEM_WORDS, type Problem } from '../../protocol/problems.ts'
import { type Time, toTime } from '../../protocol/units.ts'
import type { Result } from '../api.ts'

export type NodeParts = {
  readonly version: string
  readonly definition: NetworkDefinition
  readonly ledger: TransactionLedger
  /** Undefined if none is kept. */
  readonly feed?: LedgerFeed | undefined
  readonly network: Network
  readonly store: NodeStore
  readonly trackers: readonly string[]
  /** Remembers that the user's coins hang on a transaction. */
  readonly own: Pick<OwnPayments, 'add'>
  /** Absent in a node without Ethereum. */
  readonly follower: BridgeFollower | undefined
  /** How far the replay of the past is, in a node that began at a final block. */
  readonly past?: () => PastStatus | undefined
  /** Resolves when the ledger orders by what the follower knows. */
  readonly settle: () => Promise<void>
}

/** This many blocks are named of each kind that is beside one: with all of them, one answer could be as large as the square of a crowd. */
const MOST_NAMED = 16

/** Throws `OperationError('no-ethereum')` in a node without Ethereum. */
export function followerOf<F>({ follower }: { readonly follower: F | undefined }): F {
  if (follower !== undefined) return follower
  throw new OperationError(
    'no-ethereum',
    'expected a node that follows Ethereum, got one that does not; start it with --ethereum URL',
  )
}

/** Throws `OperationError('unknown-block')`. */
export function knownBlock(follower: Pick<BridgeFollower, 'block'>, id: Hash): BridgeBlock {
  const block = follower.block(id)
  if (block !== undefined) return block
  throw new OperationError(
    'unknown-block',
    `expected a block that this node has seen on Ethereum, got ${id}; bridge_blocks ("ttx block list") names those above the final one`,
    { facts: { block: id } },
  )
}

/** Ethereum's clock: that of the newest block that was seen. */
export function ethereumTime(follower: Pick<BridgeFollower, 'status'>): Time {
  return follower.status.at?.time ?? toTime(0n)
}

function wrongAnswer(step: number, code: Problem) {
  const wrong = { step, code, loss: PROBLEM_WORDS[code].loss }
  return { verdict: 'invalid', problem: describeProblem(step, code), wrong } as const
}

/** When a block can be final, as the RPC says it. */
export function finalTimeAnswer(time: FinalTime): NonNullable<Result<'bridge_block'>['finalTime']> {
  const { earliest, latest, reason, decisive, first, rivalUntil } = time
  const [rivals, wrong, unjudged] = [time.rivals, time.wrong, time.unjudged].map((ids) => ids.slice(0, MOST_NAMED))
  const named = [rivals, wrong, unjudged].reduce((sum, ids) => sum + (ids?.length ?? 0), 0)
  return {
    earliest: Number(earliest),
    latest: Number(latest),
    ...{ reason, decisive, first: Number(first), rivals: rivals ?? [], wrong: wrong ?? [], unjudged: unjudged ?? [] },
    unnamed: time.rivals.length + time.wrong.length + time.unjudged.length - named,
    ...(rivalUntil === undefined ? {} : { rivalUntil: Number(rivalUntil) }),
  }
}

/** A verdict as the RPC says it: what builds on a wrong block is wrong. */
export function verdictAnswer(verdict: BlockVerdict): Pick<Result<'bridge_block'>, 'verdict' | 'problem' | 'wrong'> {
  switch (verdict.verdict) {
    case 'valid':
      return { verdict: 'valid' }
    case 'invalid':
      return wrongAnswer(verdict.step, verdict.problem)
    case 'doomed':
      return { verdict: 'invalid', problem: `builds on the invalid block ${verdict.by}` }
    case 'displaced':
      return {
        verdict: 'displaced',
        problem: 'another block is final in its place, so this one was not looked at and can never be final',
      }
    case 'unknown':
      return { verdict: 'unknown', problem: verdict.why }
  }
}
