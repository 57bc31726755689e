// One who publishes blocks on the bridge of a stage without a miner: right ones, wrong ones, anywhere, with whatever torrent named beside them.

import assert from 'node:assert/strict'
import { publishCall } from '../../../node/ethereum/calls.ts'
import type { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import type { ParentBlock } from '../../../node/protocol/block.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { encodeSealed } from '../../../node/protocol/header.ts'
import { type Hash, type Infohash, toHash } from '../../../node/protocol/ids.ts'
import type { Step } from '../../../node/protocol/step.ts'
import { targetCeiling } from '../../../node/protocol/target.ts'
import { toGwei, toSeconds } from '../../../node/protocol/units.ts'
import { accountOf, pay } from '../../../scripts/assure/models/world.ts'
import { readRecord } from '../chain/record.ts'
import { EASIEST, holder, type Stage } from '../stage.ts'
import { borrow, forge } from './forge.ts'

/** A block on Ethereum; `last` is the transaction whose change the holder spends next on this branch. */
export type Authored = {
  readonly id: Hash
  /** As its publication names it. */
  readonly torrent: Infohash
  readonly next: ParentBlock
  readonly sealedBytes: Uint8Array
  readonly last: Infohash
}

export type Order = {
  /** Payments of the holder. Default 1. */
  readonly payments?: number
  /** Steps that call entries of the queue void; they come first. Default 0. */
  readonly voids?: number
  /** Beside the latest child of the parent. Default false. */
  readonly rival?: boolean
  /** Named instead of that of the block. */
  readonly torrent?: Infohash
  /** A last step that takes what is not the sender's, who is named by this. */
  readonly theft?: string
}

/** A packed transaction that no state takes, as forced transactions may be. */
const NOISE = Uint8Array.from({ length: 127 }, (_, i) => (i < 7 ? 0 : 0x11))

export class Author {
  readonly stage: Stage
  readonly sender: TransactionSender
  readonly genesis: Authored
  /** Of the first child of each block. */
  readonly #targets = new Map<Hash, bigint>()
  #count = 0

  private constructor(stage: Stage, sender: TransactionSender) {
    const { genesis, genesisBlock } = stage.definition
    this.stage = stage
    this.sender = sender
    const next = { id: stage.genesisId(), header: genesisBlock.header, state: genesisState(genesis) }
    this.genesis = {
      id: next.id,
      torrent: genesisInfohash(genesis),
      next,
      sealedBytes: encodeSealed(genesisBlock),
      last: genesisInfohash(genesis),
    }
  }

  static async open(stage: Stage): Promise<Author> {
    return new Author(stage, stage.sender(await stage.signer(1_000_000n)))
  }

  /** Puts noise into the queue, this many times. */
  async force(times: number): Promise<void> {
    const { anvil, definition } = this.stage
    const packed = Array.from({ length: times }, () => `0x${Buffer.from(NOISE).toString('hex')}`)
    await anvil.call(definition.rules.bridge, 'force', [packed], 10n ** 16n * BigInt(times))
  }

  async publish(parent: Authored, order: Order = {}): Promise<Authored> {
    const { payments = 1, voids = 0, rival = false, torrent, theft } = order
    const { rules } = this.stage.definition
    let { last } = parent
    const steps: Step[] = await this.#voids(parent, voids)
    for (let i = 0; i < payments; i++) {
      this.#count += 1
      const to = accountOf(`payee ${this.#count}`).address
      const { packed, infohash } = pay(holder, { to, tokens: 5n, time: this.#count, prev: [last] }, rules)
      last = infohash
      steps.push({ kind: 'transaction', packed })
    }
    const target = await this.#target(parent, rival)
    const made = forge(rules, parent.next, steps, target, this.sender.ethereum.account, this.#theft(theft))
    const block = torrent === undefined ? made : borrow(made, torrent)
    const beside = rival ? await this.stage.latestChild(parent.id) : undefined
    const { status } = await this.sender.send(publishCall(parent.sealedBytes, block, beside))
    assert.equal(status, 'done')
    return { id: block.next.id, torrent: block.torrent, next: block.next, sealedBytes: block.sealedBytes, last }
  }

  async #voids(parent: Authored, count: number): Promise<Step[]> {
    const fees = count === 0 ? [] : await this.stage.forcedFees()
    const first = Number(parent.next.header.lanes.forced.count)
    return fees
      .slice(first, first + count)
      .map((fee) => ({ kind: 'void', fee: toGwei(fee), packedHash: toHash(keccak(NOISE)) }))
  }

  #theft(name: string | undefined): Uint8Array | undefined {
    if (name === undefined) return undefined
    const thief = accountOf(name)
    const { rules, genesis } = this.stage.definition
    return pay(thief, { to: thief.address, tokens: 1n, time: 1, prev: [genesisInfohash(genesis)] }, rules).packed
  }

  /** The easiest that the contract takes now; of a rival exactly that of the first. */
  async #target({ id, next }: Authored, isRival: boolean): Promise<bigint> {
    const { anvil, bridge } = this.stage
    const first = this.#targets.get(id)
    if (isRival && first !== undefined) return first
    const { publishedAt } = await readRecord(anvil.client, bridge, id)
    const { timestamp } = await anvil.client.getBlock()
    const target = targetCeiling(next.header.target, toSeconds(timestamp - BigInt(publishedAt)), EASIEST)
    this.#targets.set(id, target)
    return target
  }
}
