// Blocks of Ethereum's clients: a bridging block of the branch that this node orders by, its number being the height.

import type { BridgeBlock } from '../../bridge/view.ts'
import type { LedgerBlock } from '../../ledger/types.ts'
import { blockId, type SealedHeader } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import type { EthereumParts } from './call.ts'
import { EthereumError, pruned } from './errors.ts'
import type { BlockRef } from './params.ts'

/** Of which money is asked: with `accepted` what no block has ordered counts too. */
export type Place = { readonly height: bigint; readonly accepted: boolean }

/** What is told of a block beside its transactions. `below`: work of all blocks up to it. */
export type HeaderView = LedgerBlock & { readonly sealed: SealedHeader; readonly work: bigint }

export function tipOf({ ledger }: EthereumParts): bigint {
  const { final, blocks } = ledger.branch()
  return (blocks.at(-1) ?? final).height
}

/** The lowest block whose transactions this node knows, as far as there is one already. */
export function firstOf({ ledger }: EthereumParts): bigint {
  return ledger.begunAt === 0n ? 0n : ledger.begunAt + 1n
}

/** The newest block by its number is `latest`: wallets that know tags only (MetaMask) write the number where they mean the tag. */
export function placeOf(parts: EthereumParts, ref: BlockRef): Place {
  const tip = tipOf(parts)
  if (typeof ref === 'object') {
    const height = heightOf(parts, ref.blockHash)
    if (height === undefined) throw unknownHash(ref.blockHash)
    return { height, accepted: false }
  }
  if (typeof ref === 'bigint') {
    if (ref > tip) throw notYet(ref, tip)
    return { height: ref, accepted: ref === tip }
  }
  switch (ref) {
    case 'latest':
    case 'pending':
      return { height: tip, accepted: true }
    case 'safe':
      return { height: tip, accepted: false }
    case 'finalized':
      return { height: parts.ledger.branch().final.height, accepted: false }
    case 'earliest': {
      const first = firstOf(parts)
      return { height: lower(first, tip), accepted: false }
    }
  }
}

/** The block's height if it is on the branch. */
export function heightOf({ ledger, follower, definition }: EthereumParts, id: Hash): bigint | undefined {
  if (id === blockId(definition.genesisBlock)) return 0n
  const height = follower?.block(id)?.sealed.header.height
  return height !== undefined && ledger.block(height)?.id === id ? height : undefined
}

/** Undefined if there is no such block, or this node does not know it. */
export function headerAt({ ledger, follower, definition }: EthereumParts, height: bigint): HeaderView | undefined {
  const block = ledger.block(height)
  if (block === undefined) return undefined
  if (height === 0n) {
    const sealed = definition.genesisBlock
    return { ...block, id: blockId(sealed), publishedAt: Number(definition.deployedAt), sealed, work: 0n }
  }
  const known: BridgeBlock | undefined = follower?.block(block.id)
  return known && { ...block, sealed: known.sealed, work: known.work }
}

/** The id of a block of the branch. */
export function idAt({ ledger, definition }: EthereumParts, height: bigint): Hash | undefined {
  // The ledger learns that of genesis late.
  return height === 0n ? blockId(definition.genesisBlock) : ledger.block(height)?.id
}

/** What a block has ordered. Throws `EthereumError` (pruned) where that is not kept. */
export function contentsAt(parts: EthereumParts, height: bigint) {
  const contents = parts.ledger.contents(height)
  if (contents === undefined) throw pruned(`what block ${height} ordered`, firstOf(parts))
  return contents
}

export function lower(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

export function notYet(height: bigint, tip: bigint): EthereumError {
  return new EthereumError('notFound', `there is no block ${height} yet, the newest one is ${tip}: ask for latest`)
}

export function unknownHash(id: Hash): EthereumError {
  return new EthereumError('notFound', `block ${id} is not on the branch that this node orders by: ask for latest`)
}
