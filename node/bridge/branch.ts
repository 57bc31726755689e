// The branch that the contract would finalize, as transactions in order: what the ledger orders by.

import type { Header } from '../protocol/header.ts'
import type { Hash, Infohash } from '../protocol/ids.ts'
import { infohashOf } from '../protocol/infohash.ts'
import { depositTransaction } from '../protocol/queue.ts'
import type { Rules } from '../protocol/rules.ts'
import { decodeStep, splitSteps } from '../protocol/step.ts'
import { encodeTransaction } from '../protocol/transaction.ts'
import { verifyPacked } from '../protocol/verify.ts'

/** A transaction, a request or a deposit that a block contains; void steps are left out. */
export type BranchTransaction = {
  /** Number of the step in its block. */
  readonly step: number
  readonly kind: 'deposit' | 'applied' | 'transaction'
  readonly infohash: Infohash
  /** `tx.json`. */
  readonly file: Uint8Array
}

export type BranchBlock = {
  readonly id: Hash
  readonly header: Header
  /** Unix seconds. */
  readonly publishedAt: bigint
  /** Whether the contract says that it is final, however few blocks of Ethereum ago. */
  readonly final: boolean
  readonly transactions: readonly BranchTransaction[]
}

/** `final` is final for good: so deep in Ethereum that no reorganisation is expected to undo it. `blocks` stand on it, lowest first. */
export type Branch = { readonly final: BranchBlock; readonly blocks: readonly BranchBlock[] }

/** The transactions of a block that was judged valid; `firstIndex` is the queue count of its parent. */
export function branchTransactions(rules: Rules, steps: Uint8Array, firstIndex: bigint): BranchTransaction[] {
  return splitSteps(steps).flatMap((bytes, step): BranchTransaction[] => {
    const decoded = decodeStep(bytes)
    if (decoded === undefined || decoded.kind === 'void') return []
    if (decoded.kind === 'deposit') {
      const file = encodeTransaction(depositTransaction(rules, firstIndex + BigInt(step), decoded.entry))
      return [{ step, kind: 'deposit', infohash: infohashOf(file), file }]
    }
    const verified = verifyPacked(rules, decoded.packed)
    if (typeof verified === 'string') return []
    return [{ step, kind: decoded.kind, infohash: verified.infohash, file: verified.file }]
  })
}
