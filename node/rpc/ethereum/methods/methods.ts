// All methods of the Ethereum-compatible RPC, and those that it refuses by name. docs/ethereum-rpc.md has a row for each.

import { z } from 'zod'
import { type EthereumMethod, method } from '../call.ts'
import { EthereumError } from '../errors.ts'
import { ACCOUNT_METHODS } from './account.ts'
import { BLOCK_METHODS } from './block.ts'
import { CHAIN_METHODS } from './chain.ts'
import { TRANSACTION_METHODS } from './transaction.ts'

/** Whatever comes with them. */
const ANYTHING = z.looseObject({ first: z.unknown(), second: z.unknown(), third: z.unknown() }).partial()

/** What would sign or send: code 4200 (EIP-1193), with the way that there is. */
const SENDING = [
  'eth_sendRawTransaction',
  'eth_sendRawTransactionSync',
  'eth_sendTransaction',
  'eth_sign',
  'eth_signTransaction',
] as const

export const METHODS: Readonly<Record<string, EthereumMethod>> = {
  ...CHAIN_METHODS,
  ...ACCOUNT_METHODS,
  ...BLOCK_METHODS,
  ...TRANSACTION_METHODS,
  ...Object.fromEntries(
    SENDING.map((name) => [name, method(ANYTHING, ({ parts }) => refuse(name, parts.page()), 'refused')]),
  ),
}

function refuse(name: string, page = DOCS): never {
  throw new EthereumError(
    'unsupported',
    `${name} is not supported: a transaction of Ethereum does not say which money it spends, so nobody can make a payment of TTX of it. Sign the payment itself as typed data (eth_signTypedData_v4), as the page of the node has a wallet do, and "ttx send": ${page}`,
    { page },
  )
}

const DOCS = 'docs/ethereum-rpc.md#paying'
