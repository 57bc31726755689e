// The contract in the simulation: the race of the model that tests bind to Race.sol, the target rule of the protocol, the rule
// of the queue, and where the money goes. A bit long, since all that moves money is here.

import type { BridgeBlock, BridgeView, Nomination } from '../../../../node/bridge/view.ts'
import { bondOf, type CountedPrices, forceFee } from '../../../../node/ethereum/calls.ts'
import { DEFAULT_PARAMETERS } from '../../../../node/ethereum/deploying/parameters.ts'
import { feeOf, netOf } from '../../../../node/protocol/fee.ts'
import { genesisBlock } from '../../../../node/protocol/header.ts'
import { type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { LANES, type Lane, ofLanes } from '../../../../node/protocol/queue.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import { targetCeiling, targetFloor, workOf } from '../../../../node/protocol/target.ts'
import {
  addWork,
  ceilToGwei,
  costOfGas,
  type GasPrice,
  GWEI,
  secondsFrom,
  type Time,
  toGasPrice,
  toTime,
  toWork,
  type Work,
} from '../../../../node/protocol/units.ts'
import { RaceModel, RULE } from '../../models/race.ts'
import type { Account } from './account.ts'
import type { Draft, LaneCounts, Request } from './draft.ts'
import { ASSET_FEE_GAS, type Entry, LaneQueue, NO_ENTRIES } from './lanes.ts'

type Bond = { readonly draft: Draft; readonly wei: bigint; readonly time: number }
type Books = { readonly supply: bigint; readonly fee: bigint; readonly queueFees: bigint }

/** What became final, for those who count. */
export type Finality = {
  readonly draft: Draft
  /** Seconds. */
  readonly publishedAt: number
  readonly finalAt: number
  readonly paid: boolean
  readonly displaced: boolean
  readonly raced: boolean
}

export class SimulatedBridge {
  readonly model: RaceModel
  readonly genesis: Hash
  readonly lanes: Readonly<Record<Lane, LaneQueue>> = ofLanes(() => new LaneQueue())
  readonly drafts = new Map<Hash, Draft>()
  readonly bonds = new Map<Hash, Bond>()
  /** wTTX that exists, base units. */
  minted = 0n
  /** 1% fees that were never minted. */
  locked = 0n
  /** Coins that no call can reach any more, wei. */
  burned = 0n
  /** Coins that are in the contract, wei. */
  coins = 0n
  published = 0
  finality: Finality[] = []
  readonly #books = new Map<Hash, Books>()
  readonly #blocks = new Map<Hash, BridgeBlock>()
  readonly #slots = new Map<Hash, Nomination>()
  #final: Hash
  #view: BridgeView | undefined

  constructor(genesis: Hash, target: bigint, now: number) {
    const sealed = genesisBlock({
      chain: 1n,
      bridge: ZERO_ADDRESS,
      easiestTarget: target,
      state: ZERO_HASH,
    })
    this.genesis = genesis
    this.#final = genesis
    this.model = new RaceModel(genesis, BigInt(now))
    this.#books.set(genesis, { supply: SUPPLY, fee: 0n, queueFees: 0n })
    this.#blocks.set(genesis, blockOf(genesis, sealed, toTime(now), toWork(0n), true))
  }

  /** What nodes see. Another object after each change, since the race is remembered by that; one from before the last change is of no use. */
  get view(): BridgeView {
    this.#view ??= {
      root: this.genesis,
      blocks: this.#blocks,
      final: this.#final,
      slots: this.#slots,
      queue: ofLanes(() => ({ start: 0n, startHash: ZERO_HASH, entries: [] })),
      claimed: new Map(),
    }
    return this.#view
  }

  get final(): Hash {
    return this.#final
  }

  /** Returns the name of the contract's error, or `undefined`. The bond is the least that the contract accepts at these prices. */
  publish(
    draft: Draft,
    beside: Hash | undefined,
    payer: Account,
    now: number,
    prices: CountedPrices,
  ): string | undefined {
    const parent = this.#blocks.get(draft.parent)
    if (parent === undefined) return 'UnknownBlock'
    if (this.#blocks.has(draft.id)) return 'AlreadyPublished'
    const { target } = parent.sealed.header
    const elapsed = secondsFrom(parent.publishedAt, toTime(now))
    const ceiling = targetCeiling(target, elapsed, DEFAULT_PARAMETERS.easiestTarget)
    if (draft.target < targetFloor(target) || draft.target > ceiling) return 'TargetOutOfRange'
    const from = this.countsOf(draft.parent)
    const refusal = this.#checkLanes(from, draft.counts, now)
    if (refusal !== undefined) return refusal
    const isRival = this.model.live(draft.parent).length > 0
    if (isRival && payer !== draft.miner) return 'NotMiner'
    const bond = ceilToGwei(bondOf(prices, isRival))
    if (payer.wei < bond) return 'NoMoney'
    const books = this.#count(draft, from)
    if (books.supply < 0n) return 'SupplyExceeded'
    const ownWork = workOf(draft.target)
    const error = this.model.publish({ id: draft.id, parent: draft.parent, ownWork, beside }, BigInt(now))
    if (error !== undefined) return error

    payer.add(-bond, 'bond', draft.deal && payer === draft.miner)
    this.coins += bond
    this.bonds.set(draft.id, { draft, wei: bond, time: now })
    this.drafts.set(draft.id, draft)
    this.#books.set(draft.id, books)
    const { height } = draft
    const header = {
      ...parent.sealed.header,
      parent: parent.id,
      height,
      target: draft.target,
    }
    const sealed = { header, seal: parent.sealed.seal }
    this.#blocks.set(
      draft.id,
      blockOf(draft.id, sealed, toTime(now), addWork(parent.work, ownWork), this.#isRight(draft)),
    )
    this.#blocks.set(parent.id, { ...parent, children: [...parent.children, draft.id] })
    this.#view = undefined
    this.published += 1
    return undefined
  }

  /** Whether the block is wrong is the caller's to know: a right one cannot be convicted. */
  refute(id: Hash, prover: Account): string | undefined {
    const block = this.#blocks.get(id)
    const draft = this.drafts.get(id)
    if (block === undefined || draft === undefined) return 'UnknownBlock'
    if (draft.valid) return 'StepIsRight'
    const error = this.model.refute(id)
    if (error !== undefined) return error
    this.#blocks.set(id, { ...block, refuted: true })
    this.#view = undefined
    const bond = this.bonds.get(id)
    if (bond !== undefined) {
      this.bonds.delete(id)
      const reward = (bond.wei / GWEI / 2n) * GWEI
      this.coins -= reward
      this.burned += bond.wei - reward
      prover.add(reward, 'reward', prover === draft.miner)
    }
    return undefined
  }

  nominate(parent: Hash, id: Hash, now: number): string | undefined {
    const error = this.model.nominate(parent, id, BigInt(now))
    if (error !== undefined) return error
    const place = { number: BigInt(now), hash: ZERO_HASH, logIndex: 0, transaction: ZERO_HASH, time: toTime(now) }
    this.#slots.set(parent, { block: id, place })
    this.#view = undefined
    return undefined
  }

  finalize(id: Hash, now: number): string | undefined {
    const below = this.#final
    const live = this.model.live(below)
    const error = this.model.finalize(id, BigInt(now))
    if (error !== undefined) return error
    const draft = this.drafts.get(id)
    const books = this.#books.get(id)
    const paid = this.model.find(id)?.unpaid === false
    if (draft === undefined || books === undefined) throw new RangeError(`there is no block ${id}`)
    const from = this.countsOf(below)
    this.#final = id
    this.#view = undefined
    for (const request of this.requestsOf(draft, from)) {
      const net = netOf(request.amount)
      if (!paid) this.locked += feeOf(request.amount)
      request.paidAt = now
      request.owner.wttx += net
      this.minted += net
    }
    for (const entry of this.entriesOf(draft, from)) {
      entry.takenIn = this.finality.length
      if (!paid) this.locked += feeOf(entry.gross)
    }
    if (paid) {
      this.minted += books.fee
      draft.miner.wttx += books.fee
      draft.miner.fees += books.fee
      this.coins -= books.queueFees
      draft.miner.add(books.queueFees, 'entryFee')
    } else {
      this.burned += books.queueFees
    }
    const displaced = live[0]?.id !== id
    const publishedAt = Number(this.#blocks.get(id)?.publishedAt)
    this.finality.push({ draft, publishedAt, finalAt: now, paid, displaced, raced: live.length > 1 })
    return undefined
  }

  /** For the owner of the bond. */
  withdrawBond(id: Hash, now: number): string | undefined {
    const bond = this.bonds.get(id)
    if (bond === undefined) return 'NoBond'
    const error = this.model.withdrawBond(id, BigInt(now))
    if (error === 'BondForfeited') {
      this.bonds.delete(id)
      this.burned += bond.wei
    }
    if (error !== undefined) return error
    this.bonds.delete(id)
    this.coins -= bond.wei
    bond.draft.miner.add(bond.wei, 'bondBack', bond.draft.deal)
    return undefined
  }

  /** Before anything is published: somebody has crossed the bridge before the simulation began. */
  endow(account: Account, amount: bigint): void {
    const books = this.#books.get(this.genesis)
    if (books === undefined || this.published > 0) throw new RangeError('the past is over')
    this.#books.set(this.genesis, { ...books, supply: books.supply - amount })
    account.wttx += amount
    this.minted += amount
  }

  /** wTTX of `from` is burned. */
  deposit(from: Account, gross: bigint, now: number): void {
    if (from.wttx < gross) throw new RangeError('nobody can burn what they do not have')
    from.wttx -= gross
    this.minted -= gross
    this.#append('deposits', from, now, 0n, { gross })
  }

  /** A deposit of something else than TTX, be it worth anything or not. */
  enter(payer: Account, now: number, price: GasPrice): void {
    this.#append('assets', payer, now, ceilToGwei(costOfGas(ASSET_FEE_GAS, price)))
  }

  /** Without a request it is a forced transaction that is void. */
  force(payer: Account, now: number, price: GasPrice, bytes: number, request?: Request): void {
    this.#append('forced', payer, now, forceFee(bytes, price), request ? { request } : {})
  }

  countsOf(id: Hash): LaneCounts {
    return this.drafts.get(id)?.counts ?? NO_ENTRIES
  }

  /** What it consumes, lane by lane; `from` is its parent's. */
  entriesOf({ counts }: Pick<Draft, 'counts'>, from: LaneCounts): Entry[] {
    return LANES.flatMap((lane) => this.lanes[lane].entries.slice(from[lane], counts[lane]))
  }

  /** Its own, and those that were forced; `from` is what its parent consumed up to then. */
  requestsOf(draft: Draft, from: LaneCounts): Request[] {
    return [...this.entriesOf(draft, from).flatMap(({ request }) => (request ? [request] : [])), ...draft.requests]
  }

  /** Throws if the two sides of the books do not add up. */
  audit(): void {
    const supply = this.#books.get(this.#final)?.supply ?? 0n
    const from = this.countsOf(this.#final)
    const waiting = LANES.flatMap((lane) => this.lanes[lane].entries.slice(from[lane]))
    // The fee of a deposit that is not final yet belongs to nobody.
    const gross = waiting.reduce((sum, entry) => sum + entry.gross, 0n)
    const tokens = supply + this.minted + gross + this.locked
    if (tokens !== SUPPLY) throw new RangeError(`expected ${SUPPLY} base units on both sides, found ${tokens}`)
    const bonds = [...this.bonds.values()].reduce((sum, { wei }) => sum + wei, 0n)
    const fees = waiting.reduce((sum, { fee }) => sum + fee * GWEI, 0n)
    if (bonds + fees + this.burned !== this.coins) {
      throw new RangeError(
        `expected bonds, fees and burned coins to be ${this.coins} wei, found ${bonds + fees + this.burned}`,
      )
    }
  }

  /** docs/protocol.md, section 6. The fee is the miner's once the block is final, the surcharge is gone at once. */
  #append(
    name: Lane,
    payer: Account,
    time: number,
    wei: bigint,
    what: { gross?: bigint; request?: Request } = {},
  ): void {
    const { surcharge } = this.lanes[name].add({ time, by: payer, fee: wei / GWEI, gross: 0n, ...what })
    const burned = costOfGas(surcharge, toGasPrice(DEFAULT_PARAMETERS.floorPrice))
    payer.add(-wei, 'entry')
    payer.add(-burned, 'surcharge')
    this.coins += wei + burned
    this.burned += burned
  }

  #checkLanes(from: LaneCounts, counts: LaneCounts, now: number): string | undefined {
    for (const name of LANES) {
      const lane = this.lanes[name]
      if (counts[name] < from[name] || counts[name] > lane.most(from[name])) return 'QueueOverrun'
      if (counts[name] < lane.least(from[name], now)) return 'QueueIgnored'
    }
    return undefined
  }

  #count(draft: Draft, from: LaneCounts): Books {
    let supply = this.#books.get(draft.parent)?.supply ?? 0n
    let fee = 0n
    let queueFees = 0n
    for (const entry of this.entriesOf(draft, from)) {
      supply += netOf(entry.gross)
      fee += feeOf(entry.gross)
      queueFees += entry.fee * GWEI
    }
    for (const { amount } of this.requestsOf(draft, from)) {
      supply -= amount
      fee += feeOf(amount)
    }
    return { supply, fee, queueFees }
  }

  #isRight(draft: Draft): boolean {
    return draft.valid && this.#blocks.get(draft.parent)?.verdict.verdict === 'valid'
  }
}

/** Bonds are released this long after the publication, at the earliest; seconds. */
export const BOND_SECONDS = Number(RULE.bondSeconds)

function blockOf(id: Hash, sealed: BridgeBlock['sealed'], publishedAt: Time, work: Work, right: boolean): BridgeBlock {
  const verdict = right ? ({ verdict: 'valid' } as const) : ({ verdict: 'doomed', by: id } as const)
  return { id, sealed, publishedAt, work, verdict, refuted: false, requests: [], children: [] }
}
