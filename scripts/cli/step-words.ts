// Steps of a block in words. What strangers chose is shown as printable characters or as hex, and never reaches a terminal raw.

import type { Side, StepReading } from '../../miner/watch/comparison.ts'
import type { TransactionReading } from '../../miner/watch/transaction-reading.ts'
import { formatAmount, nameAmount } from '../../node/client/amount.ts'
import { formatHex } from '../../node/protocol/bytes.ts'
import type { Amount } from '../../node/protocol/offer.ts'

const SHOWN_BYTES = 24

/** One line: who pays what to whom. */
export function describeStep(step: StepReading): string {
  switch (step.kind) {
    case 'transaction':
      return describeTransaction(step.transaction)
    case 'applied':
      return `queue entry ${step.index}, forced for a fee of ${step.fee} gwei and applied: ${describeTransaction(step.transaction)}`
    case 'void':
      return `queue entry ${step.index}, forced for a fee of ${step.fee} gwei and called void (without effect): the transaction with the hash ${step.packedHash}`
    case 'deposit':
      return `queue entry ${step.index}, a deposit: ${formatAmount(step.gross)} wTTX were burned for ${formatAmount(step.credit)} TTX to ${step.to}`
    case 'entered':
      return `queue entry ${step.index} of the lane of assets: the contract ${step.asset} entered ${step.amount} base units of its own asset for ${step.to}, with a fee of ${step.fee} gwei`
    case 'shapeless':
      return `${step.bytes.length} bytes that are not a step: ${prefixOf(step.bytes)}`
  }
}

/** The same for programs. */
export function stepData(step: StepReading): object {
  if (step.kind === 'shapeless') return { kind: step.kind, bytes: step.bytes.length, prefix: prefixOf(step.bytes) }
  if (step.kind !== 'transaction' && step.kind !== 'applied') return step
  const { badMemo, ...transaction } = step.transaction
  return {
    ...step,
    transaction: { ...transaction, ...(badMemo ? { badMemo: `0x${formatHex(badMemo)}` } : {}) },
  }
}

/** What the other block, called `name`, does about the transaction of a step; `undefined` if there is nothing to say. */
export function describeFate({ fate }: Side, name: string): string | undefined {
  if (fate === undefined) return undefined
  if (fate.kind === 'later') return `${name} has it as step ${fate.step}`
  if (fate.kind === 'rival') return `${name} spends the same money otherwise, in step ${fate.step} (${fate.infohash})`
  return `${name} has neither it nor another spending of the same money`
}

function describeTransaction(transaction: TransactionReading): string {
  const { from, memo, badMemo, problem } = transaction
  const note =
    memo !== undefined
      ? ` ("${memo}")`
      : badMemo !== undefined
        ? ` (a memo that is not text: ${prefixOf(badMemo)})`
        : ''
  const doubt = problem === undefined ? '' : `; this transaction is invalid in itself: ${problem}`
  return `${from ?? 'somebody'} ${describeAct(transaction)}${note}${doubt}`
}

function describeAct(transaction: TransactionReading): string {
  if (transaction.kind === 'take') {
    const { maker = 'somebody', give, want } = transaction
    return `takes an offer of ${maker}: ${nameOf(give)} for ${nameOf(want)}`
  }
  const { kind, to, tokens, asset } = transaction
  if (kind === 'issuance') return `pays ${tokens} units of a new asset to ${to}`
  const amount = nameAmount(tokens, asset)
  return kind === 'request' ? `asks to move ${amount} to ${to} on Ethereum` : `pays ${amount} to ${to}`
}

/** Of an asset of no kind only that. */
function nameOf(amount: Amount | undefined): string {
  return amount === undefined ? 'an asset of no kind' : nameAmount(amount.tokens, amount.asset)
}

function prefixOf(bytes: Uint8Array): string {
  return `0x${formatHex(bytes.subarray(0, SHOWN_BYTES))}${bytes.length > SHOWN_BYTES ? '…' : ''}`
}
