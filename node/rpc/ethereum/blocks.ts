// Blocks as Ethereum's clients want them: what a bridging block does not have is zero.

import { MAX_BLOB_STEPS } from '../../protocol/blob.ts'
import { ZERO_HASH } from '../../protocol/ids.ts'
import { workOf } from '../../protocol/target.ts'
import type { Call } from './call.ts'
import { chainIdOf } from './chain-id.ts'
import { hashOf, NO_BYTES, toQuantity, ZERO } from './hex.ts'
import { contentsAt, firstOf, headerAt } from './places.ts'
import { ANY_TOPICS, GAS, NO_TOPICS, readAll, receiptJson, transactionJson } from './transactions.ts'

/** Room for the largest block. */
const GAS_LIMIT = GAS * MAX_BLOB_STEPS
/** Names of transactions that are written for the price of reading one. */
const NAMES_FOR_READ = 10

/** Null if there is no such block, or this node does not know it. Of the block with which a node began it has no transactions. */
export async function blockJson(call: Call, height: bigint | undefined, isFull: boolean) {
  const { parts, budget } = call
  const header = height === undefined ? undefined : headerAt(parts, height)
  if (height === undefined || header === undefined) return null
  const { id, publishedAt, sealed, work } = header
  const contents = height > 0n && height < firstOf(parts) ? [] : contentsAt(parts, height)
  budget.spend(isFull ? contents.length : Math.ceil(contents.length / NAMES_FOR_READ))
  const transactions: unknown[] = isFull ? [] : contents.map(hashOf)
  if (isFull) {
    const chainId = chainIdOf(parts.definition)
    for await (const { index, ...found } of readAll(call, contents))
      transactions.push(transactionJson(found, { id, height, index }, chainId))
  }
  const { parent, target, state } = sealed.header
  return {
    number: toQuantity(height),
    hash: id,
    parentHash: parent,
    timestamp: toQuantity(publishedAt),
    miner: sealed.seal.miner,
    stateRoot: state,
    difficulty: toQuantity(height === 0n ? 0n : workOf(target)),
    totalDifficulty: toQuantity(work),
    ...{ gasLimit: toQuantity(GAS_LIMIT), gasUsed: toQuantity(GAS * contents.length), baseFeePerGas: ZERO },
    transactions,
    logsBloom: contents.length === 0 ? NO_TOPICS : ANY_TOPICS,
    ...{ transactionsRoot: ZERO_HASH, receiptsRoot: ZERO_HASH, sha3Uncles: ZERO_HASH, mixHash: ZERO_HASH },
    ...{ nonce: '0x0000000000000000', extraData: NO_BYTES, size: ZERO, uncles: [] },
  }
}

export async function receiptsJson(call: Call, height: bigint | undefined) {
  const id = height === undefined ? undefined : headerAt(call.parts, height)?.id
  if (height === undefined || id === undefined) return null
  const contents = contentsAt(call.parts, height)
  call.budget.spend(contents.length)
  const receipts: unknown[] = []
  for await (const { index, ...found } of readAll(call, contents))
    receipts.push(receiptJson(found, { id, height, index }))
  return receipts
}
