// What a miner puts into a block, and where it posts it: the queue as the rule wants it, then requests by what they pay, then payments that pay
// nobody, by the rules of the product's miner (miner/assemble.ts).

import { budgetOf, costOf, isBetter, type Offer, type Policy } from '../../../../miner/assemble.ts'
import { decide } from '../../../../miner/profit.ts'
import { worthOf } from '../../../../miner/ranking.ts'
import {
  addLoads,
  expenseOf,
  type GasPrices,
  isWithin,
  type Load,
  loadOfStep,
  NO_LOAD,
  shareOf,
} from '../../../../miner/rows.ts'
import type { Rows } from '../../../../miner/rows-choice.ts'
import { FINALIZE_GAS, RELEASE_GAS } from '../../../../node/ethereum/calls.ts'
import { feeOf } from '../../../../node/protocol/fee.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { LANES, ofLanes } from '../../../../node/protocol/queue.ts'
import { type BaseUnits, GWEI, type Gwei, toBaseUnits, toGwei, type Wei } from '../../../../node/protocol/units.ts'
import { ASSUMED } from './assumptions.ts'
import type { SimulatedBridge } from './bridge.ts'
import type { Draft, LaneCounts, Request } from './draft.ts'
import { type Entry, NO_ENTRIES } from './lanes.ts'

/** `all` that pays; `empty`: nothing but the queue; `least`: of that only what the rule demands. */
export type Taste = 'all' | 'empty' | 'least'

export type Content = {
  readonly rows: Rows
  readonly load: Load
  readonly requests: readonly Request[]
  readonly counts: LaneCounts
  /** As in a draft: with those of its ancestors. */
  readonly payments: number
  readonly fee: BaseUnits
  readonly queueFees: Gwei
  /** Since when the oldest of it waits, seconds. */
  readonly since: number
}

export type Scene = {
  readonly bridge: SimulatedBridge
  /** Requests that are not final. */
  readonly open: Iterable<Request>
  /** How many payments were made up to now. */
  readonly payments: number
  /** A block by its id, published or not. */
  readonly draftOf: (id: Hash) => Draft | undefined
  /** Without a price of blobs blocks are posted in calldata. */
  readonly prices: GasPrices
  readonly now: number
}

/** What the rule will demand when a block that is found now is on Ethereum, seconds. */
const AHEAD_SECONDS = 600
/** Bytes of a deposit, and of a forced transaction in its short form. */
const ENTRY_BYTES = { deposits: 37, assets: 37, forced: 41 } as const
/** Of one that is valid, beside its packed bytes. */
const APPLIED_BYTES = 9
const REQUEST_LOAD: Load = { ...loadOfStep(ASSUMED.paymentBytes), requests: 1 }

export function contentOn(scene: Scene, parent: Hash, taste: Taste): Content {
  const queued = queueOn(scene, parent, taste)
  const waiting =
    taste === 'all' ? { requests: rankOpen(scene, parent), payments: scene.payments - queued.payments } : NOTHING
  const policy = policyAt(scene.prices)
  const inCalldata = fill(queued, waiting, policy, 'calldata')
  if (policy.blobGasPrice === undefined) return inCalldata
  const inBlobs = fill(queued, waiting, policy, 'blobs')
  // A block without steps has no rows.
  if (inBlobs.load.steps === 0) return inCalldata
  return isBetter(offerOf(inBlobs), offerOf(inCalldata), policy) ? inBlobs : inCalldata
}

/** By the rule of the product's miner (miner/profit.ts). */
export function isWorthIt(content: Content, prices: GasPrices, now: number): boolean {
  const waiting = { sinceMs: content.since * 1_000, longestMs: ASSUMED.longestWaitSeconds * 1_000 }
  return decide(offerOf(content), policyAt(prices), waiting, now * 1_000).publish
}

/** What a block of this content brings and costs, as the product's miner expects it. */
export function offerOf({ rows, load, requests, fee, queueFees }: Content): Offer {
  const { queueEntries } = load
  return { queueEntries, requests: requests.length, fee, queueFees, ...expenseOf(rows, load) }
}

export function policyAt(prices: GasPrices): Policy {
  const { weiPerTtx, marginPercent, unpaidSteps } = ASSUMED
  return { ...prices, weiPerTtx, marginPercent, extraGas: FINALIZE_GAS + RELEASE_GAS, unpaidSteps }
}

/** What base units of TTX are worth, wei. */
export function weiOf(tokens: bigint): bigint {
  return (tokens * ASSUMED.weiPerTtx) / (GWEI * GWEI)
}

/** What a request costs as a part of a block, where that is cheaper. */
export function leastShare(prices: GasPrices): Wei {
  const [calldata, blobs] = [shareOf('calldata', REQUEST_LOAD, prices), shareOf('blobs', REQUEST_LOAD, prices)]
  return prices.blobGasPrice === undefined || calldata < blobs ? calldata : blobs
}

/** As many requests. */
export function requestsLoad(count: number): Load {
  return times(REQUEST_LOAD, count)
}

/** As many payments. */
export function paymentsLoad(count: number): Load {
  const { steps, bytes, elements } = loadOfStep(ASSUMED.paymentBytes)
  const growth = Math.ceil(ASSUMED.payments.growth * count)
  return { ...NO_LOAD, steps: steps * count, bytes: bytes * count, elements: elements * count, growth }
}

type Waiting = { readonly requests: readonly Request[]; readonly payments: number }
const NOTHING: Waiting = { requests: [], payments: 0 }

type Queued = Omit<Content, 'rows' | 'requests'>

/** What a block on this parent consumes of the queue. */
function queueOn({ bridge, now, draftOf }: Scene, parent: Hash, taste: Taste): Queued {
  const below = draftOf(parent)
  const from = below?.counts ?? NO_ENTRIES
  const counts = ofLanes((name) => {
    const lane = bridge.lanes[name]
    return taste === 'least' ? lane.least(from[name], now + AHEAD_SECONDS) : lane.most(from[name])
  })
  let load = NO_LOAD
  let [fee, queueFees, since] = [0n, 0n, Number.POSITIVE_INFINITY]
  for (const name of LANES) {
    for (const entry of bridge.lanes[name].entries.slice(from[name], counts[name])) {
      load = addLoads(load, loadOfEntry(name, entry))
      fee += feeOf(entry.gross) + feeOf(entry.request?.amount ?? 0n)
      queueFees += entry.fee
      since = Math.min(since, entry.time)
    }
  }
  return { load, counts, payments: below?.payments ?? 0, fee: toBaseUnits(fee), queueFees: toGwei(queueFees), since }
}

function loadOfEntry(lane: keyof LaneCounts, { request }: Entry): Load {
  const size = request ? APPLIED_BYTES + ASSUMED.forcedBytes.usual : ENTRY_BYTES[lane]
  return {
    ...loadOfStep(size),
    queueEntries: 1,
    requests: request ? 1 : 0,
    growth: lane === 'forced' && !request ? 0 : 1,
  }
}

/** Requests that pay for what they cost, then what has room beside them. */
function fill(queued: Queued, waiting: Waiting, policy: Policy, rows: Rows): Content {
  const share = shareOf(rows, REQUEST_LOAD, policy)
  const pays = ({ amount }: Request) => worthOf(toBaseUnits(feeOf(amount)), policy) > share
  const end = waiting.requests.findIndex((request) => !pays(request))
  const paying = end < 0 ? waiting.requests.length : end
  const withRequests = (count: number) => addLoads(queued.load, requestsLoad(count))
  const first = most(paying, (count) => isWithin(rows, withRequests(count)))
  const chosen = contentOf(queued, waiting.requests.slice(0, first), 0, rows)
  // Payments never cause a block, and have no blob that is paid for anyway where nothing else does.
  const isCaused = chosen.load.requests + chosen.load.queueEntries > 0
  const budget = budgetOf(offerOf(chosen), policy)
  const allows = (before: Content, after: Content, unpaid: number) => {
    if (!isWithin(rows, after.load)) return false
    const [cost, less] = [after, before].map((each) => costOf(expenseOf(rows, each.load), policy))
    if (cost === undefined || less === undefined || (isCaused && cost <= less)) return true
    return budget === undefined ? unpaid <= policy.unpaidSteps : cost <= budget
  }
  // Beside a blob that is paid for, only a step that opens another one counts as unpaid.
  const unpaidOf = (before: Content, after: Content, count: number) =>
    rows === 'blobs' && isCaused ? expenseOf(rows, after.load).blobs - expenseOf(rows, before.load).blobs : count
  const poorOf = (count: number) => contentOf(queued, waiting.requests.slice(0, first + count), 0, rows)
  // What requests take of a head has a price, so none of these is free.
  const poor = most(first < paying ? 0 : Math.min(policy.unpaidSteps, waiting.requests.length - paying), (count) =>
    allows(chosen, poorOf(count), count),
  )
  if (!isCaused && poor === 0) return chosen
  const beside = poorOf(poor)
  const withPayments = (count: number) => contentOf(queued, beside.requests, count, rows)
  const payments = most(waiting.payments, (count) => {
    const after = withPayments(count)
    return allows(beside, after, poor + unpaidOf(beside, after, count))
  })
  return withPayments(payments)
}

function contentOf(queued: Queued, requests: readonly Request[], payments: number, rows: Rows): Content {
  const load = addLoads(addLoads(queued.load, requestsLoad(requests.length)), paymentsLoad(payments))
  const fee = requests.reduce((sum, { amount }) => sum + feeOf(amount), BigInt(queued.fee))
  const since = requests.reduce((least, { madeAt }) => Math.min(least, madeAt), queued.since)
  return {
    ...{ rows, load, requests, counts: queued.counts, payments: queued.payments + payments },
    ...{ fee: toBaseUnits(fee), queueFees: queued.queueFees, since },
  }
}

/** The greatest count up to `limit` that is allowed, if with one all smaller ones are. */
function most(limit: number, isAllowed: (count: number) => boolean): number {
  let [low, high] = [0, Math.max(0, limit)]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (isAllowed(middle)) low = middle
    else high = middle - 1
  }
  return low
}

function times(load: Load, count: number): Load {
  const { steps, bytes, elements, queueEntries, requests, growth } = load
  return {
    ...{ steps: steps * count, bytes: bytes * count, elements: elements * count },
    ...{ queueEntries: queueEntries * count, requests: requests * count, growth: growth * count },
  }
}

/** The largest first, as each is one step. */
function rankOpen(scene: Scene, parent: Hash): Request[] {
  const taken = new Set<Request>()
  const { bridge } = scene
  for (let at = scene.draftOf(parent); at && bridge.model.find(at.id)?.final !== true; at = scene.draftOf(at.parent)) {
    for (const request of at.requests) taken.add(request)
  }
  const free = [...scene.open].filter((request) => !taken.has(request))
  return free
    .map((request) => ({ request, size: Number(request.amount) }))
    .sort((a, b) => b.size - a.size || a.request.id - b.request.id)
    .map(({ request }) => request)
}
