// The contract's rules of a race, written once more and plainly: what it accepts at which time, and the view of its events.

import { type BridgeBlock, type BridgeView, blockOf } from '../../../../node/bridge/view.ts'
import type { ChainPlace } from '../../../../node/ethereum/chain.ts'
import { encodeUint } from '../../../../node/protocol/bytes.ts'
import { genesisBlock } from '../../../../node/protocol/header.ts'
import { type Hash, toHash, toInfohash, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'

export const HOUR = 3_600n

const emptyHeader = genesisBlock({
  chain: 1n,
  bridge: ZERO_ADDRESS,
  easiestTarget: 1n,
  state: ZERO_HASH,
  genesis: toInfohash(new Uint8Array(20)),
}).header

/** Throws `Refused` for what the contract would refuse. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

export class RaceModel {
  readonly blocks = new Map<Hash, BridgeBlock>()
  readonly slots = new Map<Hash, { block: Hash; place: ChainPlace }>()
  readonly root: Hash
  /** When each block became final. */
  readonly finalAt = new Map<Hash, bigint>()
  final: Hash
  now = 1_000_000n
  #made = 0

  constructor() {
    this.root = this.#name()
    this.final = this.root
    this.blocks.set(this.root, this.#block(this.root, ZERO_HASH, 0n, 0n, true))
  }

  get view(): BridgeView {
    return {
      root: this.root,
      final: this.final,
      blocks: new Map(this.blocks),
      slots: new Map(this.slots),
      queue: { start: 0n, startHash: ZERO_HASH, entries: [] },
      claimed: new Map(),
    }
  }

  publish(parent: Hash, work: bigint, isValid: boolean): Hash {
    const above = this.#get(parent)
    const first = this.#live(parent)[0]
    const height = above.sealed.header.height
    const finalHeight = this.#get(this.final).sealed.header.height
    this.#require(!above.refuted && height >= finalHeight && (height > finalHeight || parent === this.final))
    this.#require(height < finalHeight + 128n)
    this.#require(first === undefined || this.now < first.publishedAt + 12n * HOUR)
    this.#require(this.#live(parent).every(({ publishedAt }) => publishedAt !== this.now))
    this.#require(first === undefined || work === first.work - above.work)
    const id = this.#name()
    this.blocks.set(
      id,
      this.#block(id, parent, height + 1n, above.work + work, isValid && above.verdict.verdict === 'valid'),
    )
    this.blocks.set(parent, { ...above, children: [...above.children, id] })
    return id
  }

  refute(id: Hash): void {
    const block = this.#get(id)
    this.#require(!block.refuted && block.finality === undefined && block.verdict.verdict !== 'valid')
    this.blocks.set(id, { ...block, refuted: true })
  }

  nominate(parent: Hash, id: Hash): void {
    this.#require(this.#branch(parent, id) !== undefined)
    const incumbent = this.slots.get(parent)
    if (incumbent !== undefined && this.#branch(parent, incumbent.block) !== undefined) {
      const [a, b] = [this.#get(id), this.#get(incumbent.block)]
      const isAhead =
        a.work > b.work ||
        (a.work === b.work && (a.publishedAt < b.publishedAt || (a.publishedAt === b.publishedAt && a.id < b.id)))
      this.#require(isAhead)
    }
    this.slots.set(parent, { block: id, place: this.#place() })
  }

  finalize(id: Hash): void {
    const parent = this.final
    const block = this.#get(id)
    const live = this.#live(parent)
    this.#require(block.sealed.header.parent === parent && !block.refuted)
    if (live.length === 1) this.#require(this.now >= block.publishedAt + 24n * HOUR)
    else {
      const slot = this.slots.get(parent)
      this.#require(slot !== undefined && this.#branch(parent, slot.block) === id && this.now >= slot.place.time + HOUR)
      this.#require(live[0] !== undefined && this.now >= live[0].publishedAt + 48n * HOUR)
    }
    this.blocks.set(id, { ...block, finality: { place: this.#place(), fee: 0n, unpaid: false } })
    this.final = id
    this.finalAt.set(id, this.now)
  }

  /** The child of `parent` on the way to an eligible block. */
  #branch(parent: Hash, id: Hash): Hash | undefined {
    const first = this.#live(parent)[0]
    if (first === undefined || this.#get(id).publishedAt > first.publishedAt + 22n * HOUR) return undefined
    let [at, depth] = [this.#get(id), 1]
    while (!at.refuted && at.sealed.header.parent !== parent && at.id !== this.root) {
      at = this.#get(at.sealed.header.parent)
      depth++
    }
    return at.refuted || at.id === this.root || depth > 128 ? undefined : at.id
  }

  #live(parent: Hash): BridgeBlock[] {
    return this.#get(parent)
      .children.map((id) => this.#get(id))
      .filter(({ refuted }) => !refuted)
  }

  #get(id: Hash): BridgeBlock {
    return blockOf(this, id)
  }

  #require(condition: boolean): asserts condition {
    if (!condition) throw new Refused()
  }

  #block(id: Hash, parent: Hash, height: bigint, work: bigint, isValid: boolean): BridgeBlock {
    const header = { ...emptyHeader, parent, height }
    const verdict = isValid
      ? ({ verdict: 'valid' } as const)
      : ({ verdict: 'invalid', step: 0, problem: 'Overspend', stated: ZERO_HASH } as const)
    const seal = { miner: ZERO_ADDRESS, nonce: ZERO_HASH }
    const rest = { refuted: false, fee: 0n, requests: [], children: [] }
    return { id, sealed: { header, seal }, publishedAt: this.now, work, place: this.#place(), verdict, ...rest }
  }

  #place(): ChainPlace {
    return { number: 1n, hash: ZERO_HASH, logIndex: 0, transaction: ZERO_HASH, time: this.now }
  }

  /** Neither ascending nor descending, so that ties go either way. */
  #name(): Hash {
    const number = BigInt(++this.#made)
    return toHash(encodeUint((number * 0x9e3779b97f4a7c15n) % 2n ** 64n, 32))
  }
}
