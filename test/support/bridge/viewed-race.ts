// A race as a node sees it: what happens is decided by the reference model of the race, and what it means is put into a view.

import { type BridgeBlock, type BridgeView, blockOf } from '../../../node/bridge/view.ts'
import type { ChainPlace } from '../../../node/ethereum/chain.ts'
import { encodeUint } from '../../../node/protocol/bytes.ts'
import { genesisBlock } from '../../../node/protocol/header.ts'
import { type Hash, toHash, ZERO_ADDRESS, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { ofLanes } from '../../../node/protocol/queue.ts'
import { toTime, toWork } from '../../../node/protocol/units.ts'
import { RaceModel } from '../../../scripts/assure/models/race.ts'

export const HOUR = 3_600n

const emptyHeader = genesisBlock({
  chain: 1n,
  bridge: ZERO_ADDRESS,
  easiestTarget: 1n,
  state: ZERO_HASH,
}).header

/** Thrown for what the contract refuses; the message is the name of its error. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

export class ViewedRace {
  readonly blocks = new Map<Hash, BridgeBlock>()
  readonly slots = new Map<Hash, { block: Hash; place: ChainPlace }>()
  readonly root: Hash
  /** When each block became final. */
  readonly finalAt = new Map<Hash, bigint>()
  final: Hash
  now = 1_000_000n
  readonly #contract: RaceModel
  #made = 0

  constructor() {
    this.root = this.#name()
    this.final = this.root
    this.#contract = new RaceModel(this.root, this.now)
    this.blocks.set(this.root, this.#block(this.root, ZERO_HASH, 0n, 0n, true))
  }

  get view(): BridgeView {
    return {
      root: this.root,
      final: this.final,
      blocks: new Map(this.blocks),
      slots: new Map(this.slots),
      queue: ofLanes(() => ({ start: 0n, startHash: ZERO_HASH, entries: [] })),
      claimed: new Map(),
    }
  }

  /** `work` is that of the block alone. Its miner knows all of its siblings. */
  publish(parent: Hash, work: bigint, isValid: boolean): Hash {
    const id = this.#name()
    const beside = this.#contract.live(parent).at(-1)?.id
    this.#expect(this.#contract.publish({ id, parent, ownWork: work, beside }, this.now))
    const above = blockOf(this, parent)
    const isRight = isValid && above.verdict.verdict === 'valid'
    const block = this.#block(id, parent, above.sealed.header.height + 1n, above.work + work, isRight)
    this.blocks.set(id, block)
    this.blocks.set(parent, { ...above, children: [...above.children, id] })
    return id
  }

  refute(id: Hash): void {
    const block = blockOf(this, id)
    // There is no proof against what is right.
    if (block.verdict.verdict === 'valid') throw new Refused('NotWrong')
    this.#expect(this.#contract.refute(id))
    this.blocks.set(id, { ...block, refuted: true })
  }

  nominate(parent: Hash, id: Hash): void {
    this.#expect(this.#contract.nominate(parent, id, this.now))
    this.slots.set(parent, { block: id, place: this.#place() })
  }

  finalize(id: Hash): void {
    this.#expect(this.#contract.finalize(id, this.now))
    this.blocks.set(id, { ...blockOf(this, id), finality: { place: this.#place(), fee: 0n, unpaid: false } })
    this.final = id
    this.finalAt.set(id, this.now)
  }

  #expect(error: string | undefined): void {
    if (error !== undefined) throw new Refused(error)
  }

  #block(id: Hash, parent: Hash, height: bigint, work: bigint, isValid: boolean): BridgeBlock {
    const header = { ...emptyHeader, parent, height }
    const verdict = isValid
      ? ({ verdict: 'valid' } as const)
      : ({ verdict: 'invalid', step: 0, problem: 'Overspend', stated: ZERO_HASH } as const)
    const seal = { miner: ZERO_ADDRESS, nonce: ZERO_HASH }
    const rest = { refuted: false, fee: 0n, requests: [], children: [] }
    return {
      id,
      sealed: { header, seal },
      publishedAt: toTime(this.now),
      work: toWork(work),
      place: this.#place(),
      verdict,
      ...rest,
    }
  }

  #place(): ChainPlace {
    return { number: 1n, hash: ZERO_HASH, logIndex: 0, transaction: ZERO_HASH, time: toTime(this.now) }
  }

  /** Neither ascending nor descending, so that ties go either way. */
  #name(): Hash {
    const number = BigInt(++this.#made)
    return toHash(encodeUint((number * 0x9e3779b97f4a7c15n) % 2n ** 64n, 32))
  }
}
