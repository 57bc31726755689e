// A wallet as viem knows accounts: the same key pays for transactions on Ethereum.

import { hashMessage, hashTypedData, keccak256, type LocalAccount, parseSignature, serializeTransaction } from 'viem'
import { toAccount } from 'viem/accounts'
import { formatHex, parseHex } from '../protocol/bytes.ts'
import type { Address } from '../protocol/ids.ts'

/** Signs 32 bytes: r, s, v. A wallet that is open does. */
export type Signer = { readonly address: Address; readonly sign: (digest: Uint8Array) => Uint8Array }

/** Signs only while the wallet is open; the key itself never leaves it. */
export function walletAccount(wallet: Signer): LocalAccount {
  const sign = (digest: `0x${string}`): `0x${string}` => `0x${formatHex(wallet.sign(parseHex(digest)))}`
  return toAccount({
    address: wallet.address,
    sign: async ({ hash }) => sign(hash),
    signMessage: async ({ message }) => sign(hashMessage(message)),
    signTypedData: async (data) => sign(hashTypedData(data)),
    signTransaction: async (transaction, options) => {
      const serialize = options?.serializer ?? serializeTransaction
      const digest = keccak256(await serialize(transaction))
      return await serialize(transaction, parseSignature(sign(digest)))
    },
  })
}
