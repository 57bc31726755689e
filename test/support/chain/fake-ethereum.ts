// An Ethereum in memory, as the follower sees it: blocks of events that can be reorganised, and a contract that adds them up.

import { OperationError } from '../../../node/errors.ts'
import type {
  BlockRecord,
  BridgeEvent,
  BridgeParameters,
  BridgeReading,
  Chain,
  ChainBlock,
} from '../../../node/ethereum/chain.ts'
import { concat, encodeUint } from '../../../node/protocol/bytes.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { decodeSealed } from '../../../node/protocol/header.ts'
import { type BlockKey, type Hash, keyOf, toBytes, toHash, ZERO_HASH, ZERO_KEY } from '../../../node/protocol/ids.ts'
import {
  entryHash,
  type Lane,
  type LaneLengths,
  laneOf,
  nextQueueHash,
  ofLanes,
  type QueueEntry,
  type QueuePlace,
} from '../../../node/protocol/queue.ts'
import { workOf } from '../../../node/protocol/target.ts'
import { type Time, toTime, toWork } from '../../../node/protocol/units.ts'

export type UnplacedEvent = BridgeEvent extends infer E ? (E extends BridgeEvent ? Omit<E, 'place'> : never) : never
type FakeBlock = ChainBlock & { readonly events: readonly BridgeEvent[] }
type Contract = {
  readonly records: Map<Hash, BlockRecord>
  final: Hash
  readonly queue: { readonly [Each in Lane]: { hash: Hash; time: Time }[] }
  readonly claimed: Set<bigint>
}

/** The outside world: block 0 is empty and the bridge is there from block 1 on. */
export class FakeEthereum {
  readonly parameters: BridgeParameters
  #blocks: FakeBlock[] = []
  #made = 0

  constructor(parameters: BridgeParameters) {
    this.parameters = parameters
    this.mine([], parameters.deployedAt)
  }

  get head(): FakeBlock {
    const head = this.#blocks.at(-1)
    if (head === undefined) throw new RangeError('there is no block')
    return head
  }

  get blocks(): readonly FakeBlock[] {
    return this.#blocks
  }

  /** Adds a block with these events. */
  mine(events: readonly UnplacedEvent[], at: bigint = this.head.time + 12n): void {
    const time = toTime(at)
    const parent = this.#blocks.at(-1)?.hash ?? ZERO_HASH
    const block = { number: BigInt(this.#blocks.length), hash: this.#hashOf(++this.#made), parent, time }
    const { number, hash } = block
    const placed = events.map((event, i) => {
      return {
        ...event,
        ...('time' in event ? { time } : {}), // the contract writes down the time of its block
        place: { number, hash, logIndex: i, transaction: this.#hashOf(1e9 + this.#made * 1e3 + i), time },
      }
    })
    this.#blocks.push({ ...block, events: placed })
  }

  /** Takes the newest blocks away. */
  drop(depth: number): void {
    this.#blocks = this.#blocks.slice(0, Math.max(1, this.#blocks.length - depth))
  }

  /** What the contract would hold now. */
  contract(at = this.head.hash): Contract {
    const contract: Contract = {
      records: new Map(),
      final: this.parameters.genesis,
      queue: ofLanes(() => []),
      claimed: new Set(),
    }
    contract.records.set(this.parameters.genesis, {
      ...emptyRecord(this.parameters.genesis),
      publishedAt: this.parameters.deployedAt,
      final: true,
    })
    const end = this.#blocks.findIndex(({ hash }) => hash === at)
    if (end === -1) throw new OperationError('ethereum-refused', `there is no block ${at}`, { retry: true })
    const events = this.#blocks.slice(0, end + 1).flatMap((block) => block.events)
    for (const event of events) {
      count(contract, event)
      if (event.kind === 'finalized') contract.final = event.id
    }
    return contract
  }

  #hashOf(number: number): Hash {
    return toHash(keccak(concat(toBytes(this.parameters.genesis), encodeUint(number, 8))))
  }

  connect(): Chain {
    return new FakeChain(this)
  }
}

export class FakeChain implements Chain {
  readonly #ethereum: FakeEthereum

  constructor(ethereum: FakeEthereum) {
    this.#ethereum = ethereum
  }

  async parameters(): Promise<BridgeParameters> {
    return this.#ethereum.parameters
  }

  async head(): Promise<ChainBlock> {
    return withoutEvents(this.#ethereum.head)
  }

  async blockAt(number: bigint): Promise<ChainBlock | undefined> {
    const block = this.#ethereum.blocks[Number(number)]
    return block && withoutEvents(block)
  }

  async events(from: bigint, to: bigint): Promise<readonly BridgeEvent[]> {
    return this.#ethereum.blocks.slice(Number(from), Number(to) + 1).flatMap(({ events }) => events)
  }

  async read(at: Hash, lengths: LaneLengths, blocks: readonly (Hash | BlockKey)[]): Promise<BridgeReading> {
    const { records, final, queue } = this.#ethereum.contract(at)
    return {
      finalBlock: final,
      lanes: ofLanes((lane) => {
        return { length: BigInt(queue[lane].length), hash: queue[lane][Number(lengths[lane]) - 1]?.hash }
      }),
      records: blocks.map((block) => recordOf(records, block)),
    }
  }

  async areClaimed(at: Hash, numbers: readonly bigint[]): Promise<readonly boolean[]> {
    const { claimed } = this.#ethereum.contract(at)
    return numbers.map((number) => claimed.has(number))
  }

  async queueTime(at: Hash, { lane, index }: QueuePlace): Promise<Time> {
    const entry = this.#ethereum.contract(at).queue[lane][Number(index)]
    if (entry === undefined) throw new RangeError(`there is no entry ${index}`)
    return entry.time
  }

  close(): void {}
}

function count(contract: Contract, event: BridgeEvent): void {
  const { records, queue, claimed } = contract
  const record = (id: Hash) => records.get(id) ?? emptyRecord(id)
  switch (event.kind) {
    case 'published': {
      const parent = record(event.parent)
      const work = parent.work + workOf(decodeSealed(event.sealed).header.target)
      records.set(event.id, {
        ...emptyRecord(event.id),
        parent: keyOf(event.parent),
        publishedAt: event.time,
        work: toWork(work),
      })
      link(contract, keyOf(event.parent))
      return
    }
    case 'refuted':
      records.set(event.id, { ...record(event.id), refuted: true })
      link(contract, record(event.id).parent)
      return
    case 'finalized':
      records.set(event.id, { ...record(event.id), final: true })
      return
    case 'nominated':
      for (const [id, each] of records) if (keyOf(id) === event.parent) records.set(id, { ...each, slot: event.block })
      return
    case 'claimed':
      claimed.add(event.number)
      return
    default: {
      const entry = queuedBy(event)
      if (entry === undefined) throw new RangeError(`no entry comes of ${event.kind}`)
      const lane = queue[laneOf(entry.kind)]
      lane.push({ hash: nextQueueHash(lane.at(-1)?.hash ?? ZERO_HASH, entryHash(entry)), time: event.time })
    }
  }
}

/** What an event puts into the queue; undefined for events of other kinds. */
export function queuedBy(event: UnplacedEvent): QueueEntry | undefined {
  if (event.kind === 'deposited') return { kind: 'deposit', gross: event.gross, to: event.to }
  if (event.kind === 'forced') return { kind: 'forced', fee: event.fee, packed: event.packed }
  if (event.kind !== 'entered') return undefined
  const { fee, amount, to, asset } = event
  return { kind: 'entered', fee, amount, to, asset }
}

/** Links the live children of a block; a map keeps the order of publication. */
function link({ records }: Contract, parent: BlockKey): void {
  const live = [...records].filter(([, { parent: above, refuted, publishedAt }]) => {
    return above === parent && !refuted && publishedAt
  })
  const keyAt = (i: number) => keyOf(live[i]?.[0] ?? ZERO_HASH)
  for (const [id, each] of records) if (keyOf(id) === parent) records.set(id, { ...each, firstChild: keyAt(0) })
  for (const [i, [id, child]] of live.entries()) records.set(id, { ...child, nextSibling: keyAt(i + 1) })
}

function recordOf(records: Contract['records'], block: Hash | BlockKey): BlockRecord {
  const id = [...records.keys()].find((each) => keyOf(each) === keyOf(block))
  return { ...((id && records.get(id)) ?? emptyRecord(ZERO_HASH)), id: block }
}

function emptyRecord(id: Hash): BlockRecord {
  const none = { parent: ZERO_KEY, firstChild: ZERO_KEY, nextSibling: ZERO_KEY, slot: ZERO_KEY }
  return { id, publishedAt: toTime(0n), work: toWork(0n), refuted: false, final: false, ...none }
}

function withoutEvents({ events: _, ...block }: FakeBlock): ChainBlock {
  return block
}
