// What this node knows of the bridge: the tree of published blocks with its own verdicts, slots, queue and payments.

import type { ChainPlace } from '../ethereum/chain.ts'
import type { Asset } from '../protocol/asset.ts'
import { requestsOf, type Verdict } from '../protocol/block.ts'
import type { SealedHeader } from '../protocol/header.ts'
import type { Hash, Infohash } from '../protocol/ids.ts'
import type { Rules } from '../protocol/rules.ts'
import { ofAsset } from '../protocol/state.ts'
import type { Time, Work } from '../protocol/units.ts'
import type { QueueView } from './queue-view.ts'

/**
 * - `doomed`: it builds on the invalid block `by`.
 * - `displaced`: it is beside or below a block that is final for good, can never be final, and was not replayed.
 * - `unknown`: not judged (yet), for the reason given. Neither right nor wrong: nothing is built on it, and it is not held against anyone.
 */
export type BlockVerdict =
  | { readonly verdict: 'valid' }
  | Extract<Verdict, { verdict: 'invalid' }>
  | { readonly verdict: 'doomed'; readonly by: Hash }
  | { readonly verdict: 'displaced' }
  | { readonly verdict: 'unknown'; readonly why: string }

/** When and how a block became final. `unpaid`: its miner earned nothing. */
type Finality = { readonly place: ChainPlace; readonly fee: bigint; readonly unpaid: boolean }

/** A step of a block that is a request; of TTX if it has no asset. */
export type RequestPlace = { readonly step: number; readonly asset?: Asset }

export type BridgeBlock = {
  readonly id: Hash
  readonly sealed: SealedHeader
  readonly publishedAt: Time
  /** Cumulative, expected hashes from genesis. */
  readonly work: Work
  /** Infohash of its torrent, as its publication says: a hint, never judged. `undefined` for the block with which this node began. */
  readonly torrent?: Infohash
  /** Versioned hashes of the blobs that have its rows; `undefined` for one whose rows are in calldata. */
  readonly blobs?: readonly Hash[]
  /** Where it was published; `undefined` for the block with which this node began. */
  readonly place?: ChainPlace
  readonly verdict: BlockVerdict
  readonly refuted: boolean
  readonly finality?: Finality
  /** In step order. */
  readonly requests: readonly RequestPlace[]
  /** In the order of publication, refuted ones included. */
  readonly children: readonly Hash[]
}

/** Which block is in a parent's slot, and since when (`place.time`). */
export type Nomination = { readonly block: Hash; readonly place: ChainPlace }

/** The contract made a block final that our own replay refutes: the bridge is lost, and nothing of it is adopted. */
export type BridgeDeath = { readonly block: Hash; readonly place: ChainPlace }

export type BridgeView = {
  /** The final block with which this node began: genesis, or that of a snapshot. */
  readonly root: Hash
  readonly blocks: ReadonlyMap<Hash, BridgeBlock>
  /** The newest final block that this node could adopt. */
  readonly final: Hash
  /** By parent. */
  readonly slots: ReadonlyMap<Hash, Nomination>
  readonly queue: QueueView
  /** Paid requests by their numbers on the final branch, with the net amount in base units. */
  readonly claimed: ReadonlyMap<bigint, bigint>
  readonly death?: BridgeDeath
}

/** The requests among the steps of a right block. */
export function requestPlaces(rules: Rules, steps: Uint8Array): RequestPlace[] {
  return requestsOf(rules, steps).map(({ step, asset }) => ofAsset({ step }, asset))
}

/** The numbers along its branch of those requests of a block that the bridge pays, which are of TTX, in step order. */
export function payableNumbers({ sealed, requests }: Pick<BridgeBlock, 'sealed' | 'requests'>): bigint[] {
  return requests.flatMap(({ asset }, i) => (asset === undefined ? [sealed.header.firstRequest + BigInt(i)] : []))
}

/** The number of the request that is this step of the block; `undefined` if there is none. */
export function requestNumberOf(block: Pick<BridgeBlock, 'sealed' | 'requests'>, step: number): bigint | undefined {
  const index = block.requests.findIndex((request) => request.step === step)
  return index < 0 ? undefined : block.sealed.header.firstRequest + BigInt(index)
}

/** Throws a `RangeError` where the block is not in the view: our bug. */
export function blockOf(view: Pick<BridgeView, 'blocks'>, id: Hash): BridgeBlock {
  const block = view.blocks.get(id)
  if (block === undefined) throw new RangeError(`there is no block ${id} in this view`)
  return block
}

/** The block and what is below it, newest first, down to the root of the view. */
export function* ancestry(view: Pick<BridgeView, 'blocks'>, id: Hash): Generator<BridgeBlock> {
  for (let block = view.blocks.get(id); block !== undefined; block = view.blocks.get(block.sealed.header.parent)) {
    yield block
  }
}

/** The block and everything above it, parents before children, siblings in the order of publication. */
export function* descent(view: Pick<BridgeView, 'blocks'>, id: Hash): Generator<BridgeBlock> {
  const waiting = [id]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const block = blockOf(view, next)
    yield block
    for (const child of block.children.toReversed()) waiting.push(child)
  }
}

/** Lower ones first, those of one height in the order of publication; what has no place was there before all others. */
export function compareHeights(a: BridgeBlock, b: BridgeBlock): number {
  const [aHeight, bHeight] = [a.sealed.header.height, b.sealed.header.height]
  return aHeight === bHeight ? comparePublications(a, b) : aHeight < bHeight ? -1 : 1
}

/** In the order of publication; what has no place was there before all others. */
export function comparePublications({ place: a }: BridgeBlock, { place: b }: BridgeBlock): number {
  if (a === undefined || b === undefined) return Number(b === undefined) - Number(a === undefined)
  return a.number === b.number ? a.logIndex - b.logIndex : Number(a.number - b.number)
}

/** Whether our own replay says so, of the block or of one below it. */
export function isWrong({ verdict }: BlockVerdict): boolean {
  return verdict === 'invalid' || verdict === 'doomed'
}

/** Whether block `id` is `below` or builds on it, over however many blocks. */
export function descendsFrom(view: Pick<BridgeView, 'blocks'>, id: Hash, below: Hash): boolean {
  const { height } = blockOf(view, below).sealed.header
  for (const block of ancestry(view, id)) {
    if (block.sealed.header.height <= height) return block.id === below
  }
  return false
}
