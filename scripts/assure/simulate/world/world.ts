// One simulated world: users, honest miners and watchers, the bridge, the mempool, and those who attack them, in Ethereum's time.
// Long, since whatever changes in it is here.

import { costOfExpense, type GasPrices } from '../../../../miner/rows.ts'
import { preferredBranch } from '../../../../node/bridge/fork-choice.ts'
import { branchTo, liveChildren } from '../../../../node/bridge/race/eligible.ts'
import { dueCalls } from '../../../../node/bridge/race.ts'
import type { BridgeBlock } from '../../../../node/bridge/view.ts'
import { blockOf } from '../../../../node/bridge/view.ts'
import { BOND_GAS, bondOf, type CountedPrices, countedPrice } from '../../../../node/ethereum/calls.ts'
import { DEFAULT_PARAMETERS } from '../../../../node/ethereum/deploying/parameters.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { LANES, type Lane } from '../../../../node/protocol/queue.ts'
import { UNIT } from '../../../../node/protocol/rules.ts'
import { BLOCK_SECONDS, targetCeiling } from '../../../../node/protocol/target.ts'
import { type GasPrice, secondsFrom, toGasPrice, toTime } from '../../../../node/protocol/units.ts'
import { RULE } from '../../models/race.ts'
import { Account } from './account.ts'
import { ASSUMED, DAY, ETHER, HOUR, SLOT_SECONDS } from './assumptions.ts'
import { BOND_SECONDS, SimulatedBridge } from './bridge.ts'
import { Chance } from './chance.ts'
import { Clock } from './clock.ts'
import { type Content, contentOn, type Scene, type Taste } from './content.ts'
import type { Draft, Request } from './draft.ts'
import { Ethereum, slotAfter } from './ethereum.ts'
import { GAS, publicationOf } from './gas.ts'
import { Search } from './search.ts'

/** A publication or a refutation on its way into Ethereum, where all can see it. */
export type Pending = {
  readonly kind: 'publish' | 'refute'
  readonly draft: Draft
  readonly rival: boolean
  readonly from: Account
  /** The time of the block of Ethereum that will hold it. */
  readonly at: number
}

/** Somebody with a will of their own: each method is called when there is something to react to. */
export type Strategy = {
  /** The tip, the first live child of a block, or what is final has changed. */
  onChange?(): void
  /** Somebody else's transaction is in the mempool. */
  onPending?(pending: Pending): void
  onHour?(): void
  /** A block became final with this many requests of users. */
  onFinal?(requests: readonly Request[]): void
}

export type WorldOptions = {
  /** Nobody uses the queue. */
  readonly isQuiet?: boolean
  /** A base fee that never changes. */
  readonly gwei?: number | undefined
  /** Blocks are posted in calldata only. */
  readonly isCalldataOnly?: boolean
  /** How many requests and payments an hour, if not as assumed. */
  readonly traffic?: Traffic
}

type Traffic = { readonly requests: number; readonly payments: number }

const START = 1_767_225_600
const RICH = 1_000_000n * ETHER

export class World {
  readonly start = START
  readonly clock = new Clock(START)
  readonly ethereum: Ethereum
  readonly bridge: SimulatedBridge
  readonly attacker: Account
  readonly users = new Account('users', RICH)
  readonly watchers = new Account('watchers', RICH)
  readonly relayer = new Account('relayer', RICH)
  readonly miners: Account[] = []
  readonly seed: number
  /** What the attacker began with, wei. */
  readonly budget: bigint
  /** Of users, in the order of their making. */
  readonly requests: Request[] = []
  readonly forced: Request[] = []
  /** Of the attacker. */
  readonly spam: Request[] = []
  readonly #open = new Set<Request>()
  readonly #drafts = new Map<Hash, Draft>()
  readonly #ids: Chance
  readonly #reactions: Chance
  readonly #strategies: { readonly account: Account; readonly strategy: Strategy }[] = []
  readonly #hasBlobs: boolean
  readonly #paymentsAnHour: number
  #requestCount = 0
  #branch: readonly BridgeBlock[] | undefined
  #content: { readonly key: string; readonly content: Content } | undefined
  #isOnDuty = false
  /** Gas that went into transactions that the contract refused, wei. */
  refused = 0n

  constructor(seed: number, budget: bigint, options: WorldOptions = {}) {
    const { isQuiet = false, gwei, isCalldataOnly = false, traffic } = options
    this.seed = seed
    this.budget = budget
    this.ethereum = new Ethereum(seed, START, gwei)
    this.#hasBlobs = !isCalldataOnly
    this.#paymentsAnHour = traffic?.payments ?? ASSUMED.payments.perHour
    const requests = { ...ASSUMED.requests, perHour: traffic?.requests ?? ASSUMED.requests.perHour }
    this.#ids = new Chance(seed, 'ids')
    this.#reactions = new Chance(seed, 'watchers')
    this.attacker = new Account('attacker', budget)
    const work = ASSUMED.hashRate * Number(BLOCK_SECONDS)
    this.bridge = new SimulatedBridge(this.newId(), 2n ** 256n / BigInt(Math.round(work)), START)
    this.#schedule(new Chance(seed, 'requests'), requests, (amount) => this.request(this.users, amount))
    if (!isQuiet) {
      this.#schedule(new Chance(seed, 'forced'), ASSUMED.forced, (amount) => this.force(amount))
      this.#schedule(new Chance(seed, 'deposits'), ASSUMED.deposits, (amount) => this.deposit(amount))
      this.#schedule(new Chance(seed, 'assets'), ASSUMED.assets, () => this.enter(this.users))
    }
    const hour = () => {
      for (const { strategy } of this.#strategies) strategy.onHour?.()
      this.clock.at(this.now + HOUR, hour)
    }
    this.clock.at(START + HOUR, hour)
  }

  get now(): number {
    return this.clock.now
  }

  /** What the bridge counts bonds at. */
  get bridgePrices(): CountedPrices {
    return { baseFee: this.ethereum.baseFee(this.now), floorPrice: toGasPrice(DEFAULT_PARAMETERS.floorPrice) }
  }

  /** And entries of its queue. */
  get bridgePrice(): GasPrice {
    return countedPrice(this.bridgePrices)
  }

  get gasPrice(): GasPrice {
    return this.ethereum.gasPrice(this.now)
  }

  /** Of gas and of the gas of blobs. */
  get prices(): GasPrices {
    const { gasPrice, blobGasPrice } = this.ethereum.prices(this.now)
    return this.#hasBlobs ? { gasPrice, blobGasPrice } : { gasPrice }
  }

  /** The time of Ethereum's newest block. */
  get slot(): number {
    return slotAfter(this.now - SLOT_SECONDS)
  }

  newId(): Hash {
    return this.#ids.hash() as Hash
  }

  search(name: string, share: number): Search {
    return new Search(this.clock, new Chance(this.seed, `search ${name}`), share)
  }

  add(account: Account, strategy: Strategy): void {
    this.#strategies.push({ account, strategy })
  }

  /** Runs until this many blocks were published and this many days are over, but for three times as many hours at most. */
  run(blocks: number, days: number): void {
    const end = START + Math.max(3 * blocks * HOUR, days * DAY)
    this.#changed()
    const isDone = () => this.bridge.published >= blocks && this.now >= START + days * DAY
    while (!isDone() && this.now < end && this.clock.tick()) {}
    this.bridge.audit()
  }

  // ---------------------------------------------------------------------------------------------------- what all can see

  /** The preferred branch of the product's nodes (node/bridge/race.ts), lowest first. */
  branch(): readonly BridgeBlock[] {
    this.#branch ??= preferredBranch(this.bridge.view)
    return this.#branch
  }

  tip(): BridgeBlock {
    return this.branch().at(-1) ?? this.block(this.bridge.final)
  }

  block(id: Hash): BridgeBlock {
    return blockOf(this.bridge.view, id)
  }

  liveChildren(parent: Hash): BridgeBlock[] {
    return liveChildren(this.bridge.view, parent, 'contract')
  }

  draft(id: Hash): Draft | undefined {
    return this.#drafts.get(id)
  }

  /** The easiest target that the contract accepts for a child at a time; beside a live one the only one. */
  ceilingOf(parent: BridgeBlock): (time: number) => bigint {
    const { target } = parent.sealed.header
    const first = this.liveChildren(parent.id)[0]?.sealed.header.target
    return (time) => {
      const elapsed = secondsFrom(parent.publishedAt, toTime(Math.floor(time)))
      return first ?? targetCeiling(target, elapsed, DEFAULT_PARAMETERS.easiestTarget)
    }
  }

  /** Whether the contract still accepts a rival beside the first live child. */
  isOpen(parent: Hash): boolean {
    const [first] = this.liveChildren(parent)
    return first === undefined || BigInt(Math.ceil(this.now)) < first.publishedAt + RULE.siblingSeconds
  }

  isOnBranch(parent: Hash, id: Hash): boolean {
    return branchTo(this.bridge.view, parent, id, 'contract') !== undefined
  }

  content(parent: Hash, taste: Taste): Content {
    const { lanes, finality } = this.bridge
    const lengths = LANES.map((name) => lanes[name].entries.length)
    const time = taste === 'least' ? this.now : 0
    const payments = this.#paymentsAt(this.now)
    const key = [parent, taste, this.#requestCount, payments, ...lengths, finality.length, this.gasPrice, time].join()
    if (this.#content?.key !== key) this.#content = { key, content: contentOn(this.#scene(), parent, taste) }
    return this.#content.content
  }

  // ----------------------------------------------------------------------------------------------------- what one can do

  /** A block whose work is done now; only its miner knows of it. */
  make(miner: Account, parent: Hash, target: bigint, how: { taste: Taste; valid?: boolean; deal?: boolean }): Draft {
    const { rows, load, requests, counts, payments } = this.content(parent, how.taste)
    const below = this.draft(parent)?.height ?? 0n
    const { valid = true, deal = false } = how
    const id = this.newId()
    const height = below + 1n
    const draft = { id, parent, height, target, rows, load, counts, requests, payments, valid, miner, deal }
    this.#drafts.set(id, draft)
    return draft
  }

  /** Sends a publication. `ahead`: in front of everything in that block of Ethereum, which costs nothing more here. */
  publish(
    draft: Draft,
    rival: boolean,
    from: Account,
    how: { at?: number; ahead?: boolean } = {},
    done?: () => void,
  ): void {
    const slot = how.at === undefined ? this.ethereum.inclusionOf(this.now) : slotAfter(how.at - SLOT_SECONDS)
    const at = Math.max(slot, slotAfter(this.now))
    const latest = () => (rival ? this.liveChildren(draft.parent).at(-1)?.id : undefined)
    const known = latest()
    const run = () => {
      const cost = costOfExpense(publicationOf(draft.rows, draft.load, rival), this.prices)
      from.add(-cost, 'gas', draft.deal && from === draft.miner)
      // The attacker may know, or arrange, what comes before the attacker's call.
      const beside = from === this.attacker ? latest() : known
      const error = this.bridge.publish(draft, beside, from, this.now, this.bridgePrices)
      if (error === undefined) this.#onPublished(draft)
      else this.refused += cost
      done?.()
    }
    this.clock.at(at, run, how.ahead ? 0 : 1)
    this.#show({ kind: 'publish', draft, rival, from, at })
  }

  refute(draft: Draft, from: Account, how: { at?: number; ahead?: boolean } = {}): void {
    const at = how.at ?? this.ethereum.inclusionOf(this.now)
    const run = () => {
      this.spend(from, GAS.refute, from === draft.miner)
      if (this.bridge.refute(draft.id, from) === undefined) this.#onRefuted(draft)
    }
    this.clock.at(at, run, how.ahead ? 0 : 1)
    this.#show({ kind: 'refute', draft, rival: false, from, at })
  }

  nominate(parent: Hash, id: Hash, from: Account): void {
    this.spend(from, GAS.nominate)
    if (this.bridge.nominate(parent, id, this.now) === undefined) this.#watch(parent)
  }

  request(owner: Account, amount: bigint): void {
    const request = { id: this.#requestCount++, madeAt: this.now, amount, owner }
    this.#open.add(request)
    const list = owner === this.users ? this.requests : this.spam
    list.push(request)
  }

  /** A user's, with a request in it. */
  force(amount: bigint): void {
    const request = { id: this.#requestCount++, madeAt: this.now, amount, owner: this.users }
    this.forced.push(request)
    const at = this.ethereum.inclusionOf(this.now)
    this.clock.at(at, () => {
      this.spend(this.users, GAS.force)
      this.bridge.force(this.users, this.now, this.bridgePrice, ASSUMED.forcedBytes.usual, request)
    })
  }

  /** A user's, as far as they have any. */
  deposit(amount: bigint): void {
    if (this.users.wttx < amount) return
    this.spend(this.users, GAS.deposit)
    this.bridge.deposit(this.users, amount, this.slot)
  }

  /** A deposit of another asset. */
  enter(from: Account): void {
    this.spend(from, GAS.deposit)
    this.bridge.enter(from, this.slot, this.bridgePrice)
  }

  /** The cheapest entry of a lane, in a large call of them. */
  fill(lane: Lane, from: Account): void {
    this.spend(from, GAS.inBatch[lane])
    if (lane === 'deposits') this.bridge.deposit(from, UNIT, this.slot)
    else if (lane === 'assets') this.bridge.enter(from, this.slot, this.bridgePrice)
    else this.bridge.force(from, this.slot, this.bridgePrice, ASSUMED.forcedBytes.least)
  }

  /** Whether the account could pay for a publication now, be it of a rival, with some reserve. */
  canBond(account: Account): boolean {
    return account.wei > bondOf(this.bridgePrices, true) + (BOND_GAS / 4n) * this.gasPrice
  }

  spend(account: Account, gas: bigint, deal = false): void {
    account.add(-gas * this.gasPrice, 'gas', deal)
  }

  // --------------------------------------------------------------------------------------------------- what then happens

  #scene(): Scene {
    return {
      bridge: this.bridge,
      open: this.#open,
      draftOf: (id) => this.#drafts.get(id),
      payments: this.#paymentsAt(this.now),
      prices: this.prices,
      now: this.now,
    }
  }

  #paymentsAt(time: number): number {
    return Math.floor((this.#paymentsAnHour * (time - START)) / HOUR)
  }

  #changed(): void {
    this.#branch = undefined
    for (const { strategy } of this.#strategies) strategy.onChange?.()
  }

  #show(pending: Pending): void {
    for (const { account, strategy } of this.#strategies) if (account !== pending.from) strategy.onPending?.(pending)
  }

  #onPublished(draft: Draft): void {
    if (!draft.valid) this.#seeWrong(draft)
    this.clock.at(this.now + BOND_SECONDS, () => this.#release(draft))
    this.#watch(draft.parent)
    this.#changed()
  }

  #onRefuted(draft: Draft): void {
    this.#watch(draft.parent)
    this.#changed()
  }

  /** Bonds come back when their time is over, or when the race is. */
  #release(draft: Draft): void {
    const error = this.bridge.withdrawBond(draft.id, this.now)
    if (error === undefined) this.spend(draft.miner, GAS.release + GAS.withdraw, draft.deal)
    if (error === 'RaceOpen') this.clock.at(this.now + HOUR, () => this.#release(draft))
  }

  /** The first of the watchers sends the proof. */
  #seeWrong(draft: Draft): void {
    this.clock.at(this.now + this.#reaction(), () => {
      if (this.block(draft.id).refuted) return
      this.refute(draft, this.watchers)
    })
  }

  #reaction(): number {
    const { count, away, backHours, reactionMedianSeconds, reactionSpread } = ASSUMED.watchers
    const delays = Array.from({ length: count }, () => {
      const absence = this.#reactions.uniform() < away ? this.#reactions.exponential(backHours * HOUR) : 0
      return absence + this.#reactions.logNormal(reactionMedianSeconds, reactionSpread)
    })
    return Math.min(...delays)
  }

  /** Looks again whenever something about this race may have become due. */
  #watch(parent: Hash): void {
    const live = this.liveChildren(parent)
    const [first] = live
    if (first === undefined) return
    const start = Number(first.publishedAt)
    const slot = this.bridge.view.slots.get(parent)
    const times = live.length > 1 ? [start + Number(RULE.branchSeconds) + 1, start + Number(RULE.raceSeconds)] : []
    if (slot !== undefined) times.push(Number(slot.place.time + RULE.nominationSeconds))
    if (live.length === 1) times.push(start + Number(RULE.aloneSeconds))
    for (const time of times) if (time >= this.now) this.clock.at(time, () => this.#look())
  }

  #look(): void {
    if (this.#isOnDuty || dueCalls(this.bridge.view, toTime(Math.floor(this.now))).length === 0) return
    this.#isOnDuty = true
    this.clock.at(this.ethereum.inclusionOf(this.now + this.#reaction()), () => {
      this.#isOnDuty = false
      this.#act()
    })
  }

  /** What is due, by the product's own judgement (node/bridge/race.ts). */
  #act(): void {
    const calls = dueCalls(this.bridge.view, toTime(this.now))
    for (const due of calls) {
      if (due.call === 'finalize') {
        this.spend(this.watchers, GAS.finalize)
        if (this.bridge.finalize(due.block, this.now) === undefined) this.#onFinal()
      } else {
        this.nominate(due.parent, due.block, this.watchers)
      }
    }
    if (calls.length === 0) return
    this.#changed()
    this.#watch(this.bridge.final)
    this.#look()
  }

  #onFinal(): void {
    const last = this.bridge.finality.at(-1)
    if (last === undefined) return
    const paid = last.draft.requests
    for (const request of paid) this.#open.delete(request)
    const users = paid.filter(({ owner }) => owner === this.users)
    this.spend(this.relayer, GAS.claimInBatch * BigInt(users.length))
    this.spend(this.attacker, GAS.claimInBatch * BigInt(paid.length - users.length), true)
    for (const { strategy } of this.#strategies) strategy.onFinal?.(users)
  }

  #schedule(
    chance: Chance,
    flow: { perHour: number; medianTtx: number; spread: number },
    make: (amount: bigint) => void,
  ): void {
    const next = () => {
      make(BigInt(Math.round(chance.logNormal(flow.medianTtx, flow.spread) * 1e6)) * 10n ** 12n)
      this.clock.at(this.now + chance.exponential(HOUR / flow.perHour), next)
    }
    this.clock.at(START + chance.exponential(HOUR / flow.perHour), next)
  }
}
