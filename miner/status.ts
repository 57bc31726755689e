// What a miner says about itself: a snapshot for people and, through JSON, for programs.

import type { Address, Hash } from '../node/protocol/ids.ts'
import { workOf } from '../node/protocol/target.ts'
import { addWei, type BaseUnits, type Wei, weiOf } from '../node/protocol/units.ts'
import type { Publication } from './journal.ts'
import type { MoneyResult } from './money/result.ts'
import type { Prospect } from './planner.ts'
import type { Decision } from './profit.ts'
import { costOfExpense } from './rows.ts'
import type { Rows } from './rows-choice.ts'
import type { HashRates } from './work/hash-rate.ts'
import type { KernelName } from './work/kernels/names.ts'

/**
 * `starting`: nothing seen yet. `resting`: nothing is worth a block now. `searching`: for a nonce. `holding`: a block is found, but not worth its gas
 * now. `publishing`: a block is on its way to Ethereum. `blocked`: see `problem`.
 */
export type MinerState = 'starting' | 'resting' | 'searching' | 'holding' | 'publishing' | 'blocked' | 'stopped'

/** The block that is being searched for, or would be. */
export type WorkStatus = {
  readonly parent: Hash
  /** Of the block on top of `parent`. */
  readonly height: bigint
  readonly target: bigint
  readonly steps: number
  readonly requests: number
  readonly queueEntries: number
  /** Where its rows are to be posted, and in how many blobs. */
  readonly rows: Rows
  readonly blobs: number
  /** What these would cost now; part of `cost`. */
  readonly blobFee: Wei
  /** Why it is worth a block, or is not yet. */
  readonly code: Decision['code']
  /** Why nothing may be built on `parent` now. */
  readonly obstacle?: string
  /** It is for the sake of our own blocks above this one, the first of a race. */
  readonly defends?: Hash
  /** At the present hash rate, or the last one; absent before the first search. */
  readonly expectedSeconds?: number
  /** What finality would pay: wTTX, and for forced transactions. */
  readonly fee: BaseUnits
  readonly queueFees: Wei
  /** What both are worth at the configured price; absent without a price. */
  readonly worth?: Wei
  /** Publication and finalization at present prices. */
  readonly cost: Wei
}

export type MinerStatus = {
  readonly state: MinerState
  readonly account: Address
  readonly payout: Address
  /** In plain words: why it does what it does, and above all why it does not publish. */
  readonly reason: string
  /** What keeps it from working, and what to do. */
  readonly problem?: string
  /** Of the time in which it searched, on this machine. */
  readonly rates: HashRates
  readonly hashes: bigint
  readonly searchedMs: number
  readonly threads: number
  readonly kernel: KernelName
  readonly work?: WorkStatus
  /** Our own blocks by what became of them; `lost` were found but never published, or died. */
  readonly blocks: {
    readonly found: number
    readonly published: number
    readonly final: number
    readonly lost: number
  }
  /** Since this folder began, over restarts. */
  readonly money: MoneyResult
  /** What is in the bridge for our own blocks: bonds, and what `withdraw` would send. */
  readonly bonds: Wei
  readonly owed: Wei
  readonly balance?: Wei
}

export type RelayerStatus = {
  readonly account: Address
  readonly reason: string
  readonly problem?: string
  /** Requests paid by this relayer since it started, and base units of wTTX in them. */
  readonly claimed: number
  readonly paid: bigint
  /** Requests that wait to be paid now. */
  readonly waiting: number
}

/** Of a block with this target; `undefined` without a hash rate. */
export function expectedSeconds(target: bigint, hashesPerSecond: number): number | undefined {
  return hashesPerSecond > 0 ? Number(workOf(target)) / hashesPerSecond : undefined
}

/** What is known of our own blocks. */
export function summariseBlocks(entries: readonly Publication[]): Pick<MinerStatus, 'blocks' | 'bonds'> {
  const of = (...stages: readonly Publication['stage'][]) => entries.filter(({ stage }) => stages.includes(stage))
  return {
    blocks: {
      found: entries.length,
      published: of('published', 'final').length,
      final: of('final').length,
      lost: of('lost').length,
    },
    bonds: addWei(entries.map(({ bond }) => bond)),
  }
}

/** What is being searched for, or would be. */
export function summariseWork(
  { parent, plan, policy, obstacle, defends }: Prospect,
  decision: Decision,
  hashesPerSecond: number,
): WorkStatus {
  const { header, content } = plan
  const seconds = expectedSeconds(header.target, hashesPerSecond)
  return {
    parent,
    height: header.height,
    target: header.target,
    steps: header.stepCount,
    requests: content.requests,
    queueEntries: content.queueEntries,
    rows: content.rows,
    blobs: content.blobs,
    blobFee: costOfExpense({ gas: 0n, blobs: content.blobs }, policy),
    code: decision.code,
    ...(obstacle === undefined ? {} : { obstacle }),
    ...(defends === undefined ? {} : { defends: defends.first }),
    ...(seconds === undefined ? {} : { expectedSeconds: seconds }),
    fee: content.fee,
    queueFees: weiOf(content.queueFees),
    ...(decision.worth === undefined ? {} : { worth: decision.worth }),
    cost: decision.cost,
  }
}
