// Methods about blocks and what is in them.

import { z } from 'zod'
import { blockJson, receiptsJson } from '../blocks.ts'
import { type Call, method } from '../call.ts'
import { chainIdOf } from '../chain-id.ts'
import { toQuantity, ZERO } from '../hex.ts'
import { logsOf } from '../logs.ts'
import { lookUp } from '../lookup.ts'
import { type BlockRef, blockNumber, blockRef, filter, hash, quantity } from '../params.ts'
import { contentsAt, headerAt, heightOf, placeOf, tipOf } from '../places.ts'
import { transactionJson } from '../transactions.ts'

const byHash = z.strictObject({ hash })
const byNumber = z.strictObject({ block: blockNumber })
const full = z.boolean().default(false)

export const BLOCK_METHODS = {
  eth_getBlockByNumber: method(z.strictObject({ block: blockNumber, full }), (call, { block, full }) =>
    blockJson(call, existing(call, block), full),
  ),
  eth_getBlockByHash: method(z.strictObject({ hash, full }), (call, { hash, full }) =>
    blockJson(call, heightOf(call.parts, hash), full),
  ),
  eth_getBlockTransactionCountByNumber: method(byNumber, (call, { block }) => countAt(call, existing(call, block))),
  eth_getBlockTransactionCountByHash: method(byHash, (call, { hash }) => countAt(call, heightOf(call.parts, hash))),
  eth_getUncleCountByBlockNumber: method(byNumber, (call, { block }) => unclesAt(call, existing(call, block)), 'fixed'),
  eth_getUncleCountByBlockHash: method(byHash, (call, { hash }) => unclesAt(call, heightOf(call.parts, hash)), 'fixed'),
  eth_getBlockReceipts: method(z.strictObject({ block: blockRef }), (call, { block }) =>
    receiptsJson(call, existing(call, block)),
  ),
  eth_getTransactionByBlockNumberAndIndex: method(
    z.strictObject({ block: blockNumber, index: quantity }),
    (call, { block, index }) => at(call, existing(call, block), index),
  ),
  eth_getTransactionByBlockHashAndIndex: method(z.strictObject({ hash, index: quantity }), (call, { hash, index }) =>
    at(call, heightOf(call.parts, hash), index),
  ),
  eth_getLogs: method(z.strictObject({ filter }), (call, params) => logsOf(call, params.filter)),
}

/** Undefined where there is no such block (yet). */
function existing({ parts }: Call, ref: BlockRef): bigint | undefined {
  if (typeof ref === 'bigint') return ref <= tipOf(parts) ? ref : undefined
  if (typeof ref === 'object') return heightOf(parts, ref.blockHash)
  return placeOf(parts, ref).height
}

function countAt({ parts }: Call, height: bigint | undefined) {
  return height === undefined ? null : toQuantity(contentsAt(parts, height).length)
}

function unclesAt({ parts }: Call, height: bigint | undefined) {
  return height === undefined || headerAt(parts, height) === undefined ? null : ZERO
}

function at({ parts }: Call, height: bigint | undefined, index: bigint) {
  const infohash = height === undefined ? undefined : contentsAt(parts, height)[Number(index)]
  const found = infohash && lookUp(parts, infohash)
  return found === undefined ? null : transactionJson(found, found.place, chainIdOf(parts.definition))
}
