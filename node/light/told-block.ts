// What a light peer believes of a block that a node tells it of: that somebody worked for its header, and nothing more.

import type { ToldBlock } from '../network/store.ts'
import { blockId, decodeSealed, type SealedHeader } from '../protocol/header.ts'
import type { Address, Hash, Infohash } from '../protocol/ids.ts'
import { RuleError } from '../protocol/rule-error.ts'

/** Of the network, as its file has them. */
export type LightRules = {
  readonly genesis: Infohash
  readonly chain: bigint
  readonly bridge: Address
  readonly easiestTarget: bigint
}
export type LightBlock = {
  readonly id: Hash
  readonly sealed: SealedHeader
  /** Of its torrent, by the word of whoever told it. */
  readonly torrent: Infohash
}

/** Throws `RuleError('bad-header' | 'bad-work')`. Whether its parent and its target fit, and whether it is right, takes a node. */
export function checkTold({ sealed: bytes, torrent }: ToldBlock, rules: LightRules): LightBlock {
  const sealed = decodeSealed(bytes)
  const { chain, bridge, target } = sealed.header
  const id = blockId(sealed)
  if (chain !== rules.chain || bridge !== rules.bridge)
    throw new RuleError('bad-header', `block ${id} belongs to another bridge`, { block: id })
  if (BigInt(id) > target || target > rules.easiestTarget)
    throw new RuleError('bad-work', `block ${id} does not have the work that its target asks for`, { block: id })
  return { id, sealed, torrent }
}
