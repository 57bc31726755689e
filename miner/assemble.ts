// Chooses what goes into the next block, by the rules of the queue and by the miner's ranking, and where it is posted. Long because a block that is
// being filled is one thing.

import { publishBlobsGas, publishGas } from '../node/ethereum/calls.ts'
import { applyStep, applyTransaction } from '../node/protocol/apply.ts'
import type { Asset } from '../node/protocol/asset.ts'
import { type AppliedStep, splitHead } from '../node/protocol/blob-block.ts'
import { finish, type ParentBlock } from '../node/protocol/block.ts'
import { feeOf } from '../node/protocol/fee.ts'
import { keccak } from '../node/protocol/hash.ts'
import type { Header, SealedHeader } from '../node/protocol/header.ts'
import { type Hash, type Infohash, toHash } from '../node/protocol/ids.ts'
import { unpackTransaction } from '../node/protocol/packed.ts'
import { LANES, type Lane, laneOf, NO_LENGTHS, type QueueEntry } from '../node/protocol/queue.ts'
import { isInBlobs, type PostedBody } from '../node/protocol/replay.ts'
import { asksForTtx, requestsIn } from '../node/protocol/requests.ts'
import { LANE_SHARE, type Rules } from '../node/protocol/rules.ts'
import type { State } from '../node/protocol/state.ts'
import { decodeStep, encodeStep, laneOfStep, splitSteps } from '../node/protocol/step.ts'
import {
  addWei,
  type BaseUnits,
  costOfGas,
  type Gwei,
  toBaseUnits,
  toGwei,
  toWei,
  type Wei,
  weiOf,
} from '../node/protocol/units.ts'
import type { VerifiedTransaction } from '../node/protocol/verify.ts'
import {
  type Candidate,
  hasFee,
  listedOnly,
  type Package,
  type Prices,
  rankByCoinAge,
  rankPaying,
  worthOf,
} from './ranking.ts'
import {
  addLoads,
  costOfExpense,
  type Expense,
  expenseOf,
  isWithin,
  type Load,
  loadOfStep,
  NO_LOAD,
  shareOf,
  stepLimit,
} from './rows.ts'
import type { Rows } from './rows-choice.ts'

/** What a block brings and costs. */
export type Offer = Expense & {
  readonly queueEntries: number
  /** Of TTX. Those of other assets pay the miner nothing, ride along, and never cause a block. */
  readonly requests: number
  /** What finality pays: wTTX, and in gwei for forced transactions and entries of assets. */
  readonly fee: BaseUnits
  readonly queueFees: Gwei
}

/** What a block would do, in order. */
export type Content = Offer & {
  /** Where it is to be posted: where its steps have room. */
  readonly rows: Rows
  readonly steps: readonly AppliedStep[]
  /** When the first of its plain requests of TTX was seen, unix milliseconds on the node's clock. */
  readonly oldestRequest?: number
  /** The same of what pays it nothing. */
  readonly oldestPayment?: number
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
  /**
   * Transactions that pay nothing: this many in a block that makes no profit, beside those that have room in a blob that is paid for anyway. One
   * that makes a profit carries as many as that pays for.
   */
  readonly unpaidSteps: number
  /** Other assets than TTX whose requests are carried. Default: any. */
  readonly assets?: ReadonlySet<Asset> | undefined
}

/** Rankings of one kind while a block is filled: what comes in later than that is for the next block. */
const ROUNDS = 8

/**
 * What a block brings most with: in calldata, or in blobs where these have a price and are not excluded by `where`. Without a price of TTX: what
 * costs less for each request and queue entry.
 */
export function chooseContent(
  rules: Rules,
  parent: ParentBlock,
  supply: Supply,
  policy: Policy,
  where: 'auto' | Rows,
): Content {
  return finish(contentInParts(rules, parent, supply, policy, where))
}

/** The same with pauses: of thousands of candidates it takes a second and more. */
export function* contentInParts(
  rules: Rules,
  parent: ParentBlock,
  supply: Supply,
  policy: Policy,
  where: 'auto' | Rows,
): Generator<undefined, Content, void> {
  const inBlobs =
    where === 'calldata' || policy.blobGasPrice === undefined
      ? undefined
      : yield* stepsInParts(rules, parent, supply, policy, 'blobs')
  // A block without steps has no rows.
  const isPossible = inBlobs !== undefined && inBlobs.steps.length > 0
  if (isPossible && where === 'blobs') return inBlobs
  const inCalldata = yield* stepsInParts(rules, parent, supply, policy, 'calldata')
  return isPossible && isBetter(inBlobs, inCalldata, policy) ? inBlobs : inCalldata
}

/** Every step that it returns is valid in its place. */
export function chooseSteps(rules: Rules, parent: ParentBlock, supply: Supply, policy: Policy, rows: Rows): Content {
  return finish(stepsInParts(rules, parent, supply, policy, rows))
}

function* stepsInParts(
  rules: Rules,
  parent: ParentBlock,
  supply: Supply,
  policy: Policy,
  rows: Rows,
): Generator<undefined, Content, void> {
  const filling = new Filling(rules, parent, supply.verify, rows)
  const candidates = listedOnly(supply.candidates, policy.assets)
  for (const lane of LANES) {
    const waiting = supply.queue.filter(({ kind }) => laneOf(kind) === lane)
    for (const entry of waiting.slice(0, LANE_SHARE)) {
      filling.consume(entry)
      yield
    }
  }
  const costOfItem = (item: Candidate) => shareOf(rows, loadOf(item), policy)
  // Requests share ancestors: once one has brought them in, others may pay that did not before.
  for (let [round, before] = [0, -1]; round < ROUNDS && before !== filling.taken.size && !filling.isFull; round++) {
    before = filling.taken.size
    for (const each of rankPaying(candidates, filling.taken, policy, costOfItem)) {
      filling.take(each)
      yield
    }
  }
  const paying = filling.content()
  const budget = budgetOf(paying, policy)
  const isCaused = paying.requests + paying.queueEntries > 0
  let unpaidSteps = policy.unpaidSteps
  for (const each of rankByCoinAge(candidates, filling.taken)) {
    if (filling.isFull) break
    const { cost, count } = filling.costWith(each, policy)
    const isFree = isCaused && cost <= filling.cost(policy)
    if (!isFree && (budget === undefined ? count > unpaidSteps : cost > budget)) continue
    if (filling.take(each) && !isFree) unpaidSteps -= count
    yield
  }
  return filling.content()
}

/** What a block of this content costs. */
export function costOf(content: Expense, policy: Policy): Wei {
  return addWei([costOfExpense(content, policy), costOfGas(policy.extraGas, policy.gasPrice)])
}

/** What finality pays; `undefined` if no price is known. */
export function revenueOf(content: Offer, { weiPerTtx }: Policy): Wei | undefined {
  return weiPerTtx === 0n ? undefined : addWei([worthOf(content.fee, { weiPerTtx }), weiOf(content.queueFees)])
}

/** What a block that was made before brings and costs. */
export function offerOf({ header }: Pick<SealedHeader, 'header'>, body: PostedBody): Offer {
  const { fee, queueFees } = header
  if (isInBlobs(body)) {
    const head = splitHead(body)
    const queueEntries = head.entries.length
    return {
      queueEntries,
      requests: head.requests.filter(asksForTtx).length,
      fee,
      queueFees,
      gas: publishBlobsGas(queueEntries + head.requests.length),
      blobs: body.hashes.length,
    }
  }
  const steps = splitSteps(body.steps)
  const requests = requestsIn(steps).filter(asksForTtx).length
  const decoded = steps.map(decodeStep)
  const queueEntries = decoded.filter((step) => step && laneOfStep(step) !== undefined).length
  const gas = publishGas(decoded.length, body.steps.length + body.states.length)
  return { queueEntries, requests, fee, queueFees, gas, blobs: 0 }
}

/** Whether a miner is better off with `a`. */
export function isBetter(a: Offer, b: Offer, policy: Policy): boolean {
  const [revenue, other] = [revenueOf(a, policy), revenueOf(b, policy)]
  const [cost, otherCost] = [costOf(a, policy), costOf(b, policy)]
  if (revenue !== undefined && other !== undefined) return revenue - cost > other - otherCost
  // For each of what a block is for; payments alone, which are both zero of that, go where they cost less.
  const [things, others] = [BigInt(a.requests + a.queueEntries), BigInt(b.requests + b.queueEntries)]
  return things + others === 0n ? cost < otherCost : cost * others < otherCost * things
}

/** What a block may cost at most with this revenue, or undefined if it costs more already. */
export function budgetOf(content: Offer, policy: Policy): Wei | undefined {
  const revenue = revenueOf(content, policy)
  if (revenue === undefined) return undefined
  const budget = toWei((revenue * 100n) / (100n + policy.marginPercent))
  return costOf(content, policy) > budget ? undefined : budget
}

function loadOf({ packed, request }: Candidate): Load {
  return { ...loadOfStep(1 + packed.length), requests: request === undefined ? 0 : 1 }
}

/** A block that is being filled. */
class Filling {
  readonly taken = new Set<Infohash>()
  readonly #rules: Rules
  readonly #verify: Supply['verify']
  readonly #parent: Header
  readonly #rows: Rows
  readonly #steps: AppliedStep[] = []
  /** Candidates that no longer apply here, and therefore never will. */
  readonly #unfit = new Set<Infohash>()
  #state: State
  #load = NO_LOAD
  readonly #consumed: { [Each in Lane]: bigint } = { ...NO_LENGTHS }
  #fee = 0n
  #queueFees = 0n
  #requests = 0
  #oldestRequest: number | undefined
  #oldestPayment: number | undefined

  constructor(rules: Rules, parent: ParentBlock, verify: Supply['verify'], rows: Rows) {
    this.#rules = rules
    this.#verify = verify
    this.#parent = parent.header
    this.#state = parent.state
    this.#rows = rows
  }

  get isFull(): boolean {
    return this.#steps.length === stepLimit(this.#rows)
  }

  /** The next queue entry, lane by lane; there is always room for what a block has to be ready for. */
  consume(entry: QueueEntry): void {
    const lane = laneOf(entry.kind)
    const index = this.#parent.lanes[lane].count + this.#consumed[lane]
    this.#consumed[lane] += 1n
    const { step, requests } = this.#queueStep(index, entry)
    const { state, growth } = applyStep(this.#rules, this.#state, index, step)
    this.#push({ step, after: state, growth }, { ...loadOfStep(step.length), queueEntries: 1, requests, growth })
    if (entry.kind === 'deposit') this.#fee += feeOf(entry.gross)
    else this.#queueFees += entry.fee
  }

  cost(policy: Policy): Wei {
    return costOf(expenseOf(this.#rows, this.#load), policy)
  }

  /** Of the block with this package, whether it has room or not, and how many steps of it come to those that are there. */
  costWith(each: Package, policy: Policy): { readonly cost: Wei; readonly count: number } {
    const fresh = this.#fresh(each)
    const load = fresh.map(loadOf).reduce(addLoads, this.#load)
    return { cost: costOf(expenseOf(this.#rows, load), policy), count: fresh.length }
  }

  /** All of a package or nothing of it. */
  take(each: Package): boolean {
    const fresh = this.#fresh(each)
    if (fresh.some(({ infohash }) => this.#unfit.has(infohash))) return false
    if (!isWithin(this.#rows, fresh.map(loadOf).reduce(addLoads, { ...this.#load, growth: 0 }))) return false
    const steps: { readonly item: Candidate; readonly after: State; readonly growth: number }[] = []
    let { growth } = this.#load
    let state = this.#state
    for (const item of fresh) {
      const verified = this.#verify(item)
      const applied = verified && applyTransaction(state, verified)
      if (applied?.reason !== 'None') {
        this.#unfit.add(item.infohash)
        return false
      }
      state = applied.state
      growth += applied.growth
      steps.push({ item, after: state, growth: applied.growth })
    }
    if (!isWithin(this.#rows, { ...this.#load, growth })) return false
    for (const { item, after, growth: own } of steps) {
      const step = encodeStep({ kind: 'transaction', packed: item.packed })
      this.#push({ step, after, growth: own }, { ...loadOf(item), growth: own })
      this.taken.add(item.infohash)
      if (!hasFee(item)) {
        this.#oldestPayment = Math.min(this.#oldestPayment ?? Number.POSITIVE_INFINITY, item.firstSeen)
        continue
      }
      this.#requests += 1
      this.#fee += feeOf(item.request)
      this.#oldestRequest = Math.min(this.#oldestRequest ?? Number.POSITIVE_INFINITY, item.firstSeen)
    }
    return true
  }

  content(): Content {
    const { queueEntries } = this.#load
    return {
      rows: this.#rows,
      steps: [...this.#steps],
      queueEntries,
      requests: this.#requests,
      fee: toBaseUnits(this.#fee),
      queueFees: toGwei(this.#queueFees),
      ...expenseOf(this.#rows, this.#load),
      ...(this.#oldestRequest === undefined ? {} : { oldestRequest: this.#oldestRequest }),
      ...(this.#oldestPayment === undefined ? {} : { oldestPayment: this.#oldestPayment }),
    }
  }

  #fresh({ items }: Package): Candidate[] {
    return items.filter(({ infohash }) => !this.taken.has(infohash))
  }

  /** A forced transaction is `applied` exactly if it is valid here. */
  #queueStep(index: bigint, entry: QueueEntry): { readonly step: Uint8Array; readonly requests: number } {
    if (entry.kind === 'deposit') return { step: encodeStep({ kind: 'deposit', entry }), requests: 0 }
    if (entry.kind === 'entered') return { step: encodeStep({ kind: 'entered', entry }), requests: 0 }
    const { fee, packed } = entry
    const step = encodeStep({ kind: 'applied', fee, packed })
    if (applyStep(this.#rules, this.#state, index, step).reason !== 'None') {
      const packedHash: Hash = toHash(keccak(packed))
      return { step: encodeStep({ kind: 'void', fee, packedHash }), requests: 0 }
    }
    const fields = unpackTransaction(packed)
    if (!fields?.request) return { step, requests: 0 }
    if (fields.asset === undefined) {
      this.#requests += 1
      this.#fee += feeOf(fields.tokens)
    }
    return { step, requests: 1 }
  }

  #push(step: AppliedStep, load: Load): void {
    this.#steps.push(step)
    this.#load = addLoads(this.#load, load)
    this.#state = step.after
  }
}
