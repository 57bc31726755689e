// The parts of a demo's way: each does one thing and waits until both nodes and Ethereum have seen it.

import type { Hex } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { makeOffer, type Terms } from '../../../node/client/offers/make.ts'
import { takeOffer } from '../../../node/client/offers/take.ts'
import { type Payment, pay, signTransaction } from '../../../node/client/pay.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { type Stage, type Where, wait } from '../../../node/client/wait.ts'
import type { NetworkDefinition } from '../../../node/deployment.ts'
import type { EthereumReader } from '../../../node/ethereum/reader.ts'
import type { Asset } from '../../../node/protocol/asset.ts'
import { type Address, type Hash, type Infohash, parseHash } from '../../../node/protocol/ids.ts'
import { infohashOf } from '../../../node/protocol/infohash.ts'
import type { Offer } from '../../../node/protocol/offer.ts'
import { ofAsset } from '../../../node/protocol/state.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import type { Result as RpcResult } from '../../../node/rpc/api.ts'
import type { Wallet } from '../../../node/wallet/wallet.ts'
import { type Patience, waitFor } from './patience.ts'
import { check } from './stage.ts'
import type { Token } from './supply.ts'

export type WayDeps = {
  readonly network: NetworkDefinition
  /** Where everything is asked first. */
  readonly node: NodeClient
  /** Must see all of it too. */
  readonly peer: NodeClient
  readonly ethereum: EthereumReader
  readonly patience: Patience
}

export type Block = RpcResult<'bridge_block'>

/** Its methods throw where anything is not as it must be. */
export class Way {
  readonly #network: NetworkDefinition
  readonly #node: NodeClient
  readonly #peer: NodeClient
  readonly #ethereum: EthereumReader
  readonly #patience: Patience

  constructor({ network, node, peer, ethereum, patience }: WayDeps) {
    this.#network = network
    this.#node = node
    this.#peer = peer
    this.#ethereum = ethereum
    this.#patience = patience
  }

  /** Done once the other node has it too. */
  async pay(wallet: Wallet, payment: Payment): Promise<Infohash> {
    const { infohash } = await pay(this.#node, wallet, payment, Math.floor(Date.now() / 1_000))
    await this.#wait(this.#peer, infohash, 'accepted')
    return infohash
  }

  /** Spends the output of one transaction, and nothing else. */
  async spend(wallet: Wallet, prev: Infohash, payment: Payment): Promise<Infohash> {
    const tx = signTransaction(wallet, { ...payment, time: Math.floor(Date.now() / 1_000), prev: [prev] })
    const file = encodeTransaction(tx)
    await this.#node.call('tx_submit', { file })
    const infohash = infohashOf(file)
    await this.#wait(this.#node, infohash, 'accepted')
    await this.#wait(this.#peer, infohash, 'accepted')
    return infohash
  }

  /** Done once both nodes know of it, as of a deposit that waits on Ethereum. */
  async seen(infohash: Infohash): Promise<void> {
    for (const node of [this.#node, this.#peer]) await this.#wait(node, infohash, 'accepted')
  }

  /** One gives what the other one wants, by a file that both have signed. Done once the other node has it too. */
  async swap(
    maker: Wallet,
    taker: Wallet,
    terms: Terms,
  ): Promise<{ readonly offer: Offer; readonly infohash: Infohash }> {
    const { offer } = await makeOffer(this.#node, maker, terms, Math.floor(Date.now() / 1_000))
    const options = { fetchMs: 0 }
    const { infohash } = await takeOffer(this.#node, taker, offer, Math.floor(Date.now() / 1_000), options)
    await this.#wait(this.#peer, infohash, 'accepted')
    return { offer, infohash }
  }

  /** The block with a transaction, once both nodes have replayed it. */
  async ordered(infohash: Infohash): Promise<Block> {
    const { block: id } = await this.#wait(this.#node, infohash, 'ordered')
    if (id === undefined) throw new RangeError(`${infohash} is in a block that the node does not name`)
    const block = await this.#node.call('bridge_block', { id })
    await this.#wait(this.#peer, infohash, 'ordered')
    check(block.verdict === 'valid', 'a valid block', `${block.verdict}: ${block.problem}`)
    return block
  }

  async final(id: Hash): Promise<void> {
    for (const node of [this.#node, this.#peer]) {
      await this.#until('the block to be final', async () => {
        const { final } = await node.call('bridge_block', { id })
        return final ? true : undefined
      })
    }
  }

  /** wTTX of the recipient, once the request was paid. */
  async paid(infohash: Infohash, to: Wallet): Promise<bigint> {
    await this.#wait(this.#node, infohash, 'paid')
    return await this.#ethereum.tokenBalance(to.address)
  }

  /** Balances on both sides, of TTX and of these assets; both nodes must say the same, and hold the same set of transactions. */
  async agree(wallets: readonly Wallet[], assets: readonly Asset[]) {
    await this.#until('both nodes to hold the same transactions', async () => {
      const [here, there] = await Promise.all([this.#node.call('node_info', {}), this.#peer.call('node_info', {})])
      return here.fingerprint === there.fingerprint && here.count === there.count ? true : undefined
    })
    const balances = []
    for (const { address: owner } of wallets) {
      const { spendable, ordered, final } = await this.#balance(owner)
      const others = []
      for (const asset of assets) others.push({ asset, ...(await this.#balance(owner, asset)) })
      balances.push({
        owner,
        spendable,
        ordered,
        final,
        wttx: await this.#ethereum.tokenBalance(owner),
        assets: others,
      })
    }
    return balances
  }

  async #balance(owner: Address, asset?: Asset) {
    const question = ofAsset({ owner }, asset)
    // Each sees in its own time that a block is final.
    return await this.#until(`both nodes to say the same balance of ${owner}`, async () => {
      const [here, there] = await Promise.all([
        this.#node.call('account_balance', question),
        this.#peer.call('account_balance', question),
      ])
      const { spendable, ordered, final } = here
      const isSame = spendable === there.spendable && ordered === there.ordered && final === there.final
      return isSame ? { spendable, ordered, final } : undefined
    })
  }

  /** Every transaction of Ethereum that touched the bridge or a gateway, by what it did; each request was paid once. */
  async receipts({ gateway }: Token): Promise<{ readonly name: string; readonly transaction: Hex }[]> {
    const { rules, deployedBlock } = this.#network
    const range = { fromBlock: deployedBlock, strict: true } as const
    const ofBridge = { abi: bridgeAbi, address: rules.bridge, ...range } as const
    const events = await this.#ethereum.ask('all events', (client) => client.getContractEvents(ofBridge))
    const ofGateway = { abi: gatewayAbi, address: gateway, ...range } as const
    const others = await this.#ethereum.ask('all events', (client) => client.getContractEvents(ofGateway))
    const claims = events.flatMap((event) => (event.eventName === 'Claimed' ? [`${event.args.number}`] : []))
    check(new Set(claims).size === claims.length, 'each request to be paid once', claims.join(', '))
    const named = new Map<string, Hex>()
    for (const { eventName, transactionHash, args } of events) {
      const what = 'id' in args && typeof args.id === 'string' ? `-${parseHash(args.id).slice(2, 10)}` : ''
      named.set(`${eventName}${what}`, transactionHash)
    }
    for (const { eventName, transactionHash } of others) named.set(`Gateway${eventName}`, transactionHash)
    return [...named].map(([name, transaction]) => ({ name, transaction }))
  }

  /** A payment that was just made, and a deposit that was just burned, may be on their way as long as anything may take. */
  async #wait(node: NodeClient, infohash: Infohash, until: Stage): Promise<Where> {
    const { deadlineMs, pollMs, signal } = this.#patience
    const times = { limitMs: deadlineMs, unknownMs: deadlineMs, awayMs: deadlineMs, pollMs, fetchMs: 0 }
    return await wait(node, infohash, { until, signal, ...times })
  }

  #until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
    return waitFor(what, this.#patience, probe)
  }
}
