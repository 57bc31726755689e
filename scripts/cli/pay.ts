// Making transactions: choose inputs at the node, sign here, hand in the file.

import { InvalidArgumentError } from 'commander'
import type { NodeClient } from '../../node/client/rpc.ts'
import { OperationError } from '../../node/errors.ts'
import type { Address, Infohash } from '../../node/protocol/ids.ts'
import { infohashOf } from '../../node/protocol/infohash.ts'
import { MAX_MEMO } from '../../node/protocol/rules.ts'
import { encodeTransaction, isMemo, type SignedTransaction } from '../../node/protocol/transaction.ts'
import { signingDigest, type TransactionBody } from '../../node/protocol/typed-data.ts'
import type { Result as RpcResult } from '../../node/rpc/api.ts'
import type { Wallet } from '../../node/wallet/wallet.ts'
import { formatAmount } from './amount.ts'

export type Payment = {
  readonly to: Address
  /** Base units. */
  readonly tokens: bigint
  readonly memo?: string
  readonly bridge?: { readonly chain: bigint; readonly to: Address }
}

export type Paid = {
  readonly infohash: Infohash
  readonly file: Uint8Array
  readonly tx: SignedTransaction
  readonly unorderedAncestors: number
  readonly record: RpcResult<'tx_submit'>
}

/** `nowSeconds` goes into the file as its time. Throws what the node throws: `insufficient-funds`, `node-unreachable` and more. */
export async function pay(
  node: NodeClient,
  wallet: Wallet,
  payment: Payment,
  nowSeconds: number,
  signal?: AbortSignal,
): Promise<Paid> {
  const { address: owner } = wallet
  const { prev, unorderedAncestors } = await chooseInputs(node, owner, payment.tokens, signal)
  const tx = signTransaction(wallet, { ...payment, time: nowSeconds, prev: prev.toSorted() })
  const file = encodeTransaction(tx)
  const record = await node.call('tx_submit', { file }, signal)
  return { infohash: infohashOf(file), file, tx, unorderedAncestors, record }
}

async function chooseInputs(node: NodeClient, owner: Address, tokens: bigint, signal?: AbortSignal) {
  try {
    return await node.call('account_inputs', { owner, tokens }, signal)
  } catch (error) {
    if (!(error instanceof OperationError && error.code === 'insufficient-funds')) throw error
    const spendable = BigInt(String(error.facts['spendable'] ?? 0))
    throw new OperationError(
      error.code,
      `expected ${formatAmount(tokens)} TTX at ${owner}, got ${formatAmount(spendable)} that can be spent now; pay less, or wait for what is on its way ("ttx balance")`,
      { facts: { owner, tokens: `${tokens}`, spendable: `${spendable}` }, cause: error },
    )
  }
}

export function signTransaction(wallet: Wallet, body: TransactionBody): SignedTransaction {
  return { kind: 'signed', from: wallet.address, signature: wallet.sign(signingDigest(body)), ...body }
}

/** For commander. */
export function parseMemo(text: string): string {
  if (text.length > 0 && text.length <= MAX_MEMO && isMemo(text)) return text
  throw new InvalidArgumentError(
    `Expected a memo of 1 to ${MAX_MEMO} printable ASCII characters without " and \\; got ${JSON.stringify(text.slice(0, 80))} (${text.length} characters). Write it in plain English letters, or point to a torrent.`,
  )
}

/** For commander. */
export function parseInfohashArgument(text: string): Infohash {
  const digits = text.toLowerCase()
  if (/^[0-9a-f]{40}$/.test(digits)) return digits as Infohash // just checked
  throw new InvalidArgumentError(
    `Expected an infohash, 40 hex digits; got ${JSON.stringify(text.slice(0, 80))}. "ttx tx list" shows those of your wallet.`,
  )
}
