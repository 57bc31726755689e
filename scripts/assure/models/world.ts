// A seeded world of accounts that pay each other: valid transactions and steps for tests, by the real rules.

import { applyStep, applyTransaction } from '../../../node/protocol/apply.ts'
import { type Asset, isEntered } from '../../../node/protocol/asset.ts'
import { concat, encodeText, encodeUint } from '../../../node/protocol/bytes.ts'
import { createGenesis, genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { type Address, addressOfKey, type Infohash, parseAddress, toAddress } from '../../../node/protocol/ids.ts'
import type { Amount, Offer, OfferBody } from '../../../node/protocol/offer.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { publicKeyOf, signDigest } from '../../../node/protocol/signature.ts'
import { type Output, ofAsset, outputsOf, type State } from '../../../node/protocol/state.ts'
import { encodeStep, laneOfStep, type Step } from '../../../node/protocol/step.ts'
import {
  encodeTransaction,
  type GenesisTransaction,
  type SignedTransaction,
  type TakeTransaction,
} from '../../../node/protocol/transaction.ts'
import {
  offerDigest,
  signingDigest,
  type TakeBody,
  type TransactionBody,
  takeDigest,
} from '../../../node/protocol/typed-data.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import { type VerifiedTransaction, verifyFile } from '../../../node/protocol/verify.ts'

export const RULES: Rules = {
  chain: 31_337n,
  bridge: parseAddress(`0x${'b1'.repeat(20)}`),
  token: parseAddress(`0x${'70'.repeat(20)}`),
  minRequest: 100n,
}

export type Account = { readonly key: Uint8Array; readonly address: Address }

/** The same account for the same name. */
export function accountOf(name: string): Account {
  const key = keccak(encodeText(`account ${name}`))
  return { key, address: addressOfKey(publicKeyOf(key)) }
}

export function signBody(account: Account, body: TransactionBody): SignedTransaction {
  return { kind: 'signed', from: account.address, signature: signDigest(signingDigest(body), account.key), ...body }
}

/** A signed transaction that the rules accept, whatever the state. */
export function pay(account: Account, body: TransactionBody, rules = RULES): Paid {
  const signed = signBody(account, body)
  return { ...verifyFile(rules, encodeTransaction(signed)), tx: signed }
}

export type Paid = VerifiedTransaction<SignedTransaction>
export type Taken = VerifiedTransaction<TakeTransaction>

export function signOffer(maker: Account, body: OfferBody): Offer {
  return { ...body, from: maker.address, signature: signDigest(offerDigest(body), maker.key) }
}

export function signTake(taker: Account, body: TakeBody): TakeTransaction {
  return { kind: 'take', ...body, from: taker.address, signature: signDigest(takeDigest(body), taker.key) }
}

/** A take that the rules accept, whatever the state. */
export function takeOffer(taker: Account, body: TakeBody, rules = RULES): Taken {
  const signed = signTake(taker, body)
  return { ...verifyFile(rules, encodeTransaction(signed)), tx: signed }
}

export function genesisOf(account: Account): GenesisTransaction {
  return createGenesis(publicKeyOf(account.key), 1_767_225_600, (digest) => signDigest(digest, account.key))
}

/** Deterministic numbers in [0, 1): mulberry32. */
export function randomOf(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

type Held = { readonly amount: Amount; readonly asset: Asset | undefined; readonly prev: readonly Infohash[] }

/** A state, and random steps that are valid in it. */
export class World {
  readonly rules: Rules
  readonly accounts: readonly Account[]
  readonly genesis: Infohash
  readonly random: () => number
  state: State
  /** Of the next deposit, and of the next entry of an asset. */
  queueIndex = 0n
  assetIndex = 0n

  constructor(seed: number, accounts = 6, rules = RULES) {
    this.rules = rules
    this.random = randomOf(seed)
    this.accounts = Array.from({ length: accounts }, (_, i) => accountOf(`${seed}-${i}`))
    const genesis = genesisOf(this.pick(this.accounts))
    this.genesis = genesisInfohash(genesis)
    this.state = genesisState(genesis)
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.random() * items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /**
   * A random transaction that is valid in the present state: one to eight inputs of one asset, often with change, memo, or a request; now and
   * then an issuance.
   */
  transaction(): Paid {
    const sender = this.pick(this.accounts.filter(({ address }) => this.#owned(address).length > 0))
    const { asset } = this.pick(this.#owned(sender.address))
    const owned = this.#owned(sender.address).filter((output) => output.asset === asset)
    const count = 1 + Math.floor(this.random() * Math.min(8, owned.length))
    const chosen = owned
      .map((output) => ({ output, order: this.random() }))
      .sort((a, b) => a.order - b.order)
      .slice(0, count)
      .map(({ output }) => output)
    const sum = chosen.reduce((total, { value }) => total + value, 0n)
    const tokens = this.random() < 0.15 ? sum : 1n + (sum * BigInt(Math.floor(this.random() * 1000))) / 1001n
    if (asset === undefined && this.random() < 0.1) return this.#issuance(sender, chosen)
    const canLeave = asset === undefined ? tokens >= this.rules.minRequest : isEntered(asset)
    const isRequest = this.random() < 0.2 && canLeave
    const recipient = this.random() < 0.5 ? sender.address : this.#stranger()
    const body: TransactionBody = {
      to: isRequest ? this.rules.bridge : this.random() < 0.1 ? this.#stranger() : this.pick(this.accounts).address,
      tokens,
      time: Math.floor(this.random() * 2 ** 31),
      prev: chosen.map(({ infohash }) => infohash).sort(),
      ...(this.random() < 0.3 ? { memo: this.#memo() } : {}),
      ...(asset === undefined ? {} : { asset }),
      ...(isRequest ? { bridge: { chain: this.rules.chain, to: recipient } } : {}),
    }
    const verified = pay(sender, body, this.rules)
    // What a contract says of itself need not fit into one account.
    const fits = asset === undefined || applyTransaction(this.state, verified).reason === 'None'
    return fits ? verified : this.transaction()
  }

  /** A random swap of two assets that is valid in the present state; undefined if some tries found no two accounts that have two. */
  take(): Taken | undefined {
    for (let tries = 6; tries > 0; tries--) {
      const found = this.#tryTake()
      if (found !== undefined) return found
    }
    return undefined
  }

  #tryTake(): Taken | undefined {
    const [maker, taker] = [this.pick(this.accounts), this.pick(this.accounts)]
    const [give, want] = [this.#some(maker.address), this.#some(taker.address)]
    if (maker === taker || give === undefined || want === undefined || give.asset === want.asset) return undefined
    const { offer, ...body } = this.#swap(taker, give, want)
    const verified = takeOffer(taker, { ...body, offer: signOffer(maker, offer) }, this.rules)
    return applyTransaction(this.state, verified).reason === 'None' ? verified : undefined
  }

  #swap(taker: Account, give: Held, want: Held) {
    const time = Math.floor(this.random() * 2 ** 31)
    const named = this.random() < 0.3 ? { taker: taker.address } : {}
    const memo = this.random() < 0.3 ? { memo: this.#memo() } : {}
    const offer: OfferBody = { give: give.amount, want: want.amount, ...named, time, prev: give.prev }
    return { offer, ...memo, time, prev: want.prev }
  }

  /** One to four outputs of one asset, and a part of what they hold; undefined if the owner has none. */
  #some(owner: Address): Held | undefined {
    const owned = this.#owned(owner)
    if (owned.length === 0) return undefined
    const { asset } = this.pick(owned)
    const inputs = owned.filter((output) => output.asset === asset).slice(0, 1 + Math.floor(this.random() * 4))
    const sum = inputs.reduce((total, { value }) => total + value, 0n)
    const tokens = this.random() < 0.3 ? sum : 1n + (sum * BigInt(Math.floor(this.random() * 1000))) / 1001n
    return { amount: ofAsset({ tokens }, asset), asset, prev: inputs.map(({ infohash }) => infohash).sort() }
  }

  /** The contract that entered one of the assets of this world. */
  contract(): Address {
    return accountOf(`contract ${Math.floor(this.random() * 3)}`).address
  }

  /** Gives every account some TTX and some of what contracts enter, and lets two of them issue, so that they have what to swap. */
  endow(): void {
    for (const { address: to } of this.accounts) {
      this.apply({ kind: 'deposit', entry: { kind: 'deposit', gross: 5_000n, to } })
      const entry = { kind: 'entered', fee: toGwei(1n), amount: 700n, to, asset: this.contract() } as const
      this.apply({ kind: 'entered', entry })
    }
    for (const account of this.accounts.slice(0, 2)) {
      const inputs = this.#owned(account.address).filter(({ asset }) => asset === undefined)
      this.apply({ kind: 'transaction', packed: this.#issuance(account, inputs.slice(0, 1)).packed })
    }
  }

  /** The number of the entry that a step consumes in its lane, if it consumes one. */
  indexOf(step: Step): bigint {
    return laneOfStep(step) === 'assets' ? this.assetIndex : this.queueIndex
  }

  /** A random valid step, not yet applied. */
  step(): Step {
    const isPoor = this.accounts.every(({ address }) => this.#owned(address).length === 0)
    const kind = isPoor ? 0 : this.random()
    if (kind < 0.1) {
      const gross = 1n + BigInt(Math.floor(this.random() * 10_000))
      return { kind: 'deposit', entry: { kind: 'deposit', gross, to: this.pick(this.accounts).address } }
    }
    if (kind < 0.17) {
      const fee = toGwei(BigInt(Math.floor(this.random() * 2 ** 40)))
      // Of a contract that says what it likes, so that now and then one does not fit.
      const amount = this.random() < 0.2 ? 2n ** 128n - 1n : 1n + BigInt(Math.floor(this.random() * 10_000))
      const [to, asset] = [this.pick(this.accounts).address, this.contract()]
      return { kind: 'entered', entry: { kind: 'entered', fee, amount, to, asset } }
    }
    const swap = this.random() < 0.15 ? this.take() : undefined
    const { packed } = swap ?? this.transaction()
    return kind < 0.27
      ? { kind: 'applied', fee: toGwei(BigInt(Math.floor(this.random() * 2 ** 40))), packed }
      : { kind: 'transaction', packed }
  }

  /** Applies a step to the state. Throws if it is invalid: the world is wrong then. */
  apply(step: Step): void {
    const { state, reason } = applyStep(this.rules, this.state, this.indexOf(step), encodeStep(step))
    if (reason !== 'None') throw new Error(`the world made an invalid step: ${reason}`)
    this.state = state
    if (laneOfStep(step) === 'deposits') this.queueIndex += 1n
    if (laneOfStep(step) === 'assets') this.assetIndex += 1n
  }

  #issuance(sender: Account, inputs: readonly Output[]): Paid {
    const body: TransactionBody = {
      to: this.random() < 0.5 ? sender.address : this.pick(this.accounts).address,
      tokens: 1n + BigInt(Math.floor(this.random() * 10_000)),
      issuance: true,
      time: Math.floor(this.random() * 2 ** 31),
      prev: inputs.map(({ infohash }) => infohash).sort(),
      ...(this.random() < 0.5 ? { memo: this.#memo() } : {}),
    }
    return pay(sender, body, this.rules)
  }

  #owned(owner: Address) {
    return outputsOf(this.state).filter((output) => output.owner === owner)
  }

  #stranger(): Address {
    return toAddress(
      keccak(concat(encodeText('stranger'), encodeUint(Math.floor(this.random() * 2 ** 32), 4))).subarray(12),
    )
  }

  #memo(): string {
    const letters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
      (c) => c !== '"' && c !== '\\',
    )
    return Array.from({ length: 1 + Math.floor(this.random() * 140) }, () => this.pick(letters)).join('')
  }
}
