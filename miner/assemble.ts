// Chooses what goes into the next block, by the rules of the queue and by the miner's ranking, and makes the block of it.

import { publishGas, stepsGas } from '../node/ethereum/calls.ts'
import { applyStep, applyTransaction } from '../node/protocol/apply.ts'
import { assembleBlock, depositIndex, type ParentBlock, type PublishedBlock } from '../node/protocol/block.ts'
import { feeOf } from '../node/protocol/fee.ts'
import { keccak } from '../node/protocol/hash.ts'
import { challengeOf, type Header } from '../node/protocol/header.ts'
import { type Address, type Hash, type Infohash, toHash } from '../node/protocol/ids.ts'
import { unpackTransaction } from '../node/protocol/packed.ts'
import { LANES, laneOf, type QueueEntry } from '../node/protocol/queue.ts'
import { BYTE_LIMIT, LANE_SHARE, type Rules, STEP_LIMIT } from '../node/protocol/rules.ts'
import type { State } from '../node/protocol/state.ts'
import { decodeStep, encodeStep, laneOfStep, splitSteps } from '../node/protocol/step.ts'
import {
  addWei,
  type BaseUnits,
  costOfGas,
  type Gwei,
  toBaseUnits,
  toGwei,
  type Wei,
  weiOf,
} from '../node/protocol/units.ts'
import type { VerifiedTransaction } from '../node/protocol/verify.ts'
import { type Candidate, type Package, type Prices, rankByCoinAge, rankPaying, worthOf } from './ranking.ts'
import type { Work } from './work/nonce.ts'

/** What a block brings and costs. */
export type Offer = {
  readonly queueEntries: number
  readonly requests: number
  /** What finality pays: wTTX, and for forced transactions. */
  readonly fee: BaseUnits
  readonly queueFees: Gwei
  /** Of its publication, units. */
  readonly gas: bigint
}

/** What a block would do, in order. */
export type Content = Offer & {
  readonly steps: readonly { readonly step: Uint8Array; readonly after: State }[]
  /** When the first of its plain requests was seen, unix milliseconds on the node's clock. */
  readonly oldestRequest?: number
}

export type Supply = {
  /** What waits in the queue after the parent, oldest first in each lane. */
  readonly queue: readonly QueueEntry[]
  readonly candidates: readonly Candidate[]
  /** The checked transaction of a candidate; `undefined` if there is something wrong with it. */
  readonly verify: (candidate: Candidate) => VerifiedTransaction | undefined
}

export type Policy = Prices & {
  /** What has to be earned on top of the gas, percent. */
  readonly marginPercent: bigint
  /** Gas besides that of the publication that the block's fees have to pay for, units. */
  readonly extraGas: bigint
  /** Transactions that pay nothing: this many in a block that makes no profit. One that makes a profit carries as many as that pays for. */
  readonly unpaidSteps: number
}

/** A block to search a nonce for. */
export type Plan = {
  readonly work: Work
  readonly header: Header
  readonly content: Content
  readonly block: Omit<PublishedBlock, 'sealed'>
  /** After the block. */
  readonly state: State
}

/** Every step that it returns is valid in its place. */
export function chooseSteps(rules: Rules, parent: ParentBlock, supply: Supply, policy: Policy): Content {
  const filling = new Filling(rules, parent, supply.verify)
  for (const lane of LANES) {
    const waiting = supply.queue.filter(({ kind }) => laneOf(kind) === lane)
    for (const entry of waiting.slice(0, LANE_SHARE)) filling.consume(entry)
  }
  const gasOf = ({ packed }: Candidate) => stepsGas(1, 1 + packed.length + 32)
  // Requests share ancestors: once one has brought them in, others may pay that did not before.
  for (let before = -1; before !== filling.taken.size; ) {
    before = filling.taken.size
    for (const each of rankPaying(supply.candidates, filling.taken, policy, gasOf)) filling.take(each)
  }
  let unpaidGas = surplusGas(filling.content(), policy)
  let unpaidSteps = unpaidGas === undefined ? policy.unpaidSteps : STEP_LIMIT
  for (const each of rankByCoinAge(supply.candidates, filling.taken)) {
    const items = each.items.filter(({ infohash }) => !filling.taken.has(infohash))
    const gas = items.reduce((sum, item) => sum + gasOf(item), 0n)
    if (items.length > unpaidSteps || (unpaidGas !== undefined && gas > unpaidGas)) continue
    if (!filling.take(each)) continue
    unpaidSteps -= items.length
    if (unpaidGas !== undefined) unpaidGas -= gas
  }
  return filling.content()
}

/** The block of this content; `target` must be allowed at its publication. */
export function planBlock(rules: Rules, parent: ParentBlock, content: Content, target: bigint, miner: Address): Plan {
  const { header, block } = assembleBlock(rules, parent, target, content.steps)
  const state = content.steps.at(-1)?.after ?? parent.state
  return { work: { challenge: challengeOf(header), miner, target }, header, content, block, state }
}

/** What a block of this content costs. */
export function costOf(content: Offer, { gasPrice, extraGas }: Policy): Wei {
  return costOfGas(content.gas + extraGas, gasPrice)
}

/** What finality pays; `undefined` if no price is known. */
export function revenueOf(content: Offer, { weiPerTtx }: Policy): Wei | undefined {
  return weiPerTtx === 0n ? undefined : addWei([worthOf(content.fee, { weiPerTtx }), weiOf(content.queueFees)])
}

/** What a block that was made before brings and costs. */
export function offerOf({ sealed, steps, states }: PublishedBlock): Offer {
  const decoded = splitSteps(steps).map(decodeStep)
  return {
    queueEntries: decoded.filter((step) => step && laneOfStep(step) !== undefined).length,
    requests: sealed.header.requestCount,
    fee: sealed.header.fee,
    queueFees: sealed.header.queueFees,
    gas: publishGas(decoded.length, steps.length + states.length),
  }
}

/** Gas that the revenue leaves after cost and margin, units; `undefined` if it does not pay for those. */
function surplusGas(content: Offer, policy: Policy): bigint | undefined {
  const revenue = revenueOf(content, policy)
  if (revenue === undefined || policy.gasPrice === 0n) return undefined
  const left = (revenue * 100n) / (100n + policy.marginPercent) - costOf(content, policy)
  return left < 0n ? undefined : left / policy.gasPrice
}

/** A block that is being filled. */
class Filling {
  readonly taken = new Set<Infohash>()
  readonly #rules: Rules
  readonly #verify: Supply['verify']
  readonly #parent: Header
  readonly #steps: { readonly step: Uint8Array; readonly after: State }[] = []
  /** Candidates that no longer apply here, and therefore never will. */
  readonly #unfit = new Set<Infohash>()
  #state: State
  #bytes = 0
  #queueEntries = 0
  #requests = 0
  #fee = 0n
  #queueFees = 0n
  #oldestRequest: number | undefined

  constructor(rules: Rules, parent: ParentBlock, verify: Supply['verify']) {
    this.#rules = rules
    this.#verify = verify
    this.#parent = parent.header
    this.#state = parent.state
  }

  /** The next queue entry, lane by lane; there is always room for what a block has to be ready for. */
  consume(entry: QueueEntry): void {
    const index = depositIndex(this.#parent, this.#queueEntries)
    const step = this.#queueStep(index, entry)
    this.#push(step, applyStep(this.#rules, this.#state, index, step).state)
    this.#queueEntries += 1
    if (entry.kind === 'deposit') this.#fee += feeOf(entry.gross)
    else this.#queueFees += entry.fee
  }

  /** All of a package or nothing of it. */
  take({ items }: Package): boolean {
    const fresh = items.filter(({ infohash }) => !this.taken.has(infohash))
    const size = fresh.reduce((sum, { packed }) => sum + 1 + packed.length + 32, 0)
    if (this.#steps.length + fresh.length > STEP_LIMIT || this.#bytes + size > BYTE_LIMIT) return false
    const steps: { readonly item: Candidate; readonly after: State }[] = []
    let state = this.#state
    for (const item of fresh) {
      const verified = this.#unfit.has(item.infohash) ? undefined : this.#verify(item)
      const applied = verified && applyTransaction(state, verified)
      if (applied?.reason !== 'None') {
        this.#unfit.add(item.infohash)
        return false
      }
      state = applied.state
      steps.push({ item, after: state })
    }
    for (const { item, after } of steps) {
      this.#push(encodeStep({ kind: 'transaction', packed: item.packed }), after)
      this.taken.add(item.infohash)
      if (item.request === undefined) continue
      this.#requests += 1
      this.#fee += feeOf(item.request)
      this.#oldestRequest = Math.min(this.#oldestRequest ?? Number.POSITIVE_INFINITY, item.firstSeen)
    }
    return true
  }

  content(): Content {
    return {
      steps: [...this.#steps],
      queueEntries: this.#queueEntries,
      requests: this.#requests,
      fee: toBaseUnits(this.#fee),
      queueFees: toGwei(this.#queueFees),
      gas: publishGas(this.#steps.length, this.#bytes),
      ...(this.#oldestRequest === undefined ? {} : { oldestRequest: this.#oldestRequest }),
    }
  }

  /** A forced transaction is `applied` exactly if it is valid here. */
  #queueStep(index: bigint, entry: QueueEntry): Uint8Array {
    if (entry.kind === 'deposit') return encodeStep({ kind: 'deposit', entry })
    const { fee, packed } = entry
    const step = encodeStep({ kind: 'applied', fee, packed })
    if (applyStep(this.#rules, this.#state, index, step).reason !== 'None') {
      const packedHash: Hash = toHash(keccak(packed))
      return encodeStep({ kind: 'void', fee, packedHash })
    }
    const fields = unpackTransaction(packed)
    if (fields?.request) {
      this.#requests += 1
      this.#fee += feeOf(fields.tokens)
    }
    return step
  }

  #push(step: Uint8Array, after: State): void {
    this.#steps.push({ step, after })
    this.#bytes += step.length + 32
    this.#state = after
  }
}
