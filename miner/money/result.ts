// What mining came to: fees that were earned, gas that was paid, and bonds that were lost, of all blocks in the journal.

import { decodeSealed } from '../../node/protocol/header.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { addGwei, addWei, type BaseUnits, toBaseUnits, type Wei, weiOf } from '../../node/protocol/units.ts'
import type { Publication } from '../journal.ts'

/** Fees in the asset of the journal only: what gateways owe for requests of tokens is not in it. */
export type MoneyResult = {
  /** wTTX of our own final blocks, and of those that are published and not final. */
  readonly earned: BaseUnits
  readonly pending: BaseUnits
  /** The same of what forced transactions and entries pay in ether. */
  readonly queueFees: Wei
  readonly pendingQueueFees: Wei
  /** Paid for transactions, blobs too. */
  readonly gas: Wei
  /** Kept by the contract. */
  readonly bondsLost: Wei
  /** `queueFees - gas - bondsLost` in wei: mostly below zero, since fees are mostly wTTX. */
  readonly ether: bigint
  /** That and what is earned at the configured price, in wei; absent without a price. */
  readonly profit?: bigint
}

/** `weiPerTtx` zero: no price is known. */
export function resultOf(entries: readonly Publication[], gas: Wei, weiPerTtx: bigint): MoneyResult {
  const final = entries.filter(({ stage, isUnpaid }) => stage === 'final' && isUnpaid !== true)
  const published = entries.filter(({ stage }) => stage === 'published')
  const earned = feesOf(final)
  const queueFees = queueFeesOf(final)
  const bondsLost = addWei(entries.flatMap(({ bondLost }) => bondLost ?? []))
  const ether = queueFees - gas - bondsLost
  return {
    ...{ earned, pending: feesOf(published), queueFees, pendingQueueFees: queueFeesOf(published) },
    ...{ gas, bondsLost, ether },
    ...(weiPerTtx === 0n ? {} : { profit: ether + (earned * weiPerTtx) / UNIT }),
  }
}

/** What came in between: all of `after` that `before` had not. */
export function resultSince(
  before: MoneyResult,
  after: MoneyResult,
): Pick<MoneyResult, 'ether' | 'profit'> & { readonly earned: bigint } {
  return {
    earned: after.earned - before.earned,
    ether: after.ether - before.ether,
    ...(after.profit === undefined || before.profit === undefined ? {} : { profit: after.profit - before.profit }),
  }
}

function feesOf(entries: readonly Publication[]): BaseUnits {
  return toBaseUnits(entries.reduce((sum, { fee }) => sum + fee, 0n))
}

function queueFeesOf(entries: readonly Publication[]): Wei {
  return weiOf(addGwei(entries.map(({ sealed }) => decodeSealed(sealed).header.queueFees)))
}
