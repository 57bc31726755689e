// Entering units of an asset: whoever calls the bridge is the asset.

import { enterCall } from '../../ethereum/calls.ts'
import type { TransactionSender } from '../../ethereum/sending/sender.ts'
import type { Address } from '../../protocol/ids.ts'
import { carryOut } from './carry-out.ts'

/** Credits `amount` units of the asset (2, the sender's account) to `to`, pays for it, and waits for the receipt. Throws what `carryOut` throws. */
export async function enter(sender: TransactionSender, amount: bigint, to: Address, signal?: AbortSignal) {
  const { hash: transaction, queued: entries = [] } = await carryOut(sender, enterCall(amount, to), signal)
  return { transaction, entries }
}
