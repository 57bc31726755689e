// The book of offers as a maker uses it: the same files, looked at again and again.

import { type MakerBook, type Market, sideOf } from '../../../node/client/maker/market.ts'
import { standingOf } from '../../../node/client/offers/standing.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'
import { type BookEntry, keepInBook, noteStanding, readBook } from './book.ts'

/** An entry is read once: nothing but its end ever changes in it, and what somebody else notes of that is noted here as well. */
export function makerBook(folder: string): MakerBook {
  const known = new Map<string, BookEntry>()
  return {
    read: async () => (await readBook(folder, known)).filter(({ role }) => role === 'made'),
    add: (offer, pricedFrom) => keepInBook(folder, { offer, role: 'made', isSaid: true, pricedFrom }),
    note: async ({ id }, standing) => {
      const name = `${id}.json`
      const entry = known.get(name)
      if (entry === undefined) return
      await noteStanding(folder, entry, standing)
      if ('by' in standing && standing.status === 'final') known.delete(name)
    },
  }
}

/** The same book, in which nothing is written. */
export function readOnly({ read }: MakerBook): MakerBook {
  const nothing = async () => undefined
  return { read, add: nothing, note: nothing }
}

/**
 * Throws `OperationError('bad-arguments')` where an offer of either wallet is open that is not a rung of this market: what it gives is counted as inventory,
 * so whoever takes it moves the price.
 */
export async function checkAlone(
  node: NodeClient,
  folder: string,
  market: Market,
  signal?: AbortSignal,
): Promise<void> {
  for (const entry of await readBook(folder)) {
    const { id, offer, role, end } = entry
    if (role !== 'made' || end !== undefined || (offer.from !== market.stock && offer.from !== market.shop)) continue
    if (sideOf(market, offer) !== undefined) continue
    const standing = await standingOf(node, offer, 0, signal)
    await noteStanding(folder, entry, standing)
    if (standing.state !== 'open') continue
    const [gives, wants] = [offer.give.asset ?? 'TTX', offer.want.asset ?? 'TTX']
    throw new OperationError(
      'bad-arguments',
      `expected wallets that offer nothing but rungs of this market, got the open offer ${id} of ${offer.from}, ${gives} for ${wants}; withdraw it first: "ttx offer withdraw", or "ttx maker --withdraw" for a whole market`,
      { facts: { offer: id, from: offer.from } },
    )
  }
}
