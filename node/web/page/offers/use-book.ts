// The book of offers as views see it, and the node as what spends sees it: what open offers bind is left alone.

import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { sparing } from '../../../client/offers/sparing.ts'
import { type OfferStanding, standingOf } from '../../../client/offers/standing.ts'
import type { NodeClient } from '../../../client/rpc.ts'
import type { Asset } from '../../../protocol/asset.ts'
import type { Address, Infohash } from '../../../protocol/ids.ts'
import type { Offer } from '../../../protocol/offer.ts'
import type { Result } from '../../../rpc/api.ts'
import { keep, readKept, useKept } from '../kept.ts'
import { node } from '../node.ts'
import { Said } from '../said.ts'
import { boundBy, type End, type Entry, formatBook, MOST_OFFERS, parseBook, withOffer } from './book.ts'

const OFFERS = 'offers'

/** Offers of a network, by its bridge: another network may be at the same address tomorrow. */
export function useBook(bridge: Address | undefined): readonly Entry[] {
  const text = useKept(OFFERS, bridge)
  return useMemo(() => parseBook(text), [text])
}

/** Throws `Said` where there is no room, and what the browser throws where it keeps nothing. */
export function keepOffer(bridge: Address, offer: Offer): void {
  const entries = withOffer(read(bridge), offer)
  if (entries === undefined) throw new Said(({ swap }) => swap.full(MOST_OFFERS))
  write(bridge, entries)
}

export function forgetOffer(bridge: Address, id: Infohash): void {
  write(
    bridge,
    read(bridge).filter((each) => each.id !== id),
  )
}

/** For whatever spends: also what other tabs have offered in the meantime is spared. */
export function spendingNode(bridge: Address): NodeClient {
  return sparing(node, boundBy(read(bridge)))
}

/** Base units of what somebody has that their open offers bind. */
export function useBound(
  bridge: Address | undefined,
  balance: Result<'account_balance'> | undefined,
  owner: Address | undefined,
  asset: Asset | undefined,
): bigint {
  const mine = boundBy(useBook(bridge)).filter((each) => each.owner === owner && each.asset === asset)
  const bound = new Set(mine.map(({ infohash }) => infohash))
  const outputs = balance?.outputs.filter(({ infohash }) => bound.has(infohash)) ?? []
  return outputs.reduce((sum, { value }) => sum + value, 0n)
}

/** Asked again with each change, until it has ended for good, which the book then knows. `fetchMs`: how long peers may be asked for what it gives. */
export function useStanding(bridge: Address, { id, offer, end }: Entry, fetchMs = 0): UseQueryResult<OfferStanding> {
  const asked = useQuery({
    queryKey: ['transactions', 'standing', id, fetchMs],
    queryFn: async ({ signal }) => await standingOf(node, offer, fetchMs, signal),
    enabled: end === undefined,
  })
  const standing = asked.data
  useEffect(() => {
    if (standing === undefined || !('by' in standing) || standing.status !== 'final') return
    const { state, by } = standing
    note(bridge, id, { state, by })
  }, [bridge, id, standing])
  return asked
}

function note(bridge: Address, id: Infohash, end: End): void {
  const entries = read(bridge)
  if (!entries.some((each) => each.id === id && each.end === undefined)) return
  write(
    bridge,
    entries.map((each) => (each.id === id ? { ...each, end } : each)),
  )
}

function read(bridge: Address): readonly Entry[] {
  return parseBook(readKept(OFFERS, bridge))
}

function write(bridge: Address, entries: readonly Entry[]): void {
  keep(OFFERS, bridge, formatBook(entries))
}
