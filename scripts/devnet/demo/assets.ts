// The part of a demo that is about other assets: a token comes in through its gateway, is paid on, swapped for one that was issued here, and leaves.

import { formatClaim } from '../../../node/asset-claim.ts'
import { formatAmount } from '../../../node/client/amount.ts'
import { claimAsset } from '../../../node/client/ethereum/claim-asset.ts'
import { depositToken } from '../../../node/client/ethereum/deposit-token.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { gatewayOf } from '../../../node/ethereum/gateways/gateway.ts'
import { tokenBalanceOf } from '../../../node/ethereum/gateways/token.ts'
import type { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { netOf } from '../../../node/protocol/fee.ts'
import type { Address, Infohash } from '../../../node/protocol/ids.ts'
import type { Offer } from '../../../node/protocol/offer.ts'
import type { Wallet } from '../../../node/wallet/wallet.ts'
import { EXAMPLE_TOKEN_DECIMALS } from '../example-token.ts'
import { check, type Stage } from './stage.ts'
import type { Token } from './supply.ts'
import type { Way } from './way.ts'

export type AssetsDeps = {
  readonly way: Way
  readonly stage: Stage
  readonly node: NodeClient
  readonly chain: bigint
  readonly bridge: Address
  readonly token: Token
  readonly factory: Address
}

type People = { readonly alice: Wallet; readonly bob: Wallet; readonly carol: Wallet }

const UNIT = 10n ** BigInt(EXAMPLE_TOKEN_DECIMALS)
const BROUGHT = 250n * UNIT
const PAID = 40n * UNIT
const PAID_ON = 15n * UNIT
const OFFERED = 5n * UNIT
const TAKEN_OUT = 20n * UNIT
const GOLD_DECIMALS = 3
const ISSUED = 1_000_000n
const WANTED = 60_000n

/** Its methods are the steps, in this order. */
export class Assets {
  /** In the order of the steps; of the swap, what the offer gives. */
  readonly transactions: { readonly name: string; readonly infohash: Infohash; readonly tokens: bigint }[] = []
  readonly #deps: AssetsDeps
  readonly #people: People

  constructor(deps: AssetsDeps, people: People) {
    this.#deps = deps
    this.#people = people
  }

  /** Alice has that much of the token on Ethereum, and the coins for it. */
  static readonly brought = BROUGHT

  async bringIn(sender: TransactionSender) {
    const { way, stage, token, factory } = this.#deps
    const { alice } = this.#people
    return await stage.step(
      'alice brings in a token (ERC-20)',
      async () => {
        const done = await depositToken(sender, { factory, token: token.token, amount: BROUGHT, to: alice.address })
        await way.seen(done.infohash)
        this.#note('deposit of a token by alice', done.infohash, done.credit)
        return done
      },
      ({ credit }) => `${example(credit)} through its gateway ${token.gateway}`,
    )
  }

  async issue(): Promise<Infohash> {
    const { way, stage } = this.#deps
    const { bob } = this.#people
    const memo = formatClaim({ symbol: 'GOLD', decimals: GOLD_DECIMALS })
    const asset = await stage.step(
      'bob issues an asset',
      () => way.pay(bob, { to: bob.address, tokens: ISSUED, issuance: true, memo }),
      (infohash) => `${gold(ISSUED)}, ${infohash}`,
    )
    this.#note('bob issues an asset', asset, ISSUED)
    return asset
  }

  /** Both before any block has the first of them. */
  async payOn(): Promise<void> {
    const { way, stage, token } = this.#deps
    const { alice, bob, carol } = this.#people
    const asset = token.gateway
    await stage.step(
      'alice pays bob in that token, and bob pays it on, both unconfirmed',
      async () => {
        const first = await way.pay(alice, { to: bob.address, tokens: PAID, asset })
        this.#note('alice pays bob in a token', first, PAID)
        const second = await way.spend(bob, first, { to: carol.address, tokens: PAID_ON, asset })
        this.#note('bob pays carol on', second, PAID_ON)
      },
      () => `${example(PAID)} to bob, ${example(PAID_ON)} of them to carol`,
    )
  }

  async swap(issued: Infohash): Promise<Offer> {
    const { way, stage, token } = this.#deps
    const { bob, carol } = this.#people
    const terms = { give: { tokens: OFFERED, asset: token.gateway }, want: { tokens: WANTED, asset: issued } }
    const { offer, infohash } = await stage.step(
      "bob takes carol's offer",
      () => way.swap(carol, bob, terms),
      () => `${example(OFFERED)} for ${gold(WANTED)}`,
    )
    this.#note('bob takes an offer of carol', infohash, OFFERED)
    return offer
  }

  async askOut(): Promise<Infohash> {
    const { way, stage, token, chain, bridge } = this.#deps
    const { bob } = this.#people
    const what = { to: bridge, tokens: TAKEN_OUT, asset: token.gateway, bridge: { chain, to: bob.address } }
    const request = await stage.step(
      'bob asks for the token on Ethereum',
      () => way.pay(bob, what),
      () => example(TAKEN_OUT),
    )
    this.#note('bob asks for the token on Ethereum', request, TAKEN_OUT)
    return request
  }

  /** The request is in a final block. */
  async claim(sender: TransactionSender, request: Infohash) {
    const { stage, node, token, factory } = this.#deps
    const { ethereum } = sender
    const { bob } = this.#people
    const held = await stage.step(
      'its gateway pays bob',
      async () => {
        await claimAsset(node, sender, { factory, asset: token.gateway, requests: [request] })
        return await tokenBalanceOf(ethereum, token.token, bob.address)
      },
      (units) => `bob holds ${example(units ?? 0n)} on Ethereum`,
    )
    check(held === netOf(TAKEN_OUT), `bob to hold ${netOf(TAKEN_OUT)} units of the token`, `${held}`)
    return { infohash: request, gross: TAKEN_OUT, net: held, recipient: bob.address }
  }

  #note(name: string, infohash: Infohash, tokens: bigint): void {
    this.transactions.push({ name, infohash, tokens })
  }

  /** What each must have at the end, in units, by asset. */
  expected(
    issued: Infohash,
  ): readonly { readonly owner: Address; readonly asset: Address | Infohash; readonly units: bigint }[] {
    const { alice, bob, carol } = this.#people
    const asset = this.#deps.token.gateway
    return [
      { owner: alice.address, asset, units: BROUGHT - PAID },
      { owner: bob.address, asset, units: PAID - PAID_ON + OFFERED - TAKEN_OUT },
      { owner: carol.address, asset, units: PAID_ON - OFFERED },
      { owner: bob.address, asset: issued, units: ISSUED - WANTED },
      { owner: carol.address, asset: issued, units: WANTED },
    ]
  }
}

/** Of the devnet's example token. */
export function tokenOf(factory: Address, token: Address): Token {
  return { token, gateway: gatewayOf(factory, token) }
}

function example(units: bigint): string {
  return `${formatAmount(units, EXAMPLE_TOKEN_DECIMALS)} EXAMPLE`
}

function gold(units: bigint): string {
  return `${formatAmount(units, GOLD_DECIMALS)} GOLD`
}
