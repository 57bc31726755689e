// One process to an account: two would share an outbox, and mistake each other's pending transactions for leftovers.

import { setTimeout as delay } from 'node:timers/promises'
import { isOperationError, OperationError } from '../../node/errors.ts'
import type { Address } from '../../node/protocol/ids.ts'
import { type Lock, takeLock } from '../lock.ts'

const RETRY_MS = 200
/** A payment waits this long for another one of its wallet: what both would spend is known once the first was handed in. */
const PAYING_MS = 30_000

/** `name` is that of the account's outbox in `folder`. Throws `OperationError('account-in-use')` where a living process has it. */
export async function lockAccount(folder: string, name: string, account: Address): Promise<Lock> {
  try {
    return await takeLock(folder, name)
  } catch (cause) {
    if (!isOperationError(cause, 'already-runs')) throw cause
    const { pid } = cause.facts
    throw new OperationError(
      'account-in-use',
      `expected to be the only process that sends from ${account}, got another one (process ${pid}); give each a wallet of its own with --wallet, or stop that one`,
      { facts: { account, pid }, cause },
    )
  }
}

/** The same once a process that has it has given it back within `waitMs` milliseconds. Throws an `AbortError` when `signal` ends the waiting. */
export async function lockAccountWithin(
  waitMs: number,
  folder: string,
  name: string,
  account: Address,
  signal: AbortSignal,
): Promise<Lock> {
  for (const startedMs = Date.now(); ; await delay(RETRY_MS, undefined, { signal })) {
    try {
      return await lockAccount(folder, name, account)
    } catch (error) {
      const isHeld = error instanceof OperationError && error.code === 'account-in-use'
      if (!isHeld || Date.now() - startedMs >= waitMs) throw error
    }
  }
}

/** For a payment on the TTX side, which an account that sends on Ethereum too does not keep from being made. */
export function lockPayments(folder: string, account: Address, signal: AbortSignal): Promise<Lock> {
  return lockAccountWithin(PAYING_MS, folder, `pay-${account}`, account, signal)
}
