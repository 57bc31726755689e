// What the bridge's follower asks of Ethereum: a narrow view of one contract. Every answer belongs to a named block.

import type { Address, BlockKey, Hash, Infohash } from '../protocol/ids.ts'
import type { Lane, LaneLengths, QueuePlace } from '../protocol/queue.ts'
import type { PostedBody } from '../protocol/replay.ts'
import type { GasPrice, Gwei, Time, Work } from '../protocol/units.ts'

/** An endpoint may be this many blocks behind itself or another one before that is reported. */
export const LAG_BLOCKS = 5n

/** A block of Ethereum. */
export type ChainBlock = {
  readonly number: bigint
  readonly hash: Hash
  readonly parent: Hash
  readonly time: Time
}

/** Where an event is on Ethereum; ascending by `number`, then `logIndex`. */
export type ChainPlace = {
  readonly number: bigint
  readonly hash: Hash
  readonly logIndex: number
  readonly transaction: Hash
  /** Of the block of Ethereum. */
  readonly time: Time
}

/** A bridging block was published. Anyone who has this, and the blobs if there are any, has the entire block. */
export type PublishedEvent = {
  readonly kind: 'published'
  readonly id: Hash
  readonly parent: Hash
  readonly miner: Address
  /** Infohash of the block's torrent: a hint, never judged. */
  readonly torrent: Infohash
  /** Sealed header, 417 bytes. */
  readonly sealed: Uint8Array
  readonly body: PostedBody
  readonly time: Time
}
type RefutedEvent = { readonly kind: 'refuted'; readonly id: Hash; readonly prover: Address }
/** `fee` wTTX (base units) were minted to the miner; zero where the block earns nothing and its requests are paid whole. */
export type FinalizedEvent = {
  readonly kind: 'finalized'
  readonly id: Hash
  readonly miner: Address
  readonly fee: bigint
}
/** By their keys, since the contract has no more of them. */
export type NominatedEvent = { readonly kind: 'nominated'; readonly parent: BlockKey; readonly block: BlockKey }
/** Queue entry `index`: `gross` wTTX (base units) were burned. */
export type DepositedEvent = {
  readonly kind: 'deposited'
  readonly index: bigint
  readonly from: Address
  readonly to: Address
  readonly gross: bigint
  readonly time: Time
}
/** Entry `index` of the lane of assets: the contract `asset` entered `amount` of itself, in units of its own. */
export type EnteredEvent = {
  readonly kind: 'entered'
  readonly index: bigint
  readonly asset: Address
  readonly to: Address
  readonly amount: bigint
  readonly fee: Gwei
  readonly time: Time
}
/** Queue entry `index`: a packed transaction. */
type ForcedEvent = {
  readonly kind: 'forced'
  readonly index: bigint
  readonly from: Address
  readonly fee: Gwei
  readonly packed: Uint8Array
  readonly time: Time
}
/** Request `number` of the final branch was paid: `amount` wTTX (base units) to `to`. */
export type ClaimedEvent = {
  readonly kind: 'claimed'
  readonly block: Hash
  readonly number: bigint
  readonly to: Address
  readonly amount: bigint
}

export type BridgeEvent = (
  | PublishedEvent
  | RefutedEvent
  | FinalizedEvent
  | NominatedEvent
  | DepositedEvent
  | EnteredEvent
  | ForcedEvent
  | ClaimedEvent
) & { readonly place: ChainPlace }

/** What the contract keeps of a block, as far as the node compares it with the events. */
export type BlockRecord = {
  /** As it was asked for: by its id, or by its key alone. */
  readonly id: Hash | BlockKey
  readonly parent: BlockKey
  /** Zero if there is no such block. */
  readonly publishedAt: Time
  /** Cumulative, expected hashes from genesis. */
  readonly work: Work
  readonly refuted: boolean
  readonly final: boolean
  /** Earliest live (unrefuted) child, or zero. */
  readonly firstChild: BlockKey
  /** The live sibling published after it, or zero. */
  readonly nextSibling: BlockKey
  /** The block that is in its slot, or zero. */
  readonly slot: BlockKey
}

/** How many entries a lane ever got, and its running hash at the length that was asked for; `undefined` for zero or beyond the end. */
export type LaneReading = { readonly length: bigint; readonly hash: Hash | undefined }

/** What the contract says as of one block of Ethereum. */
export type BridgeReading = {
  readonly finalBlock: Hash
  readonly lanes: { readonly [Each in Lane]: LaneReading }
  /** In the order in which they were asked for. */
  readonly records: readonly BlockRecord[]
}

/** What the contract was deployed with. */
export type BridgeParameters = {
  readonly chain: bigint
  readonly bridge: Address
  readonly token: Address
  /** Base units. */
  readonly minRequest: bigint
  /** Base units. */
  readonly minDeposit: bigint
  /** What bonds and entries of the queue cost for a unit of gas at least. */
  readonly floorPrice: GasPrice
  readonly easiestTarget: bigint
  /** Id of the genesis block. */
  readonly genesis: Hash
  readonly deployedAt: Time
}

/**
 * Every method throws `OperationError`: `ethereum-silent` (no answer; `retry`), `ethereum-refused` (an error as the answer; `retry`),
 * `ethereum-wrong-chain`, `ethereum-no-bridge`, `ethereum-pruned-logs`, `ethereum-disagreement` and `ethereum-lags` (several endpoints; `retry`),
 * `ethereum-closed`.
 */
export interface Chain {
  /** Checks that this is the right chain and that the contract is there. */
  parameters(): Promise<BridgeParameters>
  /** The newest block. */
  head(): Promise<ChainBlock>
  /** The canonical block of this number; `undefined` above the newest one. */
  blockAt(number: bigint): Promise<ChainBlock | undefined>
  /** All events of the bridge in blocks `from` to `to`, both included, in their order. */
  events(from: bigint, to: bigint): Promise<readonly BridgeEvent[]>
  /** State of the contract after block `at`, which must be canonical; `lengths` are those whose running hashes are wanted. */
  read(at: Hash, lengths: LaneLengths, blocks: readonly (Hash | BlockKey)[]): Promise<BridgeReading>
  /** Which of these requests were paid, as of block `at`; in the order in which they were asked for. */
  areClaimed(at: Hash, numbers: readonly bigint[]): Promise<readonly boolean[]>
  /** When an entry of the queue was made, as of block `at`. */
  queueTime(at: Hash, place: QueuePlace): Promise<Time>
  /** Ends what is under way; every later call throws `ethereum-closed`. */
  close(): void
}
