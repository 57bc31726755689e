// Making transactions: choose inputs at the node, sign here, hand in the file.

import { isOperationError, OperationError } from '../errors.ts'
import type { Asset } from '../protocol/asset.ts'
import type { Address, Infohash } from '../protocol/ids.ts'
import { infohashOf } from '../protocol/infohash.ts'
import type { Amount } from '../protocol/offer.ts'
import { MAX_INPUTS } from '../protocol/rules.ts'
import { ofAsset } from '../protocol/state.ts'
import { encodeTransaction, type SignedTransaction } from '../protocol/transaction.ts'
import { signingDigest, type TransactionBody, type TypedMessage, typedMessage } from '../protocol/typed-data.ts'
import type { Result as RpcResult } from '../rpc/api.ts'
import { nameAmount } from './amount.ts'
import { signWithWork } from './relay-work.ts'
import type { NodeClient } from './rpc.ts'

/** Before a file is handed in once more, milliseconds: a node that was killed is back after seconds where something restarts it. */
const PAUSES_MS = [250, 1_000, 2_000]

/** A wallet that is open, or whatever else signs with the key of an address (65 bytes: r, s, v): the digest, or the message of which it is the digest. */
export type Signer = {
  readonly address: Address
  readonly sign: (digest: Uint8Array, message: TypedMessage) => Uint8Array | Promise<Uint8Array>
  /** Where the key is here: another signature of the same digest for each number. */
  readonly signVariant?: (digest: Uint8Array, variant: number) => Uint8Array
}

/** The key itself, here. */
export type KeySigner = { readonly address: Address; readonly sign: (digest: Uint8Array) => Uint8Array }

export type Payment = {
  readonly to: Address
  /** Base units of the asset. */
  readonly tokens: bigint
  /** TTX if there is none. */
  readonly asset?: Asset
  /** It creates `tokens` of a new asset for `to`. It needs some TTX, all of which comes back. */
  readonly issuance?: true
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

/**
 * `nowSeconds` goes into the file as its time. `keep` is called with what was signed before it leaves, so that the same file can be handed in again
 * whatever happens then. Throws what the node throws: `insufficient-funds`, `node-unreachable` and more; once the file was
 * sent, its `RuleError`, or `OperationError` with the fact `infohash`: `payment-under-way`, and `transaction-conflicting`.
 */
export async function pay(
  node: NodeClient,
  wallet: Signer,
  payment: Payment,
  nowSeconds: number,
  signal?: AbortSignal,
  keep?: (file: Uint8Array) => Promise<void>,
): Promise<Paid> {
  const { address: owner } = wallet
  // What an issuance spends comes back whole: the least will do.
  const tokens = payment.issuance ? 1n : payment.tokens
  const chosen = await chooseInputs(node, owner, ofAsset({ tokens }, payment.asset), signal)
  const { prev, unorderedAncestors, relayBits } = chosen
  const body = { ...payment, time: nowSeconds, prev: prev.toSorted() }
  const make = (signature: Uint8Array): SignedTransaction => ({ kind: 'signed', from: owner, signature, ...body })
  const tx =
    relayBits === 0
      ? await haveSigned(wallet, body)
      : await signWithWork(wallet, signingDigest(body), relayBits, make, signal)
  const file = encodeTransaction(tx)
  signal?.throwIfAborted()
  await keep?.(file)
  return { file, tx, unorderedAncestors, ...(await handIn(node, file, signal)) }
}

/**
 * Gives the node a signed file, and once more where the connection is cut before the answer: the same file counts once, however often it is handed in.
 * Throws as `pay` does once the file was sent, and `node-unreachable` with nothing sent.
 */
export async function handIn(
  node: NodeClient,
  file: Uint8Array,
  signal?: AbortSignal,
): Promise<Pick<Paid, 'infohash' | 'record'>> {
  const infohash = infohashOf(file)
  const record = await submit(node, file, signal).catch((error) => {
    if (!(error instanceof OperationError) || problemOf(error) === 'no-connection') throw error
    throw underWay(infohash, error)
  })
  if (record.infohash !== infohash) throw underWay(infohash, otherRecord(node, infohash, record.infohash))
  if (record.status === 'conflicting') throw conflicting(record)
  return { infohash, record }
}

/**
 * At most `most` outputs (8 if it is left out) that hold `tokens`. Throws `insufficient-funds`, what the node throws, and `bad-answer` where what
 * the node names is none of that: an offer of it could not be read again.
 */
export async function chooseInputs(
  node: NodeClient,
  owner: Address,
  { tokens, asset, most }: Amount & { readonly most?: number },
  signal?: AbortSignal,
): Promise<RpcResult<'account_inputs'>> {
  const limit = most === undefined ? {} : { most }
  try {
    const chosen = await node.call('account_inputs', { ...ofAsset({ owner, tokens }, asset), ...limit }, signal)
    const { length } = chosen.prev
    const isOne = length >= 1 && length <= (most ?? MAX_INPUTS) && new Set(chosen.prev).size === length
    if (!isOne || chosen.sum < tokens) throw otherInputs(node, nameAmount(tokens, asset), chosen)
    return chosen
  } catch (error) {
    if (!isOperationError(error, 'insufficient-funds')) throw error
    const spendable = BigInt(error.facts.spendable)
    throw new OperationError(
      error.code,
      `expected ${nameAmount(tokens, asset)} at ${owner}, got ${nameAmount(spendable, asset)} that can be spent now; pay less, wait for what is on its way ("ttx balance"), or withdraw an offer that binds some ("ttx offer list")`,
      {
        facts: { owner, tokens: `${tokens}`, spendable: `${spendable}`, ...(asset === undefined ? {} : { asset }) },
        cause: error,
      },
    )
  }
}

async function submit(node: NodeClient, file: Uint8Array, signal?: AbortSignal): Promise<Paid['record']> {
  let cut: OperationError | undefined
  for (const pauseMs of [...PAUSES_MS, undefined]) {
    try {
      return await node.call('tx_submit', { file }, signal)
    } catch (error) {
      const problem = problemOf(error)
      // A node that was killed in the meantime takes no connections until it runs again.
      if (!(error instanceof OperationError && (problem === 'cut' || (problem === 'no-connection' && cut)))) throw error
      cut ??= error
      if (pauseMs !== undefined && !signal?.aborted) await new Promise((resolve) => setTimeout(resolve, pauseMs))
      if (signal?.aborted) break
    }
  }
  throw cut
}

function problemOf(error: unknown): unknown {
  return error instanceof OperationError && error.code === 'node-unreachable' ? error.facts['problem'] : undefined
}

/** By whoever has the key here. */
export function signTransaction(wallet: KeySigner, body: TransactionBody): SignedTransaction {
  return { kind: 'signed', from: wallet.address, signature: wallet.sign(signingDigest(body)), ...body }
}

/** By whoever signs, who may be asked and take minutes. */
export async function haveSigned(signer: Signer, body: TransactionBody): Promise<SignedTransaction> {
  const signature = await signer.sign(signingDigest(body), typedMessage(body))
  return { kind: 'signed', from: signer.address, signature, ...body }
}

function otherInputs({ url }: NodeClient, amount: string, { prev, sum }: RpcResult<'account_inputs'>): OperationError {
  return new OperationError(
    'bad-answer',
    `expected the node at ${url} to choose different outputs that hold ${amount}, as many as one transaction may spend, got ${prev.length} with ${sum} base units: its software or its disk is damaged, or it lies; use another node`,
    { facts: { url, got: prev } },
  )
}

function otherRecord({ url }: NodeClient, infohash: Infohash, got: Infohash): OperationError {
  return new OperationError(
    'bad-answer',
    `expected the node at ${url} to speak of ${infohash}, got ${got}: its software is damaged, or it lies`,
    { facts: { url, infohash, got } },
  )
}

function underWay(infohash: Infohash, cause: OperationError): OperationError {
  return new OperationError(
    'payment-under-way',
    `expected the node to accept payment ${infohash}, but it is not known whether it did: ${cause.message}. See "ttx status ${infohash}" before you pay again; the same command hands in this very payment again, which counts once`,
    { facts: { infohash, problem: cause.code }, cause },
  )
}

function conflicting({ infohash, rivals }: Paid['record']): OperationError {
  return new OperationError(
    'transaction-conflicting',
    `expected inputs that nothing else spends, got ${infohash}, before which another payment of this wallet took them: it counts only if that one dies; pay again once that one is final, since before both could count`,
    { facts: { infohash, rivals } },
  )
}
