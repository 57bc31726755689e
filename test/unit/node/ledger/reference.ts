// The plain model of a ledger: it keeps what came and in which order, and recomputes everything else from scratch each time.

import type { Status } from '../../../../node/ledger/types.ts'
import type { Asset } from '../../../../node/protocol/asset.ts'
import { decodeUint, encodeUint } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { type Address, type Hash, type Infohash, toBytes, toHash } from '../../../../node/protocol/ids.ts'
import { MAX_TOKENS } from '../../../../node/protocol/rules.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'

/** A transaction of a made-up world. Deposits and genesis have no sender. */
export type Tx = {
  readonly infohash: Infohash
  readonly from?: Address
  readonly to: Address
  readonly tokens: bigint
  readonly prev: readonly Infohash[]
  readonly isRequest: boolean
  readonly isIssuance?: boolean
  /** What it moves; TTX if there is none, as of an issuance. */
  readonly asset?: Asset
  readonly kind: 'genesis' | 'deposit' | 'signed'
  /** Of a take: what its maker pays `from`; the rest is what `from` pays the maker. */
  readonly offer?: { readonly prev: readonly Infohash[]; readonly tokens: bigint; readonly asset?: Asset }
}

export type Place = { readonly height: number; readonly isFinal: boolean }

export type Beginning = {
  /** By seniority. */
  readonly complete: readonly Infohash[]
  readonly waiting: readonly Infohash[]
  readonly branch: readonly { readonly infohash: Infohash; readonly place: Place }[]
  readonly refused: ReadonlyMap<Infohash, 'invalid' | 'conflicting'>
}

export type Verdict = {
  readonly status: Map<Infohash, Status>
  readonly dead: Set<Infohash>
  readonly outputs: Map<string, Coin & { readonly status: Status }>
  /** By `holderOf`. */
  readonly pendingOut: Map<string, bigint>
  readonly live: Infohash[]
  readonly unordered: Infohash[]
}

export type Coin = { readonly owner: Address; readonly asset?: Asset; readonly value: bigint }

/** Whose, and of what. */
export function holderOf({ owner, asset }: Omit<Coin, 'value'>): string {
  return `${owner} ${asset ?? 'TTX'}`
}

/** One payment, or the two of a swap, that of the maker first. Each is of one owner and one asset. */
export function halvesOf({ offer, ...tx }: Tx): Tx[] {
  if (offer === undefined || tx.from === undefined) return [tx]
  const { asset: _asset, ...rest } = tx
  return [{ ...rest, from: tx.to, to: tx.from, ...offer }, tx]
}

export function inputsOf(tx: Tx): string[] {
  return halvesOf(tx).flatMap(({ prev, from, asset }) =>
    from === undefined ? [] : prev.map((input) => `${input} ${holderOf(ofAsset({ owner: from }, asset))}`),
  )
}

/** The transactions that it spends from. */
export function parentsOf(tx: Tx): Infohash[] {
  return halvesOf(tx).flatMap(({ prev }) => prev)
}

export class Reference {
  readonly #world: ReadonlyMap<Infohash, Tx>
  readonly #genesis: Infohash
  /** Of each transaction that was asked for: the two halves of swaps on swaps would be walked again and again. */
  readonly #coins = new Map<Infohash, Coin[]>()
  /** Complete ones by seniority. */
  #complete: Infohash[]
  #waiting: Infohash[] = []
  readonly #refused: Map<Infohash, 'invalid' | 'conflicting'>
  /** Ordered and final ones in the order of the branch. */
  #branch: { infohash: Infohash; place: Place }[] = []

  /** `begin` is what is there already; nothing but genesis by default. */
  constructor(world: ReadonlyMap<Infohash, Tx>, genesis: Infohash, begin?: Beginning) {
    this.#world = world
    this.#genesis = genesis
    this.#complete = [...(begin?.complete ?? [genesis])]
    this.#waiting = [...(begin?.waiting ?? [])]
    this.#branch = [...(begin?.branch ?? [])]
    this.#refused = new Map(begin?.refused)
  }

  submit(infohash: Infohash): void {
    if (this.#complete.includes(infohash) || this.#waiting.includes(infohash) || this.#refused.has(infohash)) return
    this.#waiting.push(infohash)
    this.#work([infohash])
  }

  deposit(infohash: Infohash): void {
    if (this.#complete.includes(infohash)) return
    this.#waiting = this.#waiting.filter((other) => other !== infohash)
    this.#complete.push(infohash)
    this.#work(this.#dependents(infohash))
  }

  setBranch(branch: readonly { infohash: Infohash; place: Place }[]): void {
    this.#branch = [...branch]
    const added = branch.map(({ infohash }) => infohash).filter((infohash) => !this.#complete.includes(infohash))
    this.#complete.push(...added)
    this.#waiting = this.#waiting.filter((infohash) => !added.includes(infohash))
    for (const infohash of added) this.#refused.delete(infohash)
    this.#work(added.flatMap((infohash) => this.#dependents(infohash)))
  }

  /** The memory of refusals does not survive. */
  restart(): void {
    this.#refused.clear()
    this.#work([...this.#waiting])
  }

  /** Judges waiting ones, first come first, and then those that waited for them. */
  #work(queue: Infohash[]): void {
    for (const infohash of queue) {
      const tx = this.#tx(infohash)
      if (!this.#waiting.includes(infohash) || tx.kind !== 'signed') continue
      const parents = parentsOf(tx).filter((input) => !this.#complete.includes(input))
      const refused = parents.map((input) => this.#refused.get(input)).find((why) => why !== undefined)
      if (parents.length > 0 && refused === undefined) continue
      this.#waiting = this.#waiting.filter((other) => other !== infohash)
      const why = refused ?? this.#reasonToRefuse(tx)
      if (why === undefined) this.#complete.push(infohash)
      else this.#refused.set(infohash, why)
      queue.push(...this.#dependents(infohash))
    }
  }

  #reasonToRefuse(tx: Tx): 'invalid' | 'conflicting' | undefined {
    for (const half of halvesOf(tx)) {
      const sum = this.sumOf(half)
      if (sum === undefined || (sum < half.tokens && !tx.isIssuance) || sum > MAX_TOKENS) return 'invalid'
    }
    const { dead, status } = this.judge()
    if (parentsOf(tx).some((input) => dead.has(input))) return 'conflicting'
    const isBeaten = this.#complete.some((other) => status.get(other) === 'final' && this.#compete(tx, this.#tx(other)))
    return isBeaten ? 'conflicting' : undefined
  }

  #dependents(infohash: Infohash): Infohash[] {
    return this.#waiting.filter((other) => parentsOf(this.#tx(other)).includes(infohash))
  }

  #compete(a: Tx, b: Tx): boolean {
    const others = inputsOf(b)
    return a.infohash !== b.infohash && inputsOf(a).some((input) => others.includes(input))
  }

  #tx(infohash: Infohash): Tx {
    const tx = this.#world.get(infohash)
    if (tx === undefined) throw new Error(`no ${infohash} in this world`)
    return tx
  }

  /** What a transaction creates, whatever became of it. */
  coinsOf(infohash: Infohash): Coin[] {
    const known = this.#coins.get(infohash)
    if (known !== undefined) return known
    const coins = halvesOf(this.#tx(infohash)).flatMap((half) => this.#coinsOfHalf(half))
    this.#coins.set(infohash, coins)
    return coins
  }

  #coinsOfHalf(tx: Tx): Coin[] {
    const { infohash, from, to, tokens, asset } = tx
    if (from === undefined) return [ofAsset({ owner: to, value: tokens }, asset)]
    const sum = this.sumOf(tx) ?? 0n
    if (tx.isIssuance)
      return [
        { owner: to, value: tokens, asset: infohash },
        { owner: from, value: sum },
      ]
    if (to === from && !tx.isRequest) return [ofAsset({ owner: to, value: sum }, asset)]
    const change = sum > tokens ? [ofAsset({ owner: from, value: sum - tokens }, asset)] : []
    return tx.isRequest ? change : [ofAsset({ owner: to, value: tokens }, asset), ...change]
  }

  /** What the inputs of one of `halvesOf` hold; undefined if one does not exist. */
  sumOf(half: Tx): bigint | undefined {
    const coins = half.prev.map((input) =>
      this.coinsOf(input).find(({ owner, asset }) => owner === half.from && asset === half.asset),
    )
    return coins.every((coin) => coin !== undefined) ? coins.reduce((sum, { value }) => sum + value, 0n) : undefined
  }

  /** Everything, from the arrivals and the branch alone. */
  judge(): Verdict {
    const status = new Map<Infohash, Status>([[this.#genesis, 'final']])
    const dead = new Set<Infohash>()
    const spentBy = new Map<string, Infohash>()
    const claim = (tx: Tx) => {
      for (const input of inputsOf(tx)) spentBy.set(input, tx.infohash)
    }
    for (const { infohash, place } of this.#branch) {
      status.set(infohash, place.isFinal ? 'final' : 'ordered')
      claim(this.#tx(infohash))
    }
    for (const infohash of this.#complete) {
      if (status.has(infohash)) continue
      const tx = this.#tx(infohash)
      if (tx.kind === 'deposit') {
        status.set(infohash, 'waiting')
        continue
      }
      const rivals = inputsOf(tx).flatMap((input) => spentBy.get(input) ?? [])
      const parents = parentsOf(tx).map((input) => status.get(input))
      const isLost = rivals.length > 0 || parents.includes('conflicting')
      status.set(infohash, isLost ? 'conflicting' : parents.includes('waiting') ? 'waiting' : 'accepted')
      if (!isLost) claim(tx)
      if (parentsOf(tx).some((input) => dead.has(input)) || rivals.some((rival) => status.get(rival) === 'final'))
        dead.add(infohash)
    }
    return { status: this.#withOthers(status), dead, ...this.#coinsBy(status, spentBy) }
  }

  #withOthers(known: ReadonlyMap<Infohash, Status>): Map<Infohash, Status> {
    const status = new Map<Infohash, Status>()
    for (const infohash of this.#world.keys()) status.set(infohash, 'unknown')
    for (const [infohash, why] of this.#refused) status.set(infohash, why)
    for (const infohash of this.#waiting) status.set(infohash, 'waiting')
    for (const [infohash, one] of known) status.set(infohash, one)
    return status
  }

  #coinsBy(status: ReadonlyMap<Infohash, Status>, spentBy: ReadonlyMap<string, Infohash>) {
    const outputs: Verdict['outputs'] = new Map()
    const pendingOut = new Map<string, bigint>()
    const live = [...status].filter(([, one]) => one === 'accepted' || one === 'ordered' || one === 'final')
    for (const [infohash, one] of live) {
      for (const coin of this.coinsOf(infohash)) {
        const holder = holderOf(coin)
        const spender = spentBy.get(`${infohash} ${holder}`)
        const fate = spender === undefined ? undefined : status.get(spender)
        if (fate === undefined || fate === 'waiting') outputs.set(`${infohash} ${holder}`, { ...coin, status: one })
        else if (fate === 'accepted' && one !== 'accepted')
          pendingOut.set(holder, (pendingOut.get(holder) ?? 0n) + coin.value)
      }
    }
    const unordered = live.filter(([, one]) => one === 'accepted').map(([infohash]) => infohash)
    return { outputs, pendingOut, live: live.map(([infohash]) => infohash), unordered }
  }
}

/** Sum of keccak(infohash) mod 2^256. */
export function fingerprintOf(infohashes: Iterable<Infohash>): Hash {
  let sum = 0n
  for (const infohash of infohashes) sum += decodeUint(keccak(toBytes(infohash)))
  return toHash(encodeUint(sum % 2n ** 256n, 32))
}
