// A defended bridge: a node, a watcher with two endpoints of its own, of which one lies, and somebody who publishes wrong blocks.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Logs } from '../../../miner/watch/evidence/endpoint-source.ts'
import { Watcher, type WatcherDeps, type WatcherOptions } from '../../../miner/watch/watcher.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { EthereumAccount } from '../../../node/ethereum/account.ts'
import { connectEthereum } from '../../../node/ethereum/agreeing/http-chain.ts'
import { publishCall } from '../../../node/ethereum/calls.ts'
import type { Refutation } from '../../../node/ethereum/refute-call.ts'
import { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import type { SenderOptions } from '../../../node/ethereum/sending/sender-options.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../node/protocol/header.ts'
import type { Hash } from '../../../node/protocol/ids.ts'
import { targetCeiling } from '../../../node/protocol/target.ts'
import { toSeconds } from '../../../node/protocol/units.ts'
import { accountOf, pay, randomOf } from '../../../scripts/assure/models/world.ts'
import { LyingEndpoint } from '../../support/chain/lying-endpoint.ts'
import { readRecord } from '../../support/chain/record.ts'
import { log } from '../../support/log.ts'
import { forge } from '../../support/miner/forge.ts'
import { buildRefutation } from '../../support/refutation.ts'
import { EASIEST, Stage } from '../../support/stage.ts'
import { startNode } from './reorganised.ts'

export const DAY = 86_400n

export class Watched {
  readonly stage: Stage
  readonly node: NodeClient
  readonly liar: LyingEndpoint
  readonly #publisher: TransactionSender
  readonly #refutations = new Map<Hash, Refutation>()
  #blocks = 0

  private constructor(stage: Stage, node: NodeClient, liar: LyingEndpoint, publisher: TransactionSender) {
    this.stage = stage
    this.node = node
    this.liar = liar
    this.#publisher = publisher
  }

  static async open(t: TestContext): Promise<Watched> {
    const stage = await Stage.open(t)
    const node = await stage.node()
    const liar = stage.stack.use(await LyingEndpoint.start(stage.anvil.url))
    const publisher = stage.sender(await stage.signer(1_000_000n))
    await stage.anvil.client.mine({ blocks: 20 })
    await stage.skip(DAY)
    return new Watched(stage, node, liar, publisher)
  }

  /** Another node, which follows through this endpoint. */
  async nodeOf(url: string, finalityDepth = 1n): Promise<NodeClient> {
    return await startNode(this.stage, [url], finalityDepth)
  }

  /** Reads the bridge through this endpoint. */
  reader(url: string): EthereumAccount {
    return this.#connect([url], privateKeyToAccount(`0x${'1'.repeat(64)}`))
  }

  /** Reads the logs of these endpoints, each by itself. */
  logs(urls: readonly string[]): readonly Logs[] {
    return urls.map((url) => {
      const chain = connectEthereum([url], this.stage.definition.rules, { retries: 0, timeoutMs: 300 })
      this.stage.stack.defer(() => chain.close())
      return { name: url, chain }
    })
  }

  /** Sends through these endpoints, from an account of its own. */
  async sender(
    urls: string | readonly string[],
    { timeoutMs, ...options }: SenderOptions & { readonly timeoutMs?: number } = {},
  ): Promise<TransactionSender> {
    const ethereum = this.#connect(typeof urls === 'string' ? [urls] : urls, await this.stage.signer(), timeoutMs)
    return new TransactionSender({ ethereum, log, now: Date.now }, { confirmations: 1, pollMs: 20, ...options })
  }

  watch(
    deps: Pick<WatcherDeps, 'sender' | 'readers' | 'logs'> & { node?: NodeClient },
    options: WatcherOptions = {},
  ): Watcher {
    const watcher = this.stage.stack.use(
      new Watcher(
        { log, now: Date.now, random: randomOf(1), node: this.node, ...deps },
        { defend: true, pollMs: 20, graceMs: 100, courtesyMs: 0, patienceMs: 1_000, ...options },
      ),
    )
    watcher.start()
    return watcher
  }

  /** A block whose only step spends what its sender does not own; `right`: one without steps. */
  async publish(kind: 'wrong' | 'right'): Promise<Hash> {
    const { definition } = this.stage
    const { rules, genesis, genesisBlock } = definition
    this.#blocks += 1
    const thief = accountOf(`thief ${this.#blocks}`)
    const body = { to: thief.address, tokens: 1n, time: this.#blocks, prev: [genesisInfohash(genesis)] }
    const theft = kind === 'wrong' ? pay(thief, body, rules).packed : undefined
    const ground = { id: this.stage.genesisId(), header: genesisBlock.header, state: genesisState(genesis) }
    const miner = this.#publisher.ethereum.account // beside a live block, only the miner may publish
    const block = forge(rules, ground, [], targetCeiling(EASIEST, toSeconds(DAY), EASIEST), miner, theft)
    const call = publishCall(encodeSealed(genesisBlock), block, await this.stage.latestChild())
    assert.equal((await this.#publisher.send(call)).status, 'done')
    const { id } = block.next
    const refutation = buildRefutation(rules, { sealed: genesisBlock, state: ground.state }, block, () => undefined)
    if (refutation !== undefined) this.#refutations.set(id, refutation)
    return id
  }

  /** The proof against a block that was published as a wrong one. */
  refutationOf(id: Hash): Refutation {
    const refutation = this.#refutations.get(id)
    if (refutation === undefined) throw new RangeError(`block ${id} is right`)
    return refutation
  }

  /** The contract's true word on a block. */
  async record(id: Hash) {
    return await readRecord(this.stage.anvil.client, this.stage.bridge, id)
  }

  async isRefuted(id: Hash): Promise<boolean> {
    return ((await this.record(id)).flags & 1) !== 0
  }

  /** How many transactions of this account Ethereum really has or is about to have. */
  async sent({ ethereum }: TransactionSender): Promise<number> {
    return await this.stage.anvil.client.getTransactionCount({ address: ethereum.account, blockTag: 'pending' })
  }

  #connect(urls: readonly string[], signer: LocalAccount, timeoutMs = 300): EthereumAccount {
    const deps = { urls, network: this.stage.definition.rules, signer, now: Date.now }
    const ethereum = new EthereumAccount(deps, { retries: 0, timeoutMs })
    this.stage.stack.defer(() => ethereum.close())
    return ethereum
  }
}
