// Burning wTTX on Ethereum, to be credited on the TTX side.

import { OperationError } from '../../errors.ts'
import { depositCall } from '../../ethereum/calls.ts'
import type { TransactionSender } from '../../ethereum/sending/sender.ts'
import { netOf } from '../../protocol/fee.ts'
import type { Address, Hash, Infohash } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import { encodeTransaction } from '../../protocol/transaction.ts'
import { later, toSeconds } from '../../protocol/units.ts'
import { formatAmount } from '../amount.ts'
import { carryOutOnce, type Done } from './carry-out.ts'
import { checkOwned } from './owned.ts'

/** The allowance that goes along is good for this many seconds: longer than a transaction is stayed with. */
const PERMIT_SECONDS = toSeconds(3_600n)

export type Deposited = Done & {
  /** Of the transaction that every node builds from the queue entry. */
  readonly infohash: Infohash
  readonly index: bigint
  /** Base units. */
  readonly credit: bigint
  readonly transaction: Hash
}

/**
 * Burns `amount` (base units) of the sender's account in one transaction. An earlier deposit of the same amount for the same address that is
 * under way, or was done and not acknowledged, goes on instead, and nothing more is burned. Throws
 * `below-minimum`, `bad-address`, `insufficient-wttx`, and what `carryOut` throws.
 */
export async function deposit(
  sender: TransactionSender,
  amount: bigint,
  to: Address,
  signal?: AbortSignal,
): Promise<Deposited> {
  const { ethereum } = sender
  const { chain, bridge } = ethereum.network
  const { receipt, isEarlier, acknowledge } = await carryOutOnce(
    sender,
    `deposit ${amount} for ${to}`,
    () => draft(sender, amount, to),
    signal,
  )
  const { hash, queued: [entry] = [] } = receipt
  if (entry === undefined) throw new Error(`no entry of the queue in ${hash}`)
  const { index } = entry
  const credit = netOf(amount)
  const tx = { kind: 'deposit', deposit: { bridge, chain, index }, to, tokens: credit } as const
  return { infohash: infohashOf(encodeTransaction(tx)), index, credit, transaction: hash, isEarlier, acknowledge }
}

async function draft({ ethereum }: TransactionSender, amount: bigint, to: Address) {
  const { account, bridge } = ethereum
  const least = await ethereum.minDeposit()
  if (amount < least) {
    throw new OperationError(
      'below-minimum',
      `expected a deposit of at least ${formatAmount(least)} wTTX, got ${formatAmount(amount)}; burn more: less is not worth the room in a block`,
      { facts: { amount: `${amount}`, least: `${least}` } },
    )
  }
  await checkOwned(ethereum, to, [bridge])
  const balance = await ethereum.tokenBalance(account)
  if (balance < amount) {
    throw new OperationError(
      'insufficient-wttx',
      `expected ${formatAmount(amount)} wTTX at ${account}, got ${formatAmount(balance)}; deposit less, or bridge TTX to it first`,
      { facts: { account, balance: `${balance}`, amount: `${amount}` } },
    )
  }
  const facts = await ethereum.permitFacts(account)
  return depositCall(amount, to, await ethereum.signPermit(amount, later(facts.time, PERMIT_SECONDS), facts))
}
