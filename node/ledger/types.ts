// What the ledger knows and what the rest of the node may ask of it. Long, as it is the whole of what may be asked, with what each answer means.

import type { Asset } from '../protocol/asset.ts'
import type { BlockRequest } from '../protocol/block-torrent.ts'
import type { Address, Hash, Infohash } from '../protocol/ids.ts'
import type { Amount } from '../protocol/offer.ts'
import type { DepositEntry, EnteredEntry } from '../protocol/queue.ts'
import type { RuleError } from '../protocol/rule-error.ts'
import type { Output } from '../protocol/state.ts'
import type { VerifiedTransaction } from '../protocol/verify.ts'
import type { PurseName } from './purse.ts'

/**
 * - `unknown`: the file is not here.
 * - `waiting`: an ancestor's file is missing, or a deposit that it spends is not in a block yet. A deposit itself waits until it is in a block.
 * - `accepted`: valid, and the first seen of its rivals. It may still lose to a rival that gets into a block.
 * - `conflicting`: a rival stands, first seen or ordered; or it descends from such a loser. Dead for good once the rival is final.
 * - `invalid`: no ancestor and no block can make it valid. Never stored.
 * - `ordered`: in a block on the branch that the contract would finalize. That block can still die.
 * - `final`: in a final block, or genesis.
 */
export type Status = 'unknown' | 'waiting' | 'accepted' | 'conflicting' | 'invalid' | 'ordered' | 'final'

/** Where a transaction is in the chain of blocks. Genesis is in block 0, step 0. */
export type BlockPlace = { readonly id: Hash; readonly height: bigint; readonly step: number }

/** What became of a file. `isNew` is false if nothing changed: it was here before, or it was not worth keeping. */
export type Submission = {
  readonly infohash: Infohash
  readonly status: Exclude<Status, 'unknown' | 'invalid'>
  readonly isNew: boolean
  /** Of a waiting one: ancestors whose files are not here, nearest first, at most 64. Empty where it waits for a deposit to be ordered. */
  readonly missing: readonly Infohash[]
  /** Of a conflicting one: what is in its way, or in that of its nearest losing ancestors. Empty if that was spent before the snapshot. */
  readonly rivals: readonly Infohash[]
  readonly block?: BlockPlace
}

/** All that is known of one transaction. */
export type TransactionRecord = {
  readonly infohash: Infohash
  readonly status: Status
  readonly file?: Uint8Array
  /** Unix milliseconds by this node's clock. */
  readonly firstSeenMs?: number
  readonly block?: BlockPlace
  /** Every known transaction that spends one of the same outputs; of a conflicting one without any, those of its losing ancestors. */
  readonly rivals: readonly Infohash[]
  /** As in `Submission`. */
  readonly missing: readonly Infohash[]
  /** Accepted ancestors that no block has ordered; counting stops at 1,000. */
  readonly unorderedAncestors: number
  /** Of an accepted one that was handed in here without the work that nodes ask for, or hangs on one: how many zero bits, as things are now. Others may refuse it until a block orders it. */
  readonly bitsAsked?: number
  /** A rival or an ancestor's rival is final: this one can never be valid again. */
  readonly isDead: boolean
  /** Of an invalid one: the rule that it breaks. */
  readonly error?: RuleError
}

export type LedgerOutput = Output & {
  readonly status: 'accepted' | 'ordered' | 'final'
}

/** Base units of an asset. The first three are disjoint and add up to what can be spent now. */
export type LedgerBalance = {
  /** In outputs of transactions that no block has ordered. */
  readonly accepted: bigint
  readonly ordered: bigint
  readonly final: bigint
  /** Held by ordered or final outputs that accepted, unordered transactions of the owner spend. Their change counts in `accepted`. */
  readonly pendingOut: bigint
  /** Number of outputs that can be spent now. */
  readonly outputs: number
}

/** What is known of one output, whoever asks. */
export type OutputRecord = {
  readonly infohash: Infohash
  /** Of the transaction that makes it. */
  readonly status: Status
  /** Base units; absent if that is not here or makes nothing for the purse, and of what was spent before the snapshot. */
  readonly value?: bigint
  /** What spends it and counts: accepted, ordered or final. */
  readonly spentBy?: Infohash
}

export type AssetBalance = LedgerBalance & { readonly asset: Asset }

export type HistoryItem = {
  readonly infohash: Infohash
  readonly status: Status
  readonly firstSeenMs: number
  readonly direction: 'in' | 'out' | 'self'
  /** What it moves, or issues; TTX if there is none. */
  readonly asset?: Asset
  /** What it pays or issues, base units of the asset. */
  readonly tokens: bigint
  /** Absent for genesis and deposits. */
  readonly from?: Address
  readonly to: Address
  /** Of a request: the recipient on Ethereum. */
  readonly bridgeTo?: Address
  readonly memo?: string
  /** Of a take: what goes the other way, from `to` to `from`. */
  readonly inReturn?: Amount
  readonly block?: BlockPlace
}

/** `next` goes back into the same query as `cursor`; absent at the end. */
export type Page<T, C> = { readonly items: readonly T[]; readonly next?: C }

/** `before` is a position: default behind the newest. */
export type Newest = { readonly before?: number; readonly limit: number; readonly unordered: boolean }

export type LedgerOrder = { readonly infohashes: readonly Infohash[]; readonly next: number; readonly end: number }

/** An accepted transaction that no block has ordered, as a block assembler wants it. */
export type Candidate = {
  readonly infohash: Infohash
  readonly packed: Uint8Array
  readonly from: Address
  /** Unordered parents only: they come earlier in the list. */
  readonly after: readonly Infohash[]
  readonly prev: readonly Infohash[]
  /** What it moves, of a swap of two others what is given; absent for TTX, which an issuance moves too. */
  readonly asset?: Asset
  /** Of a bridge request, base units of that. */
  readonly request?: bigint
  /**
   * Sum over ordered inputs of value x seconds since the input's block was published; base-unit seconds. Unordered inputs count nothing, and
   * other assets than TTX have no age.
   */
  readonly coinAge: bigint
  readonly firstSeenMs: number
}

/** Fingerprints are sums of keccak(infohash) mod 2^256: independent of order. A hint for honest nodes, not a proof against a liar. */
export type LedgerSummary = {
  /** Accepted, ordered and final transactions, genesis and deposits included. */
  readonly count: number
  /** Bytes of their files. */
  readonly weight: bigint
  readonly fingerprint: Hash
  /** The accepted ones that no block has ordered: comparable between nodes on the same block even if one began at a snapshot. */
  readonly unordered: { readonly count: number; readonly fingerprint: Hash }
  readonly conflicting: number
  readonly waiting: number
}

/** Transactions that count and spend money of an owner, of whatever asset, in no order. */
export type SpentBy = {
  readonly transactions: readonly { readonly status: Status; readonly height?: bigint }[]
  /** How many were looked at. */
  readonly looked: number
}

export type LedgerBlock = {
  readonly id: Hash
  readonly height: bigint
  /** Unix seconds at which Ethereum took it. */
  readonly publishedAt: number
}

/** A step of a block that has an effect; `void` steps have none and are left out, as is what was entered and fits no account. */
export type BranchStep =
  | { readonly step: number; readonly kind: 'transaction' | 'applied'; readonly transaction: VerifiedTransaction }
  | {
      readonly step: number
      readonly kind: 'deposit'
      readonly index: bigint
      readonly entry: DepositEntry | EnteredEntry
    }

export type BranchBlock = LedgerBlock & {
  /** In step order. Read only for blocks that are not on the ledger's branch yet, so a getter may build it lazily. */
  readonly steps: readonly BranchStep[]
}

export type Branch = {
  /** The newest final block: one of `blocks`, or the one that is final in the ledger already. */
  readonly final: Hash
  /** The whole branch above the ledger's final block, oldest first, heights without a gap; what is final already may be repeated. */
  readonly blocks: readonly BranchBlock[]
}

/** What changed, after it is on disk. `before` is `unknown` for what is new. A change that was cut is reported batch by batch. */
export type LedgerChange = {
  readonly transactions: readonly { readonly infohash: Infohash; readonly before: Status; readonly after: Status }[]
  /** Infohashes that are new to the shared set: see `isShared`. */
  readonly shared: readonly Infohash[]
  /** Infohashes that left it: rivals that died when another became final. */
  readonly unshared: readonly Infohash[]
  /** The newest block of the branch, where that changed. */
  readonly tip?: LedgerBlock
}

export type PendingRequest = Omit<BlockRequest, 'step' | 'asset'> & { readonly firstSeenMs: number }

/**
 * The money of a node: which transactions stand, and who may spend what. Seniority is the order in which transactions became complete
 * (their file and all ancestors here); a status follows from seniority and the branch alone: what is ordered stands, and of the rest
 * each transaction, in order of seniority, stands if its inputs stand and no senior one took them. So a branch that dies gives back exactly
 * what was there before. Changes are made one after another, each in one atomic batch (several small ones may share a batch; one that
 * touches very much is cut into batches which are each consistent and are completed after a crash).
 *
 * On disk means: a kill of the process loses nothing of it. A power cut may lose the last moments before it, but only whole changes, and
 * nothing from before the last `setBranch`.
 *
 * Every method but `start` throws `OperationError('ledger-closed')` outside of start and stop, and writing ones
 * `OperationError('ledger-failed')` after the disk refused a write: restart then.
 */
export interface TransactionLedger extends AsyncDisposable {
  readonly genesis: Infohash

  /** Throws `OperationError('other-network')` if the database belongs to another genesis, bridge or chain. */
  start(): Promise<void>
  /** Waits for changes in flight. Idempotent. */
  stop(): Promise<void>
  /** Resolves once every change is on disk, waiting transactions whose ancestors came included. */
  idle(): Promise<void>

  /**
   * Judges a file and keeps it if it is worth it; resolves once that is on disk. `source` names who sent it, for its share of the waiting
   * pool. Throws `RuleError` if it can never be valid, whoever judges it (`bad-transaction-file`, `not-signed`, `invalid-transaction`), and
   * `OperationError('deposit-not-queued')` (retry) for a deposit of this bridge that `depositEntry` has not reported, and
   * `OperationError('relay-work')` (retry) where a stranger's file lacks work (`relayPrice`): it is not kept.
   */
  submit(file: Uint8Array, source: string): Promise<Submission>
  /** A deposit that is in Ethereum's queue, or what entered it of another asset, at `index` of its lane: known from now on, spendable once a block on the branch consumes it. */
  depositEntry(index: bigint, entry: DepositEntry | EnteredEntry): Promise<Submission>
  /**
   * Makes the given branch the ordered one. The blocks must have been replayed as valid. Throws `OperationError('bad-branch')` if they do not
   * apply here or contradict what is final; nothing has changed then, or (very long branches) the branch ends at a block that applied.
   */
  setBranch(branch: Branch): Promise<void>
  /**
   * Begins at a final block: for a ledger that holds nothing but genesis and waiting files, else throws `OperationError('ledger-not-empty')`.
   * The outputs must have been checked against the block's state. Files of older transactions are welcome later, but not needed.
   */
  loadSnapshot(block: LedgerBlock, outputs: Iterable<Output>): Promise<void>
  /** Until `release` it accepts nothing: `submit` throws `OperationError('ledger-beginning')`. */
  hold(): void
  release(): void
  readonly isHeld: boolean

  /** Whether the file need not be fetched: here in any state, or rejected lately. */
  has(infohash: Infohash): boolean
  status(infohash: Infohash): Status
  /** The bytes of `tx.json` in any state in which it is here. */
  file(infohash: Infohash): Uint8Array | undefined
  /**
   * Whether the node vouches for it before others: accepted, ordered and final ones, and of conflicting ones those that were
   * accepted once or were the first rival of an output (evidence of a double spend), unless dead.
   */
  isShared(infohash: Infohash): boolean
  record(infohash: Infohash): TransactionRecord
  /** `bitsAsked` of its record; 0 without. It looks at fewer ancestors, and says what was asked of those farther away when they came. */
  bitsLacking(infohash: Infohash): number
  /** As in its record; none of what is not stored. */
  rivals(infohash: Infohash): readonly Infohash[]

  /** What can be spent now, settled ones first, then the most valuable. `limit` defaults to 1,000. */
  outputs(purse: PurseName, limit?: number): Promise<LedgerOutput[]>
  balance(purse: PurseName): LedgerBalance
  /** What became of the output that a transaction makes for the purse. */
  output(purse: PurseName, infohash: Infohash): OutputRecord
  /** Other assets than TTX of which the owner has some, or spent some that is not ordered yet: in no order of value. `limit` defaults to 100. */
  assets(owner: Address, options?: { after?: Asset; limit?: number }): Promise<Page<AssetBalance, Asset>>
  /**
   * Outputs of the purse that hold at least `amount`, at most `maxInputs` (default and at most 8): settled ones if they suffice; one output
   * that is just big enough, and with it the smallest final one that holds no more than `amount`, so that payments do not enlarge the state; else the
   * largest ones. Throws `OperationError` `insufficient-funds`, or `funds-spread` if the money is there but in
   * too many outputs (its facts say how much `maxInputs` can reach: consolidate first). Those of transactions in `without` are left alone.
   */
  selectInputs(
    purse: PurseName,
    amount: bigint,
    maxInputs?: number,
    without?: readonly Infohash[],
  ): Promise<LedgerOutput[]>
  /** Zero bits that nodes ask for in the infohash of a payment that spends what these transactions hold for a purse, as far as this one can tell. */
  relayBits(purse: PurseName, creators: readonly Infohash[]): number
  /** Transactions that spent of the purse or paid into it, newest first. `limit` defaults to 50, at most 1,000. */
  history(purse: PurseName, options?: { cursor?: number; limit?: number }): Promise<Page<HistoryItem, number>>

  /** All that is stored and complete in order of seniority, from `cursor` (default 0: the oldest). `limit` defaults to 1,000. */
  arrivals(cursor?: number, limit?: number): Promise<Page<{ infohash: Infohash; status: Status }, number>>
  /**
   * The shared set in the order in which it was stored, from `from` on: parents come before children, but for what is older than the block that a ledger
   * began with. Looks at `most` positions; what is at none of them any more, or is not shared, is left out. `next` is where to go on, `end` the position behind the newest.
   * `unordered`: only what no block has ordered. Positions stay the same over restarts.
   */
  order(from: number, most: number, unordered?: boolean): Promise<LedgerOrder>
  /** The same set from the other end: the newest first. A page may have fewer than `limit`, where few of many positions are unordered. */
  newest(page: Newest): Promise<Page<Infohash, number>>
  /** How many more waiting files there is room for, of one source. */
  room(source: string): number
  /** The shared set, ascending, as far as it begins with `prefix` (hex digits, perhaps none) and comes after `after`. A view of one moment. */
  infohashes(prefix?: string, after?: Infohash): AsyncIterable<Infohash>
  /** The shared set, each with whether `summary` counts it. A view of one moment. */
  shared(): AsyncIterable<{ readonly infohash: Infohash; readonly isCounted: boolean }>
  summary(): LedgerSummary
  /** Conflicting transactions that are not dead, oldest first. `limit` defaults to 100. */
  conflicts(limit?: number): Promise<TransactionRecord[]>
  /** Files that waiting transactions lack, most wanted first. `limit` defaults to 1,000. */
  wanted(limit?: number): Infohash[]

  /**
   * Unordered accepted transactions for a block, parents before children, closed under unordered ancestors. If there are more than `limit`
   * (default 2,000): requests of TTX by amount first, then what spends ordered outputs of TTX by value, then the rest by seniority, other assets last.
   */
  candidates(limit?: number): Promise<Candidate[]>
  /** Accepted requests of TTX that no block has ordered, greatest amount (by power of two) first. `limit` defaults to 1,000. */
  pendingRequests(limit?: number): Promise<PendingRequest[]>
  /**
   * The ancestors between a transaction and what is ordered: those not here (nothing, if the payment is available) and the unordered ones,
   * nearest first. Looks at no more than `limit` (default 10,000) transactions and says whether that sufficed.
   */
  pathToFinal(
    infohash: Infohash,
    limit?: number,
  ): { missing: readonly Infohash[]; unordered: readonly Infohash[]; complete: boolean }
  /** How many transactions that count spend, at once or through others, what this one pays. Counting stops at `limit` (default 1,000). */
  descendants(infohash: Infohash, limit?: number): number

  /** The branch: its newest final block, and the blocks above it, oldest first. At first `final` is block 0 with a zero id. */
  branch(): { readonly final: LedgerBlock; readonly blocks: readonly LedgerBlock[] }
  /** Height of the block at which it began: 0 for genesis, else that of the snapshot. */
  readonly begunAt: bigint
  /** A block of the branch, also one that is final; undefined above the tip, and between genesis and the block at which the ledger began. */
  block(height: bigint): LedgerBlock | undefined
  /** What a block of the branch has ordered, in step order; undefined where `block` is, of that of a snapshot, and of those that an older version made final. */
  contents(height: bigint): readonly Infohash[] | undefined
  /** Where a transaction stands, and its file: its record without all that takes a walk. */
  look(infohash: Infohash): Pick<TransactionRecord, 'status' | 'file' | 'block'>
  /** The files of these, undefined of what is not here; many at once hold up nothing else. */
  files(infohashes: readonly Infohash[]): Promise<(Uint8Array | undefined)[]>
  /** Undefined where that would take a look at more than `most` transactions that pay the owner or are paid by them. */
  spentBy(owner: Address, most: number): Promise<SpentBy | undefined>

  /** Calls `listener` after each change is on disk. Returns what ends it. A listener must not throw. */
  subscribe(listener: (change: LedgerChange) => void): () => void
}
