// What deploying uses, from the rules of Ethereum and the sizes of the code: no endpoint is needed to know about how much it is.

import { type Hex, hexToBytes, size } from 'viem'
import { runtimeCode } from '../../../deployments/runtime-code.ts'

const TRANSACTION = 21_000n
const CREATE = 32_000n
/** Of calldata (EIP-2028). */
const ZERO_BYTE = 4n
const BYTE = 16n
/** Of code that is run once, a word (EIP-3860). */
const INIT_WORD = 2n
/** Of code that stays, a byte. */
const STORED_BYTE = 200n
/** The transaction's contract makes two more. */
const CONTRACTS = 3n
/** Words of storage that the constructors write, and all else that they do. */
const WORDS = 8n
const NEW_WORD = 22_100n
const REST = 100_000n

/** Units, for these bytes: an upper end. */
export function creationGas(data: Hex): bigint {
  const bytes = hexToBytes(data)
  const zeros = BigInt(bytes.filter((byte) => byte === 0).length)
  const calldata = zeros * ZERO_BYTE + (BigInt(bytes.length) - zeros) * BYTE
  const stored = Object.values(runtimeCode).reduce((sum, { length }) => sum + BigInt(length), 0n)
  // Each part of it is run in the transaction, and the two made ones again in theirs.
  const init = 2n * BigInt(Math.ceil(size(data) / 32)) * INIT_WORD
  return TRANSACTION + CONTRACTS * CREATE + calldata + init + stored * STORED_BYTE + WORDS * NEW_WORD + REST
}
