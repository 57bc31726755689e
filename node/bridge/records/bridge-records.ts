// What the follower has taken in, in memory and on disk, always in step: one atomic batch for each step along Ethereum.

import { OperationError } from '../../errors.ts'
import { requestsOf } from '../../protocol/block.ts'
import { type BlockContent, blockFiles } from '../../protocol/block-torrent.ts'
import { genesisState } from '../../protocol/genesis.ts'
import { blockId, type SealedHeader } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import type { Rules } from '../../protocol/rules.ts'
import type { State } from '../../protocol/state.ts'
import type { GenesisTransaction } from '../../protocol/transaction.ts'
import { settledBlock } from '../branch.ts'
import type { BridgeEvent, Chain, ChainBlock } from '../chain.ts'
import { queueLength } from '../queue-view.ts'
import { type CheckedSnapshot, stateOfSnapshot } from '../snapshot.ts'
import { type BridgeBlock, type BridgeView, blockOf, descent } from '../view.ts'
import { audit, auditClaims, auditedBlocks, claimsAfter } from './audit.ts'
import { applyEvent, type DraftView, draftOf, emptyView, isRelevant, type StoredEvent, type ViewRoot } from './fold.ts'
import { type BridgeDatabase, type Checkpoint, Journal, type JournalStep } from './journal.ts'
import { type BlockBody, Judge } from './judge.ts'
import { deepReorganisation, type Reading } from './reader.ts'

/** The network whose bridge is followed. */
export type FollowedNetwork = {
  readonly rules: Rules
  readonly genesis: GenesisTransaction
  readonly genesisBlock: SealedHeader
  /** Block of Ethereum in which the bridge was deployed. */
  readonly deployedBlock: bigint
  /** Unix seconds; also the time of the genesis block. */
  readonly deployedAt: bigint
}

/** Who tells what the contract itself says. */
export type Contract = Pick<Chain, 'read' | 'areClaimed'>

// So many final blocks after the state that is kept on disk, a newer one is: what a restart replays.
const BASE_BLOCKS = 16n

export class BridgeRecords {
  readonly judge: Judge
  readonly journal: Journal
  readonly #network: FollowedNetwork
  readonly #finalityDepth: bigint
  #root: ViewRoot
  #view: BridgeView
  #checkpoints: readonly Checkpoint[] = []
  #events: readonly StoredEvent[] = []
  #base: Hash

  constructor(database: BridgeDatabase, network: FollowedNetwork, finalityDepth: bigint) {
    this.journal = new Journal(database)
    this.judge = new Judge(network.rules, (id) => this.journal.body(id))
    this.#network = network
    this.#finalityDepth = finalityDepth
    this.#base = blockId(network.genesisBlock)
    const { genesisBlock: sealed, deployedAt: publishedAt } = network
    this.#root = { id: this.#base, sealed, publishedAt, work: 0n, fee: 0n, requests: [] }
    this.#view = emptyView(this.#root)
    this.judge.remember(this.#base, genesisState(network.genesis))
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
    const { root, checkpoints, events } = loaded
    if (root.sealed.header.height === 0n && root.id !== this.#root.id) throw otherNetwork(this.#root.id, root.id)
    this.#root = root
    this.#checkpoints = checkpoints
    this.#events = events
    this.#view = this.#fold(events)
    const base = await this.journal.base()
    if (base === undefined) return
    this.#base = base.id
    this.judge.remember(base.id, stateOfBase(blockOf(this.#view, base.id), base.outputs))
  }

  /** Starts an empty journal, at genesis or at a snapshot. `origin` is the last block of Ethereum before all that matters. */
  async begin(origin: ChainBlock, snapshot?: CheckedSnapshot): Promise<void> {
    const checkpoint = { ...origin, audited: true }
    const root = snapshot?.root ?? this.#root
    await this.journal.begin(root, checkpoint, snapshot?.outputs, snapshot?.body)
    if (snapshot !== undefined) this.judge.remember(root.id, snapshot.state)
    this.#root = root
    this.#base = root.id
    this.#checkpoints = [checkpoint]
    this.#view = emptyView(root)
  }

  /**
   * Takes in a step along Ethereum; where it ends at the newest block, only if the contract agrees. Throws
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

  /** Replays what a restart left without a state, so that every valid block that can still win has one. */
  async warm(signal: AbortSignal): Promise<void> {
    for (const { id, refuted, verdict } of descent(this.#view, this.#view.final)) {
      signal.throwIfAborted()
      if (!refuted && verdict.verdict === 'valid') await this.judge.stateAfter(this.#view, id)
    }
  }

  /** Nothing where there is no body. Throws `OperationError('state-unknown')`. */
  async contentOf(view: BridgeView, block: BridgeBlock): Promise<BlockContent | undefined> {
    const body = await this.journal.body(block.id)
    if (body === undefined) return undefined
    const requests = requestsOf(this.#network.rules, body.steps)
    return { header: block.sealed.header, requests, state: await this.judge.stateAfter(view, block.id), ...body }
  }

  async #take({ ancestor, target, isHead, events }: Reading, contract: Contract, signal: AbortSignal): Promise<void> {
    const isRollback = ancestor !== this.tip
    const kept = isRollback ? this.#eventsUpTo(ancestor) : this.#events
    const { view, added } = await this.#extend(isRollback ? this.#fold(kept) : undefined, events, signal)
    if (isRollback) this.#checkSettled(view, ancestor)
    const known = [...kept, ...added.map(({ event }) => event)]
    if (isHead) {
      audit(view, await contract.read(target.hash, queueLength(view.queue), auditedBlocks(view)))
      const claims = claimsAfter(known, this.#auditedUpTo(ancestor))
      auditClaims(claims, await contract.areClaimed(target.hash, claims))
    }
    const checkpoint = { ...target, audited: isHead }
    const keepFrom = target.number > this.#finalityDepth ? target.number - this.#finalityDepth : 0n
    const base = isHead ? await this.#newBase(view, target) : undefined
    await this.journal.apply({
      ...(isRollback ? { ancestor: ancestor.number } : {}),
      events: added,
      checkpoint,
      keepFrom,
      ...(base ? { base } : {}),
    })
    const past = this.#checkpoints.filter(({ number }) => number <= ancestor.number)
    const oldest = past.findLastIndex(({ number }) => number <= keepFrom)
    this.#checkpoints = [...past.slice(Math.max(oldest, 0)), checkpoint]
    this.#events = known
    this.#base = base?.id ?? this.#base
    this.#adopt(view)
  }

  /** The newest block of Ethereum up to `block` at which the contract agreed. */
  #auditedUpTo(block: ChainBlock): bigint {
    return this.#checkpoints.findLast(({ number, audited }) => audited && number <= block.number)?.number ?? 0n
  }

  /** The present view, or the given one, with the relevant ones of these events; the present one itself where nothing changed. */
  async #extend(
    draft: DraftView | undefined,
    events: readonly BridgeEvent[],
    signal: AbortSignal,
  ): Promise<{ view: BridgeView; added: JournalStep['events'] }> {
    const view = draft ?? draftOf(this.#view)
    const added: { event: StoredEvent; body?: BlockBody }[] = []
    for (const event of events) {
      signal.throwIfAborted()
      if (!isRelevant(view, event)) continue
      if (event.kind !== 'published') {
        applyEvent(view, event)
        added.push({ event })
        continue
      }
      const judged = await this.judge.judge(view, event)
      applyEvent(view, judged)
      added.push({ event: judged, body: { steps: event.steps, states: event.states } })
    }
    return { view: draft === undefined && added.length === 0 ? this.#view : view, added }
  }

  /**
   * What was called final for good must be final again after a rollback: checkpoints may be further apart than `finalityDepth`, so that
   * the newest one that stands can be older than what a reorganisation was allowed to take back.
   */
  #checkSettled(view: BridgeView, ancestor: Checkpoint): void {
    const { id, finality } = this.settled
    if (finality === undefined || finality.place.number <= ancestor.number) return
    if (view.blocks.get(id)?.finality !== undefined) return
    const { number } = finality.place
    throw deepReorganisation(`the finality of block ${id} in block ${number} of Ethereum`, number)
  }

  /** Takes back everything since the last audit. */
  async #retreat(): Promise<void> {
    const ancestor = this.#checkpoints.findLast(({ audited }) => audited)
    if (ancestor === undefined) return
    await this.journal.apply({ ancestor: ancestor.number, events: [] })
    this.#events = this.#eventsUpTo(ancestor)
    this.#checkpoints = this.#checkpoints.filter(({ number }) => number <= ancestor.number)
    this.#adopt(this.#fold(this.#events))
  }

  #adopt(view: BridgeView): void {
    this.#view = view
    // Genesis costs nothing, and the first blocks can be replayed from it for ever.
    const kept = [blockId(this.#network.genesisBlock), ...Array.from(descent(view, this.#base), ({ id }) => id)]
    this.judge.keepOnly(new Set(kept))
  }

  #fold(events: readonly StoredEvent[]): DraftView {
    const view = emptyView(this.#root)
    for (const event of events) if (isRelevant(view, event)) applyEvent(view, event)
    return view
  }

  #eventsUpTo(block: ChainBlock): readonly StoredEvent[] {
    return this.#events.filter(({ place }) => place.number <= block.number)
  }

  /** A newer state to keep on disk, if it is time. */
  async #newBase(view: BridgeView, at: ChainBlock): Promise<JournalStep['base']> {
    const settled = settledBlock(view, at.number, this.#finalityDepth)
    if (settled.sealed.header.height < blockOf(view, this.#base).sealed.header.height + BASE_BLOCKS) return undefined
    const content = await this.contentOf(view, settled)
    const outputs = content && blockFiles(content).find(({ name }) => name === 'outputs.bin')?.bytes
    return outputs && { id: settled.id, outputs }
  }
}

function stateOfBase(block: BridgeBlock, outputs: Uint8Array): State {
  try {
    return stateOfSnapshot(block.sealed.header, outputs)
  } catch (cause) {
    throw new OperationError(
      'database-failed',
      `expected the state after block ${block.id} on disk, got something else; delete the bridge's data and follow anew`,
      { facts: { block: block.id }, cause },
    )
  }
}

function otherNetwork(expected: Hash, got: Hash): OperationError {
  return new OperationError(
    'other-network',
    `expected data of the bridge with genesis ${expected}, got that of ${got}; use another data folder`,
    { facts: { expected, got } },
  )
}
