// A transaction waits behind others that nothing sees to: none at all, or what an earlier process left. These are made, and do nothing.

import { OperationError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Address } from '../../protocol/ids.ts'
import { toWei } from '../../protocol/units.ts'
import type { EthereumAccount } from '../account.ts'
import { isKnownAlready, isNonceTaken } from '../refusals.ts'
import type { Attempt } from './attempt.ts'
import type { Fees } from './fees.ts'

/** Transactions that are put before it, at most: each costs 21,000 gas. */
const MOST_GAP = 16

/**
 * Fills such a gap, which an endpoint makes that states a nonce too high, or a transaction that was too cheap. `held` are nonces of calls that are
 * under way: those are sent again on their own, and are not a gap. The call itself is never signed for a second nonce, since both could count.
 * Throws `OperationError('nonce-gap')` (retry) where the gap is too wide, and trouble with the endpoint.
 */
export async function fillGap(
  ethereum: EthereumAccount,
  log: Logger,
  { nonce: signed }: Attempt,
  { held, feesNow }: { readonly held: ReadonlySet<number>; readonly feesNow: () => Promise<Fees> },
): Promise<void> {
  const next = await ethereum.nonce('latest')
  if (next >= signed) return
  checkGap(ethereum.account, next, signed, held)
  const missing = Array.from({ length: signed - next }, (_, i) => next + i).filter((nonce) => !held.has(nonce))
  if (missing.length === 0) return
  const fees = await feesNow()
  for (const nonce of missing) {
    const { raw, hash } = await ethereum.sign(undefined, nonce, fees, toWei(0n))
    log.warn({ nonce, hash, signed }, 'filling a gap before a transaction')
    try {
      await ethereum.broadcast(raw)
    } catch (error) {
      if (!(error instanceof OperationError) || !(isKnownAlready(error) || isNonceTaken(error))) throw error
    }
  }
}

/** Throws `OperationError('nonce-gap')` (retry) where more is missing from nonce `next` up to `nonce` than would be filled in. */
export function checkGap(account: Address, next: number, nonce: number, held: ReadonlySet<number>): void {
  if (nonce - next <= MOST_GAP + held.size) return
  throw new OperationError(
    'nonce-gap',
    `expected a transaction for ${next}, the next nonce of ${account}, but the endpoint's next one is ${nonce}; send what is missing by other means, wait for it, or ask another endpoint`,
    { facts: { account, nonce, next }, retry: true },
  )
}
