// A deployed bridge with blocks by the real rules: what tests do to it, and who follows it.

import assert from 'node:assert/strict'
import type { Hex } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import type { MaturedClaim } from '../../../node/bridge/claims.ts'
import type { FollowerOptions } from '../../../node/bridge/follower.ts'
import type { DueCall } from '../../../node/bridge/race.ts'
import { connectEthereum } from '../../../node/ethereum/agreeing/http-chain.ts'
import { formatHex } from '../../../node/protocol/bytes.ts'
import { genesisState } from '../../../node/protocol/genesis.ts'
import { encodeSealed } from '../../../node/protocol/header.ts'
import { type Address, type Hash, keyOf } from '../../../node/protocol/ids.ts'
import type { QueueEntry } from '../../../node/protocol/queue.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { outputsOf, stateRoot } from '../../../node/protocol/state.ts'
import { targetCeiling } from '../../../node/protocol/target.ts'
import { toGwei, toSeconds } from '../../../node/protocol/units.ts'
import { genesisOf, pay, World } from '../../../scripts/assure/models/world.ts'
import { TestFollower } from '../bridge/driver.ts'
import { type BlockOrder, EASIEST, Forge, type MadeBlock } from '../bridge/scenario.ts'
import { Anvil } from './anvil.ts'
import { readRecord } from './record.ts'

export class LiveBridge implements AsyncDisposable {
  readonly anvil: Anvil
  readonly forge: Forge
  readonly rules: Rules

  private constructor(anvil: Anvil, forge: Forge) {
    this.anvil = anvil
    this.forge = forge
    this.rules = forge.network.rules
  }

  static async start(seed: number): Promise<LiveBridge> {
    const anvil = await Anvil.start()
    const [owner] = new World(seed).accounts
    assert.ok(owner)
    const genesis = genesisOf(owner)
    const money = { minRequest: 100n, minDeposit: 1_000n, floorPrice: 7n, easiestTarget: EASIEST }
    const root = stateRoot(genesisState(genesis))
    const { bridge, token, block, time } = await anvil.deploy(root, money)
    const rules = { chain: 31_337n, bridge, token, minRequest: money.minRequest }
    return new LiveBridge(anvil, new Forge(seed, rules, { block, time, easiestTarget: EASIEST }))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.anvil[Symbol.asyncDispose]()
  }

  follow(options: FollowerOptions = {}, urls: readonly string[] = [this.anvil.url], folder?: string) {
    const network = { chain: this.rules.chain, bridge: this.rules.bridge }
    const chain = connectEthereum(urls, network, { timeoutMs: 2_000, retries: 1, backoffMs: 5 })
    return TestFollower.start(chain, this.forge.network, options, folder)
  }

  async now(): Promise<bigint> {
    return (await this.anvil.client.getBlock()).timestamp
  }

  async record(id: Hash) {
    return readRecord(this.anvil.client, this.#contract, id)
  }

  /** Makes a child and publishes it; by default as a rival if there is a sibling. */
  async publish(parent: MadeBlock, order: BlockOrder = {}): Promise<MadeBlock> {
    const { publishedAt, firstChild, lastChild } = await this.record(parent.id)
    const elapsed = (await this.now()) - BigInt(publishedAt)
    const ceiling = targetCeiling(parent.sealed.header.target, toSeconds(elapsed), EASIEST)
    const first = [...this.forge.blocks].find(([id]) => keyOf(id) === firstChild)?.[1].sealed.header.target
    const target = first !== undefined && first < ceiling ? first : ceiling
    const block = this.forge.make(parent, await this.queue(), { target, ...order })
    const beside = BigInt(lastChild) === 0n ? firstChild : lastChild
    const isRival = BigInt(beside) !== 0n
    const { header, seal } = block.sealed
    await this.anvil.call(
      this.rules.bridge,
      'publish',
      [
        hex(encodeSealed(parent.sealed)),
        {
          ...{ target: header.target, torrent: `0x${block.torrent}`, miner: seal.miner, nonce: seal.nonce },
          beside,
        },
        hex(block.steps),
        hex(block.states),
      ],
      10n ** 17n,
      // Only its miner can publish a rival.
      isRival ? seal.miner : this.anvil.account,
    )
    return block
  }

  /** A packed request of the richest account of the world, from its outputs after `parent`. */
  request(parent: MadeBlock, to: Address, tokens: bigint): Uint8Array {
    const outputs = outputsOf(parent.state).toSorted((a, b) => (a.value > b.value ? -1 : 1))
    const output = outputs.find(({ owner }) => this.forge.world.accounts.some(({ address }) => address === owner))
    const account = this.forge.world.accounts.find(({ address }) => address === output?.owner)
    assert.ok(output && account && output.value >= tokens)
    const body = {
      to: this.rules.bridge,
      tokens,
      time: 1,
      prev: [output.infohash],
      bridge: { chain: this.rules.chain, to },
    }
    return pay(account, body, this.rules).packed
  }

  /** Everything in the queue, read from the events. */
  async queue(): Promise<QueueEntry[]> {
    const logs = await this.anvil.client.getContractEvents({ ...this.#contract, fromBlock: 0n, strict: true })
    return logs.flatMap((log): QueueEntry[] => {
      if (log.eventName === 'Deposited') {
        return [{ kind: 'deposit', gross: log.args.amount, to: log.args.to.toLowerCase() as Address }]
      }
      if (log.eventName === 'Entered') {
        const { amount, fee, to, asset } = log.args
        const [payee, contract] = [to, asset].map((address) => address.toLowerCase() as Address)
        assert.ok(payee && contract)
        return [{ kind: 'entered', fee: toGwei(fee), amount, to: payee, asset: contract }]
      }
      if (log.eventName !== 'Forced') return []
      return [{ kind: 'forced', fee: toGwei(log.args.fee), packed: Buffer.from(log.args.transaction.slice(2), 'hex') }]
    })
  }

  call(functionName: string, args: readonly unknown[], value?: bigint): Promise<void> {
    return this.anvil.call(this.rules.bridge, functionName, args, value)
  }

  finalize(block: MadeBlock): Promise<void> {
    return this.call('finalize', [hex(encodeSealed(block.sealed))])
  }

  perform(call: DueCall): Promise<void> {
    if (call.call === 'nominate') return this.call('nominate', [keyOf(call.parent), keyOf(call.block)])
    const block = this.forge.blocks.get(call.block)
    assert.ok(block)
    return this.finalize(block)
  }

  claim({ sealed, number, step, to, gross, siblings }: MaturedClaim): Promise<void> {
    return this.call('claim', [hex(sealed), { number, step, to, amount: gross, siblings }])
  }

  async deposit(amount: bigint, to: Address): Promise<void> {
    await this.anvil.approve(this.rules.token, this.rules.bridge, amount)
    await this.call('deposit', [amount, to])
  }

  get #contract() {
    return { abi: bridgeAbi, address: this.rules.bridge } as const
  }
}

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}
