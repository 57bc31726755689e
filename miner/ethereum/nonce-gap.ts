// A transaction that was signed for a nonce too high waits behind others that are not there: these are made, and do nothing.

import { OperationError } from '../../node/errors.ts'
import type { Logger } from '../../node/log.ts'
import type { Ethereum } from '../ethereum.ts'
import type { Attempt } from './attempt.ts'
import type { Fees } from './fees.ts'
import { isKnownAlready, isNonceTaken } from './refusals.ts'

/** Transactions that are put before it, at most: each costs 21,000 gas. */
const MOST_GAP = 16

/**
 * Whether there was such a gap, which an endpoint makes that states a nonce too high. The call itself is never signed for a second nonce, since
 * both could count. Throws `OperationError('nonce-gap')` (retry) where the gap is too wide, and trouble with the endpoint.
 */
export async function fillGap(
  ethereum: Ethereum,
  log: Logger,
  { nonce: signed }: Attempt,
  feesNow: () => Promise<Fees>,
): Promise<boolean> {
  const next = await ethereum.nonce('pending')
  if (next >= signed) return false
  if (signed - next > MOST_GAP) {
    throw new OperationError(
      'nonce-gap',
      `expected a transaction for ${next}, the next nonce of ${ethereum.account}, but it was signed for ${signed}; send what is missing by other means, or wait for it`,
      { facts: { account: ethereum.account, nonce: signed, next }, retry: true },
    )
  }
  const fees = await feesNow()
  for (let nonce = next; nonce < signed; nonce++) {
    const { raw, hash } = await ethereum.sign(undefined, nonce, fees, 0n)
    log.warn({ nonce, hash, signed }, 'filling a gap before a transaction')
    try {
      await ethereum.broadcast(raw)
    } catch (error) {
      if (!(error instanceof OperationError) || !(isKnownAlready(error) || isNonceTaken(error))) throw error
    }
  }
  return true
}
