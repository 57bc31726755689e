// Methods about single transactions.

import { z } from 'zod'
import { method } from '../call.ts'
import { chainIdOf } from '../chain-id.ts'
import { infohashIn } from '../hex.ts'
import { lookUp } from '../lookup.ts'
import { hash } from '../params.ts'
import { receiptJson, transactionJson } from '../transactions.ts'

const byHash = z.strictObject({ hash })

export const TRANSACTION_METHODS = {
  eth_getTransactionByHash: method(byHash, ({ parts }, { hash }) => {
    const infohash = infohashIn(hash)
    const found = infohash && lookUp(parts, infohash)
    return found === undefined ? null : transactionJson(found, found.place, chainIdOf(parts.definition))
  }),
  /** Null as long as no block has ordered it. */
  eth_getTransactionReceipt: method(byHash, ({ parts }, { hash }) => {
    const infohash = infohashIn(hash)
    const found = infohash && lookUp(parts, infohash)
    return found?.place === undefined ? null : receiptJson(found, found.place)
  }),
}
