// What a user wants done on Ethereum: sent once, stayed with, and in the end either done, or reported as possibly under way.

import { OperationError } from '../../errors.ts'
import type { BridgeCall } from '../../ethereum/calls.ts'
import type { Receipt } from '../../ethereum/reader.ts'
import type { Outcome } from '../../ethereum/sending/pending-call.ts'
import type { TransactionSender } from '../../ethereum/sending/sender.ts'
import type { Facts } from '../../protocol/rule-error.ts'

/** What an act did on Ethereum. */
export type Done = {
  /** Another command had sent it before, and ended before it could say that it was done. */
  readonly isEarlier: boolean
  /** To be called once the result was reported: only then is the same act a second one. Never throws. */
  readonly acknowledge: () => Promise<void>
}

/** A transaction is waited for this long, milliseconds. */
const PATIENCE_MS = 180_000

/**
 * The call that `draft` makes, unless an earlier one with the same intent is under way, or was done and not acknowledged: then that one. Throws what
 * `draft` throws, and what `carryOut` throws.
 */
export async function carryOutOnce(
  sender: TransactionSender,
  intent: string,
  draft: () => BridgeCall | Promise<BridgeCall>,
  signal?: AbortSignal,
): Promise<Done & { readonly call: BridgeCall; readonly receipt: Receipt }> {
  const earlier = sender.open(intent)
  const call = earlier ?? { ...(await draft()), intent }
  const receipt = await carryOut(sender, call, signal)
  return { call, receipt, isEarlier: earlier !== undefined, acknowledge: () => sender.acknowledge(call) }
}

/**
 * Done when the receipt is there. Throws, with nothing sent: the refusals of the bridge (`refusals.ts`), `unfunded-account`, `fee-cap`, trouble
 * with the endpoint; with something sent: `transaction-failed`, `transaction-lost`, `transaction-cancelled` (it had no effect), and
 * `transaction-under-way` (it may have one yet: the same call goes on with it). All but the refusals and `transaction-lost` are `retry`: only the
 * endpoint says that a transaction is lost.
 */
export async function carryOut(
  sender: TransactionSender,
  call: BridgeCall,
  signal?: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<Receipt> {
  const late = AbortSignal.timeout(patienceMs)
  const ends = signal === undefined ? late : AbortSignal.any([signal, late])
  let outcome: Outcome
  try {
    outcome = await sender.send(call, { signal: ends })
  } catch (error) {
    const sent = sender.signed(call)
    if (!ends.aborted || sent === undefined) throw error
    throw underWay(call.name, sent, sender.problem)
  }
  switch (outcome.status) {
    case 'done':
      return outcome.receipt
    case 'reverted':
      throw failed('transaction-failed', call.name, 'a revert: something else came first', outcome.receipt)
    case 'cancelled': {
      if (outcome.refusal !== undefined) throw outcome.refusal
      throw failed(
        'transaction-cancelled',
        call.name,
        'nothing: it was cancelled, since it would have failed',
        outcome.receipt,
      )
    }
    case 'lost':
      throw new OperationError(
        'transaction-lost',
        `expected ${call.name} to succeed on Ethereum, but the endpoint says that another transaction of ${sender.ethereum.account} took its place; make sure by "ttx balance", or by another endpoint, that it had no effect before you run it again`,
        { facts: { call: call.name, account: sender.ethereum.account } },
      )
  }
}

function failed(
  code: 'transaction-failed' | 'transaction-cancelled',
  call: string,
  got: string,
  { hash }: Receipt,
): OperationError {
  return new OperationError(
    code,
    `expected ${call} to succeed on Ethereum, got ${got} (transaction ${hash}); look at the status and try again`,
    { facts: { call, transaction: hash }, retry: true },
  )
}

function underWay(call: string, transaction: string, problem: OperationError | undefined): OperationError {
  const facts: Facts = { call, transaction, ...(problem ? { problem: problem.code } : {}) }
  const why = problem === undefined ? '' : ` (${problem.message})`
  return new OperationError(
    'transaction-under-way',
    `expected ${call} in a block of Ethereum, but nobody knows yet: it was sent as ${transaction} and may still get into one${why}; ` +
      'run the same command again: it goes on with this one, and does nothing twice',
    { facts, retry: true },
  )
}
