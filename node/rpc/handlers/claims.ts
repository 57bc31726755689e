// Requests in final blocks that are not paid yet, a page at a time.

import { setImmediate } from 'node:timers/promises'
import { isFinal, type MaturedClaim, maturedClaims, type OpenRequest, provenRequest } from '../../bridge/claims.ts'
import type { BridgeFollower } from '../../bridge/follower.ts'
import type { RequestPlace } from '../../bridge/view.ts'
import type { Hash, Infohash } from '../../protocol/ids.ts'
import type { Handlers, Params, Result } from '../api.ts'
import { pageGone } from './pages.ts'
import { followerOf, type NodeParts } from './parts.ts'

type Page = Result<'bridge_claims'>
type Place = NonNullable<Page['next']>

/** This many blocks are read for one page, even if nothing in them is wanted. */
const MOST_BODIES = 16

type Parts = Pick<NodeParts, 'definition' | 'follower' | 'settle'> & {
  readonly ledger: Pick<NodeParts['ledger'], 'record'>
}

export function claimHandlers(parts: Parts) {
  return {
    bridge_claims: async ({ infohash, ...query }) => {
      if (infohash === undefined) return pageOf(parts, query)
      const found = await placeOf(parts, infohash)
      if (found === undefined) return { claims: [] }
      const { view, block, body, step } = found
      const isWanted = (request: OpenRequest) => request.step === step && isAskedFor(query, request)
      return { claims: maturedClaims(parts.definition.rules, view, block, body, isWanted).map(claimAnswer) }
    },
    bridge_request: async ({ infohash }) => {
      const found = await placeOf(parts, infohash)
      const proven = found && provenRequest(parts.definition.rules, found.block, found.body, found.step)
      if (proven === undefined) return {}
      const { siblings, to, from: _, ...request } = proven
      return { request: { ...request, siblings: [...siblings], recipient: to } }
    },
  } satisfies Partial<Handlers>
}

/** Where a transaction is on the leading branch: the ledger knows, so that it is found among however many others. */
async function placeOf(parts: Parts, infohash: Infohash) {
  const follower = followerOf(parts)
  await parts.settle()
  const place = parts.ledger.record(infohash).block
  const block = place && follower.block(place.id)
  const body = block && (await follower.body(block.id))
  return place && block && body && { view: follower.viewOf(block), block, body, step: place.step }
}

async function pageOf(parts: Parts, query: Omit<Params<'bridge_claims'>, 'infohash'>): Promise<Page> {
  const follower = followerOf(parts)
  const { after, limit } = query
  const claims: Page['claims'] = []
  let [bodies, last] = [0, after]
  for await (const block of follower.unpaid(after && finalBlock(follower, after.block))) {
    if (claims.length >= limit || bodies >= MOST_BODIES) return { claims, ...(last ? { next: last } : {}) }
    const body = await follower.body(block.id)
    bodies++
    const isAfter = ({ step }: OpenRequest) => block.id !== after?.block || step > after.step
    const isWanted = (request: OpenRequest) => isAfter(request) && isAskedFor(query, request)
    const view = follower.viewOf(block)
    const found = body === undefined ? [] : maturedClaims(parts.definition.rules, view, block, body, isWanted)
    const taken = found.slice(0, limit - claims.length)
    claims.push(...taken.map(claimAnswer))
    const end = taken.at(-1)
    if (end !== undefined && taken.length < found.length) return { claims, next: { block: block.id, step: end.step } }
    last = lastOf(block.id, block.requests)
    // A block of requests takes some hundredths of a second: let others have their turn.
    await setImmediate()
  }
  return { claims }
}

/** Throws `OperationError('page-gone')`. */
function finalBlock(follower: BridgeFollower, id: Hash): Hash {
  const block = follower.block(id)
  if (block === undefined || !isFinal(block)) throw pageGone(id)
  return id
}

function isAskedFor(
  { recipient, leastNet = 0n }: Pick<Params<'bridge_claims'>, 'recipient' | 'leastNet'>,
  request: OpenRequest,
) {
  return request.net >= leastNet && (recipient === undefined || request.to === recipient)
}

function lastOf(block: Hash, requests: readonly RequestPlace[]): Place | undefined {
  const step = requests.at(-1)?.step
  return step === undefined ? undefined : { block, step }
}

function claimAnswer({ siblings, to, ...claim }: MaturedClaim): Page['claims'][number] {
  return { ...claim, siblings: [...siblings], recipient: to }
}
