// A street with a maker and takers: a real ledger behind the real methods of the RPC, and blocks that the test makes, so that a thousand trades take seconds.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Inventory } from '../../../../../node/client/maker/ladder.ts'
import type { Shown } from '../../../../../node/client/maker/maker.ts'
import type { MakerBook, Market } from '../../../../../node/client/maker/market.ts'
import { takeOffer } from '../../../../../node/client/offers/take.ts'
import { chooseInputs, type KeySigner, signTransaction } from '../../../../../node/client/pay.ts'
import type { NodeClient } from '../../../../../node/client/rpc.ts'
import { purseOf } from '../../../../../node/ledger/purse.ts'
import type { BranchBlock } from '../../../../../node/ledger/types.ts'
import { applyTransaction } from '../../../../../node/protocol/apply.ts'
import type { Asset } from '../../../../../node/protocol/asset.ts'
import { genesisState } from '../../../../../node/protocol/genesis.ts'
import type { Address, Infohash } from '../../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../../node/protocol/infohash.ts'
import type { Offer } from '../../../../../node/protocol/offer.ts'
import { signDigest } from '../../../../../node/protocol/signature.ts'
import { ofAsset, outputsOf, type State } from '../../../../../node/protocol/state.ts'
import { encodeTransaction } from '../../../../../node/protocol/transaction.ts'
import { takeDigest } from '../../../../../node/protocol/typed-data.ts'
import { type VerifiedTransaction, verifyFile } from '../../../../../node/protocol/verify.ts'
import { API, type Handlers } from '../../../../../node/rpc/api.ts'
import type { NodeParts } from '../../../../../node/rpc/handlers/parts.ts'
import { transactionHandlers } from '../../../../../node/rpc/handlers/transactions.ts'
import { toWire } from '../../../../../node/rpc/json.ts'
import { makerBook } from '../../../../../scripts/cli/offers/maker-book.ts'
import {
  block,
  GENESIS,
  GENESIS_BLOCK,
  GENESIS_INFOHASH,
  hashOf,
  issue,
  NOW_MS,
  type OpenLedger,
  OWNER,
  openLedger,
  type Person,
  pay,
  person,
  RULES,
} from '../../ledger/world.ts'

export const STOCK = person('stock of the maker')
export const SHOP = person('shop of the maker')
export const START: Inventory = { base: 1_000_000_000n, quote: 2_000_000_000n }
const TAKER_HAS = 20_000_000_000n

type Tip = { readonly block: BranchBlock; readonly state: State; readonly contents: readonly VerifiedTransaction[] }

export class Street {
  readonly folder: string
  readonly takers: readonly KeySigner[]
  /** What is issued; prices are in TTX. */
  readonly gold: Asset
  readonly client: NodeClient
  readonly handlers: Pick<Handlers, 'node_info' | keyof ReturnType<typeof transactionHandlers>>
  /** What the node says of how it follows the bridge. */
  state: 'live' | 'syncing' = 'live'
  /** How often it was asked. */
  asked = 0
  readonly #opened: OpenLedger
  /** What miners know, in the order in which it came. */
  readonly #known = new Map<Infohash, VerifiedTransaction>()
  /** What they include before all else. */
  readonly #preferred = new Set<Infohash>()
  #chain: Tip[] = []
  /** How many blocks of the chain are final. */
  #final = 0
  #blocks = 0

  private constructor(folder: string, opened: OpenLedger, takers: readonly Person[], gold: Asset) {
    this.folder = folder
    this.#opened = opened
    this.takers = takers.map(signerOf)
    this.gold = gold
    const { ledger } = opened
    const others = { network: { holders: () => 0 }, own: { add: () => undefined } }
    const parts = { ledger, settle: async () => undefined, ...others, trackers: [], follower: undefined }
    const handlers = transactionHandlers(parts as unknown as NodeParts) // what these methods need of it
    const submit: Handlers['tx_submit'] = async (params) => {
      const record = await handlers.tx_submit(params)
      this.know(params.file)
      return record
    }
    this.handlers = { ...handlers, tx_submit: submit, node_info: async () => this.#info() }
    this.client = {
      url: 'the street',
      call: async (method, params) => {
        const handler = this.handlers[method as 'tx_get'] as (params: unknown) => Promise<never>
        return await handler(API[method].params.parse(toWire(params)))
      },
    }
  }

  static async open(t: TestContext, takers = 12): Promise<Street> {
    const opened = await openLedger()
    t.after(() => opened[Symbol.asyncDispose]())
    const folder = await mkdtemp(join(tmpdir(), 'ttx-street-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const people = Array.from({ length: takers }, (_, i) => person(`taker ${i}`))
    const gold = issue({ from: OWNER, to: OWNER, tokens: 10n ** 15n, prev: [GENESIS_INFOHASH] })
    const street = new Street(folder, opened, people, gold.infohash)
    await street.#submit(gold)
    let [ttx, units] = [gold.infohash, gold.infohash]
    const give = async (to: Person, base: bigint, quote: bigint, time: number) => {
      const inGold = pay({ from: OWNER, to, tokens: base, prev: [units], asset: gold.infohash, time })
      const inTtx = pay({ from: OWNER, to, tokens: quote, prev: [ttx], time })
      await street.#submit(inGold)
      await street.#submit(inTtx)
      ;[units, ttx] = [inGold.infohash, inTtx.infohash]
    }
    await give(STOCK, START.base, START.quote, 1)
    for (const [i, taker] of people.entries())
      for (let part = 0; part < 4; part++) await give(taker, TAKER_HAS, TAKER_HAS, 10 * i + part + 2)
    await street.mine()
    await street.finalize(1)
    return street
  }

  get market(): Market {
    return { stock: STOCK.address, shop: SHOP.address, base: this.gold }
  }

  book(): MakerBook {
    return makerBook(join(this.folder, 'offers'))
  }

  /** What miners have heard of, whether the node has or not. */
  know(file: Uint8Array, isPreferred = false): Infohash {
    const infohash = infohashOf(file)
    if (!this.#known.has(infohash)) this.#known.set(infohash, verifyFile(RULES, file))
    if (isPreferred) this.#preferred.add(infohash)
    return infohash
  }

  /** A block with all that is valid there, but what `skip` says, and what stands on that. */
  async mine(skip: (tx: VerifiedTransaction) => boolean = () => false): Promise<void> {
    this.#add(skip)
    await this.#tell()
  }

  /** As many of the newest blocks lose to as many others, and one more. Blocks that are final stay. */
  async reorganise(depth: number, skip: (tx: VerifiedTransaction) => boolean = () => false): Promise<void> {
    const lost = Math.min(depth, this.#chain.length - this.#final)
    this.#chain = this.#chain.slice(0, this.#chain.length - lost)
    for (let i = 0; i <= lost; i++) this.#add(skip)
    await this.#tell()
  }

  /** All but the newest `above` blocks are final. */
  async finalize(above = 0): Promise<void> {
    this.#final = Math.max(this.#final, this.#chain.length - Math.max(0, above - 1))
    await this.#tell()
    const gone = this.#chain.slice(0, this.#final).flatMap(({ contents }) => contents)
    for (const { infohash } of gone) this.#known.delete(infohash)
    for (const infohash of this.#known.keys())
      if (this.#opened.ledger.record(infohash).isDead) this.#known.delete(infohash)
  }

  /** What blocks say, without the node. */
  settled(): Inventory {
    const outputs = outputsOf(this.#state()).filter(({ owner }) => owner === STOCK.address || owner === SHOP.address)
    const sum = (asset?: Asset) =>
      outputs.filter((output) => output.asset === asset).reduce((total, { value }) => total + value, 0n)
    return { base: sum(this.gold), quote: sum() }
  }

  /** What the node has of a wallet that can be spent. */
  async spendable(owner: Address): Promise<Inventory> {
    const sum = async (asset?: Asset) =>
      (await this.#opened.ledger.outputs(purseOf(owner, asset))).reduce((total, { value }) => total + value, 0n)
    return { base: await sum(this.gold), quote: await sum() }
  }

  /** By the blocks of the chain: what takes of the maker's offers and payments of others brought and took. */
  trades() {
    const sums = { sold: [0, 0n, 0n], bought: [0, 0n, 0n], given: { base: 0n, quote: 0n } } as {
      sold: [number, bigint, bigint]
      bought: [number, bigint, bigint]
      given: { base: bigint; quote: bigint }
    }
    for (const { tx } of this.#chain.slice(1).flatMap(({ contents }) => contents)) {
      if (tx.kind === 'take' && tx.offer.from === SHOP.address) {
        const { give, want } = tx.offer
        const isSale = give.asset === this.gold
        const into = isSale ? sums.sold : sums.bought
        into[0] += 1
        into[1] += isSale ? give.tokens : want.tokens
        into[2] += isSale ? want.tokens : give.tokens
      } else if (tx.kind === 'signed' && isMaker(tx.to) && !isMaker(tx.from)) {
        sums.given[tx.asset === this.gold ? 'base' : 'quote'] += tx.tokens
      }
    }
    return sums
  }

  /** Somebody takes an offer; undefined if it was gone, or they have not enough. */
  async take(taker: KeySigner, { offer }: Shown, time: number): Promise<Infohash | undefined> {
    return await takeOffer(this.client, taker, offer, time, { fetchMs: 0 }).then(
      ({ infohash }) => infohash,
      () => undefined,
    )
  }

  /** A taker who takes an offer, and pays the same money elsewhere where only miners hear of it. */
  async lie(taker: KeySigner, { offer }: Shown, time: number): Promise<void> {
    const { prev, sum } = await chooseInputs(this.client, taker.address, { ...offer.want, most: 4 })
    const taken = await this.take(taker, { id: '' as Infohash, side: 'sell', offer }, time)
    if (taken === undefined) return
    const payment = ofAsset({ to: taker.address, tokens: sum, prev, time: time + 1 }, offer.want.asset)
    this.know(encodeTransaction(signTransaction(taker, payment)), true)
  }

  /** Another asset, whose issuance no block has ordered. */
  async issueMore(): Promise<VerifiedTransaction> {
    const { prev } = await chooseInputs(this.client, OWNER.address, { tokens: 1n })
    const issuance = issue({ from: OWNER, to: OWNER, tokens: 5n, prev })
    await this.#submit(issuance)
    return issuance
  }

  /** The file of a take, which no node has. */
  async takeOf(taker: KeySigner, offer: Offer, time: number): Promise<Uint8Array> {
    const { prev } = await chooseInputs(this.client, taker.address, { ...offer.want, most: 4 })
    const body = { offer, prev: prev.toSorted(), time }
    return encodeTransaction({ kind: 'take', from: taker.address, signature: taker.sign(takeDigest(body)), ...body })
  }

  /** A payment of TTX that the node has, and another one of the same money that miners include before. */
  async lieAbout(liar: KeySigner, to: Address, tokens: bigint): Promise<void> {
    const { prev, sum } = await chooseInputs(this.client, liar.address, { tokens })
    const file = encodeTransaction(signTransaction(liar, { to, tokens, prev, time: 1 }))
    await this.client.call('tx_submit', { file })
    this.know(encodeTransaction(signTransaction(liar, { to: liar.address, tokens: sum, prev, time: 2 })), true)
  }

  async gift(from: KeySigner, to: Address, tokens: bigint, asset: Asset | undefined, time: number): Promise<void> {
    const { prev } = await chooseInputs(this.client, from.address, ofAsset({ tokens }, asset))
    const file = encodeTransaction(signTransaction(from, { ...ofAsset({ to, tokens }, asset), prev, time }))
    await this.client.call('tx_submit', { file })
  }

  #state(): State {
    return this.#chain.at(-1)?.state ?? genesisState(GENESIS)
  }

  #add(skip: (tx: VerifiedTransaction) => boolean): void {
    let state = this.#state()
    const contents: VerifiedTransaction[] = []
    const first = [...this.#known.values()].filter(({ infohash }) => this.#preferred.has(infohash))
    for (const tx of [...first, ...this.#known.values()]) {
      if (!this.#preferred.has(tx.infohash) && skip(tx)) continue
      const applied = applyTransaction(state, tx)
      if (applied.reason !== 'None') continue
      state = applied.state
      contents.push(tx)
    }
    this.#blocks += 1
    const height = BigInt(this.#chain.length + 1)
    this.#chain.push({ block: block(`street ${this.#blocks}`, height, contents), state, contents })
  }

  async #tell(): Promise<void> {
    const final = this.#final === 0 ? GENESIS_BLOCK : (this.#chain[this.#final - 1]?.block.id ?? hashOf('none'))
    await this.#opened.ledger.setBranch({ final, blocks: this.#chain.map((each) => each.block) })
    await this.#opened.ledger.idle()
  }

  async #submit({ file }: VerifiedTransaction): Promise<void> {
    await this.client.call('tx_submit', { file })
  }

  #info(): Awaited<ReturnType<Handlers['node_info']>> {
    this.asked += 1
    const { genesis } = this.#opened.ledger
    const tip = this.#chain.at(-1)?.block
    return {
      ...{ version: '0.0.0', peers: [], listenPort: 1, count: 1, fingerprint: hashOf('all'), waiting: 0 },
      network: { ...RULES, floorPrice: 7n, genesis },
      bridge: { state: this.state, ...(tip === undefined ? {} : { tip: { id: tip.id, height: tip.height } }) },
    }
  }
}

export function signerOf({ address, key }: Person): KeySigner {
  return { address, sign: (digest) => signDigest(digest, key) }
}

export function now(): number {
  return NOW_MS
}

function isMaker(address: Address): boolean {
  return address === STOCK.address || address === SHOP.address
}
