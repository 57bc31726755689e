// Tells the file of a deposit from one that people sign.

import { encodeText, equalBytes } from '../../protocol/bytes.ts'
import type { Rules } from '../../protocol/rules.ts'
import { decodeTransaction } from '../../protocol/transaction.ts'

const DEPOSIT_BEGINS = encodeText('{"deposit"')

/** A deposit of this bridge: whether Ethereum's queue holds it is not for a file to say. Throws as `decodeTransaction`, of what begins as a deposit does. */
export function isDepositOf({ bridge, chain }: Rules, file: Uint8Array): boolean {
  if (!equalBytes(file.subarray(0, DEPOSIT_BEGINS.length), DEPOSIT_BEGINS)) return false
  const tx = decodeTransaction(file)
  return tx.kind === 'deposit' && tx.deposit.bridge === bridge && tx.deposit.chain === chain
}
