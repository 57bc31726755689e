// One process to an account: two would share an outbox, and take each other's pending transactions for leftovers.

import { isOperationError, OperationError } from '../../node/errors.ts'
import type { Address } from '../../node/protocol/ids.ts'
import { type Lock, takeLock } from '../lock.ts'

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
