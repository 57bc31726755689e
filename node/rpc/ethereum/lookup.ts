// One transaction by its infohash: whether it counts, and which block of the branch has it.

import { blockId } from '../../protocol/header.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { readVerified } from '../../protocol/transaction.ts'
import type { EthereumParts } from './call.ts'
import { pruned } from './errors.ts'
import { contentsAt, firstOf } from './places.ts'
import type { Found, TransactionPlace } from './transactions.ts'

/** Undefined if it is not here, waits, or lost to another one. Throws `EthereumError` (pruned) where it is final and its block is not known here. */
export function lookUp(
  parts: EthereumParts,
  infohash: Infohash,
): (Found & { readonly place: TransactionPlace | undefined }) | undefined {
  const { status, file, block } = parts.ledger.look(infohash)
  if (file === undefined || !['accepted', 'ordered', 'final'].includes(status)) return undefined
  const found = { infohash, tx: readVerified(file) }
  if (status === 'accepted') return { ...found, place: undefined }
  if (block === undefined) throw pruned(`the block of transaction ${infohash}`, firstOf(parts))
  const { id, height } = block
  const index = contentsAt(parts, height).indexOf(infohash)
  // The ledger learns the id of genesis late.
  return { ...found, place: { id: height === 0n ? blockId(parts.definition.genesisBlock) : id, height, index } }
}
