// Random use of a bridge on an Ethereum in memory, and what a test compares of two views of it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { pino } from 'pino'
import { BridgeFollower, type FollowerDeps, type FollowerOptions } from '../../../node/bridge/follower.ts'
import type { FollowedNetwork } from '../../../node/bridge/records/bridge-records.ts'
import type { BridgeDatabase } from '../../../node/bridge/records/disk/encoding.ts'
import type { BridgeBlock, BridgeView } from '../../../node/bridge/view.ts'
import type { Chain } from '../../../node/ethereum/chain.ts'
import { requestsOf } from '../../../node/protocol/block.ts'
import { encodeUint } from '../../../node/protocol/bytes.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { type Hash, type Infohash, keyOf, toInfohash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import type { Lane, QueueEntry } from '../../../node/protocol/queue.ts'
import { MAX_TOKENS } from '../../../node/protocol/rules.ts'
import { toGasPrice, toGwei, toTime } from '../../../node/protocol/units.ts'
import { FakeEthereum, queuedBy, type UnplacedEvent } from '../chain/fake-ethereum.ts'
import { entriesOf } from '../queue.ts'
import { isDisplaced } from './displaced.ts'
import { claimed, DEPLOYED_AT, EASIEST, Forge, finalized, type MadeBlock, published } from './scenario.ts'

/** A follower with a database of its own, in a folder that goes away with it. */
export class TestFollower implements AsyncDisposable {
  readonly follower: BridgeFollower
  readonly #level: Level<string, string>
  readonly #folder: string
  readonly #isOwner: boolean

  private constructor(follower: BridgeFollower, level: Level<string, string>, folder: string, isOwner: boolean) {
    this.follower = follower
    this.#level = level
    this.#folder = folder
    this.#isOwner = isOwner
  }

  static async start(
    chain: Chain,
    network: FollowedNetwork,
    options: FollowerOptions = {},
    folder?: string,
    wrap: (database: BridgeDatabase) => BridgeDatabase = (database) => database,
    parts: Pick<FollowerDeps, 'blobs' | 'kzg' | 'beginning' | 'onBegun'> = {},
  ): Promise<TestFollower> {
    const home = folder ?? (await mkdtemp(join(tmpdir(), 'ttx-bridge-')))
    const level = new Level<string, string>(home)
    await level.open()
    const log = pino({ level: 'silent' })
    const deps = { chain, database: wrap(level.sublevel('bridge')), network, log, ...parts }
    const follower = new BridgeFollower(deps, { pollMs: 60_000, workProblem: () => undefined, ...options })
    try {
      await follower.start()
    } catch (error) {
      await level.close()
      throw error
    }
    return new TestFollower(follower, level, home, folder === undefined)
  }

  get folder(): string {
    return this.#folder
  }

  async close(): Promise<void> {
    await this.follower.stop()
    await this.#level.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
    if (this.#isOwner) await rm(this.#folder, { recursive: true })
  }
}

/** Uses the bridge at random, without the contract's clocks: those are tested with the contract itself. */
export class Driver {
  readonly forge: Forge
  readonly ethereum: FakeEthereum
  #pending: UnplacedEvent[] = []

  /** Of the blocks that it publishes, how many have their rows in blobs. */
  readonly #blobShare: number

  constructor(seed: number, { blobShare = 0 } = {}) {
    this.#blobShare = blobShare
    this.forge = new Forge(seed)
    const { rules } = this.forge.network
    this.ethereum = new FakeEthereum({
      ...rules,
      minDeposit: 1_000n,
      floorPrice: toGasPrice(7n),
      easiestTarget: EASIEST,
      genesis: this.forge.genesis.id,
      deployedAt: toTime(DEPLOYED_AT),
    })
  }

  /** Some blocks of Ethereum, each with up to two things happening. */
  run(blocks: number): void {
    const { random } = this.forge.world
    for (let i = 0; i < blocks; i++) {
      const count = Math.floor(random() * 3)
      for (let j = 0; j < count; j++) this.#act()
      this.ethereum.mine(this.#pending)
      this.#pending = []
    }
  }

  /** Puts one thing into the next block of Ethereum. */
  mine(...events: UnplacedEvent[]): void {
    this.ethereum.mine(events)
  }

  /** Publishes a block on a parent, which becomes final with it. */
  grow(parent: MadeBlock, block: MadeBlock): void {
    if (parent !== this.forge.genesis) this.mine(finalized(parent))
    this.mine(published(block, this.ethereum.head.time))
  }

  /** Publishes a right block on a parent. */
  extend(parent: MadeBlock): void {
    this.mine(published(this.forge.make(parent, this.#queue(), { transactions: 3 }), this.ethereum.head.time))
  }

  /** Replaces the newest blocks of Ethereum by other ones, one more. */
  reorganise(depth: number): void {
    this.ethereum.drop(depth)
    this.run(depth + 1)
  }

  #act(): void {
    const { world } = this.forge
    const kind = world.random()
    const time = this.ethereum.head.time + 12n
    const live = this.#blocks((block) => !this.#record(block).refuted)
    if (kind < 0.06) {
      const amount = world.random() < 0.3 ? MAX_TOKENS : 1n + BigInt(Math.floor(world.random() * 10_000))
      this.#pending.push({
        kind: 'entered',
        index: this.#laneLength('assets'),
        asset: world.contract(),
        to: world.pick(world.accounts).address,
        amount,
        fee: toGwei(12n),
        time: toTime(time),
      })
    } else if (kind < 0.15) {
      const to = world.pick(world.accounts).address
      this.#pending.push({
        kind: 'deposited',
        index: this.#laneLength('deposits'),
        from: to,
        to,
        gross: 5_000n,
        time: toTime(time),
      })
    } else if (kind < 0.25) {
      const parent = world.pick(live.filter(({ isValid }) => isValid))
      world.state = parent.state
      // Half of them are of no use.
      const packed =
        world.random() < 0.5 && this.forge.isRich(world.state) ? world.transaction().packed : noise(world.random())
      const from = world.pick(world.accounts).address
      this.#pending.push({
        kind: 'forced',
        index: this.#laneLength('forced'),
        from,
        fee: toGwei(10n),
        packed,
        time: toTime(time),
      })
    } else if (kind < 0.65) this.#publish(world.pick(world.random() < 0.75 ? live : this.#parents()), time)
    else if (kind < 0.75) this.#finalize(live)
    else if (kind < 0.83) this.#claim()
    else if (kind < 0.9) {
      const wrong = live.filter(({ isValid }) => !isValid)
      if (wrong.length > 0) this.#refute(world.pick(wrong))
    } else {
      const block = world.pick(live)
      const parent = this.forge.blocks.get(block.sealed.header.parent)
      if (parent) this.#pending.push({ kind: 'nominated', parent: keyOf(parent.id), block: keyOf(block.id) })
    }
  }

  #publish(parent: MadeBlock, time: bigint): void {
    if (!parent.isValid && this.forge.world.random() < 0.5) return
    const { random } = this.forge.world
    const isInBlobs = this.#blobShare > 0 && random() < this.#blobShare
    const order = {
      transactions: 1 + Math.floor(random() * 3),
      isWrong: random() < 0.2,
      torrent: this.#hint(),
      isInBlobs,
    }
    const block = this.forge.make(parent, this.#queue(), order)
    this.#pending.push(published(block, time))
  }

  /** Mostly the true torrent (nothing); else that of another block, or of nothing. */
  #hint(): Infohash | undefined {
    const { random, pick } = { random: this.forge.world.random, pick: this.forge.world.pick.bind(this.forge.world) }
    if (random() < 0.7) return undefined
    return random() < 0.7 ? pick([...this.forge.blocks.values()]).torrent : toInfohash(noise(random()).subarray(0, 20))
  }

  #finalize(live: readonly MadeBlock[]): void {
    if (this.#pending.some(({ kind }) => kind === 'finalized')) return
    const { final } = this.ethereum.contract()
    const child = live.find((block) => block.isValid && block.sealed.header.parent === final)
    if (child) this.#pending.push(finalized(child, this.forge.world.random() < 0.8))
  }

  #refute(block: MadeBlock): void {
    const prover = block.sealed.seal.miner
    if (this.#pending.some((event) => event.kind === 'refuted')) return
    if (!this.#record(block).final) this.#pending.push({ kind: 'refuted', id: block.id, prover })
  }

  #claim(): void {
    const { rules } = this.forge.network
    const claims = [...this.ethereum.contract().records].flatMap(([id, { final }]) => {
      const block = final ? this.forge.blocks.get(id) : undefined
      return block
        ? requestsOf(rules, block.steps).flatMap(({ step, asset }, i) =>
            asset === undefined ? [{ block, step, number: block.sealed.header.firstRequest + BigInt(i) }] : [],
          )
        : []
    })
    if (claims.length === 0) return
    const { block, step, number } = this.forge.world.pick(claims)
    const events = [...this.ethereum.blocks.flatMap((each) => each.events), ...this.#pending]
    if (events.some((event) => event.kind === 'claimed' && event.number === number)) return
    this.#pending.push(claimed(rules, block, step))
  }

  /** What the contract takes as parents: also what builds on a branch that has lost, as long as it is higher than the final block. */
  #parents(): MadeBlock[] {
    const { records, final } = this.ethereum.contract()
    const height = this.forge.blocks.get(final)?.sealed.header.height ?? 0n
    return [...records].flatMap(([id, { refuted }]) => {
      const block = this.forge.blocks.get(id)
      return block && !refuted && (id === final || block.sealed.header.height > height) ? [block] : []
    })
  }

  /** Blocks on Ethereum that can still become final, and the final one. */
  #blocks(isWanted: (block: MadeBlock) => boolean): MadeBlock[] {
    const { records, final } = this.ethereum.contract()
    const isAbove = (id: Hash): boolean =>
      id === final || (id !== ZERO_HASH && isAbove(this.forge.blocks.get(id)?.sealed.header.parent ?? ZERO_HASH))
    return [...records.keys()].flatMap((id) => {
      const block = this.forge.blocks.get(id)
      return block && isAbove(id) && isWanted(block) ? [block] : []
    })
  }

  #record({ id }: MadeBlock) {
    const record = this.ethereum.contract().records.get(id)
    if (record === undefined) throw new RangeError(`block ${id} was not published`)
    return record
  }

  #queue(): QueueEntry[] {
    return this.ethereum.blocks.flatMap(({ events }) => events.flatMap((event) => queuedBy(event) ?? []))
  }

  #laneLength(lane: Lane): bigint {
    const pending = this.#pending.flatMap((event) => queuedBy(event) ?? [])
    return BigInt(entriesOf([...this.#queue(), ...pending], lane).length)
  }
}

/** Everything in a view that must not depend on how it came about. */
export function comparable(view: BridgeView): unknown {
  return {
    ...view,
    blocks: comparableBlocks(view, [...view.blocks.values()]),
    slots: [...view.slots].sort(),
    claimed: [...view.claimed].sort(),
  }
}

/** Whether what can never be final was ever looked at depends on when it was seen. */
export function comparableBlocks(view: BridgeView, blocks: readonly BridgeBlock[]): unknown[] {
  return blocks.map(({ verdict, requests, ...block }) =>
    isDisplaced(view, block.id) ? block : { ...block, verdict, requests },
  )
}

function noise(seed: number): Uint8Array {
  const hash = keccak(encodeUint(Math.floor(seed * 2 ** 32), 4))
  const packed = new Uint8Array(127)
  for (let i = 7; i < packed.length; i++) packed[i] = hash[i % 32] ?? 0
  return packed
}
