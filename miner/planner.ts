// Looks at the node and at the contract, and says what to mine now: on which parent, with which content, at which target. Long, as it asks
// three parties, and each answer may be of another moment than the others.

import type { NodeClient } from '../node/client/rpc.ts'
import { OperationError } from '../node/errors.ts'
import type { EthereumAccount } from '../node/ethereum/account.ts'
import type { KzgPool } from '../node/ethereum/blobs/kzg-pool.ts'
import { FINALIZE_GAS, RELEASE_GAS } from '../node/ethereum/calls.ts'
import type { Head, Standing } from '../node/ethereum/reader.ts'
import type { Logger } from '../node/log.ts'
import type { Asset } from '../node/protocol/asset.ts'
import type { ParentBlock } from '../node/protocol/block.ts'
import { decodeSealed } from '../node/protocol/header.ts'
import type { Address, Hash, Infohash } from '../node/protocol/ids.ts'
import { LANES, type LaneLengths, laneOf, ofLanes } from '../node/protocol/queue.ts'
import type { Rules } from '../node/protocol/rules.ts'
import { targetCeiling, workOf } from '../node/protocol/target.ts'
import { addPrices, type GasPrice, secondsFrom, toGasPrice, type Work } from '../node/protocol/units.ts'
import { type VerifiedTransaction, verifyPacked } from '../node/protocol/verify.ts'
import type { Result } from '../node/rpc/api.ts'
import { troubleFacts } from '../node/trouble.ts'
import { inTurns } from '../node/turns.ts'
import { type Content, contentInParts, type Policy } from './assemble.ts'
import { type Stand, targetsOf } from './defence/stand.ts'
import { Draft, type Outline, type Targets } from './draft.ts'
import { ParentStates } from './parent-state.ts'
import type { Plan } from './plan.ts'
import { parsePending, readPending } from './queue-reader.ts'
import type { Candidate } from './ranking.ts'
import { costOfExpense, expenseOf, NO_LOAD } from './rows.ts'
import type { Rows } from './rows-choice.ts'
import { type Room, roomOn, type Siblings } from './siblings.ts'

export type PlannerDeps = {
  readonly node: NodeClient
  readonly ethereum: EthereumAccount
  readonly kzg: Pick<KzgPool, 'hashes'>
  readonly log: Logger
  /** Unix milliseconds. */
  readonly now: () => number
}

export type PlannerOptions = {
  readonly payout: Address
  readonly weiPerTtx: bigint
  readonly marginPercent: bigint
  readonly unpaidSteps: number
  /** Other assets whose requests are carried; undefined: any. */
  readonly assets?: ReadonlySet<Asset> | undefined
  /** A node may say for this long that it is syncing, as it does for a moment when much is new, before that is a problem. */
  readonly graceMs: number
  /** Where blocks are posted. */
  readonly rows: 'auto' | Rows
}

/** What could be mined now. */
export type Prospect = {
  readonly parent: Hash
  /** Its sealed header. */
  readonly sealedParent: Uint8Array
  readonly plan: Plan
  readonly policy: Policy
  /** Since when the oldest request or queue entry in the plan waits, and without them its oldest payment; unix milliseconds. */
  readonly sinceMs: number
  /** The block would be beside live siblings, all of which the node knows to be wrong. */
  readonly beside?: Siblings
  /** Why nothing may be built on this parent now. */
  readonly obstacle?: string
  /** It is for the sake of our own blocks above `first`, the first of a race; with less work than `least` it would not help. */
  readonly defends?: { readonly first: Hash; readonly least: Work }
}

type Template = Result<'bridge_template'>
/** What a block builds on, and what it is made of. */
type Ground = {
  readonly parent: Pick<Template['parent'], 'id' | 'sealed'>
  readonly queue: readonly Template['queue'][number][]
  readonly candidates: readonly Template['candidates'][number][]
}
type Network = { readonly rules: Rules; readonly easiestTarget: bigint }
type Chosen = { readonly parent: ParentBlock; readonly content: Content; readonly policy: Policy }

/** Checked transactions are remembered up to this number. */
const VERIFIED_KEPT = 10_000
/** After two plans that took longer than this, another one is made because of new transactions alone only after as many times as long as the shorter took. */
const QUICK_MS = 250
const REST_FACTOR = 5

export class Planner {
  readonly #deps: PlannerDeps
  readonly #options: PlannerOptions
  readonly #verified = new Map<Infohash, VerifiedTransaction | undefined>()
  /** When each waiting queue entry was first seen here, by its number in its lane. */
  readonly #queueSeen = ofLanes(() => new Map<bigint, number>())
  /** Since when the node has been syncing at every look. */
  #syncingMs: number | undefined
  #network: Network | undefined
  #states: ParentStates | undefined
  #key: string | undefined
  #template: Template | undefined
  #chosen: Chosen | undefined
  /** What a block in defence does on its parent, with these entries in the queue; `undefined` of a node that lacks some of them. */
  #least: (Chosen & { readonly sealed: Uint8Array; readonly lanes: string | undefined }) | undefined
  /** How long the last plan took, milliseconds, and until when new transactions alone do not lead to another one, unix milliseconds. */
  #tookMs = 0
  #restMs = 0
  /** What else would be one, at the last look. */
  #ground: string | undefined
  #hasBlobs: boolean | undefined
  /** Until when nothing is planned in blobs, unix milliseconds. */
  #dearMs = 0
  /** What the node said of its queue at the last look. */
  #queue: Hash | undefined
  readonly #drafts: { readonly next: Draft; readonly defence: Draft }

  constructor(deps: PlannerDeps, options: PlannerOptions) {
    this.#deps = deps
    this.#options = options
    const draft = () => new Draft(deps, options.payout)
    this.#drafts = { next: draft(), defence: draft() }
  }

  /** Remembers the state after one of our blocks, which will most likely be the next parent. */
  remember(id: Hash, plan: Plan): void {
    this.#states?.put(id, plan.state)
  }

  /** Blobs cost more than the account pays for them: for a while blocks are planned in calldata, unless they are to be in blobs. */
  avoidBlobs(untilMs: number): void {
    this.#dearMs = untilMs
  }

  /**
   * `undefined` while the node is about to catch up: look again. Throws `OperationError`: `node-not-ready` (retry), `other-network`, and what
   * node and endpoint throw.
   */
  async look(head: Head, signal: AbortSignal): Promise<Prospect | undefined> {
    const { node, ethereum } = this.#deps
    const info = await node.call('node_info', {}, signal)
    if (this.#isCatchingUp(info)) return undefined
    const network = await this.#check(info)
    const { tip } = info.bridge
    const onTip = tip && (await ethereum.standing(tip.id))
    this.#queue = info.queue
    const ground = `${tip?.id} ${info.queue} ${onTip && textOf(onTip.lanes)} ${onTip?.children?.first}`
    const key = `${ground} ${info.fingerprint}`
    const isSettled = ground === this.#ground && this.#deps.now() < this.#restMs
    if (this.#template === undefined || tip === undefined || (key !== this.#key && !isSettled)) {
      this.#template = await node.call('bridge_template', {}, signal)
      this.#chosen = undefined
      // Looked at again if it was made for another tip or another queue: the node has moved on, or is behind our endpoint.
      const { parent, lanes } = this.#template
      const isSame = onTip !== undefined && textOf(lanes) === textOf(onTip.lanes)
      this.#key = parent.id === tip?.id && isSame ? key : undefined
      this.#ground = this.#key && ground
    }
    const template = this.#template
    const isOnTip = template.parent.id === tip?.id && onTip !== undefined
    const standing = isOnTip ? onTip : await ethereum.standing(template.parent.id)
    const policy = await this.#policy(head)
    const before = this.#chosen
    const startMs = this.#deps.now()
    if (this.#chosen === undefined || isFar(this.#chosen.policy, policy)) {
      this.#template = undefined // kept only if it can be used
      this.#chosen = await this.#choose(network, template, policy, signal)
      this.#see(template.queue)
      this.#template = template
    }
    const { parent } = this.#chosen
    const room = await this.#room(parent.id, standing, head, signal)
    const target = room.beside?.target ?? this.#ceilingOn(parent, standing, head, network)
    const outline = { ...this.#chosen, sealedParent: template.parent.sealed, room, targets: exactly(target) }
    const prospect = await this.#prospect(this.#drafts.next, network, outline, policy, head)
    if (this.#chosen !== before) this.#rest(startMs, this.#deps.now())
    return prospect
  }

  /** One slow plan between quick ones says nothing: the first loads the library for blobs, which takes seconds. */
  #rest(startMs: number, endMs: number): void {
    const lastsMs = Math.min(this.#tookMs, endMs - startMs)
    this.#tookMs = endMs - startMs
    this.#restMs = lastsMs > QUICK_MS ? endMs + REST_FACTOR * lastsMs : 0
  }

  /**
   * A block on the branch of our own blocks that are in danger: what the queue demands, and nothing else. `undefined` if it would not be
   * enough, or before the first `look`. Throws what node and endpoint throw.
   */
  async defend(stand: Stand, head: Head, signal: AbortSignal): Promise<Prospect | undefined> {
    const network = this.#network
    if (network === undefined) return undefined
    const { node, ethereum } = this.#deps
    const { id } = stand.on
    const standing = await ethereum.standing(id)
    const policy = await this.#policy(head)
    const lanes = `${textOf(standing.lanes)} ${this.#queue}`
    if (this.#least?.parent.id !== id || this.#least.lanes !== lanes || isFar(this.#least.policy, policy)) {
      const { sealed } = await node.call('bridge_block', { id }, signal)
      const { lengths, entries: queue } = await readPending(node, decodeSealed(sealed).header.lanes, signal)
      // What the node has not read yet is young, so a block without it is right for now; but it may be due within the hour.
      const isBehind = LANES.some((lane) => lengths[lane] < standing.lanes[lane])
      const chosen = await this.#choose(network, { parent: { id, sealed }, queue, candidates: [] }, policy, signal)
      this.#least = { ...chosen, sealed, lanes: isBehind ? undefined : lanes }
    }
    const { parent, sealed } = this.#least
    const room = await this.#room(id, standing, head, signal)
    const ceiling = this.#ceilingOn(parent, standing, head, network)
    const targets = room.beside ? exactly(room.beside.target) : targetsOf(stand, ceiling)
    if (workOf(targets.easiest) < stand.least) return undefined
    const outline = { ...this.#least, sealedParent: sealed, room, targets }
    const prospect = await this.#prospect(this.#drafts.defence, network, outline, policy, head)
    return { ...prospect, defends: { first: stand.first, least: stand.least } }
  }

  async #prospect(draft: Draft, { rules }: Network, outline: Outline, policy: Policy, head: Head): Promise<Prospect> {
    const { parent, sealedParent, content, room } = outline
    const { blobGasPrice } = policy
    const { plan, obstacle } = await draft.plan(
      rules,
      { ...outline, ...(blobGasPrice === undefined ? {} : { blobGasPrice }) },
      head,
    )
    return {
      parent: parent.id,
      sealedParent,
      plan,
      policy,
      sinceMs: this.#sinceMs(parent, content),
      ...(room.beside === undefined ? {} : { beside: room.beside }),
      ...(obstacle === undefined ? {} : { obstacle }),
    }
  }

  /** The rules of the network, once the node and the contract agree about them. */
  async rules(signal: AbortSignal): Promise<Rules> {
    return (this.#network ?? (await this.#check(await this.#deps.node.call('node_info', {}, signal)))).rules
  }

  #isCatchingUp({ bridge }: Result<'node_info'>): boolean {
    const now = this.#deps.now()
    this.#syncingMs = bridge.state === 'syncing' ? (this.#syncingMs ?? now) : undefined
    return this.#syncingMs !== undefined && now - this.#syncingMs < this.#options.graceMs
  }

  async #check(info: Result<'node_info'>): Promise<Network> {
    const { bridge, network } = info
    if (bridge.state !== 'live') {
      throw new OperationError(
        'node-not-ready',
        `expected the node to follow the bridge, but it says ${bridge.state}${bridge.problem ? ` (${bridge.problem})` : ''}; see what the node lacks`,
        { facts: { state: bridge.state, problem: bridge.problem ?? null }, retry: true },
      )
    }
    if (this.#network !== undefined) return this.#network
    const { ethereum, node } = this.#deps
    const parameters = await ethereum.parameters()
    const { chain, token, minRequest, floorPrice } = network
    const isSame = token === parameters.token && minRequest === parameters.minRequest
    if (network.bridge !== ethereum.bridge || !isSame || floorPrice !== parameters.floorPrice) {
      throw new OperationError(
        'other-network',
        `expected the node to follow the bridge ${ethereum.bridge}, but it follows ${network.bridge} on chain ${chain}; give node and miner the same network`,
        { facts: { ours: ethereum.bridge, theirs: network.bridge, chain: `${chain}` } },
      )
    }
    const rules: Rules = { chain, bridge: network.bridge, token, minRequest }
    this.#states = new ParentStates(node, rules, (problem) => {
      this.#deps.log.warn(troubleFacts(problem), 'the node serves files that are not those of their block')
    })
    this.#network = { rules, easiestTarget: parameters.easiestTarget }
    return this.#network
  }

  async #choose({ rules }: Network, ground: Ground, policy: Policy, signal: AbortSignal): Promise<Chosen> {
    if (this.#states === undefined) throw new RangeError('states come with the network')
    const sealed = decodeSealed(ground.parent.sealed)
    const queue = parsePending(sealed.header.lanes, ground.queue)
    const parent = await this.#states.blockOf(ground.parent.id, sealed, signal)
    const supply = {
      queue,
      candidates: ground.candidates,
      verify: (candidate: Candidate) => this.#verify(rules, candidate),
    }
    const content = await inTurns(contentInParts(rules, parent, supply, policy, this.#options.rows), signal)
    return { parent, content, policy }
  }

  /** Notes when entries were first seen, as long as they wait: one that a reorganisation took away makes nothing look old. */
  #see(queue: Template['queue']): void {
    for (const lane of LANES) {
      const seen = this.#queueSeen[lane]
      const waiting = new Set(queue.flatMap(({ kind, index }) => (laneOf(kind) === lane ? [index] : [])))
      for (const index of seen.keys()) if (!waiting.has(index)) seen.delete(index)
      for (const index of waiting) if (!seen.has(index)) seen.set(index, this.#deps.now())
    }
  }

  /** Beside a live block only the miner's own account can publish: whoever is paid elsewhere waits for its refutation. */
  async #room(parent: Hash, standing: Standing, head: Head, signal: AbortSignal): Promise<Room> {
    const { node, ethereum } = this.#deps
    const room = await roomOn(node, parent, standing, head.next, signal)
    if (room.beside === undefined || room.obstacle !== undefined || this.#options.payout === ethereum.account)
      return room
    const obstacle = `the block on the parent is wrong, but has to be refuted before another one can come: only a miner that is paid to its own account, ${ethereum.account}, can publish beside it`
    return { ...room, obstacle }
  }

  #ceilingOn(parent: ParentBlock, standing: Standing, head: Head, network: Network): bigint {
    // By the newest block rather than the next one: so the node, which knows no other clock, allows it too.
    const { publishedAt } = standing
    const elapsed = secondsFrom(publishedAt === 0n ? head.time : publishedAt, head.time)
    return targetCeiling(parent.header.target, elapsed, network.easiestTarget)
  }

  async #policy({ baseFee }: Head): Promise<Policy> {
    const { weiPerTtx, marginPercent, unpaidSteps, assets } = this.#options
    const price = addPrices(baseFee, await this.#deps.ethereum.tip())
    const gasPrice = price > 0n ? price : toGasPrice(1n)
    const blobGasPrice = await this.#blobGasPrice()
    return {
      ...{ weiPerTtx, marginPercent, unpaidSteps, assets, gasPrice, extraGas: FINALIZE_GAS + RELEASE_GAS },
      ...(blobGasPrice === undefined ? {} : { blobGasPrice }),
    }
  }

  /** `undefined` where blocks are not posted in blobs. */
  async #blobGasPrice(): Promise<GasPrice | undefined> {
    const { ethereum, log, now } = this.#deps
    const { rows } = this.#options
    if (rows === 'calldata' || (rows === 'auto' && now() < this.#dearMs)) return undefined
    if (this.#hasBlobs === undefined) {
      this.#hasBlobs = await ethereum.hasBlobs()
      if (!this.#hasBlobs) log.info({ rows }, 'the chain of the bridge has no blobs: blocks are posted in calldata')
    }
    return this.#hasBlobs ? await ethereum.blobBaseFee() : undefined
  }

  #sinceMs(parent: ParentBlock, content: Content): number {
    const now = this.#deps.now()
    const { lanes } = parent.header
    if (content.requests + content.queueEntries === 0) return Math.min(now, content.oldestPayment ?? now)
    const queued = LANES.map((lane) => this.#queueSeen[lane].get(lanes[lane].count) ?? now)
    return Math.min(now, ...(content.queueEntries === 0 ? [] : queued), content.oldestRequest ?? now)
  }

  #verify(rules: Rules, candidate: Candidate): VerifiedTransaction | undefined {
    const { infohash, packed } = candidate
    if (!this.#verified.has(infohash)) {
      const judged = verifyPacked(rules, packed)
      this.#verified.set(infohash, typeof judged === 'string' || judged.infohash !== infohash ? undefined : judged)
      const oldest = this.#verified.keys().next()
      if (this.#verified.size > VERIFIED_KEPT && !oldest.done) this.#verified.delete(oldest.value)
    }
    return this.#verified.get(infohash)
  }
}

function textOf(lengths: LaneLengths): string {
  return LANES.map((lane) => lengths[lane]).join(' ')
}

function exactly(target: bigint): Targets {
  return { aim: target, easiest: target }
}

/** By more than a quarter: what pays for its gas, and where it costs less, may be something else then. */
function isFar(before: Policy, now: Policy): boolean {
  const least = (policy: Policy) => costOfExpense({ gas: expenseOf('blobs', NO_LOAD).gas, blobs: 1 }, policy)
  const hasSame = (before.blobGasPrice === undefined) === (now.blobGasPrice === undefined)
  return !hasSame || isApart(before.gasPrice, now.gasPrice) || isApart(least(before), least(now))
}

function isApart(before: bigint, now: bigint): boolean {
  return now * 4n > before * 5n || now * 5n < before * 4n
}
