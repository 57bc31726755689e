// Errors as Ethereum's clients know them: JSON-RPC 2.0, EIP-1474, EIP-1193, and the codes that geth added. Each message ends with what to do.

import { revertData } from '../../ethereum/token-calls.ts'

export const CODES = {
  reverted: 3,
  unsupported: 4_200,
  pruned: 4_444,
  notFound: -32_001,
  limit: -32_005,
  invalid: -32_602,
} as const

/** Thrown by methods, and answered as it is. */
export class EthereumError extends Error {
  readonly code: number
  readonly data: unknown

  constructor(code: keyof typeof CODES, message: string, data?: unknown) {
    super(message)
    this.name = 'EthereumError'
    this.code = CODES[code]
    this.data = data
  }
}

/** As an answer; undefined for any other error. */
export function ethereumErrorOf(error: unknown) {
  if (!(error instanceof EthereumError)) return undefined
  const { code, message, data } = error
  return { code, message, ...(data === undefined ? {} : { data }) }
}

/** Of `eth_call`. The reason is what libraries show. */
export function reverted(reason: string): EthereumError {
  return new EthereumError('reverted', `execution reverted: ${reason}`, revertData(reason))
}

export function pruned(what: string, first: bigint): EthereumError {
  return new EthereumError(
    'pruned',
    `${what} is not kept by this node, which knows blocks from ${first} on: ask for those`,
  )
}
