// What deploying uses, from the rules of Ethereum and the sizes of the code: no endpoint is needed to know about how much it is.

import { type Hex, hexToBytes, size } from 'viem'

const TRANSACTION = 21_000n
const CREATE = 32_000n
/** Of calldata (EIP-2028). */
const ZERO_BYTE = 4n
const BYTE = 16n
/** Of code that is run once, a word (EIP-3860). */
const INIT_WORD = 2n
/** Of code that stays, a byte. */
const STORED_BYTE = 200n
/** Words of storage that the constructors write, and all else that they do. */
const WORDS = 8n
const NEW_WORD = 22_100n
const REST = 100_000n

/** Units, for these bytes and the code that stays: that of one contract, and of those that it makes. An upper end. */
export function creationGas(data: Hex, kept: readonly { readonly length: number }[]): bigint {
  const bytes = hexToBytes(data)
  const zeros = BigInt(bytes.filter((byte) => byte === 0).length)
  const calldata = zeros * ZERO_BYTE + (BigInt(bytes.length) - zeros) * BYTE
  const stored = kept.reduce((sum, { length }) => sum + BigInt(length), 0n)
  // Each part of it is run in the transaction, and what it makes again in its own.
  const init = 2n * BigInt(Math.ceil(size(data) / 32)) * INIT_WORD
  return TRANSACTION + BigInt(kept.length) * CREATE + calldata + init + stored * STORED_BYTE + WORDS * NEW_WORD + REST
}
