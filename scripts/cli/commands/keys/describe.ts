// What is told of a wallet that is open: nothing secret.

import { formatHex } from '../../../../node/protocol/bytes.ts'
import type { Origin } from '../../../../node/wallet/keystore.ts'
import type { Wallet } from '../../../../node/wallet/wallet.ts'
import { walletFile } from '../../../../node/wallet/wallet-folder.ts'
import { KEY_FOLDER } from '../../../../node/wallet/words.ts'
import { type CliContext, formatTable, type Result } from '../../context.ts'

/** Of the wallet that the settings name. */
export function describeWallet(
  { folder, settings }: CliContext,
  { address, publicKey: bytes }: Wallet,
  origin: Origin | undefined,
): Result {
  const name = settings.wallet
  const publicKey = `0x${formatHex(bytes)}`
  const file = walletFile(folder.wallets, name)
  return {
    data: { name, address, publicKey, file, ...origin },
    text: formatTable([
      ['wallet', name],
      ['address', address],
      ['public key', publicKey],
      ...(origin === undefined ? [] : [['words', `${origin.phrase}, ${KEY_FOLDER}/${origin.index}`] as const]),
      ['file', file],
    ]),
  }
}
