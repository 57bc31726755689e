// Which transactions go into a block first: paying requests with what they depend on by fee minus gas, then all else by coin age, other assets last.

import type { Asset } from '../node/protocol/asset.ts'
import { feeOf } from '../node/protocol/fee.ts'
import type { Infohash } from '../node/protocol/ids.ts'
import { STEP_LIMIT, UNIT } from '../node/protocol/rules.ts'
import { addWei, type BaseUnits, toBaseUnits, toWei, type Wei } from '../node/protocol/units.ts'
import type { Result } from '../node/rpc/api.ts'
import type { GasPrices } from './rows.ts'

export type Candidate = Result<'bridge_template'>['candidates'][number]

/** What a block's content costs and brings, in wei. */
export type Prices = GasPrices & {
  /** What 10^18 base units of wTTX are worth. Zero: not known. */
  readonly weiPerTtx: bigint
}

/** A transaction and the unordered ancestors that are not in the block yet, ancestors first. */
export type Package = { readonly items: readonly Candidate[]; readonly score: bigint }

/** The worth of an amount of wTTX. */
export function worthOf(amount: BaseUnits, { weiPerTtx }: Pick<Prices, 'weiPerTtx'>): Wei {
  return toWei((amount * weiPerTtx) / UNIT)
}

/** Steps of a package at most, wherever a block has its rows: walking to the ancestors of all candidates takes a time that this bounds. */
const PACKAGE_LIMIT = STEP_LIMIT

/**
 * Requests of TTX whose fee pays for what their package costs, the greatest surplus a step first. `costOfItem` is what a candidate adds to the cost of a
 * block. Where no price is known, every request pays, and the fee itself decides.
 */
export function rankPaying(
  candidates: readonly Candidate[],
  taken: ReadonlySet<Infohash>,
  prices: Prices,
  costOfItem: (candidate: Candidate) => Wei,
): Package[] {
  const byId = new Map(candidates.map((each) => [each.infohash, each]))
  const packages = candidates.flatMap((candidate): Package[] => {
    if (!hasFee(candidate) || taken.has(candidate.infohash)) return []
    const items = packageOf(candidate, byId, taken)
    if (items === undefined) return []
    const fee = items.reduce((sum, item) => sum + (hasFee(item) ? feeOf(item.request) : 0n), 0n)
    const count = BigInt(items.length)
    if (prices.weiPerTtx === 0n) return [{ items, score: fee / count }]
    const surplus = worthOf(toBaseUnits(fee), prices) - addWei(items.map(costOfItem))
    return surplus > 0n ? [{ items, score: surplus / count }] : []
  })
  return packages.sort(compare)
}

/**
 * All else, by the coin age that its packages destroy a step; ties by which was seen first. What moves another asset than TTX comes last, as it
 * pays nothing and costs its sender nothing.
 */
export function rankByCoinAge(candidates: readonly Candidate[], taken: ReadonlySet<Infohash>): Package[] {
  const byId = new Map(candidates.map((each) => [each.infohash, each]))
  const packages = candidates.flatMap((candidate): Package[] => {
    if (taken.has(candidate.infohash)) return []
    const items = packageOf(candidate, byId, taken)
    if (items === undefined) return []
    const age = items.reduce((sum, { coinAge }) => sum + coinAge, 0n)
    return [{ items, score: age / BigInt(items.length) }]
  })
  return packages.sort((a, b) => Number(isOfAsset(a)) - Number(isOfAsset(b)) || compare(a, b))
}

/**
 * Without requests of assets that are not listed, which pay the miner in what it cannot price; what depends on them goes with them. Those whom no miner
 * lists leave by force.
 */
export function listedOnly(
  candidates: readonly Candidate[],
  assets: ReadonlySet<Asset> | undefined,
): readonly Candidate[] {
  if (assets === undefined) return candidates
  return candidates.filter(({ request, asset }) => request === undefined || asset === undefined || assets.has(asset))
}

/** Whether it brings the miner a fee, which requests of other assets do not. */
export function hasFee(candidate: Candidate): candidate is Candidate & { readonly request: bigint } {
  return candidate.request !== undefined && candidate.asset === undefined
}

function isOfAsset({ items }: Package): boolean {
  return items.at(-1)?.asset !== undefined
}

/** `undefined` if an ancestor is not among the candidates, if there are too many, or if ancestors form a circle (a wrong template). */
function packageOf(
  candidate: Candidate,
  byId: ReadonlyMap<Infohash, Candidate>,
  taken: ReadonlySet<Infohash>,
): Candidate[] | undefined {
  const items: Candidate[] = []
  const state = new Map<Infohash, 'open' | 'done'>()
  const stack: Infohash[] = [candidate.infohash]
  for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
    if (taken.has(id) || state.get(id) === 'done') {
      stack.pop()
      continue
    }
    const item = byId.get(id)
    if (item === undefined || items.length === PACKAGE_LIMIT) return undefined
    const missing = item.after.filter((parent) => !taken.has(parent) && state.get(parent) !== 'done')
    if (missing.length === 0) {
      state.set(id, 'done')
      items.push(item)
      stack.pop()
    } else if (state.get(id) === 'open') return undefined
    else {
      state.set(id, 'open')
      stack.push(...missing)
    }
  }
  return items
}

function compare(a: Package, b: Package): number {
  if (a.score !== b.score) return a.score > b.score ? -1 : 1
  const [left, right] = [a.items.at(-1), b.items.at(-1)]
  if (left === undefined || right === undefined) return 0
  return left.firstSeen - right.firstSeen || (left.infohash < right.infohash ? -1 : 1)
}
