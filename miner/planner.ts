// Looks at the node and at the contract, and says what to mine now: on which parent, with which content, at which target.

import { OperationError } from '../node/errors.ts'
import type { ParentBlock } from '../node/protocol/block.ts'
import { decodeSealed } from '../node/protocol/header.ts'
import { type Address, type Hash, type Infohash, ZERO_HASH } from '../node/protocol/ids.ts'
import { type Rules, SIBLING_SECONDS } from '../node/protocol/rules.ts'
import { targetCeiling } from '../node/protocol/target.ts'
import { type VerifiedTransaction, verifyPacked } from '../node/protocol/verify.ts'
import type { Result } from '../node/rpc/api.ts'
import type { NodeClient } from '../node/rpc/client.ts'
import { type Content, chooseSteps, type Plan, type Policy, planBlock } from './assemble.ts'
import { FINALIZE_GAS, publishCall, RELEASE_GAS } from './ethereum/calls.ts'
import { isAnyRefusal, isRefusal } from './ethereum/refusals.ts'
import type { Ethereum, Head, Standing } from './ethereum.ts'
import { ParentStates } from './parent-state.ts'
import { badAnswer, parseEntry } from './queue-reader.ts'
import type { Candidate } from './ranking.ts'

export type PlannerDeps = {
  readonly node: NodeClient
  readonly ethereum: Ethereum
  /** Unix milliseconds. */
  readonly now: () => number
}

export type PlannerOptions = {
  readonly payout: Address
  readonly weiPerTtx: bigint
  readonly marginPercent: bigint
  readonly unpaidSteps: number
  /** So long a node may say that it is syncing, as it does for a moment when much is new, before that is a problem. */
  readonly graceMs: number
}

/** What could be mined now. */
export type Prospect = {
  readonly parent: Hash
  /** Its sealed header. */
  readonly sealedParent: Uint8Array
  readonly plan: Plan
  readonly policy: Policy
  /** Since when the oldest request or queue entry in the plan waits, unix milliseconds. */
  readonly sinceMs: number
  /** The block would stand beside live siblings, all of which the node knows to be wrong. */
  readonly beside?: Siblings
  /** Why nothing may be built on this parent now. */
  readonly obstacle?: string
}

/** The latest of a parent's live children, and the target that another one has to state. */
export type Siblings = { readonly last: Hash; readonly target: bigint }

type Template = Result<'bridge_template'>
/** `refusal` is what the bridge said of the plan as of block `askedAt` of Ethereum. */
type Latest = { readonly plan: Plan; readonly askedAt?: Hash; readonly refusal?: string }
type Network = { readonly rules: Rules; readonly easiestTarget: bigint }

/** A plan is made anew when its target could be easier by a twentieth. */
const EASED = 20n
/** Checked transactions are remembered up to this number. */
const VERIFIED_KEPT = 5_000

export class Planner {
  readonly #deps: PlannerDeps
  readonly #options: PlannerOptions
  readonly #verified = new Map<Infohash, VerifiedTransaction | undefined>()
  /** When each waiting queue entry was first seen here. */
  readonly #queueSeen = new Map<bigint, number>()
  /** Since when the node has been syncing at every look. */
  #syncingMs: number | undefined
  #network: Network | undefined
  #states: ParentStates | undefined
  #key: string | undefined
  #template: Template | undefined
  #content: { readonly parent: ParentBlock; readonly content: Content; readonly gasPrice: bigint } | undefined
  #latest: Latest | undefined

  constructor(deps: PlannerDeps, options: PlannerOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** Remembers the state after an own block, which will most likely be the next parent. */
  remember(id: Hash, plan: Plan): void {
    this.#states?.put(id, plan.state)
  }

  /**
   * Nothing while the node is about to catch up: look again. Throws `OperationError`: `node-not-ready` (retry), `other-network`, and what
   * node and endpoint throw.
   */
  async look(head: Head, signal: AbortSignal): Promise<Prospect | undefined> {
    const { node, ethereum } = this.#deps
    const info = await node.call('node_info', {}, signal)
    if (this.#isCatchingUp(info)) return undefined
    const network = await this.#check(info)
    const { tip } = info.bridge
    const onTip = tip && (await ethereum.standing(tip.id))
    const key = `${tip?.id} ${info.fingerprint} ${onTip?.queueLength} ${onTip?.children?.first}`
    if (this.#template === undefined || key !== this.#key || tip === undefined) {
      this.#template = await node.call('bridge_template', {}, signal)
      this.#content = undefined
      // Looked at again if it was made for another tip or another queue: the node moved on meanwhile, or is behind our endpoint.
      const { parent, queueLength } = this.#template
      this.#key = parent.id === tip?.id && queueLength === onTip?.queueLength ? key : undefined
    }
    const template = this.#template
    const isOnTip = template.parent.id === tip?.id && onTip !== undefined
    const standing = isOnTip ? onTip : await ethereum.standing(template.parent.id)
    const policy = this.#policy(head, await ethereum.tip())
    if (this.#content === undefined || isFar(this.#content.gasPrice, policy.gasPrice)) {
      this.#template = undefined // kept only if it can be used
      this.#content = await this.#choose(network, template, policy)
      this.#template = template
    }
    const { parent, content } = this.#content
    const { obstacle, beside } = await this.#obstacleOn(parent.id, standing, head, signal)
    const target = beside?.target ?? this.#targetOn(parent, standing, head, network)
    const sealedParent = template.parent.sealed
    let latest = this.#latest
    if (latest === undefined || !isStillApt(latest.plan, content, target, beside !== undefined)) {
      latest = { plan: planBlock(network.rules, parent, content, target, this.#options.payout) }
    }
    const isAccepted = latest.askedAt !== undefined && latest.refusal === undefined
    if (obstacle === undefined && !isAccepted && latest.askedAt !== head.hash) {
      const refusal = await this.#refusalOf(latest.plan, sealedParent, beside?.last, head)
      latest = { plan: latest.plan, askedAt: head.hash, ...(refusal === undefined ? {} : { refusal }) }
    }
    this.#latest = latest
    const problem = obstacle ?? latest.refusal
    return {
      parent: parent.id,
      sealedParent,
      plan: latest.plan,
      policy,
      sinceMs: this.#sinceMs(parent, content),
      ...(beside === undefined ? {} : { beside }),
      ...(problem === undefined ? {} : { obstacle: problem }),
    }
  }

  /** Why the bridge would refuse the block whatever its nonce: better known before hours of work than after. */
  async #refusalOf(plan: Plan, sealedParent: Uint8Array, beside: Hash | undefined, head: Head) {
    const sealed = { header: plan.header, seal: { miner: plan.work.miner, nonce: ZERO_HASH } }
    try {
      await this.#deps.ethereum.simulate(publishCall(sealedParent, { sealed, ...plan.block }, beside), 0n, head.next)
    } catch (error) {
      // The work is looked at after all else that is known before it is done.
      if (isRefusal(error, 'InsufficientWork', 'BondTooSmall')) return undefined
      if (isAnyRefusal(error)) return error.message
      throw error
    }
    return undefined
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
    const { chain, token, minRequest } = network
    if (network.bridge !== ethereum.bridge || token !== parameters.token || minRequest !== parameters.minRequest) {
      throw new OperationError(
        'other-network',
        `expected the node to follow the bridge ${ethereum.bridge}, but it follows ${network.bridge} on chain ${chain}; give node and miner the same network`,
        { facts: { ours: ethereum.bridge, theirs: network.bridge, chain: `${chain}` } },
      )
    }
    const rules: Rules = { chain, bridge: network.bridge, token, minRequest }
    this.#states = new ParentStates(node, rules)
    this.#network = { rules, easiestTarget: parameters.easiestTarget }
    return this.#network
  }

  async #choose({ rules }: Network, template: Template, policy: Policy) {
    if (this.#states === undefined) throw new RangeError('states come with the network')
    const sealed = decodeSealed(template.parent.sealed)
    const first = sealed.header.queueCount
    const queue = template.queue.map((entry, i) => {
      if (entry.index === first + BigInt(i)) return parseEntry(entry)
      throw badAnswer(`queue entry ${first + BigInt(i)} after the parent, got ${entry.index}`)
    })
    for (const index of this.#queueSeen.keys()) if (index < first) this.#queueSeen.delete(index)
    for (const { index } of template.queue) {
      if (!this.#queueSeen.has(index)) this.#queueSeen.set(index, this.#deps.now())
    }
    const parent = await this.#states.blockOf(template.parent.id, sealed, (index) => queue[Number(index - first)])
    const supply = {
      queue,
      candidates: template.candidates,
      verify: (candidate: Candidate) => this.#verify(rules, candidate),
    }
    return { parent, content: chooseSteps(rules, parent, supply, policy), gasPrice: policy.gasPrice }
  }

  /**
   * Live children of the node's tip: one that the node has not seen or not preferred yet (nothing to be built here), or only such that
   * the node knows to be wrong, which the watchers will refute: beside those a rival is no fork.
   */
  async #obstacleOn(
    parent: Hash,
    standing: Standing,
    { next }: Head,
    signal: AbortSignal,
  ): Promise<{ readonly obstacle?: string; readonly beside?: Siblings }> {
    if (standing.publishedAt === 0n) return { obstacle: 'our Ethereum endpoint does not have the parent yet' }
    if (standing.isRefuted) return { obstacle: 'the parent was refuted, and the node has not seen that yet' }
    if (standing.children === undefined) return {}
    const { first: firstId, last } = standing.children
    const { blocks } = await this.#deps.node.call('bridge_blocks', {}, signal)
    const live = blocks.filter((block) => block.parent === parent && !block.refuted)
    const right = live.find(({ verdict }) => verdict !== 'invalid')
    if (right !== undefined) return { obstacle: `block ${right.id} is on the parent already` }
    const [first, latest] = [firstId, last].map((id) => live.find((block) => block.id === id))
    if (first === undefined || latest === undefined) {
      return { obstacle: `the node has not seen block ${first ? last : firstId} yet, which is on the parent` }
    }
    const beside = { last, target: first.target }
    if (next < BigInt(first.publishedAt) + SIBLING_SECONDS) return { beside }
    return {
      beside,
      obstacle: `block ${firstId} on the parent is wrong, but has to be refuted before another one can come`,
    }
  }

  #targetOn(parent: ParentBlock, standing: Standing, head: Head, network: Network): bigint {
    // By the newest block rather than the next one: so the node, which knows no other clock, allows it too.
    const elapsed = standing.publishedAt === 0n ? 0n : head.time - standing.publishedAt
    return targetCeiling(parent.header.target, elapsed, network.easiestTarget)
  }

  #policy({ baseFee }: Head, tip: bigint): Policy {
    const { weiPerTtx, marginPercent, unpaidSteps } = this.#options
    const gasPrice = baseFee + tip > 0n ? baseFee + tip : 1n
    return { weiPerTtx, marginPercent, unpaidSteps, gasPrice, extraGas: FINALIZE_GAS + RELEASE_GAS }
  }

  #sinceMs(parent: ParentBlock, content: Content): number {
    const now = this.#deps.now()
    const queued = content.queueEntries === 0 ? now : (this.#queueSeen.get(parent.header.queueCount) ?? now)
    return Math.min(now, queued, content.oldestRequest ?? now)
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

function isStillApt(plan: Plan, content: Content, target: bigint, isExact: boolean): boolean {
  const stated = plan.header.target
  const isClose = isExact ? target === stated : target >= stated && target < stated + stated / EASED
  return plan.content === content && isClose
}

/** By more than a quarter: what pays for its gas may be something else then. */
function isFar(before: bigint, now: bigint): boolean {
  return now * 4n > before * 5n || now * 5n < before * 4n
}
