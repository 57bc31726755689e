// What an address has as of a block: now, by all blocks, or by those up to one of them.

import { purseOf } from '../../ledger/purse.ts'
import type { Asset } from '../../protocol/asset.ts'
import type { Address } from '../../protocol/ids.ts'
import { balanceOf } from '../../protocol/state.ts'
import { MOST_READS } from './budget.ts'
import type { Call, EthereumParts } from './call.ts'
import { EthereumError, pruned } from './errors.ts'
import { firstOf, type Place, tipOf } from './places.ts'

/** Base units, of TTX if there is no asset. Throws `EthereumError` (pruned) for a block whose balances are not at hand. */
export function balanceAt(parts: EthereumParts, owner: Address, asset: Asset | undefined, place: Place): bigint {
  const { accepted, ordered, final, pendingOut } = parts.ledger.balance(purseOf(owner, asset))
  if (place.accepted) return accepted + ordered + final
  // What a payment spends that no block has ordered is still there by all blocks.
  if (place.height === tipOf(parts)) return ordered + final + pendingOut
  const id = parts.ledger.block(place.height)?.id
  const state = id && parts.follower?.parentBlock(id)?.state
  if (state === undefined) {
    throw new EthereumError(
      'pruned',
      `the balances after block ${place.height} are not at hand: ask for latest, safe or finalized`,
    )
  }
  return balanceOf(state, owner, asset)
}

/** How many transactions of those that count spend money of the address. */
export async function spentAt({ parts, budget }: Call, owner: Address, place: Place): Promise<number> {
  if (place.height > 0n && place.height < parts.ledger.begunAt) throw pruned(`block ${place.height}`, firstOf(parts))
  const history = await parts.ledger.spentBy(owner, budget.left)
  if (history === undefined) {
    throw new EthereumError(
      'limit',
      `expected an address with at most ${MOST_READS} transactions, got one with more, or a batch that asks for more: ask for it alone, else account_history of the node's own RPC`,
    )
  }
  budget.spend(history.looked)
  const isCounted = ({ status, height = 0n }: (typeof history.transactions)[number]) =>
    place.accepted || (status !== 'accepted' && height <= place.height)
  return history.transactions.filter(isCounted).length
}
