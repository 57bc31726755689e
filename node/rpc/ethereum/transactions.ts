// Transactions, receipts and logs as Ethereum's clients want them.

import { setImmediate } from 'node:timers/promises'
import type { Hash, Infohash } from '../../protocol/ids.ts'
import { readVerified, type Transaction } from '../../protocol/transaction.ts'
import type { Call } from './call.ts'
import { hashOf, toQuantity, ZERO } from './hex.ts'
import { envelopeOf, logsIn, MOST_LOGS } from './transfers.ts'

/** What a payment of Ethereum takes. Here it costs nothing, whatever the number. */
export const GAS = 21_000
/** A set of topics (bloom) in which everything may be, and one in which nothing is. */
export const ANY_TOPICS = `0x${'f'.repeat(512)}`
export const NO_TOPICS = `0x${'0'.repeat(512)}`
/** Files that are read between two turns of everything else. */
const PART = 64

/** Where a block has it. */
export type TransactionPlace = { readonly id: Hash; readonly height: bigint; readonly index: number }
export type Found = { readonly infohash: Infohash; readonly tx: Transaction }

/** Those of the list whose files are here, in its order, some at a time. */
export async function* readAll(
  { parts }: Call,
  infohashes: readonly Infohash[],
): AsyncGenerator<Found & { readonly index: number }> {
  for (let from = 0; from < infohashes.length; from += PART) {
    const part = infohashes.slice(from, from + PART)
    const files = await parts.ledger.files(part)
    for (const [i, infohash] of part.entries()) {
      const file = files[i]
      if (file !== undefined) yield { infohash, tx: readVerified(file), index: from + i }
    }
    await setImmediate()
  }
}

/** `place` is undefined of what is accepted and in no block. */
export function transactionJson({ infohash, tx }: Found, place: TransactionPlace | undefined, chainId: bigint) {
  const { from, to, value, input } = envelopeOf(tx, infohash)
  return {
    hash: hashOf(infohash),
    ...placeJson(place),
    ...{ from, to, value: toQuantity(value), input, gas: toQuantity(GAS), gasPrice: ZERO },
    ...{ type: ZERO, chainId: toQuantity(chainId) },
    // What is signed is not what Ethereum signs, and has no number.
    ...{ nonce: ZERO, v: ZERO, r: ZERO, s: ZERO },
  }
}

export function receiptJson({ infohash, tx }: Found, place: TransactionPlace) {
  const { from, to, contract } = envelopeOf(tx, infohash)
  const logs = logsJson({ infohash, tx }, place)
  return {
    transactionHash: hashOf(infohash),
    ...placeJson(place),
    ...{ from, to, contractAddress: contract, status: '0x1', type: ZERO },
    ...{ gasUsed: toQuantity(GAS), cumulativeGasUsed: toQuantity(GAS * (place.index + 1)), effectiveGasPrice: ZERO },
    ...{ logs, logsBloom: logs.length === 0 ? NO_TOPICS : ANY_TOPICS },
  }
}

/** The index of a log follows from that of its transaction, so it has gaps, and nothing before it need be read. */
export function logsJson({ infohash, tx }: Found, place: TransactionPlace) {
  return logsIn(tx, infohash).map((log, i) => ({
    ...log,
    transactionHash: hashOf(infohash),
    ...placeJson(place),
    logIndex: toQuantity(MOST_LOGS * place.index + i),
    removed: false,
  }))
}
export type LogJson = ReturnType<typeof logsJson>[number]

function placeJson(place: TransactionPlace | undefined) {
  if (place === undefined) return { blockHash: null, blockNumber: null, transactionIndex: null }
  const { id, height, index } = place
  return { blockHash: id, blockNumber: toQuantity(height), transactionIndex: toQuantity(index) }
}
