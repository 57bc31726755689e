// What the follower has read, in memory and on disk, always in step: one atomic batch for each step along Ethereum. Long, as
// each step changes all of it.

import { OperationError } from '../../errors.ts'
import type { Chain, ChainBlock } from '../../ethereum/chain.ts'
import { requestsOf } from '../../protocol/block.ts'
import type { BlockContent } from '../../protocol/block-torrent.ts'
import { genesisState } from '../../protocol/genesis.ts'
import { blockId, type SealedHeader } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import { isWhole } from '../../protocol/replay.ts'
import type { Rules } from '../../protocol/rules.ts'
import type { GenesisTransaction } from '../../protocol/transaction.ts'
import { type Time, toWork } from '../../protocol/units.ts'
import { settledBlock } from '../branch.ts'
import { preferredTip } from '../fork-choice.ts'
import { laneLengths } from '../queue-view.ts'
import type { CheckedSnapshot } from '../snapshot.ts'
import { type BridgeBlock, type BridgeView, blockOf, descent } from '../view.ts'
import { audit, auditClaims, auditedBlocks, claimsAfter } from './audit.ts'
import { newBase, otherNetwork, stateOfBase } from './base.ts'
import { contentsOf } from './contents.ts'
import type { BridgeDatabase } from './disk/encoding.ts'
import { type Checkpoint, Journal } from './disk/journal.ts'
import {
  applyEvent,
  type DraftView,
  draftOf,
  emptyView,
  type Finding,
  isRelevant,
  type StoredEvent,
  type ViewRoot,
} from './fold.ts'
import { Intake, touchedBy } from './intake.ts'
import { Judge } from './judging/judge.ts'
import { States } from './judging/states.ts'
import { Verdicts } from './judging/verdicts.ts'
import { moveRoot } from './move-root.ts'
import { DEFAULT_KEEP, type Keep, superfluous } from './past/keep.ts'
import { type Asker, Past } from './past/past.ts'
import { type WorkCheck, workProblem } from './publication.ts'
import { deepReorganisation, type Reading } from './reader.ts'
import { bodiesOf } from './right-bodies.ts'

/** The network whose bridge is followed. */
export type FollowedNetwork = {
  readonly rules: Rules
  readonly genesis: GenesisTransaction
  readonly genesisBlock: SealedHeader
  /** Block of Ethereum in which the bridge was deployed. */
  readonly deployedBlock: bigint
  /** Also the time of the genesis block. */
  readonly deployedAt: Time
}

export type RecordsOptions = {
  /** Blocks of Ethereum that may be reorganised. */
  readonly finalityDepth: bigint
  /** How much is kept of states after blocks, in steps that led to them. */
  readonly keptSteps?: number | undefined
  /** How far back states stay on disk. */
  readonly keep?: Keep | undefined
  /** Tests that make blocks up leave the work out. */
  readonly workProblem?: WorkCheck | undefined
}

/** Where to ask what the contract itself says. */
export type Contract = Pick<Chain, 'read' | 'areClaimed'>

export class BridgeRecords {
  readonly judge: Judge
  readonly journal: Journal
  readonly past: Past
  readonly keep: Keep
  readonly #network: FollowedNetwork
  readonly #finalityDepth: bigint
  #root: ViewRoot
  #view: BridgeView
  #checkpoints: readonly Checkpoint[] = []
  #events: readonly StoredEvent[] = []
  readonly #verdicts: Verdicts
  readonly #intake: Intake
  #base: Hash
  /** How often the contract was asked. */
  #audits = 0

  constructor(database: BridgeDatabase, network: FollowedNetwork, options: RecordsOptions) {
    const { finalityDepth, keptSteps } = options
    this.journal = new Journal(database)
    const contents = contentsOf(this.journal, (id) => this.#intake.arriving(id))
    this.judge = new Judge(network.rules, contents, new States(keptSteps))
    this.past = new Past({
      ...{ rules: network.rules, journal: this.journal, states: this.judge.states },
      blockOf: (id) => this.blockOf(id),
    })
    this.keep = options.keep ?? DEFAULT_KEEP
    this.#verdicts = new Verdicts(this.judge)
    const terms = {
      ...{ rules: network.rules, easiestTarget: network.genesisBlock.header.target },
      workProblem: options.workProblem ?? workProblem,
    }
    this.#intake = new Intake(terms, this.#verdicts, finalityDepth)
    this.#network = network
    this.#finalityDepth = finalityDepth
    this.#base = blockId(network.genesisBlock)
    const { genesisBlock: sealed, deployedAt: publishedAt } = network
    this.#root = { id: this.#base, sealed, publishedAt, work: toWork(0n), requests: [] }
    this.#view = emptyView(this.#root)
    this.judge.states.put(this.#base, genesisState(network.genesis), 0)
    this.#adopt(this.#view)
  }

  get view(): BridgeView {
    return this.#view
  }

  /** Ascending; none before `begin`. */
  get checkpoints(): readonly Checkpoint[] {
    return this.#checkpoints
  }

  get tip(): Checkpoint | undefined {
    return this.#checkpoints.at(-1)
  }

  /** The newest final block that no reorganisation of Ethereum can take back. */
  get settled(): BridgeBlock {
    return settledBlock(this.#view, this.tip?.number ?? 0n, this.#finalityDepth)
  }

  /** What is on disk. Throws `OperationError('other-network')` or `OperationError('database-failed')`. */
  async load(): Promise<void> {
    const loaded = await this.journal.load()
    if (loaded === undefined) return
    const { root, checkpoints, events, findings } = loaded
    const { chain, bridge, height } = root.sealed.header
    const { rules } = this.#network
    const isOther = chain !== rules.chain || bridge !== rules.bridge || (height === 0n && root.id !== this.#root.id)
    if (isOther) throw otherNetwork(this.#root.id, root.id)
    this.#root = root
    this.#checkpoints = checkpoints
    this.#events = events
    this.#verdicts.learn(findings)
    this.#view = this.#fold(events)
    await this.journal.listTorrents(events)
    const base = await this.journal.base()
    if (base === undefined) return
    this.#base = base.id
    this.judge.states.put(base.id, await stateOfBase(blockOf(this.#view, base.id), base.outputs), 0)
    this.#adopt(this.#view)
  }

  /** Starts an empty journal, at genesis or at a snapshot. `origin` is the last block of Ethereum before all that matters. */
  async begin(origin: ChainBlock, snapshot?: CheckedSnapshot): Promise<void> {
    const checkpoint = { ...origin, audited: true }
    const root = snapshot?.root ?? this.#root
    await this.journal.begin(root, checkpoint, snapshot?.outputs, snapshot?.posted)
    if (snapshot !== undefined) this.judge.states.put(root.id, snapshot.state, 0)
    this.#root = root
    this.#base = root.id
    this.#checkpoints = [checkpoint]
    this.#adopt(emptyView(root))
  }

  /**
   * Reads a step along Ethereum; where it ends at the newest block, only if the contract agrees. Throws
   * `OperationError('ethereum-logs-incomplete')`, and then holds nothing any more that was not audited.
   */
  async take(reading: Reading, contract: Contract, signal: AbortSignal): Promise<void> {
    try {
      await this.#take(reading, contract, signal)
    } catch (error) {
      const isIncomplete = error instanceof OperationError && error.code === 'ethereum-logs-incomplete'
      if (isIncomplete && this.tip?.audited === false) await this.#retreat()
      throw error
    }
  }

  /** Blocks that this process cannot judge, and why. */
  get unjudgeable(): ReadonlyMap<Hash, string> {
    return this.#verdicts.unjudgeable
  }

  /** Replays what a restart left without a state, so that there is something to build on. */
  async warm(signal: AbortSignal): Promise<void> {
    const { id, verdict } = preferredTip(this.#view)
    if (verdict.verdict === 'valid') await this.judge.stateAfter(this.#view, id, { signal })
  }

  /**
   * Judges a part of what is not judged yet and can still become final. Whether some of it is left. Apart from `take`, so that nothing that
   * was published keeps us from seeing what was published next.
   */
  async judgeSome(signal: AbortSignal): Promise<boolean> {
    const view = draftOf(this.#view)
    const found = await this.#verdicts.some(view, this.settled.id, signal)
    if (found.size === 0) return false
    await this.journal.apply({ events: [], findings: found, bodies: await bodiesOf(this.journal, view, found) })
    this.#adopt(view, found)
    return true
  }

  /** Keeps the blobs of a block, which are those of its hashes, so that it can be judged. */
  async addBlobs(id: Hash, blobs: readonly Uint8Array[]): Promise<void> {
    await this.journal.putBlobs(id, blobs)
    this.#verdicts.forget([id])
  }

  /** A block however old; one that is older than the view has no children here. */
  blockOf(id: Hash): BridgeBlock | undefined {
    return this.#view.blocks.get(id) ?? this.journal.archive.block(id)
  }

  /**
   * What the torrent of a valid block is made of, by our own replay; `undefined` if its body or its blobs are not here. Throws
   * `OperationError('state-unknown')` and the signal's reason.
   */
  async contentOf(block: BridgeBlock, asker: Asker, signal: AbortSignal): Promise<BlockContent | undefined> {
    const body = await this.journal.body(block.id)
    const posted = await this.journal.posted(block.id)
    if (body === undefined || posted === undefined || !isWhole(posted)) return undefined
    const requests = requestsOf(this.#network.rules, body.steps)
    const state = await this.past.stateAfter(block, asker, signal)
    const rows = 'blobs' in posted ? { blobs: posted.blobs } : posted
    return { sealed: block.sealed, requests, state, ...rows }
  }

  async #take({ ancestor, target, isHead, events }: Reading, contract: Contract, signal: AbortSignal): Promise<void> {
    const isRollback = ancestor !== this.tip
    const kept = isRollback ? this.#eventsUpTo(ancestor) : this.#events
    const draft = isRollback ? this.#fold(kept) : draftOf(this.#view)
    const { added, found } = await this.#intake.take(draft, events, signal)
    const view = isRollback || added.length > 0 ? draft : this.#view
    if (isRollback) this.#checkSettled(view, ancestor)
    const known = [...kept, ...added.map(({ event }) => event)]
    if (isHead) {
      const asked = auditedBlocks(view, touchedBy(added), this.#audits++)
      audit(view, asked, await contract.read(target.hash, laneLengths(view.queue), asked))
      const claims = claimsAfter(known, this.#auditedUpTo(ancestor))
      auditClaims(claims, await contract.areClaimed(target.hash, claims))
    }
    const checkpoint = { ...target, audited: isHead }
    const keepFrom = target.number > this.#finalityDepth ? target.number - this.#finalityDepth : 0n
    // What the contract has not agreed with may have to be undone.
    const settled = settledBlock(view, target.number, this.#finalityDepth)
    const base = isHead ? await newBase(this.judge, view, this.#base, settled) : undefined
    const dropped = base ? superfluous([...this.journal.keptStates].sort(ascending), base.height, this.keep) : []
    const findings = found.size === 0 ? this.#verdicts.all : new Map([...this.#verdicts.all, ...found])
    const moved = base && moveRoot({ view, events: known, findings }, base.id, target.number - this.#finalityDepth)
    await this.journal.apply({
      ...(isRollback ? { ancestor: ancestor.number } : {}),
      events: added,
      findings: found,
      bodies: await bodiesOf(this.journal, view, found),
      checkpoint,
      keepFrom,
      ...(base ? { base, dropped } : {}),
      ...(moved ? { move: moved.move } : {}),
    })
    this.#root = moved?.move.root ?? this.#root
    const past = this.#checkpoints.filter(({ number }) => number <= ancestor.number)
    const oldest = past.findLastIndex(({ number }) => number <= keepFrom)
    this.#checkpoints = [...past.slice(Math.max(oldest, 0)), checkpoint]
    this.#events = moved?.events ?? known
    this.#base = base?.id ?? this.#base
    this.#adopt(moved?.view ?? view, found)
    this.#verdicts.forget((moved?.move.leaving.blocks ?? []).map(({ id }) => id))
  }

  /** The newest block of Ethereum up to `block` at which the contract agreed. */
  #auditedUpTo(block: ChainBlock): bigint {
    return this.#checkpoints.findLast(({ number, audited }) => audited && number <= block.number)?.number ?? 0n
  }

  /**
   * What was called final for good must be final again after a rollback: checkpoints may be further apart than `finalityDepth`, so that
   * the newest one that still holds can be older than what a reorganisation was allowed to take back.
   */
  #checkSettled(view: BridgeView, ancestor: Checkpoint): void {
    const { id, finality } = this.settled
    if (finality === undefined || finality.place.number <= ancestor.number) return
    if (view.blocks.get(id)?.finality !== undefined) return
    const { number } = finality.place
    throw deepReorganisation(`the finality of block ${id} in block ${number} of Ethereum`, number)
  }

  /** Undoes everything since the last audit. */
  async #retreat(): Promise<void> {
    const ancestor = this.#checkpoints.findLast(({ audited }) => audited)
    if (ancestor === undefined) return
    await this.journal.apply({ ancestor: ancestor.number, events: [] })
    this.#events = this.#eventsUpTo(ancestor)
    this.#checkpoints = this.#checkpoints.filter(({ number }) => number <= ancestor.number)
    this.#adopt(this.#fold(this.#events))
  }

  #adopt(view: BridgeView, found: ReadonlyMap<Hash, Finding> = new Map()): void {
    this.#view = view
    this.#verdicts.learn(found)
    const kept = new Set(Array.from(descent(view, this.#base), ({ id }) => id))
    // Genesis costs nothing, and the first blocks can be replayed from it forever.
    const genesis = blockId(this.#network.genesisBlock)
    this.judge.states.keep(kept, new Set([genesis, this.#base, this.settled.id, view.final, preferredTip(view).id]))
  }

  #fold(events: readonly StoredEvent[]): DraftView {
    const view = emptyView(this.#root)
    for (const event of events) if (isRelevant(view, event)) applyEvent(view, event, this.#verdicts.all)
    return view
  }

  #eventsUpTo(block: ChainBlock): readonly StoredEvent[] {
    return this.#events.filter(({ place }) => place.number <= block.number)
  }
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
