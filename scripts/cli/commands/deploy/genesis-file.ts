// The genesis of a network: read from a file, or made for the owner of a wallet.

import { OperationError } from '../../../../node/errors.ts'
import { checkGenesis, createGenesis } from '../../../../node/protocol/genesis.ts'
import { decodeTransaction, type GenesisTransaction } from '../../../../node/protocol/transaction.ts'
import type { Wallet } from '../../../../node/wallet/wallet.ts'
import { readLimited } from '../../files.ts'

const MAX_BYTES = 4_096

/** Throws `OperationError`: 'file-missing', 'file-too-long', 'file-unreadable', 'bad-arguments'; `RuleError`: what decoding throws, 'bad-genesis'. */
export async function readGenesis(file: string): Promise<GenesisTransaction> {
  const transaction = decodeTransaction(await readLimited(file, MAX_BYTES, 'a genesis'))
  if (transaction.kind !== 'genesis') {
    throw new OperationError(
      'bad-arguments',
      `expected a genesis in ${file}, got a ${transaction.kind} transaction; make one with "ttx genesis FILE"`,
      { facts: { file, kind: transaction.kind } },
    )
  }
  checkGenesis(transaction)
  return transaction
}

/** Everything to the wallet, which signs for it; `now` is unix milliseconds. */
export function makeGenesis(wallet: Wallet, now: number): GenesisTransaction {
  return createGenesis(wallet.publicKey, Math.floor(now / 1_000), (digest) => wallet.sign(digest))
}
