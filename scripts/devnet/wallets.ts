// Wallets of a development network, whose passphrase is beside their keys.

import { randomBytes } from 'node:crypto'
import { OperationError } from '../../node/errors.ts'
import type { Wallet } from '../../node/wallet/wallet.ts'
import { openWallet, saveWallet } from '../../node/wallet/wallet-folder.ts'

/** `genesis` owns all TTX at first. Each start opens them with the passphrase beside them. */
export const DEVNET_WALLETS = ['genesis', 'miner', 'relayer', 'watcher'] as const
// More work for scrypt would protect nothing.
const SCRYPT_N = 4_096

/** The wallet of this name, or a new one; the caller disposes of it. Throws what `openWallet` throws, but for 'wallet-missing'. */
export async function openDevWallet(folder: string, name: string, passphrase: string): Promise<Wallet> {
  try {
    return await openWallet(folder, name, passphrase)
  } catch (error) {
    if (!(error instanceof OperationError && error.code === 'wallet-missing')) throw error
    const key = randomBytes(32)
    const wallet = await saveWallet(folder, name, key, passphrase, { scryptN: SCRYPT_N })
    key.fill(0)
    return wallet
  }
}
