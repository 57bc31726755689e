// What the follower has taken in, in memory and on disk, always in step: one atomic batch for each step along Ethereum.

import { OperationError } from '../../errors.ts'
import { minerFee, requestsOf } from '../../protocol/block.ts'
import { type BlockContent, encodeOutputs } from '../../protocol/block-torrent.ts'
import { genesisState } from '../../protocol/genesis.ts'
import { blockId, decodeSealed, type SealedHeader } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import type { Rules } from '../../protocol/rules.ts'
import { outputsOf, type State } from '../../protocol/state.ts'
import type { GenesisTransaction } from '../../protocol/transaction.ts'
import { settledBlock } from '../branch.ts'
import type { BridgeEvent, Chain, ChainBlock } from '../chain.ts'
import { queueLength } from '../queue-view.ts'
import { preferredTip } from '../race.ts'
import { type CheckedSnapshot, stateOfSnapshot } from '../snapshot.ts'
import { type BridgeBlock, type BridgeView, blockOf, descendsFrom, descent, isWrong } from '../view.ts'
import { audit, auditClaims, auditedBlocks, claimsAfter } from './audit.ts'
import type { BridgeDatabase } from './encoding.ts'
import {
  applyEvent,
  applyFinding,
  type DraftView,
  draftOf,
  emptyView,
  type Finding,
  type Findings,
  isRelevant,
  type StoredEvent,
  type ViewRoot,
} from './fold.ts'
import { type Checkpoint, Journal, type JournalStep } from './journal.ts'
import { type BlockBody, Judge } from './judge.ts'
import { moveRoot } from './move-root.ts'
import { checkPublication } from './publication.ts'
import { deepReorganisation, type Reading } from './reader.ts'
import { States } from './states.ts'
import { unjudged } from './unjudged.ts'

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

export type RecordsOptions = {
  /** Blocks of Ethereum that may be reorganised. */
  readonly finalityDepth: bigint
  /** How much is kept of states after blocks, in steps that led to them. */
  readonly keptSteps?: number | undefined
}

type Arrived = Extract<BridgeEvent, { kind: 'published' }>

/** Who tells what the contract itself says. */
export type Contract = Pick<Chain, 'read' | 'areClaimed'>

// So many final blocks after the state that is kept on disk, a newer one is: what a restart replays. Fewer times while much is caught up with.
const BASE_BLOCKS = 16n
const SYNC_BASE_BLOCKS = 256n
// So many blocks are replayed at most for a question about one that is older than what is kept.
const MOST_REPLAYS = 256
// So many steps are judged between two looks at Ethereum.
const JUDGED_STEPS = 2_000

export class BridgeRecords {
  readonly judge: Judge
  readonly journal: Journal
  readonly #network: FollowedNetwork
  readonly #finalityDepth: bigint
  #root: ViewRoot
  #view: BridgeView
  #checkpoints: readonly Checkpoint[] = []
  #events: readonly StoredEvent[] = []
  readonly #findings = new Map<Hash, Finding>()
  readonly #unjudgeable = new Map<Hash, string>()
  /** Of blocks that are being taken in, and are not on disk yet. */
  readonly #arriving = new Map<Hash, BlockBody>()
  #base: Hash
  /** How often the contract was asked. */
  #audits = 0

  constructor(database: BridgeDatabase, network: FollowedNetwork, { finalityDepth, keptSteps }: RecordsOptions) {
    this.journal = new Journal(database)
    const bodyOf = async (id: Hash) => this.#arriving.get(id) ?? (await this.journal.body(id))
    this.judge = new Judge(network.rules, bodyOf, new States(keptSteps))
    this.#network = network
    this.#finalityDepth = finalityDepth
    this.#base = blockId(network.genesisBlock)
    const { genesisBlock: sealed, deployedAt: publishedAt } = network
    this.#root = { id: this.#base, sealed, publishedAt, work: 0n, fee: 0n, requests: [] }
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
    for (const [id, finding] of findings) this.#findings.set(id, finding)
    this.#view = this.#fold(events)
    const base = await this.journal.base()
    if (base === undefined) return
    this.#base = base.id
    this.judge.states.put(base.id, stateOfBase(blockOf(this.#view, base.id), base.outputs), 0)
    this.#adopt(this.#view)
  }

  /** Starts an empty journal, at genesis or at a snapshot. `origin` is the last block of Ethereum before all that matters. */
  async begin(origin: ChainBlock, snapshot?: CheckedSnapshot): Promise<void> {
    const checkpoint = { ...origin, audited: true }
    const root = snapshot?.root ?? this.#root
    await this.journal.begin(root, checkpoint, snapshot?.outputs, snapshot?.body)
    if (snapshot !== undefined) this.judge.states.put(root.id, snapshot.state, 0)
    this.#root = root
    this.#base = root.id
    this.#checkpoints = [checkpoint]
    this.#adopt(emptyView(root))
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

  /** Blocks that this process cannot judge, and why. */
  get unjudgeable(): ReadonlyMap<Hash, string> {
    return this.#unjudgeable
  }

  /** Replays what a restart left without a state, so that there is something to build on. */
  async warm(): Promise<void> {
    const { id, verdict } = preferredTip(this.#view)
    if (verdict.verdict === 'valid') await this.judge.stateAfter(this.#view, id)
  }

  /**
   * Judges a part of what is not judged yet and can still become final. Whether some of it is left. Apart from `take`, so that nothing that
   * was published keeps us from seeing what was published next.
   */
  async judgeSome(signal: AbortSignal): Promise<boolean> {
    const view = draftOf(this.#view)
    const found = new Map<Hash, Finding>()
    let steps = 0
    for (const id of unjudged(view, this.settled.id)) {
      if (this.#findings.has(id)) continue // it cannot be judged here
      signal.throwIfAborted()
      if (steps > JUDGED_STEPS) break
      const finding = await this.judge.find(view, id)
      applyFinding(view, id, finding)
      found.set(id, finding)
      steps += 1 + blockOf(view, id).sealed.header.stepCount
    }
    if (found.size === 0) return false
    await this.journal.apply({ events: [], findings: found })
    this.#adopt(view, found)
    return true
  }

  /**
   * What the torrent of a valid block is made of, by our own replay; nothing where there is no body. Throws `OperationError('state-unknown')`.
   */
  async contentOf(view: BridgeView, block: BridgeBlock): Promise<BlockContent | undefined> {
    const body = await this.journal.body(block.id)
    if (body === undefined) return undefined
    const requests = requestsOf(this.#network.rules, body.steps)
    const state = await this.judge.stateAfter(view, block.id, MOST_REPLAYS)
    return { header: block.sealed.header, requests, state, ...body }
  }

  async #take({ ancestor, target, isHead, events }: Reading, contract: Contract, signal: AbortSignal): Promise<void> {
    const isRollback = ancestor !== this.tip
    const kept = isRollback ? this.#eventsUpTo(ancestor) : this.#events
    const extended = await this.#extend(isRollback ? this.#fold(kept) : undefined, events, signal)
    const { view, added, found } = extended
    if (isRollback) this.#checkSettled(view, ancestor)
    const known = [...kept, ...added.map(({ event }) => event)]
    if (isHead) {
      const asked = auditedBlocks(view, touchedBy(added), this.#audits++)
      audit(view, asked, await contract.read(target.hash, queueLength(view.queue), asked))
      const claims = claimsAfter(known, this.#auditedUpTo(ancestor))
      auditClaims(claims, await contract.areClaimed(target.hash, claims))
    }
    const checkpoint = { ...target, audited: isHead }
    const keepFrom = target.number > this.#finalityDepth ? target.number - this.#finalityDepth : 0n
    const base = await this.#newBase(view, target, isHead ? BASE_BLOCKS : SYNC_BASE_BLOCKS)
    const settledAt = target.number - this.#finalityDepth
    const moved = base && moveRoot({ view, events: known, findings: this.#allFindings(found) }, base.id, settledAt)
    await this.journal.apply({
      ...(isRollback ? { ancestor: ancestor.number } : {}),
      events: added,
      findings: found,
      checkpoint,
      keepFrom,
      ...(base ? { base } : {}),
      ...(moved ? { move: moved.move } : {}),
    })
    this.#root = moved?.move.root ?? this.#root
    const past = this.#checkpoints.filter(({ number }) => number <= ancestor.number)
    const oldest = past.findLastIndex(({ number }) => number <= keepFrom)
    this.#checkpoints = [...past.slice(Math.max(oldest, 0)), checkpoint]
    this.#events = moved?.events ?? known
    this.#base = base?.id ?? this.#base
    this.#adopt(moved?.view ?? view, found)
    for (const { id } of moved?.move.leaving.blocks ?? []) {
      this.#findings.delete(id)
      this.#unjudgeable.delete(id)
    }
  }

  #allFindings(found: ReadonlyMap<Hash, Finding>): Findings {
    return found.size === 0 ? this.#findings : new Map([...this.#findings, ...found])
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
  ): Promise<{ view: BridgeView; added: JournalStep['events']; found: Map<Hash, Finding> }> {
    const view = draft ?? draftOf(this.#view)
    const added: { event: StoredEvent; body?: BlockBody }[] = []
    const found = new Map<Hash, Finding>()
    try {
      for (const event of events) {
        signal.throwIfAborted()
        if (!isRelevant(view, event)) continue
        if (event.kind !== 'published') {
          // The contract's word on what nobody here has looked at yet: that is looked at first.
          if (event.kind === 'finalized') await this.#findAt(view, event.id, found)
          applyEvent(view, event, found)
          added.push({ event })
          continue
        }
        checkPublication(this.#network.rules, view, event)
        const { steps, states, ...kept } = event
        this.#arriving.set(event.id, { steps, states })
        const finding = this.#findings.get(event.id) ?? (await this.#findArrived(view, event))
        if (finding !== undefined) found.set(event.id, finding)
        const stored = { ...kept, fee: minerFee(steps) }
        applyEvent(view, stored, found)
        added.push({ event: stored, body: { steps, states } })
      }
    } finally {
      this.#arriving.clear()
    }
    return { view: draft === undefined && added.length === 0 ? this.#view : view, added, found }
  }

  /**
   * What a publication is, if that costs no more than its own replay: nothing that was published may make us replay more than it has paid for.
   * All else is left to `judgeSome`.
   */
  async #findArrived(view: DraftView, event: Arrived): Promise<Finding | undefined> {
    const { verdict } = blockOf(view, event.parent)
    if (isWrong(verdict)) return undefined
    const ground = settledBlock(view, event.place.number, this.#finalityDepth).id
    if (verdict.verdict === 'displaced' || !descendsFrom(view, event.parent, ground)) return { verdict: 'displaced' }
    if (verdict.verdict === 'unknown' || !this.judge.states.has(event.parent)) return undefined
    return await this.judge.replay(view, { ...event, sealed: decodeSealed(event.sealed) })
  }

  async #findAt(view: DraftView, id: Hash, found: Map<Hash, Finding>): Promise<void> {
    if (view.blocks.get(id)?.verdict.verdict !== 'unknown' || this.#findings.has(id) || found.has(id)) return
    const finding = await this.judge.find(view, id)
    applyFinding(view, id, finding)
    found.set(id, finding)
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

  #adopt(view: BridgeView, found: ReadonlyMap<Hash, Finding> = new Map()): void {
    this.#view = view
    for (const [id, finding] of found) {
      this.#findings.set(id, finding)
      if (finding.verdict === 'unknown') this.#unjudgeable.set(id, finding.why)
    }
    const kept = new Set(Array.from(descent(view, this.#base), ({ id }) => id))
    // Genesis costs nothing, and the first blocks can be replayed from it for ever.
    const genesis = blockId(this.#network.genesisBlock)
    this.judge.states.keep(kept, new Set([genesis, this.#base, this.settled.id, view.final, preferredTip(view).id]))
  }

  #fold(events: readonly StoredEvent[]): DraftView {
    const view = emptyView(this.#root)
    for (const event of events) if (isRelevant(view, event)) applyEvent(view, event, this.#findings)
    return view
  }

  #eventsUpTo(block: ChainBlock): readonly StoredEvent[] {
    return this.#events.filter(({ place }) => place.number <= block.number)
  }

  /** A newer state to keep on disk, if it is time. */
  async #newBase(view: BridgeView, at: ChainBlock, blocks: bigint): Promise<JournalStep['base']> {
    const settled = settledBlock(view, at.number, this.#finalityDepth)
    if (settled.sealed.header.height < blockOf(view, this.#base).sealed.header.height + blocks) return undefined
    try {
      return { id: settled.id, outputs: encodeOutputs(outputsOf(await this.judge.stateAfter(view, settled.id))) }
    } catch (error) {
      // Then the old one goes on being what a restart begins with.
      if (error instanceof OperationError && error.code === 'state-unknown') return undefined
      throw error
    }
  }
}

/** The blocks that these events say something new of, and those that a new one stands on. */
function touchedBy(added: JournalStep['events']): Hash[] {
  return added.flatMap(({ event }) => {
    if (event.kind === 'published') return [event.parent, event.id]
    if (event.kind === 'nominated') return [event.parent]
    return event.kind === 'refuted' || event.kind === 'finalized' ? [event.id] : []
  })
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
