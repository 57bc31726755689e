// What a miner puts into a block: the queue as the rule wants it, then requests by what they pay for a step, as miner/assemble.ts does.

import type { Offer, Policy } from '../../../../miner/assemble.ts'
import { decide } from '../../../../miner/profit.ts'
import { feeOf } from '../../../../node/protocol/fee.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { ofLanes } from '../../../../node/protocol/queue.ts'
import { STEP_LIMIT } from '../../../../node/protocol/rules.ts'
import { type BaseUnits, type GasPrice, GWEI, type Gwei, toBaseUnits, toGwei } from '../../../../node/protocol/units.ts'
import { ASSUMED } from './assumptions.ts'
import type { SimulatedBridge } from './bridge.ts'
import type { Draft, LaneCounts, Request } from './draft.ts'
import { GAS, publishGas } from './gas.ts'
import { NO_ENTRIES } from './lanes.ts'

/** `all` that pays; `empty`: nothing but the queue; `least`: of that only what the rule demands. */
export type Taste = 'all' | 'empty' | 'least'

export type Content = {
  readonly requests: readonly Request[]
  readonly counts: LaneCounts
  readonly size: number
  readonly entries: number
  readonly fee: BaseUnits
  readonly queueFees: Gwei
  /** Since when the oldest of it waits, seconds. */
  readonly since: number
}

export type Scene = {
  readonly bridge: SimulatedBridge
  /** Requests that are not final. */
  readonly open: Iterable<Request>
  /** A block by its id, published or not. */
  readonly draftOf: (id: Hash) => Draft | undefined
  readonly gasPrice: GasPrice
  readonly now: number
}

/** What the rule will demand when a block that is found now is on Ethereum, seconds. */
const AHEAD_SECONDS = 600

export function contentOn(scene: Scene, parent: Hash, taste: Taste): Content {
  const { bridge, gasPrice } = scene
  const from = scene.draftOf(parent)?.counts ?? NO_ENTRIES
  const counts = ofLanes((name) => {
    const lane = bridge.lanes[name]
    return taste === 'least' ? lane.least(from[name], scene.now + AHEAD_SECONDS) : lane.most(from[name])
  })
  const entries = bridge.entriesOf({ counts }, from)
  const requests = taste === 'all' ? chooseRequests(scene, parent, STEP_LIMIT - entries.length, gasPrice) : []
  let fee = requests.reduce((sum, { amount }) => sum + feeOf(amount), 0n)
  let queueFees = 0n
  for (const entry of entries) {
    fee += feeOf(entry.gross) + feeOf(entry.request?.amount ?? 0n)
    queueFees += entry.fee
  }
  const since = [...requests.map(({ madeAt }) => madeAt), ...entries.map(({ time }) => time)]
  return {
    requests,
    counts,
    size: entries.length + requests.length,
    entries: entries.length,
    fee: toBaseUnits(fee),
    queueFees: toGwei(queueFees),
    since: since.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY),
  }
}

/** By the rule of the product's miner (miner/profit.ts). */
export function isWorthIt(content: Content, gasPrice: GasPrice, now: number): boolean {
  const waiting = { sinceMs: content.since * 1_000, longestMs: ASSUMED.longestWaitSeconds * 1_000 }
  return content.size > 0 && decide(offerOf(content), policyAt(gasPrice), waiting, now * 1_000).publish
}

/** What a block of this content brings and costs, as the product's miner counts it. */
export function offerOf(content: Content): Offer {
  const { requests, fee, queueFees, entries } = content
  return { queueEntries: entries, requests: requests.length, fee, queueFees, gas: publishGas(content, false), blobs: 0 }
}

export function policyAt(gasPrice: GasPrice): Policy {
  const { weiPerTtx, marginPercent, unpaidSteps } = ASSUMED
  const extraGas = GAS.finalize + GAS.release + GAS.withdraw
  return { weiPerTtx, gasPrice, marginPercent, extraGas, unpaidSteps }
}

/** What a request pays beyond its gas, wei. */
function surplusOf(request: Request, gasPrice: GasPrice): bigint {
  return weiOf(feeOf(request.amount)) - GAS.step * gasPrice
}

/** What base units of TTX are worth, wei. */
export function weiOf(tokens: bigint): bigint {
  return (tokens * ASSUMED.weiPerTtx) / (GWEI * GWEI)
}

function chooseRequests(scene: Scene, parent: Hash, room: number, gasPrice: GasPrice): Request[] {
  const taken = new Set<Request>()
  const { bridge } = scene
  for (let at = scene.draftOf(parent); at && bridge.model.find(at.id)?.final !== true; at = scene.draftOf(at.parent)) {
    for (const request of at.requests) taken.add(request)
  }
  const free = [...scene.open].filter((request) => !taken.has(request))
  const ranked = free
    .map((request) => ({ request, size: Number(request.amount) }))
    .sort((a, b) => b.size - a.size || a.request.id - b.request.id)
    .map(({ request }) => request)
  // A transaction that pays more than another has the greater surplus: each is one step.
  const end = ranked.findIndex((request) => surplusOf(request, gasPrice) <= 0n)
  const paying = ranked.slice(0, end < 0 ? ranked.length : end)
  const poor = ranked.slice(paying.length, paying.length + ASSUMED.unpaidSteps)
  return [...paying, ...poor].slice(0, room)
}
